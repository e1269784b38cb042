/* pci_capability.c: capability lists, MSI and MSI-X capabilities: parsed, and checked. */
#include "pci_capability.h"

#include <stddef.h>

/* clang-format off */
enum {
    VENDOR_ID            = 0x00,
    STATUS               = 0x06,
    STATUS_HAS_LIST      = 1 << 4,
    HEADER_TYPE          = 0x0E,
    LAYOUT_MASK          = 0x7F,
    LAYOUT_DEVICE        = 0,
    LAYOUT_BRIDGE        = 1,
    LAYOUT_CARDBUS       = 2,
    POINTER              = 0x34,
    POINTER_CARDBUS      = 0x14,
    HEADER_END           = 0x40, /* the list lies behind it */
    NEXT                 = 1,    /* of a capability */
    CONTROL              = 2,
    UNREADABLE           = 0xFF,

    MSI_COUNT_SHIFT      = 1,    /* [3:1] of the control: log2 of the messages it has */
    MSI_COUNT_MASK       = 7,
    MSI_COUNT_END        = 6,    /* 6 and 7 are reserved */
    MSI_IS_64            = 1 << 7,
    MSI_HAS_MASKS        = 1 << 8,

    MSIX_COUNT_MASK      = 0x7FF, /* [10:0] of the control: entries less one */
    MSIX_TABLE           = 4,
    MSIX_PENDING         = 8,
    MSIX_SIZE            = 12,
    MSIX_BAR_MASK        = 7,    /* [2:0]; the rest is the offset */
};
/* clang-format on */

static const char *const texts[] = {
#define X(name, text) text,
    PCI_FAULT_LIST(X)
#undef X
};

const char *pci_fault_text(enum pci_fault fault)
{
    return texts[(unsigned)fault < PCI_FAULT_COUNT ? fault : PCI_FAULT_ABSENT];
}

static struct pci_finding found(enum pci_fault fault, uint8_t at)
{
    return (struct pci_finding){.fault = fault, .at = at};
}

static const struct pci_finding sound = {.fault = PCI_FAULT_NONE};

/* `at` is even at least and below 0x100, so both bytes are there. */
static uint32_t read16(const struct pci_space *space, unsigned at)
{
    return space->bytes[at] | (uint32_t)space->bytes[at + 1] << 8;
}

static uint32_t read32(const struct pci_space *space, unsigned at)
{
    return read16(space, at) | read16(space, at + 2) << 16;
}

/* Where the first pointer of the list is; 0: there is no list, as `finding` says. */
static uint8_t first_pointer(const struct pci_space *space, struct pci_finding *finding)
{
    *finding = found(PCI_FAULT_ABSENT, STATUS);
    if (read16(space, VENDOR_ID) == 0xFFFF) {
        *finding = found(PCI_FAULT_SILENT, VENDOR_ID);
        return 0;
    }
    if ((space->bytes[STATUS] & STATUS_HAS_LIST) == 0)
        return 0;
    switch (space->bytes[HEADER_TYPE] & LAYOUT_MASK) {
    case LAYOUT_DEVICE:
    case LAYOUT_BRIDGE:
        return POINTER;
    case LAYOUT_CARDBUS:
        return POINTER_CARDBUS;
    default:
        *finding = found(PCI_FAULT_HEADER_UNKNOWN, HEADER_TYPE);
        return 0;
    }
}

/* The two low bits of a pointer are reserved: software masks them. A list that does not come back to
 * where it was has no more capabilities than there is room for. */
struct pci_finding pci_capability_list(const struct pci_space *space, struct pci_list *out)
{
    struct pci_finding finding;
    struct pci_list list = {0};
    uint8_t pointer = first_pointer(space, &finding);
    if (pointer == 0)
        return finding;
    uint8_t at;
    while ((at = space->bytes[pointer] & 0xFC) != 0) {
        if (at < HEADER_END)
            return found(PCI_FAULT_LIST_IN_HEADER, pointer);
        if ((list.words >> at / 4 & 1) != 0)
            return found(PCI_FAULT_LIST_LOOPS, pointer);
        if (space->bytes[at] == UNREADABLE)
            return found(PCI_FAULT_LIST_UNREADABLE, at);
        list.words |= UINT64_C(1) << at / 4;
        list.at[list.count++] = at;
        pointer = (uint8_t)(at + NEXT);
    }
    *out = list;
    return sound;
}

static bool has_capability_at(const struct pci_list *list, unsigned at)
{
    return (list->words >> at / 4 & 1) != 0;
}

/* The only one of its id in a list; `at` is written when it is there. */
static struct pci_finding find_in(const struct pci_space *space,
                                  const struct pci_list *list, uint8_t id, uint8_t *at)
{
    uint8_t only = 0;
    for (unsigned here = HEADER_END; here < PCI_CONFIG_SIZE; here += 4) {
        if (!has_capability_at(list, here) || space->bytes[here] != id)
            continue;
        if (only != 0)
            return found(PCI_FAULT_TWICE, (uint8_t)here);
        only = (uint8_t)here;
    }
    if (only == 0)
        return found(PCI_FAULT_ABSENT, POINTER);
    *at = only;
    return sound;
}

/* Whether a capability's bytes are in configuration space and its own. */
static struct pci_finding check_size(const struct pci_list *list, uint8_t at, unsigned size)
{
    if (at + size > PCI_CONFIG_SIZE)
        return found(PCI_FAULT_PAST_END, at);
    for (unsigned inside = at + 4U; inside < at + size; inside += 4)
        if (has_capability_at(list, inside))
            return found(PCI_FAULT_CAPABILITIES_MIX, (uint8_t)inside);
    return sound;
}

struct pci_finding pci_capability_find(const struct pci_space *space, uint8_t id,
                                       uint8_t *at)
{
    struct pci_list list;
    struct pci_finding finding = pci_capability_list(space, &list);
    return finding.fault != PCI_FAULT_NONE ? finding : find_in(space, &list, id, at);
}

static struct pci_finding find_whole(const struct pci_space *space, uint8_t id,
                                     unsigned (*size_of)(uint32_t control), uint8_t *at)
{
    struct pci_list list;
    struct pci_finding finding = pci_capability_list(space, &list);
    if (finding.fault == PCI_FAULT_NONE)
        finding = find_in(space, &list, id, at);
    if (finding.fault != PCI_FAULT_NONE)
        return finding;
    return check_size(&list, *at, size_of(read16(space, *at + CONTROL)));
}

/* MSI.
 *
 *              32 bits       64 bits
 *      0x00    control | next | id
 *      0x04    address       address
 *      0x08    data          upper address
 *      0x0C    (mask)        data
 *      0x10    (pending)     (mask)
 *      0x14                  (pending)
 */
static unsigned msi_size(uint32_t control)
{
    unsigned size = (control & MSI_IS_64) != 0 ? 0x0E : 0x0A;
    return (control & MSI_HAS_MASKS) != 0 ? (size + 2) + 8 : size;
}

struct pci_finding pci_capability_msi(const struct pci_space *space, struct pci_msi *out)
{
    uint8_t at = 0;
    struct pci_finding finding = find_whole(space, PCI_CAPABILITY_MSI, msi_size, &at);
    if (finding.fault != PCI_FAULT_NONE)
        return finding;
    uint32_t control = read16(space, at + CONTROL);
    unsigned count = control >> MSI_COUNT_SHIFT & MSI_COUNT_MASK;
    if (count >= MSI_COUNT_END)
        return found(PCI_FAULT_MSI_COUNT, (uint8_t)(at + CONTROL));
    bool is_64 = (control & MSI_IS_64) != 0, has_masks = (control & MSI_HAS_MASKS) != 0;
    uint8_t data = (uint8_t)(at + (is_64 ? 0x0C : 0x08));
    *out = (struct pci_msi){
        .at = at,
        .count = (uint8_t)(1U << count),
        .is_64 = is_64,
        .control = (uint8_t)(at + CONTROL),
        .address = (uint8_t)(at + 4),
        .address_high = is_64 ? (uint8_t)(at + 8) : 0,
        .data = data,
        .mask = has_masks ? (uint8_t)(data + 4) : 0,
        .pending = has_masks ? (uint8_t)(data + 8) : 0,
    };
    return sound;
}

/* MSI-X. */

/* [first, first + size) of physical memory, and the faults it can have. */
struct window {
    uint8_t at; /* the register that says where it is */
    uint32_t size;
    enum pci_fault number, absent, port, beyond, outside;
    uint8_t bar;
    uint64_t first;
};

static struct pci_finding place(const struct pci_space *space, struct window *window)
{
    uint32_t where = read32(space, window->at);
    uint32_t offset = where & ~(uint32_t)MSIX_BAR_MASK;
    window->bar = where & MSIX_BAR_MASK;
    if (window->bar >= IVM_BAR_COUNT)
        return found(window->number, window->at);
    const struct ivm_bar *bar = &space->bars[window->bar];
    if (bar->base == 0 || bar->size == 0)
        return found(window->absent, window->at);
    if (bar->is_port)
        return found(window->port, window->at);
    if (bar->base >= space->physical_end || bar->size > space->physical_end - bar->base)
        return found(window->beyond, window->at);
    if (offset >= bar->size || window->size > bar->size - offset)
        return found(window->outside, window->at);
    window->first = bar->base + offset;
    return sound;
}

static bool overlap(const struct window *a, const struct window *b)
{
    return a->first < b->first + b->size && b->first < a->first + a->size;
}

static unsigned msix_size(uint32_t control)
{
    (void)control;
    return MSIX_SIZE;
}

struct pci_finding pci_capability_msix(const struct pci_space *space, struct pci_msix *out)
{
    uint8_t at = 0;
    struct pci_finding finding = find_whole(space, PCI_CAPABILITY_MSIX, msix_size, &at);
    if (finding.fault != PCI_FAULT_NONE)
        return finding;
    struct pci_msix msix = {.at = at, .control = (uint8_t)(at + CONTROL)};
    msix.count = (uint16_t)((read16(space, msix.control) & MSIX_COUNT_MASK) + 1);
    struct window table = {(uint8_t)(at + MSIX_TABLE),
                           pci_msix_table_size(&msix),
                           PCI_FAULT_TABLE_BAR_NUMBER,
                           PCI_FAULT_TABLE_BAR_ABSENT,
                           PCI_FAULT_TABLE_BAR_PORT,
                           PCI_FAULT_TABLE_BAR_BEYOND,
                           PCI_FAULT_TABLE_BEYOND_BAR,
                           0,
                           0};
    struct window pending = {(uint8_t)(at + MSIX_PENDING),
                             pci_msix_pending_size(&msix),
                             PCI_FAULT_PENDING_BAR_NUMBER,
                             PCI_FAULT_PENDING_BAR_ABSENT,
                             PCI_FAULT_PENDING_BAR_PORT,
                             PCI_FAULT_PENDING_BAR_BEYOND,
                             PCI_FAULT_PENDING_BEYOND_BAR,
                             0,
                             0};
    finding = place(space, &table);
    if (finding.fault == PCI_FAULT_NONE)
        finding = place(space, &pending);
    if (finding.fault != PCI_FAULT_NONE)
        return finding;
    if (overlap(&table, &pending))
        return found(PCI_FAULT_TABLE_AND_PENDING, pending.at);
    msix.table = table.first;
    msix.table_bar = table.bar;
    msix.pending = pending.first;
    msix.pending_bar = pending.bar;
    *out = msix;
    return sound;
}
