/* test_madt.c: the MADT: every entry type read, doubtful ones noted. */
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

static void a_table_without_entries_is_read(void **state)
{
    (void)state;
    assert_int_equal(parse(), IVM_OK);
    assert_int_equal(madt.lapic_address, 0xFEE00000);
    assert_true(madt.has_8259);
    assert_false(madt.address_overridden);
    assert_int_equal(madt.revision, 3);
    assert_int_equal(madt.cpu_count + madt.ioapic_count + madt.override_count, 0);

    table_put(&table, 40, 0, 4);
    assert_int_equal(parse(), IVM_OK);
    assert_false(madt.has_8259);
}

static void processors_are_read_with_their_flags(void **state)
{
    (void)state;
    ADD(0, 8, 7, 3, 1, 0, 0, 0);                           /* uid 7, id 3, enabled */
    ADD(0, 8, 8, 4, 2, 0, 0, 0);                           /* online-capable */
    ADD(0, 8, 9, 5, 0, 0, 0, 0);                           /* neither */
    ADD(0, 8, 10, 0xFF, 0, 0, 0, 0);                       /* an empty slot: left out */
    ADD(9, 16, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 44, 1, 0, 0); /* x2APIC id 0x100, uid 300 */
    assert_int_equal(parse(), IVM_OK);
    assert_int_equal(madt.cpu_count, 4);
    assert_int_equal(madt.cpus[0].uid, 7);
    assert_int_equal(madt.cpus[0].apic_id, 3);
    assert_true(madt.cpus[0].enabled && !madt.cpus[0].online_capable);
    assert_true(!madt.cpus[1].enabled && madt.cpus[1].online_capable);
    assert_true(!madt.cpus[2].enabled && !madt.cpus[2].online_capable);
    assert_int_equal(madt.cpus[3].apic_id, 0x100);
    assert_int_equal(madt.cpus[3].uid, 300);
    assert_true(madt.cpus[3].from_x2apic && madt.cpus[3].enabled);
}

static void a_processor_listed_twice_counts_once(void **state)
{
    (void)state;
    ADD(0, 8, 0, 3, 1, 0, 0, 0);
    ADD(9, 16, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0);
    assert_int_equal(parse(), IVM_OK);
    assert_int_equal(madt.cpu_count, 1);
    assert_int_equal(madt.note_count, 1);
    assert_int_equal(madt.notes[0].value, 3);
}

static void ioapics_and_overrides_are_read(void **state)
{
    (void)state;
    ADD(1, 12, 2, 0, 0, 0, 0xC0, 0xFE, 0, 0, 0, 0);
    ADD(1, 12, 3, 0, 0, 0, 0xC1, 0xFE, 24, 0, 0, 0);
    ADD(2, 10, 0, 0, 2, 0, 0, 0, 0, 0);
    ADD(2, 10, 0, 9, 9, 0, 0, 0, 0xF, 0);
    ADD(2, 10, 0, 10, 20, 0, 0, 0, 0x5, 0);
    assert_int_equal(parse(), IVM_OK);
    assert_int_equal(madt.ioapic_count, 2);
    assert_int_equal(madt.ioapics[1].id, 3);
    assert_int_equal(madt.ioapics[1].address, 0xFEC10000);
    assert_int_equal(madt.ioapics[1].gsi_base, 24);
    assert_int_equal(madt.override_count, 3);
    assert_int_equal(madt.overrides[0].gsi, 2);
    assert_int_equal(madt.overrides[0].polarity, MADT_POLARITY_OF_BUS);
    assert_int_equal(madt.overrides[0].trigger, MADT_TRIGGER_OF_BUS);
    assert_int_equal(madt.overrides[1].polarity, MADT_ACTIVE_LOW);
    assert_int_equal(madt.overrides[1].trigger, MADT_LEVEL);
    assert_int_equal(madt.overrides[2].irq, 10);
    assert_int_equal(madt.overrides[2].gsi, 20);
    assert_int_equal(madt.overrides[2].polarity, MADT_ACTIVE_HIGH);
    assert_int_equal(madt.overrides[2].trigger, MADT_EDGE);
    assert_int_equal(madt.note_count, 0);
}

static void nmis_are_read(void **state)
{
    (void)state;
    ADD(3, 8, 0xD, 0, 21, 0, 0, 0);
    ADD(4, 6, 0xFF, 5, 0, 1);
    ADD(4, 6, 2, 7, 0, 0);
    ADD(10, 12, 5, 0, 0xFF, 0xFF, 0xFF, 0xFF, 1, 0, 0, 0);
    ADD(10, 12, 5, 0, 0xFF, 0, 0, 0, 1, 0, 0, 0);
    assert_int_equal(parse(), IVM_OK);
    assert_int_equal(madt.nmi_source_count, 1);
    assert_int_equal(madt.nmi_sources[0].gsi, 21);
    assert_int_equal(madt.nmi_sources[0].trigger, MADT_LEVEL);
    assert_int_equal(madt.nmi_sources[0].polarity, MADT_ACTIVE_HIGH);
    assert_int_equal(madt.local_nmi_count, 4);
    assert_int_equal(madt.local_nmis[0].uid, UINT32_MAX);
    assert_int_equal(madt.local_nmis[0].lint, 1);
    assert_int_equal(madt.local_nmis[0].trigger, MADT_EDGE);
    assert_int_equal(madt.local_nmis[1].uid, 2);
    assert_int_equal(madt.local_nmis[1].lint, 0);
    assert_int_equal(madt.local_nmis[1].polarity, MADT_ACTIVE_LOW);
    assert_int_equal(madt.local_nmis[2].uid, UINT32_MAX);
    assert_int_equal(madt.local_nmis[3].uid, 0xFF);
}

static void the_address_override_replaces_the_address(void **state)
{
    (void)state;
    ADD(5, 12, 0, 0, 0, 0, 0xE1, 0xFE, 1, 0, 0, 0);
    assert_int_equal(parse(), IVM_OK);
    assert_int_equal(madt.lapic_address, UINT64_C(0x1FEE10000));
    assert_true(madt.address_overridden);
}

static void every_reserved_flag_value_is_noted_and_taken_as_the_bus_default(void **state)
{
    (void)state;
    for (unsigned flags = 0; flags < 16; flags++) {
        set_up(NULL);
        ADD(2, 10, 0, 5, 5, 0, 0, 0, (uint8_t)flags, 0);
        assert_int_equal(parse(), IVM_OK);
        unsigned polarity = flags & 3, trigger = flags >> 2;
        assert_int_equal(madt.overrides[0].polarity, polarity == 2 ? 0 : polarity);
        assert_int_equal(madt.overrides[0].trigger, trigger == 2 ? 0 : trigger);
        assert_int_equal(madt.note_count, (polarity == 2) + (trigger == 2));
        if (polarity == 2)
            assert_non_null(strstr(madt.notes[0].what, "reserved polarity"));
        if (trigger == 2)
            assert_non_null(
                strstr(madt.notes[madt.note_count - 1].what, "reserved trigger mode"));
        if (madt.note_count != 0)
            assert_int_equal(madt.notes[0].offset, 44);
    }
}

static void doubtful_overrides_are_kept_and_noted(void **state)
{
    (void)state;
    ADD(2, 10, 1, 3, 3, 0, 0, 0, 0, 0);
    ADD(2, 10, 0, 16, 16, 0, 0, 0, 0, 0);
    ADD(2, 10, 0, 3, 4, 0, 0, 0, 0, 0);
    assert_int_equal(parse(), IVM_OK);
    assert_int_equal(madt.override_count, 3);
    assert_int_equal(madt.note_count, 3);
    assert_non_null(strstr(madt.notes[0].what, "other than ISA"));
    assert_non_null(strstr(madt.notes[1].what, "above 15"));
    assert_non_null(strstr(madt.notes[2].what, "second override"));
}

static void a_local_input_above_1_is_noted_and_left_out(void **state)
{
    (void)state;
    ADD(4, 6, 0xFF, 0, 0, 2);
    assert_int_equal(parse(), IVM_OK);
    assert_int_equal(madt.local_nmi_count, 0);
    assert_int_equal(madt.note_count, 1);
}

static void unknown_types_are_skipped_and_counted(void **state)
{
    (void)state;
    ADD(0x7F, 2);
    ADD(0x80, 5, 1, 2, 3);
    ADD(16, 4, 0, 0);
    ADD(1, 12, 2, 0, 0, 0, 0xC0, 0xFE, 0, 0, 0, 0);
    assert_int_equal(parse(), IVM_OK);
    assert_int_equal(madt.unknown_entries, 3);
    assert_int_equal(madt.ioapic_count, 1);
}

static void longer_entries_of_a_later_edition_are_read(void **state)
{
    (void)state;
    ADD(1, 14, 2, 0, 0, 0, 0xC0, 0xFE, 0, 0, 0, 0, 9, 9);
    ADD(2, 10, 0, 0, 2, 0, 0, 0, 0, 0);
    assert_int_equal(parse(), IVM_OK);
    assert_int_equal(madt.ioapic_count, 1);
    assert_int_equal(madt.overrides[0].gsi, 2);
}

static void what_does_not_fit_is_noted_and_never_written(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 40; i++) {
        ADD(1, 12, (uint8_t)i, 0, 0, 0, 0xC0, 0xFE, 0, 0, 0, 0);
        ADD(2, 10, 0, (uint8_t)(i % 16), 2, 0, 0, 0, 0, 0);
        ADD(3, 8, 0, 0, 21, 0, 0, 0);
    }
    for (unsigned i = 0; i < 530; i++) {
        ADD(9, 16, 0, 0, (uint8_t)i, (uint8_t)(i >> 8), 0, 0, 1, 0, 0, 0, 0, 0, 0, 0);
        ADD(4, 6, (uint8_t)i, 0, 0, 1);
    }
    assert_int_equal(parse(), IVM_OK);
    assert_int_equal(madt.ioapic_count, MADT_IOAPIC_LIMIT);
    assert_int_equal(madt.override_count, MADT_OVERRIDE_LIMIT);
    assert_int_equal(madt.nmi_source_count, MADT_NMI_SOURCE_LIMIT);
    assert_int_equal(madt.cpu_count, MADT_CPU_LIMIT);
    assert_int_equal(madt.local_nmi_count, MADT_LOCAL_NMI_LIMIT);
    /* 24 + 8 + 24 + 18 + 18 left out, and overrides 17 to 32 repeat a line. */
    assert_in_range(madt.note_count, 92 + 16, 92 + 32);
    assert_int_equal(madt.notes[0].offset > 44, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_table_without_entries_is_read, set_up),
        cmocka_unit_test_setup(processors_are_read_with_their_flags, set_up),
        cmocka_unit_test_setup(a_processor_listed_twice_counts_once, set_up),
        cmocka_unit_test_setup(ioapics_and_overrides_are_read, set_up),
        cmocka_unit_test_setup(nmis_are_read, set_up),
        cmocka_unit_test_setup(the_address_override_replaces_the_address, set_up),
        cmocka_unit_test_setup(
            every_reserved_flag_value_is_noted_and_taken_as_the_bus_default, set_up),
        cmocka_unit_test_setup(doubtful_overrides_are_kept_and_noted, set_up),
        cmocka_unit_test_setup(a_local_input_above_1_is_noted_and_left_out, set_up),
        cmocka_unit_test_setup(unknown_types_are_skipped_and_counted, set_up),
        cmocka_unit_test_setup(longer_entries_of_a_later_edition_are_read, set_up),
        cmocka_unit_test_setup(what_does_not_fit_is_noted_and_never_written, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
