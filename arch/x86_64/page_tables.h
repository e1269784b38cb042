/* page_tables.h: four levels of page tables, where virtual is physical: mapped in spans,
 * looked up by address. Which span gets which rights is paging.c's.
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

/* Addresses end here: the lower half of what four levels can say. */
static const uint64_t page_tables_end = UINT64_C(1) << 47;

/* [first, end), whole pages, below page_tables_end. */
struct page_span {
    uint64_t first, end;
    uint64_t rights; /* bits from above; 0: not present */
};

struct page_leaf {
    uint64_t first; /* of the page */
    uint64_t size;
    uint64_t rights;
};

/* Map a span where it is, in large pages where they fit, whatever was mapped there before.
 * Tables come from page_allocate(). The caller flushes what a CPU may remember.
 *
 * root    a page-aligned table of 512 entries
 * errors  IVM_EXHAUSTED     no page is left for a table: the span is mapped in part
 *         IVM_BAD_ARGUMENT  it is not made of whole pages, or ends too high: no change
 */
IVM_MUST_CHECK enum ivm_status page_tables_map(uint64_t *root,
                                               const struct page_span *span);

/* The page that `address` lies in. False: none is present; `out` is untouched. */
bool page_tables_find(const uint64_t *root, uint64_t address, struct page_leaf *out);

#endif
