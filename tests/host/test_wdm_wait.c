/* test_wdm_wait.c: how waits end, by their objects or by time, and where nothing can be waited for. */
#include "fake/world.h"

#include <string.h>

#include <ivm/level.h>

#include "fake/system.h"
#include "fake/wdm.h"
#include "kernel/machine.h"
#include "kernel/wdm/stop.h"
#include "kernel/wdm/wait_calls.h"

enum { NOTIFICATION = 0, SYNCHRONIZATION = 1 };

static const int64_t no_time = 0, a_second = -10000000;

static struct nt_event event, other_event;
static unsigned sleeps;

static int start(void **state)
{
    world_two_cpus(state);
    fake_system_reset();
    fake_wdm_reset();
    fake_system.step_ns = 0;
    sleeps = 0;
    memset(&event, 0xA5, sizeof event); /* nobody may count on zeros */
    KeInitializeEvent(&event, NOTIFICATION, NT_FALSE);
    KeInitializeEvent(&other_event, SYNCHRONIZATION, NT_FALSE);
    return 0;
}

static nt_status wait_for(void *object, const int64_t *timeout)
{
    return KeWaitForSingleObject(object, 0, 0, NT_FALSE, timeout);
}

static void half_a_second_passes(void)
{
    sleeps++;
    fake_system.now_ns += 500000000;
}

static void somebody_sets_the_event(void)
{
    sleeps++;
    KeSetEvent(&event, 0, NT_FALSE);
}

static void what_the_mailbox_does_can_end_a_wait_too(void **state)
{
    (void)state;
    fake_wdm.on_serve = somebody_sets_the_event;
    assert_int_equal(wait_for(&event, NULL), NT_SUCCESS);
    assert_int_equal(sleeps, 1);
}

static void mail_comes_late(void)
{
    if (fake_wdm.serves == 3)
        KeSetEvent(&event, 0, NT_FALSE);
}

static void nobody_sleeps_for_ever(void)
{
    if (++sleeps > 100)
        fail_msg("%s", "nobody looks into the mailbox");
}

static void the_mailbox_is_looked_into_after_each_sleep(void **state)
{
    (void)state;
    fake_wdm.on_serve = mail_comes_late;
    fake_wdm.on_sleep = nobody_sleeps_for_ever;
    assert_int_equal(wait_for(&event, NULL), NT_SUCCESS);
    assert_int_equal(sleeps, 2);
}

static void a_relative_timeout_ends_a_wait_when_it_has_passed(void **state)
{
    (void)state;
    fake_wdm.on_sleep = half_a_second_passes;
    assert_int_equal(wait_for(&event, &a_second), NT_TIMEOUT);
    assert_int_equal(sleeps, 2);
}

static void a_timeout_is_not_rounded_down(void **state)
{
    (void)state;
    fake_system.now_ns = 99;
    fake_wdm.on_sleep = half_a_second_passes;
    assert_int_equal(wait_for(&event, &a_second), NT_TIMEOUT);
    assert_int_equal(sleeps, 3); /* one second after 99 ns */
}

static void an_absolute_timeout_is_a_system_time(void **state)
{
    (void)state;
    const int64_t soon = 1000 + 5000001, before = 999;
    fake_wdm.system_time = 1000;
    fake_wdm.on_sleep = half_a_second_passes;
    assert_int_equal(wait_for(&event, &soon), NT_TIMEOUT);
    assert_int_equal(sleeps, 2);
    assert_int_equal(wait_for(&event, &before), NT_TIMEOUT);
    assert_int_equal(sleeps, 2);
}

static void an_object_that_is_set_at_the_last_moment_wins(void **state)
{
    (void)state;
    const int64_t soon = -1;
    fake_wdm.on_sleep = somebody_sets_the_event;
    assert_int_equal(wait_for(&event, &soon), NT_SUCCESS);
    KeResetEvent(&event);
    fake_wdm.on_sleep = half_a_second_passes;
    fake_wdm.on_serve = somebody_sets_the_event;
    assert_int_equal(wait_for(&event, &soon), NT_SUCCESS);
}

static void at_dispatch_level_only_a_look_is_possible(void **state)
{
    (void)state;
    machine_set_priority(IVM_DISPATCH);
    assert_int_equal(wait_for(&event, &no_time), NT_TIMEOUT);
    expect_assert_failure(wait_for(&event, NULL));
    assert_int_equal(fake_wdm.bug_code, BUG_ATTEMPTED_SWITCH_FROM_DPC);
    assert_int_equal(fake_wdm.bug_parameters[0], (uintptr_t)&event);
    assert_int_equal(fake_wdm.bug_parameters[1], IVM_DISPATCH);
    assert_ptr_equal(fake_wdm.bug_image, &fake_wdm.image);
    assert_int_equal(fake_log_text_count("test.sys: waits for an object at DISPATCH"), 1);
    expect_assert_failure(wait_for(&event, &a_second));
    KeSetEvent(&event, 0, NT_FALSE);
    assert_int_equal(wait_for(&event, NULL), NT_SUCCESS); /* it need not wait */
    machine_set_priority(1);
    KeResetEvent(&event);
    fake_wdm.on_sleep = somebody_sets_the_event;
    assert_int_equal(wait_for(&event, NULL), NT_SUCCESS);
    machine_set_priority(0);
}

static void with_interrupts_off_nothing_is_waited_for(void **state)
{
    (void)state;
    model_interrupts(false);
    expect_assert_failure(wait_for(&event, NULL));
    assert_int_equal(fake_wdm.bug_code, BUG_ATTEMPTED_SWITCH_FROM_DPC);
    assert_int_equal(fake_log_text_count("with interrupts off"), 1);
    model_interrupts(true);
}

static void what_is_no_object_is_not_waited_for(void **state)
{
    (void)state;
    event.header.type = 22;
    expect_assert_failure(wait_for(&event, &no_time));
    assert_int_equal(fake_wdm.bug_code, BUG_KMODE_EXCEPTION_NOT_HANDLED);
    assert_int_equal(fake_wdm.bug_parameters[0], 0xC0000024);
}

static void ten_seconds_pass(void)
{
    fake_system.now_ns += UINT64_C(10000000000);
    if (++sleeps == 3)
        KeSetEvent(&event, 0, NT_FALSE);
}

static void a_long_wait_without_an_end_is_named_once(void **state)
{
    (void)state;
    fake_wdm.on_sleep = ten_seconds_pass;
    assert_int_equal(wait_for(&event, NULL), NT_SUCCESS);
    assert_int_equal(fake_log_text_count("test.sys: waits for an object of type 0"), 1);
}

static nt_status wait_for_two(enum nt_wait_type type, const int64_t *timeout)
{
    struct nt_header *const both[] = {&event.header, &other_event.header};
    return KeWaitForMultipleObjects(2, both, type, 0, 0, NT_FALSE, timeout, NULL);
}

static void of_any_the_first_that_is_set_is_told_and_taken(void **state)
{
    (void)state;
    assert_int_equal(wait_for_two(NT_WAIT_ANY, &no_time), NT_TIMEOUT);
    KeSetEvent(&other_event, 0, NT_FALSE);
    assert_int_equal(wait_for_two(NT_WAIT_ANY, NULL), 1);
    assert_int_equal(KeReadStateEvent(&other_event), 0);
    KeSetEvent(&event, 0, NT_FALSE);
    KeSetEvent(&other_event, 0, NT_FALSE);
    assert_int_equal(wait_for_two(NT_WAIT_ANY, NULL), 0);
    assert_int_equal(KeReadStateEvent(&other_event), 1); /* not taken */
}

static void of_all_none_is_taken_before_all_are_set(void **state)
{
    (void)state;
    KeSetEvent(&other_event, 0, NT_FALSE);
    assert_int_equal(wait_for_two(NT_WAIT_ALL, &no_time), NT_TIMEOUT);
    assert_int_equal(KeReadStateEvent(&other_event), 1);
    fake_wdm.on_sleep = somebody_sets_the_event;
    assert_int_equal(wait_for_two(NT_WAIT_ALL, NULL), NT_SUCCESS);
    assert_int_equal(KeReadStateEvent(&other_event), 0);
}

static void too_many_objects_stop_the_kernel(void **state)
{
    (void)state;
    struct nt_header *many[65];
    char blocks[64 * 48];
    for (unsigned i = 0; i < 65; i++)
        many[i] = &event.header;
    KeSetEvent(&event, 0, NT_FALSE);
    assert_int_equal(KeWaitForMultipleObjects(3, many, 0, 0, 0, 0, NULL, NULL), NT_SUCCESS);
    expect_assert_failure(KeWaitForMultipleObjects(4, many, 0, 0, 0, 0, NULL, NULL));
    assert_int_equal(fake_wdm.bug_code, BUG_MAXIMUM_WAIT_OBJECTS_EXCEEDED);
    assert_int_equal(KeWaitForMultipleObjects(64, many, 0, 0, 0, 0, NULL, blocks),
                     NT_SUCCESS);
    expect_assert_failure(KeWaitForMultipleObjects(65, many, 0, 0, 0, 0, NULL, blocks));
    expect_assert_failure(KeWaitForMultipleObjects(0, many, 0, 0, 0, 0, NULL, NULL));
}

static void a_delay_lasts_its_interval(void **state)
{
    (void)state;
    fake_wdm.on_sleep = half_a_second_passes;
    assert_int_equal(KeDelayExecutionThread(0, NT_FALSE, &a_second), NT_SUCCESS);
    assert_int_equal(sleeps, 2);
    assert_int_equal(fake_system.now_ns, 1000000000);
    assert_int_equal(KeDelayExecutionThread(0, NT_FALSE, &no_time), NT_SUCCESS);
    assert_int_equal(sleeps, 2); /* others had a chance, no more */
    machine_set_priority(IVM_DISPATCH);
    expect_assert_failure(KeDelayExecutionThread(0, NT_FALSE, &a_second));
    assert_int_equal(fake_wdm.bug_code, BUG_ATTEMPTED_SWITCH_FROM_DPC);
    machine_set_priority(0);
}

#define TEST(claim) cmocka_unit_test_setup_teardown(claim, start, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_the_mailbox_does_can_end_a_wait_too),
        TEST(the_mailbox_is_looked_into_after_each_sleep),
        TEST(a_relative_timeout_ends_a_wait_when_it_has_passed),
        TEST(a_timeout_is_not_rounded_down),
        TEST(an_absolute_timeout_is_a_system_time),
        TEST(an_object_that_is_set_at_the_last_moment_wins),
        TEST(at_dispatch_level_only_a_look_is_possible),
        TEST(with_interrupts_off_nothing_is_waited_for),
        TEST(what_is_no_object_is_not_waited_for),
        TEST(a_long_wait_without_an_end_is_named_once),
        TEST(of_any_the_first_that_is_set_is_told_and_taken),
        TEST(of_all_none_is_taken_before_all_are_set),
        TEST(too_many_objects_stop_the_kernel),
        TEST(a_delay_lasts_its_interval),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
