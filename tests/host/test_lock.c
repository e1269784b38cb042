/* test_lock.c: interrupt locks: around the routine, by synchronize, shared, refused. */
#include "fake/world.h"

#include <string.h>

#include <ivm/level.h>
#include <ivm/lock.h>
#include <machine/hot.h>

#include "kernel/machine.h"

static struct ivm_lock shared_lock;

static struct {
    unsigned runs;
    uint32_t holder;
    uint32_t cpu;
    uint8_t level;
} seen;

static void forget(void)
{
    memset(&shared_lock, 0, sizeof shared_lock);
    memset(&seen, 0, sizeof seen);
}

static int start(void **state)
{
    forget();
    return world_one_cpu(state);
}

static int start_two(void **state)
{
    forget();
    return world_two_cpus(state);
}

static void look(struct ivm_lock *lock)
{
    seen.runs++;
    seen.holder = lock->holder;
    seen.cpu = machine_cpu();
    seen.level = ivm_level_now();
}

static void looks_at_the_shared_lock(struct device *device)
{
    (void)device;
    look(&shared_lock);
}

static void looks_at_its_own_lock(struct device *device)
{
    look(&device->connection.own_lock);
}

static struct ivm_request locked(unsigned index, uint8_t level)
{
    struct ivm_request request = world_line(index, index + 1);
    request.level = level;
    request.lock = &shared_lock;
    world.devices[index].inside = looks_at_the_shared_lock;
    return request;
}

static uint8_t lock_is_seen(void *context)
{
    look(context);
    return 0x5A;
}

static void a_routine_runs_under_its_lock_at_the_locks_level(void **state)
{
    (void)state;
    for (uint8_t level = IVM_DEVICE_FIRST; level < IVM_DEVICE_END; level++) {
        start(state);
        struct ivm_request request = locked(0, level);
        world_must_connect(0, &request);
        assert_int_equal(shared_lock.level, level);
        device_fire(0);
        assert_int_equal(seen.runs, 1);
        assert_int_equal(seen.holder, 1);
        assert_int_equal(seen.level, level);
        assert_int_equal(shared_lock.holder, 0);
        assert_int_equal(machine_priority(), 0);
        assert_int_equal(world.devices[0].claims, 1);
    }
}

static void the_verdict_of_a_locked_routine_counts(void **state)
{
    (void)state;
    struct ivm_request request = locked(0, 5);
    uint8_t vector = world_must_connect(0, &request);
    model_raise(0, vector);
    assert_int_equal(world.devices[0].calls, 1);
    assert_int_equal(world_vector(0, vector).strays, 1);
    assert_int_equal(ivm_stats_claimed(&world.devices[0].connection), 0);
    device_fire(0);
    assert_int_equal(ivm_stats_claimed(&world.devices[0].connection), 1);
}

static void the_locks_level_is_the_synchronize_level_where_that_is_greater(void **state)
{
    (void)state;
    struct ivm_request request = locked(0, 5);
    request.synchronize_level = 9;
    world_must_connect(0, &request);
    assert_int_equal(shared_lock.level, 9);
    device_fire(0);
    assert_int_equal(seen.level, 9);
    assert_int_equal(seen.holder, 1);
    assert_int_equal(machine_priority(), 0);
}

static void a_connection_may_use_a_lock_of_its_own(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct ivm_request request = world_line(i, 7);
        request.lock = &world.devices[i].connection.own_lock;
        world.devices[i].inside = looks_at_its_own_lock;
        world_must_connect(i, &request);
    }
    device_fire(1);
    assert_int_equal(seen.runs, 2);
    assert_int_equal(seen.holder, 1);
    assert_int_equal(world.devices[0].connection.own_lock.holder, 0);
    assert_int_equal(world.devices[1].connection.own_lock.holder, 0);
}

static void synchronize_takes_the_lock_and_passes_the_result_through(void **state)
{
    (void)state;
    struct ivm_request request = locked(0, 6);
    world_must_connect(0, &request);
    uint8_t result = 0;
    assert_int_equal(
        ivm_synchronize(&world.devices[0].connection, lock_is_seen, &shared_lock, &result),
        IVM_OK);
    assert_int_equal(result, 0x5A);
    assert_int_equal(seen.holder, 1);
    assert_int_equal(seen.level, 6);
    assert_int_equal(shared_lock.holder, 0);
    assert_int_equal(machine_priority(), 0);
}

static void with_a_lock_synchronize_works_from_another_cpu(void **state)
{
    (void)state;
    struct ivm_request request = locked(0, 6);
    world_must_connect(0, &request);
    assert_int_equal(world.devices[0].connection.source->cpu, 0);
    model_become(1);
    assert_int_equal(
        ivm_synchronize(&world.devices[0].connection, lock_is_seen, &shared_lock, NULL),
        IVM_OK);
    assert_int_equal(seen.cpu, 1);
    assert_int_equal(seen.holder, 2);
}

static void without_a_lock_synchronize_works_on_the_cpu_of_the_source_only(void **state)
{
    (void)state;
    struct ivm_request request = world_line(0, 7);
    world_must_connect(0, &request);
    struct ivm_connection *connection = &world.devices[0].connection;
    uint8_t result = 0xEE;
    model_become(1);
    assert_int_equal(ivm_synchronize(connection, lock_is_seen, &shared_lock, &result),
                     IVM_UNSUPPORTED);
    assert_int_equal(seen.runs, 0);
    assert_int_equal(result, 0xEE);
    assert_int_equal(machine_priority(), 0);
    model_become(0);
    assert_int_equal(ivm_synchronize(connection, lock_is_seen, &shared_lock, &result),
                     IVM_OK);
    assert_int_equal(seen.runs, 1);
}

static uint8_t fires_both(void *context)
{
    (void)context;
    device_fire(0);
    device_fire(1);
    return (uint8_t)(world.devices[0].calls + world.devices[1].calls);
}

static void a_lock_is_shared_by_two_connections_on_two_vectors(void **state)
{
    (void)state;
    struct ivm_request low = locked(0, 4), high = locked(1, 8);
    low.synchronize_level = 8;
    assert_int_not_equal(world_must_connect(0, &low), world_must_connect(1, &high));
    assert_int_equal(shared_lock.users, 2);
    uint8_t inside = 0xEE;
    assert_int_equal(
        ivm_synchronize(&world.devices[0].connection, fires_both, NULL, &inside), IVM_OK);
    assert_int_equal(inside, 0);
    assert_string_equal(world_calls(), "1 0");
    assert_int_equal(seen.runs, 2);
    assert_int_equal(seen.holder, 1);
    assert_int_equal(seen.level, 8);
}

static void a_lock_in_use_at_another_level_is_refused(void **state)
{
    (void)state;
    struct ivm_request first = locked(0, 5), second = locked(1, 7), third = locked(2, 5);
    world_must_connect(0, &first);
    world_must_refuse(1, &second, IVM_RULE_LOCK_LEVEL_DIFFERS);
    assert_int_equal(world.refusal.wanted, 7);
    assert_int_equal(world.refusal.held, 5);
    third.synchronize_level = 6;
    world_must_refuse(2, &third, IVM_RULE_LOCK_LEVEL_DIFFERS);
    assert_int_equal(world.refusal.wanted, 6);
    assert_int_equal(shared_lock.users, 1);
    assert_int_equal(shared_lock.level, 5);
    assert_int_equal(ivm_rule_status(IVM_RULE_LOCK_LEVEL_DIFFERS), IVM_BAD_ARGUMENT);
}

static void one_who_joins_must_fit_the_lock_too(void **state)
{
    (void)state;
    struct ivm_request holder = locked(0, 8), owner = world_line(1, 40);
    owner.level = 5;
    world_must_connect(0, &holder);
    world_must_connect(1, &owner);
    struct ivm_request joins = world_line(2, 40);
    joins.lock = &shared_lock;
    world_must_refuse(2, &joins, IVM_RULE_LOCK_LEVEL_DIFFERS);
    joins.synchronize_level = 8;
    world_must_connect(2, &joins);
    assert_int_equal(shared_lock.users, 2);
}

static void a_vector_is_chosen_at_the_locks_level_when_none_is_named(void **state)
{
    (void)state;
    struct ivm_request first = locked(0, 9);
    world_must_connect(0, &first);
    for (unsigned i = 1; i < WORLD_DEVICES; i++) {
        struct ivm_request request = locked(i, 0);
        assert_int_equal(world_must_connect(i, &request) >> 4, 9);
    }
    assert_int_equal(shared_lock.users, WORLD_DEVICES);
}

static void a_full_class_is_exhausted_for_a_lock_in_use_there(void **state)
{
    (void)state;
    static struct ivm_connection others[15];
    memset(others, 0, sizeof others);
    struct ivm_request first = locked(0, 9), next = locked(1, 0);
    world_must_connect(0, &first);
    for (unsigned i = 0; i < 15; i++) {
        struct ivm_request request = world_edge(2, 100 + i);
        request.level = 9;
        assert_int_equal(ivm_connect(&request, &others[i], NULL), IVM_OK);
    }
    world_must_refuse(1, &next, IVM_RULE_VECTORS_EXHAUSTED);
    assert_int_equal(world.refusal.wanted, 9);
}

static void a_lock_whose_users_have_left_may_be_used_at_another_level(void **state)
{
    (void)state;
    struct ivm_request low = locked(0, 4), same = locked(1, 4), high = locked(2, 11);
    world_must_connect(0, &low);
    world_must_connect(1, &same);
    world_must_disconnect(0);
    world_must_refuse(2, &high, IVM_RULE_LOCK_LEVEL_DIFFERS);
    world_must_disconnect(1);
    assert_int_equal(shared_lock.users, 0);
    world_must_connect(2, &high);
    assert_int_equal(shared_lock.level, 11);
}

static void a_refused_request_does_not_use_its_lock(void **state)
{
    (void)state;
    struct ivm_request owner = world_edge(0, 7), request = world_edge(1, 7);
    world_must_connect(0, &owner);
    request.lock = &shared_lock;
    world_must_refuse(1, &request, IVM_RULE_OWNER_EXCLUSIVE);
    assert_int_equal(shared_lock.users, 0);
    assert_int_equal(shared_lock.level, 0);
}

int main(void)
{
#define STARTED(claim)     cmocka_unit_test_setup_teardown(claim, start, world_end)
#define STARTED_TWO(claim) cmocka_unit_test_setup_teardown(claim, start_two, world_end)
    const struct CMUnitTest tests[] = {
        STARTED(a_routine_runs_under_its_lock_at_the_locks_level),
        STARTED(the_verdict_of_a_locked_routine_counts),
        STARTED(the_locks_level_is_the_synchronize_level_where_that_is_greater),
        STARTED(a_connection_may_use_a_lock_of_its_own),
        STARTED(synchronize_takes_the_lock_and_passes_the_result_through),
        STARTED_TWO(with_a_lock_synchronize_works_from_another_cpu),
        STARTED_TWO(without_a_lock_synchronize_works_on_the_cpu_of_the_source_only),
        STARTED(a_lock_is_shared_by_two_connections_on_two_vectors),
        STARTED(a_lock_in_use_at_another_level_is_refused),
        STARTED(one_who_joins_must_fit_the_lock_too),
        STARTED(a_vector_is_chosen_at_the_locks_level_when_none_is_named),
        STARTED(a_full_class_is_exhausted_for_a_lock_in_use_there),
        STARTED(a_lock_whose_users_have_left_may_be_used_at_another_level),
        STARTED(a_refused_request_does_not_use_its_lock),
    };
    return cmocka_run_group_tests_name("lock", tests, NULL, NULL);
}
