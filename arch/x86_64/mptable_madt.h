/* mptable_madt.h: the MP table in the MADT's words, and where the two disagree. Pure. */
#ifndef ARCH_MPTABLE_MADT_H
#define ARCH_MPTABLE_MADT_H

#include <stdbool.h>
#include <stdint.h>

#include "madt.h"
#include "mptable.h"

/* Say with a MADT what the MP table says: processors, I/O APICs, ISA lines that do not arrive where
 * they would by default, NMIs. The MP table has no gsis: they are given out I/O APIC by I/O APIC, in
 * the table's order, so that those of the first are its pins. An EISA line that conforms to its bus is
 * taken for an ISA line. An ISA line of an input that only PCI uses is one turned over to PCI.
 *
 * inputs  how many inputs each I/O APIC of the table has; of the last one it does not matter
 * out     from_mp_table is set
 */
void mptable_to_madt(const struct mptable *table,
                     const uint32_t inputs[MPTABLE_IOAPIC_LIMIT], struct madt *out);

/* The gsi that a wire arrives at, by the bases of the MADT's I/O APICs, which are known by their
 * addresses: firmware may number them otherwise there. A wire to every I/O APIC is one to the first.
 *
 * returns  false when the MADT has no such I/O APIC; then nothing is written
 */
bool mptable_gsi(const struct mptable *table, const struct madt *madt,
                 const struct mptable_wire *wire, uint32_t *gsi);

/* What the two say of one ISA line. */
struct mptable_difference {
    uint8_t irq;
    uint32_t madt_gsi;
    uint32_t mp_gsi;
    bool differs; /* in the gsi, or in a trigger or polarity that both name */
};

/* Compare a wire with the MADT; false: it is not one of an ISA line that can be compared. */
bool mptable_compare(const struct mptable *table, const struct madt *madt,
                     const struct mptable_wire *wire, struct mptable_difference *out);

#endif
