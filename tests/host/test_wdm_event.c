/* test_wdm_event.c: events, mutexes, semaphores, and waiting for them, by the calls of an image. */
#include "fake/world.h"

#include <string.h>

#include <ivm/level.h>

#include "fake/system.h"
#include "fake/wdm.h"
#include "kernel/machine.h"
#include "kernel/wdm/stop.h"
#include "kernel/wdm/time_calls.h"
#include "kernel/wdm/wait_calls.h"

enum { NOTIFICATION = 0, SYNCHRONIZATION = 1 };

static const int64_t no_time = 0, a_second = -10000000;

static struct nt_event event, other_event;
static struct nt_mutex mutex;
static struct nt_semaphore semaphore;
static unsigned sleeps;

static int start(void **state)
{
    world_two_cpus(state);
    fake_system_reset();
    fake_wdm_reset();
    fake_system.step_ns = 0;
    sleeps = 0;
    memset(&event, 0xA5, sizeof event); /* nobody may count on zeros */
    memset(&mutex, 0xA5, sizeof mutex);
    memset(&semaphore, 0xA5, sizeof semaphore);
    KeInitializeEvent(&event, NOTIFICATION, NT_FALSE);
    KeInitializeEvent(&other_event, SYNCHRONIZATION, NT_FALSE);
    KeInitializeMutex(&mutex, 0);
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

static void an_event_begins_as_it_is_told(void **state)
{
    (void)state;
    assert_int_equal(KeReadStateEvent(&event), 0);
    KeInitializeEvent(&event, SYNCHRONIZATION, 0x40);
    assert_int_equal(KeReadStateEvent(&event), 1);
    assert_int_equal(event.header.type, NT_SYNCHRONIZATION_EVENT);
    assert_ptr_equal(event.header.waiters.next, &event.header.waiters);
    assert_ptr_equal(event.header.waiters.previous, &event.header.waiters);
}

static void set_and_reset_return_what_the_state_was(void **state)
{
    (void)state;
    assert_int_equal(KeSetEvent(&event, 0, NT_FALSE), 0);
    assert_int_equal(KeSetEvent(&event, 0, NT_TRUE), 1);
    assert_int_equal(KeResetEvent(&event), 1);
    assert_int_equal(KeResetEvent(&event), 0);
    KeSetEvent(&event, 0, NT_FALSE);
    KeClearEvent(&event);
    assert_int_equal(KeReadStateEvent(&event), 0);
}

static void set_wakes_those_who_sleep(void **state)
{
    (void)state;
    KeSetEvent(&event, 0, NT_FALSE);
    assert_int_equal(fake_wdm.wakes, 1);
    KeResetEvent(&event);
    assert_int_equal(fake_wdm.wakes, 1);
}

static void a_notification_event_stays_for_all(void **state)
{
    (void)state;
    KeSetEvent(&event, 0, NT_FALSE);
    assert_int_equal(wait_for(&event, NULL), NT_SUCCESS);
    assert_int_equal(wait_for(&event, &no_time), NT_SUCCESS);
    assert_int_equal(KeReadStateEvent(&event), 1);
}

static void a_synchronization_event_is_for_one(void **state)
{
    (void)state;
    KeSetEvent(&other_event, 0, NT_FALSE);
    assert_int_equal(wait_for(&other_event, NULL), NT_SUCCESS);
    assert_int_equal(KeReadStateEvent(&other_event), 0);
    assert_int_equal(wait_for(&other_event, &no_time), NT_TIMEOUT);
}

static void a_wait_sleeps_until_its_object_is_set(void **state)
{
    (void)state;
    fake_wdm.on_sleep = somebody_sets_the_event;
    assert_int_equal(wait_for(&event, NULL), NT_SUCCESS);
    assert_int_equal(sleeps, 1);
    assert_true(fake_wdm.serves >= 1);
}

static void what_the_mailbox_does_can_end_a_wait_too(void **state)
{
    (void)state;
    fake_wdm.on_serve = somebody_sets_the_event;
    assert_int_equal(wait_for(&event, NULL), NT_SUCCESS);
    assert_int_equal(sleeps, 1);
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

static void a_mutex_is_taken_again_by_its_owner_and_by_nobody_else(void **state)
{
    (void)state;
    assert_int_equal(KeReadStateMutex(&mutex), 1);
    assert_int_equal(wait_for(&mutex, NULL), NT_SUCCESS);
    assert_int_equal(KeReadStateMutex(&mutex), 0);
    assert_int_equal(wait_for(&mutex, &no_time), NT_SUCCESS);
    assert_int_equal(KeReadStateMutex(&mutex), -1);
    model_become(1);
    assert_int_equal(wait_for(&mutex, &no_time), NT_TIMEOUT);
    model_become(0);
    assert_int_not_equal(KeReleaseMutex(&mutex, NT_FALSE), 0); /* still owned */
    model_become(1);
    assert_int_equal(wait_for(&mutex, &no_time), NT_TIMEOUT);
    model_become(0);
    assert_int_equal(fake_wdm.wakes, 0);
    assert_int_equal(KeReleaseMutex(&mutex, NT_FALSE), 0); /* free */
    assert_int_equal(fake_wdm.wakes, 1);
    assert_int_equal(KeReadStateMutex(&mutex), 1);
    model_become(1);
    assert_int_equal(wait_for(&mutex, &no_time), NT_SUCCESS);
    KeReleaseMutex(&mutex, NT_FALSE);
}

static void a_mutex_of_somebody_else_cannot_be_released(void **state)
{
    (void)state;
    assert_int_equal(wait_for(&mutex, NULL), NT_SUCCESS);
    model_become(1);
    expect_assert_failure(KeReleaseMutex(&mutex, NT_FALSE));
    assert_int_equal(fake_wdm.bug_code, BUG_KMODE_EXCEPTION_NOT_HANDLED);
    assert_int_equal(fake_wdm.bug_parameters[0], 0xC0000046);
    assert_int_equal(KeReadStateMutex(&mutex), 0);
    model_become(0);
    KeReleaseMutex(&mutex, NT_FALSE);
    expect_assert_failure(KeReleaseMutex(&mutex, NT_FALSE)); /* of nobody */
}

static void a_semaphore_lets_as_many_through_as_it_counts(void **state)
{
    (void)state;
    KeInitializeSemaphore(&semaphore, 1, 3);
    assert_int_equal(wait_for(&semaphore, &no_time), NT_SUCCESS);
    assert_int_equal(wait_for(&semaphore, &no_time), NT_TIMEOUT);
    assert_int_equal(KeReleaseSemaphore(&semaphore, 0, 2, NT_FALSE), 0);
    assert_int_equal(fake_wdm.wakes, 1);
    assert_int_equal(KeReadStateSemaphore(&semaphore), 2);
    assert_int_equal(KeReleaseSemaphore(&semaphore, 0, 1, NT_FALSE), 2);
    expect_assert_failure(KeReleaseSemaphore(&semaphore, 0, 1, NT_FALSE));
    assert_int_equal(fake_wdm.bug_parameters[0], 0xC0000047);
    assert_int_equal(KeReadStateSemaphore(&semaphore), 3);
    expect_assert_failure(KeReleaseSemaphore(&semaphore, 0, -1, NT_FALSE));
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(wait_for(&semaphore, &no_time), NT_SUCCESS);
    assert_int_equal(wait_for(&semaphore, &no_time), NT_TIMEOUT);
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

static void a_critical_region_changes_nothing(void **state)
{
    (void)state;
    KeEnterCriticalRegion();
    assert_int_equal(machine_priority(), 0);
    assert_true(machine_interrupts_enabled());
    KeLeaveCriticalRegion();
    assert_int_equal(machine_priority(), 0);
}

static void no_call_leaves_interrupts_off(void **state)
{
    (void)state;
    KeSetEvent(&event, 0, NT_FALSE);
    KeResetEvent(&event);
    wait_for(&event, &no_time);
    wait_for(&mutex, &no_time);
    KeReleaseMutex(&mutex, NT_FALSE);
    assert_true(machine_interrupts_enabled());
    model_interrupts(false);
    KeSetEvent(&event, 0, NT_FALSE);
    assert_false(machine_interrupts_enabled());
    model_interrupts(true);
}

#define TEST(claim) cmocka_unit_test_setup_teardown(claim, start, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_event_begins_as_it_is_told),
        TEST(set_and_reset_return_what_the_state_was),
        TEST(set_wakes_those_who_sleep),
        TEST(a_notification_event_stays_for_all),
        TEST(a_synchronization_event_is_for_one),
        TEST(a_wait_sleeps_until_its_object_is_set),
        TEST(what_the_mailbox_does_can_end_a_wait_too),
        TEST(a_relative_timeout_ends_a_wait_when_it_has_passed),
        TEST(a_timeout_is_not_rounded_down),
        TEST(an_absolute_timeout_is_a_system_time),
        TEST(an_object_that_is_set_at_the_last_moment_wins),
        TEST(at_dispatch_level_only_a_look_is_possible),
        TEST(with_interrupts_off_nothing_is_waited_for),
        TEST(what_is_no_object_is_not_waited_for),
        TEST(a_long_wait_without_an_end_is_named_once),
        TEST(a_mutex_is_taken_again_by_its_owner_and_by_nobody_else),
        TEST(a_mutex_of_somebody_else_cannot_be_released),
        TEST(a_semaphore_lets_as_many_through_as_it_counts),
        TEST(of_any_the_first_that_is_set_is_told_and_taken),
        TEST(of_all_none_is_taken_before_all_are_set),
        TEST(too_many_objects_stop_the_kernel),
        TEST(a_delay_lasts_its_interval),
        TEST(a_critical_region_changes_nothing),
        TEST(no_call_leaves_interrupts_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
