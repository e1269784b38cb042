/* test_routing.c: ISA lines by the MADT or by default, PCI lines, and the way back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <ivm/bus.h>

#include "arch/x86_64/ioapic.h"
#include "arch/x86_64/routing.h"
#include "fake/hardware.h"
#include "fake/ioapic_chip.h"
#include "fake/system.h"

static struct ioapic_chip chip;
static struct madt madt;
static struct ivm_line_info line;

/* 24 inputs, and the overrides of a PC: irq 0 at gsi 2; 5, 9, 10, 11 level-triggered. */
static int set_up(void **state)
{
    (void)state;
    fake_hardware_reset();
    fake_system_reset();
    ioapic_chip_start(&chip, 0xFEC00000, 0x00170020);
    madt = (struct madt){.ioapic_count = 1, .override_count = 2};
    madt.ioapics[0] = (struct madt_ioapic){.address = 0xFEC00000};
    madt.overrides[0] = (struct madt_override){.irq = 0, .gsi = 2};
    madt.overrides[1] = (struct madt_override){
        .irq = 9, .gsi = 9, .polarity = MADT_ACTIVE_LOW, .trigger = MADT_LEVEL};
    return 0;
}

static void start(void)
{
    assert_int_equal(ioapic_start(&madt), IVM_OK);
    routing_start(&madt);
}

static void expect_line(uint8_t irq, uint32_t gsi, enum ivm_trigger trigger,
                        enum ivm_polarity polarity)
{
    assert_true(ivm_isa_line(irq, &line));
    assert_int_equal(line.gsi, gsi);
    assert_int_equal(line.trigger, trigger);
    assert_int_equal(line.polarity, polarity);
}

static void a_line_without_an_override_is_its_own_gsi_edge_high(void **state)
{
    (void)state;
    start();
    for (uint8_t irq = 1; irq < 16; irq++) {
        if (irq == 2 || irq == 9)
            continue;
        expect_line(irq, irq, IVM_EDGE, IVM_ACTIVE_HIGH);
        assert_string_equal(line.known_from, "ISA default");
    }
}

static void an_override_moves_its_line(void **state)
{
    (void)state;
    start();
    expect_line(0, 2, IVM_EDGE, IVM_ACTIVE_HIGH);
    assert_string_equal(line.known_from, "MADT override");
    expect_line(9, 9, IVM_LEVEL, IVM_ACTIVE_LOW);
}

static void the_cascade_has_no_line_where_the_timer_took_its_input(void **state)
{
    (void)state;
    start();
    assert_false(ivm_isa_line(2, &line));
    madt.override_count = 0;
    start();
    expect_line(2, 2, IVM_EDGE, IVM_ACTIVE_HIGH);
    expect_line(0, 0, IVM_EDGE, IVM_ACTIVE_HIGH);
}

static void lines_outside_the_range_are_refused(void **state)
{
    (void)state;
    start();
    line.gsi = 77;
    for (unsigned irq = 16; irq < 256; irq++)
        assert_false(ivm_isa_line((uint8_t)irq, &line));
    assert_int_equal(line.gsi, 77);
}

static void every_trigger_and_polarity_of_an_override_is_taken(void **state)
{
    (void)state;
    static const enum madt_polarity polarities[] = {MADT_POLARITY_OF_BUS, MADT_ACTIVE_HIGH,
                                                    MADT_ACTIVE_LOW};
    static const enum madt_trigger triggers[] = {MADT_TRIGGER_OF_BUS, MADT_EDGE,
                                                 MADT_LEVEL};
    for (unsigned i = 0; i < 9; i++) {
        madt.overrides[1].polarity = polarities[i % 3];
        madt.overrides[1].trigger = triggers[i / 3];
        start();
        expect_line(9, 9, i / 3 == 2 ? IVM_LEVEL : IVM_EDGE,
                    i % 3 == 2 ? IVM_ACTIVE_LOW : IVM_ACTIVE_HIGH);
    }
}

static void the_first_of_two_overrides_counts(void **state)
{
    (void)state;
    madt.override_count = 3;
    madt.overrides[2] = (struct madt_override){.irq = 9, .gsi = 20};
    start();
    expect_line(9, 9, IVM_LEVEL, IVM_ACTIVE_LOW);
}

static void overrides_of_other_buses_and_lines_are_ignored(void **state)
{
    (void)state;
    madt.override_count = 4;
    madt.overrides[2] = (struct madt_override){.irq = 5, .gsi = 20, .bus = 1};
    madt.overrides[3] = (struct madt_override){.irq = 16, .gsi = 16};
    start();
    expect_line(5, 5, IVM_EDGE, IVM_ACTIVE_HIGH);
}

static void an_override_to_nowhere_is_named(void **state)
{
    (void)state;
    madt.overrides[1].gsi = 24;
    start();
    assert_false(ivm_isa_line(9, &line));
    assert_int_equal(fake_log_text_count("IRQ 9 is said to arrive at gsi 24"), 1);
}

static void a_small_ioapic_has_only_its_own_lines(void **state)
{
    (void)state;
    chip.version = 0x00070011;
    start();
    expect_line(7, 7, IVM_EDGE, IVM_ACTIVE_HIGH);
    assert_false(ivm_isa_line(8, &line));
    assert_false(ivm_isa_line(15, &line));
}

static void a_pci_line_is_level_low_unless_overridden(void **state)
{
    (void)state;
    madt.overrides[1].polarity = MADT_ACTIVE_HIGH;
    start();
    line = routing_pci_line(21);
    assert_int_equal(line.gsi, 21);
    assert_int_equal(line.trigger, IVM_LEVEL);
    assert_int_equal(line.polarity, IVM_ACTIVE_LOW);
    assert_string_equal(line.known_from, "PCI default");
    line = routing_pci_line(9);
    assert_int_equal(line.gsi, 9);
    assert_int_equal(line.trigger, IVM_LEVEL);
    assert_int_equal(line.polarity, IVM_ACTIVE_HIGH);
    assert_string_equal(line.known_from, "MADT override");
}

static void the_way_back_names_line_and_override(void **state)
{
    (void)state;
    char text[64];
    start();
    assert_int_equal(routing_gsi_text(2, text, sizeof text), 26);
    assert_string_equal(text, "IRQ 0 override, edge, high");
    routing_gsi_text(9, text, sizeof text);
    assert_string_equal(text, "IRQ 9 override, level, low");
    routing_gsi_text(4, text, sizeof text);
    assert_string_equal(text, "IRQ 4");
    assert_int_equal(routing_gsi_text(0, text, sizeof text), 0);
    assert_string_equal(text, "");
    routing_gsi_text(16, text, sizeof text);
    assert_string_equal(text, "");
}

static void a_second_start_forgets_the_first(void **state)
{
    (void)state;
    start();
    madt.override_count = 0;
    start();
    expect_line(9, 9, IVM_EDGE, IVM_ACTIVE_HIGH);
}

/* Bits [15] and [13] of a masked entry say what its wire is expected to be. */
static void an_idle_input_is_masked_and_has_the_trigger_of_its_wire(void **state)
{
    (void)state;
    start();

    uint32_t pin;
    struct ioapic *ioapic = ioapic_find(9, &pin);
    assert_int_equal(ioapic_entry(ioapic, pin), RTE_MASKED | RTE_LEVEL | RTE_ACTIVE_LOW);
    ioapic = ioapic_find(4, &pin);
    assert_int_equal(ioapic_entry(ioapic, pin), RTE_MASKED);
    ioapic = ioapic_find(17, &pin);
    assert_int_equal(ioapic_entry(ioapic, pin), RTE_MASKED | RTE_LEVEL | RTE_ACTIVE_LOW);

    struct ivm_route route = {.vector = 0x41, .trigger = IVM_EDGE};
    ioapic_controller.route(ioapic, pin, &route);
    ioapic_controller.unroute(ioapic, pin);
    assert_int_equal(ioapic_entry(ioapic, pin), RTE_MASKED | RTE_LEVEL | RTE_ACTIVE_LOW);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_line_without_an_override_is_its_own_gsi_edge_high, set_up),
        cmocka_unit_test_setup(an_override_moves_its_line, set_up),
        cmocka_unit_test_setup(the_cascade_has_no_line_where_the_timer_took_its_input,
                               set_up),
        cmocka_unit_test_setup(lines_outside_the_range_are_refused, set_up),
        cmocka_unit_test_setup(every_trigger_and_polarity_of_an_override_is_taken, set_up),
        cmocka_unit_test_setup(the_first_of_two_overrides_counts, set_up),
        cmocka_unit_test_setup(overrides_of_other_buses_and_lines_are_ignored, set_up),
        cmocka_unit_test_setup(an_override_to_nowhere_is_named, set_up),
        cmocka_unit_test_setup(a_small_ioapic_has_only_its_own_lines, set_up),
        cmocka_unit_test_setup(a_pci_line_is_level_low_unless_overridden, set_up),
        cmocka_unit_test_setup(the_way_back_names_line_and_override, set_up),
        cmocka_unit_test_setup(a_second_start_forgets_the_first, set_up),
        cmocka_unit_test_setup(an_idle_input_is_masked_and_has_the_trigger_of_its_wire,
                               set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
