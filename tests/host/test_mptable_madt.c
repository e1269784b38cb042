/* test_mptable_madt.c: the MP table in the MADT's words, and where the two disagree. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arch/x86_64/mptable_madt.h"
#include "fake/mp_bytes.h"

static struct table table;
static struct mptable mp;
static struct madt madt;
static uint32_t inputs[MPTABLE_IOAPIC_LIMIT];

#define WIRE(type, ...) mp_add_wire(&table, type, (const uint8_t[]){__VA_ARGS__})

static int set_up(void **state)
{
    (void)state;
    mp_table_of_pc(&table);
    for (size_t i = 0; i < MPTABLE_IOAPIC_LIMIT; i++)
        inputs[i] = 24;
    return 0;
}

static void parse(void)
{
    struct table_fault fault;
    mp_table_finish(&table);
    assert_int_equal(mptable_parse(table.bytes, table.length, &mp, &fault), IVM_OK);
    assert_int_equal(mp.note_count, 0);
}

static void convert(void)
{
    parse();
    mptable_to_madt(&mp, inputs, &madt);
    assert_true(madt.from_mp_table && madt.has_8259);
}

static void expect_override(size_t index, struct madt_override expected)
{
    assert_true(index < madt.override_count);
    const struct madt_override *found = &madt.overrides[index];
    assert_int_equal(found->irq, expected.irq);
    assert_int_equal(found->gsi, expected.gsi);
    assert_int_equal(found->polarity, expected.polarity);
    assert_int_equal(found->trigger, expected.trigger);
    assert_int_equal(found->bus, 0);
}

static void a_pc_has_its_cpus_one_ioapic_and_the_lines_that_are_elsewhere(void **state)
{
    (void)state;
    convert();

    assert_int_equal(madt.lapic_address, 0xFEE00000);
    assert_int_equal(madt.cpu_count, 2);
    assert_int_equal(madt.cpus[1].apic_id, 1);
    assert_true(madt.cpus[1].enabled);
    assert_int_equal(madt.ioapic_count, 1);
    assert_int_equal(madt.ioapics[0].address, 0xFEC00000);
    assert_int_equal(madt.ioapics[0].gsi_base, 0);
    assert_int_equal(madt.override_count, 3);
    expect_override(
        0, (struct madt_override){10, 0, 10, MADT_ACTIVE_HIGH, MADT_LEVEL}); /* PCI's */
    expect_override(1, (struct madt_override){11, 0, 11, MADT_ACTIVE_HIGH, MADT_LEVEL});
    expect_override(2, (struct madt_override){2, 0, 0, 0, 0});
    assert_int_equal(madt.local_nmi_count, 1);
    assert_int_equal(madt.local_nmis[0].uid, madt_every_processor);
    assert_int_equal(madt.local_nmis[0].lint, 1);
}

static void an_input_that_isa_uses_is_not_turned_over_to_pci(void **state)
{
    (void)state;
    mp_table_start(&table);
    mp_add_bus(&table, 0, "PCI   ");
    mp_add_bus(&table, 1, "EISA  ");
    mp_add_ioapic(&table, 2, 0xFEC00000);
    WIRE(3, 0, 0, 0, 5 << 2, 2, 9); /* PCI at the input of a conforming ISA 9 */
    WIRE(3, 0, 0, 0, 6 << 2, 2, 3); /* PCI where irq 3 would be, which is at 20 */
    WIRE(3, 0, 0, 0, 7 << 2, 2, 16);
    WIRE(3, 0, 0, 0, 8 << 2, 2, 12); /* conforms to PCI */
    WIRE(3, 0, 0, 0, 9 << 2, 2, 12);
    WIRE(3, 0, 0, 1, 9, 2, 9);
    WIRE(3, 0, MP_EDGE_HIGH, 1, 3, 2, 20);
    convert();

    assert_int_equal(madt.override_count, 2);
    expect_override(0, (struct madt_override){12, 0, 12, MADT_ACTIVE_LOW, MADT_LEVEL});
    expect_override(1, (struct madt_override){20, 0, 3, MADT_ACTIVE_HIGH, MADT_EDGE});
}

static void gsis_are_given_out_ioapic_by_ioapic_and_disabled_ones_have_none(void **state)
{
    (void)state;
    mp_table_start(&table);
    mp_add_bus(&table, 0, "PCI   ");
    mp_add_ioapic(&table, 8, 0xFEC00000);
    mp_add_ioapic(&table, 4, 0xFEC01000);
    table.bytes[table.length - 5] = 0; /* its flags: not enabled */
    mp_add_ioapic(&table, 9, 0xFEC02000);
    WIRE(3, 0, 0, 0, 5 << 2, 9, 3);
    WIRE(3, 0, 0, 0, 6 << 2, 4, 3);
    WIRE(3, 0, 0, 0, 7 << 2, MPTABLE_EVERY_APIC, 7);
    WIRE(3, 1, MP_LEVEL_LOW, 0, 0, 9, 5); /* an NMI */
    inputs[0] = 16;
    convert();
    uint32_t gsi = 99;

    assert_int_equal(madt.ioapic_count, 2);
    assert_int_equal(madt.ioapics[1].gsi_base, 16);
    assert_int_equal(madt.ioapics[1].id, 9);
    assert_true(mptable_gsi(&mp, &madt, mptable_pci_wire(&mp, 0, 5, 1), &gsi));
    assert_int_equal(gsi, 19);
    assert_false(mptable_gsi(&mp, &madt, mptable_pci_wire(&mp, 0, 6, 1), &gsi));
    assert_int_equal(gsi, 19);
    assert_true(mptable_gsi(&mp, &madt, mptable_pci_wire(&mp, 0, 7, 1), &gsi));
    assert_int_equal(gsi, 7);
    assert_int_equal(madt.nmi_source_count, 1);
    assert_int_equal(madt.nmi_sources[0].gsi, 21);
    assert_int_equal(madt.nmi_sources[0].polarity, MADT_ACTIVE_LOW);
}

/* Each wire of an ISA line is compared; returns how many differ. */
static unsigned differences(struct mptable_difference *last)
{
    unsigned count = 0;
    for (size_t i = 0; i < mp.wire_count; i++) {
        struct mptable_difference line;
        if (!mptable_compare(&mp, &madt, &mp.wires[i], &line) || !line.differs)
            continue;
        *last = line;
        count++;
    }
    return count;
}

static void the_madt_of_the_same_machine_agrees(void **state)
{
    (void)state;
    struct mptable_difference line;
    parse();
    madt = (struct madt){.ioapic_count = 1, .override_count = 3};
    madt.ioapics[0] = (struct madt_ioapic){.address = 0xFEC00000, .id = 7};
    madt.overrides[0] = (struct madt_override){.irq = 0, .gsi = 2};
    madt.overrides[1] = (struct madt_override){
        .irq = 10, .gsi = 10, .polarity = MADT_ACTIVE_HIGH, .trigger = MADT_LEVEL};
    /* Only one of the two names a trigger here: no disagreement. */
    madt.overrides[2] = (struct madt_override){
        .irq = 3, .gsi = 3, .polarity = MADT_ACTIVE_HIGH, .trigger = MADT_EDGE};

    assert_int_equal(differences(&line), 0);
}

static void a_line_that_arrives_elsewhere_differs(void **state)
{
    (void)state;
    struct mptable_difference line;
    parse();
    madt = (struct madt){.ioapic_count = 1};
    madt.ioapics[0] = (struct madt_ioapic){.address = 0xFEC00000};

    assert_int_equal(differences(&line), 1); /* irq 0, at input 2 by the MP table */
    assert_int_equal(line.irq, 0);
    assert_int_equal(line.madt_gsi, 0);
    assert_int_equal(line.mp_gsi, 2);
    madt.ioapics[0].address = 0xFEC01000; /* another I/O APIC: nothing can be compared */
    assert_int_equal(differences(&line), 0);
}

static void another_trigger_or_polarity_differs_where_both_name_one(void **state)
{
    (void)state;
    for (unsigned flags = 0; flags < 16; flags++)
        for (unsigned said = 0; said < 16; said++) {
            unsigned polarity = flags & 3, trigger = flags >> 2;
            unsigned other_polarity = said & 3, other_trigger = said >> 2;
            if (polarity == 2 || trigger == 2 || other_polarity == 2 || other_trigger == 2)
                continue;
            struct mptable_difference line;
            set_up(NULL);
            mp_table_start(&table);
            mp_add_bus(&table, 1, "ISA   ");
            mp_add_ioapic(&table, 0, 0xFEC00000);
            WIRE(3, 0, (uint8_t)flags, 1, 9, 0, 9);
            parse();
            madt = (struct madt){.ioapic_count = 1, .override_count = 1};
            madt.ioapics[0] = (struct madt_ioapic){.address = 0xFEC00000};
            madt.overrides[0] = (struct madt_override){
                .irq = 9, .gsi = 9, .polarity = other_polarity, .trigger = other_trigger};
            bool differs = (polarity && other_polarity && polarity != other_polarity) ||
                           (trigger && other_trigger && trigger != other_trigger);
            assert_int_equal(differences(&line), differs);
        }
}

int main(void)
{
#define T(test) cmocka_unit_test_setup(test, set_up)
    const struct CMUnitTest tests[] = {
        T(a_pc_has_its_cpus_one_ioapic_and_the_lines_that_are_elsewhere),
        T(an_input_that_isa_uses_is_not_turned_over_to_pci),
        T(gsis_are_given_out_ioapic_by_ioapic_and_disabled_ones_have_none),
        T(the_madt_of_the_same_machine_agrees),
        T(a_line_that_arrives_elsewhere_differs),
        T(another_trigger_or_polarity_differs_where_both_name_one),
    };
#undef T
    return cmocka_run_group_tests_name("mptable madt", tests, NULL, NULL);
}
