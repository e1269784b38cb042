/* pages.c: a bounded array of free ranges; pages are taken from the front of one. */
#include "pages.h"

#include "kernel/spinlock.h"

struct range {
    uint64_t first, end; /* multiples of PAGE_SIZE, half-open; empty: unused */
};

/* Written at the start, and by page_allocate() under the lock. Sorted by address. */
static struct spinlock lock;
static struct range ranges[PAGES_RANGE_LIMIT];
static size_t range_count;
static uint64_t reach_end;

static uint64_t page_down(uint64_t address)
{
    return address - address % PAGE_SIZE;
}

/* The last page of the address space has no end in 64 bits: it is left out. */
static uint64_t page_up(uint64_t address)
{
    return address > UINT64_MAX - (PAGE_SIZE - 1) ? page_down(address)
                                                  : page_down(address + PAGE_SIZE - 1);
}

static enum ivm_status insert(struct range range)
{
    if (range_count == PAGES_RANGE_LIMIT)
        return IVM_EXHAUSTED;
    size_t at = range_count++;
    for (; at > 0 && ranges[at - 1].first > range.first; at--)
        ranges[at] = ranges[at - 1];
    ranges[at] = range;
    return IVM_OK;
}

void pages_start(uint64_t reach)
{
    range_count = 0;
    reach_end = reach;
}

void pages_set_reach(uint64_t reach)
{
    reach_end = reach;
}

enum ivm_status pages_add(uint64_t first, uint64_t end)
{
    struct range range = {.first = page_up(first), .end = page_down(end)};
    return range.first < range.end ? insert(range) : IVM_OK;
}

enum ivm_status pages_exclude(uint64_t first, uint64_t end)
{
    if (first >= end)
        return IVM_OK;
    struct range hole = {.first = page_down(first), .end = page_up(end)};
    struct range above = {0};
    for (size_t i = 0; i < range_count; i++) {
        struct range *range = &ranges[i];
        if (hole.end <= range->first || hole.first >= range->end)
            continue;
        if (hole.first > range->first && hole.end < range->end)
            above = (struct range){.first = hole.end, .end = range->end};
        if (hole.first > range->first)
            range->end = hole.first;
        else
            range->first = hole.end < range->end ? hole.end : range->end;
    }
    return above.first < above.end ? insert(above) : IVM_OK;
}

/* The first pages that fit, or 0. Under the lock. */
static uintptr_t take(uint64_t size)
{
    for (size_t i = 0; i < range_count; i++) {
        struct range *range = &ranges[i];
        uint64_t end = range->end < reach_end ? range->end : reach_end;
        if (range->first >= end || end - range->first < size)
            continue;
        uintptr_t pages = (uintptr_t)range->first;
        range->first += size;
        return pages;
    }
    return 0;
}

uintptr_t page_allocate(size_t count)
{
    if (count == 0 || count > UINT64_MAX / PAGE_SIZE)
        return 0;
    uint64_t size = (uint64_t)count * PAGE_SIZE;
    spinlock_take(&lock);
    uintptr_t pages = take(size);
    spinlock_release(&lock);
    for (uint64_t *word = (uint64_t *)pages; word != NULL && size > 0; size -= sizeof *word)
        *word++ = 0;
    return pages;
}

uintptr_t pages_highest(uint64_t end)
{
    uint64_t highest = 0;
    for (size_t i = 0; i < range_count; i++) {
        uint64_t top = ranges[i].end < end ? ranges[i].end : page_down(end);
        if (top >= ranges[i].first + PAGE_SIZE && top - PAGE_SIZE > highest)
            highest = top - PAGE_SIZE;
    }
    return (uintptr_t)highest;
}

uint64_t pages_free(void)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < range_count; i++)
        bytes += ranges[i].end - ranges[i].first;
    return bytes / PAGE_SIZE;
}
