/* test_wdm_synchronize.c: in step with an interrupt routine, by the calls of an image. */
#include "fake/world.h"

#include <string.h>

#include <ivm/hold.h>
#include <ivm/level.h>
#include <machine/hot.h>

#include "fake/board.h"
#include "fake/wdm.h"
#include "kernel/machine.h"
#include "kernel/wdm/interrupt_calls.h"

enum { GSI = 7, VECTOR_LEVEL = 5, SYNCHRONIZE_LEVEL = 8 };

static struct {
    unsigned routine_calls;
    unsigned calls;
    nt_irql irql;
    uint64_t answer;
    nt_irql leave_at;
    uint32_t lock_inside; /* its low half while the function runs */
} seen;

static uint64_t spin_lock;
static struct wdm_interrupt *interrupt;

static NT_API uint64_t service(void *object, void *context)
{
    (void)object, (void)context;
    seen.routine_calls++;
    model_deassert(&world.io, GSI, 0);
    return NT_TRUE;
}

static NT_API uint64_t in_step(void *context)
{
    assert_ptr_equal(context, &seen);
    seen.calls++;
    seen.irql = machine_priority();
    seen.lock_inside = (uint32_t)spin_lock;
    unsigned before = seen.routine_calls;
    model_assert(&world.io, GSI, 0); /* must wait until this is over */
    assert_int_equal(seen.routine_calls, before);
    if (seen.leave_at != 0)
        machine_set_priority(seen.leave_at);
    return seen.answer;
}

static int start(void **state)
{
    world_two_cpus(state);
    board_start();
    fake_wdm_reset();
    memset(&seen, 0, sizeof seen);
    spin_lock = 0;
    const struct ivm_hold_wish wish = {.trigger = IVM_LEVEL, .level = VECTOR_LEVEL};
    struct ivm_held held;
    assert_int_equal(ivm_line_hold(GSI, &wish, &held), IVM_OK);
    assert_int_equal(IoConnectInterrupt(&interrupt, FAKE_CODE(service), NULL, &spin_lock,
                                        held.vector, VECTOR_LEVEL, SYNCHRONIZE_LEVEL,
                                        NT_LEVEL_SENSITIVE, NT_TRUE, 3, NT_FALSE),
                     NT_SUCCESS);
    return 0;
}

static int end(void **state)
{
    IoDisconnectInterrupt(interrupt);
    return world_end(state);
}

static void the_function_runs_at_synchronize_irql_under_the_lock(void **state)
{
    (void)state;
    assert_int_equal(KeSynchronizeExecution(interrupt, FAKE_CODE(in_step), &seen), 0);
    assert_int_equal(seen.irql, SYNCHRONIZE_LEVEL);
    assert_int_equal(seen.lock_inside, 1); /* CPU 0 holds it */
    assert_int_equal((uint32_t)spin_lock, 0);
    assert_int_equal(machine_priority(), 0);
    assert_int_equal(seen.routine_calls, 1); /* afterwards */
}

static void its_result_comes_back_unchanged(void **state)
{
    (void)state;
    static const uint64_t answers[] = {
        0, 1, 2, 0xFF, 0xABCDEF0123456700, 0xFFFFFFFF00000002};
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        seen.answer = answers[i];
        assert_int_equal(KeSynchronizeExecution(interrupt, FAKE_CODE(in_step), &seen),
                         (uint8_t)answers[i]);
    }
}

static void it_may_be_called_up_to_its_own_level(void **state)
{
    (void)state;
    for (nt_irql level = 0; level <= SYNCHRONIZE_LEVEL; level++) {
        machine_set_priority(level);
        (void)KeSynchronizeExecution(interrupt, FAKE_CODE(in_step), &seen);
        assert_int_equal(seen.calls, level + 1);
        assert_int_equal(machine_priority(), level);
    }
    machine_set_priority(SYNCHRONIZE_LEVEL + 1);
    expect_assert_failure(KeSynchronizeExecution(interrupt, FAKE_CODE(in_step), &seen));
    machine_set_priority(0);
}

static void a_function_that_comes_back_at_another_level_is_noted(void **state)
{
    (void)state;
    seen.leave_at = 12;
    (void)KeSynchronizeExecution(interrupt, FAKE_CODE(in_step), &seen);
    assert_int_equal(fake_wdm.levels_noted, 1);
    assert_int_equal(machine_priority(), 0);
}

static void what_is_no_object_stops_the_kernel(void **state)
{
    (void)state;
    static uint64_t zeros[64];
    expect_assert_failure(KeSynchronizeExecution(NULL, FAKE_CODE(in_step), &seen));
    expect_assert_failure(KeSynchronizeExecution((void *)zeros, FAKE_CODE(in_step), &seen));
    expect_assert_failure(KeAcquireInterruptSpinLock((void *)zeros));
}

static void an_inactive_interrupt_cannot_be_synchronized_with(void **state)
{
    (void)state;
    struct nt_disconnect which = {.version = 1, .interrupt = interrupt};
    IoReportInterruptInactive(&which);
    expect_assert_failure(KeSynchronizeExecution(interrupt, FAKE_CODE(in_step), &seen));
    IoReportInterruptActive(&which);
    (void)KeSynchronizeExecution(interrupt, FAKE_CODE(in_step), &seen);
    assert_int_equal(seen.calls, 1);
}

static void the_lock_keeps_the_routine_out_until_it_is_given_back(void **state)
{
    (void)state;
    machine_set_priority(1);
    nt_irql found = KeAcquireInterruptSpinLock(interrupt);
    assert_int_equal(found, 1);
    assert_int_equal(machine_priority(), SYNCHRONIZE_LEVEL);
    assert_int_equal((uint32_t)spin_lock, machine_cpu() + 1);
    model_assert(&world.io, GSI, 0);
    assert_int_equal(seen.routine_calls, 0);
    KeReleaseInterruptSpinLock(interrupt, found);
    assert_int_equal(seen.routine_calls, 1);
    assert_int_equal(machine_priority(), 1);
    machine_set_priority(0);
}

static void bus_interrupts_of_isa_have_vectors(void **state)
{
    (void)state;
    nt_irql irql = 0;
    nt_affinity processors = 0;
    uint32_t vector = HalGetInterruptVector(NT_INTERFACE_ISA, 0, 4, 4, &irql, &processors);
    assert_int_equal(vector >> 4, irql);
    assert_in_range(irql, IVM_DEVICE_FIRST, IVM_DEVICE_END - 1);
    assert_int_equal(processors, 3);
    assert_int_equal(HalGetInterruptVector(NT_INTERFACE_ISA, 0, 4, 4, NULL, NULL), vector);
    assert_int_equal(HalGetInterruptVector(NT_INTERFACE_ISA, 0, 16, 16, &irql, &processors),
                     0);
    assert_int_equal(HalGetInterruptVector(3, 0, 4, 4, &irql, &processors), 0);
    board_without_isa();
    assert_int_equal(HalGetInterruptVector(NT_INTERFACE_ISA, 0, 4, 4, &irql, &processors),
                     0);
}

int main(void)
{
#define STARTED(claim) cmocka_unit_test_setup_teardown(claim, start, end)
    const struct CMUnitTest tests[] = {
        STARTED(the_function_runs_at_synchronize_irql_under_the_lock),
        STARTED(its_result_comes_back_unchanged),
        STARTED(it_may_be_called_up_to_its_own_level),
        STARTED(a_function_that_comes_back_at_another_level_is_noted),
        STARTED(what_is_no_object_stops_the_kernel),
        STARTED(an_inactive_interrupt_cannot_be_synchronized_with),
        STARTED(the_lock_keeps_the_routine_out_until_it_is_given_back),
        STARTED(bus_interrupts_of_isa_have_vectors),
    };
    return cmocka_run_group_tests_name("wdm synchronize", tests, NULL, NULL);
}
