/* mp_bytes.c: MP tables for the host tests: see mp_bytes.h. */
#include "mp_bytes.h"

#include <string.h>

enum { LENGTH = 4, CHECKSUM = 7, COUNT = 34, EXTENDED = 40, EXTENDED_CHECKSUM = 42 };

static void count_one(struct table *table)
{
    unsigned count = table->bytes[COUNT] + 256u * table->bytes[COUNT + 1];
    table_put(table, COUNT, count + 1, 2);
}

void mp_table_start(struct table *table)
{
    static const uint8_t zeros[44];
    memset(table, 0, sizeof *table);
    table_add(table, zeros, sizeof zeros);
    memcpy(table->bytes, "PCMP", 4);
    table->bytes[6] = 4;
    memcpy(table->bytes + 8, "HOSTTESTMP          ", 20);
    table_put(table, 36, 0xFEE00000, 4);
}

void mp_add_cpu(struct table *table, uint8_t apic_id, uint8_t flags)
{
    const uint8_t entry[20] = {0, apic_id, 0x14, flags};
    table_add(table, entry, sizeof entry);
    count_one(table);
}

void mp_add_bus(struct table *table, uint8_t id, const char *name)
{
    uint8_t entry[8] = {1, id};
    memcpy(entry + 2, name, 6);
    table_add(table, entry, sizeof entry);
    count_one(table);
}

void mp_add_ioapic(struct table *table, uint8_t id, uint32_t address)
{
    const uint8_t entry[4] = {2, id, 0x11, 1};
    table_add(table, entry, sizeof entry);
    table_add_number(table, address, 4);
    count_one(table);
}

void mp_add_wire(struct table *table, uint8_t type, const uint8_t wire[6])
{
    const uint8_t entry[8] = {type,    wire[0], wire[1], 0,
                              wire[2], wire[3], wire[4], wire[5]};
    table_add(table, entry, sizeof entry);
    count_one(table);
}

static uint8_t sum(const uint8_t *bytes, size_t count)
{
    uint8_t total = 0;
    for (size_t i = 0; i < count; i++)
        total = (uint8_t)(total + bytes[i]);
    return total;
}

void mp_table_sum(struct table *table)
{
    size_t base = (size_t)(table->bytes[LENGTH] | table->bytes[LENGTH + 1] << 8);
    table->bytes[CHECKSUM] = 0;
    table->bytes[CHECKSUM] =
        (uint8_t)-sum(table->bytes, base < table->length ? base : table->length);
}

void mp_table_finish_extended(struct table *table, size_t extended)
{
    size_t base = table->length - extended;
    table_put(table, LENGTH, base, 2);
    table_put(table, EXTENDED, extended, 2);
    table->bytes[EXTENDED_CHECKSUM] = (uint8_t)-sum(table->bytes + base, extended);
    mp_table_sum(table);
}

void mp_table_finish(struct table *table)
{
    mp_table_finish_extended(table, 0);
}

void mp_pointer_sum(uint8_t bytes[16])
{
    bytes[10] = 0;
    bytes[10] = (uint8_t)-sum(bytes, 16);
}

void mp_pointer(uint8_t bytes[16], uint32_t table)
{
    memset(bytes, 0, 16);
    memcpy(bytes, "_MP_", 4);
    for (unsigned i = 0; i < 4; i++)
        bytes[4 + i] = (uint8_t)(table >> 8 * i);
    bytes[8] = 1;
    bytes[9] = 4;
    mp_pointer_sum(bytes);
}

void mp_table_of_pc(struct table *table)
{
    static const uint8_t isa[] = {1, 3, 4, 6, 7, 8, 12, 13, 14, 15};
    mp_table_start(table);
    mp_add_cpu(table, 0, 3);
    mp_add_cpu(table, 1, 1);
    mp_add_bus(table, 0, "PCI   ");
    mp_add_bus(table, 1, "ISA   ");
    mp_add_ioapic(table, 0, 0xFEC00000);
    mp_add_wire(table, 3, (const uint8_t[]){0, MP_HIGH, 0, 5 << 2, 0, 10});
    mp_add_wire(table, 3, (const uint8_t[]){0, MP_HIGH, 0, 7 << 2, 0, 11});
    mp_add_wire(table, 3, (const uint8_t[]){0, MP_CONFORMS, 1, 0, 0, 2});
    for (size_t i = 0; i < sizeof isa; i++)
        mp_add_wire(table, 3, (const uint8_t[]){0, MP_CONFORMS, 1, isa[i], 0, isa[i]});
    mp_add_wire(table, 4, (const uint8_t[]){3, MP_CONFORMS, 1, 0, 0, 0});
    mp_add_wire(table, 4, (const uint8_t[]){1, MP_CONFORMS, 1, 0, 0xFF, 1});
    mp_table_finish(table);
}
