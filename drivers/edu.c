/* edu.c: QEMU's educational PCI device: an interrupt that is raised by a register write.
 *
 * A write to `raise` ors into the status; while the status is not zero, INTA is asserted;
 * a write to `acknowledge` takes bits away. With MSI on, each write to `raise` sends the one message
 * instead, and the status is acknowledged in the same way. Nothing here is shared between the
 * routine and ordinary code but these registers, and each access is whole: no bracket is needed.
 * Source: [EDU] "MMIO area spec".
 */
#include <ivm/driver.h>
#include <ivm/system.h>

#include <hw/mmio.h>

#include "pci.h"

/* clang-format off */
enum {
    EDU_VENDOR          = 0x1234,
    EDU_DEVICE          = 0x11E8,
    EDU_WINDOW          = 0x1000, /* all registers lie in the first page of BAR 0 */

    EDU_IDENTIFICATION  = 0x00,   /* [31:24] major, [23:16] minor, [15:0] 0x00ED */
    EDU_STATUS          = 0x24,
    EDU_RAISE           = 0x60,
    EDU_ACKNOWLEDGE     = 0x64,

    EDU_SIGNATURE       = 0x00ED,
    EDU_FIRED           = 1 << 0, /* the status bit that fire() raises; any would do */
};
#define EDU_VANISHED UINT32_MAX /* what reads where no device is any more */
/* clang-format on */

struct edu {
    uintptr_t registers;
};

static uintptr_t registers_of(const struct ivm_device *device)
{
    const struct edu *edu = device->state;
    return edu->registers;
}

static void quiet(struct ivm_device *device)
{
    uintptr_t edu = registers_of(device);
    mmio_write32(edu + EDU_ACKNOWLEDGE, mmio_read32(edu + EDU_STATUS));
}

static enum ivm_status probe(struct ivm_device *device)
{
    struct edu *edu = device->state;
    const struct ivm_bar *bar = &device->pci.bars[0];
    if (bar->is_port || bar->base == 0 || bar->size < EDU_WINDOW) {
        ivm_log("%s: base address 0 is not memory of %u bytes or more", device->name,
                (unsigned)EDU_WINDOW);
        return IVM_UNSUPPORTED;
    }
    edu->registers = ivm_map_device(bar->base, EDU_WINDOW);
    if (edu->registers == 0) {
        ivm_log("%s: its registers at 0x%llx cannot be mapped", device->name,
                (unsigned long long)bar->base);
        return IVM_UNSUPPORTED;
    }
    pci_command(pci_address(&device->pci), PCI_COMMAND_MEMORY, PCI_COMMAND_INTX_DISABLE);
    uint32_t id = mmio_read32(edu->registers + EDU_IDENTIFICATION);
    if ((id & 0xFFFF) != EDU_SIGNATURE) {
        ivm_log("%s: identifies itself as 0x%08x, not as edu", device->name, id);
        return IVM_UNSUPPORTED;
    }
    quiet(device);
    ivm_log("%s: edu %u.%u at pci %02x:%02x.%u, registers at 0x%llx", device->name,
            id >> 24, id >> 16 & 0xFF, device->pci.bus, device->pci.slot,
            device->pci.function, (unsigned long long)bar->base);
    return IVM_OK;
}

static enum ivm_verdict routine(void *context)
{
    uintptr_t edu = registers_of(context);
    uint32_t status = mmio_read32(edu + EDU_STATUS);
    if (status == 0 || status == EDU_VANISHED)
        return IVM_NOT_MINE;
    mmio_write32(edu + EDU_ACKNOWLEDGE, status);
    return IVM_HANDLED;
}

static void fire(struct ivm_device *device)
{
    mmio_write32(registers_of(device) + EDU_RAISE, EDU_FIRED);
}

static enum ivm_verdict message_routine(void *context)
{
    const struct ivm_device_message *message = context;
    return routine(message->device);
}

static void fire_message(struct ivm_device *device, uint32_t index)
{
    (void)index; /* there is one */
    fire(device);
}

/* MSI's enable bit says which of the two it is; what was raised between them is taken back. */
static enum ivm_status use(struct ivm_device *device, enum ivm_means means)
{
    (void)means;
    quiet(device);
    return IVM_OK;
}

static const struct ivm_match matches[] = {
    {.bus = IVM_BUS_PCI, .vendor = EDU_VENDOR, .device = EDU_DEVICE, .name = "edu"},
};

IVM_DRIVER(edu)
= {
    .name = "edu",
    .matches = matches,
    .match_count = sizeof matches / sizeof matches[0],
    .state_size = sizeof(struct edu),
    .probe = probe,
    .routine = routine,
    .fire = fire,
    .quiet = quiet,
    .message_count = 1,
    .message_routine = message_routine,
    .fire_message = fire_message,
    .use = use,
};
