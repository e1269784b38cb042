/* test_ioapic.c: the I/O APICs: found, sized, masked, and cleared of what firmware left. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arch/x86_64/controllers.h"
#include "arch/x86_64/ioapic.h"
#include "fake/hardware.h"
#include "fake/ioapic_chip.h"
#include "fake/system.h"
#include "kernel/manager.h"

static struct ioapic_chip first, second;
static struct madt madt;

static int set_up(void **state)
{
    (void)state;
    fake_hardware_reset();
    fake_system_reset();
    madt = (struct madt){.ioapic_count = 1};
    madt.ioapics[0] = (struct madt_ioapic){.address = 0xFEC00000, .id = 2};
    madt.ioapics[1] = (struct madt_ioapic){.address = 0xFEC10000, .gsi_base = 24, .id = 3};
    ioapic_chip_start(&first, 0xFEC00000, 0x00170020);
    ioapic_chip_start(&second, 0xFEC10000, 0x00170011);
    first.id = 2u << 24;
    second.id = 3u << 24;
    return 0;
}

static void start_both(void)
{
    madt.ioapic_count = 2;
    assert_int_equal(ioapic_start(&madt), IVM_OK);
    first.write_count = second.write_count = 0;
}

static const struct ivm_route to_cpu_1 = {
    .cpu = 1, .vector = 0x51, .trigger = IVM_LEVEL, .polarity = IVM_ACTIVE_LOW};

static void every_input_is_masked_and_idle_after_the_start(void **state)
{
    (void)state;
    for (unsigned pin = 0; pin < 24; pin++)
        first.low[pin] = 0x8000u | (0x40 + pin), first.high[pin] = pin << 24;
    start_both();
    for (uint32_t pin = 0; pin < 24; pin++) {
        assert_int_equal(ioapic_entry(ioapic_at(0), pin), 0x10000);
        assert_int_equal(ioapic_entry(ioapic_at(1), pin), 0x10000);
    }
}

static void the_start_opens_nothing_even_for_a_moment(void **state)
{
    (void)state;
    start_both();
    assert_int_equal(first.opened + second.opened, 0);
}

static void garbage_above_the_count_of_inputs_is_no_count(void **state)
{
    (void)state;
    first.version = 0xFF17FF20;
    start_both();
    assert_int_equal(ioapic_at(0)->pin_count, 24);
    assert_int_equal(ioapic_at(0)->version, 0x20);
}

static void every_count_of_inputs_is_believed_up_to_what_can_be_addressed(void **state)
{
    (void)state;
    for (uint32_t last = 0; last < 240; last++) {
        set_up(NULL);
        first.version = last << 16 | 0x20;
        assert_int_equal(ioapic_start(&madt), IVM_OK);
        assert_int_equal(ioapic_at(0)->pin_count, last < 120 ? last + 1 : 120);
        assert_int_equal(fake_log_text_count("can be addressed"), last >= 120);
    }
}

static void two_chips_divide_the_gsis(void **state)
{
    (void)state;
    start_both();
    uint32_t pin;
    assert_int_equal(ioapic_count(), 2);
    assert_int_equal(ioapic_gsi_end(), 48);
    assert_ptr_equal(ioapic_find(0, &pin), ioapic_at(0));
    assert_ptr_equal(ioapic_find(23, &pin), ioapic_at(0));
    assert_int_equal(pin, 23);
    assert_ptr_equal(ioapic_find(24, &pin), ioapic_at(1));
    assert_int_equal(pin, 0);
    assert_ptr_equal(ioapic_find(47, &pin), ioapic_at(1));
    assert_null(ioapic_find(48, &pin));
    assert_null(ioapic_at(2));
}

static void a_chip_that_does_not_answer_is_named_and_left_out(void **state)
{
    (void)state;
    first.is_dead = true;
    start_both();
    assert_int_equal(ioapic_count(), 1);
    assert_int_equal(ioapic_at(0)->id, 3);
    assert_int_equal(fake_log_text_count("I/O APIC 2: nothing answers at 0xfec00000"), 1);
}

static void a_chip_of_zeros_is_left_out_too(void **state)
{
    (void)state;
    second.version = 0;
    start_both();
    assert_int_equal(ioapic_count(), 1);
}

static void no_usable_chip_is_an_error(void **state)
{
    (void)state;
    fake_system.refuse_to_map = true;
    assert_int_equal(ioapic_start(&madt), IVM_NOT_FOUND);
    assert_int_equal(fake_log_text_count("0xfec00000 cannot be mapped"), 1);
    madt.ioapic_count = 0;
    assert_int_equal(ioapic_start(&madt), IVM_NOT_FOUND);
    assert_int_equal(ioapic_gsi_end(), 0);
}

static void a_first_gsi_that_is_absurd_is_refused(void **state)
{
    (void)state;
    madt.ioapics[0].gsi_base = UINT32_MAX - 23;
    assert_int_equal(ioapic_start(&madt), IVM_NOT_FOUND);
    assert_int_equal(fake_log_text_count("its first gsi cannot be 4294967272"), 1);
    madt.ioapics[0].gsi_base = 4096 - 23;
    assert_int_equal(ioapic_start(&madt), IVM_NOT_FOUND);
    madt.ioapics[0].gsi_base = 4096 - 24;
    assert_int_equal(ioapic_start(&madt), IVM_OK);
    assert_int_equal(ioapic_gsi_end(), 4096);
}

static void another_id_than_the_madts_is_reported_and_no_more(void **state)
{
    (void)state;
    first.id = 9u << 24;
    start_both();
    assert_int_equal(ioapic_count(), 2);
    assert_int_equal(ioapic_at(0)->chip_id, 9);
    assert_int_equal(fake_log_text_count("I/O APIC 2: the chip calls itself 9"), 1);
}

static void an_old_chip_has_four_bits_of_id(void **state)
{
    (void)state;
    second.id = 0xF3u << 24;
    first.id = 0x02u << 24;
    start_both();
    assert_int_equal(fake_log_text_count("calls itself"), 0);
    assert_int_equal(ioapic_at(1)->chip_id, 3);
}

static void overlapping_gsis_are_reported_and_the_first_keeps_them(void **state)
{
    (void)state;
    madt.ioapics[1].gsi_base = 20;
    start_both();
    uint32_t pin;
    assert_int_equal(fake_log_text_count("2 and 3 both claim gsis from 20 on"), 1);
    assert_ptr_equal(ioapic_find(23, &pin), ioapic_at(0));
    assert_ptr_equal(ioapic_find(24, &pin), ioapic_at(1));
    assert_int_equal(pin, 4);
}

static void neighbours_do_not_overlap(void **state)
{
    (void)state;
    start_both();
    assert_int_equal(fake_log_text_count("both claim"), 0);

    madt.ioapics[0].gsi_base = 24;
    madt.ioapics[1].gsi_base = 0;
    start_both();
    assert_int_equal(fake_log_text_count("both claim"), 0);
}

static void a_remote_irr_left_by_firmware_is_cleared(void **state)
{
    (void)state;
    first.low[7] = 0xC000 | 0x77;
    second.low[7] = 0xC000 | 0x77;
    start_both();
    assert_int_equal(first.ends, 1);
    assert_int_equal(ioapic_entry(ioapic_at(0), 7), 0x10000);
    assert_int_equal(ioapic_entry(ioapic_at(1), 7), 0x10000);
    assert_int_equal(fake_log_text_count("1 entries waited for an end"), 2);
}

static void a_remote_irr_is_cleared_by_an_edge_where_the_end_fails(void **state)
{
    (void)state;
    first.low[7] = 0xC077;
    first.end_is_ignored = true;
    start_both();
    assert_int_equal(first.ends, 1);
    assert_int_equal(ioapic_entry(ioapic_at(0), 7), 0x10000);
    assert_int_equal(fake_log_text_count("does not clear"), 0);
}

static void a_remote_irr_that_stays_is_named(void **state)
{
    (void)state;
    first.low[7] = 0xC077;
    first.remote_irr_sticks = true;
    start_both();
    assert_int_equal(fake_log_text_count("I/O APIC 2 pin 7: its Remote IRR does not"), 1);
}

static void an_input_of_system_management_is_left_to_firmware(void **state)
{
    (void)state;
    first.low[9] = 0x200;
    first.high[9] = 5u << 24;
    start_both();
    ioapic_controller.route(ioapic_at(0), 9, &to_cpu_1);
    ioapic_controller.unmask(ioapic_at(0), 9);
    ioapic_controller.mask(ioapic_at(0), 9);
    ioapic_controller.unroute(ioapic_at(0), 9);
    assert_int_equal(ioapic_entry(ioapic_at(0), 9), UINT64_C(0x0500000000000200));
    assert_int_equal(ioapic_at(0)->pins[9].use, IOAPIC_PIN_FIRMWARE);
}

static void an_nmi_source_is_nobodys_line(void **state)
{
    (void)state;
    madt.nmi_source_count = 2;
    madt.nmi_sources[0].gsi = 26;
    madt.nmi_sources[1].gsi = 99;
    start_both();
    ioapic_controller.route(ioapic_at(1), 2, &to_cpu_1);
    assert_int_equal(second.write_count, 0);
    assert_int_equal(ioapic_at(1)->pins[2].use, IOAPIC_PIN_NMI);
    assert_int_equal(fake_log_text_count("gsi 99 carries an NMI, and no I/O APIC has it"),
                     1);
}

static void the_manager_gets_a_line_for_every_input_that_is_free(void **state)
{
    (void)state;
    first.low[9] = 0x200;
    start_both();
    static struct source lines[48];
    static struct cpu_slots *cpus[1];
    const struct manager_storage storage = {
        .lines = lines, .line_count = 48, .cpus = cpus, .cpu_limit = 1};
    manager_start(&storage);
    assert_int_equal(controllers_add_lines(), 47);
    assert_null(lines[9].controller);
    assert_ptr_equal(lines[47].controller, &ioapic_controller);
    assert_ptr_equal(lines[47].unit, ioapic_at(1));
    assert_int_equal(lines[47].input, 23);
}

static void gsis_without_room_or_claimed_before_are_named(void **state)
{
    (void)state;
    madt.ioapics[1].gsi_base = 20;
    start_both();
    static struct source lines[40];
    static struct cpu_slots *cpus[1];
    const struct manager_storage storage = {
        .lines = lines, .line_count = 40, .cpus = cpus, .cpu_limit = 1};
    manager_start(&storage);
    assert_int_equal(controllers_add_lines(), 40);
    assert_int_equal(fake_log_text_count("I/O APIC 3: 4 inputs are left out: another"), 1);
    assert_int_equal(fake_log_text_count("I/O APIC 3: 4 inputs are left out: more gsis"),
                     1);
}

/* A manager with CPUs 0 and 1, whose APIC ids are their indices. */
static void start_manager(void)
{
    static struct source lines[48];
    static struct cpu_slots *cpus[2], tables[2];
    const struct manager_storage storage = {
        .lines = lines, .line_count = 48, .cpus = cpus, .cpu_limit = 2};
    manager_start(&storage);
    for (uint32_t cpu = 0; cpu < 2; cpu++)
        assert_int_equal(manager_add_cpu(cpu, &tables[cpu]), IVM_OK);
}

static struct ivm_input_state inspect(uint32_t pin)
{
    struct ivm_input_state state;
    ioapic_controller.inspect(ioapic_at(0), pin, &state);
    return state;
}

static void an_entry_is_read_back_as_its_route(void **state)
{
    (void)state;
    start_both();
    start_manager();
    ioapic_controller.route(ioapic_at(0), 5, &to_cpu_1);
    struct ivm_input_state found = inspect(5);
    assert_true(found.is_masked);
    assert_false(found.is_foreign || found.is_pending);
    assert_memory_equal(&found.route, &to_cpu_1, sizeof to_cpu_1);
    ioapic_controller.unmask(ioapic_at(0), 5);
    first.low[5] |= 1 << 14; /* Remote IRR */
    found = inspect(5);
    assert_false(found.is_masked);
    assert_true(found.is_pending);
}

static void an_entry_of_somebody_else_is_foreign(void **state)
{
    (void)state;
    static const uint32_t lows[] = {0x8251, 0x8451, 0x8751,
                                    0x8851}; /* SMI, NMI, ExtINT, logical */
    start_both();
    start_manager();
    for (size_t i = 0; i < sizeof lows / sizeof lows[0]; i++) {
        first.low[5] = lows[i];
        assert_true(inspect(5).is_foreign);
        assert_int_equal(inspect(5).route.vector, 0);
    }
    first.low[5] = 0x8051;
    assert_false(inspect(5).is_foreign);
    first.high[5] = 7u << 24; /* a CPU that is not there */
    assert_true(inspect(5).is_foreign);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(every_input_is_masked_and_idle_after_the_start, set_up),
        cmocka_unit_test_setup(the_start_opens_nothing_even_for_a_moment, set_up),
        cmocka_unit_test_setup(garbage_above_the_count_of_inputs_is_no_count, set_up),
        cmocka_unit_test_setup(
            every_count_of_inputs_is_believed_up_to_what_can_be_addressed, set_up),
        cmocka_unit_test_setup(two_chips_divide_the_gsis, set_up),
        cmocka_unit_test_setup(a_chip_that_does_not_answer_is_named_and_left_out, set_up),
        cmocka_unit_test_setup(a_chip_of_zeros_is_left_out_too, set_up),
        cmocka_unit_test_setup(no_usable_chip_is_an_error, set_up),
        cmocka_unit_test_setup(a_first_gsi_that_is_absurd_is_refused, set_up),
        cmocka_unit_test_setup(another_id_than_the_madts_is_reported_and_no_more, set_up),
        cmocka_unit_test_setup(an_old_chip_has_four_bits_of_id, set_up),
        cmocka_unit_test_setup(overlapping_gsis_are_reported_and_the_first_keeps_them,
                               set_up),
        cmocka_unit_test_setup(neighbours_do_not_overlap, set_up),
        cmocka_unit_test_setup(a_remote_irr_left_by_firmware_is_cleared, set_up),
        cmocka_unit_test_setup(a_remote_irr_is_cleared_by_an_edge_where_the_end_fails,
                               set_up),
        cmocka_unit_test_setup(a_remote_irr_that_stays_is_named, set_up),
        cmocka_unit_test_setup(an_input_of_system_management_is_left_to_firmware, set_up),
        cmocka_unit_test_setup(an_nmi_source_is_nobodys_line, set_up),
        cmocka_unit_test_setup(the_manager_gets_a_line_for_every_input_that_is_free,
                               set_up),
        cmocka_unit_test_setup(gsis_without_room_or_claimed_before_are_named, set_up),
        cmocka_unit_test_setup(an_entry_is_read_back_as_its_route, set_up),
        cmocka_unit_test_setup(an_entry_of_somebody_else_is_foreign, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
