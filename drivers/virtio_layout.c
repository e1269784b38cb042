/* virtio_layout.c: a virtio device's vendor capabilities: parsed, and checked. */
#include "virtio_layout.h"

#include <stddef.h>

/* clang-format off */
enum {
    POINTER             = 0x34,
    LENGTH              = 2,    /* of a capability: bytes, itself included */
    TYPE                = 3,    /* enum virtio_structure */
    BAR                 = 4,
    OFFSET              = 8,
    SIZE                = 12,
    MULTIPLIER          = 16,   /* VIRTIO_NOTIFY only */
    CAPABILITY_SIZE     = 16,
    NOTIFY_SIZE         = 20,
};

/* What a structure must have, for a driver to reach all of it. */
static const struct {
    uint8_t capability; /* bytes */
    uint8_t size;       /* bytes of its window */
    uint8_t alignment;
    const char *missing; /* NULL: it may be absent */
} kinds[VIRTIO_STRUCTURE_END] = {
    [VIRTIO_COMMON] = {CAPABILITY_SIZE, 56, 4, "it has no common configuration structure"},
    [VIRTIO_NOTIFY] = {NOTIFY_SIZE,      2, 2, "it has no notification structure"},
    [VIRTIO_ISR]    = {CAPABILITY_SIZE,  1, 1, "it has no interrupt status structure"},
    [VIRTIO_DEVICE] = {CAPABILITY_SIZE,  1, 4, NULL},
};
/* clang-format on */

static uint32_t read32(const uint8_t *bytes)
{
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

/* What is wrong with a capability of a known type; NULL: nothing. */
static const char *check(const struct pci_space *space, uint8_t at)
{
    const uint8_t *bytes = space->bytes;
    unsigned type = bytes[at + TYPE];
    if (bytes[at + LENGTH] < kinds[type].capability ||
        at + bytes[at + LENGTH] > PCI_CONFIG_SIZE)
        return "the capability's length is not one that it can have";
    if (bytes[at + BAR] >= IVM_BAR_COUNT)
        return "the structure is in a base address that does not exist";
    const struct ivm_bar *bar = &space->bars[bytes[at + BAR]];
    if (bar->base == 0 || bar->is_port)
        return "the base address of the structure is not memory";
    uint32_t offset = read32(bytes + at + OFFSET), size = read32(bytes + at + SIZE);
    if (offset >= bar->size || size > bar->size - offset)
        return "the structure is larger than what is left of its base address";
    if (size < kinds[type].size || offset % kinds[type].alignment != 0)
        return "the structure is too small, or not aligned";
    return NULL;
}

static void take(const uint8_t *bytes, uint8_t at, struct virtio_layout *out)
{
    unsigned type = bytes[at + TYPE];
    out->windows[type] = (struct virtio_window){.bar = bytes[at + BAR],
                                                .offset = read32(bytes + at + OFFSET),
                                                .length = read32(bytes + at + SIZE)};
    if (type == VIRTIO_NOTIFY)
        out->notify_multiplier = read32(bytes + at + MULTIPLIER);
}

/* Capabilities are 4-byte aligned: the four bytes that say what it is are there. */
static bool is_structure(const uint8_t *bytes, uint8_t at)
{
    return bytes[at] == PCI_CAPABILITY_VENDOR && bytes[at + TYPE] >= VIRTIO_COMMON &&
           bytes[at + TYPE] < VIRTIO_STRUCTURE_END;
}

/* The first of the structures that are needed and are not there. */
static struct virtio_fault missing(const struct virtio_layout *layout,
                                   const struct virtio_fault faults[VIRTIO_STRUCTURE_END])
{
    for (unsigned type = VIRTIO_COMMON; type < VIRTIO_STRUCTURE_END; type++) {
        if (layout->windows[type].length != 0 || kinds[type].missing == NULL)
            continue;
        if (faults[type].what != NULL)
            return faults[type];
        return (struct virtio_fault){.what = kinds[type].missing, .at = POINTER};
    }
    return (struct virtio_fault){0};
}

struct virtio_fault virtio_layout_read(const struct pci_space *space,
                                       struct virtio_layout *out)
{
    struct virtio_fault faults[VIRTIO_STRUCTURE_END] = {{0}};
    struct pci_list list = {0};
    *out = (struct virtio_layout){0};
    struct pci_finding finding = pci_capability_list(space, &list);
    if (finding.fault != PCI_FAULT_NONE && finding.fault != PCI_FAULT_ABSENT)
        return (struct virtio_fault){.what = pci_fault_text(finding.fault),
                                     .at = finding.at};
    for (unsigned n = 0; n < list.count; n++) {
        uint8_t at = list.at[n];
        if (!is_structure(space->bytes, at) ||
            out->windows[space->bytes[at + TYPE]].length != 0)
            continue;
        struct virtio_fault *fault = &faults[space->bytes[at + TYPE]];
        *fault = (struct virtio_fault){.what = check(space, at), .at = at};
        if (fault->what == NULL)
            take(space->bytes, at, out);
    }
    return missing(out, faults);
}
