/* pe_headers.c: the headers of an image: what it is, how big, where its tables lie. */
#include "pe_bytes.h"
#include "pe_parts.h"

/* clang-format off */
/* [PE] "MS-DOS Stub (Image Only)", "Signature (Image Only)" */
enum {
    DOS_SIZE      = 64,
    DOS_MAGIC     = 0x5A4D,     /* MZ */
    DOS_PE_OFFSET = 60,
    SIGNATURE     = 0x00004550, /* PE, 0, 0 */
};

/* Offsets from the signature. [PE] "COFF File Header (Object and Image)" */
enum {
    FILE_MACHINE         = 4,
    FILE_SECTIONS        = 6,
    FILE_OPTIONAL_SIZE   = 20,
    FILE_CHARACTERISTICS = 22,
    FILE_END             = 24, /* the optional header follows */
};

/* [PE] "Machine Types", "Characteristics" */
enum {
    MACHINE_AMD64          = 0x8664,
    FILE_EXECUTABLE_IMAGE  = 0x0002,
    FILE_UP_SYSTEM_ONLY    = 0x4000,
    FILE_BYTES_REVERSED_HI = 0x8000,
};

/* Offsets in the optional header of PE32+; more are in pe_parts.h. [PE] "Optional Header Standard Fields (Image
 * Only)", "Optional Header Windows-Specific Fields (Image Only)" */
enum {
    OPTIONAL_MAGIC        = 0,
    SECTION_ALIGNMENT     = 32,
    FILE_ALIGNMENT        = 36,
    SIZE_OF_HEADERS       = 60,
    CHECKSUM              = 64,
    SUBSYSTEM             = 68,
    DLL_CHARACTERISTICS   = 70,
    DIRECTORY_COUNT       = 108,
    MAGIC_PE32            = 0x10B,
    MAGIC_PE32_PLUS       = 0x20B,
    SUBSYSTEM_NATIVE      = 1,
};

enum {
    SECTION_HEADER_SIZE    = 40,
    BASE_MULTIPLE          = 1 << 16,
    PAGE                   = 4096,
    FILE_ALIGNMENT_LEAST   = 512,
    FILE_ALIGNMENT_MOST    = 1 << 16,
};
/* clang-format on */

struct headers {
    struct pe_image *image;
    struct pe_report *report;
    uint32_t pe;       /* offset of the signature */
    uint32_t optional; /* offset of the optional header */
    uint32_t table;    /* offset of the section table */
    uint16_t sections;
};

static void fault(const struct headers *h, enum pe_fault what, uint32_t offset,
                  uint64_t value)
{
    pe_report_add(h->report,
                  (struct pe_finding){.fault = what, .offset = offset, .value = value},
                  NULL);
}

static uint16_t u16(const struct headers *h, uint32_t offset)
{
    return pe_u16(h->image->bytes + offset);
}

static uint32_t u32(const struct headers *h, uint32_t offset)
{
    return pe_u32(h->image->bytes + offset);
}

/* Find the signature. False: it is not a PE file at all. */
static bool find_signature(struct headers *h)
{
    size_t length = h->image->length;
    if (length > PE_FILE_LIMIT) {
        fault(h, PE_FILE_TOO_LONG, 0, length);
        return false;
    }
    if (length < DOS_SIZE) {
        fault(h, PE_FILE_TOO_SHORT, 0, length);
        return false;
    }
    if (u16(h, 0) != DOS_MAGIC) {
        fault(h, PE_DOS_MAGIC, 0, u16(h, 0));
        return false;
    }
    h->pe = u32(h, DOS_PE_OFFSET);
    if (h->pe > length || length - h->pe < FILE_END) {
        fault(h, PE_HEADER_BEYOND_FILE, DOS_PE_OFFSET, h->pe);
        return false;
    }
    if (h->pe % 4 != 0)
        fault(h, PE_HEADER_MISALIGNED, DOS_PE_OFFSET, h->pe);
    if (u32(h, h->pe) != SIGNATURE) {
        fault(h, PE_SIGNATURE, h->pe, u32(h, h->pe));
        return false;
    }
    return true;
}

/* False: the optional header is not there to be read. */
static bool read_file_header(struct headers *h)
{
    struct pe_image *image = h->image;
    image->machine = u16(h, h->pe + FILE_MACHINE);
    image->characteristics = u16(h, h->pe + FILE_CHARACTERISTICS);
    if (image->machine != MACHINE_AMD64)
        fault(h, PE_MACHINE, h->pe + FILE_MACHINE, image->machine);
    uint32_t flags = image->characteristics;
    if ((flags & FILE_EXECUTABLE_IMAGE) == 0)
        fault(h, PE_NOT_AN_IMAGE, h->pe + FILE_CHARACTERISTICS, flags);
    if ((flags & FILE_BYTES_REVERSED_HI) != 0)
        fault(h, PE_BYTES_REVERSED, h->pe + FILE_CHARACTERISTICS, flags);
    if ((flags & FILE_UP_SYSTEM_ONLY) != 0)
        fault(h, PE_UNIPROCESSOR, h->pe + FILE_CHARACTERISTICS, flags);

    h->sections = u16(h, h->pe + FILE_SECTIONS);
    h->optional = h->pe + FILE_END;
    uint32_t size = u16(h, h->pe + FILE_OPTIONAL_SIZE);
    h->table = h->optional + size;
    if (h->sections == 0)
        fault(h, PE_NO_SECTIONS, h->pe + FILE_SECTIONS, 0);
    if (h->sections > PE_SECTION_LIMIT)
        fault(h, PE_TOO_MANY_SECTIONS, h->pe + FILE_SECTIONS, h->sections);
    if (h->table + (uint64_t)h->sections * SECTION_HEADER_SIZE > image->length) {
        fault(h, PE_SECTION_TABLE_BEYOND_FILE, h->pe + FILE_OPTIONAL_SIZE, h->table);
        return false;
    }
    return true;
}

/* False: it is not PE32+, or too short for its fields. */
static bool check_optional_header(const struct headers *h)
{
    uint32_t size = h->table - h->optional;
    uint16_t magic = size < 2 ? 0 : u16(h, h->optional + OPTIONAL_MAGIC);
    if (size >= 2 && magic != MAGIC_PE32_PLUS) {
        fault(h, magic == MAGIC_PE32 ? PE_PE32 : PE_OPTIONAL_MAGIC, h->optional, magic);
        return false;
    }
    if (size < PE_OPTIONAL_DIRECTORIES) {
        fault(h, PE_OPTIONAL_HEADER_SHORT, h->pe + FILE_OPTIONAL_SIZE, size);
        return false;
    }
    uint32_t count = u32(h, h->optional + DIRECTORY_COUNT);
    if (count > PE_DIRECTORY_COUNT) {
        fault(h, PE_TOO_MANY_DIRECTORIES, h->optional + DIRECTORY_COUNT, count);
        return false;
    }
    if (size < PE_OPTIONAL_DIRECTORIES + 8 * count) {
        fault(h, PE_OPTIONAL_HEADER_SHORT, h->pe + FILE_OPTIONAL_SIZE, size);
        return false;
    }
    return true;
}

static bool is_power_of_2(uint32_t value)
{
    return value != 0 && (value & (value - 1)) == 0;
}

/* A wrong alignment is reported. The checks that come next divide by it: they take the least
 * for what is no power of 2, and what is too small as it is, so that they find no more than
 * is wrong. */
static void read_alignments(const struct headers *h)
{
    struct pe_image *image = h->image;
    uint32_t section = u32(h, h->optional + SECTION_ALIGNMENT);
    uint32_t file = u32(h, h->optional + FILE_ALIGNMENT);
    bool file_is_usable = is_power_of_2(file) && file <= FILE_ALIGNMENT_MOST;
    image->section_alignment = is_power_of_2(section) ? section : PAGE;
    image->file_alignment = file_is_usable ? file : FILE_ALIGNMENT_LEAST;
    bool section_is_right = is_power_of_2(section) && section >= PAGE;
    if (!section_is_right)
        fault(h, PE_SECTION_ALIGNMENT, h->optional + SECTION_ALIGNMENT, section);
    if (!file_is_usable || file < FILE_ALIGNMENT_LEAST)
        fault(h, PE_FILE_ALIGNMENT, h->optional + FILE_ALIGNMENT, file);
    else if (section_is_right && file > section)
        fault(h, PE_FILE_ALIGNMENT_ABOVE, h->optional + FILE_ALIGNMENT, file);
}

static void read_sizes(const struct headers *h)
{
    struct pe_image *image = h->image;
    uint32_t at = h->optional;
    image->base = pe_u64(image->bytes + at + PE_OPTIONAL_BASE);
    image->size = u32(h, at + PE_OPTIONAL_SIZE);
    image->headers_size = u32(h, at + SIZE_OF_HEADERS);
    if (image->base % BASE_MULTIPLE != 0)
        fault(h, PE_BASE_MISALIGNED, at + PE_OPTIONAL_BASE, image->base);
    if (image->base > UINT64_MAX - image->size)
        fault(h, PE_BASE_WRAPS, at + PE_OPTIONAL_BASE, image->base);
    if (image->size > PE_IMAGE_LIMIT)
        fault(h, PE_IMAGE_TOO_BIG, at + PE_OPTIONAL_SIZE, image->size);
    if (image->size % image->section_alignment != 0)
        fault(h, PE_IMAGE_SIZE_MISALIGNED, at + PE_OPTIONAL_SIZE, image->size);
    if (image->headers_size % image->file_alignment != 0)
        fault(h, PE_HEADERS_SIZE_MISALIGNED, at + SIZE_OF_HEADERS, image->headers_size);
    if (image->headers_size < h->table + h->sections * SECTION_HEADER_SIZE)
        fault(h, PE_HEADERS_TOO_SMALL, at + SIZE_OF_HEADERS, image->headers_size);
    if (image->headers_size > image->length)
        fault(h, PE_HEADERS_BEYOND_FILE, at + SIZE_OF_HEADERS, image->headers_size);
}

/* The sum of all 16-bit words but the checksum's own two, carries added back in, plus the
 * file's length; as linkers compute it. Windows checks it in every driver. 0: none was made.
 */
static void check_checksum(const struct headers *h)
{
    const struct pe_image *image = h->image;
    uint32_t own = h->optional + CHECKSUM;
    uint32_t said = u32(h, own);
    uint32_t sum = 0;
    for (uint32_t at = 0; at < image->length; at += 2) {
        if (at == own || at == own + 2)
            continue;
        sum += at + 1 < image->length ? u16(h, at) : image->bytes[at];
        sum = (sum & 0xFFFF) + (sum >> 16);
    }
    if (said != 0 && said != sum + image->length)
        fault(h, PE_CHECKSUM, own, said);
}

/* Directories that a driver's loader does not serve. */
static const struct {
    enum pe_directory_kind kind;
    enum pe_fault fault;
} unserved[] = {
    {PE_TLS_DIRECTORY, PE_TLS},
    {PE_BOUND, PE_BOUND_IMPORTS},
    {PE_DELAY, PE_DELAY_IMPORTS},
    {PE_CLR, PE_MANAGED},
};

static void read_directories(const struct headers *h)
{
    struct pe_image *image = h->image;
    uint32_t first = h->optional + PE_OPTIONAL_DIRECTORIES;
    uint32_t count = u32(h, h->optional + DIRECTORY_COUNT);
    for (uint32_t i = 0; i < count; i++)
        image->directories[i] = (struct pe_directory){.rva = u32(h, first + 8 * i),
                                                      .size = u32(h, first + 8 * i + 4)};
    for (size_t i = 0; i < sizeof unserved / sizeof unserved[0]; i++) {
        struct pe_directory found = image->directories[unserved[i].kind];
        if (found.size != 0 || found.rva != 0)
            fault(h, unserved[i].fault, first + 8 * (uint32_t)unserved[i].kind, found.rva);
    }
    struct pe_directory signature = image->directories[PE_CERTIFICATES];
    if ((uint64_t)signature.rva + signature.size > image->length)
        fault(h, PE_CERTIFICATES_BEYOND_FILE, first + 8 * PE_CERTIFICATES, signature.rva);
}

bool pe_headers_read(struct pe_image *image, struct pe_report *report,
                     struct pe_table *sections)
{
    struct headers h = {.image = image, .report = report};
    if (!find_signature(&h) || !read_file_header(&h) || !check_optional_header(&h))
        return false;
    image->optional_header = h.optional;
    image->entry = u32(&h, h.optional + PE_OPTIONAL_ENTRY);
    image->subsystem = u16(&h, h.optional + SUBSYSTEM);
    image->dll_characteristics = u16(&h, h.optional + DLL_CHARACTERISTICS);
    if (image->subsystem != SUBSYSTEM_NATIVE)
        fault(&h, PE_SUBSYSTEM, h.optional + SUBSYSTEM, image->subsystem);
    read_alignments(&h);
    read_sizes(&h);
    check_checksum(&h);
    read_directories(&h);
    *sections = (struct pe_table){.offset = h.table, .count = h.sections};
    return h.sections != 0 && h.sections <= PE_SECTION_LIMIT;
}
