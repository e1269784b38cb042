/* mptable.h: the MultiProcessor Specification's tables: what firmware said before ACPI did.
 *
 * A pure parser: bytes in, a struct out. A pointer, found in the BIOS area, leads to a
 * configuration table of processors, buses, I/O APICs and wires. Arrays are bounded; what does not
 * fit, is reserved, unknown, doubtful or leads to something that is not listed becomes a note, and is
 * left out. What cannot be followed is a fault. Source: [MP] "MP Configuration Table".
 */
#ifndef ARCH_MPTABLE_H
#define ARCH_MPTABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ivm/status.h>

#include "firmware_bytes.h"
#include "madt.h"

enum {
    MPTABLE_POINTER_SIZE = 16,
    MPTABLE_HEADER_SIZE = 44,
    MPTABLE_CPU_LIMIT = 256,
    MPTABLE_BUS_COUNT = 256, /* a bus id is a byte */
    MPTABLE_IOAPIC_LIMIT = MADT_IOAPIC_LIMIT,
    MPTABLE_WIRE_LIMIT = 512,
    MPTABLE_LOCAL_LIMIT = 256,
    MPTABLE_NOTE_LIMIT = 16,
    MPTABLE_EVERY_APIC = 0xFF, /* as a wire's destination */
};

/* Where the table is. */
struct mptable_pointer {
    uint32_t table;   /* physical; 0: there is none, but a default configuration */
    uint8_t revision; /* of the specification: 1.revision */
    uint8_t default_configuration; /* 1..7; 0: a table */
    bool
        has_imcr; /* the 8259 pair reaches the processor past the APICs until it is told not to */
};

enum mptable_bus { MP_BUS_ABSENT = 0, MP_BUS_ISA, MP_BUS_EISA, MP_BUS_PCI, MP_BUS_OTHER };

struct mptable_cpu {
    uint8_t apic_id;
    bool enabled;
    bool boots;
};

struct mptable_ioapic {
    uint32_t address;
    uint8_t id;
    bool enabled;
};

/* [MP] "I/O Interrupt Assignment Entries": interrupt type */
enum mptable_wire_kind {
    MP_WIRE_INT = 0,
    MP_WIRE_NMI = 1,
    MP_WIRE_SMI = 2,
    MP_WIRE_EXTINT = 3
};

/* From a line of a bus to an input of an I/O APIC, or of local APICs. */
struct mptable_wire {
    enum mptable_wire_kind kind;
    enum madt_polarity polarity;
    enum madt_trigger trigger;
    uint8_t bus;   /* its id; of a PCI bus, its number */
    uint8_t irq;   /* of the bus; of PCI: [6:2] slot, [1:0] pin, INTA is 0 */
    uint8_t apic;  /* id of the I/O APIC or local APIC, or MPTABLE_EVERY_APIC */
    uint8_t input; /* of that */
    uint32_t offset;
};

struct mptable {
    uint32_t lapic_address;
    uint8_t revision;
    uint8_t buses[MPTABLE_BUS_COUNT]; /* enum mptable_bus, by id */
    struct mptable_cpu cpus[MPTABLE_CPU_LIMIT];
    struct mptable_ioapic ioapics[MPTABLE_IOAPIC_LIMIT];
    struct mptable_wire wires[MPTABLE_WIRE_LIMIT];
    struct mptable_wire locals[MPTABLE_LOCAL_LIMIT];
    struct madt_note notes[MPTABLE_NOTE_LIMIT];
    size_t cpu_count, ioapic_count, wire_count, local_count;
    size_t note_count; /* of all notes; the first MPTABLE_NOTE_LIMIT are kept */
};

/* Read a floating pointer.
 *
 * bytes    `length` readable bytes
 * errors   IVM_BAD_ARGUMENT  malformed: `fault` names the offset
 * source   [MP] "MP Floating Pointer Structure"
 */
IVM_MUST_CHECK enum ivm_status mptable_pointer_parse(const uint8_t *bytes, size_t length,
                                                     struct mptable_pointer *out,
                                                     struct table_fault *fault);

/* How long a table is, with what extends it, by its first MPTABLE_HEADER_SIZE bytes. */
size_t mptable_length(const uint8_t *header);

/* Read a configuration table.
 *
 * bytes    `length` readable bytes; not kept
 * out      on an error it holds what came before the fault
 * errors   IVM_BAD_ARGUMENT  malformed: `fault` names the offset
 * source   [MP] "MP Configuration Table Header", "Base MP Configuration Table Entries"
 */
IVM_MUST_CHECK enum ivm_status mptable_parse(const void *bytes, size_t length,
                                             struct mptable *out,
                                             struct table_fault *fault);

/* The wire of a pin, 1..4 for INTA..INTD, of a slot of a PCI bus; NULL: the table has none. */
const struct mptable_wire *mptable_pci_wire(const struct mptable *table, uint8_t bus,
                                            uint8_t slot, uint8_t pin);

#endif
