/* test_message.c: message sources: registered, held once, connected like a line, forgotten.
 */
#include "fake/world.h"

#include <string.h>

#include <ivm/message.h>
#include <ivm/vector.h>

enum { STORES = 5 };

static _Alignas(64) unsigned char storage[STORES][512];

static int start(void **state)
{
    memset(storage, 0, sizeof storage);
    return world_one_cpu(state);
}

static struct ivm_message *store(unsigned index)
{
    return (struct ivm_message *)(void *)storage[index];
}

static enum ivm_status add(unsigned index, void *unit, uint32_t input, uint32_t *number)
{
    return ivm_message_register(
        store(index), &(struct ivm_input){&model_controller, unit, input}, number);
}

static struct ivm_request ask(unsigned index, uint32_t number)
{
    struct ivm_request request = world_edge(index, 0);
    request.source = (struct ivm_source_id){.kind = IVM_MESSAGE, .number = number};
    return request;
}

static void storage_of_the_size_told_is_enough(void **state)
{
    (void)state;
    uint32_t size = ivm_message_size(), number = 0;
    assert_true(size > 0 && size <= sizeof storage[0]);
    unsigned char *tail = storage[0] + size;
    memset(tail, 0xA5, sizeof storage[0] - size);
    assert_int_equal(add(0, &world.messages, 1, &number), IVM_OK);
    struct ivm_request request = ask(0, number);
    world_must_connect(0, &request);
    for (size_t i = 0; i < sizeof storage[0] - size; i++)
        assert_int_equal(tail[i], 0xA5);
}

static void a_registered_message_delivers_to_its_routine(void **state)
{
    (void)state;
    struct ivm_request request = world_message(0, 3);
    uint8_t vector = world_must_connect(0, &request);
    const struct model_pin *pin = &world.messages.pins[3];
    assert_true(pin->routed && !pin->masked);
    assert_int_equal(pin->route.vector, vector);
    assert_int_equal(pin->route.trigger, IVM_EDGE);
    for (unsigned i = 0; i < 10; i++)
        device_fire(0);
    assert_int_equal(world.devices[0].claims, 10);
    assert_int_equal(world_vector(0, vector).source.kind, IVM_MESSAGE);
    assert_int_equal(world_place(request.source, NULL), vector);
}

static void malformed_registrations_are_refused(void **state)
{
    (void)state;
    uint32_t number = 0xEE;
    assert_int_equal(
        ivm_message_register(
            NULL, &(struct ivm_input){&model_controller, &world.messages, 1}, &number),
        IVM_BAD_ARGUMENT);
    assert_int_equal(ivm_message_register(
                         store(0), &(struct ivm_input){NULL, &world.messages, 1}, &number),
                     IVM_BAD_ARGUMENT);
    assert_int_equal(
        ivm_message_register(
            store(0), &(struct ivm_input){&model_controller, &world.messages, 1}, NULL),
        IVM_BAD_ARGUMENT);
    for (unsigned offset = 1; offset < 64; offset++) {
        struct ivm_message *crooked =
            (struct ivm_message *)((uintptr_t)storage[0] + offset);
        assert_int_equal(
            ivm_message_register(crooked,
                                 &(struct ivm_input){&model_controller, &world.messages, 1},
                                 &number),
            IVM_BAD_ARGUMENT);
    }
    assert_int_equal(number, 0xEE);
    assert_int_equal(model_write_count(), 0);
}

static void one_message_of_one_device_has_one_holder(void **state)
{
    (void)state;
    uint32_t numbers[4] = {0};
    assert_int_equal(add(0, &world.messages, 1, &numbers[0]), IVM_OK);
    uint32_t untouched = 0xEE;
    assert_int_equal(add(1, &world.messages, 1, &untouched), IVM_ALREADY_CONNECTED);
    assert_int_equal(untouched, 0xEE);
    assert_int_equal(add(1, &world.messages, 2, &numbers[1]), IVM_OK);
    assert_int_equal(add(2, &world.io, 1, &numbers[2]), IVM_OK);
    assert_int_equal(add(3, &world.messages, 2, &untouched), IVM_ALREADY_CONNECTED);
    struct ivm_controller twin = model_controller;
    assert_int_equal(ivm_message_register(store(3),
                                          &(struct ivm_input){&twin, &world.messages, 1},
                                          &numbers[3]),
                     IVM_OK);
    for (unsigned a = 0; a < 4; a++) {
        for (unsigned b = 0; b < a; b++)
            assert_int_not_equal(numbers[a], numbers[b]);
    }
}

static void an_unregistered_message_can_be_registered_again(void **state)
{
    (void)state;
    uint32_t first = 0, second = 0;
    assert_int_equal(add(0, &world.messages, 1, &first), IVM_OK);
    assert_int_equal(ivm_message_unregister(first), IVM_OK);
    assert_int_equal(ivm_message_unregister(first), IVM_NOT_FOUND);
    struct ivm_request request = ask(0, first);
    world_must_refuse(0, &request, IVM_RULE_NO_SUCH_SOURCE);
    assert_int_equal(add(1, &world.messages, 1, &second), IVM_OK);
    assert_int_not_equal(second, first);
    request = ask(0, second);
    world_must_connect(0, &request);
}

static void a_message_that_is_not_there_is_not_found(void **state)
{
    (void)state;
    assert_int_equal(ivm_message_unregister(0), IVM_NOT_FOUND);
    assert_int_equal(ivm_message_unregister(1), IVM_NOT_FOUND);
    assert_int_equal(ivm_message_unregister(UINT32_MAX), IVM_NOT_FOUND);
}

static void a_connected_message_is_still_connected_and_says_764(void **state)
{
    (void)state;
    struct ivm_request request = world_message(0, 3);
    world_must_connect(0, &request);
    struct world_picture *before = world_take_picture();
    assert_int_equal(ivm_message_unregister(request.source.number), IVM_STILL_CONNECTED);
    world_same_picture(before);
    assert_int_equal(ivm_status_forms(IVM_STILL_CONNECTED)->win32, 764);
    device_fire(0);
    assert_int_equal(world.devices[0].claims, 1);
    world_must_disconnect(0);
    assert_int_equal(ivm_message_unregister(request.source.number), IVM_OK);
}

static void any_of_several_messages_can_be_forgotten(void **state)
{
    static const unsigned orders[][3] = {{0, 1, 2}, {2, 1, 0}, {1, 0, 2}, {1, 2, 0}};
    for (unsigned i = 0; i < sizeof orders / sizeof orders[0]; i++) {
        start(state);
        uint32_t numbers[3];
        for (unsigned m = 0; m < 3; m++)
            assert_int_equal(add(m, &world.messages, m, &numbers[m]), IVM_OK);
        assert_int_equal(ivm_message_unregister(numbers[orders[i][0]]), IVM_OK);
        for (unsigned m = 1; m < 3; m++) {
            struct ivm_request request = ask(m, numbers[orders[i][m]]);
            world_must_connect(m, &request);
            world_must_disconnect(m);
        }
        assert_int_equal(ivm_message_unregister(numbers[orders[i][1]]), IVM_OK);
        assert_int_equal(ivm_message_unregister(numbers[orders[i][1]]), IVM_NOT_FOUND);
        assert_int_equal(ivm_message_unregister(numbers[orders[i][2]]), IVM_OK);
    }
}

static void shared_messages_follow_the_rule_of_edges(void **state)
{
    (void)state;
    struct ivm_request first = world_message(0, 3), second = first;
    first.sharing = second.sharing = IVM_SHARED;
    second.context = &world.devices[1];
    uint8_t vector = world_must_connect(0, &first);
    assert_int_equal(ivm_connect(&second, &world.devices[1].connection, NULL), IVM_OK);
    world.devices[0].pending = world.devices[1].pending = 1;
    model_raise(0, vector);
    assert_string_equal(world_calls(), "0 1 0 1");
}

static void an_exclusive_message_has_one_owner(void **state)
{
    (void)state;
    struct ivm_request request = world_message(0, 3);
    world_must_connect(0, &request);
    struct ivm_request other = ask(1, request.source.number);
    world_must_refuse(1, &other, IVM_RULE_OWNER_EXCLUSIVE);
    assert_int_equal(world.refusal.key, IVM_KEY_MESSAGE);
    assert_int_equal(world.refusal.holder_kind, IVM_MESSAGE);
    assert_int_equal(world.refusal.source_number, request.source.number);
}

static void polarity_means_nothing_to_a_message(void **state)
{
    (void)state;
    struct ivm_request first = world_message(0, 3), second = first;
    first.sharing = second.sharing = IVM_SHARED;
    second.polarity = IVM_ACTIVE_LOW;
    world_must_connect(0, &first);
    assert_int_equal(ivm_connect(&second, &world.devices[1].connection, NULL), IVM_OK);
}

int main(void)
{
#define STARTED(claim) cmocka_unit_test_setup_teardown(claim, start, world_end)
    const struct CMUnitTest tests[] = {
        STARTED(storage_of_the_size_told_is_enough),
        STARTED(a_registered_message_delivers_to_its_routine),
        STARTED(malformed_registrations_are_refused),
        STARTED(one_message_of_one_device_has_one_holder),
        STARTED(an_unregistered_message_can_be_registered_again),
        STARTED(a_message_that_is_not_there_is_not_found),
        STARTED(a_connected_message_is_still_connected_and_says_764),
        STARTED(any_of_several_messages_can_be_forgotten),
        STARTED(shared_messages_follow_the_rule_of_edges),
        STARTED(an_exclusive_message_has_one_owner),
        STARTED(polarity_means_nothing_to_a_message),
    };
    return cmocka_run_group_tests_name("message", tests, NULL, NULL);
}
