/* test_wdm_event.c: events, mutexes and semaphores, by the calls of an image. */
#include "fake/world.h"

#include <string.h>

#include "fake/system.h"
#include "fake/wdm.h"
#include "kernel/machine.h"
#include "kernel/wdm/stop.h"
#include "kernel/wdm/wait_calls.h"

enum { NOTIFICATION = 0, SYNCHRONIZATION = 1 };

static const int64_t no_time = 0;

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
        TEST(a_mutex_is_taken_again_by_its_owner_and_by_nobody_else),
        TEST(a_mutex_of_somebody_else_cannot_be_released),
        TEST(a_semaphore_lets_as_many_through_as_it_counts),
        TEST(a_critical_region_changes_nothing),
        TEST(no_call_leaves_interrupts_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
