/* firmware_bytes.c: the bytes of a firmware table, and what is wrong with them. */
#include "firmware_bytes.h"

#include "kernel/format.h"

enum ivm_status table_fault_set(struct table_fault *fault, size_t offset, const char *what,
                                uint64_t value)
{
    fault->offset = (uint32_t)offset;
    fault->what = what;
    fault->value = value;
    return IVM_BAD_ARGUMENT;
}

size_t table_fault_text(const struct table_fault *fault, char *out, size_t size)
{
    return format_text(out, size, "%s, offset 0x%x: %s (0x%llx)", fault->table,
                       (unsigned)fault->offset, fault->what,
                       (unsigned long long)fault->value);
}

uint8_t bytes_sum(const uint8_t *bytes, size_t length)
{
    uint8_t sum = 0;
    for (size_t i = 0; i < length; i++)
        sum = (uint8_t)(sum + bytes[i]);
    return sum;
}

bool bytes_are(const uint8_t *bytes, const char *text, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (bytes[i] != (uint8_t)text[i])
            return false;
    return true;
}

enum ivm_status table_check(const struct table_bytes *table, struct table_fault *fault,
                            size_t *length)
{
    *fault = (struct table_fault){.what = "no fault"};
    for (size_t i = 0; i < 4; i++)
        fault->table[i] = table->signature[i];
    if (table->available < ACPI_HEADER_SIZE)
        return table_fault_set(fault, 0, "shorter than a table's header", table->available);
    if (!bytes_are(table->bytes, table->signature, 4))
        return table_fault_set(fault, 0, "another signature", bytes_u32(table->bytes));
    uint32_t own = bytes_u32(table->bytes + ACPI_HEADER_LENGTH);
    if (own < table->least)
        return table_fault_set(fault, ACPI_HEADER_LENGTH,
                               "a length that is less than its contents", own);
    if (own > table->available)
        return table_fault_set(fault, ACPI_HEADER_LENGTH,
                               "a length beyond the bytes that are there", own);
    uint8_t sum = bytes_sum(table->bytes, own);
    if (sum != 0)
        return table_fault_set(fault, 9, "a wrong checksum: its bytes add up to", sum);
    *length = own;
    return IVM_OK;
}
