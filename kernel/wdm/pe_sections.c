/* pe_sections.c: the sections of an image: that they tile it, and where their bytes are. */
#include "pe_bytes.h"
#include "pe_parts.h"

/* clang-format off */
/* Offsets in a section header. [PE] "Section Table (Section Headers)" */
enum {
    HEADER_SIZE   = 40,
    NAME_LENGTH   = 8,
    VIRTUAL_SIZE  = 8,
    VIRTUAL_RVA   = 12,
    RAW_SIZE      = 16,
    RAW_OFFSET    = 20,
    FLAGS         = 36,
};

/* [PE] "Section Flags" */
static const uint32_t mem_discardable = 0x02000000;
static const uint32_t mem_execute = 0x20000000;
static const uint32_t mem_read    = 0x40000000;
static const uint32_t mem_write   = 0x80000000;
/* clang-format on */

/* One section header, and what it is compared with. */
struct header {
    struct pe_image *image;
    struct pe_report *report;
    uint32_t offset; /* in the file */
    struct pe_section *section;
    uint64_t expected; /* the RVA at which it should begin at the latest */
};

static void fault(const struct header *h, enum pe_fault what, uint32_t field,
                  uint64_t value)
{
    pe_report_add(
        h->report,
        (struct pe_finding){.fault = what, .offset = h->offset + field, .value = value},
        h->section->name);
}

static uint64_t round_up(uint64_t value, uint32_t alignment)
{
    return (value + alignment - 1) & ~((uint64_t)alignment - 1);
}

static void read_name(const uint8_t *bytes, char *out)
{
    size_t length = 0;
    for (; length < NAME_LENGTH && bytes[length] != 0; length++)
        out[length] =
            bytes[length] > ' ' && bytes[length] < 0x7F ? (char)bytes[length] : '?';
    out[length] = '\0';
}

/* What the CPU can tell apart: whatever is there can be read. */
static uint8_t permissions_of(uint32_t flags)
{
    if ((flags & mem_execute) != 0)
        return PE_READ | PE_EXECUTE;
    if ((flags & mem_write) != 0)
        return PE_READ | PE_WRITE;
    return (flags & mem_read) != 0 ? PE_READ : 0;
}

/* Drivers built before Windows 10 have a discardable section INIT that is both, because
 * their linker put import tables and start-up code together. Only the loader writes to such
 * a section, before it is mapped: it becomes executable and never writable.
 */
static bool is_writable_code(uint32_t flags)
{
    return (flags & mem_write) != 0 && (flags & mem_execute) != 0 &&
           (flags & mem_discardable) == 0;
}

/* How a section lies to the one before it; PE_FAULT_COUNT: as it should. */
static enum pe_fault place_fault(const struct header *h)
{
    const struct pe_image *image = h->image;
    const struct pe_section *section = h->section;
    if (section->rva % image->section_alignment != 0)
        return PE_SECTION_MISALIGNED;
    if (section->rva < image->headers_size)
        return PE_SECTION_IN_HEADERS;
    const struct pe_section *before = section == image->sections ? NULL : section - 1;
    if (before != NULL && section->rva < (uint64_t)before->rva + before->size) {
        bool ends_before = (uint64_t)section->rva + section->size <= before->rva;
        return ends_before ? PE_SECTION_ORDER : PE_SECTION_OVERLAP;
    }
    return section->rva > h->expected ? PE_SECTION_GAP : PE_FAULT_COUNT;
}

static bool check_place(const struct header *h)
{
    const struct pe_section *section = h->section;
    enum pe_fault found = place_fault(h);
    if (found != PE_FAULT_COUNT)
        fault(h, found, VIRTUAL_RVA, section->rva);
    if (section->size == 0)
        fault(h, PE_SECTION_EMPTY, VIRTUAL_SIZE, 0);
    bool is_outside = (uint64_t)section->rva + section->size > h->image->size;
    if (is_outside)
        fault(h, PE_SECTION_OUTSIDE, VIRTUAL_SIZE, section->size);
    return found == PE_FAULT_COUNT && section->size != 0 && !is_outside;
}

static bool shares_bytes(const struct header *h)
{
    const struct pe_section *section = h->section;
    for (const struct pe_section *other = h->image->sections; other < section; other++)
        if (section->file_offset < (uint64_t)other->file_offset + other->file_size &&
            other->file_offset < (uint64_t)section->file_offset + section->file_size)
            return true;
    return false;
}

/* Whether its bytes are in the file, and its own. Where they are not, it has none. */
static bool check_bytes(const struct header *h, uint32_t raw_size)
{
    struct pe_section *section = h->section;
    const struct pe_image *image = h->image;
    size_t before = h->report->fault_count;
    if (section->file_size == 0) {
        section->file_offset = 0;
        return true;
    }
    uint32_t at = section->file_offset;
    if (at % image->file_alignment != 0)
        fault(h, PE_RAW_MISALIGNED, RAW_OFFSET, at);
    if (at < image->headers_size)
        fault(h, PE_RAW_IN_HEADERS, RAW_OFFSET, at);
    if ((uint64_t)at + raw_size > image->length)
        fault(h, PE_RAW_BEYOND_FILE, RAW_SIZE, raw_size);
    if (shares_bytes(h))
        fault(h, PE_RAW_SHARED, RAW_OFFSET, at);
    if (h->report->fault_count == before)
        return true;
    section->file_offset = section->file_size = 0;
    return false;
}

static bool read_section(const struct header *h)
{
    const uint8_t *bytes = h->image->bytes + h->offset;
    struct pe_section *section = h->section;
    uint32_t virtual_size = pe_u32(bytes + VIRTUAL_SIZE);
    uint32_t raw_size = pe_u32(bytes + RAW_SIZE);
    uint32_t flags = pe_u32(bytes + FLAGS);
    /* Old linkers left the size in memory out; it is that of the bytes then. */
    uint32_t size = virtual_size != 0 ? virtual_size : raw_size;
    *section = (struct pe_section){.permissions = permissions_of(flags),
                                   .rva = pe_u32(bytes + VIRTUAL_RVA),
                                   .size = size,
                                   .file_offset = pe_u32(bytes + RAW_OFFSET),
                                   .file_size = raw_size < size ? raw_size : size};
    read_name(bytes, section->name);
    if (is_writable_code(flags))
        fault(h, PE_WRITABLE_AND_EXECUTABLE, FLAGS, flags);
    bool is_placed = check_place(h);
    return check_bytes(h, raw_size) && is_placed;
}

bool pe_sections_read(struct pe_image *image, struct pe_report *report,
                      const struct pe_table *table)
{
    uint32_t alignment = image->section_alignment;
    bool is_sound = true;
    uint64_t end = round_up(image->headers_size, alignment);
    for (uint32_t i = 0; i < table->count; i++) {
        struct header h = {.image = image,
                           .report = report,
                           .offset = table->offset + i * HEADER_SIZE,
                           .section = &image->sections[i],
                           .expected = is_sound ? end : UINT64_MAX};
        is_sound &= read_section(&h);
        end = round_up((uint64_t)h.section->rva + h.section->size, alignment);
    }
    image->section_count = table->count;
    if (!is_sound || end == round_up(image->size, alignment))
        return is_sound;
    struct pe_finding finding = {.fault = PE_IMAGE_SIZE,
                                 .offset = image->optional_header + PE_OPTIONAL_SIZE,
                                 .value = image->size};
    pe_report_add(report, finding, NULL);
    return true;
}
