/* test_move_refused.c: moves that cannot be: each by its status, all tables as they were. */
#include "fake/world.h"

#include <string.h>

#include <ivm/affinity.h>
#include <ivm/level.h>
#include <ivm/message.h>
#include <machine/hot.h>

#include "kernel/machine.h"

static const struct ivm_cpu_set cpu_0 = {.mask = 1}, cpu_1 = {.mask = 2};

static uint8_t connect_on_cpu_0(unsigned index, struct ivm_request request)
{
    request.cpus = &cpu_0;
    return world_must_connect(index, &request);
}

/* Refused with this status; tables, inputs and interrupts as they were. */
static void must_stay(struct ivm_source_id source, const struct ivm_cpu_set *cpus,
                      enum ivm_status status)
{
    struct world_picture *before = world_take_picture();
    model_events_clear();
    assert_int_equal(ivm_set_affinity(source, cpus), status);
    assert_int_equal(model_event_count(), 0);
    world_same_picture(before);
    machine_interrupts_on();
}

static struct ivm_source_id line(uint32_t gsi)
{
    return (struct ivm_source_id){.kind = IVM_LINE, .number = gsi};
}

static void a_source_in_the_set_already_stays_and_nothing_happens(void **state)
{
    (void)state;
    connect_on_cpu_0(0, world_line(0, 7));
    const struct ivm_cpu_set all = {.mask = 0xF};
    must_stay(line(7), NULL, IVM_OK);
    must_stay(line(7), &all, IVM_OK);
    must_stay(line(7), &cpu_0, IVM_OK);
}

static void a_bare_vector_cannot_move(void **state)
{
    (void)state;
    uint8_t vector = connect_on_cpu_0(0, world_bare(0, 0));
    must_stay((struct ivm_source_id){.kind = IVM_BARE, .number = vector}, &cpu_1,
              IVM_UNSUPPORTED);
    device_fire(0);
    assert_int_equal(world.devices[0].cpu_seen, 0);
    assert_int_equal(world.devices[0].claims, 1);
}

static void a_source_nobody_is_connected_to_cannot_move(void **state)
{
    (void)state;
    must_stay(line(7), &cpu_1, IVM_NOT_CONNECTED);
    connect_on_cpu_0(0, world_line(0, 7));
    world_must_disconnect(0);
    must_stay(line(7), &cpu_1, IVM_NOT_CONNECTED);
}

static void a_line_or_message_that_does_not_exist_is_not_found(void **state)
{
    (void)state;
    must_stay(line(WORLD_LINES), &cpu_1, IVM_NOT_FOUND);
    must_stay(line(UINT32_MAX), &cpu_1, IVM_NOT_FOUND);
    must_stay((struct ivm_source_id){.kind = IVM_MESSAGE, .number = 1}, &cpu_1,
              IVM_NOT_FOUND);
}

static void a_number_taken_on_every_cpu_of_the_set_is_exhausted(void **state)
{
    (void)state;
    const struct ivm_cpu_set two = {.mask = 6};
    uint8_t vector = connect_on_cpu_0(0, world_line(0, 7));
    for (unsigned i = 1; i < 3; i++) {
        const struct ivm_cpu_set there = {.mask = 1u << i};
        struct ivm_request request = world_edge(i, 10 + i);
        request.vector = vector;
        request.cpus = &there;
        world_must_connect(i, &request);
    }
    must_stay(line(7), &two, IVM_EXHAUSTED);
    must_stay(line(7), &cpu_1, IVM_EXHAUSTED);
    device_fire(0);
    assert_int_equal(world.devices[0].cpu_seen, 0);
    world_must_disconnect(1);
    assert_int_equal(ivm_set_affinity(line(7), &two), IVM_OK);
    assert_int_equal(world.lines[7].cpu, 1);
}

static void a_set_without_a_running_cpu_is_a_bad_argument(void **state)
{
    (void)state;
    connect_on_cpu_0(0, world_line(0, 7));
    const struct ivm_cpu_set empty = {.mask = 0}, offline = {.mask = 0xF0},
                             far_away = {.mask = UINT64_MAX, .group = 1};
    must_stay(line(7), &empty, IVM_BAD_ARGUMENT);
    must_stay(line(7), &offline, IVM_BAD_ARGUMENT);
    must_stay(line(7), &far_away, IVM_BAD_ARGUMENT);
}

static void a_move_at_dispatch_level_or_above_is_refused(void **state)
{
    (void)state;
    connect_on_cpu_0(0, world_line(0, 7));
    for (uint8_t level = IVM_DISPATCH; level < IVM_LEVEL_COUNT; level++) {
        machine_set_priority(level);
        must_stay(line(7), &cpu_1, IVM_WRONG_LEVEL);
    }
    machine_set_priority(IVM_DISPATCH - 1);
    assert_int_equal(ivm_set_affinity(line(7), &cpu_1), IVM_OK);
    machine_set_priority(0);
}

static void a_move_with_interrupts_off_is_refused(void **state)
{
    (void)state;
    connect_on_cpu_0(0, world_line(0, 7));
    machine_interrupts_off();
    must_stay(line(7), &cpu_1, IVM_WRONG_LEVEL);
}

static void tries_to_move(struct device *device)
{
    assert_int_equal(ivm_set_affinity(line(device->input), &cpu_1), IVM_WRONG_LEVEL);
}

static void a_routine_cannot_move_its_source(void **state)
{
    (void)state;
    connect_on_cpu_0(0, world_line(0, 7));
    world.devices[0].inside = tries_to_move;
    device_fire(0);
    assert_int_equal(world.devices[0].claims, 1);
    assert_int_equal(world.lines[7].cpu, 0);
}

static void a_source_whose_controller_cannot_redirect_stays(void **state)
{
    (void)state;
    static _Alignas(64) unsigned char storage[512];
    struct ivm_controller fixed = model_controller;
    fixed.redirect = NULL;
    memset(storage, 0, sizeof storage);
    struct ivm_request request = world_bare(0, 0);
    request.source.kind = IVM_MESSAGE;
    const struct ivm_input input = {&fixed, &world.messages, 50};
    assert_int_equal(
        ivm_message_register((struct ivm_message *)storage, &input, &request.source.number),
        IVM_OK);
    connect_on_cpu_0(0, request);
    must_stay(request.source, &cpu_1, IVM_UNSUPPORTED);
    must_stay(request.source, &cpu_0, IVM_UNSUPPORTED);
    world_must_disconnect(0);
}

static unsigned waited;

static void line_7_is_settled(unsigned spins)
{
    waited = spins;
    if (spins == 20)
        world.lines[7].busy = false;
}

static void a_move_waits_for_a_source_that_is_about_to_change(void **state)
{
    (void)state;
    connect_on_cpu_0(0, world_line(0, 7));
    waited = 0;
    world.lines[7].busy = true;
    model_on_relax(line_7_is_settled);
    assert_int_equal(ivm_set_affinity(line(7), &cpu_1), IVM_OK);
    assert_int_equal(waited, 20);
    assert_int_equal(world.lines[7].cpu, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST_FOUR(a_source_in_the_set_already_stays_and_nothing_happens),
        WORLD_TEST_FOUR(a_bare_vector_cannot_move),
        WORLD_TEST_FOUR(a_source_nobody_is_connected_to_cannot_move),
        WORLD_TEST_FOUR(a_line_or_message_that_does_not_exist_is_not_found),
        WORLD_TEST_FOUR(a_number_taken_on_every_cpu_of_the_set_is_exhausted),
        WORLD_TEST_FOUR(a_set_without_a_running_cpu_is_a_bad_argument),
        WORLD_TEST_FOUR(a_move_at_dispatch_level_or_above_is_refused),
        WORLD_TEST_FOUR(a_move_with_interrupts_off_is_refused),
        WORLD_TEST_FOUR(a_routine_cannot_move_its_source),
        WORLD_TEST_FOUR(a_source_whose_controller_cannot_redirect_stays),
        WORLD_TEST_FOUR(a_move_waits_for_a_source_that_is_about_to_change),
    };
    return cmocka_run_group_tests_name("move_refused", tests, NULL, NULL);
}
