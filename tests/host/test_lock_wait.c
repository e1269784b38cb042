/* test_lock_wait.c: interrupt locks that are held, waited for, or misused. */
#include "fake/world.h"

#include <stdatomic.h>
#include <string.h>

#include <ivm/level.h>
#include <ivm/lock.h>
#include <machine/hot.h>

#include "kernel/machine.h"

static struct ivm_lock shared_lock;
static unsigned runs;
static unsigned waited;

static void forget(void)
{
    memset(&shared_lock, 0, sizeof shared_lock);
    runs = waited = 0;
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

static struct ivm_request locked(unsigned index, uint8_t level)
{
    struct ivm_request request = world_line(index, index + 1);
    request.level = level;
    request.lock = &shared_lock;
    return request;
}

static uint8_t is_run(void *context)
{
    (void)context;
    runs++;
    return (uint8_t)shared_lock.holder;
}

static void a_take_below_the_locks_level_stops(void **state)
{
    (void)state;
    struct ivm_request request = locked(0, 5);
    world_must_connect(0, &request);
    machine_set_priority(4);
    expect_assert_failure(ivm_lock_take(&shared_lock));
    machine_set_priority(5);
    ivm_lock_take(&shared_lock);
    ivm_lock_release(&shared_lock);
    machine_set_priority(0);
}

static void a_second_take_on_one_cpu_stops(void **state)
{
    (void)state;
    ivm_lock_take(&shared_lock);
    expect_assert_failure(ivm_lock_take(&shared_lock));
    ivm_lock_release(&shared_lock);
    assert_int_equal(shared_lock.holder, 0);
}

static void a_release_of_what_another_cpu_or_nobody_holds_stops(void **state)
{
    (void)state;
    expect_assert_failure(ivm_lock_release(&shared_lock));
    ivm_lock_take(&shared_lock);
    model_become(1);
    expect_assert_failure(ivm_lock_release(&shared_lock));
    assert_int_equal(shared_lock.holder, 1);
    model_become(0);
    ivm_lock_release(&shared_lock);
}

static void the_other_cpu_lets_go(unsigned spins)
{
    waited = spins;
    if (spins == 7)
        shared_lock.holder = 0;
}

static void a_take_waits_for_the_holder(void **state)
{
    (void)state;
    model_become(1);
    ivm_lock_take(&shared_lock);
    model_become(0);
    model_on_relax(the_other_cpu_lets_go);
    ivm_lock_take(&shared_lock);
    assert_int_equal(waited, 7);
    assert_int_equal(shared_lock.holder, 1);
    ivm_lock_release(&shared_lock);
}

static void synchronize_waits_for_the_holder(void **state)
{
    (void)state;
    model_become(1);
    ivm_lock_take(&shared_lock);
    model_become(0);
    struct ivm_request request = locked(0, 6);
    world_must_connect(0, &request);
    model_on_relax(the_other_cpu_lets_go);
    uint8_t holder = 0;
    assert_int_equal(ivm_synchronize(&world.devices[0].connection, is_run, NULL, &holder),
                     IVM_OK);
    assert_int_equal(waited, 7);
    assert_int_equal(holder, 1);
}

static void wants_it_at_another_level(unsigned spins)
{
    waited = spins;
    if (spins == 10) {
        struct ivm_request request = locked(1, 9);
        assert_int_equal(world_connect(1, &request), IVM_BAD_ARGUMENT);
        assert_int_equal(world.refusal.rule, IVM_RULE_LOCK_LEVEL_DIFFERS);
        assert_int_equal(shared_lock.level, 5);
    }
    if (spins == 20)
        model_interrupts_of(1, true);
}

static void a_lock_is_in_use_until_the_disconnect_has_returned(void **state)
{
    (void)state;
    const struct ivm_cpu_set cpu_1 = {.mask = 2};
    struct ivm_request request = locked(0, 5);
    request.cpus = &cpu_1;
    world_must_connect(0, &request);
    model_interrupts_of(1, false);
    model_on_relax(wants_it_at_another_level);
    world_must_disconnect(0);
    assert_true(waited >= 20);
    assert_int_equal(shared_lock.users, 0);
}

static void without_a_lock_synchronize_refuses_while_the_source_moves(void **state)
{
    (void)state;
    struct ivm_request request = world_line(0, 7);
    world_must_connect(0, &request);
    atomic_store(&world.lines[7].moving, 1);
    assert_int_equal(ivm_synchronize(&world.devices[0].connection, is_run, NULL, NULL),
                     IVM_UNSUPPORTED);
    assert_int_equal(runs, 0);
    assert_int_equal(machine_priority(), 0);
}

int main(void)
{
#define STARTED(claim)     cmocka_unit_test_setup_teardown(claim, start, world_end)
#define STARTED_TWO(claim) cmocka_unit_test_setup_teardown(claim, start_two, world_end)
    const struct CMUnitTest tests[] = {
        STARTED(a_take_below_the_locks_level_stops),
        STARTED(a_second_take_on_one_cpu_stops),
        STARTED_TWO(a_release_of_what_another_cpu_or_nobody_holds_stops),
        STARTED_TWO(a_take_waits_for_the_holder),
        STARTED_TWO(synchronize_waits_for_the_holder),
        STARTED_TWO(a_lock_is_in_use_until_the_disconnect_has_returned),
        STARTED(without_a_lock_synchronize_refuses_while_the_source_moves),
    };
    return cmocka_run_group_tests_name("lock_wait", tests, NULL, NULL);
}
