/* table.c: firmware tables for the host tests: see table.h. */
#include "table.h"

#include <stdlib.h>
#include <string.h>

#include "hardware.h"

void table_add(struct table *table, const void *bytes, size_t count)
{
    if (count > TABLE_ROOM - table->length) {
        fake_complain("a table of more than %d bytes", TABLE_ROOM);
        return;
    }
    memcpy(table->bytes + table->length, bytes, count);
    table->length += count;
}

void table_add_number(struct table *table, uint64_t value, unsigned width)
{
    uint8_t bytes[8];
    for (unsigned i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(value >> 8 * i);
    table_add(table, bytes, width);
}

static void put(uint8_t *at, uint64_t value, unsigned width)
{
    for (unsigned i = 0; i < width; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

void table_put(struct table *table, size_t offset, uint64_t value, unsigned width)
{
    put(table->bytes + offset, value, width);
}

void table_start(struct table *table, const char *signature)
{
    table->length = 0;
    table_add(table, signature, 4);
    table_add_number(table, 0, 4); /* length */
    table_add_number(table, 3, 1); /* revision */
    table_add_number(table, 0, 1); /* checksum */
    table_add(table, "MAKER ", 6);
    table_add(table, "MAKERTAB", 8);
    table_add_number(table, 1, 4);
    table_add(table, "TOOL", 4);
    table_add_number(table, 1, 4);
}

/* Make `length` bytes add up to 0 by the one at `at`. */
static void sum(uint8_t *bytes, size_t length, size_t at)
{
    uint8_t total = 0;
    bytes[at] = 0;
    for (size_t i = 0; i < length; i++)
        total = (uint8_t)(total + bytes[i]);
    bytes[at] = (uint8_t)-total;
}

void table_sum(struct table *table)
{
    sum(table->bytes, table->length, 9);
}

void table_finish(struct table *table)
{
    table_put(table, 4, table->length, 4);
    table_sum(table);
}

uint8_t *table_copy(const struct table *table, size_t length)
{
    uint8_t *copy = malloc(length == 0 ? 1 : length);
    if (copy == NULL)
        abort();
    memcpy(copy, table->bytes, length);
    return copy;
}

void table_root_pointer(uint8_t rsdp[36], uint8_t revision, uint32_t rsdt, uint64_t xsdt)
{
    memset(rsdp, 0, 36);
    memcpy(rsdp, "RSD PTR ", 8);
    memcpy(rsdp + 9, "MAKER ", 6);
    rsdp[15] = revision;
    put(rsdp + 16, rsdt, 4);
    put(rsdp + 20, 36, 4);
    put(rsdp + 24, xsdt, 8);
    table_sum_root_pointer(rsdp);
}

void table_sum_root_pointer(uint8_t rsdp[36])
{
    sum(rsdp, 20, 8);
    sum(rsdp, 36, 32);
}
