/* acpi.c: the ACPI tables: found, checked, handed out by signature. */
#include "acpi.h"

#include <ivm/bus.h>
#include <ivm/system.h>

enum {
    EBDA_SEGMENT = 0x40E, /* a word: the EBDA's address / 16 */
    EBDA_SEARCHED = 1024,
    BIOS_FIRST = 0xE0000,
    BIOS_END = 0x100000,
    RSDP_STEP = 16,
    FAULT_TEXT_SIZE = 160,
};

/* Written by acpi_start() only, before any other CPU runs. */
static struct {
    struct acpi_table tables[ACPI_TABLE_LIMIT];
    size_t count;
    const char *root;
} found;

static void log_fault(const struct table_fault *fault, uint64_t physical)
{
    char text[FAULT_TEXT_SIZE];
    table_fault_text(fault, text, sizeof text);
    ivm_log("ACPI: at 0x%llx: %s", (unsigned long long)physical, text);
}

/* The root pointer. */

enum ivm_status acpi_rsdp_parse(const uint8_t *bytes, size_t length, struct acpi_rsdp *out,
                                struct table_fault *fault)
{
    *fault = (struct table_fault){.table = "RSDP", .what = "no fault"};
    *out = (struct acpi_rsdp){0};
    if (length < ACPI_RSDP_SIZE_V1)
        return table_fault_set(fault, 0, "shorter than a root pointer", length);
    if (!bytes_are(bytes, "RSD PTR ", 8))
        return table_fault_set(fault, 0, "another signature", bytes_u64(bytes));
    uint8_t sum = bytes_sum(bytes, ACPI_RSDP_SIZE_V1);
    if (sum != 0)
        return table_fault_set(fault, 8, "a wrong checksum: its bytes add up to", sum);
    for (size_t i = 0; i < 6; i++)
        out->oem[i] = (char)bytes[9 + i];
    out->revision = bytes[15];
    out->rsdt = bytes_u32(bytes + 16);
    if (out->revision < 2)
        return out->rsdt != 0 ? IVM_OK : table_fault_set(fault, 16, "no RSDT address", 0);

    if (length < ACPI_RSDP_SIZE_V2)
        return table_fault_set(fault, 15, "cut off: the revision needs 36 bytes", length);
    uint32_t own = bytes_u32(bytes + 20);
    if (own < ACPI_RSDP_SIZE_V2 || own > length)
        return table_fault_set(fault, 20, "a length beyond the bytes that are there", own);
    sum = bytes_sum(bytes, own);
    if (sum != 0)
        return table_fault_set(fault, 32, "a wrong extended checksum: bytes add up to",
                               sum);
    out->xsdt = bytes_u64(bytes + 24);
    if (out->xsdt == 0 && out->rsdt == 0)
        return table_fault_set(fault, 24, "neither an XSDT nor an RSDT address", 0);
    return IVM_OK;
}

/* Try every place in [first, end). What merely has the signature is named and passed over.
 */
static bool search(const struct acpi_memory *memory, uint64_t first, uint64_t end,
                   struct acpi_rsdp *out)
{
    const uint8_t *bytes = memory->map(memory->context, first, (size_t)(end - first));
    if (bytes == NULL)
        return false;
    for (uint64_t at = 0; at + ACPI_RSDP_SIZE_V1 <= end - first; at += RSDP_STEP) {
        struct table_fault fault;
        if (!bytes_are(bytes + at, "RSD PTR ", 8))
            continue;
        if (acpi_rsdp_parse(bytes + at, (size_t)(end - first - at), out, &fault) == IVM_OK)
            return true;
        log_fault(&fault, first + at);
    }
    return false;
}

enum ivm_status acpi_rsdp_search(const struct acpi_memory *memory, struct acpi_rsdp *out)
{
    const uint8_t *segment = memory->map(memory->context, EBDA_SEGMENT, 2);
    if (segment != NULL) {
        uint64_t ebda = (uint64_t)bytes_u16(segment) << 4;
        if (ebda >= 0x400 && ebda + EBDA_SEARCHED <= 0xA0000 &&
            search(memory, ebda, ebda + EBDA_SEARCHED, out))
            return IVM_OK;
    }
    return search(memory, BIOS_FIRST, BIOS_END, out) ? IVM_OK : IVM_NOT_FOUND;
}

/* The tables. */

/* Map a table whose own length is not known yet; NULL and a log line when it cannot be. */
static const uint8_t *map_table(const struct acpi_memory *memory, uint64_t physical,
                                size_t *length)
{
    const uint8_t *header = memory->map(memory->context, physical, ACPI_HEADER_SIZE);
    if (header == NULL) {
        ivm_log("ACPI: the table at 0x%llx lies where nothing can be read",
                (unsigned long long)physical);
        return NULL;
    }
    *length = bytes_u32(header + ACPI_HEADER_LENGTH);
    if (*length < ACPI_HEADER_SIZE || *length > ACPI_TABLE_SIZE_LIMIT) {
        ivm_log("ACPI: the table at 0x%llx, offset 0x4: its length cannot be %llu",
                (unsigned long long)physical, (unsigned long long)*length);
        return NULL;
    }
    const uint8_t *bytes = memory->map(memory->context, physical, *length);
    if (bytes == NULL)
        ivm_log("ACPI: the table at 0x%llx reaches, with %llu bytes, where nothing can be "
                "read",
                (unsigned long long)physical, (unsigned long long)*length);
    return bytes;
}

/* Map and check one table. What its signature is, the table itself says, but for a root. */
static bool open_table(const struct acpi_memory *memory, struct acpi_table *table,
                       const char *expected)
{
    size_t available;
    table->bytes = map_table(memory, table->physical, &available);
    if (table->bytes == NULL)
        return false;
    for (size_t i = 0; i < 4; i++)
        table->signature[i] = (char)table->bytes[i];
    const struct table_bytes bytes = {.bytes = table->bytes,
                                      .available = available,
                                      .signature =
                                          expected != NULL ? expected : table->signature,
                                      .least = ACPI_HEADER_SIZE};
    struct table_fault fault;
    if (table_check(&bytes, &fault, &table->length) == IVM_OK)
        return true;
    log_fault(&fault, table->physical);
    return false;
}

static void add_table(const struct acpi_memory *memory, uint64_t physical)
{
    struct acpi_table table = {.physical = physical};
    if (physical == 0) {
        ivm_log("ACPI: %s has an entry that points nowhere", found.root);
        return;
    }
    if (!open_table(memory, &table, NULL))
        return;
    if (found.count == ACPI_TABLE_LIMIT) {
        ivm_log("ACPI: more than %u tables: %s at 0x%llx is left out",
                (unsigned)ACPI_TABLE_LIMIT, table.signature, (unsigned long long)physical);
        return;
    }
    found.tables[found.count++] = table;
}

/* Read the tables that a root lists; `width` is 4 in an RSDT, 8 in an XSDT. */
static bool read_root(const struct acpi_memory *memory, const char *name, uint64_t physical,
                      size_t width)
{
    struct acpi_table root = {.physical = physical};
    if (physical == 0 || !open_table(memory, &root, name))
        return false;
    found.root = name;
    size_t bytes = root.length - ACPI_HEADER_SIZE;
    if (bytes % width != 0)
        ivm_log("ACPI: %s, offset 0x%x: half an entry at the end", name,
                (unsigned)(root.length - bytes % width));
    for (size_t at = ACPI_HEADER_SIZE; at + width <= root.length; at += width)
        add_table(memory,
                  width == 8 ? bytes_u64(root.bytes + at) : bytes_u32(root.bytes + at));
    return true;
}

enum ivm_status acpi_start(const uint8_t *rsdp, size_t length,
                           const struct acpi_memory *memory)
{
    struct acpi_rsdp root;
    struct table_fault fault;
    enum ivm_status status = IVM_NOT_FOUND;
    found.count = 0;
    found.root = "none";
    if (rsdp != NULL) {
        status = acpi_rsdp_parse(rsdp, length, &root, &fault);
        if (status != IVM_OK)
            log_fault(&fault, 0);
    }
    if (status != IVM_OK)
        status = acpi_rsdp_search(memory, &root);
    if (status != IVM_OK) {
        ivm_log("ACPI: no root pointer: not from the loader, not in the BIOS area");
        return status;
    }
    if (read_root(memory, "XSDT", root.xsdt, 8) || read_root(memory, "RSDT", root.rsdt, 4))
        return IVM_OK;
    ivm_log("ACPI: neither the XSDT nor the RSDT can be read");
    return IVM_BAD_ARGUMENT;
}

size_t acpi_table_count(void)
{
    return found.count;
}

const struct acpi_table *acpi_table_at(size_t index)
{
    return index < found.count ? &found.tables[index] : NULL;
}

const char *acpi_root(void)
{
    return found.root != NULL ? found.root : "none";
}

bool ivm_acpi_table(const char signature[4], const void **table, size_t *length)
{
    for (size_t i = 0; i < found.count; i++) {
        if (!bytes_are(found.tables[i].bytes, signature, 4))
            continue;
        *table = found.tables[i].bytes;
        *length = found.tables[i].length;
        return true;
    }
    return false;
}
