/* test_wdm_time.c: timers and clocks, by the calls of an image and by the tick. */
#include "fake/world.h"

#include <string.h>

#include <ivm/level.h>

#include "fake/system.h"
#include "fake/wdm.h"
#include "kernel/machine.h"
#include "kernel/wdm/level_calls.h"
#include "kernel/wdm/objects.h"
#include "kernel/wdm/time_calls.h"
#include "kernel/wdm/wait_calls.h"

enum { ONCE = 0, MS = 10000, NS = 100 };

static struct nt_timer timer, earlier, later;
static struct nt_dpc dpc;
static unsigned calls;
static void *last_context;

/* Time begins once in a program. */
static void (*tick)(void);

/* The two images of fake/wdm.h, and not those of another fake. */
struct image *image_at(size_t index)
{
    return index == 0 ? &fake_wdm.image : index == 1 ? &fake_wdm.other : NULL;
}

static NT_API uint64_t routine(struct nt_dpc *called, void *context, void *one, void *two)
{
    (void)one, (void)two;
    assert_ptr_equal(called, &dpc);
    calls++;
    last_context = context;
    return 0;
}

static int start(void **state)
{
    world_two_cpus(state);
    fake_system_reset();
    fake_wdm_reset();
    fake_system.step_ns = 0;
    calls = 0;
    timers_drop_in(NULL, SIZE_MAX);
    time_start();
    if (fake_wdm.tick != NULL)
        tick = fake_wdm.tick;
    memset(&timer, 0xA5, sizeof timer); /* nobody may count on zeros */
    memset(&dpc, 0xA5, sizeof dpc);
    KeInitializeTimer(&timer);
    KeInitializeTimerEx(&earlier, 0);
    KeInitializeTimer(&later);
    KeInitializeDpc(&dpc, FAKE_CODE(routine), "context");
    return 0;
}

/* Let time pass, and the clock tick then, at its level. */
static void pass(uint64_t ms)
{
    fake_system.now_ns += ms * MS * NS;
    machine_set_priority(IVM_CLOCK);
    tick();
    machine_set_priority(0);
}

static void a_timer_begins_unsignalled_and_of_its_type(void **state)
{
    (void)state;
    assert_int_equal(KeReadStateTimer(&timer), NT_FALSE);
    assert_int_equal(timer.header.type, NT_NOTIFICATION_TIMER);
    assert_ptr_equal(timer.header.waiters.next, &timer.header.waiters);
    KeInitializeTimerEx(&timer, 1);
    assert_int_equal(timer.header.type, NT_SYNCHRONIZATION_TIMER);
}

static void a_timer_is_signalled_at_the_first_tick_from_its_due_time_on(void **state)
{
    (void)state;
    assert_false(KeSetTimer(&timer, -10 * MS, NULL));
    pass(9);
    assert_false(KeReadStateTimer(&timer));
    pass(1);
    assert_true(KeReadStateTimer(&timer));
    assert_true(fake_wdm.wakes != 0);
    assert_false(KeCancelTimer(&timer)); /* it does not run any more */
}

static void its_deferred_call_runs_once(void **state)
{
    (void)state;
    KeSetTimer(&timer, -10 * MS, &dpc);
    pass(9);
    assert_int_equal(calls, 0);
    pass(20);
    assert_int_equal(calls, 1);
    assert_string_equal(last_context, "context");
    pass(20);
    assert_int_equal(calls, 1);
}

static void setting_it_again_cancels_what_was_set(void **state)
{
    (void)state;
    assert_false(KeSetTimer(&timer, -10 * MS, &dpc));
    assert_true(KeSetTimer(&timer, -30 * MS, &dpc));
    pass(20);
    assert_int_equal(calls, 0);
    pass(20);
    assert_int_equal(calls, 1);
    assert_true(KeReadStateTimer(&timer));
    assert_false(KeSetTimer(&timer, -10 * MS, NULL)); /* was over; is unsignalled again */
    assert_false(KeReadStateTimer(&timer));
}

static void a_cancelled_timer_does_nothing(void **state)
{
    (void)state;
    KeSetTimer(&timer, -10 * MS, &dpc);
    assert_true(KeCancelTimer(&timer));
    assert_false(KeCancelTimer(&timer));
    pass(100);
    assert_int_equal(calls, 0);
    assert_false(KeReadStateTimer(&timer));
}

static void an_absolute_time_is_a_system_time(void **state)
{
    (void)state;
    fake_wdm.system_time = 5000 * (uint64_t)MS;
    KeSetTimer(&timer, 5010 * MS, &dpc);
    pass(9);
    assert_int_equal(calls, 0);
    pass(1);
    assert_int_equal(calls, 1);
}

static void what_is_due_already_happens_at_once(void **state)
{
    (void)state;
    fake_wdm.system_time = 5000 * (uint64_t)MS;
    assert_false(KeSetTimer(&timer, 4999 * MS, &dpc));
    assert_int_equal(calls, 1);
    assert_true(KeReadStateTimer(&timer));
    assert_false(KeSetTimer(&timer, 0, &dpc));
    assert_int_equal(calls, 2);
    assert_false(KeCancelTimer(&timer));
}

static void timers_expire_in_the_order_of_their_due_times(void **state)
{
    (void)state;
    KeSetTimer(&later, -30 * MS, NULL);
    KeSetTimer(&timer, -20 * MS, NULL);
    KeSetTimer(&earlier, -10 * MS, NULL);
    pass(10);
    assert_true(KeReadStateTimer(&earlier));
    assert_false(KeReadStateTimer(&timer));
    pass(10);
    assert_true(KeReadStateTimer(&timer));
    assert_false(KeReadStateTimer(&later));
    pass(10);
    assert_true(KeReadStateTimer(&later));
}

static void a_periodic_timer_comes_again_until_it_is_cancelled(void **state)
{
    (void)state;
    KeSetTimerEx(&timer, -10 * MS, 20, &dpc);
    pass(10);
    assert_int_equal(calls, 1);
    pass(19);
    assert_int_equal(calls, 1);
    pass(1);
    assert_int_equal(calls, 2);
    pass(1003); /* what was missed is not made up for */
    assert_int_equal(calls, 3);
    pass(19);
    assert_int_equal(calls, 3);
    pass(1);
    assert_int_equal(calls, 4);
    assert_true(KeCancelTimer(&timer));
    pass(100);
    assert_int_equal(calls, 4);
}

static void a_period_keeps_its_pace(void **state)
{
    (void)state;
    KeSetTimerEx(&timer, -10 * MS, 20, &dpc);
    pass(15); /* five late: the next is due at 30 all the same */
    assert_int_equal(calls, 1);
    pass(15);
    assert_int_equal(calls, 2);
}

static void a_period_below_zero_is_none(void **state)
{
    (void)state;
    KeSetTimerEx(&timer, -10 * MS, -5, &dpc);
    pass(10);
    pass(100);
    assert_int_equal(calls, 1);
}

static void time_passes(void)
{
    pass(16);
}

static void a_timer_can_be_waited_for(void **state)
{
    (void)state;
    const int64_t no_time = 0;
    fake_wdm.on_sleep = time_passes;
    KeSetTimer(&timer, -20 * MS, NULL);
    assert_int_equal(KeWaitForSingleObject(&timer.header, 0, 0, 0, NULL), NT_SUCCESS);
    assert_int_equal(KeWaitForSingleObject(&timer.header, 0, 0, 0, &no_time), NT_SUCCESS);
    KeInitializeTimerEx(&timer, 1);
    KeSetTimer(&timer, -20 * MS, NULL);
    assert_int_equal(KeWaitForSingleObject(&timer.header, 0, 0, 0, NULL), NT_SUCCESS);
    assert_int_equal(KeWaitForSingleObject(&timer.header, 0, 0, 0, &no_time), NT_TIMEOUT);
}

static void a_timer_can_be_set_at_dispatch_level(void **state)
{
    (void)state;
    machine_set_priority(IVM_DISPATCH);
    KeSetTimer(&timer, -10 * MS, &dpc);
    machine_set_priority(0);
    pass(10);
    assert_int_equal(calls, 1);
}

static void what_an_image_leaves_running_is_named_and_cancelled(void **state)
{
    (void)state;
    KeSetTimerEx(&timer, -10 * MS, 7, &dpc);
    KeSetTimer(&later, -10 * MS, NULL);
    fake_wdm.is_other = true;
    KeSetTimer(&earlier, -10 * MS, NULL);
    assert_int_equal(timers_drop(&fake_wdm.image), 2);
    assert_int_equal(fake_log_text_count("test.sys: left the timer at 0x"), 2);
    assert_int_equal(fake_log_text_count("every 7 ms"), 1);
    assert_int_equal(timers_drop(&fake_wdm.image), 0);
    pass(10);
    assert_int_equal(calls, 0);
    assert_true(KeReadStateTimer(&earlier)); /* another's */
    assert_false(KeCancelTimer(&timer));
}

static void whose_a_timer_is_shows_by_its_call_or_its_place(void **state)
{
    (void)state;
    fake_wdm.only = (const void *)(uintptr_t)routine; /* who sets it is not known */
    KeSetTimer(&timer, -10 * MS, &dpc);
    KeSetTimer(&earlier, -10 * MS, NULL);
    assert_int_equal(timers_drop(&fake_wdm.image), 1);
    assert_false(KeCancelTimer(&timer));
    assert_true(KeCancelTimer(&earlier)); /* nobody's */
    fake_wdm.only = &earlier;
    KeSetTimer(&earlier, -10 * MS, NULL);
    assert_int_equal(timers_drop(&fake_wdm.image), 1);
}

static void initializing_a_timer_that_runs_cancels_it(void **state)
{
    (void)state;
    KeSetTimer(&earlier, -5 * MS, NULL);
    KeSetTimer(&timer, -10 * MS, &dpc);
    KeSetTimer(&later, -15 * MS, NULL);
    KeInitializeTimer(&timer);
    assert_int_equal(fake_log_text_count("initializes a timer that runs"), 1);
    pass(20);
    assert_int_equal(calls, 0);
    assert_true(KeReadStateTimer(&earlier));
    assert_true(KeReadStateTimer(&later));
}

static void timers_in_memory_that_goes_are_cancelled(void **state)
{
    (void)state;
    struct nt_timer some[3];
    for (unsigned i = 0; i < 3; i++) {
        KeInitializeTimer(&some[i]);
        KeSetTimer(&some[i], -10 * MS, NULL);
    }
    assert_int_equal(timers_drop_in(&some[1], sizeof some[1]), 1);
    assert_false(KeCancelTimer(&some[1]));
    assert_int_equal(timers_drop_in(some, sizeof some), 2);
    assert_int_equal(timers_drop_in(some, sizeof some), 0);
}

static void a_tick_tells_the_page_of_times(void **state)
{
    (void)state;
    fake_wdm.system_time = 777;
    fake_system.now_ns = 0;
    pass(1000);
    assert_int_equal(fake_wdm.times[0], 10000000);
    assert_int_equal(fake_wdm.times[1], 777);
    assert_int_equal(fake_wdm.times[2], 64);
    assert_int_equal(KeQueryInterruptTime(), 10000000);
    fake_system.now_ns += 5000000; /* between two ticks: as the page has it */
    assert_int_equal(KeQueryInterruptTime(), 10000000);
}

static void a_tick_lets_those_who_sleep_look(void **state)
{
    (void)state;
    uint32_t wakes = fake_wdm.wakes;
    pass(1);
    assert_int_equal(fake_wdm.wakes, wakes + 1);
}

static void time_begins_once(void **state)
{
    (void)state;
    fake_wdm.tick = NULL;
    time_start();
    assert_null(fake_wdm.tick);
    assert_non_null(tick);
}

static void the_clocks_of_drivers(void **state)
{
    (void)state;
    int64_t frequency = 0, time = 0;
    fake_system.now_ns = 12345678;
    assert_int_equal(KeQueryPerformanceCounter(&frequency), 123456);
    assert_int_equal(frequency, 10000000);
    assert_int_equal(KeQueryPerformanceCounter(NULL), 123456);
    assert_int_equal(KeQueryTimeIncrement(), 156250);
    fake_wdm.system_time = 132000000000000000;
    KeQuerySystemTimePrecise(&time);
    assert_int_equal(time, 132000000000000000);
}

static void a_stall_lasts_its_microseconds(void **state)
{
    (void)state;
    fake_system.step_ns = 10;
    fake_system.now_ns = 0;
    machine_set_priority(IVM_HIGH);
    KeStallExecutionProcessor(50);
    machine_set_priority(0);
    assert_in_range(fake_system.now_ns, 50000, 50100);
    KeStallExecutionProcessor(0);
    assert_in_range(fake_system.now_ns, 50000, 50200);
}

#define TEST(claim) cmocka_unit_test_setup_teardown(claim, start, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_timer_begins_unsignalled_and_of_its_type),
        TEST(a_timer_is_signalled_at_the_first_tick_from_its_due_time_on),
        TEST(its_deferred_call_runs_once),
        TEST(setting_it_again_cancels_what_was_set),
        TEST(a_cancelled_timer_does_nothing),
        TEST(an_absolute_time_is_a_system_time),
        TEST(what_is_due_already_happens_at_once),
        TEST(timers_expire_in_the_order_of_their_due_times),
        TEST(a_periodic_timer_comes_again_until_it_is_cancelled),
        TEST(a_period_keeps_its_pace),
        TEST(a_period_below_zero_is_none),
        TEST(a_timer_can_be_waited_for),
        TEST(a_timer_can_be_set_at_dispatch_level),
        TEST(what_an_image_leaves_running_is_named_and_cancelled),
        TEST(whose_a_timer_is_shows_by_its_call_or_its_place),
        TEST(initializing_a_timer_that_runs_cancels_it),
        TEST(timers_in_memory_that_goes_are_cancelled),
        TEST(a_tick_tells_the_page_of_times),
        TEST(a_tick_lets_those_who_sleep_look),
        TEST(time_begins_once),
        TEST(the_clocks_of_drivers),
        TEST(a_stall_lasts_its_microseconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
