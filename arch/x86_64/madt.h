/* madt.h: the Multiple APIC Description Table: which CPUs, I/O APICs and wires there are.
 *
 * A pure parser: bytes in, a struct out. Arrays are bounded; what does not fit, is
 * reserved, unknown or doubtful becomes a note. What cannot be followed is a fault.
 */
#ifndef ARCH_MADT_H
#define ARCH_MADT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ivm/status.h>

#include "firmware_bytes.h"

enum {
    MADT_CPU_LIMIT = 512,
    MADT_IOAPIC_LIMIT = 16,
    MADT_OVERRIDE_LIMIT = 32,
    MADT_NMI_SOURCE_LIMIT = 16,
    MADT_LOCAL_NMI_LIMIT = 512,
    MADT_NOTE_LIMIT = 16,
    MADT_ALL_PROCESSORS = 0xFF, /* in a local APIC NMI entry */
};

/* In an x2APIC NMI entry, and in struct madt_local_nmi. */
static const uint32_t madt_every_processor = UINT32_MAX;

/* [ACPI] "MPS INTI Flags"; the reserved value 2 becomes a note and ..._OF_BUS */
enum madt_polarity { MADT_POLARITY_OF_BUS = 0, MADT_ACTIVE_HIGH = 1, MADT_ACTIVE_LOW = 3 };
enum madt_trigger { MADT_TRIGGER_OF_BUS = 0, MADT_EDGE = 1, MADT_LEVEL = 3 };

struct madt_cpu {
    uint32_t apic_id;
    uint32_t uid; /* what other tables call this processor */
    bool enabled;
    bool online_capable;
    bool from_x2apic; /* an x2APIC entry said so */
};

struct madt_ioapic {
    uint32_t address;
    uint32_t gsi_base;
    uint8_t id;
};

struct madt_override {
    uint32_t gsi;
    uint8_t bus; /* 0: ISA, the only one there is */
    uint8_t irq;
    enum madt_polarity polarity;
    enum madt_trigger trigger;
};

struct madt_nmi_source {
    uint32_t gsi;
    enum madt_polarity polarity;
    enum madt_trigger trigger;
};

struct madt_local_nmi {
    uint32_t uid; /* or madt_every_processor */
    uint8_t lint; /* 0 or 1, if firmware is right */
    enum madt_polarity polarity;
    enum madt_trigger trigger;
};

/* Something that was read past. */
struct madt_note {
    const char *what;
    uint32_t offset; /* of the entry */
    uint32_t value;
};

struct madt {
    uint64_t lapic_address; /* the override's, where there is one */
    bool address_overridden;
    bool has_8259;      /* PCAT_COMPAT */
    bool from_mp_table; /* there was no MADT: this is what the MP table says */
    uint8_t revision;
    uint32_t unknown_entries; /* of types that this parser does not know */

    struct madt_cpu cpus[MADT_CPU_LIMIT];
    struct madt_ioapic ioapics[MADT_IOAPIC_LIMIT];
    struct madt_override overrides[MADT_OVERRIDE_LIMIT];
    struct madt_nmi_source nmi_sources[MADT_NMI_SOURCE_LIMIT];
    struct madt_local_nmi local_nmis[MADT_LOCAL_NMI_LIMIT];
    struct madt_note notes[MADT_NOTE_LIMIT];
    size_t cpu_count, ioapic_count, override_count, nmi_source_count, local_nmi_count;
    size_t note_count; /* of all notes; the first MADT_NOTE_LIMIT are kept */
};

/* Read a MADT.
 *
 * bytes    `length` readable bytes; not kept
 * out      on an error it holds what came before the fault
 * errors   IVM_BAD_ARGUMENT  malformed: `fault` names the offset
 * context  any
 * source   [ACPI] "Multiple APIC Description Table (MADT)"
 */
IVM_MUST_CHECK enum ivm_status madt_parse(const void *bytes, size_t length,
                                          struct madt *out, struct table_fault *fault);

#endif
