/* test_message_mask.c: a message stopped by its owner, and let through again. */
#include "fake/world.h"

#include <string.h>

#include <ivm/message.h>

static void an_owner_s_mask_holds_until_it_is_taken_back(void **state)
{
    (void)state;
    struct ivm_request request = world_message(0, 3);
    world_must_connect(0, &request);
    struct ivm_connection *connection = &world.devices[0].connection;
    assert_int_equal(ivm_message_mask(connection), IVM_OK);
    assert_int_equal(ivm_message_mask(connection), IVM_OK);
    assert_true(world.messages.pins[3].masked);
    device_fire(0);
    assert_int_equal(world.devices[0].calls, 0);
    uint8_t vector = world_place(request.source, NULL);
    assert_int_equal(world_vector(0, vector).mask_reasons, IVM_MASKED_BY_OWNER);
    assert_int_equal(ivm_message_unmask(connection), IVM_OK);
    assert_false(world.messages.pins[3].masked);
    assert_int_equal(world.devices[0].claims, 1); /* its pending bit kept it */
}

static void an_owner_s_mask_ends_with_its_connection(void **state)
{
    (void)state;
    struct ivm_request request = world_message(0, 3);
    world_must_connect(0, &request);
    assert_int_equal(ivm_message_mask(&world.devices[0].connection), IVM_OK);
    world_must_disconnect(0);
    assert_int_equal(ivm_message_mask(&world.devices[0].connection), IVM_NOT_CONNECTED);
    assert_int_equal(ivm_message_unmask(&world.devices[0].connection), IVM_NOT_CONNECTED);
    assert_int_equal(ivm_connect(&request, &world.devices[0].connection, &world.refusal),
                     IVM_OK);
    device_fire(0);
    assert_int_equal(world.devices[0].claims, 1);
}

static void a_sharer_who_joins_does_not_end_an_owner_s_mask(void **state)
{
    (void)state;
    struct ivm_request first = world_message(0, 3), second = first;
    first.sharing = second.sharing = IVM_SHARED;
    world_must_connect(0, &first);
    assert_int_equal(ivm_message_mask(&world.devices[0].connection), IVM_OK);
    assert_int_equal(ivm_connect(&second, &world.devices[1].connection, NULL), IVM_OK);
    assert_true(world.messages.pins[3].masked);
}

static void a_message_without_a_mask_is_not_said_to_be_masked(void **state)
{
    (void)state;
    struct ivm_request request = world_message(0, 3);
    world_must_connect(0, &request);
    world.messages.has_no_masks = true;
    assert_int_equal(ivm_message_mask(&world.devices[0].connection), IVM_UNSUPPORTED);
    assert_int_equal(ivm_message_unmask(&world.devices[0].connection), IVM_UNSUPPORTED);
    device_fire(0);
    assert_int_equal(world.devices[0].claims, 1);
    world.devices[0].stuck = true;
    for (unsigned i = 0; i < IVM_UNCLAIMED_LIMIT; i++)
        model_raise(world.devices[0].connection.source->cpu,
                    world.devices[0].connection.source->vector);
    assert_non_null(strstr(model_notice(0), "its device has no mask for it"));
    world.messages.has_no_masks = false;
}

static void a_line_is_not_masked_by_one_owner(void **state)
{
    (void)state;
    struct ivm_request request = world_line(0, 7);
    world_must_connect(0, &request);
    assert_int_equal(ivm_message_mask(&world.devices[0].connection), IVM_UNSUPPORTED);
    assert_int_equal(ivm_message_unmask(&world.devices[0].connection), IVM_UNSUPPORTED);
    assert_int_equal(ivm_message_mask(NULL), IVM_NOT_CONNECTED);
    assert_false(world.io.pins[7].masked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST_SMP(an_owner_s_mask_holds_until_it_is_taken_back),
        WORLD_TEST_SMP(an_owner_s_mask_ends_with_its_connection),
        WORLD_TEST_SMP(a_sharer_who_joins_does_not_end_an_owner_s_mask),
        WORLD_TEST_SMP(a_message_without_a_mask_is_not_said_to_be_masked),
        WORLD_TEST_SMP(a_line_is_not_masked_by_one_owner),
    };
    return cmocka_run_group_tests_name("message mask", tests, NULL, NULL);
}
