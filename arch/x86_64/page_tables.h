/* page_tables.h: four levels of page tables: mapped in spans, looked up by address. Which span gets
 * which rights is paging.c's.
 */
#ifndef ARCH_PAGE_TABLES_H
#define ARCH_PAGE_TABLES_H

#include <stdbool.h>
#include <stdint.h>

#include <ivm/status.h>

/* clang-format off */
/* [SDM3A] "4-Level Paging and 5-Level Paging"; the same bits in every leaf. */
#define PAGE_PRESENT       (UINT64_C(1) << 0)
#define PAGE_WRITABLE      (UINT64_C(1) << 1)
#define PAGE_WRITE_THROUGH (UINT64_C(1) << 3)   /* PWT */
#define PAGE_UNCACHED      (UINT64_C(1) << 4)   /* PCD */
#define PAGE_NO_EXECUTE    (UINT64_C(1) << 63)
/* clang-format on */

enum { PAGE_TABLE_SMALL = 4096, PAGE_TABLE_LARGE = 2 << 20 };

/* The two halves of what four levels can say: the lower ends here, and physical addresses do; the
 * upper begins here, and its last page, which has no end in 64 bits, is never mapped. */
static const uint64_t page_tables_end = UINT64_C(1) << 47;
static const uint64_t page_tables_upper = UINT64_C(0xFFFF800000000000);

/* [first, end), whole pages, in one half. */
struct page_span {
    uint64_t first, end;
    uint64_t rights; /* bits from above; 0: not present */
    uint64_t shift;  /* physical is virtual plus this, modulo 2^64; 0: where it is */
};

struct page_leaf {
    uint64_t first; /* of the page */
    uint64_t size;
    uint64_t rights;
};

/* Map a span, in large pages where they fit, whatever was mapped there before. Tables come from
 * page_allocate(). The caller flushes what a CPU may remember.
 *
 * root    a page-aligned table of 512 entries; may be in use
 * errors  IVM_EXHAUSTED     no page is left for a table: the span is mapped in part
 *         IVM_BAD_ARGUMENT  it is not made of whole pages, or does not lie in one half, or what it
 *                           leads to ends too high: no change
 */
IVM_MUST_CHECK enum ivm_status page_tables_map(uint64_t *root,
                                               const struct page_span *span);

/* Have a page begin at `address`: a large one that it lies in is divided, with the same rights. A span
 * whose pages are all present, divided at both ends, needs no more tables to be mapped otherwise.
 * errors  IVM_EXHAUSTED  no page is left for a table: nothing changed
 */
IVM_MUST_CHECK enum ivm_status page_tables_divide(uint64_t *root, uint64_t address);

/* The page that `address` lies in. False: none is present; `out` is untouched. */
bool page_tables_find(const uint64_t *root, uint64_t address, struct page_leaf *out);

#endif
