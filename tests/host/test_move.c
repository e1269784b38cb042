/* test_move.c: a source goes to another CPU while it fires: nothing lost, nothing twice. */
#include "fake/world.h"

#include <string.h>

#include <ivm/affinity.h>
#include <ivm/level.h>
#include <ivm/vector.h>
#include <machine/hot.h>

#include "kernel/dispatch.h"
#include "kernel/machine.h"
#include "kernel/vector.h"

enum { CPUS = 4 };

static const struct ivm_cpu_set cpu_0 = {.mask = 1}, cpu_1 = {.mask = 2},
                                cpu_3 = {.mask = 8};

/* Connect device 0 on CPU 0; every controller's source begins there. */
static uint8_t connect_on_cpu_0(struct ivm_request request)
{
    request.cpus = &cpu_0;
    uint8_t vector = world_must_connect(0, &request);
    model_events_clear();
    return vector;
}

static struct ivm_source_id id_of(unsigned index)
{
    return world.devices[index].connection.request.source;
}

static void move_to(const struct ivm_cpu_set *cpus)
{
    assert_int_equal(ivm_set_affinity(id_of(0), cpus), IVM_OK);
}

static void a_moved_source_keeps_its_number_and_runs_on_the_new_cpu(void **state)
{
    (void)state;
    uint8_t vector = connect_on_cpu_0(world_line(0, 7));
    move_to(&cpu_3);
    uint32_t cpu = 0;
    assert_int_equal(world_place(id_of(0), &cpu), vector);
    assert_int_equal(cpu, 3);
    device_fire(0);
    assert_int_equal(world.devices[0].claims, 1);
    assert_int_equal(world.devices[0].cpu_seen, 3);
    assert_int_equal(world.devices[0].level_seen, ivm_vector_level(vector));
}

static void edges_levels_and_messages_can_move(void **state)
{
    for (unsigned kind = 0; kind < 3; kind++) {
        world_four_cpus(state);
        connect_on_cpu_0(kind == 0   ? world_line(0, 7)
                         : kind == 1 ? world_edge(0, 7)
                                     : world_message(0, 5));
        for (uint32_t step = 0; step < 20; step++) {
            const struct ivm_cpu_set there = {.mask = 1ull << (step * 3 + 1) % CPUS};
            move_to(&there);
            device_fire(0);
            assert_int_equal(world.devices[0].cpu_seen, (step * 3 + 1) % CPUS);
        }
        assert_int_equal(world.devices[0].claims, 20);
        assert_int_equal(world.devices[0].calls, 20);
        assert_int_equal(world_totals().vectors_used, 1);
    }
}

static void a_move_writes_the_destination_and_nothing_else(void **state)
{
    (void)state;
    connect_on_cpu_0(world_line(0, 7));
    struct ivm_route before = world.io.pins[7].route;
    move_to(&cpu_1);
    assert_int_equal(model_write_count(), 1);
    assert_int_equal(model_count_of(MODEL_REDIRECT), 1);
    assert_false(world.io.pins[7].masked);
    before.cpu = 1;
    assert_memory_equal(&before, &world.io.pins[7].route, sizeof before);
}

static void the_old_slot_is_free_and_strays_after_the_move(void **state)
{
    (void)state;
    uint8_t vector = connect_on_cpu_0(world_line(0, 7));
    move_to(&cpu_1);
    assert_false(world_vector(0, vector).connected);
    assert_true(vector_is_free(&world.cpus[0].pool, vector));
    assert_false(vector_is_free(&world.cpus[1].pool, vector));
    model_raise(0, vector);
    assert_int_equal(world.devices[0].calls, 0);
    assert_int_equal(world_vector(0, vector).strays, 1);
    struct ivm_request other = world_edge(1, 8);
    other.vector = vector;
    other.cpus = &cpu_0;
    assert_int_equal(world_must_connect(1, &other), vector);
}

static void the_generation_of_the_new_slot_grows(void **state)
{
    (void)state;
    uint8_t vector = connect_on_cpu_0(world_line(0, 7));
    for (uint32_t i = 1; i <= 3; i++) {
        move_to(&cpu_1);
        assert_int_equal(world_vector(1, vector).generation, i);
        move_to(&cpu_0);
        assert_int_equal(world_vector(0, vector).generation, i + 1);
    }
}

static void the_counters_of_a_connection_go_on(void **state)
{
    (void)state;
    uint8_t vector = connect_on_cpu_0(world_line(0, 7));
    for (unsigned i = 0; i < 6; i++) {
        device_fire(0);
        move_to(i % 2 == 0 ? &cpu_1 : &cpu_0);
    }
    assert_int_equal(ivm_stats_claimed(&world.devices[0].connection), 6);
    assert_int_equal(world_vector(0, vector).delivered, 3);
    assert_int_equal(world_vector(1, vector).delivered, 3);
}

static void sharers_of_a_line_move_together(void **state)
{
    (void)state;
    connect_on_cpu_0(world_line(0, 7));
    for (unsigned i = 1; i < 3; i++) {
        struct ivm_request request = world_line(i, 7);
        world_must_connect(i, &request);
    }
    move_to(&cpu_3);
    device_fire(2);
    assert_string_equal(world_calls(), "0 1 2");
    assert_int_equal(world.devices[2].cpu_seen, 3);
    world_must_disconnect(1);
    device_fire(2);
    assert_string_equal(world_calls(), "0 1 2 0 2");
}

static void sharers_of_an_edge_are_asked_in_passes_after_the_move(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct ivm_request request = world_edge(i, 7);
        request.sharing = IVM_SHARED;
        request.cpus = &cpu_0;
        world_must_connect(i, &request);
    }
    move_to(&cpu_1);
    device_fire(1);
    assert_string_equal(world_calls(), "0 1 0 1");
    assert_int_equal(world.devices[1].claims, 1);
}

static unsigned fires;

/* The entry names the new CPU, and the manager is still waiting for the old one. */
static void fires_in_the_middle_of_the_move(const struct model_event *event)
{
    if (event->kind != MODEL_REDIRECT)
        return;
    for (unsigned i = 0; i < fires; i++)
        device_fire(0);
}

static void fired_during_a_move_runs_once_afterwards(struct ivm_request request)
{
    uint8_t vector = connect_on_cpu_0(request);
    fires = 1;
    model_on_write(fires_in_the_middle_of_the_move);
    move_to(&cpu_1);
    model_on_write(NULL);
    assert_int_equal(model_deliveries_of(0, vector), 0);
    assert_int_equal(model_deliveries_of(1, vector), 2);
    assert_int_equal(world.devices[0].calls, 1);
    assert_int_equal(world.devices[0].claims, 1);
    assert_int_equal(world.devices[0].cpu_seen, 1);
    assert_int_equal(world_vector(1, vector).strays, 0);
    assert_int_equal(world_vector(1, vector).delivered, 1);
    device_fire(0);
    assert_int_equal(world.devices[0].claims, 2);
}

static void an_edge_that_came_during_a_move_is_fired_again_once(void **state)
{
    (void)state;
    fired_during_a_move_runs_once_afterwards(world_edge(0, 7));
    assert_int_equal(model_count_of(MODEL_MASK), 0);
}

static void a_message_that_came_during_a_move_is_fired_again_once(void **state)
{
    (void)state;
    fired_during_a_move_runs_once_afterwards(world_message(0, 5));
    assert_int_equal(model_count_of(MODEL_MASK), 0);
}

static void a_level_that_came_during_a_move_is_masked_until_it_has_ended(void **state)
{
    (void)state;
    fired_during_a_move_runs_once_afterwards(world_line(0, 7));
    assert_int_equal(model_count_of(MODEL_MASK), 1);
    assert_int_equal(model_count_of(MODEL_UNMASK), 1);
    assert_int_equal(world.lines[7].mask_reasons, 0);
    assert_int_equal(world.lines[7].parked, 0);
}

static void several_messages_during_a_move_are_one_more_firing_of_its_own(void **state)
{
    (void)state;
    uint8_t vector = connect_on_cpu_0(world_message(0, 5));
    fires = 3;
    model_on_write(fires_in_the_middle_of_the_move);
    move_to(&cpu_1);
    assert_int_equal(model_deliveries_of(1, vector), 4);
    assert_int_equal(world.devices[0].calls, 1);
}

static void a_move_under_an_unclaimed_mask_stays_masked(void **state)
{
    (void)state;
    connect_on_cpu_0(world_line(0, 7));
    world.devices[0].stuck = true;
    device_fire(0);
    assert_int_equal(world.lines[7].mask_reasons, IVM_MASKED_UNCLAIMED);
    move_to(&cpu_1);
    assert_true(world.io.pins[7].masked);
    world.devices[0].stuck = false;
    assert_int_equal(ivm_line_rearm(7), IVM_OK);
    assert_int_equal(world.devices[0].cpu_seen, 1);
    assert_int_equal(world.devices[0].claims, 1);
}

static unsigned calls_before;

static void comes_in_service(struct device *device)
{
    (void)device;
    calls_before++;
}

/* entry.S reads a slot's function, and the move ends before it is called. */
static void parks_too_late(struct slot *slot)
{
    atomic_store(&slot->dispatch, dispatch_first);
    dispatch_parked(slot);
}

static void an_edge_parked_when_the_move_has_ended_fires_itself_again(void **state)
{
    (void)state;
    uint8_t vector = connect_on_cpu_0(world_edge(0, 7));
    calls_before = 0;
    world.devices[0].inside = comes_in_service;
    atomic_store(&world.cpus[0].slots[vector].dispatch, parks_too_late);
    device_fire(0);
    assert_int_equal(calls_before, 1);
    assert_int_equal(world.devices[0].claims, 1);
    assert_int_equal(model_deliveries_of(0, vector), 2);
    assert_int_equal(world.lines[7].parked, 0);
}

static unsigned waited;
static bool was_parked;
static uint8_t moving;

/* CPU 0 is in its routine, or cannot be interrupted for another reason. */
static void cpu_0_is_away(unsigned spins)
{
    waited = spins;
    if (spins == 10) {
        device_fire(0);
        was_parked = world.lines[7].parked != 0 && world.devices[0].calls == 0;
    }
    if (spins == 20)
        assert_false(vector_is_free(&world.cpus[0].pool, moving));
    if (spins == 50)
        model_interrupts_of(0, true);
}

static void a_move_waits_until_the_old_cpu_is_out_of_its_routine(void **state)
{
    (void)state;
    moving = connect_on_cpu_0(world_line(0, 7));
    model_become(2);
    model_interrupts_of(0, false);
    model_on_relax(cpu_0_is_away);
    move_to(&cpu_1);
    assert_true(was_parked);
    assert_true(waited >= 50);
    assert_int_equal(world.devices[0].claims, 1);
    assert_int_equal(world.devices[0].cpu_seen, 1);
}

/* It was sent before the move and is served during it: on the old CPU. */
static void fires_before_the_write(unsigned spins)
{
    if (spins == 1)
        model_interrupts_of(0, true);
}

static void what_was_sent_to_the_old_cpu_is_served_there(void **state)
{
    (void)state;
    uint8_t vector = connect_on_cpu_0(world_edge(0, 7));
    model_become(2);
    model_interrupts_of(0, false);
    device_fire(0);
    assert_true(model_pending(0, vector));
    model_on_relax(fires_before_the_write);
    move_to(&cpu_1);
    assert_int_equal(world.devices[0].claims, 1);
    assert_int_equal(world.devices[0].cpu_seen, 0);
    assert_int_equal(world_vector(0, vector).strays, 0);
}

static void the_least_used_cpu_of_the_set_is_chosen(void **state)
{
    (void)state;
    connect_on_cpu_0(world_line(0, 7));
    for (unsigned i = 1; i < 4; i++) {
        struct ivm_request request = world_edge(i, 20 + i);
        const struct ivm_cpu_set there = {.mask = i < 3 ? 2 : 8};
        request.cpus = &there;
        request.vector = (uint8_t)(0xA0 + i);
        world_must_connect(i, &request);
    }
    const struct ivm_cpu_set three = {.mask = 0xA}, all_but_0 = {.mask = 0xE};
    move_to(&three);
    assert_int_equal(world.lines[7].cpu, 3);
    move_to(&cpu_0);
    move_to(&all_but_0);
    assert_int_equal(world.lines[7].cpu, 2);
}

static void a_cpu_whose_number_is_taken_is_passed_over(void **state)
{
    (void)state;
    struct ivm_request other = world_edge(1, 8);
    other.vector = connect_on_cpu_0(world_line(0, 7));
    other.cpus = &cpu_1;
    world_must_connect(1, &other);
    const struct ivm_cpu_set both = {.mask = 0xA};
    move_to(&both);
    assert_int_equal(world.lines[7].cpu, 3);
}

static void a_move_with_its_own_cpus_interrupts_served_leaves_no_trace(void **state)
{
    (void)state;
    uint8_t vector = connect_on_cpu_0(world_line(0, 7));
    move_to(&cpu_1);
    move_to(&cpu_0);
    device_fire(0);
    assert_int_equal(world_totals().vectors_used, 1);
    assert_false(world.lines[7].busy);
    world_must_disconnect(0);
    assert_int_equal(world_totals().vectors_used, 0);
    assert_false(world_vector(1, vector).connected);
    struct ivm_request again = world_line(1, 9);
    again.vector = vector;
    world_must_connect(1, &again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST_FOUR(a_moved_source_keeps_its_number_and_runs_on_the_new_cpu),
        WORLD_TEST_FOUR(edges_levels_and_messages_can_move),
        WORLD_TEST_FOUR(a_move_writes_the_destination_and_nothing_else),
        WORLD_TEST_FOUR(the_old_slot_is_free_and_strays_after_the_move),
        WORLD_TEST_FOUR(the_generation_of_the_new_slot_grows),
        WORLD_TEST_FOUR(the_counters_of_a_connection_go_on),
        WORLD_TEST_FOUR(sharers_of_a_line_move_together),
        WORLD_TEST_FOUR(sharers_of_an_edge_are_asked_in_passes_after_the_move),
        WORLD_TEST_FOUR(an_edge_that_came_during_a_move_is_fired_again_once),
        WORLD_TEST_FOUR(a_message_that_came_during_a_move_is_fired_again_once),
        WORLD_TEST_FOUR(a_level_that_came_during_a_move_is_masked_until_it_has_ended),
        WORLD_TEST_FOUR(several_messages_during_a_move_are_one_more_firing_of_its_own),
        WORLD_TEST_FOUR(a_move_under_an_unclaimed_mask_stays_masked),
        WORLD_TEST_FOUR(an_edge_parked_when_the_move_has_ended_fires_itself_again),
        WORLD_TEST_FOUR(a_move_waits_until_the_old_cpu_is_out_of_its_routine),
        WORLD_TEST_FOUR(what_was_sent_to_the_old_cpu_is_served_there),
        WORLD_TEST_FOUR(the_least_used_cpu_of_the_set_is_chosen),
        WORLD_TEST_FOUR(a_cpu_whose_number_is_taken_is_passed_over),
        WORLD_TEST_FOUR(a_move_with_its_own_cpus_interrupts_served_leaves_no_trace),
    };
    return cmocka_run_group_tests_name("move", tests, NULL, NULL);
}
