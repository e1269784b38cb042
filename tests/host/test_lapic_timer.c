/* test_lapic_timer.c: the timer of the local APIC: measured, started, stopped, in both modes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arch/x86_64/lapic.h"
#include "arch/x86_64/lapic_timer.h"
#include "fake/hardware.h"
#include "fake/lapic_chip.h"
#include "fake/system.h"

enum { ENTRY = 0x32, INITIAL = 0x38, VECTOR = 0xD1, TICK_NS = 15625000 };

static struct lapic_chip chip;

static void begin(bool x2apic, uint64_t hz)
{
    fake_hardware_reset();
    fake_system_reset();
    lapic_chip_start(&chip, x2apic);
    assert_int_equal(lapic_start(), IVM_OK);
    chip.timer_hz = hz;
    fake_log_clear();
}

static void assert_stopped(void)
{
    assert_true((chip.registers[ENTRY] & LAPIC_LVT_MASKED) != 0);
    assert_int_equal(chip.registers[INITIAL], 0);
    assert_int_equal(chip.errors, 0);
}

static void the_rate_is_found_and_a_period_is_as_many_counts(void **state)
{
    (void)state;
    static const uint64_t rates[] = {24000000, 100000000, 133000000, 1000000000};
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        for (int mode = 0; mode < 2; mode++) {
            begin(mode == 1, rates[i]);

            assert_true(lapic_timer_measure());
            assert_stopped();
            assert_int_equal(lapic_timer_start(TICK_NS, VECTOR), IVM_OK);

            uint64_t counts = rates[i] / 16 / 64;
            assert_in_range(chip.registers[INITIAL], counts * 999 / 1000,
                            counts * 1001 / 1000);
            assert_int_equal(chip.registers[ENTRY], LAPIC_LVT_TIMER_PERIODIC | VECTOR);
            assert_int_equal(fake_log_text_count("local APIC timer: "), 1);
        }
    }
}

static void it_counts_only_when_its_entry_says_what_for(void **state)
{
    (void)state;
    begin(false, 1000000000);
    assert_true(lapic_timer_measure());
    fake_log_clear();

    assert_int_equal(lapic_timer_start(TICK_NS, VECTOR), IVM_OK);

    size_t entry = fake_log_find(0, FAKE_MMIO_WRITE, lapic_chip_page + ENTRY * 16);
    size_t first = fake_log_find(0, FAKE_MMIO_WRITE, lapic_chip_page + INITIAL * 16);
    size_t last = fake_log_find(entry, FAKE_MMIO_WRITE, lapic_chip_page + INITIAL * 16);
    assert_true(first < entry && entry < last && last < fake_log_count());
    assert_int_equal(fake_log_at(first)->value, 0);
}

static void when_it_is_stopped_it_is_masked_first(void **state)
{
    (void)state;
    begin(false, 1000000000);
    assert_true(lapic_timer_measure());
    assert_int_equal(lapic_timer_start(TICK_NS, VECTOR), IVM_OK);
    fake_log_clear();

    lapic_timer_stop();

    assert_stopped();
    assert_int_equal(fake_log_at(0)->address, lapic_chip_page + ENTRY * 16);
    lapic_timer_stop();
    assert_stopped();
}

static void a_timer_that_stands_still_is_not_used(void **state)
{
    (void)state;
    begin(false, 0);

    assert_false(lapic_timer_measure());

    assert_int_equal(fake_log_text_count("it does not count"), 1);
    assert_int_equal(lapic_timer_start(TICK_NS, VECTOR), IVM_UNSUPPORTED);
    assert_stopped();
}

static uint64_t pauses_until_normal;

/* The timer runs on while the CPU, a virtual one, does not. */
static void run_ahead(void)
{
    chip.timer_hz = pauses_until_normal > 0 ? 3000000000 : 1000000000;
    if (pauses_until_normal > 0)
        pauses_until_normal--;
}

static void one_wrong_measurement_is_not_believed(void **state)
{
    (void)state;
    begin(false, 1000000000);
    fake_cpu.on_wait = run_ahead;
    pauses_until_normal = 9000; /* of some 10000 in a measurement */

    assert_true(lapic_timer_measure());

    assert_int_equal(lapic_timer_start(TICK_NS, VECTOR), IVM_OK);
    assert_in_range(chip.registers[INITIAL], 970000, 980000);
}

static uint64_t changes;

static void change(void)
{
    chip.timer_hz = 1000000000 + 1000000 * (changes++ / 1000);
}

static void measurements_that_never_agree_are_said_unsteady(void **state)
{
    (void)state;
    begin(false, 1000000000);
    changes = 0;
    fake_cpu.on_wait = change;

    assert_false(lapic_timer_measure());

    assert_int_equal(fake_log_text_count("no two measurements agree"), 1);
    assert_int_equal(lapic_timer_start(TICK_NS, VECTOR), IVM_UNSUPPORTED);
}

static void what_cannot_be_counted_is_refused_and_changes_nothing(void **state)
{
    (void)state;
    static const struct {
        uint64_t ns;
        uint8_t vector;
    } wrong[] = {{0, VECTOR},
                 {7, VECTOR},
                 {69000000000, VECTOR},
                 {UINT64_MAX, VECTOR},
                 {TICK_NS, 15}};
    begin(false, 1000000000);
    assert_true(lapic_timer_measure());
    assert_int_equal(lapic_timer_start(1000000, VECTOR), IVM_OK);
    uint32_t before = chip.registers[INITIAL];

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(lapic_timer_start(wrong[i].ns, wrong[i].vector), IVM_BAD_ARGUMENT);

    assert_int_equal(chip.registers[INITIAL], before);
    assert_int_equal(chip.registers[ENTRY], LAPIC_LVT_TIMER_PERIODIC | VECTOR);
    assert_int_equal(lapic_timer_start(68000000000, VECTOR), IVM_OK);
    assert_int_equal(lapic_timer_start(17, VECTOR), IVM_OK);
    assert_int_equal(chip.registers[INITIAL], 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rate_is_found_and_a_period_is_as_many_counts),
        cmocka_unit_test(it_counts_only_when_its_entry_says_what_for),
        cmocka_unit_test(when_it_is_stopped_it_is_masked_first),
        cmocka_unit_test(a_timer_that_stands_still_is_not_used),
        cmocka_unit_test(one_wrong_measurement_is_not_believed),
        cmocka_unit_test(measurements_that_never_agree_are_said_unsteady),
        cmocka_unit_test(what_cannot_be_counted_is_refused_and_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
