/* test_level.c: levels: raise and lower, preemption by a higher class, priority order. */
#include "fake/world.h"

#include <string.h>

#include <ivm/level.h>
#include <ivm/vector.h>
#include <machine/hot.h>

#include "kernel/machine.h"

/* Device `index` on line `index`, at this level. */
static uint8_t connect_at(unsigned index, uint8_t level)
{
    struct ivm_request request = world_line(index, index);
    request.level = level;
    return world_must_connect(index, &request);
}

static void the_level_of_a_vector_is_its_class(void **state)
{
    (void)state;
    for (unsigned vector = 0; vector < 256; vector++)
        assert_int_equal(ivm_vector_level((uint8_t)vector), vector / 16);
}

static void a_raise_returns_what_cr8_held_and_lower_puts_it_back(void **state)
{
    (void)state;
    assert_int_equal(ivm_level_now(), IVM_PASSIVE);
    uint8_t outer = ivm_level_raise(IVM_DISPATCH);
    assert_int_equal(outer, 0);
    assert_int_equal(machine_priority(), IVM_DISPATCH);
    uint8_t inner = ivm_level_raise(IVM_HIGH);
    assert_int_equal(inner, IVM_DISPATCH);
    assert_int_equal(ivm_level_now(), IVM_HIGH);
    ivm_level_lower(inner);
    assert_int_equal(ivm_level_now(), IVM_DISPATCH);
    ivm_level_lower(outer);
    assert_int_equal(ivm_level_now(), IVM_PASSIVE);
}

static void a_raise_to_the_level_that_holds_changes_nothing(void **state)
{
    (void)state;
    for (uint8_t level = 0; level < IVM_LEVEL_COUNT; level++) {
        uint8_t found = ivm_level_raise(level);
        uint8_t again = ivm_level_raise(level);
        assert_int_equal(again, level);
        ivm_level_lower(again);
        assert_int_equal(ivm_level_now(), level);
        ivm_level_lower(found);
    }
}

static void a_raise_downwards_is_our_own_mistake(void **state)
{
    (void)state;
    uint8_t found = ivm_level_raise(5);
    expect_assert_failure((void)ivm_level_raise(4));
    expect_assert_failure((void)ivm_level_raise(IVM_LEVEL_COUNT));
    ivm_level_lower(found);
}

static void raises_below_the_class_in_service(struct device *device)
{
    assert_int_equal(device->level_seen, 9);
    assert_int_equal(device->priority_seen, 0);
    expect_assert_failure((void)ivm_level_raise(8));
    uint8_t found = ivm_level_raise(9);
    assert_int_equal(found, 0);
    assert_int_equal(ivm_level_now(), 9);
    ivm_level_lower(found);
    assert_int_equal(ivm_level_now(), 9);
}

static void the_level_in_a_routine_is_the_class_in_service(void **state)
{
    (void)state;
    connect_at(0, 9);
    world.devices[0].inside = raises_below_the_class_in_service;
    device_fire(0);
    assert_int_equal(world.devices[0].claims, 1);
    assert_int_equal(ivm_level_now(), IVM_PASSIVE);
}

static void a_raised_level_holds_its_class_and_those_below_it_back(void **state)
{
    (void)state;
    connect_at(0, 5);
    connect_at(1, 6);
    connect_at(2, 7);
    uint8_t found = ivm_level_raise(6);
    for (unsigned i = 0; i < 3; i++)
        device_fire(i);
    assert_string_equal(world_calls(), "2");
    ivm_level_lower(found);
    assert_string_equal(world_calls(), "2 1 0");
}

static void fires_all_three(struct device *device)
{
    if (device->calls > 1)
        return;
    device_fire(1);
    device_fire(2);
    device_fire(3);
    assert_int_equal(ivm_level_now(), 7);
}

static void only_a_higher_class_preempts_a_routine(void **state)
{
    (void)state;
    connect_at(0, 7);
    connect_at(1, 6);
    connect_at(2, 7);
    connect_at(3, 8);
    world.devices[0].inside = fires_all_three;
    device_fire(0);
    assert_string_equal(world_calls(), "0 3 2 1");
    assert_int_equal(world.devices[3].level_seen, 8);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(world.devices[i].claims, 1);
    assert_int_equal(ivm_level_now(), IVM_PASSIVE);
}

static unsigned depth;

static void fires_the_next(struct device *device)
{
    uint8_t level = ivm_level_now();
    assert_int_equal(level, IVM_DEVICE_FIRST + device->index);
    if (model_depth() > depth)
        depth = model_depth();
    if (device->index + 1 < IVM_DEVICE_END - IVM_DEVICE_FIRST)
        device_fire(device->index + 1);
    assert_int_equal(ivm_level_now(), level);
}

static void all_ten_classes_nest_and_return_to_the_right_level(void **state)
{
    (void)state;
    depth = 0;
    for (unsigned i = 0; i < 10; i++) {
        connect_at(i, (uint8_t)(IVM_DEVICE_FIRST + i));
        world.devices[i].inside = fires_the_next;
    }
    device_fire(0);
    assert_int_equal(depth, 10);
    assert_string_equal(world_calls(), "0 1 2 3 4 5 6 7 8 9");
    assert_int_equal(model_count_of(MODEL_END), 10);
    assert_int_equal(ivm_level_now(), IVM_PASSIVE);
}

static void fires_itself_again(struct device *device)
{
    if (device->calls > 3)
        return;
    unsigned before = device->calls;
    device_fire(device->index);
    model_raise(0, device->connection.source->vector);
    assert_int_equal(device->calls, before);
}

static void a_routine_is_never_entered_again_while_it_runs(void **state)
{
    (void)state;
    static const enum ivm_trigger triggers[] = {IVM_EDGE, IVM_LEVEL};
    for (unsigned i = 0; i < 2; i++) {
        struct ivm_request request = world_line(0, 30);
        request.trigger = triggers[i];
        world_must_connect(0, &request);
        world.devices[0].inside = fires_itself_again;
        world.devices[0].calls = 0;
        device_fire(0);
        assert_true(world.devices[0].calls >= 3);
        world_must_disconnect(0);
    }
}

static void simultaneous_lines_are_served_in_the_order_of_their_priority(void **state)
{
    (void)state;
    static const uint8_t levels[] = {6, 11, 3, 12, 8};
    for (unsigned i = 0; i < 5; i++)
        connect_at(i, levels[i]);
    model_interrupts(false);
    for (unsigned i = 0; i < 5; i++)
        device_fire(i);
    assert_int_equal(world.call_count, 0);
    model_interrupts(true);
    assert_string_equal(world_calls(), "3 1 4 0 2");
}

static void within_a_class_the_greater_vector_goes_first(void **state)
{
    (void)state;
    static const uint8_t vectors[] = {0x52, 0x5F, 0x50, 0x58};
    for (unsigned i = 0; i < 4; i++) {
        struct ivm_request request = world_line(i, i);
        request.vector = vectors[i];
        world_must_connect(i, &request);
    }
    model_interrupts(false);
    for (unsigned i = 0; i < 4; i++)
        device_fire(i);
    model_interrupts(true);
    assert_string_equal(world_calls(), "1 3 0 2");
}

static void a_spare_vector_is_for_who_accepts_any_level(void **state)
{
    (void)state;
    struct ivm_request request = world_bare(0, 0xF4);
    world_must_refuse(0, &request, IVM_RULE_VECTOR_RESERVED);
    request.level = IVM_ANY_LEVEL;
    assert_int_equal(world_must_connect(0, &request), 0xF4);
    model_raise(0, 0xF4);
    assert_int_equal(world.devices[0].level_seen, 15);
    world_must_disconnect(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_spare_vector_is_for_who_accepts_any_level),
        WORLD_TEST(the_level_of_a_vector_is_its_class),
        WORLD_TEST(a_raise_returns_what_cr8_held_and_lower_puts_it_back),
        WORLD_TEST(a_raise_to_the_level_that_holds_changes_nothing),
        WORLD_TEST(a_raise_downwards_is_our_own_mistake),
        WORLD_TEST(the_level_in_a_routine_is_the_class_in_service),
        WORLD_TEST(a_raised_level_holds_its_class_and_those_below_it_back),
        WORLD_TEST(only_a_higher_class_preempts_a_routine),
        WORLD_TEST(all_ten_classes_nest_and_return_to_the_right_level),
        WORLD_TEST(a_routine_is_never_entered_again_while_it_runs),
        WORLD_TEST(simultaneous_lines_are_served_in_the_order_of_their_priority),
        WORLD_TEST(within_a_class_the_greater_vector_goes_first),
    };
    return cmocka_run_group_tests_name("level", tests, NULL, NULL);
}
