/* memory.h: the loader's memory map, turned into the page allocator and the page tables. */
#ifndef BOOT_MEMORY_H
#define BOOT_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include "multiboot2.h"

/* Fill the page allocator with all RAM that is not in use, and switch to the final page
 * tables. Panics when the map cannot hold the kernel or its tables.
 *
 * first, end   where the loader's information lies, [first, end): kept
 * context      at the start, after the stacks are registered
 */
void memory_start(const struct boot_info *info, uintptr_t first, uintptr_t end);

/* A page of RAM below 640 KiB that nobody uses, where a CPU can begin in real mode; 0: there is
 * none. Always the same. context  after memory_start() */
uintptr_t memory_low_page(void);

/* Log the memory map, and what is free. */
void memory_print(const struct boot_info *info);

/* Make firmware's tables readable: the `map` of a struct acpi_memory. */
const void *memory_map_tables(void *context, uint64_t physical, size_t size);

#endif
