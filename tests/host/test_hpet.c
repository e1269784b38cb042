/* test_hpet.c: the HPET driver against a model of the block and its timers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fake/hardware.h"
#include "fake/system.h"

/* NOLINTNEXTLINE(bugprone-suspicious-include): a driver has no name outside its file */
#include "drivers/hpet.c"

#define BASE UINT32_C(0xFED00000)
enum { TIMERS = 3, PERIOD_FS = 10000000 /* 100 MHz */ };

static uint8_t table[56];
static bool has_table;
static uint32_t words[0x400 / 4];
static uint64_t counter;
static uint32_t counter_step; /* added by each read of a half */
static unsigned fired[TIMERS];
static struct hpet states[2];
static struct ivm_device edge, level;

bool ivm_acpi_table(const char signature[4], const void **out, size_t *length)
{
    if (!has_table || memcmp(signature, "HPET", 4) != 0)
        return false;
    *out = table;
    *length = sizeof table;
    return true;
}

static uint64_t read_model(void *context, uint64_t offset, unsigned width)
{
    (void)context;
    if (width != 4)
        fake_complain("the HPET takes 32 bits only");
    if (offset == 0xF0 || offset == 0xF4) {
        uint32_t half = (uint32_t)(offset == 0xF0 ? counter : counter >> 32);
        counter += counter_step;
        return half;
    }
    return words[offset / 4];
}

static void write_model(void *context, uint64_t offset, unsigned width, uint64_t value)
{
    (void)context;
    if (width != 4)
        fake_complain("the HPET takes 32 bits only");
    uint32_t at = (uint32_t)offset / 4;
    if (offset == 0x20)
        words[at] &= ~(uint32_t)value;
    else if (offset >= 0x100 && (offset & 0x1F) == 4)
        fake_complain("a write to a timer's route mask");
    else
        words[at] = (uint32_t)value;
}

static uint32_t *timer_word(unsigned number, unsigned offset)
{
    return &words[(0x100 + number * 0x20 + offset) / 4];
}

/* Time passes to a comparator or beyond: what the timers do then. */
static void advance_to(uint64_t to)
{
    for (unsigned n = 0; n < TIMERS; n++) {
        uint32_t configuration = *timer_word(n, 0);
        bool wide = (configuration & TIMER_32) == 0;
        uint64_t comparator = *timer_word(n, 8) | (uint64_t)*timer_word(n, 12) << 32;
        uint64_t from = wide ? counter : (uint32_t)counter;
        uint64_t end = wide ? to : from + (to - counter);
        bool match = comparator > from && comparator <= end;
        if ((configuration & TIMER_ENABLE) == 0 || !match)
            continue;
        fired[n]++;
        if ((configuration & TIMER_LEVEL) != 0)
            words[0x20 / 4] |= 1U << n;
    }
    counter = to;
}

static int set_up(void **unused)
{
    (void)unused;
    fake_hardware_reset();
    fake_system_reset();
    fake_cpu.interrupts_on = true;
    devices_start(NULL);
    fake_mmio_device(BASE, 0x400, read_model, write_model, NULL);
    memset(words, 0, sizeof words);
    memset(table, 0, sizeof table);
    table[44 + 2] = 0xD0;
    table[44 + 3] = 0xFE;
    has_table = true;
    words[0] = 0x8086A201;
    words[1] = PERIOD_FS;
    for (unsigned n = 0; n < TIMERS; n++) {
        *timer_word(n, 0) = TIMER_64 | 1 << 4 | TIMER_ENABLE;
        *timer_word(n, 4) = 0x00FF0104;
        fired[n] = 0;
    }
    words[0x10 / 4] = CONF_LEGACY;
    counter = 0x00000007FFFF0000;
    counter_step = 0;
    memset(&block, 0, sizeof block);
    memset(states, 0, sizeof states);
    edge = (struct ivm_device){
        .name = "hpet0", .state = &states[0], .match = &matches[EDGE_ROW]};
    level = (struct ivm_device){
        .name = "hpet1", .state = &states[1], .match = &matches[LEVEL_ROW]};
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
        table[44 + i] = (uint8_t)(0x10 * (i + 1));

    assert_true(hpet_table_base(table, sizeof table) == 0x8070605040302010);
    assert_true(hpet_table_base(table, sizeof table - 1) == 0);
    table[44] = 0x14; /* not aligned */
    assert_true(hpet_table_base(table, sizeof table) == 0);
    table[44] = 0x10;
    table[40] = 1; /* ports */
    assert_true(hpet_table_base(table, sizeof table) == 0);
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
    has_table = false;

    assert_int_equal(hpet.probe(&edge), IVM_NO_SUCH_DEVICE);
}

static void a_period_that_no_hpet_has_is_named(void **unused)
{
    (void)unused;
    static const uint32_t bad[] = {0, 100000001, UINT32_MAX};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        words[1] = bad[i];
        assert_int_equal(hpet.probe(&edge), IVM_UNSUPPORTED);
    }
    assert_int_equal(fake_log_text_count("is not an HPET's"), 3);
}

static void a_probe_stops_firmware_s_timers_and_legacy_routes(void **unused)
{
    (void)unused;
    assert_int_equal(hpet.probe(&edge), IVM_OK);

    assert_int_equal(words[0x10 / 4], CONF_RUN);
    for (unsigned n = 0; n < TIMERS; n++)
        assert_int_equal(*timer_word(n, 0) & TIMER_ENABLE, 0);
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
    assert_int_equal(*timer_word(0, 0),
                     TIMER_64 | 1 << 4 | edge.line.gsi << TIMER_ROUTE_SHIFT);
    assert_int_equal(*timer_word(1, 0),
                     TIMER_64 | 1 << 4 | TIMER_LEVEL | level.line.gsi << TIMER_ROUTE_SHIFT);
    assert_string_equal(edge.line.known_from, "HPET route mask");
}

static void a_block_of_one_timer_has_no_second_device(void **unused)
{
    (void)unused;
    words[0] = 0x8086A001;

    assert_int_equal(hpet.probe(&edge), IVM_OK);
    assert_int_equal(hpet.probe(&level), IVM_UNSUPPORTED);
}

static void a_timer_that_no_line_is_wired_to_is_passed_over(void **unused)
{
    (void)unused;
    *timer_word(0, 4) = 0;

    assert_int_equal(hpet.probe(&edge), IVM_OK);

    assert_int_equal(states[0].number, 1);
}

/* Interrupts. */

static void a_fire_of_the_edge_matches_once_and_is_claimed_once(void **unused)
{
    (void)unused;
    hpet.fire(&edge);
    assert_int_equal(hpet.routine(&edge), IVM_NOT_MINE); /* not yet */
    advance_to(counter + 25000);

    assert_int_equal(fired[0], 1);
    assert_int_equal(hpet.routine(&edge), IVM_HANDLED);
    assert_int_equal(hpet.routine(&edge), IVM_NOT_MINE);
    assert_int_equal(*timer_word(0, 0) & TIMER_ENABLE, 0);
    assert_true(fake_cpu.interrupts_on);
}

static void a_fire_of_the_level_is_told_by_its_status_bit_and_cleared(void **unused)
{
    (void)unused;
    hpet.fire(&level);
    words[0x20 / 4] |= 1; /* another timer's */
    assert_int_equal(hpet.routine(&level), IVM_NOT_MINE);
    advance_to(counter + 25000);

    assert_int_equal(hpet.routine(&level), IVM_HANDLED);
    assert_int_equal(words[0x20 / 4], 1);
    assert_int_equal(hpet.routine(&level), IVM_NOT_MINE);
    assert_int_equal(fired[1], 1);
}

static void the_level_is_disabled_before_its_status_is_cleared(void **unused)
{
    (void)unused;
    hpet.fire(&level);
    advance_to(counter + 25000);
    fake_log_clear();

    assert_int_equal(hpet.routine(&level), IVM_HANDLED);

    size_t off = fake_log_find(0, FAKE_MMIO_WRITE, BASE + 0x120);
    size_t cleared = fake_log_find(0, FAKE_MMIO_WRITE, BASE + 0x20);
    assert_true(off < cleared && cleared < fake_log_count());
    fake_log_expect(cleared, FAKE_MMIO_WRITE, BASE + 0x20, 2);
}

static void a_comparator_is_set_while_its_timer_is_off_with_interrupts_off(void **unused)
{
    (void)unused;
    fake_log_clear();

    hpet.fire(&edge);

    size_t low = fake_log_find(0, FAKE_MMIO_WRITE, BASE + 0x108);
    size_t high = fake_log_find(0, FAKE_MMIO_WRITE, BASE + 0x10C);
    size_t on = fake_log_find(0, FAKE_MMIO_WRITE, BASE + 0x100);
    assert_true(low < on && high < on && on < fake_log_count());
    assert_int_equal(fake_log_count_of(FAKE_MMIO_WRITE, BASE + 0x100), 1);
    for (size_t i = 0; i < fake_log_count(); i++)
        assert_true(fake_log_at(i)->kind == FAKE_CPU || !fake_log_at(i)->interrupts_on);
    assert_int_equal(*timer_word(0, 8), (uint32_t)(counter + 25000));
    assert_int_equal(*timer_word(0, 12), 0x00000007 + (0xFFFF0000U + 25000U < 25000U));
}

static void a_counter_that_wraps_between_its_halves_is_read_right(void **unused)
{
    (void)unused;
    counter_step = 1;
    for (uint64_t start = 0x00000004FFFFFFF0; start <= 0x0000000500000000; start++) {
        counter = start;

        uint64_t read = read_counter();

        assert_true(read >= start && read <= start + 3);
    }
}

static void a_narrow_timer_compares_32_bits_across_the_wrap(void **unused)
{
    (void)unused;
    words[0] &= ~(uint32_t)CAP_COUNTER_64;
    counter = 0xFFFFFF00;
    assert_int_equal(hpet.probe(&edge), IVM_OK);
    assert_int_equal(*timer_word(0, 0) & TIMER_32, TIMER_32);

    hpet.fire(&edge);
    assert_int_equal(*timer_word(0, 8), (uint32_t)(0xFFFFFF00U + 25000U));
    assert_int_equal(*timer_word(0, 12), 0);
    assert_int_equal(hpet.routine(&edge), IVM_NOT_MINE);
    counter = 24999;

    assert_int_equal(hpet.routine(&edge), IVM_HANDLED);
}

static void quiet_takes_a_fire_back(void **unused)
{
    (void)unused;
    hpet.fire(&edge);
    hpet.fire(&level);
    advance_to(counter + 25000);

    hpet.quiet(&edge);
    hpet.quiet(&level);
    advance_to(counter + 25000);

    assert_int_equal(hpet.routine(&edge), IVM_NOT_MINE);
    assert_int_equal(hpet.routine(&level), IVM_NOT_MINE);
    assert_int_equal(fired[0] + fired[1], 2);
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
    };
#undef T
#undef P
    return cmocka_run_group_tests_name("hpet", tests, NULL, NULL);
}
