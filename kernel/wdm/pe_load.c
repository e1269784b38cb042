/* pe_load.c: an image laid out in memory, and which of its pages may do what. */
#include "pe_parts.h"

enum { PAGE = 4096, RELOCS_STRIPPED = 1 << 0 };

static uint32_t round_up(uint32_t value)
{
    return (value + PAGE - 1) & ~(uint32_t)(PAGE - 1);
}

static void copy_contents(const struct pe_image *image, uint8_t *target)
{
    __builtin_memset(target, 0, image->size);
    __builtin_memcpy(target, image->bytes, image->headers_size);
    for (size_t i = 0; i < image->section_count; i++) {
        const struct pe_section *section = &image->sections[i];
        __builtin_memcpy(target + section->rva, image->bytes + section->file_offset,
                         section->file_size);
    }
}

enum ivm_status pe_load(const struct pe_image *image, const struct pe_placement *placement,
                        struct pe_report *report)
{
    uint64_t base = placement->base;
    pe_report_start(report);
    if (base % PAGE != 0 || base > UINT64_MAX - image->size)
        return IVM_BAD_ARGUMENT;
    /* Without the mark, an image without relocations holds no addresses and runs anywhere. */
    if ((image->characteristics & RELOCS_STRIPPED) != 0 && base != image->base) {
        struct pe_finding finding = {.fault = PE_RELOCATIONS_STRIPPED,
                                     .offset = image->optional_header + PE_OPTIONAL_BASE,
                                     .value = image->base};
        pe_report_add(report, finding, NULL);
        return IVM_UNSUPPORTED;
    }
    copy_contents(image, placement->target);
    (void)pe_relocations_walk(image, report, placement);
    (void)pe_imports_walk(image, report, placement);
    if (report->fault_count != 0)
        return IVM_BAD_ARGUMENT;
    return report->missing_count == 0 ? IVM_OK : IVM_NOT_FOUND;
}

/* Add a range behind `count` others, or let the last one grow. Returns the new count. */
static size_t add_range(struct pe_range *out, size_t count, struct pe_range added)
{
    struct pe_range *last = count == 0 ? NULL : &out[count - 1];
    if (last != NULL && last->end == added.first &&
        last->permissions == added.permissions) {
        last->end = added.end;
        return count;
    }
    out[count] = added;
    return count + 1;
}

size_t pe_ranges(const struct pe_image *image, struct pe_range out[PE_RANGE_LIMIT])
{
    struct pe_range headers = {.end = round_up(image->headers_size),
                               .permissions = PE_READ};
    size_t count = add_range(out, 0, headers);
    for (size_t i = 0; i < image->section_count; i++) {
        const struct pe_section *section = &image->sections[i];
        struct pe_range range = {.first = section->rva,
                                 .end = round_up(section->rva + section->size),
                                 .permissions = section->permissions};
        if (section->permissions != 0)
            count = add_range(out, count, range);
    }
    return count;
}
