/* test_order.c: getting on and off in the only safe order, seen from the controller and
 * from a line that is asserted already.
 */
#include "fake/world.h"

#include <string.h>

#include <ivm/level.h>
#include <ivm/vector.h>

#include "kernel/vector.h"

static unsigned calls_before[MODEL_UNROUTE + 1], calls_after[MODEL_UNROUTE + 1];
static bool was_free[MODEL_UNROUTE + 1];

/* At each write to the controller, let the vector fire: does the routine run? */
static void fire_at_each_write(const struct model_event *event)
{
    if (event->kind > MODEL_UNROUTE)
        return;
    struct cpu_slots *slots = world.tables[event->route.cpu];
    calls_before[event->kind] = world.devices[0].calls;
    was_free[event->kind] = vector_is_free(&slots->pool, event->route.vector);
    world.devices[0].greedy = true;
    model_raise(event->route.cpu, event->route.vector);
    calls_after[event->kind] = world.devices[0].calls;
}

static void watch_writes(void)
{
    memset(calls_before, 0, sizeof calls_before);
    memset(calls_after, 0, sizeof calls_after);
    memset(was_free, 0, sizeof was_free);
    model_on_write(fire_at_each_write);
}

static void connect_routes_and_then_unmasks(void **state)
{
    (void)state;
    struct ivm_request request = world_line(0, 7);
    uint8_t vector = world_must_connect(0, &request);
    assert_int_equal(model_event_count(), 2);
    assert_int_equal(model_event_at(0)->kind, MODEL_ROUTE);
    assert_int_equal(model_event_at(1)->kind, MODEL_UNMASK);
    assert_int_equal(model_event_at(0)->input, 7);
    assert_int_equal(model_event_at(1)->input, 7);
    assert_int_equal(model_event_at(0)->route.vector, vector);
}

static void disconnect_masks_and_then_forgets_the_route(void **state)
{
    (void)state;
    struct ivm_request request = world_line(0, 7);
    world_must_connect(0, &request);
    model_events_clear();
    world_must_disconnect(0);
    /* Between the two, what is pending is served: the interrupt of the DISPATCH class is last. */
    assert_int_equal(model_event_count(), 4);
    assert_int_equal(model_event_at(0)->kind, MODEL_MASK);
    assert_int_equal(model_event_at(1)->kind, MODEL_DELIVER);
    assert_int_equal(model_event_at(1)->vector, IVM_VECTOR_DISPATCH);
    assert_int_equal(model_event_at(2)->kind, MODEL_END);
    assert_int_equal(model_event_at(3)->kind, MODEL_UNROUTE);
    assert_true(world.io.pins[7].masked);
    assert_false(world.io.pins[7].routed);
}

static void joining_and_leaving_a_shared_line_writes_nothing(void **state)
{
    (void)state;
    struct ivm_request first = world_line(0, 7), second = world_line(1, 7);
    world_must_connect(0, &first);
    model_events_clear();
    world_must_connect(1, &second);
    world_must_disconnect(0);
    world_must_connect(0, &first);
    world_must_disconnect(1);
    assert_int_equal(model_write_count(), 0);
    assert_false(world.io.pins[7].masked);
}

static void the_routine_is_in_place_before_the_line_is_routed(void **state)
{
    (void)state;
    watch_writes();
    struct ivm_request request = world_edge(0, 7);
    world_must_connect(0, &request);
    assert_int_equal(calls_after[MODEL_ROUTE], 1);
    assert_int_equal(world.devices[0].calls, 2);
    assert_int_equal(world_vector(0, world.devices[0].connection.source->vector).strays, 0);
}

static void the_line_is_masked_before_the_routine_is_unlinked(void **state)
{
    (void)state;
    struct ivm_request request = world_edge(0, 7);
    world_must_connect(0, &request);
    watch_writes();
    world_must_disconnect(0);
    /* The interrupt that was on its way when the mask was written found the routine. */
    assert_int_equal(world.devices[0].calls, 1);
    assert_int_equal(calls_before[MODEL_MASK], 0);
    assert_int_equal(calls_before[MODEL_UNROUTE], 1);
    assert_int_equal(calls_after[MODEL_UNROUTE], 1);
}

static void the_vector_is_given_back_last(void **state)
{
    (void)state;
    struct ivm_request request = world_edge(0, 7);
    uint8_t vector = world_must_connect(0, &request);
    watch_writes();
    world_must_disconnect(0);
    assert_false(was_free[MODEL_MASK]);
    assert_false(was_free[MODEL_UNROUTE]);
    assert_true(vector_is_free(&world.cpus[0].pool, vector));
}

static void an_interrupt_on_its_way_under_the_mask_is_late_and_not_stray(void **state)
{
    (void)state;
    struct ivm_request request = world_edge(0, 7);
    uint8_t vector = world_must_connect(0, &request);
    world.devices[0].stuck = true;
    watch_writes();
    world_must_disconnect(0);
    model_on_write(NULL);
    struct ivm_vector_stats stats = world_vector(0, vector);
    assert_int_equal(stats.delivered, 2);
    assert_true(stats.late >= 1);
    assert_int_equal(stats.late + stats.strays, 2);
    model_raise(0, vector);
    assert_int_equal(world_vector(0, vector).late, stats.late);
    assert_int_equal(world_vector(0, vector).strays, stats.strays + 1);
}

static void a_line_asserted_before_connect_is_served_before_connect_returns(void **state)
{
    (void)state;
    struct ivm_request request = world_line(0, 7);
    struct device *device = &world.devices[0];
    device->unit = &world.io;
    device->input = 7;
    device_fire(0);
    assert_int_equal(device->calls, 0);
    assert_int_equal(ivm_connect(&request, &device->connection, NULL), IVM_OK);
    assert_int_equal(device->calls, 1);
    assert_int_equal(device->claims, 1);
    assert_int_equal(ivm_stats_claimed(&device->connection), 1);
    assert_int_equal(model_count_of(MODEL_DELIVER), 1);
}

static void checks_its_connection(struct device *device)
{
    assert_non_null(device->connection.source);
    assert_string_equal(device->connection.request.owner, "dev0");
    assert_int_equal(device->connection.number, 1);
    assert_int_equal(device->connection.run_level, ivm_level_now());
}

static void
a_routine_that_runs_before_connect_returns_finds_its_connection_whole(void **state)
{
    (void)state;
    struct ivm_request request = world_line(0, 7);
    struct device *device = &world.devices[0];
    device->unit = &world.io;
    device->input = 7;
    device->inside = checks_its_connection;
    device_fire(0);
    assert_int_equal(ivm_connect(&request, &device->connection, NULL), IVM_OK);
    assert_int_equal(device->calls, 1);
}

static void a_line_still_asserted_after_the_chain_is_delivered_again(void **state)
{
    (void)state;
    struct ivm_request request = world_line(0, 7);
    world_must_connect(0, &request);
    world.devices[0].pending = 2;
    device_fire(0);
    assert_int_equal(world.devices[0].claims, 3);
    assert_int_equal(model_count_of(MODEL_DELIVER), 3);
    assert_int_equal(model_count_of(MODEL_END), 3);
}

static void an_edge_under_the_mask_is_lost_on_a_line_and_kept_by_a_message(void **state)
{
    (void)state;
    struct ivm_request line = world_edge(0, 7);
    world_must_connect(0, &line);
    world_must_disconnect(0);
    device_fire(0);
    model_deassert(&world.io, 7, 0);
    world.devices[0].pending = 0;
    world_must_connect(0, &line);
    assert_int_equal(world.devices[0].calls, 0);
    device_fire(0);
    assert_int_equal(world.devices[0].claims, 1);

    struct ivm_request message = world_message(1, 3);
    world_must_connect(1, &message);
    device_fire(1);
    assert_int_equal(world.devices[1].claims, 1);
}

static void a_shared_routine_can_be_called_at_once_for_anothers_interrupt(void **state)
{
    (void)state;
    struct ivm_request first = world_line(0, 7), second = world_line(1, 7);
    world_must_connect(0, &first);
    world.devices[0].stuck = true;
    world.devices[1].pending = 1;
    world.devices[0].unit = &world.io;
    model_interrupts(false);
    model_assert(&world.io, 7, 1);
    model_interrupts(true);
    assert_true(world.io.pins[7].masked);
    world_must_connect(1, &second);
    assert_int_equal(world.devices[1].claims, 1);
    assert_false(world.io.pins[7].masked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(connect_routes_and_then_unmasks),
        WORLD_TEST(disconnect_masks_and_then_forgets_the_route),
        WORLD_TEST(joining_and_leaving_a_shared_line_writes_nothing),
        WORLD_TEST(the_routine_is_in_place_before_the_line_is_routed),
        WORLD_TEST(the_line_is_masked_before_the_routine_is_unlinked),
        WORLD_TEST(the_vector_is_given_back_last),
        WORLD_TEST(an_interrupt_on_its_way_under_the_mask_is_late_and_not_stray),
        WORLD_TEST(a_line_asserted_before_connect_is_served_before_connect_returns),
        WORLD_TEST(a_routine_that_runs_before_connect_returns_finds_its_connection_whole),
        WORLD_TEST(a_line_still_asserted_after_the_chain_is_delivered_again),
        WORLD_TEST(an_edge_under_the_mask_is_lost_on_a_line_and_kept_by_a_message),
        WORLD_TEST(a_shared_routine_can_be_called_at_once_for_anothers_interrupt),
    };
    return cmocka_run_group_tests_name("order", tests, NULL, NULL);
}
