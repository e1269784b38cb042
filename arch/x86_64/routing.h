/* routing.h: how wires reach I/O APIC inputs: ISA lines by the MADT, PCI lines by default.
 *
 * An *irq* is an ISA line 0..15, a *gsi* an input of the I/O APICs. The MADT's interrupt
 * source overrides say which irq arrives where, and with what trigger and polarity; an irq
 * without one arrives at the gsi of its own number, edge-triggered and active high. Answers
 * ivm_isa_line() of <ivm/bus.h>.
 */
#ifndef ARCH_ROUTING_H
#define ARCH_ROUTING_H

#include <stddef.h>
#include <stdint.h>

#include <ivm/driver.h>

#include "madt.h"

enum { ROUTING_ISA_LINES = 16 };

/* Work out where the ISA lines arrive.
 *
 * madt     read during the call only
 * context  at the start, after ioapic_start()
 * source   [ACPI] "Interrupt Source Override Structure", [MP] "I/O Interrupt Assignment
 *          Entries"
 */
void routing_start(const struct madt *madt);

/* A PCI line that arrives at `gsi`: level-triggered and active low, unless an override of
 * that gsi says otherwise (an ISA line turned over to PCI). Any context.
 */
struct ivm_line_info routing_pci_line(uint32_t gsi);

/* What the MADT says of a gsi: "IRQ 0 override, edge, high", "IRQ 4", or "" for one that no
 * ISA line reaches. As snprintf. Any context. */
size_t routing_gsi_text(uint32_t gsi, char *out, size_t size);

#endif
