/* test_mptable_malformed.c: MP tables that are damaged: each is refused, or what is wrong is noted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arch/x86_64/mptable.h"
#include "fake/mp_bytes.h"

static struct table table;
static struct mptable mp;
static struct mptable_pointer pointer;
static struct table_fault fault;
static uint8_t floating[16];

#define WIRE(type, ...) mp_add_wire(&table, type, (const uint8_t[]){__VA_ARGS__})

static int set_up(void **state)
{
    (void)state;
    mp_table_of_pc(&table);
    mp_pointer(floating, 0xF5BB0);
    return 0;
}

static enum ivm_status parse_bytes(size_t length)
{
    uint8_t *copy = table_copy(&table, length);
    enum ivm_status status = mptable_parse(copy, length, &mp, &fault);
    free(copy);
    return status;
}

static enum ivm_status parse(void)
{
    mp_table_sum(&table);
    return parse_bytes(table.length);
}

static void expect_fault(size_t offset, const char *what)
{
    assert_string_equal(fault.table, "MP");
    assert_int_equal(fault.offset, offset);
    assert_non_null(strstr(fault.what, what));
}

static void expect_note(size_t offset, const char *what, uint32_t value)
{
    assert_int_equal(mp.note_count, 1);
    assert_int_equal(mp.notes[0].offset, offset);
    assert_non_null(strstr(mp.notes[0].what, what));
    assert_int_equal(mp.notes[0].value, value);
}

/* The pointer. */

static enum ivm_status parse_pointer(size_t length)
{
    uint8_t *copy = malloc(length + 1);
    memcpy(copy + 1, floating, length); /* at an odd address, and its end is the memory's */
    enum ivm_status status = mptable_pointer_parse(copy + 1, length, &pointer, &fault);
    free(copy);
    return status;
}

static void every_damaged_pointer_is_refused_by_name(void **state)
{
    (void)state;
    static const struct {
        uint8_t at, value;
        size_t offset;
        const char *what;
    } cases[] = {
        {0, 'x', 0, "signature"}, {8, 0, 8, "length"},    {8, 2, 8, "length"},
        {8, 0xFF, 8, "length"},   {11, 8, 11, "default"}, {11, 0xFF, 11, "default"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        mp_pointer(floating, 0xF5BB0);
        floating[cases[i].at] = cases[i].value;
        mp_pointer_sum(floating);
        assert_int_equal(parse_pointer(16), IVM_BAD_ARGUMENT);
        assert_string_equal(fault.table, "_MP_");
        assert_int_equal(fault.offset, cases[i].offset);
        assert_non_null(strstr(fault.what, cases[i].what));
    }
}

static void a_pointer_that_points_nowhere_is_refused(void **state)
{
    (void)state;
    mp_pointer(floating, 0);
    assert_int_equal(parse_pointer(16), IVM_BAD_ARGUMENT);
    assert_int_equal(fault.offset, 4);
}

static void every_flipped_bit_of_a_pointer_and_every_cut_is_refused(void **state)
{
    (void)state;
    for (size_t length = 0; length < 16; length++)
        assert_int_equal(parse_pointer(length), IVM_BAD_ARGUMENT);
    for (unsigned bit = 0; bit < 128; bit++) {
        floating[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(parse_pointer(16), IVM_BAD_ARGUMENT);
        floating[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_int_equal(parse_pointer(16), IVM_OK);
}

/* The table. */

static void every_cut_of_a_table_is_a_fault(void **state)
{
    (void)state;
    for (size_t length = 0; length < table.length; length++)
        assert_int_equal(parse_bytes(length), IVM_BAD_ARGUMENT);
    assert_int_equal(parse_bytes(table.length), IVM_OK);
}

static void every_flipped_byte_is_a_wrong_checksum_or_worse(void **state)
{
    (void)state;
    for (size_t at = 0; at < table.length; at++) {
        table.bytes[at] ^= 0x10;
        assert_int_equal(parse_bytes(table.length), IVM_BAD_ARGUMENT);
        table.bytes[at] ^= 0x10;
    }
    table.bytes[7]++;
    assert_int_equal(parse_bytes(table.length), IVM_BAD_ARGUMENT);
    expect_fault(7, "checksum");
}

static void a_length_that_cannot_be_is_a_fault(void **state)
{
    (void)state;
    table_put(&table, 4, 43, 2);
    assert_int_equal(parse(), IVM_BAD_ARGUMENT);
    expect_fault(4, "less than its header");
    table_put(&table, 4, 0xFFFF, 2);
    assert_int_equal(parse(), IVM_BAD_ARGUMENT);
    expect_fault(4, "beyond the bytes");
    table_put(&table, 4, table.length, 2);
    table_put(&table, 40, 1, 2);
    assert_int_equal(parse(), IVM_BAD_ARGUMENT);
    expect_fault(4, "beyond the bytes");
}

static void
an_entry_of_an_unknown_type_is_a_fault_and_what_came_before_is_kept(void **state)
{
    (void)state;
    for (unsigned type = 5; type < 256; type++) {
        set_up(NULL);
        size_t at = table.length;
        WIRE((uint8_t)type, 0, 0, 0, 0, 0, 0);
        mp_table_finish(&table);
        assert_int_equal(parse(), IVM_BAD_ARGUMENT);
        expect_fault(at, "unknown type");
        assert_int_equal(fault.value, type);
        assert_int_equal(mp.cpu_count, 2);
    }
}

static void an_entry_beyond_the_end_is_a_fault(void **state)
{
    (void)state;
    mp_table_start(&table);
    mp_add_cpu(&table, 0, 3);
    table.length -= 1;
    mp_table_finish(&table);
    assert_int_equal(parse(), IVM_BAD_ARGUMENT);
    expect_fault(44, "beyond the end");
    assert_int_equal(mp.cpu_count, 0);
}

static void more_entries_than_there_are_bytes_for_is_a_fault_and_fewer_a_note(void **state)
{
    (void)state;
    unsigned count = table.bytes[34];
    table_put(&table, 34, count + 1, 2);
    assert_int_equal(parse(), IVM_BAD_ARGUMENT);
    expect_fault(34, "more entries");

    table_put(&table, 34, count - 1, 2);
    assert_int_equal(parse(), IVM_OK);
    expect_note(table.length - 8, "behind the last entry", 8);
    assert_int_equal(mp.local_count, 1);
}

static void damaged_extended_entries_are_noted_and_the_table_counts(void **state)
{
    (void)state;
    static const uint8_t bad[][3] = {{128, 20, 0}, {129, 1, 0}, {129, 0, 0}, {129, 2, 130}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        set_up(NULL);
        size_t at = table.length;
        table_add(&table, bad[i], 3);
        mp_table_finish_extended(&table, 3);
        assert_int_equal(parse(), IVM_OK);
        expect_note(bad[i][1] == 2 ? at + 2 : at, "does not end",
                    bad[i][bad[i][1] == 2 ? 2 : 0]);
        assert_int_equal(mp.wire_count, 13);

        table.bytes[42]++;
        assert_int_equal(parse(), IVM_OK);
        expect_note(42, "checksum of the extended", 1);
    }
}

static void what_is_listed_twice_counts_once(void **state)
{
    (void)state;
    size_t at = table.length;
    mp_add_cpu(&table, 1, 3);
    mp_table_finish(&table);
    assert_int_equal(parse(), IVM_OK);
    expect_note(at, "processor listed before", 1);
    assert_int_equal(mp.cpu_count, 2);

    set_up(NULL);
    mp_add_bus(&table, 1, "PCI   ");
    mp_table_finish(&table);
    assert_int_equal(parse(), IVM_OK);
    expect_note(at, "second bus", 1);
    assert_int_equal(mp.buses[1], MP_BUS_ISA);

    set_up(NULL);
    mp_add_ioapic(&table, 0, 0xFEC01000);
    mp_table_finish(&table);
    assert_int_equal(parse(), IVM_OK);
    expect_note(at, "second I/O APIC", 0);
    assert_int_equal(mp.ioapics[0].address, 0xFEC00000);
}

static void a_wire_that_leads_from_or_to_nothing_is_left_out_by_name(void **state)
{
    (void)state;
    static const struct {
        uint8_t type, wire[6];
        const char *what;
    } cases[] = {
        {3, {0, 0, 2, 3, 0, 3}, "bus that is not listed"},
        {3, {0, 0, 0xFF, 3, 0, 3}, "bus that is not listed"},
        {3, {0, 0, 1, 3, 1, 3}, "I/O APIC that is not listed"},
        {3, {0, 0, 1, 16, 0, 3}, "ISA line above 15"},
        {3, {0, 0, 0, 128, 0, 3}, "PCI slot above 31"},
        {3, {4, 0, 1, 3, 0, 3}, "reserved interrupt type"},
        {4, {0xFF, 0, 1, 3, 0, 1}, "reserved interrupt type"},
        {4, {1, 0, 1, 0, 2, 1}, "local APIC that is not listed"},
        {4, {1, 0, 1, 0, 0, 2}, "local interrupt input above 1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        set_up(NULL);
        size_t at = table.length;
        mp_add_wire(&table, cases[i].type, cases[i].wire);
        mp_table_finish(&table);
        assert_int_equal(parse(), IVM_OK);
        assert_int_equal(mp.note_count, 1);
        assert_int_equal(mp.notes[0].offset, at);
        assert_non_null(strstr(mp.notes[0].what, cases[i].what));
        assert_int_equal(mp.wire_count, 13);
        assert_int_equal(mp.local_count, 2);
    }
}

static void a_bus_of_another_kind_is_noted(void **state)
{
    (void)state;
    size_t at = table.length;
    mp_add_bus(&table, 7, "MCA   ");
    mp_table_finish(&table);
    assert_int_equal(parse(), IVM_OK);
    expect_note(at, "none of ISA, EISA, PCI", 7);
}

static void what_does_not_fit_is_noted(void **state)
{
    (void)state;
    mp_table_start(&table);
    mp_add_bus(&table, 0, "PCI   ");
    for (unsigned i = 0; i < MPTABLE_IOAPIC_LIMIT + 1; i++)
        mp_add_ioapic(&table, (uint8_t)i, 0xFEC00000 + i * 0x1000);
    for (unsigned i = 0; i < MPTABLE_WIRE_LIMIT + 3; i++)
        WIRE(3, 0, 0, 0, 4, 0, 3);
    mp_table_finish(&table);
    assert_int_equal(parse(), IVM_OK);
    assert_int_equal(mp.ioapic_count, MPTABLE_IOAPIC_LIMIT);
    assert_int_equal(mp.wire_count, MPTABLE_WIRE_LIMIT);
    assert_int_equal(mp.note_count, 4);
}

static void no_bytes_at_all_make_it_read_past_the_end(void **state)
{
    (void)state;
    srand(11);
    for (unsigned round = 0; round < 20000; round++) {
        mp_table_start(&table);
        size_t count = (size_t)(rand() % 80);
        for (size_t i = 0; i < count; i++)
            table_add_number(&table, (uint64_t)(rand() % 7), 1);
        table_put(&table, 34, (uint64_t)(rand() % 9), 2);
        mp_table_finish_extended(&table, count > 4 ? (size_t)(rand() % 5) : 0);
        if (parse() != IVM_OK)
            assert_in_range(fault.offset, 34, table.length - 1);
    }
}

int main(void)
{
#define T(test) cmocka_unit_test_setup(test, set_up)
    const struct CMUnitTest tests[] = {
        T(every_damaged_pointer_is_refused_by_name),
        T(a_pointer_that_points_nowhere_is_refused),
        T(every_flipped_bit_of_a_pointer_and_every_cut_is_refused),
        T(every_cut_of_a_table_is_a_fault),
        T(every_flipped_byte_is_a_wrong_checksum_or_worse),
        T(a_length_that_cannot_be_is_a_fault),
        T(an_entry_of_an_unknown_type_is_a_fault_and_what_came_before_is_kept),
        T(an_entry_beyond_the_end_is_a_fault),
        T(more_entries_than_there_are_bytes_for_is_a_fault_and_fewer_a_note),
        T(damaged_extended_entries_are_noted_and_the_table_counts),
        T(what_is_listed_twice_counts_once),
        T(a_wire_that_leads_from_or_to_nothing_is_left_out_by_name),
        T(a_bus_of_another_kind_is_noted),
        T(what_does_not_fit_is_noted),
        T(no_bytes_at_all_make_it_read_past_the_end),
    };
#undef T
    return cmocka_run_group_tests_name("mptable malformed", tests, NULL, NULL);
}
