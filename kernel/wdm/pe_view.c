/* pe_view.c: from an RVA to the file's bytes behind it. */
#include "pe_parts.h"

const struct pe_section *pe_section_of(const struct pe_image *image, uint32_t rva,
                                       uint32_t size)
{
    for (size_t i = 0; i < image->section_count; i++) {
        const struct pe_section *section = &image->sections[i];
        if (rva >= section->rva &&
            (uint64_t)rva + size <= (uint64_t)section->rva + section->size)
            return section;
    }
    return NULL;
}

struct pe_view pe_view(const struct pe_image *image, uint32_t rva)
{
    const struct pe_section *section = pe_section_of(image, rva, 1);
    if (section == NULL || rva - section->rva >= section->file_size)
        return (struct pe_view){.at = NULL};
    uint32_t skipped = rva - section->rva;
    return (struct pe_view){.at = image->bytes + section->file_offset + skipped,
                            .left = section->file_size - skipped};
}

struct pe_view pe_directory_view(const struct pe_image *image, enum pe_directory_kind kind)
{
    struct pe_directory directory = image->directories[kind];
    struct pe_view view = pe_view(image, directory.rva);
    if (directory.size == 0 || view.left < directory.size)
        return (struct pe_view){.at = NULL};
    view.left = directory.size;
    return view;
}

uint32_t pe_view_offset(const struct pe_image *image, struct pe_view view)
{
    return view.at == NULL ? 0 : (uint32_t)(view.at - image->bytes);
}

enum pe_text pe_text(struct pe_view view)
{
    if (view.left == 0)
        return PE_TEXT_ABSENT;
    if (view.at[0] == '\0')
        return PE_TEXT_EMPTY;
    for (size_t i = 0; i < view.left && i <= PE_NAME_LIMIT; i++) {
        if (view.at[i] == '\0')
            return PE_TEXT_FOUND;
        if (view.at[i] <= ' ' || view.at[i] >= 0x7F)
            return PE_TEXT_UNPRINTABLE;
    }
    return PE_TEXT_UNTERMINATED;
}
