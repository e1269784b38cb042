/* test_pe_load.c: a driver's image laid out in memory: contents, addresses, imports, pages.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake/pe_builder.h"

enum { ASKED_LIMIT = 256 };

static struct pe_builder file;
static struct pe_image image;
static struct pe_report report;
static uint8_t *bytes;  /* the file */
static uint8_t *target; /* image.size bytes, as loaded last */

/* What the resolver was asked for. */
static struct asked {
    const char *dll, *name;
    uint16_t hint;
} asked[ASKED_LIMIT];
static size_t asked_count;
static const char *unknown; /* a name that it does not know; "": it knows none */

static int set_up(void **state)
{
    (void)state;
    pe_builder_driver(&file);
    unknown = NULL;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    free(bytes);
    free(target);
    bytes = target = NULL;
    return 0;
}

static uint64_t resolve(void *context, const char *dll, const char *name, uint16_t hint)
{
    assert_ptr_equal(context, &asked);
    assert_true(asked_count < ASKED_LIMIT);
    asked[asked_count++] = (struct asked){.dll = dll, .name = name, .hint = hint};
    if (unknown != NULL && (unknown[0] == '\0' || strcmp(unknown, name) == 0))
        return 0;
    return 0xFFFF000000000000 + asked_count;
}

static void parse(void)
{
    tear_down(NULL);
    bytes = pe_builder_copy(&file);
    assert_int_equal(pe_parse(bytes, file.length, &image, &report), IVM_OK);
}

/* Load what was put together, into memory full of what is not zero. */
static enum ivm_status load(uint64_t base)
{
    parse();
    target = malloc(image.size);
    assert_non_null(target);
    memset(target, 0xA5, image.size);
    asked_count = 0;
    struct pe_placement placement = {
        .target = target, .base = base, .resolve = resolve, .context = &asked};
    return pe_load(&image, &placement, &report);
}

static uint64_t read64(uint32_t rva)
{
    uint64_t value;
    memcpy(&value, target + rva, sizeof value);
    return value;
}

static void headers_and_sections_go_to_their_places_and_the_rest_is_zero(void **state)
{
    (void)state;
    file.bytes[DATA_AT + 0x1FF] = 0x77;
    assert_int_equal(load(pe_builder_base), IVM_OK);
    assert_memory_equal(target, file.bytes, TEXT_AT);
    assert_memory_equal(target + TEXT_RVA, file.bytes + TEXT_AT, 0x180);
    assert_memory_equal(target + DATA_RVA, file.bytes + DATA_AT, 0x200);
    assert_int_equal(target[DATA_RVA + 0x1FF], 0x77);
    for (uint32_t at = TEXT_AT; at < TEXT_RVA; at++)
        assert_int_equal(target[at], 0);
    for (uint32_t at = DATA_RVA + 0x200; at < IDATA_RVA; at++)
        assert_int_equal(target[at], 0);
    for (uint32_t at = RELOC_RVA + RELOC_SIZE; at < DRIVER_IMAGE_SIZE; at++)
        assert_int_equal(target[at], 0);
}

static void what_a_file_holds_beyond_a_sections_size_is_not_loaded(void **state)
{
    (void)state;
    memset(file.bytes + TEXT_AT + 0x180, 0xEE, 0x80);
    assert_int_equal(load(pe_builder_base), IVM_OK);
    for (uint32_t at = TEXT_RVA + 0x180; at < RDATA_RVA; at++)
        assert_int_equal(target[at], 0);
}

static void every_address_moves_with_the_image_up_or_down(void **state)
{
    (void)state;
    static const uint64_t bases[] = {0x140000000, 0x150000000, 0x1000, 0xFFFFF80012345000,
                                     0xFFFFFFFFFFFF6000};
    for (size_t i = 0; i < sizeof bases / sizeof bases[0]; i++) {
        assert_int_equal(load(bases[i]), IVM_OK);
        assert_int_equal(read64(RDATA_RVA), bases[i] + TEXT_RVA);
        assert_int_equal(read64(RDATA_RVA + 8), bases[i] + DATA_RVA);
        assert_int_equal(read64(DATA_RVA + DATA_POINTER), bases[i] + RDATA_RVA);
    }
}

static void nothing_but_addresses_and_imports_depends_on_the_base(void **state)
{
    (void)state;
    assert_int_equal(load(pe_builder_base), IVM_OK);
    uint8_t *before = target;
    target = NULL;
    assert_int_equal(load(0xFFFFF80000000000), IVM_OK);
    for (uint32_t at = 0; at < DRIVER_IMAGE_SIZE; at++) {
        bool is_address =
            (at >= RDATA_RVA && at < RDATA_RVA + 16) ||
            (at >= DATA_RVA + DATA_POINTER && at < DATA_RVA + DATA_POINTER + 8);
        if (!is_address)
            assert_int_equal(target[at], before[at]);
    }
    free(before);
}

static void a_relocation_may_lie_across_two_pages(void **state)
{
    (void)state;
    pe_builder_put(&file, RELOC_AT + SECOND_BLOCK + 8, 0xAFFC, 2);
    assert_int_equal(load(pe_builder_base + 0x12345000), IVM_OK);
    assert_int_equal(read64(DATA_RVA + 0xFFC), 0x12345000);
}

static void every_import_gets_its_own_slot(void **state)
{
    (void)state;
    assert_int_equal(load(0x200000), IVM_OK);
    static const struct asked expected[] = {
        {"ntoskrnl.exe", "IoConnectInterrupt", 100},
        {"ntoskrnl.exe", "IoDisconnectInterrupt", 101},
        {"ntoskrnl.exe", "DbgPrint", 102},
        {"HAL.dll", "KeStallExecutionProcessor", 103},
    };
    static const uint32_t slots[] = {SLOTS, SLOTS + 8, SLOTS + 16, SECOND_SLOTS};
    assert_int_equal(asked_count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(asked[i].dll, expected[i].dll);
        assert_string_equal(asked[i].name, expected[i].name);
        assert_int_equal(asked[i].hint, expected[i].hint);
        assert_int_equal(read64(IDATA_RVA + slots[i]), 0xFFFF000000000001 + i);
    }
    assert_int_equal(read64(IDATA_RVA + SLOTS + 24), 0);
}

static void imports_without_a_lookup_table_are_found_by_their_slots(void **state)
{
    (void)state;
    pe_builder_put(&file, IDATA_AT + DESCRIPTORS, 0, 4);
    assert_int_equal(load(0x200000), IVM_OK);
    assert_int_equal(asked_count, 4);
    assert_int_equal(read64(IDATA_RVA + SLOTS + 16), 0xFFFF000000000003);
}

static void one_missing_import_is_named_with_its_dll(void **state)
{
    (void)state;
    unknown = "DbgPrint";
    assert_int_equal(load(0x200000), IVM_NOT_FOUND);
    assert_int_equal(report.missing_count, 1);
    assert_int_equal(report.fault_count, 0);
    assert_string_equal(report.missing[0].dll, "ntoskrnl.exe");
    assert_string_equal(report.missing[0].name, "DbgPrint");
    assert_int_equal(asked_count, 4);
}

static void all_missing_imports_are_named_at_once(void **state)
{
    (void)state;
    unknown = "";
    assert_int_equal(load(0x200000), IVM_NOT_FOUND);
    assert_int_equal(report.missing_count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_ptr_equal(report.missing[i].dll, asked[i].dll);
        assert_ptr_equal(report.missing[i].name, asked[i].name);
    }
}

/* A driver that imports `count` names, F000, F001, ... from one DLL. */
static void make_importer(uint32_t count)
{
    enum { LOOKUPS = 0x40, DLL = 0x30, STRIDE = 8 };
    uint32_t slots = LOOKUPS + 8 * (count + 1), names = slots + 8 * (count + 1);
    uint32_t size = names + STRIDE * count;
    pe_builder_start(&file, 0x400);
    uint32_t at = pe_builder_section(
        &file, (struct pe_builder_section){"INIT", size, size,
                                           FLAG_READ | FLAG_EXECUTE | FLAG_DISCARDABLE});
    pe_builder_put(&file, AT_ENTRY, 0x1000, 4);
    pe_builder_put(&file, at, 0x1000 + LOOKUPS, 4);
    pe_builder_put(&file, at + 12, 0x1000 + DLL, 4);
    pe_builder_put(&file, at + 16, 0x1000 + slots, 4);
    pe_builder_text(&file, at + DLL, "a.sys");
    for (uint32_t i = 0; i < count; i++) {
        char name[8];
        (void)snprintf(name, sizeof name, "F%03u", i % 1000);
        pe_builder_text(&file, at + names + STRIDE * i + 2, name);
        pe_builder_put(&file, at + LOOKUPS + 8 * i, 0x1000 + names + STRIDE * i, 8);
    }
    pe_builder_directory(&file, PE_IMPORTS, 0x1000, 40);
}

static void more_missing_imports_than_are_kept_are_counted(void **state)
{
    (void)state;
    make_importer(PE_MISSING_LIMIT + 5);
    unknown = "";
    assert_int_equal(load(0x200000), IVM_NOT_FOUND);
    assert_int_equal(report.missing_count, PE_MISSING_LIMIT + 5);
    assert_string_equal(report.missing[PE_MISSING_LIMIT - 1].name, "F063");
    assert_int_equal(asked_count, PE_MISSING_LIMIT + 5);
}

static void an_image_with_stripped_relocations_loads_at_its_own_base_only(void **state)
{
    (void)state;
    pe_builder_put(&file, AT_CHARACTERISTICS, 0x0023, 2);
    pe_builder_directory(&file, PE_RELOCATIONS, 0, 0);
    assert_int_equal(load(pe_builder_base), IVM_OK);
    assert_int_equal(read64(RDATA_RVA), pe_builder_base + TEXT_RVA);

    assert_int_equal(load(pe_builder_base + 0x1000), IVM_UNSUPPORTED);
    assert_int_equal(report.fault_count, 1);
    assert_int_equal(report.findings[0].fault, PE_RELOCATIONS_STRIPPED);
    assert_int_equal(report.findings[0].offset, AT_BASE);
    assert_int_equal(asked_count, 0);
    assert_int_equal(target[0], 0xA5);
}

static void an_image_that_needs_no_relocations_loads_anywhere(void **state)
{
    (void)state;
    pe_builder_directory(&file, PE_RELOCATIONS, 0, 0);
    assert_int_equal(load(pe_builder_base + 0x1000), IVM_OK);
    assert_int_equal(read64(RDATA_RVA), pe_builder_base + TEXT_RVA);
}

static void a_base_within_a_page_or_too_near_the_end_is_refused(void **state)
{
    (void)state;
    static const uint64_t bases[] = {1, 0x1800, UINT64_MAX, 0xFFFFFFFFFFFF8000};
    for (size_t i = 0; i < sizeof bases / sizeof bases[0]; i++) {
        assert_int_equal(load(bases[i]), IVM_BAD_ARGUMENT);
        assert_int_equal(asked_count, 0);
        assert_int_equal(target[0], 0xA5);
    }
}

static void pages_are_listed_with_their_permissions(void **state)
{
    (void)state;
    static const struct pe_range expected[] = {
        {0x0000, 0x1000, PE_READ},
        {0x1000, 0x2000, PE_READ | PE_EXECUTE},
        {0x2000, 0x3000, PE_READ},
        {0x3000, 0x6000, PE_READ | PE_WRITE}, /* .data and .idata */
        {0x6000, 0x9000, PE_READ},
    };
    struct pe_range ranges[PE_RANGE_LIMIT];
    parse();
    size_t count = pe_ranges(&image, ranges);
    assert_int_equal(count, sizeof expected / sizeof expected[0]);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(ranges[i].first, expected[i].first);
        assert_int_equal(ranges[i].end, expected[i].end);
        assert_int_equal(ranges[i].permissions, expected[i].permissions);
    }
}

static void a_section_that_may_not_be_touched_is_in_no_range(void **state)
{
    (void)state;
    struct pe_range ranges[PE_RANGE_LIMIT];
    pe_builder_put(&file, pe_builder_header(PDATA, SECTION_FLAGS), FLAG_DISCARDABLE, 4);
    parse();
    size_t count = pe_ranges(&image, ranges);
    for (size_t i = 0; i < count; i++)
        assert_true(PDATA_RVA < ranges[i].first || PDATA_RVA >= ranges[i].end);
}

static void as_many_sections_as_are_taken_have_as_many_ranges(void **state)
{
    (void)state;
    struct pe_range ranges[PE_RANGE_LIMIT];
    pe_builder_start(&file, 0x1200);
    for (uint32_t i = 0; i < PE_SECTION_LIMIT; i++)
        (void)pe_builder_section(
            &file, (struct pe_builder_section){
                       "x", 0x1001, 1, i % 2 != 0 ? FLAG_READ : FLAG_READ | FLAG_EXECUTE});
    pe_builder_put(&file, AT_ENTRY, 0x2000, 4);
    parse();
    assert_int_equal(pe_ranges(&image, ranges), PE_RANGE_LIMIT);
    assert_int_equal(ranges[PE_RANGE_LIMIT - 1].first, 0x2000 + 95 * 0x2000);
    assert_int_equal(ranges[PE_RANGE_LIMIT - 1].end, 0x2000 + 96 * 0x2000);
}

static void what_lies_between_sections_is_in_no_range(void **state)
{
    (void)state;
    struct pe_range ranges[PE_RANGE_LIMIT];
    pe_builder_start(&file, 0x400);
    for (unsigned i = 0; i < 2; i++)
        (void)pe_builder_section(&file, (struct pe_builder_section){
                                            "x", 0x4000, 0x200, FLAG_READ | FLAG_EXECUTE});
    pe_builder_put(&file, AT_ENTRY, 0x4000, 4);
    pe_builder_put(&file, AT_SECTION_ALIGNMENT, 0x4000, 4);
    for (unsigned i = 0; i < 2; i++) {
        pe_builder_put(&file, pe_builder_header(i, SECTION_RVA), 0x4000 * (i + 1), 4);
        pe_builder_put(&file, pe_builder_header(i, SECTION_SIZE), 0x1001, 4);
    }
    pe_builder_put(&file, AT_IMAGE_SIZE, 0xC000, 4);
    assert_int_equal(load(0x200000), IVM_OK);
    assert_int_equal(pe_ranges(&image, ranges), 3);
    assert_int_equal(ranges[0].end, 0x1000);
    assert_int_equal(ranges[1].first, 0x4000);
    assert_int_equal(ranges[1].end, 0x6000);
    assert_int_equal(ranges[2].first, 0x8000);
    assert_int_equal(ranges[2].end, 0xA000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(headers_and_sections_go_to_their_places_and_the_rest_is_zero),
        TEST(what_a_file_holds_beyond_a_sections_size_is_not_loaded),
        TEST(every_address_moves_with_the_image_up_or_down),
        TEST(nothing_but_addresses_and_imports_depends_on_the_base),
        TEST(a_relocation_may_lie_across_two_pages),
        TEST(every_import_gets_its_own_slot),
        TEST(imports_without_a_lookup_table_are_found_by_their_slots),
        TEST(one_missing_import_is_named_with_its_dll),
        TEST(all_missing_imports_are_named_at_once),
        TEST(more_missing_imports_than_are_kept_are_counted),
        TEST(an_image_with_stripped_relocations_loads_at_its_own_base_only),
        TEST(an_image_that_needs_no_relocations_loads_anywhere),
        TEST(a_base_within_a_page_or_too_near_the_end_is_refused),
        TEST(pages_are_listed_with_their_permissions),
        TEST(a_section_that_may_not_be_touched_is_in_no_range),
        TEST(as_many_sections_as_are_taken_have_as_many_ranges),
        TEST(what_lies_between_sections_is_in_no_range),
    };
    return cmocka_run_group_tests_name("pe_load", tests, NULL, NULL);
}
