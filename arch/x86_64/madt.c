/* madt.c: the Multiple APIC Description Table, read entry by entry. */
#include "madt.h"

/* Offsets in the table. [ACPI] "Multiple APIC Description Table (MADT)" */
enum {
    LAPIC_ADDRESS = 36,
    FLAGS = 40,
    FLAG_PCAT_COMPAT = 1 << 0,
    ENTRIES = 44,
    ENTRY_HEADER = 2, /* type, length */
};

/* Flags of a processor. [ACPI] "Local APIC Flags" */
enum { CPU_ENABLED = 1 << 0, CPU_ONLINE_CAPABLE = 1 << 1 };

/* One entry, and where to put it. */
struct entry {
    const uint8_t *bytes; /* at its type byte */
    uint32_t offset;      /* in the table */
    struct madt *out;
};

static void note(const struct entry *entry, const char *what, uint32_t value)
{
    struct madt *out = entry->out;
    if (out->note_count < MADT_NOTE_LIMIT)
        out->notes[out->note_count] =
            (struct madt_note){.what = what, .offset = entry->offset, .value = value};
    out->note_count++;
}

/* The index for one more of `limit`, or false and a note. */
static bool claim(const struct entry *entry, size_t *count, size_t limit, const char *full)
{
    if (*count == limit) {
        note(entry, full, (uint32_t)limit);
        return false;
    }
    ++*count;
    return true;
}

static enum madt_polarity polarity_of(const struct entry *entry, uint16_t flags)
{
    switch (flags & 3) {
    case MADT_ACTIVE_HIGH:
        return MADT_ACTIVE_HIGH;
    case MADT_ACTIVE_LOW:
        return MADT_ACTIVE_LOW;
    case 2:
        note(entry, "reserved polarity, taken as the bus's default; flags", flags);
        return MADT_POLARITY_OF_BUS;
    default:
        return MADT_POLARITY_OF_BUS;
    }
}

static enum madt_trigger trigger_of(const struct entry *entry, uint16_t flags)
{
    switch (flags >> 2 & 3) {
    case MADT_EDGE:
        return MADT_EDGE;
    case MADT_LEVEL:
        return MADT_LEVEL;
    case 2:
        note(entry, "reserved trigger mode, taken as the bus's default; flags", flags);
        return MADT_TRIGGER_OF_BUS;
    default:
        return MADT_TRIGGER_OF_BUS;
    }
}

static void add_cpu(const struct entry *entry, struct madt_cpu cpu, uint32_t flags)
{
    struct madt *out = entry->out;
    for (size_t i = 0; i < out->cpu_count; i++)
        if (out->cpus[i].apic_id == cpu.apic_id) {
            note(entry, "a processor listed before is listed again; its APIC id",
                 cpu.apic_id);
            return;
        }
    if (!claim(entry, &out->cpu_count, MADT_CPU_LIMIT,
               "more processors than this kernel keeps"))
        return;
    cpu.enabled = (flags & CPU_ENABLED) != 0;
    cpu.online_capable = (flags & CPU_ONLINE_CAPABLE) != 0;
    out->cpus[out->cpu_count - 1] = cpu;
}

static void read_local_apic(const struct entry *entry)
{
    const uint8_t *bytes = entry->bytes;
    uint32_t flags = bytes_u32(bytes + 4);
    /* Slots without a processor are filled with the id 0xFF, any number of times. */
    if ((flags & (CPU_ENABLED | CPU_ONLINE_CAPABLE)) == 0 && bytes[3] == 0xFF)
        return;
    add_cpu(entry, (struct madt_cpu){.uid = bytes[2], .apic_id = bytes[3]}, flags);
}

static void read_x2apic(const struct entry *entry)
{
    const uint8_t *bytes = entry->bytes;
    uint32_t flags = bytes_u32(bytes + 8);
    uint32_t apic_id = bytes_u32(bytes + 4);
    if ((flags & (CPU_ENABLED | CPU_ONLINE_CAPABLE)) == 0 && apic_id == UINT32_MAX)
        return;
    add_cpu(entry,
            (struct madt_cpu){
                .apic_id = apic_id, .uid = bytes_u32(bytes + 12), .from_x2apic = true},
            flags);
}

static void read_ioapic(const struct entry *entry)
{
    struct madt *out = entry->out;
    if (!claim(entry, &out->ioapic_count, MADT_IOAPIC_LIMIT,
               "more I/O APICs than this kernel keeps"))
        return;
    out->ioapics[out->ioapic_count - 1] =
        (struct madt_ioapic){.id = entry->bytes[2],
                             .address = bytes_u32(entry->bytes + 4),
                             .gsi_base = bytes_u32(entry->bytes + 8)};
}

static void read_override(const struct entry *entry)
{
    struct madt *out = entry->out;
    uint16_t flags = bytes_u16(entry->bytes + 8);
    if (!claim(entry, &out->override_count, MADT_OVERRIDE_LIMIT,
               "more interrupt source overrides than this kernel keeps"))
        return;
    struct madt_override *added = &out->overrides[out->override_count - 1];
    *added = (struct madt_override){.bus = entry->bytes[2],
                                    .irq = entry->bytes[3],
                                    .gsi = bytes_u32(entry->bytes + 4),
                                    .polarity = polarity_of(entry, flags),
                                    .trigger = trigger_of(entry, flags)};
    if (added->bus != 0)
        note(entry, "an override of a bus other than ISA; its bus", added->bus);
    if (added->irq >= 16)
        note(entry, "an override of an ISA line above 15; its irq", added->irq);
    for (size_t i = 0; i + 1 < out->override_count; i++)
        if (out->overrides[i].irq == added->irq)
            note(entry, "a second override of one line; the first counts; its irq",
                 added->irq);
}

static void read_nmi_source(const struct entry *entry)
{
    struct madt *out = entry->out;
    uint16_t flags = bytes_u16(entry->bytes + 2);
    if (!claim(entry, &out->nmi_source_count, MADT_NMI_SOURCE_LIMIT,
               "more NMI sources than this kernel keeps"))
        return;
    out->nmi_sources[out->nmi_source_count - 1] =
        (struct madt_nmi_source){.gsi = bytes_u32(entry->bytes + 4),
                                 .polarity = polarity_of(entry, flags),
                                 .trigger = trigger_of(entry, flags)};
}

static void add_local_nmi(const struct entry *entry, uint32_t uid, uint8_t lint,
                          uint16_t flags)
{
    struct madt *out = entry->out;
    if (lint > 1) {
        note(entry, "an NMI on a local interrupt input above 1; its number", lint);
        return;
    }
    if (!claim(entry, &out->local_nmi_count, MADT_LOCAL_NMI_LIMIT,
               "more local NMIs than this kernel keeps"))
        return;
    out->local_nmis[out->local_nmi_count - 1] =
        (struct madt_local_nmi){.uid = uid,
                                .lint = lint,
                                .polarity = polarity_of(entry, flags),
                                .trigger = trigger_of(entry, flags)};
}

static void read_local_nmi(const struct entry *entry)
{
    const uint8_t *bytes = entry->bytes;
    uint32_t uid = bytes[2] == MADT_ALL_PROCESSORS ? madt_every_processor : bytes[2];
    add_local_nmi(entry, uid, bytes[5], bytes_u16(bytes + 3));
}

static void read_x2apic_nmi(const struct entry *entry)
{
    const uint8_t *bytes = entry->bytes;
    add_local_nmi(entry, bytes_u32(bytes + 4), bytes[8], bytes_u16(bytes + 2));
}

static void read_address(const struct entry *entry)
{
    if (entry->out->address_overridden)
        note(entry, "a second local APIC address override; the last counts", 0);
    entry->out->lapic_address = bytes_u64(entry->bytes + 4);
    entry->out->address_overridden = true;
}

/* clang-format off */
/* [ACPI] "Interrupt Controller Structure Types": those that a PC has */
static const struct {
    uint8_t type;
    uint8_t least; /* bytes */
    void (*read)(const struct entry *entry);
} types[] = {
    {0,  8,  read_local_apic},
    {1,  12, read_ioapic},
    {2,  10, read_override},
    {3,  8,  read_nmi_source},
    {4,  6,  read_local_nmi},
    {5,  12, read_address},
    {9,  16, read_x2apic},
    {10, 12, read_x2apic_nmi},
};
/* clang-format on */

/* Read one entry of `length` bytes, all of them readable. */
static enum ivm_status read_entry(const struct entry *entry, uint8_t length,
                                  struct table_fault *fault)
{
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (types[i].type != entry->bytes[0])
            continue;
        if (length < types[i].least)
            return table_fault_set(fault, entry->offset,
                                   "an entry shorter than its type needs", length);
        types[i].read(entry);
        return IVM_OK;
    }
    entry->out->unknown_entries++;
    return IVM_OK;
}

enum ivm_status madt_parse(const void *bytes, size_t length, struct madt *out,
                           struct table_fault *fault)
{
    const struct table_bytes table = {
        .bytes = bytes, .available = length, .signature = "APIC", .least = ENTRIES};
    *out = (struct madt){0};
    size_t end;
    enum ivm_status status = table_check(&table, fault, &end);
    for (size_t i = 0; i < 4; i++)
        fault->table[i] = "MADT"[i]; /* what people call the table signed "APIC" */
    if (status != IVM_OK)
        return status;

    out->revision = table.bytes[ACPI_HEADER_REVISION];
    out->lapic_address = bytes_u32(table.bytes + LAPIC_ADDRESS);
    out->has_8259 = (bytes_u32(table.bytes + FLAGS) & FLAG_PCAT_COMPAT) != 0;
    for (size_t at = ENTRIES; at < end;) {
        if (end - at < ENTRY_HEADER)
            return table_fault_set(fault, at, "an entry cut off after its type",
                                   table.bytes[at]);
        uint8_t own = table.bytes[at + 1];
        if (own < ENTRY_HEADER)
            return table_fault_set(fault, at, "an entry without a length", own);
        if (own > end - at)
            return table_fault_set(fault, at, "an entry beyond the end of the table", own);
        const struct entry entry = {
            .bytes = table.bytes + at, .offset = (uint32_t)at, .out = out};
        status = read_entry(&entry, own, fault);
        if (status != IVM_OK)
            return status;
        at += own;
    }
    return IVM_OK;
}
