/* pci_ecam.c: where the enhanced configuration space is, and the list of extended capabilities. */
#include "pci_ecam.h"

#include <ivm/bus.h>
#include <ivm/system.h>

/* clang-format off */
enum {
    MCFG_ENTRIES    = 44,  /* behind the header and eight reserved bytes */
    MCFG_ENTRY_SIZE = 16,
    ENTRY_BASE      = 0,   /* 8 bytes */
    ENTRY_SEGMENT   = 8,   /* 2 bytes */
    ENTRY_FIRST_BUS = 10,
    ENTRY_LAST_BUS  = 11,

    EXTENDED_FIRST  = 0x100,
    EXTENDED_LIMIT  = (PCI_ECAM_SIZE - EXTENDED_FIRST) / 8, /* headers, 8 bytes at least */
    HEADER_NEXT     = 20,  /* [31:20] next [19:16] version [15:0] id */
};
/* clang-format on */

static uint64_t little_endian(const uint8_t *bytes, unsigned size)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < size; i++)
        value |= (uint64_t)bytes[i] << 8 * i;
    return value;
}

bool pci_ecam_entry(const void *mcfg, size_t length, size_t index, struct pci_ecam *out)
{
    if (length < MCFG_ENTRIES || index >= (length - MCFG_ENTRIES) / MCFG_ENTRY_SIZE)
        return false;
    const uint8_t *entry = (const uint8_t *)mcfg + MCFG_ENTRIES + index * MCFG_ENTRY_SIZE;
    *out = (struct pci_ecam){.base = little_endian(entry + ENTRY_BASE, 8),
                             .first_bus = entry[ENTRY_FIRST_BUS],
                             .last_bus = entry[ENTRY_LAST_BUS]};
    if (out->last_bus < out->first_bus)
        return false;
    if (little_endian(entry + ENTRY_SEGMENT, 2) != 0)
        *out = (struct pci_ecam){.first_bus = 1};
    return true;
}

uintptr_t pci_ecam_map(struct pci_address at)
{
    const void *mcfg;
    size_t length;
    struct pci_ecam part;
    if (!ivm_acpi_table("MCFG", &mcfg, &length))
        return 0;
    for (size_t i = 0; pci_ecam_entry(mcfg, length, i, &part); i++)
        if (part.first_bus <= at.bus && at.bus <= part.last_bus)
            return ivm_map_device(part.base + ((uint64_t)at.bus << 20 |
                                               (uint64_t)at.slot << 15 |
                                               (uint64_t)at.function << 12),
                                  PCI_ECAM_SIZE);
    return 0;
}

uint16_t pci_extended_capability(pci_ecam_reader *read, void *context, uint16_t id)
{
    uint16_t at = EXTENDED_FIRST;
    for (unsigned n = 0; n < EXTENDED_LIMIT && at >= EXTENDED_FIRST; n++) {
        uint32_t header = read(context, at);
        if (header == 0 || header == UINT32_MAX)
            return 0; /* there is no list */
        if ((header & 0xFFFF) == id)
            return at;
        at = (uint16_t)(header >> HEADER_NEXT & 0xFFC);
    }
    return 0;
}
