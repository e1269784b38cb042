/* mptable.c: the MP floating pointer and configuration table, read entry by entry. */
#include "mptable.h"

#include "mptable_entry.h"

/* Offsets in the pointer. [MP] "MP Floating Pointer Structure" */
enum {
    POINTER_TABLE = 4,
    POINTER_PARAGRAPHS = 8,
    POINTER_REVISION = 9,
    POINTER_CHECKSUM = 10,
    POINTER_DEFAULT = 11,
    POINTER_FEATURES = 12,
    FEATURE_IMCR = 1 << 7,
    LAST_DEFAULT = 7,
};

/* Offsets in the table. [MP] "MP Configuration Table Header" */
enum {
    BASE_LENGTH = 4,
    REVISION = 6,
    CHECKSUM = 7,
    ENTRY_COUNT = 34,
    LAPIC_ADDRESS = 36,
    EXTENDED_LENGTH = 40,
    EXTENDED_CHECKSUM = 42,
    EXTENDED_HEADER = 2, /* type, length */
};

static void begin(struct table_fault *fault, const char *name)
{
    *fault = (struct table_fault){.what = "no fault"};
    for (size_t i = 0; name[i] != '\0'; i++)
        fault->table[i] = name[i];
}

enum ivm_status mptable_pointer_parse(const uint8_t *bytes, size_t length,
                                      struct mptable_pointer *out,
                                      struct table_fault *fault)
{
    *out = (struct mptable_pointer){0};
    begin(fault, "_MP_");
    if (length < MPTABLE_POINTER_SIZE)
        return table_fault_set(fault, 0, "shorter than a pointer", length);
    if (!bytes_are(bytes, "_MP_", 4))
        return table_fault_set(fault, 0, "another signature", bytes_u32(bytes));
    size_t own = (size_t)bytes[POINTER_PARAGRAPHS] * 16;
    if (own == 0 || own > length)
        return table_fault_set(fault, POINTER_PARAGRAPHS,
                               "a length that is none, or beyond the bytes there", own);
    uint8_t sum = bytes_sum(bytes, own);
    if (sum != 0)
        return table_fault_set(fault, POINTER_CHECKSUM,
                               "a wrong checksum: its bytes add up to", sum);
    uint8_t configuration = bytes[POINTER_DEFAULT];
    if (configuration > LAST_DEFAULT)
        return table_fault_set(fault, POINTER_DEFAULT, "a reserved default configuration",
                               configuration);
    out->table = bytes_u32(bytes + POINTER_TABLE);
    if (out->table == 0 && configuration == 0)
        return table_fault_set(fault, POINTER_TABLE,
                               "neither a table nor a default configuration", 0);
    out->revision = bytes[POINTER_REVISION];
    out->default_configuration = configuration;
    out->has_imcr = (bytes[POINTER_FEATURES] & FEATURE_IMCR) != 0;
    return IVM_OK;
}

size_t mptable_length(const uint8_t *header)
{
    return (size_t)bytes_u16(header + BASE_LENGTH) + bytes_u16(header + EXTENDED_LENGTH);
}

/* What every table begins with. `base` is set to the length of the base table. */
static enum ivm_status check(const uint8_t *bytes, size_t length, size_t *base,
                             struct table_fault *fault)
{
    if (length < MPTABLE_HEADER_SIZE)
        return table_fault_set(fault, 0, "shorter than a table's header", length);
    if (!bytes_are(bytes, "PCMP", 4))
        return table_fault_set(fault, 0, "another signature", bytes_u32(bytes));
    *base = bytes_u16(bytes + BASE_LENGTH);
    if (*base < MPTABLE_HEADER_SIZE)
        return table_fault_set(fault, BASE_LENGTH, "a length that is less than its header",
                               *base);
    if (mptable_length(bytes) > length)
        return table_fault_set(fault, BASE_LENGTH,
                               "a length beyond the bytes that are there",
                               mptable_length(bytes));
    uint8_t sum = bytes_sum(bytes, *base);
    if (sum != 0)
        return table_fault_set(fault, CHECKSUM, "a wrong checksum: its bytes add up to",
                               sum);
    return IVM_OK;
}

static enum ivm_status read_base(const uint8_t *bytes, size_t base, struct mptable *out,
                                 struct table_fault *fault)
{
    size_t at = MPTABLE_HEADER_SIZE;
    unsigned entries = bytes_u16(bytes + ENTRY_COUNT);
    for (unsigned n = 0; n < entries; n++) {
        if (at == base)
            return table_fault_set(fault, ENTRY_COUNT,
                                   "more entries than the table has room for", entries);
        uint8_t type = bytes[at];
        size_t own = mptable_entry_length(type);
        if (own == 0)
            return table_fault_set(
                fault, at, "an entry of an unknown type, and so of unknown length", type);
        if (own > base - at)
            return table_fault_set(fault, at, "an entry beyond the end of the table", type);
        mptable_entry_read(bytes + at, (uint32_t)at, out);
        at += own;
    }
    if (at != base)
        mptable_note(out, (uint32_t)at, "bytes behind the last entry; how many",
                     (uint32_t)(base - at));
    return IVM_OK;
}

/* Address spaces and hierarchies of buses: nothing of them is needed, but they must be whole. */
static void look_at_extended(const uint8_t *bytes, size_t base, struct mptable *out)
{
    size_t end = mptable_length(bytes);
    if (end == base)
        return;
    uint8_t sum = (uint8_t)(bytes_sum(bytes + base, end - base) + bytes[EXTENDED_CHECKSUM]);
    if (sum != 0) {
        mptable_note(out, EXTENDED_CHECKSUM, "a wrong checksum of the extended entries",
                     sum);
        return;
    }
    for (size_t at = base; at < end;) {
        size_t own = end - at < EXTENDED_HEADER ? 0 : bytes[at + 1];
        if (own < EXTENDED_HEADER || own > end - at) {
            mptable_note(out, (uint32_t)at,
                         "an extended entry that does not end in the table", bytes[at]);
            return;
        }
        at += own;
    }
}

enum ivm_status mptable_parse(const void *bytes, size_t length, struct mptable *out,
                              struct table_fault *fault)
{
    const uint8_t *table = bytes;
    size_t base = 0;
    *out = (struct mptable){0};
    begin(fault, "MP");
    enum ivm_status status = check(table, length, &base, fault);
    if (status != IVM_OK)
        return status;
    out->revision = table[REVISION];
    out->lapic_address = bytes_u32(table + LAPIC_ADDRESS);
    status = read_base(table, base, out, fault);
    if (status != IVM_OK)
        return status;
    look_at_extended(table, base, out);
    mptable_keep_whole(out);
    return IVM_OK;
}

const struct mptable_wire *mptable_pci_wire(const struct mptable *table, uint8_t bus,
                                            uint8_t slot, uint8_t pin)
{
    uint8_t irq = (uint8_t)(slot << 2 | (pin - 1));
    if (table->buses[bus] != MP_BUS_PCI || pin == 0 || pin > 4 || slot >= 32)
        return NULL;
    for (size_t i = 0; i < table->wire_count; i++) {
        const struct mptable_wire *wire = &table->wires[i];
        if (wire->kind == MP_WIRE_INT && wire->bus == bus && wire->irq == irq)
            return wire;
    }
    return NULL;
}
