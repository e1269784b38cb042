/* table.h: firmware tables for the host tests, put together byte by byte. */
#ifndef FAKE_TABLE_H
#define FAKE_TABLE_H

#include <stddef.h>
#include <stdint.h>

enum { TABLE_ROOM = 16384 };

/* A table under construction. */
struct table {
    uint8_t bytes[TABLE_ROOM];
    size_t length;
};

/* Begin with an ACPI header: signature, revision 3, everything else sane. */
void table_start(struct table *table, const char *signature);

/* Append bytes, or a little-endian number of 1, 2, 4 or 8 bytes. */
void table_add(struct table *table, const void *bytes, size_t count);
void table_add_number(struct table *table, uint64_t value, unsigned width);

/* Put a little-endian number at an offset. */
void table_put(struct table *table, size_t offset, uint64_t value, unsigned width);

/* Set the length in the header to what was appended, and the checksum. Call it again after
 * a change. */
void table_finish(struct table *table);

/* Only the checksum, for tables whose length is a lie. */
void table_sum(struct table *table);

/* A copy that ends exactly where its allocation ends, so that a read past it is caught. The
 * caller frees it. */
uint8_t *table_copy(const struct table *table, size_t length);

/* A root pointer, 36 bytes whatever its revision, with both checksums right. */
void table_root_pointer(uint8_t rsdp[36], uint8_t revision, uint32_t rsdt, uint64_t xsdt);

/* Set its checksums right again after a change. */
void table_sum_root_pointer(uint8_t rsdp[36]);

#endif
