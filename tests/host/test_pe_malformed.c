/* test_pe_malformed.c: every way in which an image can be wrong, each refused by its name.
 *
 * The table is the test: a sound driver, what is changed in it, and the fault that is found.
 * Each row is a claim of its own; the last claim is that no fault is without a row.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake/pe_builder.h"

/* clang-format off */
struct patch {
    uint32_t offset;
    uint64_t value;
    size_t width;
};

struct row {
    enum pe_fault fault;
    struct patch patches[4];
    uint32_t at;                         /* of the finding; 0: where the first patch is */
    size_t length;                       /* of the file; 0: whole */
    bool others_follow;                  /* from this fault */
    void (*make)(struct pe_builder *b);  /* instead of the driver */
};

#define CHANGED(...) .patches = {__VA_ARGS__}

/* A field of a section's header; of a directory; of the first import descriptor. */
#define SECTION(index, field) (AT_SECTIONS + 40 * (index) + SECTION_##field)
#define DIRECTORY(kind) (AT_DIRECTORIES + 8 * (kind))
#define DESCRIPTOR(field) (IDATA_AT + DESCRIPTORS + (field))
enum { LOOKUP_TABLE = 0, STAMP = 4, DLL_NAME = 12, ADDRESS_TABLE = 16 };
enum { HAL = IDATA_AT + SECOND_DESCRIPTOR, NAME = IDATA_AT + DLL_NAMES, FIRST = IDATA_AT + LOOKUP };
/* RVAs: of no section, of bytes that the file does not have, of text without an end. */
enum { NOWHERE = 0x1C0, ZEROS = DATA_RVA + 0x1000, ENDLESS = IDATA_RVA + IDATA_TAIL };

static void make_tight(struct pe_builder *b);
static void make_shifted(struct pe_builder *b);
static void make_many_imports(struct pe_builder *b);
static void make_many_sections(struct pe_builder *b);

static const struct row rows[] = {
    {.fault = PE_FILE_TOO_LONG, .length = PE_FILE_LIMIT + 1},
    {.fault = PE_FILE_TOO_SHORT, .length = 63},
    {.fault = PE_DOS_MAGIC, CHANGED({0, 'M' | 'X' << 8, 2})},
    {.fault = PE_HEADER_MISALIGNED, CHANGED({AT_PE_OFFSET, AT_PE + 2, 4}), .make = make_shifted},
    {.fault = PE_HEADER_BEYOND_FILE, CHANGED({AT_PE_OFFSET, 0xFFFFFFF0, 4})},
    {.fault = PE_SIGNATURE, CHANGED({AT_PE, 'N' | 'E' << 8, 4})},
    {.fault = PE_MACHINE, CHANGED({AT_MACHINE, 0xAA64, 2})},
    {.fault = PE_NOT_AN_IMAGE, CHANGED({AT_CHARACTERISTICS, 0x0020, 2})},
    {.fault = PE_BYTES_REVERSED, CHANGED({AT_CHARACTERISTICS, 0x8022, 2})},
    {.fault = PE_UNIPROCESSOR, CHANGED({AT_CHARACTERISTICS, 0x4022, 2})},
    {.fault = PE_NO_SECTIONS, CHANGED({AT_SECTION_COUNT, 0, 2})},
    {.fault = PE_TOO_MANY_SECTIONS, CHANGED({AT_SECTION_COUNT, 97, 2}),
     .make = make_many_sections},
    {.fault = PE_OPTIONAL_HEADER_SHORT, CHANGED({AT_OPTIONAL_SIZE, 111, 2})},
    {.fault = PE_OPTIONAL_HEADER_SHORT, CHANGED({AT_OPTIONAL_SIZE, 239, 2})},
    {.fault = PE_OPTIONAL_HEADER_SHORT, CHANGED({AT_OPTIONAL_SIZE, 1, 2})},
    {.fault = PE_SECTION_TABLE_BEYOND_FILE, CHANGED({AT_OPTIONAL_SIZE, 0xFFF0, 2})},
    {.fault = PE_SECTION_TABLE_BEYOND_FILE, .at = AT_OPTIONAL_SIZE,
     .length = AT_SECTIONS + 279},
    {.fault = PE_PE32, CHANGED({AT_OPTIONAL, 0x10B, 2})},
    {.fault = PE_OPTIONAL_MAGIC, CHANGED({AT_OPTIONAL, 0x107, 2})},
    {.fault = PE_SUBSYSTEM, CHANGED({AT_SUBSYSTEM, 3, 2})},
    {.fault = PE_BASE_MISALIGNED, CHANGED({AT_BASE, pe_builder_base + 0x1000, 8})},
    {.fault = PE_BASE_WRAPS, CHANGED({AT_BASE, 0xFFFFFFFFFFFF0000, 8},
     {AT_IMAGE_SIZE, 0x12000, 4}, {SECTION(RELOC, SIZE), 0x9010, 4})},
    {.fault = PE_SECTION_ALIGNMENT, CHANGED({AT_SECTION_ALIGNMENT, 0x1800, 4})},
    {.fault = PE_SECTION_ALIGNMENT, CHANGED({AT_SECTION_ALIGNMENT, 0x80, 4}),
     .make = make_tight},
    {.fault = PE_SECTION_ALIGNMENT, CHANGED({AT_SECTION_ALIGNMENT, 0, 4})},
    {.fault = PE_FILE_ALIGNMENT, CHANGED({AT_FILE_ALIGNMENT, 0x100, 4})},
    {.fault = PE_FILE_ALIGNMENT, CHANGED({AT_FILE_ALIGNMENT, 0x20000, 4})},
    {.fault = PE_FILE_ALIGNMENT, CHANGED({AT_FILE_ALIGNMENT, 0x300, 4})},
    {.fault = PE_FILE_ALIGNMENT_ABOVE, CHANGED({AT_FILE_ALIGNMENT, 0x2000, 4},
     {AT_SECTION_COUNT, 0, 2}), .others_follow = true},
    {.fault = PE_IMAGE_TOO_BIG, CHANGED({AT_IMAGE_SIZE, PE_IMAGE_LIMIT + 0x1000, 4},
     {SECTION(RELOC, SIZE), PE_IMAGE_LIMIT - RELOC_RVA + 0x1000, 4})},
    {.fault = PE_IMAGE_SIZE_MISALIGNED,
     CHANGED({AT_IMAGE_SIZE, DRIVER_IMAGE_SIZE - 0x200, 4})},
    {.fault = PE_IMAGE_SIZE, CHANGED({AT_IMAGE_SIZE, DRIVER_IMAGE_SIZE + 0x1000, 4})},
    {.fault = PE_HEADERS_SIZE_MISALIGNED, CHANGED({AT_HEADERS_SIZE, 0x3F0, 4})},
    {.fault = PE_HEADERS_TOO_SMALL, CHANGED({AT_HEADERS_SIZE, 0x200, 4})},
    {.fault = PE_HEADERS_BEYOND_FILE,
     CHANGED({AT_HEADERS_SIZE, DRIVER_FILE_SIZE + 0x200, 4}), .others_follow = true},
    {.fault = PE_CHECKSUM, CHANGED({AT_CHECKSUM, 0x12345, 4})},
    {.fault = PE_TOO_MANY_DIRECTORIES, CHANGED({AT_DIRECTORY_COUNT, 17, 4})},
    {.fault = PE_TOO_MANY_DIRECTORIES, CHANGED({AT_DIRECTORY_COUNT, 0xFFFFFFFF, 4})},

    {.fault = PE_SECTION_EMPTY, CHANGED({SECTION(RELOC, SIZE), 0, 4},
     {SECTION(RELOC, RAW_SIZE), 0, 4}), .at = SECTION(RELOC, SIZE)},
    {.fault = PE_SECTION_MISALIGNED, CHANGED({SECTION(PDATA, RVA), PDATA_RVA + 0x10, 4})},
    {.fault = PE_SECTION_IN_HEADERS, CHANGED({SECTION(TEXT, RVA), 0, 4})},
    {.fault = PE_SECTION_OVERLAP, CHANGED({SECTION(IDATA, RVA), DATA_RVA + 0x1000, 4})},
    {.fault = PE_SECTION_OVERLAP, CHANGED({SECTION(DATA, RVA), RDATA_RVA, 4})},
    {.fault = PE_SECTION_ORDER, CHANGED({SECTION(RELOC, RVA), RDATA_RVA, 4})},
    {.fault = PE_SECTION_GAP, CHANGED({SECTION(RELOC, RVA), RELOC_RVA + 0x1000, 4},
     {AT_IMAGE_SIZE, DRIVER_IMAGE_SIZE + 0x1000, 4})},
    {.fault = PE_SECTION_OUTSIDE, CHANGED({SECTION(RELOC, SIZE), 0x1001, 4})},
    {.fault = PE_SECTION_OUTSIDE, CHANGED({SECTION(RELOC, SIZE), 0xFFFFFFFF, 4})},
    {.fault = PE_RAW_MISALIGNED, CHANGED({SECTION(RELOC, RAW), RELOC_AT + 1, 4},
     {SECTION(RELOC, RAW_SIZE), 4, 4})},
    {.fault = PE_RAW_IN_HEADERS, CHANGED({SECTION(TEXT, RAW), 0x200, 4})},
    {.fault = PE_RAW_BEYOND_FILE, CHANGED({SECTION(RELOC, RAW_SIZE), 0x201, 4})},
    {.fault = PE_RAW_BEYOND_FILE, CHANGED({SECTION(RELOC, RAW_SIZE), 0xFFFFFFFF, 4})},
    {.fault = PE_RAW_BEYOND_FILE, CHANGED({SECTION(RELOC, RAW), 0xFFFFFE00, 4}),
     .at = SECTION(RELOC, RAW_SIZE)},
    {.fault = PE_RAW_SHARED, CHANGED({SECTION(RELOC, RAW), RDATA_AT, 4})},
    {.fault = PE_WRITABLE_AND_EXECUTABLE, CHANGED({SECTION(DATA, FLAGS), 0xE0000040, 4})},

    {.fault = PE_NO_ENTRY, CHANGED({AT_ENTRY, 0, 4})},
    {.fault = PE_ENTRY_OUTSIDE, CHANGED({AT_ENTRY, TEXT_RVA + 0x180, 4})},
    {.fault = PE_ENTRY_OUTSIDE, CHANGED({AT_ENTRY, 0xFFFFFFFF, 4})},
    {.fault = PE_ENTRY_NOT_EXECUTABLE, CHANGED({AT_ENTRY, DATA_RVA, 4})},
    {.fault = PE_ENTRY_WITHOUT_CODE, CHANGED({AT_ENTRY, TEXT_RVA + 0x200, 4},
     {SECTION(TEXT, SIZE), 0x300, 4})},

    {.fault = PE_DIRECTORY_EMPTY, CHANGED({DIRECTORY(PE_IMPORTS) + 4, 0, 4}),
     .at = DIRECTORY(PE_IMPORTS)},
    {.fault = PE_DIRECTORY_OUTSIDE, CHANGED({DIRECTORY(PE_IMPORTS), NOWHERE, 4})},
    {.fault = PE_DIRECTORY_OUTSIDE,
     CHANGED({DIRECTORY(PE_RELOCATIONS) + 4, RELOC_SIZE + 1, 4}), .at = DIRECTORY(PE_RELOCATIONS)},
    {.fault = PE_DIRECTORY_OUTSIDE, CHANGED({DIRECTORY(PE_EXPORTS), 0xFFFFFFFF, 4})},
    {.fault = PE_DIRECTORY_WITHOUT_BYTES, CHANGED({DIRECTORY(PE_EXCEPTIONS), ZEROS, 4})},
    {.fault = PE_DIRECTORY_WITHOUT_BYTES,
     CHANGED({DIRECTORY(PE_EXCEPTIONS), DATA_RVA + 0x1F8, 4})},
    {.fault = PE_TLS, CHANGED({DIRECTORY(PE_TLS_DIRECTORY), DATA_RVA, 8})},
    {.fault = PE_BOUND_IMPORTS, CHANGED({DIRECTORY(PE_BOUND), 0x3000000200, 8})},
    {.fault = PE_DELAY_IMPORTS, CHANGED({DIRECTORY(PE_DELAY), DATA_RVA, 8})},
    {.fault = PE_MANAGED, CHANGED({DIRECTORY(PE_CLR), DATA_RVA, 8})},
    {.fault = PE_CERTIFICATES_BEYOND_FILE,
     CHANGED({DIRECTORY(PE_CERTIFICATES), DRIVER_FILE_SIZE - 8, 4}, {DIRECTORY(PE_CERTIFICATES) + 4, 9, 4})},
    {.fault = PE_CERTIFICATES_BEYOND_FILE,
     CHANGED({DIRECTORY(PE_CERTIFICATES), 0xFFFFFFFFFFFFFFFF, 8})},
    {.fault = PE_EXCEPTIONS_SIZE, CHANGED({DIRECTORY(PE_EXCEPTIONS) + 4, 13, 4}),
     .at = PDATA_AT},
    {.fault = PE_EXPORTS_SHORT, CHANGED({DIRECTORY(PE_EXPORTS) + 4, 39, 4}),
     .at = EDATA_AT},
    {.fault = PE_EXPORT_NAME, CHANGED({EDATA_AT + 12, ENDLESS, 4})},
    {.fault = PE_EXPORT_NAME, CHANGED({EDATA_AT + 12, NOWHERE, 4})},

    {.fault = PE_RELOCATIONS_CUT, CHANGED({DIRECTORY(PE_RELOCATIONS) + 4, 19, 4}),
     .at = RELOC_AT + SECOND_BLOCK},
    {.fault = PE_BLOCK_TOO_SMALL, CHANGED({RELOC_AT + 4, 7, 4})},
    {.fault = PE_BLOCK_TOO_SMALL, CHANGED({RELOC_AT + 4, 0, 4})},
    {.fault = PE_BLOCK_BEYOND_TABLE, CHANGED({RELOC_AT + 4, RELOC_SIZE + 4, 4})},
    {.fault = PE_BLOCK_BEYOND_TABLE, CHANGED({RELOC_AT + 4, 0xFFFFFFFC, 4})},
    {.fault = PE_BLOCK_MISALIGNED, CHANGED({RELOC_AT + 4, 14, 4})},
    {.fault = PE_BLOCK_PAGE, CHANGED({RELOC_AT, RDATA_RVA + 8, 4})},
    {.fault = PE_RELOCATION_TYPE, CHANGED({RELOC_AT + 8, 0x3000, 2})},
    {.fault = PE_RELOCATION_OUTSIDE,
     CHANGED({RELOC_AT + SECOND_BLOCK, DRIVER_IMAGE_SIZE, 4}), .at = RELOC_AT + SECOND_BLOCK + 8},
    {.fault = PE_RELOCATION_OUTSIDE, CHANGED({RELOC_AT + SECOND_BLOCK, 0xFFFFF000, 4}),
     .at = RELOC_AT + SECOND_BLOCK + 8},
    {.fault = PE_RELOCATION_IN_HEADERS, CHANGED({RELOC_AT + SECOND_BLOCK, 0, 4}),
     .at = RELOC_AT + SECOND_BLOCK + 8},
    {.fault = PE_RELOCATION_NOWHERE, CHANGED({RELOC_AT + 8, 0xA019, 2})},
    {.fault = PE_RELOCATION_NOWHERE, CHANGED({RELOC_AT + 8, 0xAFFC, 2})},

    {.fault = PE_IMPORTS_UNTERMINATED, CHANGED({DIRECTORY(PE_IMPORTS), 0x800005178, 8}),
     .at = IDATA_AT + 0x178},
    {.fault = PE_IMPORT_WITHOUT_NAME, CHANGED({DESCRIPTOR(DLL_NAME), 0, 4})},
    {.fault = PE_IMPORT_BOUND, CHANGED({DESCRIPTOR(STAMP), 0xFFFFFFFF, 4})},
    {.fault = PE_DLL_NAME, CHANGED({DESCRIPTOR(DLL_NAME), ZEROS, 4})},
    {.fault = PE_DLL_NAME_UNTERMINATED, CHANGED({DESCRIPTOR(DLL_NAME), ENDLESS, 4})},
    {.fault = PE_DLL_NAME_EMPTY, CHANGED({NAME, 0, 1}), .at = DESCRIPTOR(DLL_NAME)},
    {.fault = PE_DLL_NAME_UNPRINTABLE, CHANGED({NAME, 0x1B, 1}),
     .at = DESCRIPTOR(DLL_NAME)},
    {.fault = PE_NO_LOOKUP_TABLE, CHANGED({DESCRIPTOR(LOOKUP_TABLE), NOWHERE, 4})},
    {.fault = PE_LOOKUP_UNTERMINATED, CHANGED({HAL, IDATA_RVA + IDATA_SIZE - 4, 4}),
     .at = IDATA_AT + IDATA_SIZE - 4},
    {.fault = PE_NO_ADDRESS_TABLE, CHANGED({DESCRIPTOR(ADDRESS_TABLE), 0, 4}), .at = FIRST},
    {.fault = PE_NO_ADDRESS_TABLE,
     CHANGED({DESCRIPTOR(ADDRESS_TABLE), IDATA_RVA + IDATA_SIZE - 16, 4}), .at = FIRST + 16},
    {.fault = PE_IMPORT_BY_ORDINAL, CHANGED({FIRST, 0x8000000000000042, 8})},
    {.fault = PE_IMPORT_RESERVED_BITS, CHANGED({FIRST, 0x80000000 + IDATA_RVA + NAMES, 8})},
    {.fault = PE_IMPORT_NAME, CHANGED({FIRST, ZEROS, 8})},
    {.fault = PE_IMPORT_NAME, CHANGED({FIRST, IDATA_RVA + IDATA_SIZE - 2, 8})},
    {.fault = PE_IMPORT_NAME_UNTERMINATED, CHANGED({FIRST, ENDLESS, 8})},
    {.fault = PE_IMPORT_NAME_EMPTY, CHANGED({IDATA_AT + NAMES + 2, 0, 1}), .at = FIRST},
    {.fault = PE_IMPORT_NAME_UNPRINTABLE, CHANGED({IDATA_AT + NAMES + 4, 0x80, 1}),
     .at = FIRST},
    {.fault = PE_TOO_MANY_IMPORTS, .at = 0x400, .make = make_many_imports},
};
enum { ROWS = sizeof rows / sizeof rows[0] };
/* clang-format on */

/* An image whose only section follows its headers at once; so do those of old linkers. */
static void make_tight(struct pe_builder *b)
{
    pe_builder_start(b, 0x400);
    (void)pe_builder_section(
        b, (struct pe_builder_section){".text", 0x80, 0x80, FLAG_READ | FLAG_EXECUTE});
    pe_builder_put(b, SECTION(0, RVA), 0x400, 4);
    pe_builder_put(b, AT_IMAGE_SIZE, 0x480, 4);
    pe_builder_put(b, AT_ENTRY, 0x400, 4);
}

/* The driver, its headers two bytes behind where they should be. */
static void make_shifted(struct pe_builder *b)
{
    pe_builder_driver(b);
    memmove(b->bytes + AT_PE + 2, b->bytes + AT_PE, TEXT_AT - AT_PE - 2);
}

/* One section with a table of more imports than are taken, all of the same name. */
static void make_many_imports(struct pe_builder *b)
{
    enum { COUNT = PE_IMPORT_LIMIT + 1, TABLE = 0x40, SIZE = TABLE + 8 * (COUNT + 1) };
    pe_builder_start(b, 0x400);
    uint32_t at = pe_builder_section(
        b, (struct pe_builder_section){".text", SIZE, SIZE, FLAG_READ | FLAG_EXECUTE});
    pe_builder_put(b, AT_ENTRY, 0x1000, 4);
    pe_builder_put(b, at + DLL_NAME, 0x1030, 4);
    pe_builder_put(b, at + ADDRESS_TABLE, 0x1000 + TABLE, 4);
    pe_builder_text(b, at + 0x28, "\1\1Name");
    pe_builder_text(b, at + 0x30, "a.dll");
    for (uint32_t i = 0; i < COUNT; i++)
        pe_builder_put(b, at + TABLE + 8 * i, 0x1028, 8);
    pe_builder_directory(b, PE_IMPORTS, 0x1000, 40);
}

/* As many sections as are taken; the patch adds one that has no header. */
static void make_many_sections(struct pe_builder *b)
{
    pe_builder_start(b, 0x1200);
    for (unsigned i = 0; i < PE_SECTION_LIMIT; i++)
        (void)pe_builder_section(
            b, (struct pe_builder_section){"x", 8, 8, FLAG_READ | FLAG_EXECUTE});
    pe_builder_put(b, AT_ENTRY, 0x2000, 4);
}

static struct pe_builder file;
static struct pe_image image;
static struct pe_report report;

static enum ivm_status parse_row(const struct row *row)
{
    (row->make != NULL ? row->make : pe_builder_driver)(&file);
    for (size_t i = 0; i < 4; i++)
        pe_builder_put(&file, row->patches[i].offset, row->patches[i].value,
                       row->patches[i].width);
    if (row->length != 0 && row->length < file.length)
        file.length = row->length;
    uint8_t *bytes = pe_builder_copy(&file);
    size_t length = row->length > file.length ? row->length : file.length;
    enum ivm_status status = pe_parse(bytes, length, &image, &report);
    free(bytes);
    return status;
}

static void an_image_is_refused_by_name(void **state)
{
    const struct row *row = *state;
    assert_int_equal(parse_row(row), IVM_BAD_ARGUMENT);
    const struct pe_finding *finding = pe_builder_find(&report, row->fault);
    if (finding == NULL) {
        fail_msg("found instead: %s", pe_fault_forms(report.findings[0].fault)->name);
        return;
    }
    if ((report.fault_count > 1) != row->others_follow)
        fail_msg("found %s too", pe_fault_forms(report.findings[1].fault)->name);
    assert_int_equal(finding->offset, row->at != 0 ? row->at : row->patches[0].offset);
}

static void no_fault_is_without_an_image_that_shows_it(void **state)
{
    (void)state;
    for (unsigned fault = 0; fault < PE_FAULT_COUNT; fault++) {
        size_t shown = fault == PE_RELOCATIONS_STRIPPED; /* pe_load()'s */
        for (size_t i = 0; i < ROWS; i++)
            shown += rows[i].fault == fault;
        if (shown == 0)
            fail_msg("%s has no row", pe_fault_forms((enum pe_fault)fault)->name);
    }
}

int main(void)
{
    static struct CMUnitTest tests[ROWS + 1];
    for (size_t i = 0; i < ROWS; i++)
        tests[i] = (struct CMUnitTest){.name = pe_fault_forms(rows[i].fault)->text,
                                       .test_func = an_image_is_refused_by_name,
                                       .initial_state = (void *)(uintptr_t)&rows[i]};
    tests[ROWS] =
        (struct CMUnitTest)cmocka_unit_test(no_fault_is_without_an_image_that_shows_it);
    return _cmocka_run_group_tests("pe_malformed", tests, ROWS + 1, NULL, NULL);
}
