/* page_tables.c: one walk down the levels, for mapping and for looking up. */
#include "page_tables.h"

#include <stdatomic.h>
#include <stddef.h>

#include "kernel/system/pages.h"

/* clang-format off */
#define ENTRY_LARGE   (UINT64_C(1) << 7)        /* PS: a leaf above the lowest level */
#define ENTRY_ADDRESS UINT64_C(0x000FFFFFFFFFF000)
#define ENTRY_RIGHTS  (PAGE_PRESENT | PAGE_WRITABLE | PAGE_WRITE_THROUGH | PAGE_UNCACHED | \
                       PAGE_NO_EXECUTE)

enum {
    ENTRIES = 512,
    LEVEL_ROOT = 3,                 /* PML4, then PDPT, PD, PT */
    LEVEL_LARGE = 1,                /* the level whose leaves are large */
    LEVEL_SMALL = 0,
};
/* clang-format on */

_Static_assert((int)PAGE_TABLE_SMALL == (int)PAGE_SIZE,
               "a table is one page of the allocator");

/* Bytes that one entry of a level covers. */
static uint64_t size_of(int level)
{
    return UINT64_C(1) << (12 + 9 * level);
}

static uint64_t *entry_of(uint64_t *table, uint64_t address, int level)
{
    return &table[address / size_of(level) % ENTRIES];
}

static uint64_t *table_behind(uint64_t entry)
{
    return (uint64_t *)(uintptr_t)(entry & ENTRY_ADDRESS);
}

/* Whether an entry leads to a lower table. */
static bool is_pointer(uint64_t entry, int level)
{
    return level != LEVEL_SMALL && entry & PAGE_PRESENT && !(entry & ENTRY_LARGE);
}

/* Put a table behind an entry that is empty or large; what was mapped stays mapped. */
static uint64_t *descend(uint64_t *entry, int level)
{
    if (is_pointer(*entry, level))
        return table_behind(*entry);
    uint64_t *table = (uint64_t *)page_allocate(1);
    if (table == NULL)
        return NULL;
    if (*entry & PAGE_PRESENT) {
        /* Leaves of the lowest level have no size bit. */
        uint64_t rights =
            level - 1 == LEVEL_SMALL ? *entry & ENTRY_RIGHTS : *entry & ~ENTRY_ADDRESS;
        for (uint64_t i = 0; i < ENTRIES; i++)
            table[i] = ((*entry & ENTRY_ADDRESS) + i * size_of(level - 1)) | rights;
    }
    /* A CPU that walks the tables meanwhile finds the new one filled. */
    atomic_thread_fence(memory_order_release);
    *entry = (uintptr_t)table | PAGE_PRESENT | PAGE_WRITABLE;
    return table;
}

/* Whether the entry at this level can hold the beginning of the span as one leaf. */
static bool is_leaf(const struct page_span *span, uint64_t entry, int level)
{
    if (level == LEVEL_SMALL)
        return true;
    return level == LEVEL_LARGE &&
           (span->first | (span->first + span->shift)) % size_of(level) == 0 &&
           span->end - span->first >= size_of(level) && !is_pointer(entry, level);
}

/* Map the beginning of the span, one leaf of it; returns the bytes done, 0: no page left.
 */
static uint64_t map_one(uint64_t *table, const struct page_span *span)
{
    for (int level = LEVEL_ROOT; table != NULL; level--) {
        uint64_t *entry = entry_of(table, span->first, level);
        if (is_leaf(span, *entry, level)) {
            uint64_t size = level == LEVEL_SMALL ? 0 : ENTRY_LARGE;
            *entry =
                span->rights == 0 ? 0 : (span->first + span->shift) | span->rights | size;
            return size_of(level);
        }
        /* Not present it is already, as far as this entry covers. */
        if (span->rights == 0 && !(*entry & PAGE_PRESENT))
            return size_of(level) - span->first % size_of(level);
        table = descend(entry, level);
    }
    return 0;
}

static bool is_possible(const struct page_span *span)
{
    if ((span->first | span->end | span->shift) % PAGE_TABLE_SMALL != 0)
        return false;
    if (span->first >= span->end)
        return true;
    if (span->end > page_tables_end && span->first < page_tables_upper)
        return false;
    uint64_t first = span->first + span->shift, end = span->end + span->shift;
    return span->rights == 0 || (first < end && end <= page_tables_end);
}

enum ivm_status page_tables_map(uint64_t *root, const struct page_span *span)
{
    if (!is_possible(span))
        return IVM_BAD_ARGUMENT;
    struct page_span rest = *span;
    while (rest.first < rest.end) {
        uint64_t done = map_one(root, &rest);
        if (done == 0)
            return IVM_EXHAUSTED;
        /* What an entry covers may reach beyond the span, and beyond the last address. */
        if (done >= rest.end - rest.first)
            break;
        rest.first += done;
    }
    return IVM_OK;
}

enum ivm_status page_tables_divide(uint64_t *root, uint64_t address)
{
    uint64_t *table = root;
    for (int level = LEVEL_ROOT; level > LEVEL_SMALL; level--) {
        uint64_t *entry = entry_of(table, address, level);
        if (address % size_of(level) == 0 || !(*entry & PAGE_PRESENT))
            return IVM_OK;
        table = descend(entry, level);
        if (table == NULL)
            return IVM_EXHAUSTED;
    }
    return IVM_OK;
}

bool page_tables_find(const uint64_t *root, uint64_t address, struct page_leaf *out)
{
    if (address >= page_tables_end && address < page_tables_upper)
        return false;
    const uint64_t *table = root;
    for (int level = LEVEL_ROOT;; level--) {
        uint64_t entry = table[address / size_of(level) % ENTRIES];
        if (!(entry & PAGE_PRESENT))
            return false;
        if (is_pointer(entry, level)) {
            table = table_behind(entry);
            continue;
        }
        *out = (struct page_leaf){.first = entry & ENTRY_ADDRESS & ~(size_of(level) - 1),
                                  .size = size_of(level),
                                  .rights = entry & ENTRY_RIGHTS};
        return true;
    }
}
