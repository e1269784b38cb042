/* rocker.c: QEMU's model of a network switch: an MSI-X message that is sent by a register write.
 *
 * It has no line. A write of N to TEST_IRQ sends message N; nothing is acknowledged, a message is one
 * edge and leaves no state in the device. Nothing else of the switch is used, so it does no DMA.
 * Source: [ROCKER] "PCI Interrupts", "Test Registers".
 */
#include <stdatomic.h>

#include <ivm/driver.h>
#include <ivm/system.h>

#include <hw/mmio.h>

#include "pci.h"
#include "rocker.h"

/* clang-format off */
enum {
    ROCKER_VENDOR    = 0x1B36,
    ROCKER_DEVICE    = 0x0006,
    ROCKER_WINDOW    = 0x2000,

    ROCKER_TEST      = 0x10, /* reads as twice what was written */
    ROCKER_TEST_IRQ  = 0x20,
    ROCKER_PATTERN   = 0x12345678,
};
/* clang-format on */

struct rocker {
    uintptr_t registers;
    _Atomic uint32_t counts[ROCKER_MESSAGES]; /* each written by its own routine */
};

static enum ivm_status probe(struct ivm_device *device)
{
    struct rocker *rocker = device->state;
    const struct ivm_bar *bar = &device->pci.bars[0];
    if (bar->is_port || bar->base == 0 || bar->size < ROCKER_WINDOW) {
        ivm_log("%s: base address 0 is not memory of %u bytes or more", device->name,
                (unsigned)ROCKER_WINDOW);
        return IVM_UNSUPPORTED;
    }
    rocker->registers = ivm_map_device(bar->base, ROCKER_WINDOW);
    if (rocker->registers == 0) {
        ivm_log("%s: its registers at 0x%llx cannot be mapped", device->name,
                (unsigned long long)bar->base);
        return IVM_UNSUPPORTED;
    }
    pci_command(pci_address(&device->pci), PCI_COMMAND_MEMORY, 0);
    mmio_write32(rocker->registers + ROCKER_TEST, ROCKER_PATTERN);
    uint32_t answer = mmio_read32(rocker->registers + ROCKER_TEST);
    if (answer != 2 * (uint32_t)ROCKER_PATTERN) {
        ivm_log("%s: its test register answers 0x%08x, not twice what was written",
                device->name, answer);
        return IVM_UNSUPPORTED;
    }
    device->has_line = false;
    return IVM_OK;
}

static enum ivm_verdict message_routine(void *context)
{
    const struct ivm_device_message *message = context;
    struct rocker *rocker = message->device->state;
    atomic_fetch_add_explicit(&rocker->counts[message->index], 1, memory_order_relaxed);
    return IVM_HANDLED;
}

static void fire_message(struct ivm_device *device, uint32_t index)
{
    const struct rocker *rocker = device->state;
    mmio_write32(rocker->registers + ROCKER_TEST_IRQ, index);
}

uint32_t rocker_count(const struct ivm_device *device, uint32_t index)
{
    const struct rocker *rocker = device->state;
    if (index >= ROCKER_MESSAGES)
        return 0;
    return atomic_load_explicit(&rocker->counts[index], memory_order_relaxed);
}

static const struct ivm_match matches[] = {
    {.bus = IVM_BUS_PCI,
     .vendor = ROCKER_VENDOR,
     .device = ROCKER_DEVICE,
     .name = "rocker"},
};

IVM_DRIVER(rocker)
= {
    .name = "rocker",
    .matches = matches,
    .match_count = sizeof matches / sizeof matches[0],
    .state_size = sizeof(struct rocker),
    .probe = probe,
    .message_count = ROCKER_MESSAGES,
    .message_routine = message_routine,
    .fire_message = fire_message,
};
