/* virtio_layout.h: where a virtio device's registers lie, as its vendor capabilities say, checked.
 *
 * Pure: bytes of configuration space and base addresses go in, windows or the name of what is
 * wrong comes out. A capability that cannot be right is passed over, as one of an unknown kind is:
 * the device may describe a structure twice, and the first that can be used counts. A list that is
 * broken is refused as a whole, as pci_capability.h has it.
 * Source: [VIRTIO] "Virtio Structure PCI Capabilities".
 */
#ifndef DRIVERS_VIRTIO_LAYOUT_H
#define DRIVERS_VIRTIO_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "pci_capability.h"

/* The numbers are the capability's own. */
enum virtio_structure {
    VIRTIO_COMMON = 1, /* common configuration */
    VIRTIO_NOTIFY = 2, /* where queues are notified */
    VIRTIO_ISR = 3,    /* interrupt status, read to acknowledge */
    VIRTIO_DEVICE = 4, /* what this kind of device has of its own; may be absent */
    VIRTIO_STRUCTURE_END
};

/* [offset, offset + length) of a base address that is memory; length 0: absent. */
struct virtio_window {
    uint8_t bar;
    uint32_t offset;
    uint32_t length;
};

struct virtio_layout {
    struct virtio_window windows[VIRTIO_STRUCTURE_END]; /* by enum virtio_structure */
    uint32_t notify_multiplier; /* bytes between the notify addresses of two offsets */
};

/* What is wrong, and at which offset of configuration space; `what` NULL: nothing. */
struct virtio_fault {
    const char *what;
    uint8_t at;
};

/* Read the capabilities. `out` is complete when nothing is wrong: the first three structures are
 * there, each inside its base address.
 */
struct virtio_fault virtio_layout_read(const struct pci_space *space,
                                       struct virtio_layout *out);

#endif
