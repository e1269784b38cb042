/* fuzz_pci_capability.c: any configuration space and any base addresses: no capability that is let
 * through reaches outside of them.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/pci_capability.h"

enum { HEADER_END = 0x40, STATUS = 0x06, HAS_LIST = 0x10, POINTER = 0x34 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int holds)
{
    if (!holds)
        abort();
}

static uint64_t take(const uint8_t **data, size_t *size, size_t bytes)
{
    uint64_t value = 0;
    if (bytes > *size)
        bytes = *size;
    memcpy(&value, *data, bytes);
    *data += bytes;
    *size -= bytes;
    return value;
}

/* Sizes are powers of two and bases multiples of them, as the walk hands them on; now and then, not. */
static void take_bars(struct ivm_bar bars[IVM_BAR_COUNT], const uint8_t **data,
                      size_t *size)
{
    for (unsigned i = 0; i < IVM_BAR_COUNT; i++) {
        uint64_t kind = take(data, size, 1);
        bars[i].is_port = (kind & 7) == 7;
        bars[i].size =
            (kind & 0x80) != 0 ? take(data, size, 8) : UINT64_C(1) << (kind >> 3);
        bars[i].base = take(data, size, (kind & 0x40) != 0 ? 8 : 4);
    }
}

static int is_inside(const struct pci_space *space, unsigned bar, uint64_t first,
                     uint64_t bytes)
{
    const struct ivm_bar *b = &space->bars[bar];
    require(bar < IVM_BAR_COUNT && !b->is_port && b->base != 0);
    require(b->base + b->size > b->base && b->base + b->size <= space->physical_end);
    return first >= b->base && first + bytes <= b->base + b->size && bytes != 0;
}

static void check_finding(struct pci_finding finding)
{
    require(finding.fault < PCI_FAULT_COUNT);
    require(strlen(pci_fault_text(finding.fault)) != 0);
}

static void check_msi(const struct pci_space *space)
{
    struct pci_msi msi;
    struct pci_finding finding = pci_capability_msi(space, &msi);
    check_finding(finding);
    if (finding.fault != PCI_FAULT_NONE)
        return;
    unsigned end = msi.pending != 0 ? msi.pending + 4U : msi.data + 2U;
    require(msi.at >= HEADER_END && msi.at % 4 == 0 && end <= PCI_CONFIG_SIZE);
    require(space->bytes[msi.at] == PCI_CAPABILITY_MSI);
    require(msi.count != 0 && msi.count <= PCI_MSI_LIMIT &&
            (msi.count & (msi.count - 1)) == 0);
    require(msi.is_64 == (msi.address_high != 0) && (msi.mask != 0) == (msi.pending != 0));
}

static void check_msix(const struct pci_space *space)
{
    struct pci_msix msix;
    struct pci_finding finding = pci_capability_msix(space, &msix);
    check_finding(finding);
    if (finding.fault != PCI_FAULT_NONE)
        return;
    uint64_t table = pci_msix_table_size(&msix), pending = pci_msix_pending_size(&msix);
    require(msix.at >= HEADER_END && msix.at % 4 == 0 && msix.at + 12 <= PCI_CONFIG_SIZE);
    require(msix.count != 0 && msix.count <= PCI_MSIX_LIMIT);
    require(is_inside(space, msix.table_bar, msix.table, table));
    require(is_inside(space, msix.pending_bar, msix.pending, pending));
    require(msix.table + table <= msix.pending || msix.pending + pending <= msix.table);
}

static void check_list(const struct pci_space *space)
{
    struct pci_list list;
    struct pci_finding finding = pci_capability_list(space, &list);
    check_finding(finding);
    if (finding.fault != PCI_FAULT_NONE)
        return;
    require(list.count <= PCI_CAPABILITY_COUNT);
    require(list.count == (unsigned)__builtin_popcountll(list.words));
    for (unsigned i = 0; i < list.count; i++) {
        require(list.at[i] >= HEADER_END && list.at[i] % 4 == 0);
        require((list.words >> list.at[i] / 4 & 1) != 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ivm_bar bars[IVM_BAR_COUNT] = {0};
    struct pci_space space = {.bars = bars, .physical_end = UINT64_C(1) << 52};
    uint64_t first = take(&data, &size, 1);
    take_bars(bars, &data, &size);
    /* Most of the time there is a list, which begins behind the header. */
    for (size_t i = 0; size != 0 && i < PCI_CONFIG_SIZE - HEADER_END; i++)
        space.bytes[HEADER_END + i] = (uint8_t)take(&data, &size, 1);
    space.bytes[POINTER] = (uint8_t)first;
    space.bytes[STATUS] = first == 0x3F ? 0 : HAS_LIST;
    for (size_t i = 0; i < HEADER_END && size != 0; i++)
        space.bytes[i] = (uint8_t)take(&data, &size, 1);

    check_list(&space);
    check_msi(&space);
    check_msix(&space);
    uint8_t at = 0;
    struct pci_finding finding = pci_capability_find(&space, space.bytes[first], &at);
    check_finding(finding);
    require(finding.fault != PCI_FAULT_NONE ||
            (at >= HEADER_END && space.bytes[at] == space.bytes[first]));
    return 0;
}
