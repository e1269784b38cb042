/* memory.c: which memory is free, and what the rest of it is. */
#include "memory.h"

#include <stddef.h>

#include <hw/mmio.h>
#include <ivm/system.h>

#include "arch/x86_64/paging.h"
#include "kernel/system/pages.h"
#include "kernel/system/panic.h"

/* linker.ld */
extern const uint8_t kernel_start[], kernel_end[];

static const uint64_t one_mebibyte = 1 << 20;
static const uint64_t low_memory_end = 640 << 10;

/* What start.S has mapped: tables must lie in it. */
static const uint64_t early_map_end = UINT64_C(1) << 32;

/* Written by memory_start(). */
static uintptr_t low_page;

_Static_assert((int)PAGING_REGION_LIMIT >= (int)BOOT_MEMORY_LIMIT, "a region per entry");

static enum paging_kind kind_of(uint32_t type)
{
    switch (type) {
    case BOOT_MEMORY_RAM:
        return PAGING_RAM;
    case BOOT_MEMORY_ACPI:
    case BOOT_MEMORY_ACPI_NVS:
        return PAGING_TABLES;
    default:
        return PAGING_RESERVED;
    }
}

/* One past the last byte; the very end of the address space has no such number. */
static uint64_t end_of(const struct boot_memory *memory)
{
    uint64_t end = memory->base + memory->length;
    return end == 0 ? UINT64_MAX : end;
}

static void exclude(uint64_t first, uint64_t end)
{
    if (pages_exclude(first, end) != IVM_OK)
        ivm_log("memory: too many ranges: some RAM stays unused");
}

static void fill_allocator(const struct boot_info *info)
{
    pages_start(early_map_end);
    for (size_t i = 0; i < info->memory_count; i++) {
        const struct boot_memory *memory = &info->memory[i];
        if (memory->type == BOOT_MEMORY_RAM &&
            pages_add(memory->base, end_of(memory)) != IVM_OK)
            ivm_log("memory: too many ranges: RAM at 0x%lx stays unused", memory->base);
    }
    /* Firmware's maps have been seen to overlap: what is not RAM anywhere is not RAM. */
    for (size_t i = 0; i < info->memory_count; i++)
        if (info->memory[i].type != BOOT_MEMORY_RAM)
            exclude(info->memory[i].base, end_of(&info->memory[i]));
    for (size_t i = 0; i < info->module_count; i++)
        exclude(info->modules[i].first, info->modules[i].end);
    exclude((uintptr_t)kernel_start, (uintptr_t)kernel_end);
}

static void build_tables(const struct boot_info *info)
{
    static struct paging_region regions[BOOT_MEMORY_LIMIT];
    for (size_t i = 0; i < info->memory_count; i++)
        regions[i] = (struct paging_region){.first = info->memory[i].base,
                                            .end = end_of(&info->memory[i]),
                                            .kind = kind_of(info->memory[i].type)};
    if (paging_start(regions, info->memory_count) != IVM_OK)
        panic("memory: no page is left for the page tables below 4 GiB");
}

/* The BIOS data area as it was before page 0 went away: it says where the EBDA is. */
enum { BIOS_DATA = 0x400, BIOS_DATA_SIZE = 0x100 };
static uint8_t bios_data[BIOS_DATA_SIZE];

static void keep_bios_data(void)
{
    for (size_t i = 0; i < BIOS_DATA_SIZE; i++)
        bios_data[i] = mmio_read8(BIOS_DATA + i);
}

void memory_start(const struct boot_info *info, uintptr_t first, uintptr_t end)
{
    if (info->memory_count == 0)
        panic("memory: the loader gave no memory map");
    fill_allocator(info);
    exclude(first, end);
    exclude(0, PAGE_SIZE); /* vectors of real mode, and null */
    low_page = pages_highest(low_memory_end);
    exclude(0, one_mebibyte);
    keep_bios_data();
    build_tables(info);
}

uintptr_t memory_low_page(void)
{
    return low_page;
}

static const char *name_of(uint32_t type)
{
    switch (type) {
    case BOOT_MEMORY_RAM:
        return "RAM";
    case BOOT_MEMORY_ACPI:
        return "ACPI tables";
    case BOOT_MEMORY_ACPI_NVS:
        return "ACPI, kept by firmware";
    case BOOT_MEMORY_BAD:
        return "defective";
    default:
        return "reserved";
    }
}

void memory_print(const struct boot_info *info)
{
    for (size_t i = 0; i < info->memory_count; i++)
        ivm_log("memory: [0x%012lx, 0x%012lx) %s", info->memory[i].base,
                end_of(&info->memory[i]), name_of(info->memory[i].type));
    if (info->memory_left_out != 0)
        ivm_log("memory: %zu more entries are not used", info->memory_left_out);
    ivm_log("memory: the kernel is at [0x%lx, 0x%lx), %lu MiB are free",
            (uintptr_t)kernel_start, (uintptr_t)kernel_end, pages_free() * PAGE_SIZE >> 20);
}

const void *memory_map_tables(void *context, uint64_t physical, size_t size)
{
    (void)context;
    if (physical >= BIOS_DATA && size <= BIOS_DATA_SIZE &&
        physical - BIOS_DATA <= BIOS_DATA_SIZE - size)
        return &bios_data[physical - BIOS_DATA];
    return paging_map_tables(physical, size) ? (const void *)(uintptr_t)physical : NULL;
}
