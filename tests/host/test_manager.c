/* test_manager.c: what the machine hands to the manager at the start: storage, CPUs, lines.
 */
#include "fake/world.h"

#include <stdatomic.h>
#include <string.h>

#include <ivm/message.h>
#include <ivm/vector.h>
#include <machine/hot.h>

static void a_line_is_set_once(void **state)
{
    (void)state;
    static struct model_unit other;
    model_unit_start(&other, false);
    uint32_t gsi = WORLD_LINES;
    assert_int_equal(manager_set_line(gsi, &model_controller, &other, 5), IVM_OK);
    assert_int_equal(manager_set_line(gsi, &model_controller, &other, 6),
                     IVM_ALREADY_CONNECTED);
    assert_int_equal(manager_set_line(gsi, &model_controller, &world.io, 5),
                     IVM_ALREADY_CONNECTED);
    assert_int_equal(manager_set_line(0, &model_controller, &other, 7),
                     IVM_ALREADY_CONNECTED);
    struct ivm_request request = world_edge(0, gsi);
    world_must_connect(0, &request);
    assert_true(other.pins[5].routed);
    assert_false(other.pins[6].routed);
    assert_int_equal(model_event_at(0)->input, 5);
}

static void a_line_outside_the_storage_or_without_a_controller_is_refused(void **state)
{
    (void)state;
    assert_int_equal(manager_set_line(WORLD_GSI_COUNT, &model_controller, &world.io, 0),
                     IVM_BAD_ARGUMENT);
    assert_int_equal(manager_set_line(UINT32_MAX, &model_controller, &world.io, 0),
                     IVM_BAD_ARGUMENT);
    assert_int_equal(manager_set_line(WORLD_LINES, NULL, &world.io, 0), IVM_BAD_ARGUMENT);
    assert_int_equal(world_totals().lines, WORLD_LINES);
    assert_int_equal(manager_set_line(WORLD_GSI_COUNT - 1, &model_controller, &world.io, 0),
                     IVM_OK);
    assert_int_equal(world_totals().lines, WORLD_LINES + 1);
}

static void a_cpu_is_added_once_and_within_the_limit(void **state)
{
    (void)state;
    assert_int_equal(manager_add_cpu(0, &world.cpus[1]), IVM_BAD_ARGUMENT);
    assert_int_equal(manager_add_cpu(MODEL_CPUS, &world.cpus[1]), IVM_BAD_ARGUMENT);
    assert_int_equal(manager_add_cpu(UINT32_MAX, &world.cpus[1]), IVM_BAD_ARGUMENT);
    assert_ptr_equal(slots_of(0), &world.cpus[0]);
    assert_int_equal(slots_cpu_end(), 1);
    assert_int_equal(world_totals().cpus, 1);
}

static void cpus_may_be_added_with_gaps_between_them(void **state)
{
    (void)state;
    assert_int_equal(manager_add_cpu(2, &world.cpus[2]), IVM_OK);
    assert_int_equal(slots_cpu_end(), 3);
    assert_null(slots_of(1));
    assert_ptr_equal(slots_of(2), &world.cpus[2]);
    assert_null(slots_of(3));
    assert_null(slots_of(UINT32_MAX));
    struct ivm_vector_stats stats;
    assert_false(ivm_stats_vector(1, 0x41, &stats));
    assert_true(ivm_stats_vector(2, 0x41, &stats));
    assert_int_equal(world_totals().cpus, 2);
    assert_int_equal(world_totals().vectors_free, 320);
    struct ivm_cpu_set gap = {.mask = 2};
    struct ivm_request request = world_line(0, 7);
    request.cpus = &gap;
    world_must_refuse(0, &request, IVM_RULE_NO_SUCH_CPU);
}

static void all_cpus_of_the_storage_can_be_added_and_no_more_are_found(void **state)
{
    (void)state;
    for (uint32_t cpu = 1; cpu < MODEL_CPUS; cpu++)
        assert_int_equal(manager_add_cpu(cpu, &world.cpus[cpu]), IVM_OK);
    for (uint32_t cpu = 0; cpu < MODEL_CPUS; cpu++)
        assert_ptr_equal(slots_of(cpu), &world.cpus[cpu]);
    assert_null(slots_of(MODEL_CPUS));
    assert_int_equal(slots_cpu_end(), MODEL_CPUS);
    assert_int_equal(world_totals().vectors_free, MODEL_CPUS * 160);
}

static void every_slot_of_a_new_cpu_knows_its_place(void **state)
{
    (void)state;
    memset(&world.cpus[3], 0xA5, sizeof world.cpus[3]);
    assert_int_equal(manager_add_cpu(3, &world.cpus[3]), IVM_OK);
    assert_int_equal(world.cpus[3].cpu, 3);
    for (unsigned vector = 0; vector < IVM_VECTOR_COUNT; vector++) {
        struct slot *slot = &world.cpus[3].slots[vector];
        assert_int_equal(slot->vector, vector);
        assert_int_equal(slot->cpu, 3);
        assert_true(atomic_load(&slot->dispatch) != NULL);
        struct ivm_vector_stats stats = world_vector(3, (uint8_t)vector);
        assert_int_equal(stats.delivered + stats.strays + stats.late, 0);
        assert_int_equal(stats.generation, 0);
        assert_false(stats.connected);
    }
}

static void a_slot_is_one_cache_line_and_begins_with_its_dispatch(void **state)
{
    (void)state;
    assert_int_equal(sizeof(struct slot), 64);
    assert_int_equal(offsetof(struct slot, dispatch), 0);
    assert_int_equal(sizeof(struct ivm_node), 32);
    assert_int_equal(
        (uintptr_t)&world.cpus[0].slots[1] - (uintptr_t)&world.cpus[0].slots[0], 64);
}

static unsigned served;

static void serve(struct slot *slot)
{
    served = slot->vector;
    machine_end();
}

static void the_machine_serves_the_systems_vectors_itself(void **state)
{
    (void)state;
    for (unsigned vector = 0; vector < IVM_VECTOR_COUNT; vector++) {
        bool system = ivm_vector_kind((uint8_t)vector) == IVM_VECTOR_IS_SYSTEM;
        assert_int_equal(manager_set_system(0, (uint8_t)vector, serve),
                         system ? IVM_OK : IVM_BAD_ARGUMENT);
        if (!system)
            continue;
        model_raise(0, (uint8_t)vector);
        assert_int_equal(served, vector);
        assert_int_equal(world_vector(0, (uint8_t)vector).strays, 0);
    }
    assert_int_equal(manager_set_system(1, IVM_VECTOR_ERROR, serve), IVM_BAD_ARGUMENT);
    assert_int_equal(manager_set_system(UINT32_MAX, IVM_VECTOR_ERROR, serve),
                     IVM_BAD_ARGUMENT);
    model_raise(0, 0x41);
    assert_int_equal(world_vector(0, 0x41).strays, 1);
}

static void a_new_start_forgets_everything(void **state)
{
    (void)state;
    struct ivm_request line = world_line(0, 7), message = world_message(1, 3);
    world_must_connect(0, &line);
    world_must_connect(1, &message);
    struct ivm_request conflict = world_edge(2, 7);
    world_must_refuse(2, &conflict, IVM_RULE_REQUESTER_EXCLUSIVE);
    model_raise(0, 0xA7);

    manager_start(&(struct manager_storage){
        .lines = world.lines, .line_count = 8, .cpus = world.tables, .cpu_limit = 2});
    struct ivm_totals totals = world_totals();
    static const struct ivm_totals nothing = {.line_end = 8};
    assert_memory_equal(&totals, &nothing, sizeof totals);
    assert_null(slots_of(0));
    assert_int_equal(slots_cpu_end(), 0);
    struct ivm_refusal refusal;
    struct ivm_history history;
    assert_int_equal(ivm_stats_refusals(&refusal, 1), 0);
    assert_int_equal(ivm_stats_history(&history, 1), 0);
    assert_int_equal(ivm_message_unregister(message.source.number), IVM_NOT_FOUND);

    assert_int_equal(manager_add_cpu(0, &world.cpus[0]), IVM_OK);
    assert_int_equal(manager_add_cpu(2, &world.cpus[2]), IVM_BAD_ARGUMENT);
    assert_int_equal(manager_set_line(7, &model_controller, &world.io, 150), IVM_OK);
    assert_int_equal(manager_set_line(8, &model_controller, &world.io, 151),
                     IVM_BAD_ARGUMENT);
    struct ivm_request edge = world_edge(3, 7);
    world_must_connect(3, &edge);
    assert_int_equal(world.devices[3].connection.number, 1);
    assert_true(world.io.pins[150].routed);
}

static void a_manager_without_cpus_refuses_and_does_not_crash(void **state)
{
    (void)state;
    manager_start(&(struct manager_storage){.lines = world.lines,
                                            .line_count = WORLD_GSI_COUNT,
                                            .cpus = world.tables,
                                            .cpu_limit = MODEL_CPUS});
    struct ivm_request line = world_line(0, 7), bare = world_bare(0, 0x41);
    struct ivm_request reserved = world_bare(0, 0xFF);
    world_must_refuse(0, &line, IVM_RULE_NO_SUCH_CPU);
    world_must_refuse(0, &bare, IVM_RULE_NO_SUCH_CPU);
    world_must_refuse(0, &reserved, IVM_RULE_VECTOR_RESERVED);
    assert_int_equal(world.refusal.alternative_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_line_is_set_once),
        WORLD_TEST(a_line_outside_the_storage_or_without_a_controller_is_refused),
        WORLD_TEST(a_cpu_is_added_once_and_within_the_limit),
        WORLD_TEST(cpus_may_be_added_with_gaps_between_them),
        WORLD_TEST(all_cpus_of_the_storage_can_be_added_and_no_more_are_found),
        WORLD_TEST(every_slot_of_a_new_cpu_knows_its_place),
        WORLD_TEST(a_slot_is_one_cache_line_and_begins_with_its_dispatch),
        WORLD_TEST(the_machine_serves_the_systems_vectors_itself),
        WORLD_TEST(a_new_start_forgets_everything),
        WORLD_TEST(a_manager_without_cpus_refuses_and_does_not_crash),
    };
    return cmocka_run_group_tests_name("manager", tests, NULL, NULL);
}
