/* test_hpet.c: the HPET driver against a model of the block and its timers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fake/hardware.h"
#include "fake/hpet_chip.h"
#include "fake/system.h"

/* NOLINTNEXTLINE(bugprone-suspicious-include): what the block is, is known in its file only */
#include "drivers/hpet_block.c"
/* NOLINTNEXTLINE(bugprone-suspicious-include): a driver has no name outside its file */
#include "drivers/hpet.c"

static struct hpet_timer states[3];
static struct ivm_device edge, level, message;

bool ivm_acpi_table(const char signature[4], const void **out, size_t *length)
{
    return fake_hpet_table(signature, out, length);
}

static int set_up(void **unused)
{
    (void)unused;
    fake_hardware_reset();
    fake_system_reset();
    fake_cpu.interrupts_on = true;
    devices_start(NULL);
    fake_hpet_start();
    memset(&block, 0, sizeof block);
    memset(states, 0, sizeof states);
    edge = (struct ivm_device){
        .name = "hpet0", .state = &states[0], .match = &matches[EDGE_ROW]};
    level = (struct ivm_device){
        .name = "hpet1", .state = &states[1], .match = &matches[LEVEL_ROW]};
    message = (struct ivm_device){
        .name = "hpet2", .state = &states[2], .match = &matches[MESSAGE_ROW]};
    return 0;
}

static int set_up_probed(void **unused)
{
    int failed = set_up(unused);
    if (failed != 0 || hpet.probe(&edge) != IVM_OK || hpet.probe(&level) != IVM_OK)
        return -1;
    return 0;
}

/* The table and the choice of a line. */

static void a_table_s_base_is_its_address_in_memory(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < 8; i++)
        fake_hpet.table[44 + i] = (uint8_t)(0x10 * (i + 1));

    assert_true(hpet_table_base(fake_hpet.table, sizeof fake_hpet.table) ==
                0x8070605040302010);
    assert_true(hpet_table_base(fake_hpet.table, sizeof fake_hpet.table - 1) == 0);
    fake_hpet.table[44] = 0x14; /* not aligned */
    assert_true(hpet_table_base(fake_hpet.table, sizeof fake_hpet.table) == 0);
    fake_hpet.table[44] = 0x10;
    fake_hpet.table[40] = 1; /* ports */
    assert_true(hpet_table_base(fake_hpet.table, sizeof fake_hpet.table) == 0);
}

static uint32_t in_use;

static bool is_used(uint32_t gsi)
{
    return (in_use >> gsi & 1) != 0;
}

static void a_free_line_above_the_isa_lines_is_chosen_first(void **unused)
{
    (void)unused;
    uint32_t gsi = 99;

    in_use = 1U << 16 | 1U << 17;
    assert_true(hpet_choose_line(0x00FF0104, is_used, &gsi));
    assert_int_equal(gsi, 18);
    in_use = 0x00FF0000;
    assert_true(hpet_choose_line(0x00FF0104, is_used, &gsi));
    assert_int_equal(gsi, 2);
    in_use = 0x00FF0004;
    assert_true(hpet_choose_line(0x00FF0104, is_used, &gsi));
    assert_int_equal(gsi, 8);
}

static void with_every_line_in_use_one_of_them_is_chosen(void **unused)
{
    (void)unused;
    uint32_t gsi = 99;
    in_use = UINT32_MAX;

    assert_true(hpet_choose_line(0x00000004, is_used, &gsi));
    assert_int_equal(gsi, 2);
    gsi = 99;
    assert_false(hpet_choose_line(0, is_used, &gsi));
    assert_int_equal(gsi, 99);
}

/* The probe. */

static void without_its_table_an_hpet_is_missing(void **unused)
{
    (void)unused;
    fake_hpet.has_table = false;

    assert_int_equal(hpet.probe(&edge), IVM_NO_SUCH_DEVICE);
}

static void a_period_that_no_hpet_has_is_named(void **unused)
{
    (void)unused;
    static const uint32_t bad[] = {0, 100000001, UINT32_MAX};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        fake_hpet.words[1] = bad[i];
        assert_int_equal(hpet.probe(&edge), IVM_UNSUPPORTED);
    }
    assert_int_equal(fake_log_text_count("is not an HPET's"), 3);
}

static void a_probe_stops_firmware_s_timers_and_legacy_routes(void **unused)
{
    (void)unused;
    assert_int_equal(hpet.probe(&edge), IVM_OK);

    assert_int_equal(fake_hpet.words[0x10 / 4], CONF_RUN);
    for (unsigned n = 0; n < FAKE_HPET_TIMERS; n++)
        assert_int_equal(*fake_hpet_timer(n, 0) & TIMER_ENABLE, 0);
}

static void the_two_devices_are_an_edge_and_a_level_on_timers_of_their_own(void **unused)
{
    (void)unused;
    assert_int_equal(hpet.probe(&edge), IVM_OK);
    assert_int_equal(hpet.probe(&level), IVM_OK);

    assert_int_equal(states[0].number, 0);
    assert_int_equal(states[1].number, 1);
    assert_true(edge.has_line && edge.line.trigger == IVM_EDGE);
    assert_true(level.has_line && level.line.trigger == IVM_LEVEL);
    assert_int_equal(*fake_hpet_timer(0, 0),
                     TIMER_64 | 1 << 4 | edge.line.gsi << TIMER_ROUTE_SHIFT);
    assert_int_equal(*fake_hpet_timer(1, 0),
                     TIMER_64 | 1 << 4 | TIMER_LEVEL | level.line.gsi << TIMER_ROUTE_SHIFT);
    assert_string_equal(edge.line.known_from, "HPET route mask");
}

static void a_block_of_one_timer_has_no_second_device(void **unused)
{
    (void)unused;
    fake_hpet.words[0] = 0x8086A001;

    assert_int_equal(hpet.probe(&edge), IVM_OK);
    assert_int_equal(hpet.probe(&level), IVM_UNSUPPORTED);
}

static void a_timer_that_no_line_is_wired_to_is_passed_over(void **unused)
{
    (void)unused;
    *fake_hpet_timer(0, 4) = 0;

    assert_int_equal(hpet.probe(&edge), IVM_OK);

    assert_int_equal(states[0].number, 1);
}

/* Interrupts. */

static void a_fire_of_the_edge_matches_once_and_is_claimed_once(void **unused)
{
    (void)unused;
    hpet.fire(&edge);
    assert_int_equal(hpet.routine(&edge), IVM_NOT_MINE); /* not yet */
    fake_hpet_advance_to(fake_hpet.counter + 25000);

    assert_int_equal(fake_hpet.fired[0], 1);
    assert_int_equal(hpet.routine(&edge), IVM_HANDLED);
    assert_int_equal(hpet.routine(&edge), IVM_NOT_MINE);
    assert_int_equal(*fake_hpet_timer(0, 0) & TIMER_ENABLE, 0);
    assert_true(fake_cpu.interrupts_on);
}

static void a_fire_of_the_level_is_told_by_its_status_bit_and_cleared(void **unused)
{
    (void)unused;
    hpet.fire(&level);
    fake_hpet.words[0x20 / 4] |= 1; /* another timer's */
    assert_int_equal(hpet.routine(&level), IVM_NOT_MINE);
    fake_hpet_advance_to(fake_hpet.counter + 25000);

    assert_int_equal(hpet.routine(&level), IVM_HANDLED);
    assert_int_equal(fake_hpet.words[0x20 / 4], 1);
    assert_int_equal(hpet.routine(&level), IVM_NOT_MINE);
    assert_int_equal(fake_hpet.fired[1], 1);
}

static void the_level_is_disabled_before_its_status_is_cleared(void **unused)
{
    (void)unused;
    hpet.fire(&level);
    fake_hpet_advance_to(fake_hpet.counter + 25000);
    fake_log_clear();

    assert_int_equal(hpet.routine(&level), IVM_HANDLED);

    size_t off = fake_log_find(0, FAKE_MMIO_WRITE, FAKE_HPET_BASE + 0x120);
    size_t cleared = fake_log_find(0, FAKE_MMIO_WRITE, FAKE_HPET_BASE + 0x20);
    assert_true(off < cleared && cleared < fake_log_count());
    fake_log_expect(cleared, FAKE_MMIO_WRITE, FAKE_HPET_BASE + 0x20, 2);
}

static void a_comparator_is_set_while_its_timer_is_off_with_interrupts_off(void **unused)
{
    (void)unused;
    fake_log_clear();

    hpet.fire(&edge);

    size_t low = fake_log_find(0, FAKE_MMIO_WRITE, FAKE_HPET_BASE + 0x108);
    size_t high = fake_log_find(0, FAKE_MMIO_WRITE, FAKE_HPET_BASE + 0x10C);
    size_t on = fake_log_find(0, FAKE_MMIO_WRITE, FAKE_HPET_BASE + 0x100);
    assert_true(low < on && high < on && on < fake_log_count());
    assert_int_equal(fake_log_count_of(FAKE_MMIO_WRITE, FAKE_HPET_BASE + 0x100), 1);
    for (size_t i = 0; i < fake_log_count(); i++)
        assert_true(fake_log_at(i)->kind == FAKE_CPU || !fake_log_at(i)->interrupts_on);
    assert_int_equal(*fake_hpet_timer(0, 8), (uint32_t)(fake_hpet.counter + 25000));
    assert_int_equal(*fake_hpet_timer(0, 12), 0x00000007 + (0xFFFF0000U + 25000U < 25000U));
}

static void a_counter_that_wraps_between_its_halves_is_read_right(void **unused)
{
    (void)unused;
    fake_hpet.counter_step = 1;
    for (uint64_t start = 0x00000004FFFFFFF0; start <= 0x0000000500000000; start++) {
        fake_hpet.counter = start;

        uint64_t read = hpet_counter();

        assert_true(read >= start && read <= start + 3);
    }
}

static void a_narrow_timer_compares_32_bits_across_the_wrap(void **unused)
{
    (void)unused;
    fake_hpet.words[0] &= ~(uint32_t)CAP_COUNTER_64;
    fake_hpet.counter = 0xFFFFFF00;
    assert_int_equal(hpet.probe(&edge), IVM_OK);
    assert_int_equal(*fake_hpet_timer(0, 0) & TIMER_32, TIMER_32);

    hpet.fire(&edge);
    assert_int_equal(*fake_hpet_timer(0, 8), (uint32_t)(0xFFFFFF00U + 25000U));
    assert_int_equal(*fake_hpet_timer(0, 12), 0);
    assert_int_equal(hpet.routine(&edge), IVM_NOT_MINE);
    fake_hpet.counter = 24999;

    assert_int_equal(hpet.routine(&edge), IVM_HANDLED);
}

static void quiet_takes_a_fire_back(void **unused)
{
    (void)unused;
    hpet.fire(&edge);
    hpet.fire(&level);
    fake_hpet_advance_to(fake_hpet.counter + 25000);

    hpet.quiet(&edge);
    hpet.quiet(&level);
    fake_hpet_advance_to(fake_hpet.counter + 25000);

    assert_int_equal(hpet.routine(&edge), IVM_NOT_MINE);
    assert_int_equal(hpet.routine(&level), IVM_NOT_MINE);
    assert_int_equal(fake_hpet.fired[0] + fake_hpet.fired[1], 2);
}

static void a_stopped_timer_is_the_first_that_is_taken_again(void **unused)
{
    (void)unused;
    hpet.fire(&level);

    hpet.stop(&edge);
    edge.has_line = false;
    assert_int_equal(hpet.probe(&edge), IVM_OK);

    assert_int_equal(states[0].number, 0);
    fake_hpet_advance_to(fake_hpet.counter + 25000); /* the other was left alone */
    assert_int_equal(hpet.routine(&level), IVM_HANDLED);
}

static void without_messages_the_third_is_said_to_have_none(void **unused)
{
    (void)unused;
    assert_int_equal(hpet.probe(&message), IVM_UNSUPPORTED);

    assert_int_equal(message.own_message, 0);
    assert_int_equal(fake_log_text_count("hpet2: no timer is left that can send"), 1);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup(test, set_up)
#define P(test) cmocka_unit_test_setup(test, set_up_probed)
    const struct CMUnitTest tests[] = {
        T(a_table_s_base_is_its_address_in_memory),
        T(a_free_line_above_the_isa_lines_is_chosen_first),
        T(with_every_line_in_use_one_of_them_is_chosen),
        T(without_its_table_an_hpet_is_missing),
        T(a_period_that_no_hpet_has_is_named),
        T(a_probe_stops_firmware_s_timers_and_legacy_routes),
        T(the_two_devices_are_an_edge_and_a_level_on_timers_of_their_own),
        T(a_block_of_one_timer_has_no_second_device),
        T(a_timer_that_no_line_is_wired_to_is_passed_over),
        P(a_fire_of_the_edge_matches_once_and_is_claimed_once),
        P(a_fire_of_the_level_is_told_by_its_status_bit_and_cleared),
        P(the_level_is_disabled_before_its_status_is_cleared),
        P(a_comparator_is_set_while_its_timer_is_off_with_interrupts_off),
        P(a_counter_that_wraps_between_its_halves_is_read_right),
        T(a_narrow_timer_compares_32_bits_across_the_wrap),
        P(quiet_takes_a_fire_back),
        P(a_stopped_timer_is_the_first_that_is_taken_again),
        P(without_messages_the_third_is_said_to_have_none),
    };
#undef T
#undef P
    return cmocka_run_group_tests_name("hpet", tests, NULL, NULL);
}
