/* test_clock.c: nanoseconds from ticks, and waits that end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ivm/system.h>
#include <machine/hot.h>

#include "kernel/system/clock.h"

static uint64_t ticks; /* of the counter under the clock */
static uint64_t step;  /* added by each reading */

static unsigned pauses;

void machine_relax(void)
{
    pauses++;
}

static uint64_t read_ticks(void)
{
    ticks += step;
    return ticks;
}

static void start(uint64_t ticks_per_second)
{
    step = 0;
    clock_start(&(struct clock_source){.ticks = read_ticks,
                                       .ticks_per_second = ticks_per_second,
                                       .how = "test counter",
                                       .accuracy = "exact"});
}

struct question {
    unsigned asked;
    unsigned true_at; /* holds from this asking on; 0: never */
};

static bool ask(void *context)
{
    struct question *question = context;
    question->asked++;
    return question->true_at != 0 && question->asked >= question->true_at;
}

static void before_the_start_time_is_zero_and_waits_end(void **state)
{
    (void)state;
    struct question never = {0}, third = {.true_at = 3};

    assert_int_equal(ivm_clock_ns(), 0);
    assert_false(ivm_wait_until(ask, &never, 1));
    assert_true(ivm_wait_until(ask, &third, 1));

    assert_int_equal(never.asked, CLOCK_POLLS_BEFORE_START);
    assert_int_equal(third.asked, 3);
}

static void time_begins_at_zero_and_follows_the_counter(void **state)
{
    (void)state;
    ticks = 123456789;
    start(1000000000);

    assert_int_equal(ivm_clock_ns(), 0);
    ticks += 5;
    assert_int_equal(ivm_clock_ns(), 5);
    ticks += 1000000000;
    assert_int_equal(ivm_clock_ns(), 1000000005);
}

static void no_rate_is_wrong_by_more_than_a_billionth(void **state)
{
    (void)state;
    static const uint64_t rates[] = {1,          32768,      1193182,
                                     3579545,    14318180,   999999937,
                                     2299998123, 5000000000, 15999999999};
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        ticks = 0;
        start(rates[i]);
        ticks = rates[i] * 1000;
        uint64_t off = 1000 * UINT64_C(1000000000) - ivm_clock_ns();
        assert_true(off <= 1000);
    }
}

static void years_do_not_overflow(void **state)
{
    (void)state;
    const uint64_t century = UINT64_C(100) * 365 * 86400;
    ticks = 0;
    start(5000000000);

    ticks = century * 2500000000;
    uint64_t half = ivm_clock_ns();
    ticks = century * 5000000000;

    assert_in_range(half, century * 499999999, century * 500000000);
    assert_in_range(ivm_clock_ns(), century * 999999999, century * 1000000000);
}

static void a_counter_that_goes_back_does_not_take_the_clock_back(void **state)
{
    (void)state;
    ticks = 1000;
    start(1000000000);
    ticks = 2000;
    assert_int_equal(ivm_clock_ns(), 1000);

    ticks = 1500;
    assert_int_equal(ivm_clock_ns(), 1000);
    ticks = 10;
    assert_int_equal(ivm_clock_ns(), 1000);
    ticks = 2001;
    assert_int_equal(ivm_clock_ns(), 1001);
}

static void a_wait_ends_by_its_event(void **state)
{
    (void)state;
    struct question third = {.true_at = 3};
    start(1000000000);
    step = 10;

    pauses = 0;

    assert_true(ivm_wait_until(ask, &third, 1000000));

    assert_int_equal(third.asked, 3);
    assert_int_equal(pauses, 2);
}

static void a_wait_without_its_event_ends_by_its_bound(void **state)
{
    (void)state;
    struct question never = {0};
    start(1000000000);
    step = 10;
    uint64_t before = ticks;

    assert_false(ivm_wait_until(ask, &never, 1000));

    assert_in_range(ticks - before, 1000, 1030);
}

static void a_condition_that_came_true_when_time_was_up_counts(void **state)
{
    (void)state;
    struct question second = {.true_at = 2};
    start(1000000000);
    step = 5000;

    assert_true(ivm_wait_until(ask, &second, 1000));
}

static void a_wait_for_ever_does_not_end_at_once(void **state)
{
    (void)state;
    struct question tenth = {.true_at = 10};
    start(1000000000);
    ticks += 77;
    step = 1;

    assert_true(ivm_wait_until(ask, &tenth, UINT64_MAX));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(before_the_start_time_is_zero_and_waits_end),
        cmocka_unit_test(time_begins_at_zero_and_follows_the_counter),
        cmocka_unit_test(no_rate_is_wrong_by_more_than_a_billionth),
        cmocka_unit_test(years_do_not_overflow),
        cmocka_unit_test(a_counter_that_goes_back_does_not_take_the_clock_back),
        cmocka_unit_test(a_wait_ends_by_its_event),
        cmocka_unit_test(a_wait_without_its_event_ends_by_its_bound),
        cmocka_unit_test(a_condition_that_came_true_when_time_was_up_counts),
        cmocka_unit_test(a_wait_for_ever_does_not_end_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
