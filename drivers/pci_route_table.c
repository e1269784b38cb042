/* pci_route_table.c: PCI pins by what firmware wrote down: the MP table, and the line register of each
 * function.
 */
#include <stddef.h>

#include <ivm/bus.h>

#include "pci.h"
#include "pci_route_provider.h"

/* A table may have the pins of a bus behind a bridge, or those of the bridge only: [MP] "I/O Interrupt
 * Assignment Entries for PCI Devices". */
static enum pci_route_answer ask_mp_table(const struct ivm_pci *pci,
                                          struct ivm_line_info *out)
{
    struct pci_pin at = pci_pin(pci);
    do {
        if (ivm_mp_line(at.bus, at.slot, at.pin, out))
            return PCI_ROUTE_ARRIVES;
    } while (pci_pin_climb(&at));
    return PCI_ROUTE_UNKNOWN;
}

/* The register holds an ISA line, never a gsi: firmware wrote it for the 8259 pair. */
static enum pci_route_answer ask_register(const struct ivm_pci *pci,
                                          struct ivm_line_info *out)
{
    uint8_t irq = pci_read8(pci_address(pci), PCI_INTERRUPT_LINE);
    return pci_route_by_isa_line(irq, out) ? PCI_ROUTE_ARRIVES : PCI_ROUTE_UNKNOWN;
}

const struct pci_route_provider pci_route_mp_table = {
    .name = "MP table",
    .ask = ask_mp_table,
};

const struct pci_route_provider pci_route_register = {
    .name = "PCI line register (unproven)",
    .ask = ask_register,
};
