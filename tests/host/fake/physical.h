/* physical.h: physical memory for the host tests: pieces of bytes at addresses. */
#ifndef FAKE_PHYSICAL_H
#define FAKE_PHYSICAL_H

#include <stddef.h>
#include <stdint.h>

#include "arch/x86_64/acpi.h"
#include "table.h"

/* Forget all pieces. */
void physical_reset(void);

/* Put bytes at an address. They are copied into memory that ends where they end, so that a
 * read past them is caught; what was put at the same address before is gone. */
void physical_put(uint64_t address, const void *bytes, size_t size);

/* Finish a table and put it. */
void physical_put_table(uint64_t address, struct table *table);

/* Reads the pieces; what is in none of them, or crosses the end of one, cannot be mapped.
 */
extern const struct acpi_memory physical_memory;

#endif
