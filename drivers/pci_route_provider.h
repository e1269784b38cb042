/* pci_route_provider.h: one who can say where PCI pins arrive: the form, and the providers there are.
 */
#ifndef DRIVERS_PCI_ROUTE_PROVIDER_H
#define DRIVERS_PCI_ROUTE_PROVIDER_H

#include <stdbool.h>
#include <stdint.h>

#include <ivm/driver.h>

/* A pin, 1..4 for INTA..INTD, of a slot of a bus. */
struct pci_pin {
    uint8_t bus, slot, pin;
};

enum pci_route_answer {
    PCI_ROUTE_UNKNOWN = 0, /* ask the next */
    PCI_ROUTE_ARRIVES,     /* the line is written */
    PCI_ROUTE_CUT,         /* it arrives nowhere: ask nobody else */
};

struct pci_route_provider {
    const char *name; /* what its answers are known from */

    /* Whether this machine is one that it knows; logs what it found. NULL: it does not depend on the
     * machine. Context: as pci_route_start(). */
    bool (*start)(void);

    /* Where a pin that a function raises arrives; known_from need not be written. */
    enum pci_route_answer (*ask)(const struct ivm_pci *pci, struct ivm_line_info *out);
};

extern const struct pci_route_provider pci_route_piix; /* the i440fx's PIIX */
extern const struct pci_route_provider pci_route_ich9; /* the q35's ICH9 */
extern const struct pci_route_provider
    pci_route_mp_table; /* what firmware said before ACPI */
extern const struct pci_route_provider
    pci_route_register; /* each function's line register */

/* A function's own pin. */
static inline struct pci_pin pci_pin(const struct ivm_pci *pci)
{
    return (struct pci_pin){pci->bus, pci->slot, pci->pin};
}

/* Make of a pin the one that it appears as beyond its bridge; false: its bus is a root bus. */
bool pci_pin_climb(struct pci_pin *at);

/* The pin of a root bus that a function's pin appears as. */
struct pci_pin pci_pin_at_root(const struct ivm_pci *pci);

/* A board by its host bridge, which is function 0 of slot 0: whether it has these ids, and whether its
 * wiring is that of QEMU's boards, which are known by their subsystem vendor. */
bool pci_host_is(uint16_t vendor, uint16_t device);
bool pci_board_is_qemu(void);

/* Where a PCI pin arrives that a router led to an ISA line, by firmware's overrides; false: nowhere. */
bool pci_route_by_isa_line(uint8_t irq, struct ivm_line_info *out);

#endif
