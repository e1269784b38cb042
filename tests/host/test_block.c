/* test_block.c: blocks of messages: aligned, kept while nobody is connected, given back whole. */
#include "fake/world.h"

#include <string.h>

#include <ivm/affinity.h>
#include <ivm/level.h>
#include <ivm/message.h>

enum { STORES = 32 };

static _Alignas(64) unsigned char storage[STORES * 256];

static const struct ivm_cpu_set cpu_0 = {.mask = 1}, cpu_1 = {.mask = 2};
static struct ivm_input first_input;

static int start(void **state)
{
    memset(storage, 0, sizeof storage);
    first_input = (struct ivm_input){&model_controller, &world.messages, 0};
    return world_two_cpus(state);
}

static struct ivm_message *store(size_t index)
{
    size_t at = index * ivm_message_size();
    assert_true(at < sizeof storage);
    return (struct ivm_message *)(void *)&storage[at];
}

static enum ivm_status open_block(uint32_t count, uint8_t level,
                                  const struct ivm_cpu_set *cpus, uint32_t *number)
{
    const struct ivm_block_wish wish = {.count = count, .level = level, .cpus = cpus};
    return ivm_message_register_block(store(0), &first_input, &wish, number);
}

static struct ivm_request ask(unsigned index, uint32_t number)
{
    struct ivm_request request = world_edge(index, 0);
    request.source = (struct ivm_source_id){.kind = IVM_MESSAGE, .number = number};
    return request;
}

/* Connect without the world's wires, which know single messages only. */
static uint8_t must_connect(unsigned index, uint32_t number)
{
    struct ivm_request request = ask(index, number);
    world.devices[index].greedy = true;
    assert_int_equal(ivm_connect(&request, &world.devices[index].connection, NULL), IVM_OK);
    return world_place(request.source, NULL);
}

static void the_vectors_of_a_block_are_neighbours_and_aligned(void **state)
{
    for (uint32_t count = 1; count <= IVM_BLOCK_LIMIT; count *= 2) {
        start(state);
        uint32_t number = 0;
        assert_int_equal(open_block(count, 0, NULL, &number), IVM_OK);
        assert_int_equal(world_totals().vectors_used, count);
        uint8_t first = 0;
        for (unsigned i = 0; i < count && i < WORLD_DEVICES; i++) {
            uint8_t vector = must_connect(i, number + i);
            first = i == 0 ? vector : first;
            assert_int_equal(vector, first + i);
        }
        assert_int_equal(first % count, 0);
        assert_int_equal(world_totals().vectors_used, count);
    }
}

static void a_block_is_where_its_wish_says(void **state)
{
    (void)state;
    uint32_t number = 0, cpu = 9;
    assert_int_equal(open_block(4, 7, &cpu_1, &number), IVM_OK);
    uint8_t vector = must_connect(0, number + 2);
    assert_int_equal(ivm_vector_level(vector), 7);
    struct ivm_source_id id = {.kind = IVM_MESSAGE, .number = number + 2};
    assert_true(ivm_stats_place(id, &cpu, &vector));
    assert_int_equal(cpu, 1);
}

static void each_message_of_a_block_has_its_own_owner(void **state)
{
    (void)state;
    uint32_t number = 0;
    assert_int_equal(open_block(4, 0, NULL, &number), IVM_OK);
    uint8_t vectors[4];
    for (unsigned i = 0; i < 4; i++)
        vectors[i] = must_connect(i, number + i);
    for (unsigned i = 0; i < 4; i++) {
        const struct model_pin *pin = &world.messages.pins[i];
        assert_true(pin->routed && !pin->masked);
        assert_int_equal(pin->route.vector, vectors[i]);
        model_assert(&world.messages, i, 0);
        model_deassert(&world.messages, i, 0);
    }
    assert_string_equal(world_calls(), "0 1 2 3");
}

static void the_vectors_stay_the_block_s_while_nobody_is_connected(void **state)
{
    (void)state;
    uint32_t number = 0;
    assert_int_equal(open_block(2, 3, &cpu_0, &number), IVM_OK);
    uint8_t vector = must_connect(0, number);
    world_must_disconnect(0);
    assert_int_equal(world_totals().vectors_used, 2);
    struct ivm_request taker = world_bare(1, vector);
    taker.cpus = &cpu_0;
    world_must_refuse(1, &taker, IVM_RULE_SOURCE_DIFFERS);
    assert_int_equal(world.refusal.key, IVM_KEY_VECTOR);
    assert_int_equal(world.refusal.holder_kind, IVM_MESSAGE);
    assert_int_equal(world.refusal.holder_number, number);
    assert_int_equal(world.refusal.owner_count, 0);
    assert_int_equal(world.refusal.vector, vector);
    assert_int_equal(world.refusal.cpu, 0);
    assert_int_equal(must_connect(0, number), vector);
    world_must_disconnect(0);
    assert_int_equal(ivm_message_unregister(number), IVM_OK);
    assert_int_equal(world_totals().vectors_used, 0);
    world_must_connect(1, &taker);
}

static void a_block_is_forgotten_whole_or_not_at_all(void **state)
{
    (void)state;
    uint32_t number = 0;
    assert_int_equal(open_block(4, 0, NULL, &number), IVM_OK);
    must_connect(0, number + 3);
    assert_int_equal(ivm_message_unregister(number), IVM_STILL_CONNECTED);
    assert_int_equal(ivm_message_unregister(number + 3), IVM_NOT_FOUND);
    world_must_disconnect(0);
    assert_int_equal(ivm_message_unregister(number + 1), IVM_NOT_FOUND);
    assert_int_equal(world_totals().vectors_used, 4);
    assert_int_equal(ivm_message_unregister(number), IVM_OK);
    assert_int_equal(ivm_message_unregister(number), IVM_NOT_FOUND);
    for (unsigned i = 0; i < 4; i++) {
        struct ivm_request request = ask(0, number + i);
        world_must_refuse(0, &request, IVM_RULE_NO_SUCH_SOURCE);
    }
}

static void a_malformed_wish_is_refused(void **state)
{
    (void)state;
    const struct ivm_cpu_set nobody = {.mask = 0}, absent = {.mask = 1ull << 60};
    uint32_t number = 0xEE;
    static const uint32_t counts[] = {0, 3, 5, 6, 7, 9, 12, 15, 17, 32, 64, UINT32_MAX};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        assert_int_equal(open_block(counts[i], 0, NULL, &number), IVM_BAD_ARGUMENT);
    static const uint8_t levels[] = {1, 2, 13, 15, 16, IVM_ANY_LEVEL};
    for (size_t i = 0; i < sizeof levels; i++)
        assert_int_equal(open_block(2, levels[i], NULL, &number), IVM_BAD_ARGUMENT);
    assert_int_equal(open_block(2, 0, &nobody, &number), IVM_BAD_ARGUMENT);
    assert_int_equal(open_block(2, 0, &absent, &number), IVM_BAD_ARGUMENT);
    const struct ivm_block_wish wish = {.count = 2};
    assert_int_equal(ivm_message_register_block(store(0), &first_input, NULL, &number),
                     IVM_BAD_ARGUMENT);
    assert_int_equal(ivm_message_register_block(NULL, &first_input, &wish, &number),
                     IVM_BAD_ARGUMENT);
    assert_int_equal(ivm_message_register_block(store(0), NULL, &wish, &number),
                     IVM_BAD_ARGUMENT);
    assert_int_equal(number, 0xEE);
    assert_int_equal(world_totals().vectors_used, 0);
}

static void a_block_that_overlaps_what_is_registered_is_refused(void **state)
{
    (void)state;
    uint32_t number = 0, other = 0;
    assert_int_equal(open_block(4, 0, NULL, &number), IVM_OK);
    const struct ivm_block_wish wish = {.count = 2};
    struct ivm_input inside = first_input;
    inside.input = 3;
    assert_int_equal(ivm_message_register_block(store(8), &inside, &wish, &other),
                     IVM_ALREADY_CONNECTED);
    inside.input = 4;
    assert_int_equal(ivm_message_register_block(store(3), &inside, &wish, &other),
                     IVM_ALREADY_CONNECTED);
    assert_int_equal(world_totals().vectors_used, 4);
    assert_int_equal(ivm_message_register_block(store(8), &inside, &wish, &other), IVM_OK);
}

static void scattered_vectors_are_no_block(void **state)
{
    (void)state;
    /* Every fourth vector of level 5 is taken: 12 are free, and no four in a row. */
    for (unsigned i = 0; i < 4; i++) {
        struct ivm_request request = world_bare(i, (uint8_t)(0x50 + 4 * i + 1));
        request.cpus = &cpu_0;
        world_must_connect(i, &request);
    }
    uint32_t number = 0;
    assert_int_equal(open_block(4, 5, &cpu_0, &number), IVM_EXHAUSTED);
    assert_int_equal(world_totals().vectors_used, 4);
    assert_int_equal(open_block(4, 5, NULL, &number), IVM_OK); /* on the other CPU */
    assert_int_equal(ivm_message_unregister(number), IVM_OK);
    assert_int_equal(open_block(2, 5, &cpu_0, &number), IVM_OK);
}

static void a_cpu_without_such_a_block_is_passed_over_however_idle(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        struct ivm_request request = world_bare(i, (uint8_t)(0x50 + 4 * i + 1));
        request.cpus = &cpu_0;
        world_must_connect(i, &request);
    }
    for (unsigned i = 4; i < 10; i++) {
        struct ivm_request request = world_bare(i, (uint8_t)(0x60 + i));
        request.cpus = &cpu_1;
        world_must_connect(i, &request);
    }
    uint32_t number = 0, cpu = 9;
    assert_int_equal(open_block(4, 5, NULL, &number), IVM_OK);
    must_connect(10, number);
    world_place((struct ivm_source_id){.kind = IVM_MESSAGE, .number = number}, &cpu);
    assert_int_equal(cpu, 1);
}

static void a_request_must_agree_with_where_the_block_is(void **state)
{
    (void)state;
    uint32_t number = 0;
    assert_int_equal(open_block(2, 6, &cpu_0, &number), IVM_OK);
    struct ivm_request request = ask(0, number + 1);
    request.level = 7;
    world_must_refuse(0, &request, IVM_RULE_CLASS_DIFFERS);
    assert_int_equal(world.refusal.held, 6);
    request.level = 6;
    request.vector = 0x60;
    world_must_refuse(0, &request, IVM_RULE_LINE_ROUTED_ELSEWHERE);
    assert_int_equal(world.refusal.held, 0x61);
    assert_int_equal(world.refusal.vector, 0x61);
    request.vector = 0x61;
    request.cpus = &cpu_1;
    world_must_refuse(0, &request, IVM_RULE_CPUS_DISJOINT);
    assert_int_equal(world.refusal.owner_count, 0);
    request.cpus = &cpu_0;
    assert_int_equal(ivm_connect(&request, &world.devices[0].connection, NULL), IVM_OK);
    assert_int_equal(world_place(request.source, NULL), 0x61);
}

static void one_of_a_block_does_not_move_alone(void **state)
{
    (void)state;
    uint32_t number = 0;
    assert_int_equal(open_block(2, 0, &cpu_0, &number), IVM_OK);
    must_connect(0, number);
    struct ivm_source_id id = {.kind = IVM_MESSAGE, .number = number};
    assert_int_equal(ivm_set_affinity(id, &cpu_1), IVM_UNSUPPORTED);
    struct ivm_drain report;
    assert_int_equal(ivm_cpu_drain(0, &report), IVM_STILL_CONNECTED);
    assert_int_equal(report.stuck, 1);
    assert_int_equal(report.first_stuck[0].number, number);
}

static void a_block_of_one_moves_and_keeps_its_vector(void **state)
{
    (void)state;
    uint32_t number = 0, cpu = 0;
    assert_int_equal(open_block(1, 0, &cpu_0, &number), IVM_OK);
    uint8_t vector = must_connect(0, number), now = 0;
    struct ivm_source_id id = {.kind = IVM_MESSAGE, .number = number};
    assert_int_equal(ivm_set_affinity(id, &cpu_1), IVM_OK);
    assert_true(ivm_stats_place(id, &cpu, &now));
    assert_int_equal(cpu, 1);
    assert_int_equal(now, vector);
    world_must_disconnect(0);
    assert_int_equal(world_totals().vectors_used, 1);
    assert_int_equal(ivm_message_unregister(number), IVM_OK);
    assert_int_equal(world_totals().vectors_used, 0);
}

static void a_drained_cpu_takes_no_message_of_a_block_it_keeps(void **state)
{
    (void)state;
    uint32_t number = 0;
    assert_int_equal(open_block(2, 0, &cpu_0, &number), IVM_OK);
    assert_int_equal(ivm_cpu_drain(0, NULL), IVM_OK);
    struct ivm_request request = ask(0, number);
    world_must_refuse(0, &request, IVM_RULE_NO_SUCH_CPU);
    assert_int_equal(ivm_cpu_reopen(0), IVM_OK);
    must_connect(0, number);
}

static void many_messages_are_found_by_their_numbers(void **state)
{
    (void)state;
    static _Alignas(64) unsigned char many[200 * 256];
    memset(many, 0, sizeof many);
    uint32_t numbers[200];
    for (unsigned i = 0; i < 200; i++) {
        struct ivm_input input = {&model_controller, &world.messages, i};
        void *at = &many[(size_t)i * ivm_message_size()];
        assert_int_equal(ivm_message_register(at, &input, &numbers[i]), IVM_OK);
    }
    for (unsigned i = 0; i < 200; i += 3)
        assert_int_equal(ivm_message_unregister(numbers[i]), IVM_OK);
    for (unsigned i = 0; i < 200; i++)
        assert_int_equal(ivm_message_unregister(numbers[i]),
                         i % 3 == 0 ? IVM_NOT_FOUND : IVM_OK);
}

int main(void)
{
#define STARTED(claim) cmocka_unit_test_setup_teardown(claim, start, world_end)
    const struct CMUnitTest tests[] = {
        STARTED(the_vectors_of_a_block_are_neighbours_and_aligned),
        STARTED(a_block_is_where_its_wish_says),
        STARTED(each_message_of_a_block_has_its_own_owner),
        STARTED(the_vectors_stay_the_block_s_while_nobody_is_connected),
        STARTED(a_block_is_forgotten_whole_or_not_at_all),
        STARTED(a_malformed_wish_is_refused),
        STARTED(a_block_that_overlaps_what_is_registered_is_refused),
        STARTED(scattered_vectors_are_no_block),
        STARTED(a_cpu_without_such_a_block_is_passed_over_however_idle),
        STARTED(a_request_must_agree_with_where_the_block_is),
        STARTED(one_of_a_block_does_not_move_alone),
        STARTED(a_block_of_one_moves_and_keeps_its_vector),
        STARTED(a_drained_cpu_takes_no_message_of_a_block_it_keeps),
        STARTED(many_messages_are_found_by_their_numbers),
    };
    return cmocka_run_group_tests_name("block", tests, NULL, NULL);
}
