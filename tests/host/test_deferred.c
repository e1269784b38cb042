/* test_deferred.c: deferred calls: once, in order, at DISPATCH, on the CPU that was named. */
#include "fake/world.h"

#include <stdio.h>
#include <string.h>

#include <ivm/deferred.h>
#include <ivm/level.h>
#include <machine/hot.h>

#include "kernel/machine.h"

enum { JOBS = 4 };

/* A deferred call, and what it saw when it ran. */
struct job {
    struct ivm_deferred call;
    unsigned runs;
    unsigned requeues; /* from inside, this often */
    bool queued_inside;
    uint32_t cpu;
    uint8_t level;
    bool interrupts_on;
};

static struct job jobs[JOBS];
static char order[64];

static void run(void *context)
{
    struct job *job = context;
    job->runs++;
    job->cpu = machine_cpu();
    job->level = ivm_level_now();
    job->interrupts_on = machine_interrupts_enabled();
    size_t length = strlen(order);
    if (length + 1 < sizeof order)
        order[length] = (char)('a' + (job - jobs));
    if (job->runs <= job->requeues)
        job->queued_inside = ivm_deferred_queue(&job->call);
}

static void forget(void)
{
    memset(jobs, 0, sizeof jobs);
    memset(order, 0, sizeof order);
    for (unsigned i = 0; i < JOBS; i++)
        jobs[i].call = (struct ivm_deferred){.function = run, .context = &jobs[i]};
}

static int start(void **state)
{
    forget();
    return world_one_cpu(state);
}

static int start_four(void **state)
{
    forget();
    return world_four_cpus(state);
}

static void queue_all(void)
{
    for (unsigned i = 0; i < JOBS; i++)
        assert_true(ivm_deferred_queue(&jobs[i].call));
}

static void a_call_queued_below_dispatch_runs_at_once_at_dispatch(void **state)
{
    (void)state;
    assert_true(ivm_deferred_queue(&jobs[0].call));
    assert_int_equal(jobs[0].runs, 1);
    assert_int_equal(jobs[0].level, IVM_DISPATCH);
    assert_true(jobs[0].interrupts_on);
    assert_int_equal(ivm_level_now(), IVM_PASSIVE);
    assert_int_equal(world_vector(0, IVM_VECTOR_DISPATCH).delivered, 1);
}

static void a_call_queued_above_waits_until_the_level_falls(void **state)
{
    (void)state;
    for (uint8_t level = IVM_DISPATCH; level < IVM_LEVEL_COUNT; level++) {
        start(state);
        uint8_t found = ivm_level_raise(level);
        assert_true(ivm_deferred_queue(&jobs[0].call));
        assert_int_equal(jobs[0].runs, 0);
        ivm_level_lower(found);
        assert_int_equal(jobs[0].runs, 1);
    }
}

static void a_call_queued_with_interrupts_off_waits_until_they_are_on(void **state)
{
    (void)state;
    machine_interrupts_off();
    assert_true(ivm_deferred_queue(&jobs[0].call));
    assert_false(machine_interrupts_enabled());
    assert_int_equal(jobs[0].runs, 0);
    machine_interrupts_on();
    assert_int_equal(jobs[0].runs, 1);
}

static void queueing_twice_is_one_run(void **state)
{
    (void)state;
    uint8_t found = ivm_level_raise(IVM_DISPATCH);
    assert_true(ivm_deferred_queue(&jobs[0].call));
    assert_false(ivm_deferred_queue(&jobs[0].call));
    ivm_level_lower(found);
    assert_int_equal(jobs[0].runs, 1);
    assert_true(ivm_deferred_queue(&jobs[0].call));
    assert_int_equal(jobs[0].runs, 2);
}

static void calls_run_first_in_first_out(void **state)
{
    (void)state;
    uint8_t found = ivm_level_raise(IVM_HIGH);
    queue_all();
    ivm_level_lower(found);
    assert_string_equal(order, "abcd");
}

static void a_call_may_be_queued_again_from_inside(void **state)
{
    (void)state;
    jobs[0].requeues = 3;
    uint8_t found = ivm_level_raise(IVM_DISPATCH);
    queue_all();
    ivm_level_lower(found);
    assert_true(jobs[0].queued_inside);
    assert_string_equal(order, "abcdaaa");
}

static void clears_its_storage(void *context)
{
    memset(context, 0xA5, sizeof(struct job));
}

static void the_storage_is_the_callers_from_the_begin_of_the_run(void **state)
{
    (void)state;
    jobs[0].call.function = clears_its_storage;
    uint8_t found = ivm_level_raise(IVM_DISPATCH);
    queue_all();
    ivm_level_lower(found);
    assert_string_equal(order, "bcd");
}

static void a_removed_call_does_not_run(void **state)
{
    (void)state;
    for (unsigned gone = 0; gone < JOBS; gone++) {
        start(state);
        uint8_t found = ivm_level_raise(IVM_DISPATCH);
        queue_all();
        assert_true(ivm_deferred_remove(&jobs[gone].call));
        assert_false(ivm_deferred_remove(&jobs[gone].call));
        ivm_level_lower(found);
        for (unsigned i = 0; i < JOBS; i++)
            assert_int_equal(jobs[i].runs, i != gone);
    }
}

static void after_a_removal_the_queue_goes_on_in_order(void **state)
{
    (void)state;
    static const char *const expected[JOBS] = {"bcda", "acdb", "abdc", "abcd"};
    for (unsigned gone = 0; gone < JOBS; gone++) {
        start(state);
        uint8_t found = ivm_level_raise(IVM_DISPATCH);
        queue_all();
        assert_true(ivm_deferred_remove(&jobs[gone].call));
        assert_true(ivm_deferred_queue(&jobs[gone].call));
        ivm_level_lower(found);
        assert_string_equal(order, expected[gone]);
        assert_null(world.cpus[0].deferred.head);
    }
}

static void a_call_that_is_not_queued_cannot_be_removed(void **state)
{
    (void)state;
    assert_false(ivm_deferred_remove(&jobs[0].call));
    assert_true(ivm_deferred_queue(&jobs[0].call));
    assert_false(ivm_deferred_remove(&jobs[0].call));
    assert_int_equal(jobs[0].runs, 1);
}

static void queues_the_first(struct device *device)
{
    (void)device;
    assert_true(ivm_deferred_queue(&jobs[0].call));
    assert_int_equal(jobs[0].runs, 0);
}

static size_t index_of(enum model_event_kind kind, uint8_t vector)
{
    for (size_t i = 0; i < model_event_count(); i++) {
        if (model_event_at(i)->kind == kind && model_event_at(i)->vector == vector)
            return i;
    }
    fail_msg("no event %d of vector 0x%x", (int)kind, vector);
    return 0;
}

static void what_a_routine_queues_runs_after_its_end_below_every_device(void **state)
{
    (void)state;
    struct ivm_request request = world_line(0, 7);
    request.level = IVM_DEVICE_FIRST;
    uint8_t vector = world_must_connect(0, &request);
    world.devices[0].inside = queues_the_first;
    device_fire(0);
    assert_int_equal(jobs[0].runs, 1);
    assert_int_equal(jobs[0].level, IVM_DISPATCH);
    assert_true(index_of(MODEL_END, vector) < index_of(MODEL_DELIVER, IVM_VECTOR_DISPATCH));
}

static void fires_the_higher(struct device *device)
{
    (void)device;
    device_fire(1);
    assert_int_equal(world.devices[1].claims, 1);
    assert_int_equal(jobs[0].runs, 0);
}

static void what_a_nested_routine_queues_waits_for_the_lower_one(void **state)
{
    (void)state;
    struct ivm_request low = world_line(0, 7), high = world_line(1, 8);
    low.level = 4;
    high.level = 9;
    world_must_connect(0, &low);
    world_must_connect(1, &high);
    world.devices[0].inside = fires_the_higher;
    world.devices[1].inside = queues_the_first;
    device_fire(0);
    assert_int_equal(jobs[0].runs, 1);
    assert_int_equal(world.devices[0].claims, 1);
}

static void fires_a_device(void *context)
{
    struct job *job = context;
    unsigned before = world.devices[0].claims;
    device_fire(0);
    job->runs += world.devices[0].claims - before;
}

static void a_device_preempts_a_deferred_call(void **state)
{
    (void)state;
    struct ivm_request request = world_line(0, 7);
    request.level = IVM_DEVICE_FIRST;
    world_must_connect(0, &request);
    jobs[0].call.function = fires_a_device;
    assert_true(ivm_deferred_queue(&jobs[0].call));
    assert_int_equal(jobs[0].runs, 1);
    assert_int_equal(world.devices[0].level_seen, IVM_DEVICE_FIRST);
}

static void a_call_runs_on_the_cpu_it_names(void **state)
{
    (void)state;
    for (uint32_t cpu = 0; cpu < 4; cpu++) {
        start_four(state);
        jobs[0].call.cpu_plus_one = cpu + 1;
        assert_true(ivm_deferred_queue(&jobs[0].call));
        assert_int_equal(jobs[0].runs, 1);
        assert_int_equal(jobs[0].cpu, cpu);
        for (uint32_t other = 0; other < 4; other++)
            assert_int_equal(model_deliveries_of(other, IVM_VECTOR_DISPATCH), other == cpu);
    }
}

static void a_call_that_names_no_cpu_runs_on_the_one_that_queues_it(void **state)
{
    (void)state;
    model_become(2);
    assert_true(ivm_deferred_queue(&jobs[0].call));
    assert_int_equal(jobs[0].cpu, 2);
}

static void a_call_for_a_cpu_that_is_not_there_is_not_queued(void **state)
{
    (void)state;
    jobs[0].call.cpu_plus_one = 4 + 1;
    assert_false(ivm_deferred_queue(&jobs[0].call));
    assert_false(ivm_deferred_remove(&jobs[0].call));
    assert_int_equal(jobs[0].runs, 0);
    jobs[0].call.cpu_plus_one = 3 + 1;
    assert_true(ivm_deferred_queue(&jobs[0].call));
    assert_int_equal(jobs[0].cpu, 3);
}

static void a_call_queued_for_another_cpu_is_queued_everywhere(void **state)
{
    (void)state;
    model_interrupts_of(1, false);
    jobs[0].call.cpu_plus_one = 1 + 1;
    assert_true(ivm_deferred_queue(&jobs[0].call));
    jobs[0].call.cpu_plus_one = 2 + 1;
    assert_false(ivm_deferred_queue(&jobs[0].call));
    assert_true(ivm_deferred_remove(&jobs[0].call));
    assert_true(ivm_deferred_queue(&jobs[0].call));
    model_interrupts_of(1, true);
    assert_int_equal(jobs[0].runs, 1);
    assert_int_equal(jobs[0].cpu, 2);
}

static void cpu_3_wakes_up(unsigned spins)
{
    assert_int_equal(jobs[0].runs, 0);
    if (spins == 100)
        model_interrupts_of(3, true);
}

static void a_flush_waits_for_the_calls_of_every_cpu(void **state)
{
    (void)state;
    model_interrupts_of(3, false);
    jobs[0].call.cpu_plus_one = 3 + 1;
    assert_true(ivm_deferred_queue(&jobs[0].call));
    model_on_relax(cpu_3_wakes_up);
    ivm_deferred_flush();
    assert_int_equal(jobs[0].runs, 1);
    assert_int_equal(jobs[0].cpu, 3);
}

static void a_flush_asks_every_cpu(void **state)
{
    (void)state;
    ivm_deferred_flush();
    for (uint32_t cpu = 0; cpu < 4; cpu++)
        assert_true(model_deliveries_of(cpu, IVM_VECTOR_DISPATCH) > 0);
}

int main(void)
{
#define STARTED(claim)      cmocka_unit_test_setup_teardown(claim, start, world_end)
#define STARTED_FOUR(claim) cmocka_unit_test_setup_teardown(claim, start_four, world_end)
    const struct CMUnitTest tests[] = {
        STARTED(a_call_queued_below_dispatch_runs_at_once_at_dispatch),
        STARTED(a_call_queued_above_waits_until_the_level_falls),
        STARTED(a_call_queued_with_interrupts_off_waits_until_they_are_on),
        STARTED(queueing_twice_is_one_run),
        STARTED(calls_run_first_in_first_out),
        STARTED(a_call_may_be_queued_again_from_inside),
        STARTED(the_storage_is_the_callers_from_the_begin_of_the_run),
        STARTED(a_removed_call_does_not_run),
        STARTED(after_a_removal_the_queue_goes_on_in_order),
        STARTED(a_call_that_is_not_queued_cannot_be_removed),
        STARTED(what_a_routine_queues_runs_after_its_end_below_every_device),
        STARTED(what_a_nested_routine_queues_waits_for_the_lower_one),
        STARTED(a_device_preempts_a_deferred_call),
        STARTED_FOUR(a_call_runs_on_the_cpu_it_names),
        STARTED_FOUR(a_call_that_names_no_cpu_runs_on_the_one_that_queues_it),
        STARTED_FOUR(a_call_for_a_cpu_that_is_not_there_is_not_queued),
        STARTED_FOUR(a_call_queued_for_another_cpu_is_queued_everywhere),
        STARTED_FOUR(a_flush_waits_for_the_calls_of_every_cpu),
        STARTED_FOUR(a_flush_asks_every_cpu),
    };
    return cmocka_run_group_tests_name("deferred", tests, NULL, NULL);
}
