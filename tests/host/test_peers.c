/* test_peers.c: defects seen in other kernels' interrupt managers, each as the test it
 * would fail. */
#include "fake/world.h"

#include <stdio.h>
#include <string.h>

#include <ivm/level.h>
#include <ivm/vector.h>

#include "kernel/vector.h"

enum { DEVICE_VECTORS = 160 };

static struct ivm_connection connections[DEVICE_VECTORS];

static int start(void **state)
{
    memset(connections, 0, sizeof connections);
    return world_one_cpu(state);
}

/* Two routines, so that an owner can be told from its neighbours by it. */
static enum ivm_verdict of_even(void *context)
{
    (void)context;
    return IVM_HANDLED;
}

static enum ivm_verdict of_odd(void *context)
{
    (void)context;
    return IVM_HANDLED;
}

static void fill_all_vectors(void)
{
    for (unsigned i = 0; i < DEVICE_VECTORS; i++) {
        struct ivm_request request = world_edge(0, i);
        snprintf(request.owner, sizeof request.owner, "owner%u", i);
        request.routine = i % 2 ? of_odd : of_even;
        request.vector = (uint8_t)(IVM_VECTOR_DEVICE_FIRST + i);
        assert_int_equal(ivm_connect(&request, &connections[i], NULL), IVM_OK);
    }
}

static void a_lookup_finds_the_owner_of_every_vector_and_not_just_the_first(void **state)
{
    (void)state;
    fill_all_vectors();
    for (unsigned i = 0; i < DEVICE_VECTORS; i++) {
        uint8_t vector = (uint8_t)(IVM_VECTOR_DEVICE_FIRST + i);
        char name[IVM_NAME_SIZE];
        snprintf(name, sizeof name, "owner%u", i);
        struct ivm_owner_stats owner;
        assert_int_equal(ivm_stats_owners(0, vector, &owner, 1), 1);
        assert_string_equal(owner.owner.name, name);
        assert_int_equal(owner.owner.routine, (uintptr_t)(i % 2 ? of_odd : of_even));
        assert_int_equal(world_place((struct ivm_source_id){IVM_LINE, i}, NULL), vector);
    }
}

static void a_full_table_refuses_and_does_not_succeed_with_vector_zero(void **state)
{
    (void)state;
    fill_all_vectors();
    struct ivm_request request = world_line(1, DEVICE_VECTORS);
    world_must_refuse(1, &request, IVM_RULE_VECTORS_EXHAUSTED);
    assert_int_equal(ivm_connect(&request, &world.devices[1].connection, NULL),
                     IVM_EXHAUSTED);
    assert_null(world.devices[1].connection.source);
    assert_false(world_vector(0, 0).connected);
}

static void a_block_is_marked_where_it_lies_and_given_out_once(void **state)
{
    (void)state;
    struct vector_pool pool;
    vector_pool_start(&pool);
    bool taken[256] = {false};
    for (unsigned block = 0; block < 40; block++) {
        uint8_t first = 0;
        assert_int_equal(vector_allocate_block(&pool, 0, 4, &first), IVM_OK);
        for (unsigned i = 0; i < 4; i++) {
            assert_false(taken[first + i]);
            assert_false(vector_is_free(&pool, (uint8_t)(first + i)));
            taken[first + i] = true;
        }
    }
    uint8_t first = 0;
    assert_int_equal(vector_allocate_block(&pool, 0, 4, &first), IVM_EXHAUSTED);
}

static void a_duplicate_connect_leaves_the_entry_of_the_controller_untouched(void **state)
{
    (void)state;
    struct ivm_request first = world_edge(0, 7), second = world_line(1, 7);
    world_must_connect(0, &first);
    struct model_pin before = world.io.pins[7];
    size_t writes = model_write_count();
    world_must_refuse(1, &second, IVM_RULE_OWNER_EXCLUSIVE);
    assert_int_equal(model_write_count(), writes);
    assert_memory_equal(&before, &world.io.pins[7], sizeof before);
}

static void a_second_connect_never_replaces_the_first_routine(void **state)
{
    (void)state;
    static const enum ivm_trigger triggers[] = {IVM_EDGE, IVM_LEVEL};
    for (unsigned i = 0; i < 2; i++) {
        struct ivm_request first = world_line(0, 7), second = world_line(1, 7);
        first.trigger = second.trigger = triggers[i];
        first.sharing = IVM_EXCLUSIVE;
        world_must_connect(0, &first);
        world_must_refuse(1, &second, IVM_RULE_OWNER_EXCLUSIVE);
        device_fire(0);
        assert_int_equal(world.devices[0].claims, i + 1);
        assert_int_equal(world.devices[1].calls, 0);
        world_must_disconnect(0);
    }
    struct ivm_request message = world_message(2, 3), again = message;
    again.context = &world.devices[3];
    world_must_connect(2, &message);
    assert_int_equal(ivm_connect(&again, &world.devices[3].connection, NULL),
                     IVM_ALREADY_CONNECTED);
    device_fire(2);
    assert_int_equal(world.devices[2].claims, 1);
}

static void the_fifth_sharer_and_those_after_it_are_called(void **state)
{
    (void)state;
    uint8_t vector = 0;
    for (unsigned i = 0; i < WORLD_DEVICES; i++) {
        struct ivm_request request = world_line(i, 7);
        vector = world_must_connect(i, &request);
    }
    for (unsigned i = 0; i < WORLD_DEVICES; i++) {
        device_fire(i);
        assert_int_equal(world.devices[i].claims, 1);
    }
    assert_int_equal(world_vector(0, vector).strays, 0);
}

static void one_pin_cannot_be_routed_to_two_vectors(void **state)
{
    (void)state;
    struct ivm_request first = world_line(0, 7), second = world_line(1, 7);
    first.vector = 0x41;
    second.vector = 0x42;
    world_must_connect(0, &first);
    world_must_refuse(1, &second, IVM_RULE_LINE_ROUTED_ELSEWHERE);
    assert_int_equal(world.io.pins[7].route.vector, 0x41);
    device_fire(0);
    assert_int_equal(world.devices[0].claims, 1);
    assert_int_equal(world_vector(0, 0x42).delivered, 0);
}

static void a_conflict_is_not_answered_as_a_bad_argument_and_never_as_success(void **state)
{
    (void)state;
    struct ivm_request first = world_edge(0, 7), second = world_edge(1, 7);
    world_must_connect(0, &first);
    enum ivm_status status = world_connect(1, &second);
    uint32_t ntstatus = ivm_status_forms(status)->ntstatus;
    assert_int_equal(ntstatus, 0xC00702FB);
    assert_int_not_equal(status, IVM_BAD_ARGUMENT);
    assert_true((int32_t)ntstatus < 0);
}

static void strays_on_a_freed_vector_are_not_billed_to_another(void **state)
{
    (void)state;
    fill_all_vectors();
    assert_int_equal(ivm_disconnect(&connections[0x55 - IVM_VECTOR_DEVICE_FIRST]), IVM_OK);
    for (unsigned i = 0; i < 3; i++)
        model_raise(0, 0x55);
    for (unsigned vector = 0; vector < 256; vector++)
        assert_int_equal(world_vector(0, (uint8_t)vector).strays, vector == 0x55 ? 3 : 0);
    assert_int_equal(world_totals().strays, 3);
}

static void a_mismatch_never_prints_two_sides_that_look_the_same(void **state)
{
    (void)state;
    struct ivm_request owner = world_line(0, 7);
    owner.level = 5;
    world_must_connect(0, &owner);
    struct ivm_request requests[3] = {world_line(1, 7), world_line(1, 7), world_line(1, 7)};
    requests[0].trigger = IVM_EDGE;
    requests[1].polarity = IVM_ACTIVE_HIGH;
    requests[2].level = 6;
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(world_connect(1, &requests[i]), IVM_ALREADY_CONNECTED);
        assert_int_not_equal(world.refusal.wanted, world.refusal.held);
        char whole[1024], same[1024];
        ivm_refusal_format(&world.refusal, whole, sizeof whole);
        world.refusal.wanted = world.refusal.held;
        ivm_refusal_format(&world.refusal, same, sizeof same);
        assert_string_not_equal(whole, same);
    }
}

static void a_spurious_interrupt_is_not_ended(void **state)
{
    (void)state;
    struct ivm_request request = world_line(0, 7);
    world_must_connect(0, &request);
    model_call(IVM_VECTOR_SPURIOUS);
    assert_int_equal(model_count_of(MODEL_END), 0);
    device_fire(0);
    assert_int_equal(model_count_of(MODEL_END), 1);
}

static void nothing_is_unmasked_before_its_destination_is_written(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 6; i++) {
        struct ivm_request request = world_line(i, i);
        world_must_connect(i, &request);
    }
    bool routed[6] = {false};
    for (size_t i = 0; i < model_event_count(); i++) {
        const struct model_event *event = model_event_at(i);
        if (event->kind == MODEL_ROUTE)
            routed[event->input] = true;
        if (event->kind == MODEL_UNMASK)
            assert_true(routed[event->input]);
    }
    assert_int_equal(model_count_of(MODEL_UNMASK), 6);
}

int main(void)
{
#define STARTED(claim) cmocka_unit_test_setup_teardown(claim, start, world_end)
    const struct CMUnitTest tests[] = {
        STARTED(a_lookup_finds_the_owner_of_every_vector_and_not_just_the_first),
        STARTED(a_full_table_refuses_and_does_not_succeed_with_vector_zero),
        STARTED(a_block_is_marked_where_it_lies_and_given_out_once),
        STARTED(a_duplicate_connect_leaves_the_entry_of_the_controller_untouched),
        STARTED(a_second_connect_never_replaces_the_first_routine),
        STARTED(the_fifth_sharer_and_those_after_it_are_called),
        STARTED(one_pin_cannot_be_routed_to_two_vectors),
        STARTED(a_conflict_is_not_answered_as_a_bad_argument_and_never_as_success),
        STARTED(strays_on_a_freed_vector_are_not_billed_to_another),
        STARTED(a_mismatch_never_prints_two_sides_that_look_the_same),
        STARTED(a_spurious_interrupt_is_not_ended),
        STARTED(nothing_is_unmasked_before_its_destination_is_written),
    };
    return cmocka_run_group_tests_name("peers", tests, NULL, NULL);
}
