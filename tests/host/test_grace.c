/* test_grace.c: a disconnect waits until no CPU can be in the routine, and asks that CPU only. */
#include "fake/world.h"

#include <string.h>

#include <ivm/level.h>
#include <machine/hot.h>

#include "kernel/grace.h"
#include "kernel/machine.h"
#include "kernel/vector.h"

enum { CPUS = 4, OWNER_CPU = 2, UNNAMED_LIMIT = 400000000 };

/* Connect device 0 to line 7 on OWNER_CPU. */
static uint8_t connect_there(enum ivm_sharing sharing)
{
    const struct ivm_cpu_set there = {.mask = 1u << OWNER_CPU};
    struct ivm_request request = world_line(0, 7);
    request.cpus = &there;
    request.sharing = sharing;
    uint8_t vector = world_must_connect(0, &request);
    model_events_clear();
    return vector;
}

static size_t asked(uint32_t cpu)
{
    return model_deliveries_of(cpu, IVM_VECTOR_DISPATCH);
}

static void a_disconnect_asks_the_cpu_of_the_source_and_no_other(void **state)
{
    (void)state;
    connect_there(IVM_EXCLUSIVE);
    world_must_disconnect(0);
    for (uint32_t cpu = 0; cpu < CPUS; cpu++)
        assert_int_equal(asked(cpu) != 0, cpu == OWNER_CPU);
}

/* The last one lets what is pending there come first, before its vector is given back. */
static void the_last_disconnect_on_the_cpu_of_the_source_asks_itself(void **state)
{
    (void)state;
    connect_there(IVM_EXCLUSIVE);
    model_become(OWNER_CPU);
    world_must_disconnect(0);
    for (uint32_t cpu = 0; cpu < CPUS; cpu++)
        assert_int_equal(asked(cpu) != 0, cpu == OWNER_CPU);
}

static void another_disconnect_on_the_cpu_of_the_source_asks_nobody(void **state)
{
    (void)state;
    connect_there(IVM_SHARED);
    struct ivm_request second = world_line(1, 7);
    world_must_connect(1, &second);
    model_become(OWNER_CPU);
    world_must_disconnect(1);
    for (uint32_t cpu = 0; cpu < CPUS; cpu++)
        assert_int_equal(asked(cpu), 0);
}

static void one_of_several_who_leaves_waits_as_well(void **state)
{
    (void)state;
    connect_there(IVM_SHARED);
    struct ivm_request second = world_line(1, 7);
    world_must_connect(1, &second);
    world_must_disconnect(0);
    assert_true(asked(OWNER_CPU) > 0);
    device_fire(1);
    assert_int_equal(world.devices[1].claims, 1);
    assert_int_equal(world.devices[1].cpu_seen, OWNER_CPU);
}

static size_t index_of(enum model_event_kind kind)
{
    for (size_t i = 0; i < model_event_count(); i++) {
        if (model_event_at(i)->kind == kind)
            return i;
    }
    fail_msg("no event %d", (int)kind);
    return 0;
}

static void the_wait_lies_between_the_mask_and_the_end_of_the_route(void **state)
{
    (void)state;
    connect_there(IVM_EXCLUSIVE);
    world_must_disconnect(0);
    assert_true(index_of(MODEL_MASK) < index_of(MODEL_DELIVER));
    assert_true(index_of(MODEL_DELIVER) < index_of(MODEL_UNROUTE));
}

static unsigned waited;
static uint8_t held;
static void (*meanwhile)(void);

/* OWNER_CPU has its interrupts off until the hundredth poll. */
static void cpu_comes_back(unsigned spins)
{
    waited = spins;
    if (spins == 50 && meanwhile != NULL)
        meanwhile();
    if (spins == 100)
        model_interrupts_of(OWNER_CPU, true);
}

static void disconnect_while_it_is_away(void (*then)(void))
{
    waited = 0;
    meanwhile = then;
    model_interrupts_of(OWNER_CPU, false);
    model_on_relax(cpu_comes_back);
    world_must_disconnect(0);
    model_on_relax(NULL);
}

static void the_vector_is_still_held(void)
{
    assert_false(vector_is_free(&world.cpus[OWNER_CPU].pool, held));
    assert_true(world.io.pins[7].masked);
    assert_true(world.io.pins[7].routed);
}

static void a_disconnect_returns_only_when_the_cpu_has_answered(void **state)
{
    (void)state;
    held = connect_there(IVM_EXCLUSIVE);
    disconnect_while_it_is_away(the_vector_is_still_held);
    assert_true(waited >= 100);
    assert_true(vector_is_free(&world.cpus[OWNER_CPU].pool, held));
}

static void fires_once_more(void)
{
    model_raise(OWNER_CPU, held);
}

static void what_fires_during_the_wait_is_late_and_no_routine_runs(void **state)
{
    (void)state;
    held = connect_there(IVM_EXCLUSIVE);
    disconnect_while_it_is_away(fires_once_more);
    assert_int_equal(world.devices[0].calls, 0);
    assert_int_equal(world_vector(OWNER_CPU, held).late, 1);
    assert_int_equal(world_vector(OWNER_CPU, held).strays, 0);
}

static void connects_another_line(void)
{
    struct ivm_request other = world_line(1, 8);
    world_must_connect(1, &other);
}

static void the_configuration_is_open_to_others_during_the_wait(void **state)
{
    (void)state;
    connect_there(IVM_EXCLUSIVE);
    disconnect_while_it_is_away(connects_another_line);
    device_fire(1);
    assert_int_equal(world.devices[1].claims, 1);
}

static void cpu_1_disconnects_the_second(void)
{
    model_become(1);
    world_must_disconnect(1);
    model_become(0);
}

static void two_may_disconnect_at_once(void **state)
{
    (void)state;
    connect_there(IVM_SHARED);
    struct ivm_request second = world_line(1, 9);
    const struct ivm_cpu_set elsewhere = {.mask = 1u << 3};
    second.cpus = &elsewhere;
    world_must_connect(1, &second);
    disconnect_while_it_is_away(cpu_1_disconnects_the_second);
    assert_int_equal(world_totals().vectors_used, 0);
    assert_int_equal(world_totals().disconnects, 2);
}

static void line_7_is_settled(unsigned spins)
{
    waited = spins;
    if (spins == 20)
        world.lines[7].busy = false;
}

static void a_connect_waits_for_a_source_that_is_about_to_change(void **state)
{
    (void)state;
    connect_there(IVM_SHARED);
    struct ivm_request joins = world_line(1, 7);
    waited = 0;
    world.lines[7].busy = true;
    model_on_relax(line_7_is_settled);
    world_must_connect(1, &joins);
    assert_int_equal(waited, 20);
}

static void a_connect_waits_for_a_vector_that_is_about_to_be_free(void **state)
{
    (void)state;
    uint8_t vector = connect_there(IVM_EXCLUSIVE);
    const struct ivm_cpu_set there = {.mask = 1u << OWNER_CPU};
    struct ivm_request asks = world_edge(1, 8);
    asks.vector = vector;
    asks.cpus = &there;
    waited = 0;
    world.lines[7].busy = true;
    model_on_relax(line_7_is_settled);
    assert_int_equal(world_connect(1, &asks), IVM_ALREADY_CONNECTED);
    assert_int_equal(world.refusal.rule, IVM_RULE_OWNER_EXCLUSIVE);
    assert_int_equal(waited, 20);
}

static void a_disconnect_waits_for_a_source_that_is_about_to_change(void **state)
{
    (void)state;
    connect_there(IVM_SHARED);
    waited = 0;
    world.lines[7].busy = true;
    model_on_relax(line_7_is_settled);
    world_must_disconnect(0);
    assert_int_equal(waited, 20);
    assert_false(world.lines[7].busy);
}

static void a_source_is_not_busy_when_its_last_owner_has_left(void **state)
{
    (void)state;
    connect_there(IVM_EXCLUSIVE);
    world_must_disconnect(0);
    assert_false(world.lines[7].busy);
    struct ivm_request again = world_line(1, 7);
    world_must_connect(1, &again);
}

static void a_pass_asks_the_callers_own_cpu_too(void **state)
{
    (void)state;
    grace_wait(0);
    assert_int_equal(asked(0), 0);
    grace_pass(0);
    assert_true(asked(0) > 0);
    grace_wait(1);
    assert_true(asked(1) > 0);
}

static void it_answers_when_it_was_named(unsigned spins)
{
    waited = spins;
    if (spins == UNNAMED_LIMIT)
        fail_msg("it is not named after %u polls", spins);
    if (model_notice(0) != NULL)
        model_interrupts_of(OWNER_CPU, true);
}

static void a_cpu_that_does_not_answer_is_named_and_waited_for(void **state)
{
    (void)state;
    connect_there(IVM_EXCLUSIVE);
    model_interrupts_of(OWNER_CPU, false);
    model_on_relax(it_answers_when_it_was_named);
    world_must_disconnect(0);
    assert_non_null(strstr(model_notice(0), "cpu 2 does not take a DISPATCH interrupt"));
    assert_null(model_notice(1));
    assert_true(waited > 1000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST_FOUR(a_disconnect_asks_the_cpu_of_the_source_and_no_other),
        WORLD_TEST_FOUR(the_last_disconnect_on_the_cpu_of_the_source_asks_itself),
        WORLD_TEST_FOUR(another_disconnect_on_the_cpu_of_the_source_asks_nobody),
        WORLD_TEST_FOUR(one_of_several_who_leaves_waits_as_well),
        WORLD_TEST_FOUR(the_wait_lies_between_the_mask_and_the_end_of_the_route),
        WORLD_TEST_FOUR(a_disconnect_returns_only_when_the_cpu_has_answered),
        WORLD_TEST_FOUR(what_fires_during_the_wait_is_late_and_no_routine_runs),
        WORLD_TEST_FOUR(the_configuration_is_open_to_others_during_the_wait),
        WORLD_TEST_FOUR(two_may_disconnect_at_once),
        WORLD_TEST_FOUR(a_connect_waits_for_a_source_that_is_about_to_change),
        WORLD_TEST_FOUR(a_connect_waits_for_a_vector_that_is_about_to_be_free),
        WORLD_TEST_FOUR(a_disconnect_waits_for_a_source_that_is_about_to_change),
        WORLD_TEST_FOUR(a_source_is_not_busy_when_its_last_owner_has_left),
        WORLD_TEST_FOUR(a_pass_asks_the_callers_own_cpu_too),
        WORLD_TEST_FOUR(a_cpu_that_does_not_answer_is_named_and_waited_for),
    };
    return cmocka_run_group_tests_name("grace", tests, NULL, NULL);
}
