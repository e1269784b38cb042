/* test_stats.c: what the tables and counters say, copied out; the rings of refusals and
 * connects. */
#include "fake/world.h"

#include <stdio.h>
#include <string.h>

#include <ivm/affinity.h>
#include <ivm/level.h>
#include <ivm/vector.h>

static void a_cpu_that_is_not_there_has_no_statistics(void **state)
{
    (void)state;
    struct ivm_vector_stats stats, untouched;
    memset(&stats, 0x5C, sizeof stats);
    untouched = stats;
    static const uint32_t absent[] = {1, MODEL_CPUS, MODEL_CPUS + 1, UINT32_MAX};
    for (unsigned i = 0; i < sizeof absent / sizeof absent[0]; i++) {
        assert_false(ivm_stats_vector(absent[i], 0x41, &stats));
        assert_memory_equal(&stats, &untouched, sizeof stats);
        assert_int_equal(ivm_stats_owners(absent[i], 0x41, NULL, 0), 0);
    }
}

static void a_connected_vector_tells_all_of_its_source(void **state)
{
    (void)state;
    struct ivm_request request = world_line(0, 7);
    request.level = 8;
    uint8_t vector = world_must_connect(0, &request);
    device_fire(0);
    struct ivm_vector_stats stats = world_vector(0, vector);
    assert_true(stats.connected);
    assert_int_equal(stats.delivered, 1);
    assert_int_equal(stats.strays, 0);
    assert_int_equal(stats.late, 0);
    assert_int_equal(stats.generation, 1);
    assert_int_equal(stats.source.kind, IVM_LINE);
    assert_int_equal(stats.source.number, 7);
    assert_int_equal(stats.trigger, IVM_LEVEL);
    assert_int_equal(stats.polarity, IVM_ACTIVE_LOW);
    assert_int_equal(stats.level, 8);
    assert_int_equal(stats.mask_reasons, 0);
    assert_int_equal(stats.owner_count, 1);
    assert_string_equal(stats.controller, "model");
}

static void a_bare_vector_has_no_controller(void **state)
{
    (void)state;
    struct ivm_request request = world_bare(0, 0x41);
    world_must_connect(0, &request);
    struct ivm_vector_stats stats = world_vector(0, 0x41);
    assert_true(stats.connected);
    assert_int_equal(stats.source.kind, IVM_BARE);
    assert_int_equal(stats.source.number, 0x41);
    assert_null(stats.controller);
}

static void a_bare_vector_that_the_manager_chose_is_known_by_its_number(void **state)
{
    (void)state;
    struct ivm_request request = world_bare(0, 0);
    uint8_t vector = world_must_connect(0, &request);
    assert_int_equal(world_vector(0, vector).source.number, vector);
    assert_int_equal(world_place((struct ivm_source_id){IVM_BARE, vector}, NULL), vector);
}

/* Owner `index` of those that connect_six() made. */
static void check_owner(const struct ivm_owner_stats *stats, unsigned index)
{
    char name[IVM_NAME_SIZE];
    snprintf(name, sizeof name, "dev%u", index);
    assert_string_equal(stats->owner.name, name);
    assert_int_equal(stats->owner.number, index + 1);
    assert_int_equal(stats->owner.level, index == 2 ? 9 : 6);
    assert_int_equal(stats->owner.trigger, IVM_LEVEL);
    assert_int_equal(stats->owner.polarity, IVM_ACTIVE_LOW);
    assert_int_equal(stats->owner.sharing, IVM_SHARED);
    assert_int_equal(stats->owner.routine, (uintptr_t)device_routine);
    assert_int_equal(stats->claimed, index == 3);
}

static uint8_t connect_six(void)
{
    uint8_t vector = 0;
    for (unsigned i = 0; i < 6; i++) {
        struct ivm_request request = world_line(i, 7);
        request.level = 6;
        request.synchronize_level = i == 2 ? 9 : 0;
        vector = world_must_connect(i, &request);
    }
    return vector;
}

static void owners_are_copied_in_chain_order_as_far_as_there_is_room(void **state)
{
    (void)state;
    uint8_t vector = connect_six();
    device_fire(3);
    for (size_t room = 0; room <= 8; room++) {
        struct ivm_owner_stats owners[8];
        memset(owners, 0x5C, sizeof owners);
        assert_int_equal(ivm_stats_owners(0, vector, owners, room), 6);
        for (unsigned i = 0; i < 8; i++) {
            if (i < room && i < 6)
                check_owner(&owners[i], i);
            else
                assert_int_equal(owners[i].claimed, 0x5C5C5C5C5C5C5C5C);
        }
    }
}

static void an_unconnected_vector_has_no_owners(void **state)
{
    (void)state;
    for (unsigned vector = 0; vector < 256; vector++) {
        struct ivm_vector_stats stats = world_vector(0, (uint8_t)vector);
        assert_false(stats.connected);
        assert_int_equal(ivm_stats_owners(0, (uint8_t)vector, NULL, 0), 0);
    }
}

static void the_place_of_a_source_is_known_while_it_is_connected(void **state)
{
    (void)state;
    struct ivm_source_id line = {IVM_LINE, 7}, bare = {IVM_BARE, 0x41};
    uint32_t cpu = 0xEE;
    uint8_t vector = 0xEE;
    assert_false(ivm_stats_place(line, &cpu, &vector));
    assert_false(ivm_stats_place(bare, &cpu, &vector));
    assert_false(
        ivm_stats_place((struct ivm_source_id){IVM_LINE, UINT32_MAX}, &cpu, &vector));
    assert_false(ivm_stats_place((struct ivm_source_id){IVM_BARE, 0x141}, &cpu, &vector));
    assert_false(ivm_stats_place((struct ivm_source_id){IVM_MESSAGE, 1}, &cpu, &vector));
    struct ivm_request request = world_line(0, 7);
    uint8_t given = world_must_connect(0, &request);
    assert_true(ivm_stats_place(line, &cpu, &vector));
    assert_int_equal(vector, given);
    assert_int_equal(cpu, 0);
    /* A line on the vector is not the bare vector of that number. */
    bare.number = given;
    assert_false(ivm_stats_place(bare, &cpu, &vector));
    world_must_disconnect(0);
    assert_false(ivm_stats_place(line, &cpu, &vector));
}

static void the_totals_count_the_machine_and_the_calls(void **state)
{
    (void)state;
    struct ivm_totals totals = world_totals();
    assert_int_equal(totals.cpus, 1);
    assert_int_equal(totals.lines, WORLD_LINES);
    assert_int_equal(totals.vectors_free, 160);
    assert_int_equal(totals.vectors_used, 0);
    struct ivm_request request = world_line(0, 7), other = world_edge(1, 7);
    world_must_connect(0, &request);
    world_must_refuse(1, &other, IVM_RULE_REQUESTER_EXCLUSIVE);
    world_must_refuse(1, &other, IVM_RULE_REQUESTER_EXCLUSIVE);
    totals = world_totals();
    assert_int_equal(totals.connects, 1);
    assert_int_equal(totals.disconnects, 0);
    assert_int_equal(totals.refusals, 2);
    assert_int_equal(totals.vectors_free, 159);
    assert_int_equal(totals.vectors_used, 1);
    world_must_disconnect(0);
    totals = world_totals();
    assert_int_equal(totals.disconnects, 1);
    assert_int_equal(totals.vectors_free, 160);
}

static void strays_on_a_connected_vector_are_not_in_the_totals(void **state)
{
    (void)state;
    struct ivm_request request = world_line(0, 7);
    uint8_t vector = world_must_connect(0, &request);
    model_raise(0, vector);
    assert_int_equal(world_vector(0, vector).strays, 1);
    assert_int_equal(world_totals().strays, 0);
    model_raise(0, vector ^ 1);
    assert_int_equal(world_totals().strays, 1);
}

static void
free_vectors_are_those_of_the_level_and_of_the_open_cpus_of_the_set(void **state)
{
    (void)state;
    struct ivm_cpu_set first = {.mask = 1}, nobody = {.mask = 1 << 5};
    assert_int_equal(ivm_stats_free(NULL, 0), 320);
    assert_int_equal(ivm_stats_free(&first, 0), 160);
    assert_int_equal(ivm_stats_free(&first, 9), 16);
    assert_int_equal(ivm_stats_free(&nobody, 0), 0);
    struct ivm_request request = world_bare(0, 0x91);
    request.cpus = &first;
    world_must_connect(0, &request);
    assert_int_equal(ivm_stats_free(&first, 9), 15);
    assert_int_equal(ivm_stats_free(NULL, 9), 31);
    assert_int_equal(ivm_stats_free(NULL, 8), 32);

    assert_int_equal(ivm_cpu_drain(1, NULL), IVM_OK);
    assert_int_equal(ivm_stats_free(NULL, 9), 15);
}

static void the_latest_refusals_are_kept_newest_first(void **state)
{
    (void)state;
    struct ivm_request owner = world_edge(0, 7);
    world_must_connect(0, &owner);
    struct ivm_refusal kept[4];
    assert_int_equal(ivm_stats_refusals(kept, 4), 0);
    for (unsigned i = 1; i <= 100; i++) {
        struct ivm_request request = world_edge(1, 7);
        snprintf(request.owner, sizeof request.owner, "try%u", i);
        struct ivm_refusal given;
        assert_int_equal(ivm_connect(&request, &world.devices[1].connection, &given),
                         IVM_ALREADY_CONNECTED);
        size_t count = ivm_stats_refusals(kept, 4);
        assert_int_equal(count, i < 4 ? i : 4);
        assert_memory_equal(&kept[0], &given, sizeof given);
        for (unsigned j = 0; j < count; j++) {
            char name[IVM_NAME_SIZE];
            snprintf(name, sizeof name, "try%u", i - j);
            assert_string_equal(kept[j].requester, name);
            assert_int_equal(kept[j].sequence, i - j);
            assert_string_equal(kept[j].owners[0].name, "dev0");
        }
    }
}

static void no_ring_gives_more_than_there_is_room_for(void **state)
{
    (void)state;
    struct ivm_request owner = world_edge(0, 7), other = world_edge(1, 7);
    struct ivm_refusal refusals[200];
    struct ivm_history history[200];
    for (unsigned i = 0; i < 100; i++) {
        world_must_connect(0, &owner);
        world_must_refuse(1, &other, IVM_RULE_OWNER_EXCLUSIVE);
        world_must_disconnect(0);
    }
    size_t all_refusals = ivm_stats_refusals(refusals, 200);
    size_t all_history = ivm_stats_history(history, 200);
    assert_in_range(all_refusals, 4, 100);
    assert_in_range(all_history, 4, 200);
    for (size_t room = 0; room <= 3; room++) {
        assert_int_equal(ivm_stats_refusals(refusals, room), room);
        assert_int_equal(ivm_stats_history(history, room), room);
    }
    /* As many as are kept, all different, newest first. */
    assert_int_equal(ivm_stats_refusals(refusals, 200), all_refusals);
    for (size_t i = 0; i < all_refusals; i++)
        assert_int_equal(refusals[i].sequence, 100 - i);
}

static void the_history_shows_that_a_name_followed_a_reconnect(void **state)
{
    (void)state;
    struct ivm_request request = world_line(0, 7);
    request.vector = 0x61;
    world_must_connect(0, &request);
    world_must_disconnect(0);
    request.vector = 0x72;
    world_must_connect(0, &request);
    struct ivm_history history[8];
    assert_int_equal(ivm_stats_history(history, 8), 3);
    static const struct {
        uint64_t number;
        uint8_t vector;
        bool connected;
    } rows[] = {{2, 0x72, true}, {1, 0x61, false}, {1, 0x61, true}};
    for (unsigned i = 0; i < 3; i++) {
        assert_string_equal(history[i].owner, "dev0");
        assert_int_equal(history[i].connect_number, rows[i].number);
        assert_int_equal(history[i].vector, rows[i].vector);
        assert_int_equal(history[i].connected, rows[i].connected);
        assert_int_equal(history[i].source.kind, IVM_LINE);
        assert_int_equal(history[i].source.number, 7);
    }
}

static void refusals_are_no_part_of_the_history(void **state)
{
    (void)state;
    struct ivm_request owner = world_edge(0, 7), other = world_edge(1, 7);
    world_must_connect(0, &owner);
    world_must_refuse(1, &other, IVM_RULE_OWNER_EXCLUSIVE);
    struct ivm_history history[8];
    assert_int_equal(ivm_stats_history(history, 8), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_cpu_that_is_not_there_has_no_statistics),
        WORLD_TEST(a_connected_vector_tells_all_of_its_source),
        WORLD_TEST(a_bare_vector_has_no_controller),
        WORLD_TEST(a_bare_vector_that_the_manager_chose_is_known_by_its_number),
        WORLD_TEST(owners_are_copied_in_chain_order_as_far_as_there_is_room),
        WORLD_TEST(an_unconnected_vector_has_no_owners),
        WORLD_TEST(the_place_of_a_source_is_known_while_it_is_connected),
        WORLD_TEST(the_totals_count_the_machine_and_the_calls),
        WORLD_TEST(strays_on_a_connected_vector_are_not_in_the_totals),
        WORLD_TEST_SMP(free_vectors_are_those_of_the_level_and_of_the_open_cpus_of_the_set),
        WORLD_TEST(the_latest_refusals_are_kept_newest_first),
        WORLD_TEST(no_ring_gives_more_than_there_is_room_for),
        WORLD_TEST(the_history_shows_that_a_name_followed_a_reconnect),
        WORLD_TEST(refusals_are_no_part_of_the_history),
    };
    return cmocka_run_group_tests_name("stats", tests, NULL, NULL);
}
