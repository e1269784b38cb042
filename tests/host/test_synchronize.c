/* test_synchronize.c: running in step with a routine, and routines that run above their
 * vector. */
#include "fake/world.h"

#include <string.h>

#include <ivm/level.h>
#include <machine/hot.h>

#include "kernel/machine.h"

static struct {
    unsigned runs;
    uint8_t answer;
    uint8_t level;
    bool interrupts_on;
    unsigned calls_inside;
} seen;

static int start(void **state)
{
    memset(&seen, 0, sizeof seen);
    return world_one_cpu(state);
}

static uint8_t look(void *context)
{
    struct device *device = context;
    seen.runs++;
    seen.level = ivm_level_now();
    seen.interrupts_on = machine_interrupts_enabled();
    unsigned before = device->calls;
    device_fire(device->index);
    seen.calls_inside += device->calls - before;
    return seen.answer;
}

static uint8_t connect_at(unsigned index, uint8_t level, uint8_t synchronize_level)
{
    struct ivm_request request = world_line(index, 7);
    request.level = level;
    request.synchronize_level = synchronize_level;
    return world_must_connect(index, &request);
}

static enum ivm_status synchronize(unsigned index, uint8_t *result)
{
    return ivm_synchronize(&world.devices[index].connection, look, &world.devices[index],
                           result);
}

static void what_the_function_returns_is_passed_on_unchanged(void **state)
{
    (void)state;
    connect_at(0, 5, 0);
    for (unsigned answer = 0; answer < 256; answer++) {
        seen.answer = (uint8_t)answer;
        uint8_t result = (uint8_t)~answer;
        assert_int_equal(synchronize(0, &result), IVM_OK);
        assert_int_equal(result, answer);
    }
    assert_int_equal(seen.runs, 256);
}

static void the_result_may_be_left_out(void **state)
{
    (void)state;
    connect_at(0, 5, 0);
    assert_int_equal(synchronize(0, NULL), IVM_OK);
    assert_int_equal(seen.runs, 1);
}

static void the_function_runs_at_the_routines_level_and_keeps_it_out(void **state)
{
    (void)state;
    for (uint8_t level = IVM_DEVICE_FIRST; level < IVM_DEVICE_END; level++) {
        start(state);
        connect_at(0, level, 0);
        assert_int_equal(synchronize(0, NULL), IVM_OK);
        assert_int_equal(seen.level, level);
        assert_true(seen.interrupts_on);
        assert_int_equal(seen.calls_inside, 0);
        assert_int_equal(world.devices[0].calls, 1);
        assert_int_equal(machine_priority(), 0);
    }
}

static void the_level_is_the_synchronize_level_where_that_is_greater(void **state)
{
    (void)state;
    connect_at(0, 5, 9);
    assert_int_equal(synchronize(0, NULL), IVM_OK);
    assert_int_equal(seen.level, 9);
}

static void the_callers_level_is_put_back(void **state)
{
    (void)state;
    connect_at(0, 6, 0);
    for (uint8_t level = 0; level <= 6; level++) {
        machine_set_priority(level);
        assert_int_equal(synchronize(0, NULL), IVM_OK);
        assert_int_equal(machine_priority(), level);
        assert_int_equal(seen.level, 6);
    }
}

static void a_caller_above_the_level_is_refused(void **state)
{
    (void)state;
    connect_at(0, 6, 0);
    for (uint8_t level = 7; level < IVM_LEVEL_COUNT; level++) {
        uint8_t result = 0xEE;
        machine_set_priority(level);
        assert_int_equal(synchronize(0, &result), IVM_WRONG_LEVEL);
        assert_int_equal(result, 0xEE);
        assert_int_equal(machine_priority(), level);
    }
    assert_int_equal(seen.runs, 0);
    machine_set_priority(0);
}

static void an_unconnected_connection_is_refused_with_764(void **state)
{
    (void)state;
    uint8_t result = 0xEE;
    assert_int_equal(synchronize(0, &result), IVM_NOT_CONNECTED);
    connect_at(0, 6, 0);
    world_must_disconnect(0);
    assert_int_equal(synchronize(0, &result), IVM_NOT_CONNECTED);
    assert_int_equal(ivm_status_forms(IVM_NOT_CONNECTED)->win32, 764);
    assert_int_equal(result, 0xEE);
    assert_int_equal(seen.runs, 0);
}

static uint8_t own_result;

static uint8_t three(void *context)
{
    (void)context;
    return 3;
}

static void synchronizes_with_itself(struct device *device)
{
    assert_int_equal(ivm_synchronize(&device->connection, three, NULL, &own_result),
                     IVM_OK);
    assert_int_equal(ivm_level_now(), device->connection.run_level);
}

static void a_routine_may_synchronize_at_its_own_level(void **state)
{
    (void)state;
    connect_at(0, 6, 0);
    world.devices[0].inside = synchronizes_with_itself;
    device_fire(0);
    assert_int_equal(own_result, 3);
    assert_int_equal(world.devices[0].claims, 1);
}

static void a_synchronize_level_raises_for_that_routine_alone(void **state)
{
    (void)state;
    connect_at(0, 5, 0);
    connect_at(1, 5, 9);
    connect_at(2, 5, 0);
    device_fire(2);
    assert_string_equal(world_calls(), "0 1 2");
    assert_int_equal(world.devices[0].level_seen, 5);
    assert_int_equal(world.devices[1].level_seen, 9);
    assert_int_equal(world.devices[2].level_seen, 5);
    assert_int_equal(machine_priority(), 0);
    assert_int_equal(world.devices[2].claims, 1);
}

static void a_raised_routines_verdict_and_context_are_its_own(void **state)
{
    (void)state;
    connect_at(0, 5, 9);
    device_fire(0);
    assert_int_equal(world.devices[0].claims, 1);
    assert_int_equal(ivm_stats_claimed(&world.devices[0].connection), 1);
    model_raise(0, world.devices[0].connection.source->vector);
    assert_int_equal(world.devices[0].calls, 2);
    assert_int_equal(ivm_stats_claimed(&world.devices[0].connection), 1);
    assert_int_equal(world_vector(0, world.devices[0].connection.source->vector).strays, 1);
}

static void fires_the_one_in_between(struct device *device)
{
    (void)device;
    device_fire(3);
    device_fire(4);
}

static void
a_raised_routine_is_preempted_only_from_above_its_synchronize_level(void **state)
{
    (void)state;
    connect_at(0, 5, 9);
    struct ivm_request between = world_line(3, 30), above = world_line(4, 31);
    between.level = 8;
    above.level = 10;
    world_must_connect(3, &between);
    world_must_connect(4, &above);
    world.devices[0].inside = fires_the_one_in_between;
    device_fire(0);
    assert_string_equal(world_calls(), "0 4 3");
}

static void a_synchronize_level_at_the_vectors_own_changes_nothing(void **state)
{
    (void)state;
    connect_at(0, 5, 5);
    device_fire(0);
    assert_int_equal(world.devices[0].level_seen, 5);
    assert_int_equal(world.devices[0].priority_seen, 0);
    assert_int_equal(world.devices[0].connection.run_level, 5);
}

static void a_routine_never_runs_below_its_vectors_level(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 10; i++) {
        struct ivm_request request = world_line(0, 7);
        request.synchronize_level = IVM_DEVICE_FIRST;
        uint8_t vector = world_must_connect(0, &request);
        device_fire(0);
        assert_int_equal(world.devices[0].level_seen, vector >> 4);
        assert_int_equal(world.devices[0].connection.run_level, vector >> 4);
        world_must_disconnect(0);
    }
}

static void the_owners_level_in_a_record_is_the_one_it_runs_at(void **state)
{
    (void)state;
    uint8_t vector = connect_at(0, 5, 9);
    struct ivm_owner_stats owner;
    assert_int_equal(ivm_stats_owners(0, vector, &owner, 1), 1);
    assert_int_equal(owner.owner.level, 9);
}

int main(void)
{
#define STARTED(claim) cmocka_unit_test_setup_teardown(claim, start, world_end)
    const struct CMUnitTest tests[] = {
        STARTED(what_the_function_returns_is_passed_on_unchanged),
        STARTED(the_result_may_be_left_out),
        STARTED(the_function_runs_at_the_routines_level_and_keeps_it_out),
        STARTED(the_level_is_the_synchronize_level_where_that_is_greater),
        STARTED(the_callers_level_is_put_back),
        STARTED(a_caller_above_the_level_is_refused),
        STARTED(an_unconnected_connection_is_refused_with_764),
        STARTED(a_routine_may_synchronize_at_its_own_level),
        STARTED(a_synchronize_level_raises_for_that_routine_alone),
        STARTED(a_raised_routines_verdict_and_context_are_its_own),
        STARTED(a_raised_routine_is_preempted_only_from_above_its_synchronize_level),
        STARTED(a_synchronize_level_at_the_vectors_own_changes_nothing),
        STARTED(a_routine_never_runs_below_its_vectors_level),
        STARTED(the_owners_level_in_a_record_is_the_one_it_runs_at),
    };
    return cmocka_run_group_tests_name("synchronize", tests, NULL, NULL);
}
