/* test_disconnect.c: getting off: from where, what is left behind, and that nothing leaks.
 */
#include "fake/world.h"

#include <string.h>

#include <ivm/level.h>
#include <ivm/vector.h>
#include <machine/hot.h>

#include "kernel/machine.h"

static void after_disconnect_no_call_ever_comes(void **state)
{
    (void)state;
    struct ivm_request request = world_line(0, 7);
    uint8_t vector = world_must_connect(0, &request);
    device_fire(0);
    world_must_disconnect(0);
    unsigned calls = world.devices[0].calls;
    device_fire(0);
    for (unsigned i = 0; i < 100; i++)
        model_raise(0, vector);
    assert_int_equal(world.devices[0].calls, calls);
    struct ivm_vector_stats stats = world_vector(0, vector);
    assert_false(stats.connected);
    assert_int_equal(stats.strays, 100);
    assert_int_equal(world_totals().strays, 100);
}

static void a_second_disconnect_says_764(void **state)
{
    (void)state;
    struct ivm_request request = world_line(0, 7);
    assert_int_equal(world_disconnect(0), IVM_NOT_CONNECTED);
    world_must_connect(0, &request);
    world_must_disconnect(0);
    struct world_picture *before = world_take_picture();
    size_t writes = model_write_count();
    assert_int_equal(world_disconnect(0), IVM_NOT_CONNECTED);
    assert_int_equal(ivm_disconnect(NULL), IVM_NOT_CONNECTED);
    assert_int_equal(model_write_count(), writes);
    world_same_picture(before);
    assert_int_equal(ivm_status_forms(IVM_NOT_CONNECTED)->win32, 764);
    assert_int_equal(ivm_status_forms(IVM_NOT_CONNECTED)->ntstatus, 0xC00702FC);
}

static void a_disconnect_at_dispatch_level_or_above_is_refused(void **state)
{
    (void)state;
    struct ivm_request request = world_line(0, 7);
    world_must_connect(0, &request);
    for (uint8_t level = IVM_DISPATCH; level < IVM_LEVEL_COUNT; level++) {
        machine_set_priority(level);
        struct world_picture *before = world_take_picture();
        assert_int_equal(world_disconnect(0), IVM_WRONG_LEVEL);
        world_same_picture(before);
        machine_set_priority(0);
        device_fire(0);
    }
    assert_int_equal(world.devices[0].claims, IVM_LEVEL_COUNT - IVM_DISPATCH);
    machine_set_priority(IVM_DISPATCH - 1);
    world_must_disconnect(0);
    machine_set_priority(0);
}

static void a_disconnect_with_interrupts_off_is_refused(void **state)
{
    (void)state;
    struct ivm_request request = world_line(0, 7);
    world_must_connect(0, &request);
    machine_interrupts_off();
    struct world_picture *before = world_take_picture();
    assert_int_equal(world_disconnect(0), IVM_WRONG_LEVEL);
    world_same_picture(before);
    machine_interrupts_on();
    device_fire(0);
    assert_int_equal(world.devices[0].claims, 1);
    world_must_disconnect(0);
}

static void tries_to_disconnect(struct device *device)
{
    assert_int_equal(ivm_disconnect(&device->connection), IVM_WRONG_LEVEL);
    assert_int_equal(ivm_disconnect(&world.devices[1].connection), IVM_WRONG_LEVEL);
}

static void a_routine_cannot_disconnect_itself_or_another(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct ivm_request request = world_line(i, 7);
        world_must_connect(i, &request);
    }
    world.devices[0].inside = tries_to_disconnect;
    device_fire(0);
    device_fire(1);
    assert_int_equal(world.devices[0].claims, 1);
    assert_int_equal(world.devices[1].claims, 1);
}

static void the_others_on_a_line_live_on(void **state)
{
    (void)state;
    for (unsigned leaver = 0; leaver < 3; leaver++) {
        world_one_cpu(state);
        for (unsigned i = 0; i < 3; i++) {
            struct ivm_request request = world_line(i, 7);
            world_must_connect(i, &request);
        }
        uint8_t vector = world.devices[0].connection.source->vector;
        world_must_disconnect(leaver);
        assert_int_equal(world_vector(0, vector).owner_count, 2);
        for (unsigned i = 0; i < 3; i++) {
            if (i != leaver)
                device_fire(i);
        }
        for (unsigned i = 0; i < 3; i++)
            assert_int_equal(world.devices[i].claims, i != leaver);
        assert_int_equal(world.devices[leaver].calls, 0);
    }
}

static void a_freed_vector_can_be_had_by_another_source(void **state)
{
    (void)state;
    struct ivm_request line = world_line(0, 7), other = world_edge(1, 8);
    line.vector = other.vector = 0x5A;
    world_must_connect(0, &line);
    world_must_refuse(1, &other, IVM_RULE_REQUESTER_EXCLUSIVE);
    world_must_disconnect(0);
    assert_int_equal(world_must_connect(1, &other), 0x5A);
    device_fire(1);
    assert_int_equal(world.devices[1].claims, 1);
    assert_int_equal(world.devices[0].calls, 0);
}

static void a_line_can_come_back_with_other_properties(void **state)
{
    (void)state;
    struct ivm_request request = world_line(0, 7);
    world_must_connect(0, &request);
    world_must_disconnect(0);
    request.trigger = IVM_EDGE;
    request.polarity = IVM_ACTIVE_HIGH;
    request.sharing = IVM_EXCLUSIVE;
    request.vector = 0x9D;
    assert_int_equal(world_must_connect(0, &request), 0x9D);
    assert_int_equal(world.io.pins[7].route.trigger, IVM_EDGE);
    assert_int_equal(world.io.pins[7].route.polarity, IVM_ACTIVE_HIGH);
    device_fire(0);
    assert_int_equal(world.devices[0].claims, 1);
}

static void a_thousand_reconnects_leak_nothing(void **state)
{
    (void)state;
    struct ivm_request request = world_line(0, 7);
    request.vector = 0x61;
    struct ivm_totals before = world_totals();
    uint32_t generation = world_vector(0, 0x61).generation;
    for (unsigned i = 1; i <= 1000; i++) {
        world_must_connect(0, &request);
        device_fire(0);
        assert_int_equal(world_vector(0, 0x61).generation, generation + i);
        world_must_disconnect(0);
    }
    struct ivm_totals after = world_totals();
    assert_int_equal(after.vectors_free, before.vectors_free);
    assert_int_equal(after.vectors_used, before.vectors_used);
    assert_int_equal(after.connects, 1000);
    assert_int_equal(after.disconnects, 1000);
    assert_int_equal(after.refusals, 0);
    assert_int_equal(world.devices[0].claims, 1000);
    assert_int_equal(world_vector(0, 0x61).delivered, 1000);
}

static void a_thousand_reconnects_anywhere_leak_nothing(void **state)
{
    (void)state;
    struct ivm_totals before = world_totals();
    for (unsigned i = 0; i < 1000; i++) {
        struct ivm_request line = world_line(0, i % WORLD_LINES), bare = world_bare(1, 0);
        world_must_connect(0, &line);
        world_must_connect(1, &bare);
        world_must_disconnect(0);
        world_must_disconnect(1);
    }
    assert_int_equal(world_totals().vectors_free, before.vectors_free);
    assert_int_equal(world_totals().vectors_used, 0);
}

static void claims_begin_anew_with_each_connect(void **state)
{
    (void)state;
    struct ivm_request request = world_line(0, 7);
    for (unsigned i = 0; i < 3; i++) {
        world_must_connect(0, &request);
        assert_int_equal(ivm_stats_claimed(&world.devices[0].connection), 0);
        device_fire(0);
        device_fire(0);
        assert_int_equal(ivm_stats_claimed(&world.devices[0].connection), 2);
        world_must_disconnect(0);
    }
}

static void a_reconnected_line_counts_strays_and_not_late_ones(void **state)
{
    (void)state;
    struct ivm_request request = world_line(0, 7);
    request.vector = 0x61;
    for (unsigned i = 1; i <= 3; i++) {
        world_must_connect(0, &request);
        model_raise(0, 0x61);
        assert_int_equal(world_vector(0, 0x61).strays, i);
        assert_int_equal(world_vector(0, 0x61).late, 0);
        world_must_disconnect(0);
    }
}

static void connect_numbers_begin_at_one_and_are_never_reused(void **state)
{
    (void)state;
    struct ivm_request request = world_line(0, 7), other = world_line(1, 7);
    for (uint64_t i = 1; i <= 20; i += 2) {
        world_must_connect(0, &request);
        assert_int_equal(world.devices[0].connection.number, i);
        world_must_connect(1, &other);
        assert_int_equal(world.devices[1].connection.number, i + 1);
        world_must_disconnect(1);
        world_must_disconnect(0);
    }
}

static void all_tables_are_as_at_the_start_when_all_have_left(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 10; i++) {
        struct ivm_request request = world_line(i, 40 + i / 2);
        world_must_connect(i, &request);
    }
    for (unsigned i = 0; i < 10; i++)
        world_must_disconnect((i * 7) % 10);
    for (unsigned i = 40; i < 45; i++) {
        uint32_t cpu = 0;
        uint8_t vector = 0;
        assert_false(ivm_stats_place((struct ivm_source_id){IVM_LINE, i}, &cpu, &vector));
        assert_true(world.io.pins[i].masked);
        assert_false(world.io.pins[i].routed);
        assert_int_equal(world.lines[i].count, 0);
        assert_null(world.lines[i].head);
        assert_null(world.lines[i].tail);
    }
    for (unsigned vector = 0; vector < 256; vector++)
        assert_false(world_vector(0, (uint8_t)vector).connected);
    assert_int_equal(world_totals().vectors_used, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(after_disconnect_no_call_ever_comes),
        WORLD_TEST(a_second_disconnect_says_764),
        WORLD_TEST(a_disconnect_at_dispatch_level_or_above_is_refused),
        WORLD_TEST(a_disconnect_with_interrupts_off_is_refused),
        WORLD_TEST(a_routine_cannot_disconnect_itself_or_another),
        WORLD_TEST(the_others_on_a_line_live_on),
        WORLD_TEST(a_freed_vector_can_be_had_by_another_source),
        WORLD_TEST(a_line_can_come_back_with_other_properties),
        WORLD_TEST(a_thousand_reconnects_leak_nothing),
        WORLD_TEST(a_thousand_reconnects_anywhere_leak_nothing),
        WORLD_TEST(claims_begin_anew_with_each_connect),
        WORLD_TEST(a_reconnected_line_counts_strays_and_not_late_ones),
        WORLD_TEST(connect_numbers_begin_at_one_and_are_never_reused),
        WORLD_TEST(all_tables_are_as_at_the_start_when_all_have_left),
    };
    return cmocka_run_group_tests_name("disconnect", tests, NULL, NULL);
}
