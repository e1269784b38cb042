/* test_mptable.c: MP tables that are well-formed: what is read of them, and what is noted. */
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
static struct table_fault fault;

#define WIRE(type, ...) mp_add_wire(&table, type, (const uint8_t[]){__VA_ARGS__})

static int set_up(void **state)
{
    (void)state;
    mp_table_of_pc(&table);
    memset(&mp, 0xA5, sizeof mp);
    return 0;
}

static void parse(void)
{
    uint8_t *copy = table_copy(&table, table.length);
    assert_int_equal(mptable_length(copy), table.length);
    assert_int_equal(mptable_parse(copy, table.length, &mp, &fault), IVM_OK);
    free(copy);
}

static void expect_note(size_t index, uint32_t offset, const char *what, uint32_t value)
{
    assert_true(index < mp.note_count);
    assert_int_equal(mp.notes[index].offset, offset);
    assert_non_null(strstr(mp.notes[index].what, what));
    assert_int_equal(mp.notes[index].value, value);
}

static void a_pointer_says_where_the_table_is(void **state)
{
    (void)state;
    uint8_t bytes[16];
    struct mptable_pointer pointer;
    mp_pointer(bytes, 0xF5BB0);
    bytes[12] = 0x80;
    mp_pointer_sum(bytes);

    assert_int_equal(mptable_pointer_parse(bytes, 16, &pointer, &fault), IVM_OK);
    assert_int_equal(pointer.table, 0xF5BB0);
    assert_int_equal(pointer.revision, 4);
    assert_int_equal(pointer.default_configuration, 0);
    assert_true(pointer.has_imcr);
}

static void each_default_configuration_is_named_without_a_table(void **state)
{
    (void)state;
    for (uint8_t number = 1; number <= 7; number++) {
        uint8_t bytes[16];
        struct mptable_pointer pointer;
        mp_pointer(bytes, 0);
        bytes[11] = number;
        mp_pointer_sum(bytes);
        assert_int_equal(mptable_pointer_parse(bytes, 16, &pointer, &fault), IVM_OK);
        assert_int_equal(pointer.default_configuration, number);
        assert_int_equal(pointer.table, 0);
    }
}

static void the_table_of_a_pc_is_read(void **state)
{
    (void)state;
    parse();

    assert_int_equal(mp.lapic_address, 0xFEE00000);
    assert_int_equal(mp.revision, 4);
    assert_int_equal(mp.cpu_count, 2);
    assert_true(mp.cpus[0].boots && mp.cpus[0].enabled && !mp.cpus[1].boots);
    assert_int_equal(mp.cpus[1].apic_id, 1);
    assert_int_equal(mp.buses[0], MP_BUS_PCI);
    assert_int_equal(mp.buses[1], MP_BUS_ISA);
    assert_int_equal(mp.buses[2], MP_BUS_ABSENT);
    assert_int_equal(mp.ioapic_count, 1);
    assert_int_equal(mp.ioapics[0].address, 0xFEC00000);
    assert_int_equal(mp.wire_count, 13);
    assert_int_equal(mp.local_count, 2);
    assert_int_equal(mp.locals[1].kind, MP_WIRE_NMI);
    assert_int_equal(mp.locals[1].apic, MPTABLE_EVERY_APIC);
    assert_int_equal(mp.locals[1].input, 1);
    assert_int_equal(mp.note_count, 0);
}

static void every_slot_and_pin_of_pci_has_its_own_wire(void **state)
{
    (void)state;
    mp_table_start(&table);
    mp_add_bus(&table, 3, "PCI   ");
    mp_add_ioapic(&table, 9, 0xFEC00000);
    for (unsigned irq = 0; irq < 128; irq++)
        WIRE(3, 0, MP_CONFORMS, 3, (uint8_t)irq, 9, (uint8_t)(irq + 100));
    mp_table_finish(&table);
    parse();

    for (uint8_t slot = 0; slot < 32; slot++)
        for (uint8_t pin = 1; pin <= 4; pin++) {
            const struct mptable_wire *wire = mptable_pci_wire(&mp, 3, slot, pin);
            assert_non_null(wire);
            assert_int_equal(wire->input, (uint8_t)(slot * 4 + pin - 1 + 100));
        }
    assert_null(mptable_pci_wire(&mp, 3, 0, 0));
    assert_null(mptable_pci_wire(&mp, 3, 0, 5));
    assert_null(mptable_pci_wire(&mp, 3, 32, 1));
    assert_null(mptable_pci_wire(&mp, 2, 5, 1));
}

static void a_line_of_isa_is_no_slot_of_pci_and_no_nmi_is_an_interrupt(void **state)
{
    (void)state;
    WIRE(3, 1, MP_CONFORMS, 0, 9 << 2, 0, 12);
    mp_table_finish(&table);
    parse();

    assert_int_equal(mp.wire_count, 14);
    assert_null(mptable_pci_wire(&mp, 1, 1, 1));
    assert_null(mptable_pci_wire(&mp, 0, 9, 1));
    assert_non_null(mptable_pci_wire(&mp, 0, 5, 1));
}

static void each_polarity_and_trigger_is_read_and_the_reserved_are_noted(void **state)
{
    (void)state;
    static const uint8_t as_read[4] = {0, 1, 0, 3};
    for (uint8_t flags = 0; flags < 16; flags++) {
        set_up(NULL);
        uint32_t offset = (uint32_t)table.length;
        WIRE(3, 0, flags, 0, 9 << 2, 0, 12);
        mp_table_finish(&table);
        parse();

        const struct mptable_wire *wire = mptable_pci_wire(&mp, 0, 9, 1);
        assert_non_null(wire);
        assert_int_equal(wire->polarity, as_read[flags & 3]);
        assert_int_equal(wire->trigger, as_read[flags >> 2]);
        assert_int_equal(mp.note_count, ((flags & 3) == 2) + (flags >> 2 == 2));
        if ((flags & 3) == 2)
            expect_note(0, offset, "reserved polarity", flags);
        if (flags >> 2 == 2)
            expect_note(mp.note_count - 1, offset, "reserved trigger", flags);
    }
}

static void the_order_of_entries_does_not_matter(void **state)
{
    (void)state;
    mp_table_start(&table);
    WIRE(3, 0, MP_CONFORMS, 4, 5 << 2, 2, 10);
    mp_add_ioapic(&table, 2, 0xFEC00000);
    mp_add_bus(&table, 4, "PCI   ");
    mp_table_finish(&table);
    parse();

    assert_non_null(mptable_pci_wire(&mp, 4, 5, 1));
    assert_int_equal(mp.note_count, 0);
}

static void extended_entries_are_read_past(void **state)
{
    (void)state;
    static const uint8_t hierarchy[8] = {129, 8, 1, 1, 0};
    static const uint8_t space[20] = {128, 20, 0, 1};
    table_add(&table, hierarchy, sizeof hierarchy);
    table_add(&table, space, sizeof space);
    mp_table_finish_extended(&table, sizeof hierarchy + sizeof space);
    parse();

    assert_int_equal(mp.wire_count, 13);
    assert_int_equal(mp.note_count, 0);
}

static void as_many_processors_as_there_are_ids_are_kept(void **state)
{
    (void)state;
    mp_table_start(&table);
    for (unsigned id = 0; id < 256; id++)
        mp_add_cpu(&table, (uint8_t)id, 1);
    mp_table_finish(&table);
    parse();

    assert_int_equal(mp.cpu_count, 256);
    assert_int_equal(mp.note_count, 0);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup(test, set_up)
    const struct CMUnitTest tests[] = {
        T(a_pointer_says_where_the_table_is),
        T(each_default_configuration_is_named_without_a_table),
        T(the_table_of_a_pc_is_read),
        T(every_slot_and_pin_of_pci_has_its_own_wire),
        T(a_line_of_isa_is_no_slot_of_pci_and_no_nmi_is_an_interrupt),
        T(each_polarity_and_trigger_is_read_and_the_reserved_are_noted),
        T(the_order_of_entries_does_not_matter),
        T(extended_entries_are_read_past),
        T(as_many_processors_as_there_are_ids_are_kept),
    };
#undef T
    return cmocka_run_group_tests_name("mptable", tests, NULL, NULL);
}
