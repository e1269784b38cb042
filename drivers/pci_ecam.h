/* pci_ecam.h: PCI Express's enhanced configuration space: 4 KiB for each function, in memory. */
#ifndef DRIVERS_PCI_ECAM_H
#define DRIVERS_PCI_ECAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pci.h"

enum { PCI_ECAM_SIZE = 0x1000 };

/* A part of it: the configuration space of buses [first_bus, last_bus] of segment group 0. */
struct pci_ecam {
    uint64_t base; /* of bus 0, be it in this part or not */
    uint8_t first_bus, last_bus;
};

/* Entry `index` of the ACPI table "MCFG"; false: there is no such, or its buses make no sense. One
 * of another segment group has no buses: last_bus below first_bus.
 * source  [PCIFW] "MCFG Table Description"
 */
bool pci_ecam_entry(const void *mcfg, size_t length, size_t index, struct pci_ecam *out);

/* Map the configuration space of a function; 0: this machine has none, or it cannot be mapped.
 * context  below IVM_DISPATCH
 */
uintptr_t pci_ecam_map(struct pci_address at);

/* The offset of the first extended capability with this id; 0: none. Bounded whatever the list
 * holds.
 *
 * read    gives the 32-bit register at an offset
 * source  [PCIE] "PCI Express Extended Capabilities"
 */
typedef uint32_t pci_ecam_reader(void *context, uint16_t offset);
uint16_t pci_extended_capability(pci_ecam_reader *read, void *context, uint16_t id);

#endif
