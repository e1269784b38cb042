/* paging.h: the final page tables: everything where it is, nothing both writable and
 * executable.
 *
 * Virtual is physical, but for what paging_show() adds. RAM is writable and not executable, until
 * paging_protect() says otherwise; of the kernel's image, code is read-only, constants are read-only
 * and not executable. Page 0 and the guard page of every stack are not present. Device windows come by
 * ivm_map_device() (include/ivm/system.h).
 */
#ifndef ARCH_PAGING_H
#define ARCH_PAGING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ivm/status.h>

enum paging_kind {
    PAGING_RAM = 0,  /* mapped writable; refused to ivm_map_device() */
    PAGING_TABLES,   /* firmware's tables: mapped read-only; refused to ivm_map_device() */
    PAGING_RESERVED, /* not mapped until asked for */
};

/* [first, end) of physical memory. Where two overlap, the later kind of the enum holds. */
struct paging_region {
    uint64_t first, end;
    enum paging_kind kind;
};

enum { PAGING_REGION_LIMIT = 136 };

/* One translation, for tests and reports. */
struct paging_entry {
    uint64_t physical; /* of the page */
    uint64_t size;     /* of the page */
    bool writable;
    bool executable;
    bool cached;
};

/* Build the tables from pages of page_allocate(), which lie in what the early map covers,
 * and switch this CPU to them. Stacks registered later get their guard by paging_guard().
 *
 * regions  copied; what lies at or above 128 TiB is left out
 * errors   IVM_EXHAUSTED     no page is left for a table, or too many regions: the early
 *                            map stays
 * context  at the start, one CPU, after the stacks are registered
 * source   [SDM3A] "4-Level Paging and 5-Level Paging"
 */
IVM_MUST_CHECK enum ivm_status paging_start(const struct paging_region *regions,
                                            size_t count);

/* Switch this CPU to the tables of paging_start(); the memory types they use (PAT) too. */
void paging_load(void);

/* Make one page not present, for ever: the guard page of a new stack.
 * errors  IVM_EXHAUSTED  no page is left for a table; nothing changed
 */
IVM_MUST_CHECK enum ivm_status paging_guard(uintptr_t page);

/* Make [physical, physical + size) readable, cached and never executable where it is not
 * mapped yet: tables of firmware wherever they lie. False: it wraps, lies too high, or no
 * page is left.
 */
bool paging_map_tables(uint64_t physical, size_t size);

/* As ivm_map_device(), but writes are combined where the CPU can: for a framebuffer. */
uintptr_t paging_map_framebuffer(uint64_t physical, size_t size);

/* How pages of RAM may be used. */
enum paging_use {
    PAGING_READ = 0,
    PAGING_WRITE, /* and read, as all RAM after the start */
    PAGING_RUN,   /* and read */
};

/* Change how pages that page_allocate() gave may be used. When this returns, no CPU remembers what was
 * before; large pages around them are divided.
 *
 * first, size  multiples of the page size
 * context      below IVM_DISPATCH, interrupts on, on any CPU
 * errors       nothing changed:
 *              IVM_BAD_ARGUMENT  not whole pages, or not of RAM, or of the kernel's image
 *              IVM_EXHAUSTED     no page is left for a table
 */
IVM_MUST_CHECK enum ivm_status paging_protect(uintptr_t first, size_t size,
                                              enum paging_use use);

/* Have the RAM of a page readable, and no more, at another address, too: one in the upper half, where
 * nothing else is.
 *
 * context  below IVM_DISPATCH
 * errors   nothing changed:
 *          IVM_BAD_ARGUMENT  one of the two is not a page; or `address` lies in neither half
 *          IVM_EXHAUSTED     no page is left for a table
 */
IVM_MUST_CHECK enum ivm_status paging_show(uintptr_t address, uintptr_t page);

/* How `address` is mapped now on this CPU. False: not present. Any context. */
bool paging_lookup(uintptr_t address, struct paging_entry *out);

#endif
