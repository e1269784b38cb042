/* mptable_entry.c: the entries of the MP configuration table, one by one, and what is wrong with them.
 */
#include "mptable_entry.h"

enum { CPU_ENABLED = 1 << 0, CPU_BOOTS = 1 << 1, IOAPIC_ENABLED = 1 << 0 };
enum { ISA_IRQS = 16, PCI_IRQS = 128 };

/* One entry, and where to put it. */
struct entry {
    const uint8_t *bytes; /* at its type byte */
    uint32_t offset;      /* in the table */
    struct mptable *out;
};

void mptable_note(struct mptable *out, uint32_t offset, const char *what, uint32_t value)
{
    if (out->note_count < MPTABLE_NOTE_LIMIT)
        out->notes[out->note_count] =
            (struct madt_note){.what = what, .offset = offset, .value = value};
    out->note_count++;
}

static void note(const struct entry *entry, const char *what, uint32_t value)
{
    mptable_note(entry->out, entry->offset, what, value);
}

static void read_cpu(const struct entry *entry)
{
    struct mptable *out = entry->out;
    uint8_t flags = entry->bytes[3];
    const struct mptable_cpu cpu = {.apic_id = entry->bytes[1],
                                    .enabled = (flags & CPU_ENABLED) != 0,
                                    .boots = (flags & CPU_BOOTS) != 0};
    for (size_t i = 0; i < out->cpu_count; i++)
        if (out->cpus[i].apic_id == cpu.apic_id) {
            note(entry, "a processor listed before is listed again; its APIC id",
                 cpu.apic_id);
            return;
        }
    out->cpus[out->cpu_count++] = cpu; /* there are no more than ids */
}

static uint8_t bus_kind(const uint8_t *name)
{
    if (bytes_are(name, "ISA   ", 6))
        return MP_BUS_ISA;
    if (bytes_are(name, "EISA  ", 6))
        return MP_BUS_EISA;
    if (bytes_are(name, "PCI   ", 6))
        return MP_BUS_PCI;
    return MP_BUS_OTHER;
}

static void read_bus(const struct entry *entry)
{
    uint8_t id = entry->bytes[1], kind = bus_kind(entry->bytes + 2);
    if (entry->out->buses[id] != MP_BUS_ABSENT) {
        note(entry, "a second bus of one id; the first counts; its id", id);
        return;
    }
    entry->out->buses[id] = kind;
    if (kind == MP_BUS_OTHER)
        note(entry, "a bus that is none of ISA, EISA, PCI; its wires are left out; its id",
             id);
}

static void read_ioapic(const struct entry *entry)
{
    struct mptable *out = entry->out;
    uint8_t id = entry->bytes[1];
    for (size_t i = 0; i < out->ioapic_count; i++)
        if (out->ioapics[i].id == id) {
            note(entry, "a second I/O APIC of one id; the first counts; its id", id);
            return;
        }
    if (out->ioapic_count == MPTABLE_IOAPIC_LIMIT) {
        note(entry, "more I/O APICs than this kernel keeps; id", id);
        return;
    }
    out->ioapics[out->ioapic_count++] =
        (struct mptable_ioapic){.id = id,
                                .enabled = (entry->bytes[3] & IOAPIC_ENABLED) != 0,
                                .address = bytes_u32(entry->bytes + 4)};
}

/* [MP] "I/O Interrupt Assignment Entries": PO [1:0], EL [3:2] */
static enum madt_polarity polarity_of(const struct entry *entry)
{
    switch (entry->bytes[2] & 3) {
    case MADT_ACTIVE_HIGH:
        return MADT_ACTIVE_HIGH;
    case MADT_ACTIVE_LOW:
        return MADT_ACTIVE_LOW;
    case 2:
        note(entry, "reserved polarity, taken as the bus's; flags", entry->bytes[2]);
        return MADT_POLARITY_OF_BUS;
    default:
        return MADT_POLARITY_OF_BUS;
    }
}

static enum madt_trigger trigger_of(const struct entry *entry)
{
    switch (entry->bytes[2] >> 2 & 3) {
    case MADT_EDGE:
        return MADT_EDGE;
    case MADT_LEVEL:
        return MADT_LEVEL;
    case 2:
        note(entry, "reserved trigger mode, taken as the bus's; flags", entry->bytes[2]);
        return MADT_TRIGGER_OF_BUS;
    default:
        return MADT_TRIGGER_OF_BUS;
    }
}

static void add_wire(const struct entry *entry, struct mptable_wire *wires, size_t *count,
                     size_t limit)
{
    if (entry->bytes[1] > MP_WIRE_EXTINT) {
        note(entry, "a wire of a reserved interrupt type, left out; type", entry->bytes[1]);
        return;
    }
    if (*count == limit) {
        note(entry, "more wires than this kernel keeps; entry type", entry->bytes[0]);
        return;
    }
    wires[(*count)++] = (struct mptable_wire){.kind = entry->bytes[1],
                                              .polarity = polarity_of(entry),
                                              .trigger = trigger_of(entry),
                                              .bus = entry->bytes[4],
                                              .irq = entry->bytes[5],
                                              .apic = entry->bytes[6],
                                              .input = entry->bytes[7],
                                              .offset = entry->offset};
}

static void read_wire(const struct entry *entry)
{
    add_wire(entry, entry->out->wires, &entry->out->wire_count, MPTABLE_WIRE_LIMIT);
}

static void read_local(const struct entry *entry)
{
    add_wire(entry, entry->out->locals, &entry->out->local_count, MPTABLE_LOCAL_LIMIT);
}

/* clang-format off */
/* [MP] "Base MP Configuration Table Entries", by type */
static const struct {
    uint8_t length;
    void (*read)(const struct entry *entry);
} types[] = {
    {20, read_cpu},
    {8,  read_bus},
    {8,  read_ioapic},
    {8,  read_wire},
    {8,  read_local},
};
/* clang-format on */

static bool has_ioapic(const struct mptable *table, uint8_t id)
{
    for (size_t i = 0; i < table->ioapic_count; i++)
        if (table->ioapics[i].id == id)
            return true;
    return false;
}

static bool has_cpu(const struct mptable *table, uint8_t apic_id)
{
    for (size_t i = 0; i < table->cpu_count; i++)
        if (table->cpus[i].apic_id == apic_id)
            return true;
    return false;
}

/* What is wrong with a wire to an I/O APIC; NULL: nothing. */
static const char *wire_fault(const struct mptable *table, const struct mptable_wire *wire)
{
    uint8_t kind = table->buses[wire->bus];
    if (kind == MP_BUS_ABSENT)
        return "a wire from a bus that is not listed, left out; its bus and irq";
    if (wire->apic != MPTABLE_EVERY_APIC && !has_ioapic(table, wire->apic))
        return "a wire to an I/O APIC that is not listed, left out; its bus and irq";
    bool is_isa = kind == MP_BUS_ISA || kind == MP_BUS_EISA;
    if (is_isa && wire->irq >= ISA_IRQS)
        return "a wire of an ISA line above 15, left out; its bus and irq";
    if (kind == MP_BUS_PCI && wire->irq >= PCI_IRQS)
        return "a wire of a PCI slot above 31, left out; its bus and irq";
    return NULL;
}

/* An NMI's source has no line of a bus that matters: its bus is not asked for. */
static const char *local_fault(const struct mptable *table, const struct mptable_wire *wire)
{
    if (wire->apic != MPTABLE_EVERY_APIC && !has_cpu(table, wire->apic))
        return "a wire to a local APIC that is not listed, left out; its bus and irq";
    if (wire->input > 1)
        return "a wire to a local interrupt input above 1, left out; its bus and irq";
    return NULL;
}

/* Leave out what leads from or to something that no entry lists, in whatever order they came. */
static size_t keep_whole(struct mptable *table, struct mptable_wire *wires, size_t count,
                         const char *(*fault)(const struct mptable *table,
                                              const struct mptable_wire *wire))
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        const char *what = fault(table, &wires[i]);
        if (what == NULL)
            wires[kept++] = wires[i];
        else
            mptable_note(table, wires[i].offset, what,
                         (uint32_t)wires[i].bus << 8 | wires[i].irq);
    }
    return kept;
}

size_t mptable_entry_length(uint8_t type)
{
    return type < sizeof types / sizeof types[0] ? types[type].length : 0;
}

void mptable_entry_read(const uint8_t *bytes, uint32_t offset, struct mptable *out)
{
    const struct entry entry = {.bytes = bytes, .offset = offset, .out = out};
    types[bytes[0]].read(&entry);
}

void mptable_keep_whole(struct mptable *table)
{
    table->wire_count = keep_whole(table, table->wires, table->wire_count, wire_fault);
    table->local_count = keep_whole(table, table->locals, table->local_count, local_fault);
}
