/* test_cpus.c: two CPUs, each with its own table: placement, delivery, conflicts over both
 * keys. */
#include "fake/world.h"

#include <string.h>

#include <ivm/affinity.h>
#include <ivm/level.h>
#include <ivm/vector.h>

static const struct ivm_cpu_set on_first = {.mask = 1}, on_second = {.mask = 2};

static void a_cpu_set_decides_where_the_routine_runs(void **state)
{
    for (uint32_t cpu = 0; cpu < 2; cpu++) {
        world_two_cpus(state);
        struct ivm_request request = world_line(0, 7);
        request.cpus = cpu == 0 ? &on_first : &on_second;
        uint8_t vector = world_must_connect(0, &request);
        uint32_t placed = 0xEE;
        assert_int_equal(world_place(request.source, &placed), vector);
        assert_int_equal(placed, cpu);
        assert_int_equal(world.io.pins[7].route.cpu, cpu);
        device_fire(0);
        assert_int_equal(world.devices[0].cpu_seen, cpu);
        assert_int_equal(world_vector(cpu, vector).delivered, 1);
        assert_int_equal(world_vector(1 - cpu, vector).delivered, 0);
        assert_int_equal(world_vector(cpu, vector).generation, 1);
        assert_int_equal(world_vector(1 - cpu, vector).generation, 0);
    }
}

static void a_group_is_sixty_four_cpus(void **state)
{
    (void)state;
    struct ivm_cpu_set other_group = {.mask = 3, .group = 1};
    struct ivm_request request = world_line(0, 7);
    request.cpus = &other_group;
    world_must_refuse(0, &request, IVM_RULE_NO_SUCH_CPU);
    other_group.group = 0;
    world_must_connect(0, &request);
}

static void lines_without_a_cpu_set_use_both_cpus(void **state)
{
    (void)state;
    unsigned count[2] = {0};
    for (unsigned i = 0; i < 10; i++) {
        struct ivm_request request = world_line(i, i);
        world_must_connect(i, &request);
        uint32_t cpu = 0;
        world_place(request.source, &cpu);
        count[cpu]++;
    }
    assert_int_equal(count[0], 5);
    assert_int_equal(count[1], 5);
}

static void one_vector_number_serves_two_edges_on_two_cpus(void **state)
{
    (void)state;
    struct ivm_request first = world_edge(0, 7), second = world_edge(1, 8);
    first.vector = second.vector = 0x66;
    first.cpus = &on_first;
    second.cpus = &on_second;
    world_must_connect(0, &first);
    world_must_connect(1, &second);
    device_fire(0);
    device_fire(1);
    assert_int_equal(world.devices[0].claims, 1);
    assert_int_equal(world.devices[1].claims, 1);
    assert_int_equal(world.devices[0].calls, 1);
    assert_int_equal(world.devices[1].calls, 1);
}

static void a_vector_taken_on_one_cpu_is_placed_on_the_other(void **state)
{
    (void)state;
    struct ivm_request first = world_edge(0, 7), second = world_edge(1, 8);
    struct ivm_request third = world_edge(2, 9);
    first.vector = second.vector = third.vector = 0x66;
    world_must_connect(0, &first);
    world_must_connect(1, &second);
    assert_int_not_equal(world.devices[0].connection.source->cpu,
                         world.devices[1].connection.source->cpu);
    world_must_refuse(2, &third, IVM_RULE_OWNER_EXCLUSIVE);
    third.cpus = &on_second;
    world_must_refuse(2, &third, IVM_RULE_OWNER_EXCLUSIVE);
    assert_int_equal(world.refusal.cpu, 1);
}

/* An end is broadcast with the vector's number only: two level-triggered lines of one
 * number on two CPUs would clear each other's Remote IRR. */
static void no_two_level_lines_have_one_vector_number_on_any_cpu(void **state)
{
    (void)state;
    bool seen[256] = {false};
    for (unsigned i = 0; i < 12; i++) {
        struct ivm_request request = world_line(i, i);
        uint8_t vector = world_must_connect(i, &request);
        if (seen[vector])
            fail_msg("two level-triggered lines have vector 0x%x", vector);
        seen[vector] = true;
    }
}

static void
a_level_line_cannot_ask_for_another_level_lines_number_on_another_cpu(void **state)
{
    (void)state;
    struct ivm_request first = world_line(0, 7), second = world_line(1, 8);
    first.vector = second.vector = 0x66;
    first.cpus = &on_first;
    second.cpus = &on_second;
    world_must_connect(0, &first);
    world_must_refuse(1, &second, IVM_RULE_SOURCE_DIFFERS);
    second.trigger = IVM_EDGE;
    world_must_connect(1, &second);
}

static void a_cpu_that_is_full_sends_the_next_line_to_the_other(void **state)
{
    (void)state;
    static struct ivm_connection connections[32];
    memset(connections, 0, sizeof connections);
    unsigned count[2] = {0};
    for (uint32_t i = 0; i < 32; i++) {
        struct ivm_request request = world_edge(0, i);
        request.level = 6;
        assert_int_equal(ivm_connect(&request, &connections[i], NULL), IVM_OK);
        uint32_t cpu = 0;
        assert_int_equal(world_place(request.source, &cpu) >> 4, 6);
        count[cpu]++;
    }
    assert_int_equal(count[0], 16);
    assert_int_equal(count[1], 16);
    struct ivm_request request = world_edge(1, 40);
    request.level = 6;
    world_must_refuse(1, &request, IVM_RULE_VECTORS_EXHAUSTED);
    request.level = 7;
    request.cpus = &on_second;
    world_must_connect(1, &request);
}

static void a_class_full_on_the_cpus_asked_for_is_exhausted(void **state)
{
    (void)state;
    static struct ivm_connection connections[16];
    memset(connections, 0, sizeof connections);
    for (uint32_t i = 0; i < 16; i++) {
        struct ivm_request request = world_edge(0, i);
        request.level = 6;
        request.cpus = &on_second;
        assert_int_equal(ivm_connect(&request, &connections[i], NULL), IVM_OK);
    }
    struct ivm_request request = world_edge(1, 40);
    request.level = 6;
    request.cpus = &on_second;
    world_must_refuse(1, &request, IVM_RULE_VECTORS_EXHAUSTED);
    assert_int_equal(world.refusal.cpu, 1);

    /* Where there is room: on the CPU asked for at the other levels, then on the other one. */
    const struct ivm_free_vectors *room = world.refusal.free;
    for (unsigned i = 0; i < 9; i++) {
        assert_int_equal(room[i].cpu, 1);
        assert_int_not_equal(room[i].level, 6);
        assert_int_equal(room[i].count, 16);
    }
    for (unsigned i = 9; i < 19; i++) {
        assert_int_equal(room[i].cpu, 0);
        assert_int_equal(room[i].level, i - 9 + 3);
        assert_int_equal(room[i].count, 16);
    }
    assert_int_equal(room[19].count, 0);
    char text[1000];
    ivm_refusal_format(&world.refusal, text, sizeof text);
    assert_non_null(strstr(text,
                           "room: cpu 1: 16 at level 3, 16 at level 4, 16 at level 5, "
                           "16 at level 7"));
    assert_non_null(strstr(text, "; cpu 0: 16 at level 3"));
    assert_non_null(strstr(text, "; on cpus 0 to 63 by mask 0x2; level 6"));
    assert_null(strstr(text, "key"));

    request.cpus = &on_first;
    world_must_connect(1, &request);
}

static void room_that_does_not_fit_into_the_record_is_counted(void **state)
{
    (void)state;
    static struct ivm_connection connections[16];
    memset(connections, 0, sizeof connections);
    for (uint32_t i = 0; i < 16; i++) {
        struct ivm_request request = world_edge(0, i);
        request.level = 6;
        request.cpus = &on_second;
        assert_int_equal(ivm_connect(&request, &connections[i], NULL), IVM_OK);
    }
    struct ivm_request request = world_edge(1, 40);
    request.level = 6;
    request.cpus = &on_second;
    world_must_refuse(1, &request, IVM_RULE_VECTORS_EXHAUSTED);
    /* 9 + 10 + 10 + 10 levels have room, and 32 are listed: 3 of CPU 3's are the last. */
    assert_int_equal(world.refusal.free[31].cpu, 3);
    assert_int_equal(world.refusal.free_more, 7 * 16);
    assert_int_equal(world.refusal.free_more_cpus, 1);
    char text[1000];
    ivm_refusal_format(&world.refusal, text, sizeof text);
    assert_non_null(strstr(text, "; and 112 more on 1 cpus"));
}

static void a_machine_without_a_free_vector_says_so(void **state)
{
    (void)state;
    static struct ivm_connection connections[320];
    memset(connections, 0, sizeof connections);
    for (uint32_t i = 0; i < 320; i++) {
        struct ivm_request request = world_bare(0, 0);
        assert_int_equal(ivm_connect(&request, &connections[i], NULL), IVM_OK);
    }
    struct ivm_request request = world_edge(1, 40);
    world_must_refuse(1, &request, IVM_RULE_VECTORS_EXHAUSTED);
    assert_int_equal(world.refusal.free[0].count, 0);
    char text[1000];
    ivm_refusal_format(&world.refusal, text, sizeof text);
    assert_non_null(strstr(text, "room: none on any CPU"));
}

static void a_drained_cpu_has_no_room(void **state)
{
    (void)state;
    assert_int_equal(ivm_cpu_drain(1, NULL), IVM_OK);
    static struct ivm_connection connections[16];
    memset(connections, 0, sizeof connections);
    for (uint32_t i = 0; i < 16; i++) {
        struct ivm_request request = world_edge(0, i);
        request.level = 6;
        assert_int_equal(ivm_connect(&request, &connections[i], NULL), IVM_OK);
    }
    struct ivm_request request = world_edge(1, 40);
    request.level = 6;
    world_must_refuse(1, &request, IVM_RULE_VECTORS_EXHAUSTED);
    for (unsigned i = 0; i < 9; i++)
        assert_int_equal(world.refusal.free[i].cpu, 0);
    assert_int_equal(world.refusal.free[9].count, 0);
}

static void first_numbers_differ_from_cpu_to_cpu_so_that_sources_can_move(void **state)
{
    (void)state;
    struct ivm_request request = world_edge(0, 1);
    request.level = 5;
    request.cpus = &on_first;
    uint8_t first = world_must_connect(0, &request);
    request = world_edge(1, 2);
    request.level = 5;
    request.cpus = &on_second;
    assert_int_not_equal(world_must_connect(1, &request), first);
    assert_int_equal(ivm_set_affinity(request.source, &on_first), IVM_OK);
}

static void a_line_is_joined_where_it_is(void **state)
{
    (void)state;
    struct ivm_request first = world_line(0, 7), second = world_line(1, 7);
    first.cpus = &on_second;
    uint8_t vector = world_must_connect(0, &first);
    assert_int_equal(world_must_connect(1, &second), vector);
    device_fire(1);
    assert_int_equal(world.devices[1].cpu_seen, 1);
    struct ivm_request third = world_line(2, 7);
    third.cpus = &on_first;
    world_must_refuse(2, &third, IVM_RULE_CPUS_DISJOINT);
    assert_int_equal(world.refusal.cpu, 1);
    struct ivm_cpu_set both = {.mask = 3};
    third.cpus = &both;
    assert_int_equal(world_must_connect(2, &third), vector);
}

static void a_source_on_another_cpu_can_be_disconnected_from_here(void **state)
{
    (void)state;
    struct ivm_request request = world_line(0, 7);
    request.cpus = &on_second;
    uint8_t vector = world_must_connect(0, &request);
    device_fire(0);
    world_must_disconnect(0);
    assert_false(world_vector(1, vector).connected);
    model_raise(1, vector);
    assert_int_equal(world.devices[0].calls, 1);
    assert_int_equal(world_vector(1, vector).strays, 1);
    assert_int_equal(world_vector(0, vector).strays, 0);
}

static void a_bare_vector_is_one_cpus_own(void **state)
{
    (void)state;
    struct ivm_request first = world_bare(0, 0x41), second = world_bare(1, 0x41);
    first.cpus = &on_first;
    second.cpus = &on_second;
    world_must_connect(0, &first);
    world_must_connect(1, &second);
    device_fire(0);
    device_fire(1);
    assert_int_equal(world.devices[0].cpu_seen, 0);
    assert_int_equal(world.devices[1].cpu_seen, 1);
    assert_int_equal(world.devices[0].claims + world.devices[1].claims, 2);
    world_must_disconnect(0);
    device_fire(1);
    assert_int_equal(world.devices[1].claims, 2);
}

static void an_unanswered_line_on_another_cpu_is_masked_as_well(void **state)
{
    (void)state;
    struct ivm_request request = world_line(0, 7);
    request.cpus = &on_second;
    uint8_t vector = world_must_connect(0, &request);
    world.devices[0].stuck = true;
    device_fire(0);
    assert_int_equal(world_vector(1, vector).delivered, IVM_UNCLAIMED_LIMIT);
    assert_int_equal(world_vector(1, vector).strays, IVM_UNCLAIMED_LIMIT);
    assert_int_equal(world_vector(1, vector).mask_reasons, IVM_MASKED_UNCLAIMED);
    assert_int_equal(world_vector(0, vector).strays, 0);
}

static void the_totals_are_of_both_cpus(void **state)
{
    (void)state;
    assert_int_equal(world_totals().cpus, 2);
    assert_int_equal(world_totals().vectors_free, 320);
    model_raise(0, 0x41);
    model_raise(1, 0x41);
    model_raise(1, 0x42);
    assert_int_equal(world_totals().strays, 3);
    model_call(IVM_VECTOR_SPURIOUS);
    model_become(1);
    model_call(IVM_VECTOR_SPURIOUS);
    assert_int_equal(world_totals().spurious, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST_SMP(a_cpu_set_decides_where_the_routine_runs),
        WORLD_TEST_SMP(a_group_is_sixty_four_cpus),
        WORLD_TEST_SMP(lines_without_a_cpu_set_use_both_cpus),
        WORLD_TEST_SMP(one_vector_number_serves_two_edges_on_two_cpus),
        WORLD_TEST_SMP(a_vector_taken_on_one_cpu_is_placed_on_the_other),
        WORLD_TEST_SMP(no_two_level_lines_have_one_vector_number_on_any_cpu),
        WORLD_TEST_SMP(
            a_level_line_cannot_ask_for_another_level_lines_number_on_another_cpu),
        WORLD_TEST_SMP(a_cpu_that_is_full_sends_the_next_line_to_the_other),
        WORLD_TEST_SMP(a_class_full_on_the_cpus_asked_for_is_exhausted),
        WORLD_TEST_FOUR(room_that_does_not_fit_into_the_record_is_counted),
        WORLD_TEST_SMP(a_machine_without_a_free_vector_says_so),
        WORLD_TEST_SMP(first_numbers_differ_from_cpu_to_cpu_so_that_sources_can_move),
        WORLD_TEST_SMP(a_drained_cpu_has_no_room),
        WORLD_TEST_SMP(a_line_is_joined_where_it_is),
        WORLD_TEST_SMP(a_source_on_another_cpu_can_be_disconnected_from_here),
        WORLD_TEST_SMP(a_bare_vector_is_one_cpus_own),
        WORLD_TEST_SMP(an_unanswered_line_on_another_cpu_is_masked_as_well),
        WORLD_TEST_SMP(the_totals_are_of_both_cpus),
    };
    return cmocka_run_group_tests_name("cpus", tests, NULL, NULL);
}
