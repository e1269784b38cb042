/* test_madt_malformed.c: a damaged MADT: the fault names the offset, nothing is followed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arch/x86_64/madt.h"
#include "fake/table.h"

static struct table table;
static struct madt madt;
static struct table_fault fault;

/* A MADT without entries: local APIC at 0xFEE00000, PCAT_COMPAT. */
static int set_up(void **state)
{
    (void)state;
    table_start(&table, "APIC");
    table_add_number(&table, 0xFEE00000, 4);
    table_add_number(&table, 1, 4);
    return 0;
}

/* Parse what was put together, from memory that ends where the table ends. */
static enum ivm_status parse_as_it_is(void)
{
    uint8_t *copy = table_copy(&table, table.length);
    enum ivm_status status = madt_parse(copy, table.length, &madt, &fault);
    free(copy);
    return status;
}

static enum ivm_status parse(void)
{
    table_finish(&table);
    return parse_as_it_is();
}

#define ADD(...)                                                                           \
    table_add(&table, (const uint8_t[]){__VA_ARGS__}, sizeof((uint8_t[]){__VA_ARGS__}))

static void expect_fault(size_t offset, const char *what)
{
    assert_string_equal(fault.table, "MADT");
    assert_int_equal(fault.offset, offset);
    assert_non_null(strstr(fault.what, what));
}

static void every_cut_of_a_table_is_a_fault_or_a_shorter_table(void **state)
{
    (void)state;
    ADD(0, 8, 7, 3, 1, 0, 0, 0);
    ADD(1, 12, 2, 0, 0, 0, 0xC0, 0xFE, 0, 0, 0, 0);
    table_finish(&table);
    size_t whole = table.length;
    for (size_t length = 0; length < whole; length++) {
        table.length = length;
        assert_int_equal(parse_as_it_is(), IVM_BAD_ARGUMENT);
        expect_fault(length < 36 ? 0 : 4, length < 36 ? "header" : "beyond");
    }
}

static void a_length_less_than_the_fixed_part_is_a_fault(void **state)
{
    (void)state;
    for (uint32_t length = 0; length < 44; length++) {
        table_put(&table, 4, length, 4);
        table_sum(&table);
        assert_int_equal(parse_as_it_is(), IVM_BAD_ARGUMENT);
        expect_fault(4, "less than its contents");
        assert_int_equal(fault.value, length);
    }
}

static void an_absurd_length_is_a_fault(void **state)
{
    (void)state;
    table_put(&table, 4, UINT32_MAX, 4);
    assert_int_equal(parse_as_it_is(), IVM_BAD_ARGUMENT);
    expect_fault(4, "beyond the bytes");
}

static void every_flipped_byte_is_a_wrong_checksum_or_worse(void **state)
{
    (void)state;
    ADD(0, 8, 7, 3, 1, 0, 0, 0);
    table_finish(&table);
    for (size_t at = 0; at < table.length; at++) {
        table.bytes[at] ^= 0x10;
        assert_int_equal(parse_as_it_is(), IVM_BAD_ARGUMENT);
        table.bytes[at] ^= 0x10;
    }
    table.bytes[9]++;
    assert_int_equal(parse_as_it_is(), IVM_BAD_ARGUMENT);
    expect_fault(9, "checksum");
}

static void another_signature_is_a_fault(void **state)
{
    (void)state;
    table_put(&table, 0, 0x54455048, 4);
    assert_int_equal(parse(), IVM_BAD_ARGUMENT);
    expect_fault(0, "signature");
}

static void an_entry_without_a_length_is_a_fault_and_no_loop(void **state)
{
    (void)state;
    ADD(0, 8, 7, 3, 1, 0, 0, 0);
    size_t at = table.length;
    ADD(0x7F, 0, 0, 0);
    assert_int_equal(parse(), IVM_BAD_ARGUMENT);
    expect_fault(at, "without a length");
    assert_int_equal(madt.cpu_count, 1);

    table.bytes[at + 1] = 1;
    assert_int_equal(parse(), IVM_BAD_ARGUMENT);
    expect_fault(at, "without a length");
}

static void an_entry_beyond_the_end_is_a_fault(void **state)
{
    (void)state;
    size_t at = table.length;
    ADD(1, 12, 2, 0, 0, 0);
    assert_int_equal(parse(), IVM_BAD_ARGUMENT);
    expect_fault(at, "beyond the end");
    assert_int_equal(madt.ioapic_count, 0);
}

static void one_byte_left_over_is_a_fault(void **state)
{
    (void)state;
    size_t at = table.length;
    ADD(0);
    assert_int_equal(parse(), IVM_BAD_ARGUMENT);
    expect_fault(at, "cut off");
}

static void every_entry_shorter_than_its_type_needs_is_a_fault(void **state)
{
    (void)state;
    static const uint8_t least[][2] = {{0, 8}, {1, 12}, {2, 10}, {3, 8},
                                       {4, 6}, {5, 12}, {9, 16}, {10, 12}};
    for (size_t i = 0; i < sizeof least / sizeof least[0]; i++)
        for (uint8_t length = 2; length < least[i][1]; length++) {
            set_up(NULL);
            uint8_t entry[16] = {least[i][0], length};
            table_add(&table, entry, length);
            assert_int_equal(parse(), IVM_BAD_ARGUMENT);
            expect_fault(44, "shorter than its type needs");
            assert_int_equal(fault.value, length);
        }
}

static void no_bytes_at_all_make_it_read_past_the_end(void **state)
{
    (void)state;
    srand(7);
    for (unsigned round = 0; round < 20000; round++) {
        set_up(NULL);
        size_t count = (size_t)(rand() % 64);
        for (size_t i = 0; i < count; i++)
            table_add_number(&table, (uint64_t)(rand() % 14), 1);
        if (parse() != IVM_OK)
            assert_in_range(fault.offset, 44, table.length - 1);
    }
}

static void a_fault_reads_as_one_clause_with_table_and_offset(void **state)
{
    (void)state;
    char text[160];
    ADD(1, 12, 2, 0, 0, 0);
    assert_int_equal(parse(), IVM_BAD_ARGUMENT);
    table_fault_text(&fault, text, sizeof text);
    assert_string_equal(text,
                        "MADT, offset 0x2c: an entry beyond the end of the table (0xc)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(every_cut_of_a_table_is_a_fault_or_a_shorter_table, set_up),
        cmocka_unit_test_setup(a_length_less_than_the_fixed_part_is_a_fault, set_up),
        cmocka_unit_test_setup(an_absurd_length_is_a_fault, set_up),
        cmocka_unit_test_setup(every_flipped_byte_is_a_wrong_checksum_or_worse, set_up),
        cmocka_unit_test_setup(another_signature_is_a_fault, set_up),
        cmocka_unit_test_setup(an_entry_without_a_length_is_a_fault_and_no_loop, set_up),
        cmocka_unit_test_setup(an_entry_beyond_the_end_is_a_fault, set_up),
        cmocka_unit_test_setup(one_byte_left_over_is_a_fault, set_up),
        cmocka_unit_test_setup(every_entry_shorter_than_its_type_needs_is_a_fault, set_up),
        cmocka_unit_test_setup(no_bytes_at_all_make_it_read_past_the_end, set_up),
        cmocka_unit_test_setup(a_fault_reads_as_one_clause_with_table_and_offset, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
