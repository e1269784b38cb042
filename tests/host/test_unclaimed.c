/* test_unclaimed.c: a line that nobody answers is masked after IVM_UNCLAIMED_LIMIT
 * deliveries. */
#include "fake/world.h"

#include <stdio.h>
#include <string.h>

#include <ivm/level.h>
#include <machine/hot.h>

enum { LIMIT = IVM_UNCLAIMED_LIMIT };

static uint8_t connect_stuck(unsigned count, uint32_t gsi)
{
    uint8_t vector = 0;
    for (unsigned i = 0; i < count; i++) {
        struct ivm_request request = world_line(i, gsi);
        vector = world_must_connect(i, &request);
        world.devices[i].stuck = true;
    }
    return vector;
}

static uint8_t reasons(uint8_t vector)
{
    return world_vector(0, vector).mask_reasons;
}

static void a_level_line_nobody_quiets_is_masked_after_the_limit(void **state)
{
    (void)state;
    uint8_t vector = connect_stuck(2, 7);
    assert_int_equal(reasons(vector), 0);
    model_events_clear();
    device_fire(0);
    assert_int_equal(world_vector(0, vector).delivered, LIMIT);
    assert_int_equal(world_vector(0, vector).strays, LIMIT);
    assert_int_equal(reasons(vector), IVM_MASKED_UNCLAIMED);
    assert_true(world.io.pins[7].masked);
    assert_int_equal(model_count_of(MODEL_MASK), 1);
    assert_int_equal(model_count_of(MODEL_END), LIMIT);
}

static void the_notice_names_the_head_of_the_chain_once(void **state)
{
    (void)state;
    uint8_t vector = connect_stuck(2, 7);
    char number[8] = {0};
    snprintf(number, sizeof number, "0x%x", vector);
    device_fire(1);
    assert_non_null(model_notice(0));
    assert_non_null(strstr(model_notice(0), "dev0"));
    assert_non_null(strstr(model_notice(0), number));
    assert_non_null(strstr(model_notice(0), "line 7"));
    assert_null(model_notice(1));
    uint32_t line = 0;
    assert_int_equal(model_masked_lines(&line), 1);
    assert_int_equal(line, 7);
}

static void other_lines_live_on(void **state)
{
    (void)state;
    connect_stuck(1, 7);
    struct ivm_request above = world_line(5, 8), below = world_line(6, 9);
    above.level = 12;
    below.level = 3;
    world_must_connect(5, &above);
    world_must_connect(6, &below);
    device_fire(0);
    device_fire(5);
    device_fire(6);
    assert_int_equal(world.devices[5].claims, 1);
    assert_int_equal(world.devices[6].claims, 1);
    assert_int_equal(world.devices[0].calls, LIMIT);
}

static void one_less_than_the_limit_masks_nothing(void **state)
{
    (void)state;
    uint8_t vector = connect_stuck(1, 7);
    for (unsigned i = 0; i < LIMIT - 1; i++)
        model_raise(0, vector);
    assert_int_equal(reasons(vector), 0);
    assert_false(world.io.pins[7].masked);
    model_raise(0, vector);
    assert_int_equal(reasons(vector), IVM_MASKED_UNCLAIMED);
}

static void a_single_claim_in_between_resets_the_run(void **state)
{
    (void)state;
    uint8_t vector = connect_stuck(1, 7);
    struct device *device = &world.devices[0];
    for (unsigned round = 0; round < 5; round++) {
        for (unsigned i = 0; i < LIMIT - 1; i++)
            model_raise(0, vector);
        device->stuck = false;
        device_fire(0);
        device->stuck = true;
    }
    assert_int_equal(device->claims, 5);
    assert_int_equal(reasons(vector), 0);
    assert_int_equal(world_vector(0, vector).strays, 5 * (LIMIT - 1));
}

static void a_shared_edge_nobody_takes_is_masked_after_the_limit(void **state)
{
    (void)state;
    uint8_t vector = 0;
    for (unsigned i = 0; i < 2; i++) {
        struct ivm_request request = world_line(i, 7);
        request.trigger = IVM_EDGE;
        vector = world_must_connect(i, &request);
    }
    for (unsigned i = 0; i < LIMIT; i++) {
        assert_int_equal(reasons(vector), 0);
        model_raise(0, vector);
    }
    assert_int_equal(reasons(vector), IVM_MASKED_UNCLAIMED);
    assert_int_equal(world.devices[1].calls, LIMIT);
}

static void a_claim_in_a_later_place_resets_a_shared_edges_run(void **state)
{
    (void)state;
    uint8_t vector = 0;
    for (unsigned i = 0; i < 2; i++) {
        struct ivm_request request = world_line(i, 7);
        request.trigger = IVM_EDGE;
        vector = world_must_connect(i, &request);
    }
    for (unsigned i = 0; i < 2 * LIMIT; i++) {
        if (i % (LIMIT - 1) == LIMIT - 2)
            device_fire(1);
        else
            model_raise(0, vector);
    }
    assert_int_equal(reasons(vector), 0);
}

static void a_message_nobody_takes_is_masked_after_the_limit(void **state)
{
    (void)state;
    struct ivm_request request = world_message(0, 3);
    uint8_t vector = world_must_connect(0, &request);
    world.devices[0].stuck = true;
    for (unsigned i = 0; i < LIMIT; i++)
        device_fire(0);
    assert_int_equal(reasons(vector), IVM_MASKED_UNCLAIMED);
    assert_true(world.messages.pins[3].masked);
    assert_non_null(strstr(model_notice(0), "dev0"));
    uint32_t line;
    assert_int_equal(model_masked_lines(&line), 0);
}

static void a_bare_vector_nobody_takes_has_nothing_to_mask(void **state)
{
    (void)state;
    struct ivm_request request = world_bare(0, 0x41);
    world_must_connect(0, &request);
    for (unsigned i = 0; i < 3 * LIMIT; i++)
        model_raise(0, 0x41);
    assert_int_equal(world_vector(0, 0x41).strays, 3 * LIMIT);
    assert_int_equal(model_write_count(), 0);
    device_fire(0);
    assert_int_equal(world.devices[0].claims, 1);
}

static void rearming_gives_the_line_another_chance(void **state)
{
    (void)state;
    uint8_t vector = connect_stuck(1, 7);
    device_fire(0);
    world.devices[0].stuck = false;
    assert_int_equal(ivm_line_rearm(7), IVM_OK);
    assert_int_equal(world.devices[0].claims, 1);
    assert_int_equal(reasons(vector), 0);
    device_fire(0);
    assert_int_equal(world.devices[0].claims, 2);
}

static void a_rearmed_line_that_is_still_unanswered_gets_a_whole_new_run(void **state)
{
    (void)state;
    uint8_t vector = connect_stuck(1, 7);
    device_fire(0);
    assert_int_equal(ivm_line_rearm(7), IVM_OK);
    assert_int_equal(world_vector(0, vector).delivered, 2 * LIMIT);
    assert_int_equal(reasons(vector), IVM_MASKED_UNCLAIMED);
    assert_non_null(model_notice(1));
}

static void rearming_an_unmasked_line_writes_nothing(void **state)
{
    (void)state;
    connect_stuck(1, 7);
    size_t writes = model_write_count();
    assert_int_equal(ivm_line_rearm(7), IVM_OK);
    assert_int_equal(model_write_count(), writes);
}

static void rearming_where_nobody_is_connected_is_refused(void **state)
{
    (void)state;
    assert_int_equal(ivm_line_rearm(7), IVM_NOT_CONNECTED);
    assert_true(world.io.pins[7].masked);
    assert_int_equal(ivm_line_rearm(WORLD_LINES), IVM_NOT_FOUND);
    assert_int_equal(ivm_line_rearm(WORLD_GSI_COUNT), IVM_NOT_FOUND);
    assert_int_equal(ivm_line_rearm(UINT32_MAX), IVM_NOT_FOUND);
    assert_int_equal(model_write_count(), 0);
}

static void rearming_from_the_wrong_context_is_refused(void **state)
{
    (void)state;
    uint8_t vector = connect_stuck(1, 7);
    device_fire(0);
    uint8_t found = ivm_level_raise(IVM_DISPATCH);
    assert_int_equal(ivm_line_rearm(7), IVM_WRONG_LEVEL);
    ivm_level_lower(found);
    machine_interrupts_off();
    assert_int_equal(ivm_line_rearm(7), IVM_WRONG_LEVEL);
    machine_interrupts_on();
    assert_int_equal(reasons(vector), IVM_MASKED_UNCLAIMED);
}

static void joining_a_masked_line_rearms_it(void **state)
{
    (void)state;
    uint8_t vector = connect_stuck(1, 7);
    world.devices[1].pending = 1;
    model_assert(&world.io, 7, 1);
    assert_int_equal(reasons(vector), IVM_MASKED_UNCLAIMED);
    struct ivm_request request = world_line(1, 7);
    world_must_connect(1, &request);
    assert_int_equal(reasons(vector), 0);
    assert_int_equal(world.devices[1].claims, 1);
    assert_false(world.io.pins[7].masked);
}

static void the_last_to_leave_a_masked_line_leaves_no_reason_behind(void **state)
{
    (void)state;
    uint8_t vector = connect_stuck(1, 7);
    device_fire(0);
    assert_int_equal(reasons(vector), IVM_MASKED_UNCLAIMED);
    world_must_disconnect(0);
    model_deassert(&world.io, 7, 0);
    world.devices[0].stuck = false;
    world.devices[0].pending = 0;
    struct ivm_request request = world_line(0, 7);
    request.vector = vector;
    world_must_connect(0, &request);
    assert_int_equal(reasons(vector), 0);
    device_fire(0);
    assert_int_equal(world.devices[0].claims, 1);
}

static void a_new_owner_begins_a_new_run(void **state)
{
    (void)state;
    struct ivm_request request = world_line(0, 7);
    request.vector = 0x41;
    world.devices[0].stuck = true;
    for (unsigned owner = 0; owner < 3; owner++) {
        world_must_connect(0, &request);
        for (unsigned i = 0; i < LIMIT - 1; i++)
            model_raise(0, 0x41);
        assert_int_equal(reasons(0x41), 0);
        world_must_disconnect(0);
    }
}

static void strays_before_a_connect_are_no_part_of_a_run(void **state)
{
    (void)state;
    struct ivm_request request = world_line(0, 7);
    uint8_t vector = world_must_connect(0, &request);
    world_must_disconnect(0);
    for (unsigned i = 0; i < 2 * LIMIT; i++)
        model_raise(0, vector);
    request.vector = vector;
    world_must_connect(0, &request);
    assert_int_equal(reasons(vector), 0);
    model_raise(0, vector);
    assert_int_equal(reasons(vector), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_level_line_nobody_quiets_is_masked_after_the_limit),
        WORLD_TEST(the_notice_names_the_head_of_the_chain_once),
        WORLD_TEST(other_lines_live_on),
        WORLD_TEST(one_less_than_the_limit_masks_nothing),
        WORLD_TEST(a_single_claim_in_between_resets_the_run),
        WORLD_TEST(a_shared_edge_nobody_takes_is_masked_after_the_limit),
        WORLD_TEST(a_claim_in_a_later_place_resets_a_shared_edges_run),
        WORLD_TEST(a_message_nobody_takes_is_masked_after_the_limit),
        WORLD_TEST(a_bare_vector_nobody_takes_has_nothing_to_mask),
        WORLD_TEST(rearming_gives_the_line_another_chance),
        WORLD_TEST(a_rearmed_line_that_is_still_unanswered_gets_a_whole_new_run),
        WORLD_TEST(rearming_an_unmasked_line_writes_nothing),
        WORLD_TEST(rearming_where_nobody_is_connected_is_refused),
        WORLD_TEST(rearming_from_the_wrong_context_is_refused),
        WORLD_TEST(joining_a_masked_line_rearms_it),
        WORLD_TEST(the_last_to_leave_a_masked_line_leaves_no_reason_behind),
        WORLD_TEST(a_new_owner_begins_a_new_run),
        WORLD_TEST(strays_before_a_connect_are_no_part_of_a_run),
    };
    return cmocka_run_group_tests_name("unclaimed", tests, NULL, NULL);
}
