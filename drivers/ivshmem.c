/* ivshmem.c: QEMU's ivshmem-doorbell: memory shared between machines, and doorbells between them.
 *
 * Each machine that shares the memory is a peer with a number, its position. A write of (position,
 * vector) to the doorbell register rings that peer's doorbell: QEMU there sends the MSI-X message
 * of that vector. Its own position is a peer like any other, so the device fires itself. Whoever
 * serves the memory on the host can ring as well.
 *
 * There is nothing to acknowledge and no status to ask: who was rung knows no more than that it
 * was, once or several times: rings that come close together become one message. What they were
 * about is in the shared memory. The device has no line.
 *
 * Source: [IVSHMEM] "The ivshmem PCI device's guest interface", "PCI device registers".
 */
#include "ivshmem.h"

#include <ivm/driver.h>
#include <ivm/system.h>

#include <hw/mmio.h>

#include "pci.h"

/* clang-format off */
enum {
    IVSHMEM_VENDOR      = 0x1AF4,
    IVSHMEM_DEVICE      = 0x1110,

    IVSHMEM_REGISTERS   = 0,     /* base address: 256 bytes of registers */
    IVSHMEM_SHARED      = 2,     /* base address: the memory */
    IVSHMEM_WINDOW      = 0x100,

    IVSHMEM_POSITION    = 0x08,  /* [15:0] the device's own number among the peers */
    IVSHMEM_DOORBELL    = 0x0C,  /* [31:16] peer, [15:0] vector; write-only */

    IVSHMEM_POSITION_END = 0x10000,
    IVSHMEM_MESSAGES    = 16,    /* that this driver uses; a device may have more, or fewer */
};
/* clang-format on */

struct ivshmem {
    uintptr_t registers;
    uintptr_t memory;
    size_t memory_size; /* of what is mapped */
    uint16_t position;
};

/* Map the first bytes of a base address, at most `most`; 0 and a line in the log when there are
 * fewer than `least`, or it cannot be done. */
static uintptr_t map_bar(const struct ivm_device *device, unsigned index, size_t least,
                         size_t most)
{
    const struct ivm_bar *bar = &device->pci.bars[index];
    if (bar->is_port || bar->base == 0 || bar->size < least) {
        ivm_log("%s: base address %u is not memory of %zu bytes or more", device->name,
                index, least);
        return 0;
    }
    uintptr_t mapped = ivm_map_device(bar->base, bar->size < most ? bar->size : most);
    if (mapped == 0)
        ivm_log("%s: base address %u at 0x%llx cannot be mapped", device->name, index,
                (unsigned long long)bar->base);
    return mapped;
}

static enum ivm_status probe(struct ivm_device *device)
{
    struct ivshmem *ivshmem = device->state;
    uint8_t revision = pci_read8(pci_address(&device->pci), PCI_CLASS_REVISION);
    if (revision == 0) {
        ivm_log("%s: revision 0, whose memory may not be there yet", device->name);
        return IVM_UNSUPPORTED;
    }
    ivshmem->registers = map_bar(device, IVSHMEM_REGISTERS, IVSHMEM_WINDOW, IVSHMEM_WINDOW);
    ivshmem->memory = map_bar(device, IVSHMEM_SHARED, 1, IVSHMEM_MAPPED);
    if (ivshmem->registers == 0 || ivshmem->memory == 0)
        return IVM_UNSUPPORTED;
    uint64_t shared = device->pci.bars[IVSHMEM_SHARED].size;
    ivshmem->memory_size = shared < IVSHMEM_MAPPED ? (size_t)shared : IVSHMEM_MAPPED;

    pci_command(pci_address(&device->pci), PCI_COMMAND_MEMORY, 0);
    uint32_t position = mmio_read32(ivshmem->registers + IVSHMEM_POSITION);
    if (position >= IVSHMEM_POSITION_END) {
        ivm_log("%s: its position reads 0x%08x, which is none", device->name, position);
        return IVM_UNSUPPORTED;
    }
    ivshmem->position = (uint16_t)position;
    device->has_line = false;
    ivm_log("%s: peer %u, %llu bytes shared at 0x%llx", device->name, position,
            (unsigned long long)shared,
            (unsigned long long)device->pci.bars[IVSHMEM_SHARED].base);
    return IVM_OK;
}

uintptr_t ivshmem_memory(const struct ivm_device *device, size_t *size)
{
    const struct ivshmem *ivshmem = device->state;
    *size = ivshmem->memory_size;
    return ivshmem->memory;
}

void ivshmem_ring(const struct ivm_device *device, uint16_t peer, uint16_t vector)
{
    const struct ivshmem *ivshmem = device->state;
    mmio_write32(ivshmem->registers + IVSHMEM_DOORBELL, (uint32_t)peer << 16 | vector);
}

/* A message has one sender, which has nothing to ask and nothing to silence. */
static enum ivm_verdict message_routine(void *context)
{
    (void)context;
    return IVM_HANDLED;
}

static void fire_message(struct ivm_device *device, uint32_t index)
{
    const struct ivshmem *ivshmem = device->state;
    ivshmem_ring(device, ivshmem->position, (uint16_t)index);
}

static const struct ivm_match matches[] = {
    {.bus = IVM_BUS_PCI,
     .vendor = IVSHMEM_VENDOR,
     .device = IVSHMEM_DEVICE,
     .name = "ivshmem"},
};

IVM_DRIVER(ivshmem)
= {
    .name = "ivshmem",
    .matches = matches,
    .match_count = sizeof matches / sizeof matches[0],
    .state_size = sizeof(struct ivshmem),
    .probe = probe,
    .message_count = IVSHMEM_MESSAGES,
    .message_routine = message_routine,
    .fire_message = fire_message,
};
