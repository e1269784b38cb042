/* test_drain.c: a CPU is emptied, or it is said what keeps it. */
#include "fake/world.h"

#include <string.h>

#include <ivm/affinity.h>
#include <ivm/level.h>
#include <machine/hot.h>

#include "kernel/machine.h"
#include "kernel/vector.h"

static const struct ivm_cpu_set cpu_0 = {.mask = 1};

static uint8_t connect_on_cpu_0(unsigned index, struct ivm_request request)
{
    request.cpus = &cpu_0;
    return world_must_connect(index, &request);
}

static void all_sources_of_a_drained_cpu_move(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++)
        connect_on_cpu_0(i, world_line(i, 10 + i / 2));
    for (unsigned i = 4; i < 8; i++)
        connect_on_cpu_0(i, i < 6 ? world_edge(i, 20 + i) : world_message(i, i));
    struct ivm_drain report;
    assert_int_equal(ivm_cpu_drain(0, &report), IVM_OK);
    assert_int_equal(report.moved, 6);
    assert_int_equal(report.stuck, 0);
    for (unsigned i = 0; i < 8; i++) {
        device_fire(i);
        assert_int_equal(world.devices[i].claims, 1);
        assert_int_not_equal(world.devices[i].cpu_seen, 0);
    }
    assert_int_equal(world.cpus[0].pool.used, 0);
    assert_int_equal(world_totals().vectors_used, 6);
}

static void drained_sources_spread_over_the_other_cpus(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 9; i++)
        connect_on_cpu_0(i, world_edge(i, i));
    assert_int_equal(ivm_cpu_drain(0, NULL), IVM_OK);
    for (unsigned cpu = 1; cpu < 4; cpu++)
        assert_int_equal(world.cpus[cpu].pool.used, 3);
}

static void nothing_new_is_placed_on_a_drained_cpu(void **state)
{
    (void)state;
    assert_int_equal(ivm_cpu_drain(0, NULL), IVM_OK);
    for (unsigned i = 0; i < 8; i++) {
        struct ivm_request request = world_edge(i, i);
        world_must_connect(i, &request);
        assert_int_not_equal(world.devices[i].connection.source->cpu, 0);
    }
    struct ivm_request there = world_line(9, 50);
    there.cpus = &cpu_0;
    world_must_refuse(9, &there, IVM_RULE_NO_SUCH_CPU);
    assert_int_equal(ivm_set_affinity(world.devices[0].connection.request.source, &cpu_0),
                     IVM_BAD_ARGUMENT);
}

static void a_reopened_cpu_takes_sources_again(void **state)
{
    (void)state;
    connect_on_cpu_0(0, world_line(0, 7));
    assert_int_equal(ivm_cpu_drain(0, NULL), IVM_OK);
    assert_int_equal(ivm_cpu_reopen(0), IVM_OK);
    assert_int_equal(ivm_set_affinity(world.devices[0].connection.request.source, &cpu_0),
                     IVM_OK);
    connect_on_cpu_0(1, world_edge(1, 8));
    device_fire(0);
    device_fire(1);
    assert_int_equal(world.devices[0].cpu_seen, 0);
    assert_int_equal(world.devices[1].cpu_seen, 0);
}

static void a_drain_is_refused_with_the_count_and_the_list(void **state)
{
    (void)state;
    connect_on_cpu_0(0, world_line(0, 7));
    uint8_t stuck[3];
    for (unsigned i = 0; i < 3; i++)
        stuck[i] = connect_on_cpu_0(i + 1, world_bare(i + 1, (uint8_t)(0x95 + i)));
    struct world_picture *before = world_take_picture();
    model_events_clear();
    struct ivm_drain report;
    assert_int_equal(ivm_cpu_drain(0, &report), IVM_STILL_CONNECTED);
    assert_int_equal(report.stuck, 3);
    assert_int_equal(report.moved, 0);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(report.first_stuck[i].kind, IVM_BARE);
        assert_int_equal(report.first_stuck[i].number, stuck[i]);
    }
    world_same_picture(before);
    assert_int_equal(model_event_count(), 0);
    assert_int_equal(ivm_cpu_drain(0, NULL), IVM_STILL_CONNECTED);
    connect_on_cpu_0(5, world_edge(5, 30));
}

static void more_than_the_list_holds_are_counted_all_the_same(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 11; i++)
        connect_on_cpu_0(i, world_bare(i, (uint8_t)(0x40 + i)));
    struct {
        struct ivm_drain report;
        unsigned char behind[64];
    } room;
    memset(&room, 0xA5, sizeof room);
    assert_int_equal(ivm_cpu_drain(0, &room.report), IVM_STILL_CONNECTED);
    assert_int_equal(room.report.stuck, 11);
    for (unsigned i = 0; i < IVM_DRAIN_SHOWN; i++)
        assert_int_equal(room.report.first_stuck[i].number, 0x40 + i);
    for (unsigned i = 0; i < sizeof room.behind; i++)
        assert_int_equal(room.behind[i], 0xA5);
}

static void a_source_whose_number_is_taken_elsewhere_keeps_its_cpu(void **state)
{
    (void)state;
    uint8_t vector = connect_on_cpu_0(0, world_line(0, 7));
    for (unsigned i = 1; i < 4; i++) {
        const struct ivm_cpu_set there = {.mask = 1u << i};
        struct ivm_request request = world_edge(i, 20 + i);
        request.vector = vector;
        request.cpus = &there;
        world_must_connect(i, &request);
    }
    struct ivm_drain report;
    assert_int_equal(ivm_cpu_drain(0, &report), IVM_STILL_CONNECTED);
    assert_int_equal(report.stuck, 1);
    assert_int_equal(report.first_stuck[0].kind, IVM_LINE);
    assert_int_equal(report.first_stuck[0].number, 7);
    device_fire(0);
    assert_int_equal(world.devices[0].cpu_seen, 0);
}

static void the_last_open_cpu_cannot_be_drained(void **state)
{
    (void)state;
    struct ivm_request request = world_line(0, 7);
    world_must_connect(0, &request);
    for (uint32_t cpu = 0; cpu < 3; cpu++)
        assert_int_equal(ivm_cpu_drain(cpu, NULL), IVM_OK);
    assert_int_equal(world.lines[7].cpu, 3);
    assert_int_equal(ivm_cpu_drain(3, NULL), IVM_STILL_CONNECTED);
    device_fire(0);
    assert_int_equal(world.devices[0].claims, 1);
}

/* While the first source moves, the second one's number is taken where it could go. */
static void takes_the_numbers_of_the_second(const struct model_event *event)
{
    if (event->kind != MODEL_REDIRECT)
        return;
    for (uint32_t cpu = 1; cpu < 4; cpu++)
        world.cpus[cpu].pool.free[5] &= (uint16_t)~1u;
}

static void a_source_that_can_move_no_longer_stops_the_drain(void **state)
{
    (void)state;
    struct ivm_request first = world_line(0, 7), second = world_line(1, 8);
    first.vector = 0x40;
    second.vector = 0x50;
    connect_on_cpu_0(0, first);
    connect_on_cpu_0(1, second);
    model_on_write(takes_the_numbers_of_the_second);
    struct ivm_drain report;
    assert_int_equal(ivm_cpu_drain(0, &report), IVM_STILL_CONNECTED);
    assert_int_equal(report.moved, 1);
    assert_int_equal(report.stuck, 1);
    assert_int_equal(report.first_stuck[0].number, 8);
    assert_int_not_equal(world.lines[7].cpu, 0);
    assert_int_equal(world.lines[8].cpu, 0);
    connect_on_cpu_0(2, world_edge(2, 9));
}

static void a_cpu_that_is_not_there_is_a_bad_argument(void **state)
{
    (void)state;
    struct ivm_drain report;
    assert_int_equal(ivm_cpu_drain(4, &report), IVM_BAD_ARGUMENT);
    assert_int_equal(ivm_cpu_drain(UINT32_MAX, NULL), IVM_BAD_ARGUMENT);
    assert_int_equal(ivm_cpu_reopen(4), IVM_BAD_ARGUMENT);
    assert_int_equal(report.stuck, 0);
}

static void a_drain_from_the_wrong_context_is_refused(void **state)
{
    (void)state;
    connect_on_cpu_0(0, world_line(0, 7));
    struct world_picture *before = world_take_picture();
    machine_set_priority(IVM_DISPATCH);
    assert_int_equal(ivm_cpu_drain(0, NULL), IVM_WRONG_LEVEL);
    machine_set_priority(0);
    machine_interrupts_off();
    assert_int_equal(ivm_cpu_drain(0, NULL), IVM_WRONG_LEVEL);
    machine_interrupts_on();
    world_same_picture(before);
}

static void who_joins_a_line_goes_where_it_is(void **state)
{
    (void)state;
    connect_on_cpu_0(0, world_line(0, 7));
    assert_int_equal(ivm_cpu_drain(0, NULL), IVM_OK);
    uint32_t cpu = 0;
    world_place(world.devices[0].connection.request.source, &cpu);
    struct ivm_request joins = world_line(1, 7);
    world_must_connect(1, &joins);
    device_fire(1);
    assert_int_equal(world.devices[1].cpu_seen, cpu);
    assert_int_not_equal(cpu, 0);
}

/* A move from CPU 0 to CPU 1 is given up: its number is free there again. */
static void line_7_has_settled(unsigned spins)
{
    if (spins != 20)
        return;
    vector_free(&world.cpus[1].pool, world.lines[7].vector);
    world.lines[7].busy = false;
}

static void a_source_that_is_on_its_way_is_not_stuck(void **state)
{
    (void)state;
    uint8_t vector = connect_on_cpu_0(0, world_line(0, 7));
    for (uint32_t cpu = 1; cpu < 4; cpu++)
        assert_int_equal(vector_reserve(&world.cpus[cpu].pool, vector), IVM_OK);
    world.lines[7].busy = true;
    model_on_relax(line_7_has_settled);
    assert_int_equal(ivm_cpu_drain(0, NULL), IVM_OK);
    assert_int_equal(world.lines[7].cpu, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST_FOUR(all_sources_of_a_drained_cpu_move),
        WORLD_TEST_FOUR(drained_sources_spread_over_the_other_cpus),
        WORLD_TEST_FOUR(nothing_new_is_placed_on_a_drained_cpu),
        WORLD_TEST_FOUR(a_reopened_cpu_takes_sources_again),
        WORLD_TEST_FOUR(a_drain_is_refused_with_the_count_and_the_list),
        WORLD_TEST_FOUR(more_than_the_list_holds_are_counted_all_the_same),
        WORLD_TEST_FOUR(a_source_whose_number_is_taken_elsewhere_keeps_its_cpu),
        WORLD_TEST_FOUR(the_last_open_cpu_cannot_be_drained),
        WORLD_TEST_FOUR(a_source_that_can_move_no_longer_stops_the_drain),
        WORLD_TEST_FOUR(a_cpu_that_is_not_there_is_a_bad_argument),
        WORLD_TEST_FOUR(a_drain_from_the_wrong_context_is_refused),
        WORLD_TEST_FOUR(a_source_that_is_on_its_way_is_not_stuck),
        WORLD_TEST_FOUR(who_joins_a_line_goes_where_it_is),
    };
    return cmocka_run_group_tests_name("drain", tests, NULL, NULL);
}
