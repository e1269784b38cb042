/* test_wdm_dpc.c: levels, spin locks, deferred calls and processors, by the calls of an image. */
#include "fake/world.h"

#include <string.h>

#include <ivm/level.h>
#include <machine/hot.h>

#include "fake/system.h"
#include "fake/wdm.h"
#include "kernel/machine.h"
#include "kernel/wdm/level_calls.h"
#include "kernel/wdm/objects.h"

static struct {
    char order[16];
    size_t length;
    void *arguments[4];
    nt_irql irql;
    uint32_t cpu;
    bool again; /* queues itself once more */
} seen;

static NT_API uint64_t routine(struct nt_dpc *dpc, void *context, void *one, void *two)
{
    seen.order[seen.length++ % 15] = *(const char *)context;
    seen.arguments[0] = dpc;
    seen.arguments[1] = context;
    seen.arguments[2] = one;
    seen.arguments[3] = two;
    seen.irql = machine_priority();
    seen.cpu = machine_cpu();
    if (seen.again) {
        seen.again = false;
        assert_true(KeInsertQueueDpc(dpc, one, two));
    }
    return 0;
}

static struct nt_dpc a, b, c;

static int start(void **state)
{
    world_two_cpus(state);
    fake_system_reset();
    fake_wdm_reset();
    memset(&seen, 0, sizeof seen);
    KeInitializeDpc(&a, FAKE_CODE(routine), "a");
    KeInitializeDpc(&b, FAKE_CODE(routine), "b");
    KeInitializeDpc(&c, FAKE_CODE(routine), "c");
    return 0;
}

static void a_call_runs_once_at_dispatch_when_the_level_falls(void **state)
{
    (void)state;
    nt_irql found = KfRaiseIrql(IVM_DISPATCH);
    assert_true(KeInsertQueueDpc(&a, &b, &c));
    assert_int_equal(seen.length, 0);
    KeLowerIrql(found);
    assert_string_equal(seen.order, "a");
    assert_int_equal(seen.irql, IVM_DISPATCH);
    assert_int_equal(machine_priority(), 0);
    assert_ptr_equal(seen.arguments[0], &a);
    assert_ptr_equal(seen.arguments[2], &b);
    assert_ptr_equal(seen.arguments[3], &c);
}

static void a_second_insert_changes_nothing(void **state)
{
    (void)state;
    machine_set_priority(5);
    assert_true(KeInsertQueueDpc(&a, &b, NULL));
    assert_false(KeInsertQueueDpc(&a, &c, NULL));
    machine_set_priority(0);
    assert_string_equal(seen.order, "a");
    assert_ptr_equal(seen.arguments[2], &b); /* the first one's */
}

static void calls_run_in_order_but_for_important_ones(void **state)
{
    (void)state;
    machine_set_priority(IVM_DISPATCH);
    KeSetImportanceDpc(&c, 2);
    assert_true(KeInsertQueueDpc(&a, NULL, NULL));
    assert_true(KeInsertQueueDpc(&b, NULL, NULL));
    assert_true(KeInsertQueueDpc(&c, NULL, NULL));
    machine_set_priority(0);
    assert_string_equal(seen.order, "cab");
}

static void a_call_may_queue_itself_while_it_runs(void **state)
{
    (void)state;
    seen.again = true;
    assert_true(KeInsertQueueDpc(&a, NULL, NULL));
    assert_string_equal(seen.order, "aa");
}

static void a_removed_call_does_not_run(void **state)
{
    (void)state;
    machine_set_priority(IVM_DISPATCH);
    assert_false(KeRemoveQueueDpc(&a));
    assert_true(KeInsertQueueDpc(&a, NULL, NULL));
    assert_true(KeInsertQueueDpc(&b, NULL, NULL));
    assert_true(KeRemoveQueueDpc(&a));
    assert_false(KeRemoveQueueDpc(&a));
    machine_set_priority(0);
    assert_string_equal(seen.order, "b");
}

static void a_targeted_call_runs_on_its_processor(void **state)
{
    (void)state;
    KeSetTargetProcessorDpc(&a, 1);
    assert_true(KeInsertQueueDpc(&a, NULL, NULL));
    assert_string_equal(seen.order, "a");
    assert_int_equal(seen.cpu, 1);
    const struct nt_processor_number first = {.number = 0}, absent = {.number = 2};
    assert_int_equal(KeSetTargetProcessorDpcEx(&a, &first), NT_SUCCESS);
    assert_int_equal(KeSetTargetProcessorDpcEx(&b, &absent), NT_INVALID_PARAMETER);
    model_become(1);
    assert_true(KeInsertQueueDpc(&a, NULL, NULL));
    assert_int_equal(seen.cpu, 0);
    assert_true(KeInsertQueueDpc(&b, NULL, NULL));
    assert_int_equal(seen.cpu, 1);
    model_become(0);
}

static void calls_an_image_left_behind_are_taken_out(void **state)
{
    (void)state;
    machine_set_priority(IVM_DISPATCH);
    assert_true(KeInsertQueueDpc(&a, NULL, NULL));
    assert_true(KeInsertQueueDpc(&b, NULL, NULL));
    assert_int_equal(dpcs_drop(&fake_wdm.image), 2);
    assert_int_equal(fake_log_text_count("left 2 deferred calls"), 1);
    machine_set_priority(0);
    assert_int_equal(seen.length, 0);
    assert_int_equal(dpcs_drop(&fake_wdm.image), 0);
}

static void flushing_at_dispatch_is_named_and_ignored(void **state)
{
    (void)state;
    machine_set_priority(IVM_DISPATCH);
    KeFlushQueuedDpcs();
    assert_int_equal(fake_log_text_count("waits for deferred calls at DISPATCH"), 1);
    machine_set_priority(0);
    KeFlushQueuedDpcs();
}

static void levels_are_cr8(void **state)
{
    (void)state;
    assert_int_equal(KfRaiseIrql(7), 0);
    assert_int_equal(KeGetCurrentIrql(), 7);
    assert_int_equal(machine_priority(), 7);
    assert_int_equal(KfRaiseIrql(3), 7); /* named, and left undone */
    assert_int_equal(machine_priority(), 7);
    assert_int_equal(fake_log_text_count("raises its level from 7 to 3"), 1);
    assert_int_equal(KeRaiseIrqlToDpcLevel(), 7);
    assert_int_equal(machine_priority(), 7);
    KeLowerIrql(0);
    assert_int_equal(KeRaiseIrqlToDpcLevel(), 0);
    assert_int_equal(machine_priority(), IVM_DISPATCH);
    KeLowerIrql(0);
}

static void a_spin_lock_is_its_word(void **state)
{
    (void)state;
    uint64_t lock = 0xAA;
    KeInitializeSpinLock(&lock);
    assert_int_equal(lock, 0);
    assert_true(KeTestSpinLock(&lock));
    nt_irql found = KeAcquireSpinLockRaiseToDpc(&lock);
    assert_int_equal(found, 0);
    assert_int_equal(machine_priority(), IVM_DISPATCH);
    assert_false(KeTestSpinLock(&lock));
    assert_false(KeTryToAcquireSpinLockAtDpcLevel(&lock));
    expect_assert_failure(KeAcquireSpinLockAtDpcLevel(&lock)); /* twice on one CPU */
    KeReleaseSpinLock(&lock, found);
    assert_int_equal(lock, 0);
    assert_int_equal(machine_priority(), 0);
    assert_true(KeTryToAcquireSpinLockAtDpcLevel(&lock));
    KeReleaseSpinLockFromDpcLevel(&lock);
    KeAcquireSpinLockAtDpcLevel(&lock);
    KeReleaseSpinLockFromDpcLevel(&lock);
    expect_assert_failure(KeReleaseSpinLockFromDpcLevel(&lock)); /* it is not held */
    struct nt_lock_handle handle;
    KeAcquireInStackQueuedSpinLock(&lock, &handle);
    assert_false(KeTestSpinLock(&lock));
    KeReleaseInStackQueuedSpinLock(&handle);
    assert_true(KeTestSpinLock(&lock));
    assert_int_equal(machine_priority(), 0);
}

static void processors_are_counted_by_groups_of_64(void **state)
{
    (void)state;
    nt_affinity set = 0;
    assert_int_equal(KeQueryActiveProcessors(), 3);
    assert_int_equal(KeQueryActiveProcessorCount(&set), 2);
    assert_int_equal(set, 3);
    assert_int_equal(KeQueryActiveProcessorCount(NULL), 2);
    assert_int_equal(KeQueryActiveProcessorCountEx(0), 2);
    assert_int_equal(KeQueryActiveProcessorCountEx(1), 0);
    assert_int_equal(KeQueryActiveProcessorCountEx(0xFFFF), 2);
    assert_int_equal(KeQueryMaximumProcessorCount(), 2);
    assert_int_equal(KeQueryMaximumProcessorCountEx(0), 2);
    assert_int_equal(KeQueryActiveGroupCount(), 1);
    assert_int_equal(KeQueryGroupAffinity(0), 3);
    assert_int_equal(KeQueryGroupAffinity(1), 0);
    struct nt_processor_number number = {0};
    model_become(1);
    assert_int_equal(KeGetCurrentProcessorNumberEx(&number), 1);
    assert_int_equal(number.number, 1);
    KeSetSystemAffinityThread(2);
    assert_int_equal(fake_log_text_count("wants its thread"), 0);
    KeSetSystemAffinityThread(1);
    assert_int_equal(fake_log_text_count("wants its thread"), 1);
    KeRevertToUserAffinityThread();
    model_become(0);
    assert_int_equal(KeGetCurrentProcessorNumberEx(NULL), 0);
    assert_int_equal(KeGetProcessorNumberFromIndex(1, &number), NT_SUCCESS);
    assert_int_equal(KeGetProcessorIndexFromNumber(&number), 1);
    assert_int_equal(KeGetProcessorNumberFromIndex(2, &number), NT_INVALID_PARAMETER);
    number = (struct nt_processor_number){.group = 1};
    assert_int_equal(KeGetProcessorIndexFromNumber(&number), UINT32_MAX);
    number = (struct nt_processor_number){.number = 64};
    assert_int_equal(KeGetProcessorIndexFromNumber(&number), UINT32_MAX);
}

int main(void)
{
#define STARTED(claim) cmocka_unit_test_setup_teardown(claim, start, world_end)
    const struct CMUnitTest tests[] = {
        STARTED(a_call_runs_once_at_dispatch_when_the_level_falls),
        STARTED(a_second_insert_changes_nothing),
        STARTED(calls_run_in_order_but_for_important_ones),
        STARTED(a_call_may_queue_itself_while_it_runs),
        STARTED(a_removed_call_does_not_run),
        STARTED(a_targeted_call_runs_on_its_processor),
        STARTED(calls_an_image_left_behind_are_taken_out),
        STARTED(flushing_at_dispatch_is_named_and_ignored),
        STARTED(levels_are_cr8),
        STARTED(a_spin_lock_is_its_word),
        STARTED(processors_are_counted_by_groups_of_64),
    };
    return cmocka_run_group_tests_name("wdm dpc", tests, NULL, NULL);
}
