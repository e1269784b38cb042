/* pages.h: whole pages of RAM, handed out once and for good.
 *
 * The loader's ranges go in, what is in use is cut out, and the lowest fitting page is
 * given first. Nothing comes back: tables and stacks live as long as the kernel.
 */
#ifndef SYSTEM_PAGES_H
#define SYSTEM_PAGES_H

#include <stddef.h>
#include <stdint.h>

#include <ivm/status.h>

enum { PAGE_SIZE = 4096, PAGES_RANGE_LIMIT = 128 };

/* Forget all ranges; nothing can be allocated.
 *
 * reach    allocations end at or below this address until pages_set_reach(): what is
 *          mapped now
 * context  all functions here: at the start on one CPU; page_allocate() later too, below
 *          IVM_DISPATCH on any CPU
 */
void pages_start(uint64_t reach);
void pages_set_reach(uint64_t reach);

/* Take [first, end) in as free RAM; only the whole pages in it. Ranges must not overlap.
 * errors  IVM_EXHAUSTED  there are PAGES_RANGE_LIMIT ranges; this one stays unused
 */
IVM_MUST_CHECK enum ivm_status pages_add(uint64_t first, uint64_t end);

/* Take every page that [first, end) touches out again.
 * errors  IVM_EXHAUSTED  a range would be split in two and no room is left for the second:
 *                        it was given up, so that nothing in use is ever handed out
 */
IVM_MUST_CHECK enum ivm_status pages_exclude(uint64_t first, uint64_t end);

/* `count` neighbouring pages, zeroed; their address, or 0 when there are none or count is
 * 0. */
uintptr_t page_allocate(size_t count);

/* The highest free page that ends at or below `end`; 0: none. It stays free, and is not touched. */
uintptr_t pages_highest(uint64_t end);

/* Pages not handed out yet, within reach or not. */
uint64_t pages_free(void);

#endif
