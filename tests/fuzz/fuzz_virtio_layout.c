/* fuzz_virtio_layout.c: any bytes as a virtio device's capabilities: what is let through lies inside
 * its base addresses, and all that a driver needs is there.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/virtio_layout.h"

enum {
    STATUS = 0x06,
    HAS_LIST = 1 << 4,
    POINTER = 0x34,
    FIRST = 0x40,
    VENDOR = 0x09,
    CAPABILITY = 20,
    COMMON_SIZE = 56,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int holds)
{
    if (!holds)
        abort();
}

static void check_window(const struct ivm_bar *bars, const struct virtio_window *window)
{
    require(window->bar < IVM_BAR_COUNT);
    const struct ivm_bar *bar = &bars[window->bar];
    require(bar->base != 0 && !bar->is_port);
    require((uint64_t)window->offset + window->length <= bar->size);
}

static void check(const struct pci_space *space)
{
    struct virtio_layout layout;
    struct virtio_fault fault = virtio_layout_read(space, &layout);
    if (fault.what != NULL) {
        require(fault.what[0] != '\0' && (fault.at == POINTER || fault.at >= FIRST));
        return;
    }
    require(layout.windows[VIRTIO_COMMON].length >= COMMON_SIZE);
    require(layout.windows[VIRTIO_NOTIFY].length >= 2);
    require(layout.windows[VIRTIO_ISR].length >= 1);
    for (unsigned type = VIRTIO_COMMON; type < VIRTIO_STRUCTURE_END; type++)
        if (layout.windows[type].length != 0)
            check_window(space->bars, &layout.windows[type]);
}

/* Half of the time the list is whole: a capability of this vendor each 20 bytes. */
static void mend_list(uint8_t *bytes)
{
    for (unsigned at = FIRST; at + CAPABILITY <= PCI_CONFIG_SIZE; at += CAPABILITY) {
        unsigned next = at + CAPABILITY;
        bytes[at] = VENDOR;
        bytes[at + 1] = next + CAPABILITY <= PCI_CONFIG_SIZE ? (uint8_t)next : 0;
        bytes[at + 2] = CAPABILITY;
        bytes[at + 3] &= 7;
        bytes[at + 4] &= 7;
    }
    bytes[POINTER] = FIRST;
}

/* The first byte says which base addresses are memory, ports or absent; the rest is the list. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ivm_bar bars[IVM_BAR_COUNT] = {0};
    struct pci_space space = {.bars = bars};
    uint8_t *bytes = space.bytes;
    if (size < 2)
        return 0;
    for (unsigned i = 0; i < IVM_BAR_COUNT; i++)
        bars[i] = (struct ivm_bar){.base = (data[0] >> i & 1) != 0 ? 0xFE000000 : 0,
                                   .size = UINT64_C(1) << (4 + 6 * i),
                                   .is_port = data[0] >> 6 == i};
    size_t room = PCI_CONFIG_SIZE - FIRST;
    memcpy(bytes + FIRST, data + 2, size - 2 < room ? size - 2 : room);
    bytes[STATUS] = HAS_LIST;
    bytes[POINTER] = data[1];
    if (data[1] >= 0x80)
        mend_list(bytes);
    check(&space);
    return 0;
}
