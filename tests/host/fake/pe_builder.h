/* pe_builder.h: a linker for the host tests: images of drivers, made section by section. */
#ifndef FAKE_PE_BUILDER_H
#define FAKE_PE_BUILDER_H

#include <stddef.h>
#include <stdint.h>

#include "kernel/wdm/pe.h"

enum {
    PE_BUILDER_LIMIT = 256 << 10, /* bytes of a file */
};

/* clang-format off */
/* Offsets in every file made here. */
enum pe_builder_field {
    AT_PE_OFFSET        = 0x3C,
    AT_PE               = 0x80,
    AT_MACHINE          = AT_PE + 4,
    AT_SECTION_COUNT    = AT_PE + 6,
    AT_OPTIONAL_SIZE    = AT_PE + 20,
    AT_CHARACTERISTICS  = AT_PE + 22,
    AT_OPTIONAL         = AT_PE + 24,
    AT_ENTRY            = AT_OPTIONAL + 16,
    AT_BASE             = AT_OPTIONAL + 24,
    AT_SECTION_ALIGNMENT = AT_OPTIONAL + 32,
    AT_FILE_ALIGNMENT   = AT_OPTIONAL + 36,
    AT_IMAGE_SIZE       = AT_OPTIONAL + 56,
    AT_HEADERS_SIZE     = AT_OPTIONAL + 60,
    AT_CHECKSUM         = AT_OPTIONAL + 64,
    AT_SUBSYSTEM        = AT_OPTIONAL + 68,
    AT_DLL_FLAGS        = AT_OPTIONAL + 70,
    AT_DIRECTORY_COUNT  = AT_OPTIONAL + 108,
    AT_DIRECTORIES      = AT_OPTIONAL + 112,
    AT_SECTIONS         = AT_DIRECTORIES + 8 * PE_DIRECTORY_COUNT,

    /* in a section's header, of 40 bytes */
    SECTION_NAME = 0, SECTION_SIZE = 8, SECTION_RVA = 12, SECTION_RAW_SIZE = 16,
    SECTION_RAW = 20, SECTION_FLAGS = 36,
};

enum {
    FLAG_DISCARDABLE = 0x02000000,
    FLAG_EXECUTE     = 0x20000000,
    FLAG_READ        = 0x40000000,
};
#define FLAG_WRITE 0x80000000u

/* The driver of pe_builder_driver(): number of each section, its RVA and its offset. */
enum { TEXT, RDATA, DATA, IDATA, EDATA, PDATA, RELOC, DRIVER_SECTIONS };
enum {
    TEXT_RVA  = 0x1000, TEXT_AT  = 0x400,
    RDATA_RVA = 0x2000, RDATA_AT = 0x600,
    DATA_RVA  = 0x3000, DATA_AT  = 0x800, /* 0x1800 bytes, of which the file has 0x200 */
    IDATA_RVA = 0x5000, IDATA_AT = 0xA00,
    EDATA_RVA = 0x6000, EDATA_AT = 0xC00,
    PDATA_RVA = 0x7000, PDATA_AT = 0xE00,
    RELOC_RVA = 0x8000, RELOC_AT = 0x1000,
    DRIVER_IMAGE_SIZE = 0x9000, DRIVER_FILE_SIZE = 0x1200,
    DRIVER_ENTRY = TEXT_RVA + 0x10,

    /* in IDATA */
    DESCRIPTORS = 0, SECOND_DESCRIPTOR = 20, /* ntoskrnl.exe, HAL.dll */
    LOOKUP = 0x40, SECOND_LOOKUP = 0x60,
    SLOTS = 0x80, SECOND_SLOTS = 0xA0,
    NAMES = 0xC0, NAME_STRIDE = 0x20, /* hint and name of IoConnectInterrupt, ... */
    DLL_NAMES = 0x140,
    IDATA_TAIL = 0x178, IDATA_SIZE = 0x180, /* the last 8 bytes are XXXXXXXX */

    /* in RELOC: two blocks, for two pointers in RDATA and one in DATA */
    BLOCK = 0, SECOND_BLOCK = 12, RELOC_SIZE = 24,
    /* in DATA */
    DATA_POINTER = 0x10,
};
/* clang-format on */

static const uint64_t pe_builder_base = 0x140000000;

struct pe_builder {
    uint8_t bytes[PE_BUILDER_LIMIT];
    size_t length;
    uint32_t sections;
    uint32_t end; /* RVA behind the last section */
};

/* A section of `size` bytes in memory, the first `raw` of them in the file. */
struct pe_builder_section {
    const char *name;
    uint32_t size, raw;
    uint32_t flags;
};

/* Headers without sections; headers_size is a multiple of 512. */
void pe_builder_start(struct pe_builder *b, uint32_t headers_size);

/* Append a section of zeros; returns the offset of its bytes. */
uint32_t pe_builder_section(struct pe_builder *b, struct pe_builder_section section);

/* Write a number, `width` bytes of it. */
void pe_builder_put(struct pe_builder *b, uint32_t offset, uint64_t value, size_t width);

/* Write text with its terminator. */
void pe_builder_text(struct pe_builder *b, uint32_t offset, const char *text);

void pe_builder_directory(struct pe_builder *b, enum pe_directory_kind kind, uint32_t rva,
                          uint32_t size);

/* The offset of a field of the header of section `index`. */
uint32_t pe_builder_header(uint32_t index, enum pe_builder_field field);

/* A driver with one of everything. */
void pe_builder_driver(struct pe_builder *b);

/* The file's bytes in memory that ends where they do: a sanitizer sees a read past the end.
 * The caller frees them. */
uint8_t *pe_builder_copy(const struct pe_builder *b);

/* Whether a report has a finding of this kind, and the first of them. */
const struct pe_finding *pe_builder_find(const struct pe_report *report,
                                         enum pe_fault fault);

#endif
