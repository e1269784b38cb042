/* test_hold.c: vectors kept for lines before anybody connects: one number on every CPU of a set. */
#include "fake/world.h"

#include <string.h>

#include <ivm/affinity.h>
#include <ivm/hold.h>
#include <ivm/level.h>
#include <ivm/message.h>

static const struct ivm_cpu_set cpu_0 = {.mask = 1}, cpu_1 = {.mask = 2},
                                cpus_1_2 = {.mask = 6};

static struct ivm_held hold(uint32_t gsi, const struct ivm_cpu_set *cpus, uint8_t level)
{
    const struct ivm_hold_wish wish = {.cpus = cpus, .trigger = IVM_LEVEL, .level = level};
    struct ivm_held held = {0};
    assert_int_equal(ivm_line_hold(gsi, &wish, &held), IVM_OK);
    assert_true(ivm_vector_is_device(held.vector));
    return held;
}

static uint32_t cpu_of(uint32_t gsi)
{
    uint32_t cpu = 99;
    world_place((struct ivm_source_id){.kind = IVM_LINE, .number = gsi}, &cpu);
    return cpu;
}

static void a_held_number_is_taken_on_every_cpu_of_the_set(void **state)
{
    (void)state;
    struct ivm_held held = hold(7, &cpus_1_2, 0);
    assert_int_equal(held.cpus.mask, 6);
    assert_int_equal(world_totals().vectors_used, 2);
    struct ivm_request taker = world_bare(1, held.vector);
    taker.cpus = &cpus_1_2;
    world_must_refuse(1, &taker, IVM_RULE_SOURCE_DIFFERS);
    assert_int_equal(world.refusal.holder_kind, IVM_LINE);
    assert_int_equal(world.refusal.holder_number, 7);
    assert_int_equal(world.refusal.cpu, 1);
    assert_int_equal(world.refusal.vector, held.vector);
    taker.cpus = &cpu_0;
    world_must_connect(1, &taker);
}

static void without_a_set_every_running_cpu_holds_it(void **state)
{
    (void)state;
    assert_int_equal(hold(7, NULL, 0).cpus.mask, 0xF);
    assert_int_equal(world_totals().vectors_used, 4);
}

static void a_line_connects_where_its_vector_is_held(void **state)
{
    (void)state;
    struct ivm_held held = hold(7, &cpus_1_2, 9);
    assert_int_equal(ivm_vector_level(held.vector), 9);
    struct ivm_request request = world_line(0, 7);
    assert_int_equal(world_must_connect(0, &request), held.vector);
    assert_true(cpu_of(7) == 1 || cpu_of(7) == 2);
    device_fire(0);
    assert_int_equal(world.devices[0].claims, 1);
    world_must_disconnect(0);
    assert_int_equal(world_totals().vectors_used, 2);
    request.cpus = &cpu_1;
    assert_int_equal(world_must_connect(0, &request), held.vector);
    assert_int_equal(cpu_of(7), 1);
}

static void a_held_line_goes_to_the_least_used_cpu_of_its_set(void **state)
{
    (void)state;
    for (uint32_t busy = 1; busy <= 2; busy++) {
        world_four_cpus(state);
        hold(7, &cpus_1_2, 9);
        const struct ivm_cpu_set there = {.mask = 1u << busy};
        struct ivm_request other = world_bare(1, 0x55);
        other.cpus = &there;
        world_must_connect(1, &other);
        struct ivm_request request = world_line(0, 7);
        world_must_connect(0, &request);
        assert_int_equal(cpu_of(7), 3 - busy);
    }
}

static void a_held_number_stays_out_of_reach_of_other_level_lines(void **state)
{
    (void)state;
    struct ivm_held held = hold(7, &cpu_1, 9);
    struct ivm_request request = world_line(0, 7);
    world_must_connect(0, &request);
    world_must_disconnect(0);
    request = world_line(1, 8);
    request.cpus = &cpu_0;
    request.vector = held.vector;
    world_must_refuse(1, &request, IVM_RULE_SOURCE_DIFFERS);
    assert_int_equal(world.refusal.holder_number, 7);
}

static void a_request_that_differs_from_what_is_held_is_refused(void **state)
{
    (void)state;
    struct ivm_held held = hold(7, &cpus_1_2, 9);
    struct ivm_request request = world_line(0, 7);
    request.level = 8;
    world_must_refuse(0, &request, IVM_RULE_CLASS_DIFFERS);
    request = world_line(0, 7);
    request.vector = (uint8_t)(held.vector ^ 1);
    world_must_refuse(0, &request, IVM_RULE_LINE_ROUTED_ELSEWHERE);
    request = world_line(0, 7);
    request.cpus = &cpu_0;
    world_must_refuse(0, &request, IVM_RULE_CPUS_DISJOINT);
    request = world_edge(0, 7);
    world_must_refuse(0, &request, IVM_RULE_TRIGGER_DIFFERS);
    assert_int_equal(world.refusal.held, IVM_LEVEL);
}

static void level_lines_hold_numbers_that_no_other_level_line_has(void **state)
{
    (void)state;
    uint8_t numbers[8];
    for (uint32_t i = 0; i < 8; i++) {
        const struct ivm_cpu_set one = {.mask = 1u << i % 4};
        numbers[i] = hold(10 + i, &one, 5).vector;
        for (uint32_t j = 0; j < i; j++)
            assert_int_not_equal(numbers[i], numbers[j]);
    }
    struct ivm_request request = world_line(0, 40);
    request.level = 5;
    uint8_t vector = world_must_connect(0, &request);
    for (uint32_t i = 0; i < 8; i++)
        assert_int_not_equal(vector, numbers[i]);
}

static void a_line_in_use_holds_what_it_has(void **state)
{
    (void)state;
    struct ivm_request request = world_line(0, 7);
    request.cpus = &cpu_1;
    uint8_t vector = world_must_connect(0, &request);
    struct ivm_held held = hold(7, &cpu_0, 0);
    assert_int_equal(held.vector, vector);
    assert_int_equal(held.cpus.mask, 2);
    assert_int_equal(world_totals().vectors_used, 1);
    world_must_disconnect(0);
    assert_int_equal(world_totals().vectors_used, 1);
    assert_int_equal(ivm_line_release(7), IVM_OK);
    assert_int_equal(world_totals().vectors_used, 0);
}

static void a_line_that_holds_a_vector_says_which(void **state)
{
    (void)state;
    struct ivm_held first = hold(7, &cpu_1, 0), again = hold(7, NULL, 3);
    assert_memory_equal(&first, &again, sizeof first);
    assert_int_equal(world_totals().vectors_used, 1);
}

static void what_is_released_is_free_again(void **state)
{
    (void)state;
    struct ivm_held held = hold(7, NULL, 0);
    assert_int_equal(ivm_line_release(7), IVM_OK);
    assert_int_equal(ivm_line_release(7), IVM_NOT_FOUND);
    assert_int_equal(world_totals().vectors_used, 0);
    struct ivm_request taker = world_line(0, 8);
    taker.vector = held.vector;
    world_must_connect(0, &taker); /* its number is free for level lines, too */
}

static void released_under_its_owner_it_is_free_after_the_owner(void **state)
{
    (void)state;
    struct ivm_held held = hold(7, NULL, 0);
    struct ivm_request request = world_line(0, 7);
    assert_int_equal(world_must_connect(0, &request), held.vector);
    assert_int_equal(ivm_line_release(7), IVM_OK);
    assert_int_equal(world_totals().vectors_used, 1);
    device_fire(0);
    assert_int_equal(world.devices[0].claims, 1);
    world_must_disconnect(0);
    assert_int_equal(world_totals().vectors_used, 0);
    request = world_line(1, 8);
    request.vector = held.vector;
    world_must_connect(1, &request);
}

static void a_held_line_moves_within_its_set_and_beyond(void **state)
{
    (void)state;
    struct ivm_held held = hold(7, &cpus_1_2, 0);
    struct ivm_request request = world_line(0, 7);
    request.cpus = &cpu_1;
    world_must_connect(0, &request);
    struct ivm_source_id id = {.kind = IVM_LINE, .number = 7};
    static const uint64_t stations[] = {4, 1, 8, 2};
    static const uint32_t used[] = {2, 3, 3, 2};
    for (size_t i = 0; i < 4; i++) {
        const struct ivm_cpu_set there = {.mask = stations[i]};
        assert_int_equal(ivm_set_affinity(id, &there), IVM_OK);
        assert_int_equal(1u << cpu_of(7), stations[i]);
        assert_int_equal(world_place(id, NULL), held.vector);
        assert_int_equal(world_totals().vectors_used, used[i]);
        device_fire(0);
        assert_int_equal(world.devices[0].claims, i + 1);
    }
    const struct ivm_cpu_set beyond = {.mask = 8};
    assert_int_equal(ivm_set_affinity(id, &beyond), IVM_OK);
    world_must_disconnect(0);
    assert_int_equal(world_totals().vectors_used, 2);
    assert_int_equal(ivm_line_release(7), IVM_OK);
    assert_int_equal(world_totals().vectors_used, 0);
}

static void a_number_that_is_not_free_everywhere_is_not_held(void **state)
{
    (void)state;
    /* Each CPU misses another quarter of level 5, so that no number is free on all. */
    static struct ivm_connection connections[16];
    memset(connections, 0, sizeof connections);
    for (unsigned i = 0; i < 16; i++) {
        const struct ivm_cpu_set one = {.mask = 1u << i % 4};
        struct ivm_request request = world_bare(0, (uint8_t)(0x50 + i));
        request.cpus = &one;
        assert_int_equal(ivm_connect(&request, &connections[i], NULL), IVM_OK);
    }
    const struct ivm_hold_wish wish = {.trigger = IVM_EDGE, .level = 5};
    struct ivm_held held;
    assert_int_equal(ivm_line_hold(7, &wish, &held), IVM_EXHAUSTED);
    assert_int_equal(world_totals().vectors_used, 16);
    hold(7, &cpu_0, 5);
}

static void malformed_wishes_are_refused(void **state)
{
    (void)state;
    const struct ivm_cpu_set nobody = {.mask = 0}, absent = {.mask = 1, .group = 1};
    struct ivm_held held;
    struct ivm_hold_wish wish = {.cpus = &nobody};
    assert_int_equal(ivm_line_hold(7, &wish, &held), IVM_BAD_ARGUMENT);
    wish.cpus = &absent;
    assert_int_equal(ivm_line_hold(7, &wish, &held), IVM_BAD_ARGUMENT);
    static const uint8_t levels[] = {1, 2, 13, 16, IVM_ANY_LEVEL};
    for (size_t i = 0; i < sizeof levels; i++) {
        wish = (struct ivm_hold_wish){.level = levels[i]};
        assert_int_equal(ivm_line_hold(7, &wish, &held), IVM_BAD_ARGUMENT);
    }
    wish = (struct ivm_hold_wish){.level = 0};
    assert_int_equal(ivm_line_hold(WORLD_LINES + 1, &wish, &held), IVM_NOT_FOUND);
    assert_int_equal(ivm_line_release(WORLD_LINES + 1), IVM_NOT_FOUND);
    uint8_t found = ivm_level_raise(IVM_DISPATCH);
    assert_int_equal(ivm_line_hold(7, &wish, &held), IVM_WRONG_LEVEL);
    assert_int_equal(ivm_line_release(7), IVM_WRONG_LEVEL);
    ivm_level_lower(found);
    assert_int_equal(world_totals().vectors_used, 0);
}

static void a_vector_tells_what_it_is_held_for(void **state)
{
    (void)state;
    struct ivm_held held = hold(7, &cpus_1_2, 0);
    struct ivm_source_id id;
    enum ivm_trigger trigger;
    assert_true(ivm_vector_holder(2, held.vector, &id, &trigger));
    assert_int_equal(id.kind, IVM_LINE);
    assert_int_equal(id.number, 7);
    assert_int_equal(trigger, IVM_LEVEL);
    assert_false(ivm_vector_holder(0, held.vector, &id, NULL));
    assert_false(ivm_vector_holder(9, held.vector, &id, NULL));
    assert_false(ivm_vector_holder(1, 0, &id, NULL));
    struct ivm_request request = world_bare(0, 0x99);
    request.cpus = &cpu_0;
    world_must_connect(0, &request);
    assert_true(ivm_vector_holder(0, 0x99, &id, NULL));
    assert_int_equal(id.kind, IVM_BARE);
}

static _Alignas(64) unsigned char storage[512];

/* Message 4 of a function. */
static uint32_t register_message(void)
{
    memset(storage, 0, sizeof storage);
    const struct ivm_input input = {&model_controller, &world.messages, 4};
    uint32_t number = 0;
    assert_int_equal(
        ivm_message_register((struct ivm_message *)(void *)storage, &input, &number),
        IVM_OK);
    return number;
}

static void a_message_connects_where_its_vector_is_held(void **state)
{
    (void)state;
    uint32_t number = register_message();
    const struct ivm_hold_wish wish = {.cpus = &cpu_1, .level = 9};
    struct ivm_held held, again;
    assert_int_equal(ivm_message_hold(number, &wish, &held), IVM_OK);
    assert_int_equal(held.cpus.mask, 2);
    assert_int_equal(ivm_vector_level(held.vector), 9);
    struct ivm_request request = world_bare(0, 0);
    request.source = (struct ivm_source_id){.kind = IVM_MESSAGE, .number = number};
    assert_int_equal(world_must_connect(0, &request), held.vector);
    uint32_t cpu;
    world_place(request.source, &cpu);
    assert_int_equal(cpu, 1);
    assert_int_equal(ivm_message_hold(number, &wish, &again), IVM_OK);
    assert_int_equal(again.vector, held.vector);
    world_must_disconnect(0);
    assert_int_equal(world_totals().vectors_used, 1);
}

static void a_message_that_is_unregistered_holds_nothing(void **state)
{
    (void)state;
    uint32_t number = register_message();
    const struct ivm_hold_wish wish = {.cpus = &cpus_1_2};
    struct ivm_held held;
    struct ivm_source_id id;
    assert_int_equal(ivm_message_hold(number, &wish, &held), IVM_OK);
    assert_int_equal(world_totals().vectors_used, 2);
    assert_true(ivm_vector_holder(2, held.vector, &id, NULL));
    assert_int_equal(id.kind, IVM_MESSAGE);
    assert_int_equal(id.number, number);
    assert_int_equal(ivm_message_unregister(number), IVM_OK);
    assert_int_equal(world_totals().vectors_used, 0);
    assert_int_equal(ivm_message_hold(number, &wish, &held), IVM_NOT_FOUND);
}

static void a_message_is_an_edge(void **state)
{
    (void)state;
    uint32_t number = register_message();
    const struct ivm_hold_wish wish = {.trigger = IVM_LEVEL};
    struct ivm_held held;
    assert_int_equal(ivm_message_hold(number, &wish, &held), IVM_BAD_ARGUMENT);
    uint8_t found = ivm_level_raise(IVM_DISPATCH);
    assert_int_equal(ivm_message_hold(number, &(struct ivm_hold_wish){0}, &held),
                     IVM_WRONG_LEVEL);
    ivm_level_lower(found);
    assert_int_equal(world_totals().vectors_used, 0);
    assert_int_equal(ivm_message_unregister(number), IVM_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST_FOUR(a_held_number_is_taken_on_every_cpu_of_the_set),
        WORLD_TEST_FOUR(without_a_set_every_running_cpu_holds_it),
        WORLD_TEST_FOUR(a_line_connects_where_its_vector_is_held),
        WORLD_TEST_FOUR(a_held_line_goes_to_the_least_used_cpu_of_its_set),
        WORLD_TEST_FOUR(a_held_number_stays_out_of_reach_of_other_level_lines),
        WORLD_TEST_FOUR(a_request_that_differs_from_what_is_held_is_refused),
        WORLD_TEST_FOUR(level_lines_hold_numbers_that_no_other_level_line_has),
        WORLD_TEST_FOUR(a_line_in_use_holds_what_it_has),
        WORLD_TEST_FOUR(a_line_that_holds_a_vector_says_which),
        WORLD_TEST_FOUR(what_is_released_is_free_again),
        WORLD_TEST_FOUR(released_under_its_owner_it_is_free_after_the_owner),
        WORLD_TEST_FOUR(a_held_line_moves_within_its_set_and_beyond),
        WORLD_TEST_FOUR(a_number_that_is_not_free_everywhere_is_not_held),
        WORLD_TEST_FOUR(malformed_wishes_are_refused),
        WORLD_TEST_FOUR(a_vector_tells_what_it_is_held_for),
        WORLD_TEST_FOUR(a_message_connects_where_its_vector_is_held),
        WORLD_TEST_FOUR(a_message_that_is_unregistered_holds_nothing),
        WORLD_TEST_FOUR(a_message_is_an_edge),
    };
    return cmocka_run_group_tests_name("hold", tests, NULL, NULL);
}
