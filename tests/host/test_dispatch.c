/* test_dispatch.c: what happens when a vector fires: chains, ends, strays, spurious,
 * priorities. */
#include "fake/world.h"

#include <string.h>

#include <ivm/level.h>
#include <ivm/vector.h>
#include <machine/hot.h>

#include "kernel/machine.h"

/* Connect `count` devices to one line; returns the vector. */
static uint8_t share(unsigned count, uint32_t gsi, enum ivm_trigger trigger)
{
    uint8_t vector = 0;
    for (unsigned i = 0; i < count; i++) {
        struct ivm_request request = world_line(i, gsi);
        request.trigger = trigger;
        vector = world_must_connect(i, &request);
    }
    return vector;
}

static void a_level_chain_stops_at_the_first_that_takes_it(void **state)
{
    (void)state;
    share(3, 7, IVM_LEVEL);
    device_fire(1);
    assert_string_equal(world_calls(), "0 1");
    world_calls_clear();
    device_fire(0);
    assert_string_equal(world_calls(), "0");
    world_calls_clear();
    device_fire(2);
    assert_string_equal(world_calls(), "0 1 2");
}

static void sharers_that_fire_together_are_each_served(void **state)
{
    (void)state;
    share(3, 7, IVM_LEVEL);
    model_interrupts(false);
    for (unsigned i = 0; i < 3; i++)
        device_fire(i);
    model_interrupts(true);
    assert_string_equal(world_calls(), "0 0 1 0 1 2");
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(world.devices[i].claims, 1);
    assert_int_equal(model_count_of(MODEL_DELIVER), 3);
}

static void an_edge_chain_is_offered_until_a_whole_pass_takes_nothing(void **state)
{
    (void)state;
    share(3, 7, IVM_EDGE);
    device_fire(1);
    assert_string_equal(world_calls(), "0 1 2 0 1 2");
    assert_int_equal(model_count_of(MODEL_DELIVER), 1);
}

static void fires_dev0_once(struct device *device)
{
    if (device->claims == 0)
        device_fire(0);
}

static void an_edge_that_comes_while_another_sharer_holds_the_line_is_not_lost(void **state)
{
    (void)state;
    share(2, 7, IVM_EDGE);
    world.devices[1].inside = fires_dev0_once;
    device_fire(1);
    /* dev0 had been asked before it asserted, and the line never fell: no new edge. */
    assert_int_equal(model_count_of(MODEL_DELIVER), 1);
    assert_int_equal(world.devices[0].claims, 1);
    assert_int_equal(world.devices[1].claims, 1);
    assert_int_equal(world.io.pins[7].wires, 0);
}

static void passes_over_an_edge_chain_are_bounded(void **state)
{
    (void)state;
    uint8_t vector = share(2, 7, IVM_EDGE);
    world.devices[0].greedy = true;
    device_fire(1);
    assert_int_equal(world.devices[0].calls, IVM_PASS_LIMIT);
    assert_int_equal(world.devices[1].calls, IVM_PASS_LIMIT);
    assert_int_equal(world_vector(0, vector).delivered, 1);
    assert_int_equal(world_vector(0, vector).strays, 0);
}

static void an_edge_nobody_takes_is_offered_once_to_each(void **state)
{
    (void)state;
    uint8_t vector = share(3, 7, IVM_EDGE);
    model_raise(0, vector);
    assert_string_equal(world_calls(), "0 1 2");
    assert_int_equal(world_vector(0, vector).strays, 1);
}

static void a_lone_routine_is_asked_once(void **state)
{
    (void)state;
    static const enum ivm_trigger triggers[] = {IVM_EDGE, IVM_LEVEL};
    for (unsigned i = 0; i < 2; i++) {
        uint8_t vector = share(1, 7, triggers[i]);
        world_calls_clear();
        world.devices[0].greedy = true;
        model_raise(0, vector);
        assert_string_equal(world_calls(), "0");
        world.devices[0].greedy = false;
        model_raise(0, vector);
        assert_string_equal(world_calls(), "0 0");
        world_must_disconnect(0);
    }
}

static void an_edge_chain_of_one_again_is_asked_once(void **state)
{
    (void)state;
    uint8_t vector = share(2, 7, IVM_EDGE);
    world_must_disconnect(0);
    world.devices[1].greedy = true;
    model_raise(0, vector);
    assert_string_equal(world_calls(), "1");
}

static void removing_head_middle_or_tail_keeps_the_order_of_the_rest(void **state)
{
    static const char *const rest[] = {"1 2", "0 2", "0 1"};
    for (unsigned removed = 0; removed < 3; removed++) {
        world_one_cpu(state);
        uint8_t vector = share(3, 7, IVM_LEVEL);
        world_must_disconnect(removed);
        model_raise(0, vector);
        assert_string_equal(world_calls(), rest[removed]);
        struct ivm_request request = world_line(removed, 7);
        world_must_connect(removed, &request);
        world_calls_clear();
        model_raise(0, vector);
        assert_int_equal(world.calls[2], removed);
        for (unsigned i = 0; i < 3; i++)
            world_must_disconnect(i);
    }
}

static void every_order_of_leaving_keeps_the_order_of_the_rest(void **state)
{
    static const unsigned orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                          {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    for (unsigned i = 0; i < 6; i++) {
        world_one_cpu(state);
        uint8_t vector = share(3, 7, IVM_EDGE);
        world_must_disconnect(orders[i][0]);
        world_must_disconnect(orders[i][1]);
        world.devices[orders[i][2]].greedy = true;
        model_raise(0, vector);
        assert_int_equal(world.call_count, 1);
        assert_int_equal(world.calls[0], orders[i][2]);
        world_must_disconnect(orders[i][2]);
    }
}

static void is_not_ended_yet(struct device *device)
{
    (void)device;
    assert_int_equal(model_count_of(MODEL_END), 0);
    assert_true(machine_in_service(world.devices[0].connection.source->vector));
}

static void the_end_is_sent_once_after_the_chain(void **state)
{
    (void)state;
    static const enum ivm_trigger triggers[] = {IVM_EDGE, IVM_LEVEL};
    for (unsigned sharers = 1; sharers <= 3; sharers++) {
        for (unsigned i = 0; i < 2; i++) {
            world_one_cpu(state);
            share(sharers, 7, triggers[i]);
            model_events_clear();
            for (unsigned d = 0; d < sharers; d++)
                world.devices[d].inside = is_not_ended_yet;
            device_fire(sharers - 1);
            assert_int_equal(model_event_count(), 2);
            assert_int_equal(model_event_at(0)->kind, MODEL_DELIVER);
            assert_int_equal(model_event_at(1)->kind, MODEL_END);
        }
    }
}

static void counters_are_exact(void **state)
{
    (void)state;
    uint8_t vector = share(3, 7, IVM_LEVEL);
    for (unsigned i = 0; i < 60; i++)
        device_fire(i % 3 == 0 ? 0 : 1);
    for (unsigned i = 0; i < 7; i++)
        model_raise(0, vector);
    struct ivm_vector_stats stats = world_vector(0, vector);
    assert_int_equal(stats.delivered, 67);
    assert_int_equal(stats.strays, 7);
    assert_int_equal(stats.late, 0);
    assert_int_equal(ivm_stats_claimed(&world.devices[0].connection), 20);
    assert_int_equal(ivm_stats_claimed(&world.devices[1].connection), 40);
    assert_int_equal(ivm_stats_claimed(&world.devices[2].connection), 0);
    assert_int_equal(world_totals().strays, 0);
}

static void a_stray_on_an_unconnected_vector_is_ended_and_counted(void **state)
{
    (void)state;
    for (unsigned vector = 0x20; vector < 0xFF; vector++) {
        if (vector == IVM_VECTOR_DISPATCH || vector == 0x27 || vector == 0x2F)
            continue;
        model_raise(0, (uint8_t)vector);
        model_raise(0, (uint8_t)vector);
        struct ivm_vector_stats stats = world_vector(0, (uint8_t)vector);
        assert_int_equal(stats.delivered, 2);
        assert_int_equal(stats.strays, 2);
        assert_false(stats.connected);
    }
    assert_int_equal(world_totals().strays, 2 * (0xFF - 0x20 - 3));
    assert_int_equal(model_count_of(MODEL_END), 2 * (0xFF - 0x20 - 3));
}

static void a_stray_that_is_not_in_service_is_counted_and_not_ended(void **state)
{
    (void)state;
    model_call(0x45);
    assert_int_equal(world_vector(0, 0x45).strays, 1);
    assert_int_equal(model_count_of(MODEL_END), 0);
    assert_int_equal(world_totals().strays, 1);
}

static void is_interrupted_by_a_stray(struct device *device)
{
    (void)device;
    machine_interrupts_off();
    model_call(0x45);
    machine_interrupts_on();
}

static void a_stray_inside_a_routine_leaves_the_routines_vector_in_service(void **state)
{
    (void)state;
    share(1, 7, IVM_LEVEL);
    world.devices[0].inside = is_interrupted_by_a_stray;
    device_fire(0);
    assert_int_equal(model_count_of(MODEL_END), 1);
    assert_int_equal(world_vector(0, 0x45).strays, 1);
}

static void the_first_stray_of_a_vector_is_noticed_with_its_number(void **state)
{
    (void)state;
    model_raise(0, 0x9B);
    assert_non_null(model_notice(0));
    assert_non_null(strstr(model_notice(0), "0x9b"));
    for (unsigned i = 0; i < 50; i++)
        model_raise(0, 0x9B);
    assert_null(model_notice(1));
    model_raise(0, 0x9C);
    assert_non_null(model_notice(1));
}

static void the_spurious_vector_is_counted_and_never_ended(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 5; i++)
        model_call(IVM_VECTOR_SPURIOUS);
    assert_int_equal(world_totals().spurious, 5);
    assert_int_equal(world_vector(0, IVM_VECTOR_SPURIOUS).strays, 0);
    assert_null(model_notice(0));
    assert_int_equal(world_totals().strays, 0);
    assert_int_equal(model_count_of(MODEL_END), 0);
}

static void spurious_interrupts_of_the_8259_are_counted_and_never_ended(void **state)
{
    (void)state;
    model_call(IVM_VECTOR_PIC_SPURIOUS_MASTER);
    model_call(IVM_VECTOR_PIC_SPURIOUS_SLAVE);
    assert_int_equal(world_totals().pic_spurious, 2);
    assert_int_equal(world_vector(0, IVM_VECTOR_PIC_SPURIOUS_MASTER).strays, 0);
    assert_int_equal(model_count_of(MODEL_END), 0);
    assert_null(model_notice(0));
}

static void an_8259_input_that_was_in_service_is_a_stray(void **state)
{
    (void)state;
    model_pic_in_service(true);
    model_call(IVM_VECTOR_PIC_SPURIOUS_SLAVE);
    assert_int_equal(world_vector(0, IVM_VECTOR_PIC_SPURIOUS_SLAVE).strays, 1);
    assert_int_equal(model_count_of(MODEL_END), 0);
}

static void an_8259_vector_raised_by_the_local_apic_is_ended(void **state)
{
    (void)state;
    model_raise(0, IVM_VECTOR_PIC_SPURIOUS_MASTER);
    assert_int_equal(model_count_of(MODEL_END), 1);
    assert_int_equal(world_vector(0, IVM_VECTOR_PIC_SPURIOUS_MASTER).strays, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_level_chain_stops_at_the_first_that_takes_it),
        WORLD_TEST(sharers_that_fire_together_are_each_served),
        WORLD_TEST(an_edge_chain_is_offered_until_a_whole_pass_takes_nothing),
        WORLD_TEST(an_edge_that_comes_while_another_sharer_holds_the_line_is_not_lost),
        WORLD_TEST(passes_over_an_edge_chain_are_bounded),
        WORLD_TEST(an_edge_nobody_takes_is_offered_once_to_each),
        WORLD_TEST(a_lone_routine_is_asked_once),
        WORLD_TEST(an_edge_chain_of_one_again_is_asked_once),
        WORLD_TEST(removing_head_middle_or_tail_keeps_the_order_of_the_rest),
        WORLD_TEST(every_order_of_leaving_keeps_the_order_of_the_rest),
        WORLD_TEST(the_end_is_sent_once_after_the_chain),
        WORLD_TEST(counters_are_exact),
        WORLD_TEST(a_stray_on_an_unconnected_vector_is_ended_and_counted),
        WORLD_TEST(a_stray_that_is_not_in_service_is_counted_and_not_ended),
        WORLD_TEST(a_stray_inside_a_routine_leaves_the_routines_vector_in_service),
        WORLD_TEST(the_first_stray_of_a_vector_is_noticed_with_its_number),
        WORLD_TEST(the_spurious_vector_is_counted_and_never_ended),
        WORLD_TEST(spurious_interrupts_of_the_8259_are_counted_and_never_ended),
        WORLD_TEST(an_8259_input_that_was_in_service_is_a_stray),
        WORLD_TEST(an_8259_vector_raised_by_the_local_apic_is_ended),
    };
    return cmocka_run_group_tests_name("dispatch", tests, NULL, NULL);
}
