/* mp_bytes.h: MP tables for the host tests, put together entry by entry. */
#ifndef FAKE_MP_BYTES_H
#define FAKE_MP_BYTES_H

#include <stddef.h>
#include <stdint.h>

#include "table.h"

/* Interrupt flags of a wire: polarity [1:0], trigger [3:2]. */
enum { MP_CONFORMS = 0, MP_LEVEL_LOW = 0xF, MP_EDGE_HIGH = 0x5, MP_HIGH = 0x1 };

/* Begin with a header, and count the entries that follow. */
void mp_table_start(struct table *table);

void mp_add_cpu(struct table *table, uint8_t apic_id, uint8_t flags);
void mp_add_bus(struct table *table, uint8_t id, const char *name);
void mp_add_ioapic(struct table *table, uint8_t id, uint32_t address);

/* Entry `type` (3: to an I/O APIC, 4: to local APICs): {interrupt type, flags, bus, irq, apic, input} */
void mp_add_wire(struct table *table, uint8_t type, const uint8_t wire[6]);

/* Set the length to what was appended, the checksum, and no extended entries. */
void mp_table_finish(struct table *table);

/* The same with `extended` bytes at the end that are not of the base table, and their checksum. */
void mp_table_finish_extended(struct table *table, size_t extended);

/* Make the base table's bytes add up to zero, whatever was changed. */
void mp_table_sum(struct table *table);

/* A floating pointer to `table`, its checksum right. */
void mp_pointer(uint8_t bytes[16], uint32_t table);
void mp_pointer_sum(uint8_t bytes[16]);

/* What SeaBIOS says of QEMU's pc without ACPI, two CPUs: ISA 0 at input 2, PCI slot 5 at 10, 7 at 11. */
void mp_table_of_pc(struct table *table);

#endif
