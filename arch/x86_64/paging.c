/* paging.c: who may do what with which memory: the spans of the final map. */
#include "paging.h"

#include <hw/cpu.h>
#include <hw/msr.h>
#include <ivm/cpu.h>
#include <ivm/system.h>

#include "kernel/spinlock.h"
#include "kernel/system/pages.h"
#include "page_tables.h"
#include "stacks.h"

/* linker.ld: multiples of the page size. */
extern const uint8_t image_text_start[], image_text_end[];
extern const uint8_t image_rodata_start[], image_rodata_end[];
extern const uint8_t image_data_start[], image_data_end[];

/* clang-format off */
enum {
    CPUID_FEATURES = 1,
    CPUID_EDX_PAT = 1 << 16,
    IA32_PAT = 0x277,
};

/* [SDM3A] "Page Attribute Table (PAT)": as after reset, but for entry 1 (PWT alone), which is
 * write-combining in place of write-through. PCD and PWT together stay uncached. */
static const uint64_t pat_value = UINT64_C(0x0007040600070106);

static const uint64_t code_rights = PAGE_PRESENT;
static const uint64_t constant_rights = PAGE_PRESENT | PAGE_NO_EXECUTE;
static const uint64_t data_rights = PAGE_PRESENT | PAGE_WRITABLE | PAGE_NO_EXECUTE;
static const uint64_t device_rights = PAGE_PRESENT | PAGE_WRITABLE | PAGE_NO_EXECUTE |
                                      PAGE_UNCACHED | PAGE_WRITE_THROUGH;
static const uint64_t framebuffer_rights = PAGE_PRESENT | PAGE_WRITABLE | PAGE_NO_EXECUTE |
                                           PAGE_WRITE_THROUGH;
/* clang-format on */

/* Written by paging_start() and, the tables only, by those who map later: under the lock, which is
 * taken below IVM_DISPATCH. */
static struct spinlock lock;
static uint64_t *root;
static struct paging_region regions[PAGING_REGION_LIMIT];
static size_t region_count;

static uint64_t page_down(uint64_t address)
{
    return address - address % PAGE_SIZE;
}

static uint64_t page_up(uint64_t address)
{
    return page_down(address + PAGE_SIZE - 1);
}

/* RAM only as far as whole pages reach; of the others every page they touch, so that where
 * both share a page, the RAM of it is given up. */
static struct page_span span_of(const struct paging_region *region)
{
    uint64_t first = region->first, end = region->end;
    if (end > page_tables_end)
        end = page_tables_end;
    if (first >= end)
        return (struct page_span){0};
    if (region->kind == PAGING_RAM)
        return (struct page_span){
            .first = page_up(first), .end = page_down(end), .rights = data_rights};
    return (struct page_span){.first = page_down(first),
                              .end = page_up(end),
                              .rights =
                                  region->kind == PAGING_TABLES ? constant_rights : 0};
}

static enum ivm_status map_regions(void)
{
    for (int kind = PAGING_RAM; kind <= PAGING_RESERVED; kind++) {
        for (size_t i = 0; i < region_count; i++) {
            struct page_span span = span_of(&regions[i]);
            if (regions[i].kind != (enum paging_kind)kind)
                continue;
            enum ivm_status status = page_tables_map(root, &span);
            if (status != IVM_OK)
                return status;
        }
    }
    return IVM_OK;
}

static enum ivm_status map_image(void)
{
    const struct page_span spans[] = {
        {(uintptr_t)image_text_start, (uintptr_t)image_text_end, code_rights, 0},
        {(uintptr_t)image_rodata_start, (uintptr_t)image_rodata_end, constant_rights, 0},
        {(uintptr_t)image_data_start, (uintptr_t)image_data_end, data_rights, 0},
        {0, PAGE_SIZE, 0, 0},
    };
    for (size_t i = 0; i < sizeof spans / sizeof spans[0]; i++) {
        enum ivm_status status = page_tables_map(root, &spans[i]);
        if (status != IVM_OK)
            return status;
    }
    return IVM_OK;
}

static enum ivm_status unmap_guards(void)
{
    for (size_t i = 0; stack_at(i) != NULL; i++) {
        uint64_t end = stack_at(i)->first;
        enum ivm_status status = page_tables_map(
            root, &(struct page_span){.first = end - STACK_GUARD_SIZE, .end = end});
        if (status != IVM_OK)
            return status;
    }
    return IVM_OK;
}

enum ivm_status paging_start(const struct paging_region *given, size_t count)
{
    root = (uint64_t *)page_allocate(1);
    if (root == NULL || count > PAGING_REGION_LIMIT)
        return IVM_EXHAUSTED;
    for (size_t i = 0; i < count; i++)
        regions[i] = given[i];
    region_count = count;

    enum ivm_status status = map_regions();
    if (status == IVM_OK)
        status = map_image();
    if (status == IVM_OK)
        status = unmap_guards();
    if (status != IVM_OK)
        return status;
    paging_load();
    pages_set_reach(page_tables_end);
    return IVM_OK;
}

void paging_load(void)
{
    if (cpu_cpuid(CPUID_FEATURES, 0).edx & CPUID_EDX_PAT)
        msr_write(IA32_PAT, pat_value);
    cpu_write_cr3((uintptr_t)root);
}

/* Change the map in use. What was not present no CPU remembers; a page that becomes a guard is not
 * in use yet. */
static enum ivm_status change(const struct page_span *span)
{
    spinlock_take(&lock);
    enum ivm_status status = page_tables_map(root, span);
    spinlock_release(&lock);
    cpu_write_cr3((uintptr_t)root); /* forgets what this CPU remembers of the old one */
    return status;
}

enum ivm_status paging_guard(uintptr_t page)
{
    return change(&(struct page_span){.first = page, .end = page + PAGE_SIZE});
}

/* Whole pages around [physical, physical + size). False: empty, wraps, too high, or page 0.
 */
static bool pages_around(uint64_t physical, size_t size, struct page_span *out)
{
    if (size == 0 || physical < PAGE_SIZE || physical >= page_tables_end ||
        size > page_tables_end - physical)
        return false;
    out->first = page_down(physical);
    out->end = page_up(physical + size);
    return true;
}

bool paging_map_tables(uint64_t physical, size_t size)
{
    struct page_span span = {.rights = constant_rights};
    if (!pages_around(physical, size, &span))
        return false;
    for (uint64_t page = span.first; page < span.end; page += PAGE_SIZE) {
        struct page_leaf leaf;
        if (page_tables_find(root, page, &leaf))
            continue;
        if (change(&(struct page_span){.first = page,
                                       .end = page + PAGE_SIZE,
                                       .rights = constant_rights}) != IVM_OK)
            return false;
    }
    return true;
}

/* Whether memory, not a device, answers somewhere in a span. */
static const struct paging_region *memory_in(const struct page_span *span)
{
    for (size_t i = 0; i < region_count; i++) {
        struct page_span memory = span_of(&regions[i]);
        if (memory.rights != 0 && memory.first < span->end && span->first < memory.end)
            return &regions[i];
    }
    return NULL;
}

static uintptr_t map_window(uint64_t physical, size_t size, uint64_t rights)
{
    struct page_span span = {.rights = rights};
    if (!pages_around(physical, size, &span)) {
        ivm_log("paging: device memory at 0x%lx, 0x%lx bytes, cannot be addressed",
                physical, size);
        return 0;
    }
    const struct paging_region *memory = memory_in(&span);
    if (memory != NULL) {
        ivm_log("paging: 0x%lx, 0x%lx bytes, is no device: memory is at [0x%lx, 0x%lx)",
                physical, size, memory->first, memory->end);
        return 0;
    }
    if (change(&span) != IVM_OK) {
        ivm_log("paging: no page is left to map the device memory at 0x%lx", physical);
        return 0;
    }
    return (uintptr_t)physical;
}

uintptr_t ivm_map_device(uint64_t physical, size_t size)
{
    return map_window(physical, size, device_rights);
}

uintptr_t paging_map_framebuffer(uint64_t physical, size_t size)
{
    return map_window(physical, size, framebuffer_rights);
}

static void forget(void *context)
{
    (void)context;
    cpu_write_cr3((uintptr_t)root);
}

/* Whether all of it is RAM that can have been handed out: not the kernel itself. */
static bool is_ram(uint64_t first, uint64_t end)
{
    if (first < (uintptr_t)image_data_end && end > (uintptr_t)image_text_start)
        return false;
    for (size_t i = 0; i < region_count; i++) {
        struct page_span ram = span_of(&regions[i]);
        if (regions[i].kind == PAGING_RAM && first >= ram.first && end <= ram.end)
            return true;
    }
    return false;
}

enum ivm_status paging_protect(uintptr_t first, size_t size, enum paging_use use)
{
    static const uint64_t *const rights[] = {[PAGING_READ] = &constant_rights,
                                             [PAGING_WRITE] = &data_rights,
                                             [PAGING_RUN] = &code_rights};
    struct page_span span = {.first = first, .end = first + size, .rights = *rights[use]};
    if ((first | size) % PAGE_SIZE != 0 || size == 0 || span.end < first ||
        !is_ram(span.first, span.end))
        return IVM_BAD_ARGUMENT;
    spinlock_take(&lock);
    enum ivm_status status = page_tables_divide(root, span.first);
    if (status == IVM_OK)
        status = page_tables_divide(root, span.end);
    if (status == IVM_OK)
        status = page_tables_map(root, &span);
    spinlock_release(&lock);
    /* Until each has forgotten, one may still write what another runs. */
    forget(NULL);
    ivm_cpu_call_others(forget, NULL);
    return status;
}

enum ivm_status paging_show(uintptr_t address, uintptr_t page)
{
    return change(&(struct page_span){.first = address,
                                      .end = address + PAGE_SIZE,
                                      .rights = constant_rights,
                                      .shift = page - address});
}

bool paging_lookup(uintptr_t address, struct paging_entry *out)
{
    struct page_leaf leaf;
    const uint64_t *tables = (const uint64_t *)page_down(cpu_read_cr3());
    if (!page_tables_find(tables, address, &leaf))
        return false;
    *out = (struct paging_entry){
        .physical = leaf.first,
        .size = leaf.size,
        .writable = (leaf.rights & PAGE_WRITABLE) != 0,
        .executable = (leaf.rights & PAGE_NO_EXECUTE) == 0,
        .cached = (leaf.rights & (PAGE_UNCACHED | PAGE_WRITE_THROUGH)) == 0,
    };
    return true;
}
