/* test_pe_parse.c: what a driver's image says of itself, and that nothing in it is trusted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake/pe_builder.h"

static struct pe_builder file;
static struct pe_image image;
static struct pe_report report;
static uint8_t *bytes; /* as parsed last; image and report lead into it */

static int set_up(void **state)
{
    (void)state;
    pe_builder_driver(&file);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    free(bytes);
    bytes = NULL;
    return 0;
}

static enum ivm_status parse(void)
{
    free(bytes);
    bytes = pe_builder_copy(&file);
    return pe_parse(bytes, file.length, &image, &report);
}

static void a_whole_driver_is_read(void **state)
{
    (void)state;
    assert_int_equal(parse(), IVM_OK);
    assert_int_equal(report.fault_count, 0);
    assert_int_equal(image.machine, 0x8664);
    assert_int_equal(image.subsystem, 1);
    assert_int_equal(image.characteristics, 0x22);
    assert_int_equal(image.dll_characteristics, 0x160);
    assert_int_equal(image.base, pe_builder_base);
    assert_int_equal(image.size, DRIVER_IMAGE_SIZE);
    assert_int_equal(image.entry, DRIVER_ENTRY);
    assert_int_equal(image.headers_size, TEXT_AT);
    assert_int_equal(image.relocation_count, 3);
    assert_int_equal(image.exception_count, 2);
    assert_int_equal(image.dll_count, 2);
    assert_int_equal(image.import_count, 4);
    assert_string_equal(image.own_name, "driver.sys");
}

static void each_section_is_listed_with_its_place_and_permissions(void **state)
{
    (void)state;
    static const struct pe_section expected[DRIVER_SECTIONS] = {
        {".text", PE_READ | PE_EXECUTE, TEXT_RVA, 0x180, TEXT_AT, 0x180},
        {".rdata", PE_READ, RDATA_RVA, 0x20, RDATA_AT, 0x20},
        {".data", PE_READ | PE_WRITE, DATA_RVA, 0x1800, DATA_AT, 0x200},
        {".idata", PE_READ | PE_WRITE, IDATA_RVA, IDATA_SIZE, IDATA_AT, IDATA_SIZE},
        {".edata", PE_READ, EDATA_RVA, 0x60, EDATA_AT, 0x60},
        {".pdata", PE_READ, PDATA_RVA, 0x18, PDATA_AT, 0x18},
        {".reloc", PE_READ, RELOC_RVA, RELOC_SIZE, RELOC_AT, RELOC_SIZE},
    };
    assert_int_equal(parse(), IVM_OK);
    assert_int_equal(image.section_count, DRIVER_SECTIONS);
    for (size_t i = 0; i < DRIVER_SECTIONS; i++) {
        const struct pe_section *section = &image.sections[i];
        assert_string_equal(section->name, expected[i].name);
        assert_int_equal(section->permissions, expected[i].permissions);
        assert_int_equal(section->rva, expected[i].rva);
        assert_int_equal(section->size, expected[i].size);
        assert_int_equal(section->file_offset, expected[i].file_offset);
        assert_int_equal(section->file_size, expected[i].file_size);
    }
}

static void no_combination_of_flags_makes_a_section_writable_and_executable(void **state)
{
    (void)state;
    static const uint32_t bits[] = {FLAG_DISCARDABLE, FLAG_EXECUTE, FLAG_READ, FLAG_WRITE};
    for (unsigned set = 0; set < 16; set++) {
        uint32_t flags = 0;
        for (unsigned i = 0; i < 4; i++)
            flags |= (set >> i & 1) != 0 ? bits[i] : 0;
        pe_builder_put(&file, pe_builder_header(RDATA, SECTION_FLAGS), flags, 4);
        bool is_both = (flags & FLAG_EXECUTE) != 0 && (flags & FLAG_WRITE) != 0;
        bool is_refused = is_both && (flags & FLAG_DISCARDABLE) == 0;
        assert_int_equal(parse(), is_refused ? IVM_BAD_ARGUMENT : IVM_OK);
        assert_int_equal(report.fault_count, is_refused);
        unsigned both = PE_WRITE | PE_EXECUTE;
        assert_true((image.sections[RDATA].permissions & both) != both);
    }
}

static void a_discardable_section_of_an_old_linker_loses_its_write_permission(void **state)
{
    (void)state;
    uint32_t flags = FLAG_DISCARDABLE | FLAG_EXECUTE | FLAG_READ | FLAG_WRITE;
    pe_builder_put(&file, pe_builder_header(TEXT, SECTION_FLAGS), flags, 4);
    assert_int_equal(parse(), IVM_OK);
    assert_int_equal(image.sections[TEXT].permissions, PE_READ | PE_EXECUTE);
}

static void a_section_without_a_size_in_memory_has_that_of_its_bytes(void **state)
{
    (void)state;
    pe_builder_put(&file, pe_builder_header(PDATA, SECTION_SIZE), 0, 4);
    assert_int_equal(parse(), IVM_OK);
    assert_int_equal(image.sections[PDATA].size, 0x200);
    assert_int_equal(image.sections[PDATA].file_size, 0x200);
}

static void what_cannot_be_printed_in_a_sections_name_is_replaced(void **state)
{
    (void)state;
    pe_builder_put(&file, pe_builder_header(TEXT, SECTION_NAME), 0x41FF1B0A2E747874, 8);
    assert_int_equal(parse(), IVM_OK);
    assert_string_equal(image.sections[TEXT].name, "txt.???A");
}

static void an_image_with_fewer_directories_has_none_of_the_others(void **state)
{
    (void)state;
    pe_builder_put(&file, AT_DIRECTORY_COUNT, PE_IMPORTS, 4);
    assert_int_equal(parse(), IVM_OK);
    assert_int_equal(image.import_count, 0);
    assert_int_equal(image.relocation_count, 0);
    assert_non_null(image.own_name);
}

static void imports_are_found_by_their_slots_when_there_is_no_lookup_table(void **state)
{
    (void)state;
    pe_builder_put(&file, IDATA_AT + DESCRIPTORS, 0, 4);
    assert_int_equal(parse(), IVM_OK);
    assert_int_equal(image.import_count, 4);
}

static void an_export_directory_without_a_name_is_none(void **state)
{
    (void)state;
    pe_builder_put(&file, EDATA_AT + 12, 0, 4);
    assert_int_equal(parse(), IVM_OK);
    assert_null(image.own_name);
}

static void a_name_is_at_most_as_long_as_the_limit(void **state)
{
    (void)state;
    enum { NAME = TEXT_AT + 0x40, NAME_RVA = TEXT_RVA + 0x40 };
    pe_builder_put(&file, pe_builder_header(TEXT, SECTION_SIZE), 0x200, 4);
    pe_builder_put(&file, IDATA_AT + DESCRIPTORS + 12, NAME_RVA, 4);
    memset(file.bytes + NAME, 'n', 0x180);
    file.bytes[NAME + PE_NAME_LIMIT] = '\0';
    assert_int_equal(parse(), IVM_OK);

    file.bytes[NAME + PE_NAME_LIMIT] = 'n';
    file.bytes[NAME + PE_NAME_LIMIT + 1] = '\0';
    assert_int_equal(parse(), IVM_BAD_ARGUMENT);
    assert_int_equal(report.findings[0].fault, PE_DLL_NAME_UNTERMINATED);
}

/* As linkers compute it, in another way than the code under test does. */
static uint32_t checksum(const struct pe_builder *b)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < b->length; i++)
        sum += (uint64_t)b->bytes[i] << (i % 2 == 0 ? 0 : 8);
    while (sum > 0xFFFF)
        sum = (sum & 0xFFFF) + (sum >> 16);
    return (uint32_t)(sum + b->length);
}

static void a_checksum_that_matches_is_let_through_and_every_change_is_seen(void **state)
{
    (void)state;
    pe_builder_put(&file, AT_CHECKSUM, checksum(&file), 4);
    assert_int_equal(parse(), IVM_OK);
    for (uint32_t at = TEXT_AT; at < TEXT_AT + 0x200; at++) {
        file.bytes[at] ^= 0x10;
        assert_int_equal(parse(), IVM_BAD_ARGUMENT);
        assert_int_equal(report.fault_count, 1);
        assert_int_equal(report.findings[0].fault, PE_CHECKSUM);
        file.bytes[at] ^= 0x10;
    }
}

static void the_last_byte_of_an_odd_file_counts_in_its_checksum(void **state)
{
    (void)state;
    file.bytes[file.length++] = 0x77;
    pe_builder_put(&file, AT_CHECKSUM, checksum(&file), 4);
    assert_int_equal(parse(), IVM_OK);
    file.bytes[file.length - 1] = 0x78;
    assert_int_equal(parse(), IVM_BAD_ARGUMENT);
}

static void faults_that_do_not_hide_each_other_are_listed_together(void **state)
{
    (void)state;
    static const enum pe_fault expected[] = {
        PE_MACHINE,         PE_SUBSYSTEM,       PE_WRITABLE_AND_EXECUTABLE, PE_NO_ENTRY,
        PE_EXCEPTIONS_SIZE, PE_RELOCATION_TYPE, PE_IMPORT_BY_ORDINAL};
    pe_builder_put(&file, AT_MACHINE, 0x14C, 2);
    pe_builder_put(&file, AT_SUBSYSTEM, 3, 2);
    pe_builder_put(&file, pe_builder_header(TEXT, SECTION_FLAGS), 0xE0000020, 4);
    pe_builder_put(&file, AT_ENTRY, 0, 4);
    pe_builder_directory(&file, PE_EXCEPTIONS, PDATA_RVA, 23);
    pe_builder_put(&file, RELOC_AT + 8, 0x3000, 2);
    pe_builder_put(&file, IDATA_AT + LOOKUP, 0x8000000000000007, 8);

    assert_int_equal(parse(), IVM_BAD_ARGUMENT);

    assert_int_equal(report.fault_count, sizeof expected / sizeof expected[0]);
    for (size_t i = 0; i < report.fault_count; i++)
        assert_int_equal(report.findings[i].fault, expected[i]);
}

static void one_kind_of_fault_does_not_push_the_others_out(void **state)
{
    (void)state;
    enum { RELOCATIONS = 240 };
    pe_builder_put(&file, pe_builder_header(RELOC, SECTION_SIZE), 0x200, 4);
    pe_builder_directory(&file, PE_RELOCATIONS, RELOC_RVA, 8 + 2 * RELOCATIONS);
    pe_builder_put(&file, RELOC_AT + 4, 8 + 2 * RELOCATIONS, 4);
    for (uint32_t i = 0; i < RELOCATIONS; i++)
        pe_builder_put(&file, RELOC_AT + 8 + 2 * i, 0x3000, 2);
    pe_builder_put(&file, IDATA_AT + LOOKUP, 0x8000000000000007, 8);
    assert_int_equal(parse(), IVM_BAD_ARGUMENT);
    assert_int_equal(report.fault_count, RELOCATIONS + 1);
    assert_int_equal(report.finding_count, PE_FINDINGS_OF_A_KIND + 1);
    assert_non_null(pe_builder_find(&report, PE_IMPORT_BY_ORDINAL));
}

static void a_finding_names_the_thing_the_fault_the_value_and_the_place(void **state)
{
    (void)state;
    char text[160];
    pe_builder_put(&file, pe_builder_header(RDATA, SECTION_RAW_SIZE), 0x9000, 4);
    assert_int_equal(parse(), IVM_BAD_ARGUMENT);
    (void)pe_finding_text(&report.findings[0], text, sizeof text);
    assert_string_equal(text, ".rdata: the section's bytes pass the end of the file "
                              "(bytes 0x9000; byte 0x1C0 of the file)");

    set_up(NULL);
    pe_builder_put(&file, IDATA_AT + SECOND_LOOKUP, 0x8000000000000007, 8);
    assert_int_equal(parse(), IVM_BAD_ARGUMENT);
    (void)pe_finding_text(&report.findings[0], text, sizeof text);
    assert_string_equal(text, "HAL.dll: an import by number: only names are exported here "
                              "(ordinal 0x7; byte 0xA60 of the file)");
}

static void every_fault_has_a_name_and_a_sentence_of_its_own(void **state)
{
    (void)state;
    for (unsigned i = 0; i < PE_FAULT_COUNT; i++) {
        const struct pe_fault_forms *forms = pe_fault_forms((enum pe_fault)i);
        assert_true(strlen(forms->text) > 10 && strlen(forms->name) > 1);
        for (unsigned other = 0; other < i; other++)
            assert_string_not_equal(forms->text,
                                    pe_fault_forms((enum pe_fault)other)->text);
    }
}

static void every_cut_of_a_driver_is_refused(void **state)
{
    (void)state;
    /* The last section's bytes end before the file does. */
    size_t needed = RELOC_AT + 0x200;
    for (file.length = 0; file.length < needed; file.length++) {
        assert_int_equal(parse(), IVM_BAD_ARGUMENT);
        assert_true(report.fault_count != 0);
    }
    assert_int_equal(parse(), IVM_OK);
}

static void no_byte_set_to_anything_leads_outside_the_file(void **state)
{
    (void)state;
    static const uint8_t values[] = {0x00, 0x01, 0x7F, 0x80, 0xFF};
    for (uint32_t at = 0; at < file.length; at++) {
        uint8_t before = file.bytes[at];
        for (size_t i = 0; i < sizeof values; i++) {
            file.bytes[at] = values[i];
            enum ivm_status status = parse();
            assert_int_equal(status == IVM_OK, report.fault_count == 0);
        }
        file.bytes[at] = before;
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_whole_driver_is_read),
        TEST(each_section_is_listed_with_its_place_and_permissions),
        TEST(no_combination_of_flags_makes_a_section_writable_and_executable),
        TEST(a_discardable_section_of_an_old_linker_loses_its_write_permission),
        TEST(a_section_without_a_size_in_memory_has_that_of_its_bytes),
        TEST(what_cannot_be_printed_in_a_sections_name_is_replaced),
        TEST(an_image_with_fewer_directories_has_none_of_the_others),
        TEST(imports_are_found_by_their_slots_when_there_is_no_lookup_table),
        TEST(an_export_directory_without_a_name_is_none),
        TEST(a_name_is_at_most_as_long_as_the_limit),
        TEST(a_checksum_that_matches_is_let_through_and_every_change_is_seen),
        TEST(the_last_byte_of_an_odd_file_counts_in_its_checksum),
        TEST(faults_that_do_not_hide_each_other_are_listed_together),
        TEST(one_kind_of_fault_does_not_push_the_others_out),
        TEST(a_finding_names_the_thing_the_fault_the_value_and_the_place),
        TEST(every_fault_has_a_name_and_a_sentence_of_its_own),
        TEST(every_cut_of_a_driver_is_refused),
        TEST(no_byte_set_to_anything_leads_outside_the_file),
    };
    return cmocka_run_group_tests_name("pe_parse", tests, NULL, NULL);
}
