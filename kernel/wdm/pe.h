/* pe.h: a Windows driver's image: what it says of itself, and how it is laid out in memory.
 *
 * Pure: bytes in, structs and bytes out; no page is mapped here. pe_parse() looks at
 * everything, relocations and imports too, and lists all that is wrong; only an image
 * without a fault is loaded. pe_load() lays it out in a buffer, for the address at which
 * it will be seen; pe_ranges() says with which permissions its pages are to be mapped.
 *
 * Three kinds of numbers: an *offset* counts bytes of the file; an *RVA* counts bytes of
 * the image in memory from its base; an address is a base plus an RVA.
 *
 * source  [PE] "PE Format"
 */
#ifndef WDM_PE_H
#define WDM_PE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ivm/status.h>

#include "pe_fault.h"

enum {
    PE_FILE_LIMIT = 64 << 20,  /* bytes of a file */
    PE_IMAGE_LIMIT = 64 << 20, /* bytes of an image in memory */
    PE_SECTION_LIMIT = 96,     /* Windows's too */
    PE_RANGE_LIMIT = PE_SECTION_LIMIT + 1,
    PE_IMPORT_LIMIT = 4096,
    PE_NAME_LIMIT = 255, /* characters of an imported name or of a DLL's */

    PE_FINDING_LIMIT = 32,
    PE_FINDINGS_OF_A_KIND = 4,
    PE_FINDING_NAME_SIZE = 40,
    PE_MISSING_LIMIT = 64,
};

/* What is wrong, and where. */
struct pe_finding {
    enum pe_fault fault;
    uint32_t offset;                 /* in the file, of the field or entry that says so */
    uint64_t value;                  /* what stands there */
    char name[PE_FINDING_NAME_SIZE]; /* of the section, directory or DLL; or "" */
};

/* A name that nobody exports. Both lead into the file's bytes. */
struct pe_missing {
    const char *dll;
    const char *name;
};

/* All that is wrong with an image. About 3 KiB: not for a stack. */
struct pe_report {
    struct pe_finding findings[PE_FINDING_LIMIT];
    size_t finding_count; /* in `findings` */
    size_t fault_count;   /* of all; of one kind the first PE_FINDINGS_OF_A_KIND are kept */
    uint8_t kept[PE_FAULT_COUNT];

    struct pe_missing missing[PE_MISSING_LIMIT];
    size_t missing_count; /* of all; the first PE_MISSING_LIMIT are kept */
};

enum pe_permission { PE_READ = 1 << 0, PE_WRITE = 1 << 1, PE_EXECUTE = 1 << 2 };

struct pe_section {
    char name[9];         /* what is not printable is '?' */
    uint8_t permissions;  /* of enum pe_permission; never PE_WRITE and PE_EXECUTE */
    uint32_t rva, size;   /* in memory */
    uint32_t file_offset; /* its first file_size bytes; the others are zero */
    uint32_t file_size;
};

/* [PE] "Optional Header Data Directories (Image Only)" */
enum pe_directory_kind {
    PE_EXPORTS = 0,
    PE_IMPORTS = 1,
    PE_EXCEPTIONS = 3,
    PE_CERTIFICATES = 4, /* its `rva` is an offset */
    PE_RELOCATIONS = 5,
    PE_TLS_DIRECTORY = 9,
    PE_BOUND = 11,
    PE_DELAY = 13,
    PE_CLR = 14,
    PE_DIRECTORY_COUNT = 16,
};

struct pe_directory {
    uint32_t rva, size; /* size 0: there is none */
};

/* An image. About 3 KiB: not for a stack. */
struct pe_image {
    const uint8_t *bytes; /* the file, as given to pe_parse() */
    size_t length;

    uint16_t machine, characteristics, subsystem, dll_characteristics;
    uint64_t base; /* preferred */
    uint32_t size; /* in memory, a multiple of section_alignment and so of 4096 */
    uint32_t entry;
    uint32_t headers_size;
    uint32_t section_alignment, file_alignment;
    uint32_t optional_header; /* its offset */

    struct pe_section sections[PE_SECTION_LIMIT]; /* ascending by rva */
    size_t section_count;
    struct pe_directory directories[PE_DIRECTORY_COUNT];

    const char *own_name; /* as its exports call it, in `bytes`; NULL: it does not say */
    size_t exception_count;
    size_t relocation_count; /* without padding */
    size_t import_count, dll_count;
};

/* Read an image and look at all of it.
 *
 * bytes    `length` readable bytes, none of them trusted; they stay the caller's, unchanged,
 *          as long as `image`, `report->missing` or pe_load() need them
 * image    on an error it holds what could be read
 * report   started anew; on an error it lists what is wrong, as far as one fault does not
 *          hide another
 * errors   IVM_BAD_ARGUMENT  it is not an image that can be loaded
 * context  any
 */
IVM_MUST_CHECK enum ivm_status pe_parse(const void *bytes, size_t length,
                                        struct pe_image *image, struct pe_report *report);

/* Find what a driver imports.
 *
 * dll, name  zero-terminated printable ASCII, not empty, at most PE_NAME_LIMIT characters
 * hint       where the name is likely to be in the exporter's sorted names; often wrong
 * returns    its address; 0: there is none
 */
typedef uint64_t pe_resolve(void *context, const char *dll, const char *name,
                            uint16_t hint);

/* Where an image is to be, and what it is given. */
struct pe_placement {
    uint8_t *target; /* image->size writable bytes */
    uint64_t base;   /* the address at which the image will see them; a multiple of 4096 */
    pe_resolve *resolve;
    void *context; /* for `resolve` */
};

/* Lay an image out: headers, sections, zeros, addresses moved by its relocations, imports.
 *
 * image    as pe_parse() left it when it returned IVM_OK
 * report   started anew; names everything that is missing
 * errors   IVM_BAD_ARGUMENT  the base is not page-aligned or the image would pass the end of
 *                            memory: nothing was written; or the file's bytes are not
 *                            those that pe_parse() saw: the target is of no use
 *          IVM_UNSUPPORTED   PE_RELOCATIONS_STRIPPED; nothing was written
 *          IVM_NOT_FOUND     `resolve` did not know report->missing_count imports: it was
 *                            asked for every one; the target is of no use
 * context  any; calls `resolve` once for each import, in the image's order
 */
IVM_MUST_CHECK enum ivm_status pe_load(const struct pe_image *image,
                                       const struct pe_placement *placement,
                                       struct pe_report *report);

/* Pages of an image that are mapped alike. */
struct pe_range {
    uint32_t first, end; /* RVAs, half-open, multiples of 4096 */
    uint8_t permissions; /* PE_READ, alone or with one of PE_WRITE and PE_EXECUTE */
};

/* The pages of an image as they are to be mapped: ascending, apart, neighbours merged when
 * they are alike. What no range covers is not to be present. Returns their number, 1 to
 * PE_RANGE_LIMIT.
 *
 * image    as pe_parse() left it when it returned IVM_OK
 * context  any
 */
size_t pe_ranges(const struct pe_image *image, struct pe_range out[PE_RANGE_LIMIT]);

/* The words for a fault. Any context. */
struct pe_fault_forms {
    const char *name;  /* "RAW_BEYOND_FILE" */
    const char *value; /* what pe_finding.value is; NULL: nothing */
    const char *text;  /* one clause, no capital, no full stop */
};
const struct pe_fault_forms *pe_fault_forms(enum pe_fault fault);

/* A finding as one line: ".text: the section's bytes pass the end of the file (bytes 0x9000;
 * byte 0x1A8 of the file)". Returns the length of the whole text, as format_text().
 * context  any
 */
size_t pe_finding_text(const struct pe_finding *finding, char *out, size_t size);

#endif
