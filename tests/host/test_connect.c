/* test_connect.c: getting on: where a connect goes, what it needs, when it is malformed. */
#include "fake/world.h"

#include <stdio.h>
#include <string.h>

#include <ivm/level.h>
#include <ivm/vector.h>
#include <machine/hot.h>

#include "kernel/machine.h"

enum { DEVICE_VECTORS = IVM_VECTOR_DEVICE_END - IVM_VECTOR_DEVICE_FIRST };

static void a_connected_line_delivers_to_its_routine(void **state)
{
    (void)state;
    struct ivm_request request = world_edge(0, 7);
    uint8_t vector = world_must_connect(0, &request);
    assert_true(ivm_vector_is_device(vector));
    device_fire(0);
    assert_int_equal(world.devices[0].calls, 1);
    assert_int_equal(world.devices[0].level_seen, vector >> 4);
    assert_true(world.devices[0].interrupts_seen);
}

static void the_route_is_what_was_asked_for(void **state)
{
    (void)state;
    for (unsigned row = 0; row < 4; row++) {
        struct ivm_request request = world_edge(0, 10 + row);
        request.trigger = row & 1 ? IVM_LEVEL : IVM_EDGE;
        request.polarity = row & 2 ? IVM_ACTIVE_LOW : IVM_ACTIVE_HIGH;
        uint8_t vector = world_must_connect(0, &request);
        const struct model_pin *pin = &world.io.pins[10 + row];
        assert_true(pin->routed && !pin->masked);
        assert_int_equal(pin->route.vector, vector);
        assert_int_equal(pin->route.cpu, 0);
        assert_int_equal(pin->route.trigger, request.trigger);
        assert_int_equal(pin->route.polarity, request.polarity);
        world_must_disconnect(0);
    }
}

static void exactly_the_device_vectors_can_be_asked_for(void **state)
{
    (void)state;
    for (unsigned vector = 1; vector < 256; vector++) {
        struct ivm_request line = world_line(0, 7);
        line.vector = (uint8_t)vector;
        struct ivm_request bare = world_bare(0, (uint8_t)vector);
        if (vector >= 0x30 && vector < 0xD0) {
            assert_int_equal(world_must_connect(0, &line), vector);
            world_must_disconnect(0);
            assert_int_equal(world_must_connect(0, &bare), vector);
            world_must_disconnect(0);
            continue;
        }
        world_must_refuse(0, &line, IVM_RULE_VECTOR_RESERVED);
        assert_int_equal(world.refusal.vector, vector);
        assert_int_equal(world.refusal.key, IVM_KEY_VECTOR);
        world_must_refuse(0, &bare, IVM_RULE_VECTOR_RESERVED);
        assert_int_equal(ivm_connect(&bare, &world.devices[0].connection, NULL),
                         IVM_ACCESS_DENIED);
    }
}

static void vector_zero_means_that_the_manager_chooses(void **state)
{
    (void)state;
    struct ivm_request request = world_bare(0, 0);
    uint8_t vector = world_must_connect(0, &request);
    assert_true(ivm_vector_is_device(vector));
    device_fire(0);
    assert_int_equal(world.devices[0].claims, 1);
}

static void a_bare_vector_may_be_named_twice_but_not_differently(void **state)
{
    (void)state;
    struct ivm_request request = world_bare(0, 0x41);
    request.vector = 0x42;
    world_must_refuse(0, &request, IVM_RULE_BAD_VALUE);
    request.vector = 0x41;
    assert_int_equal(world_must_connect(0, &request), 0x41);
    world_must_disconnect(0);
    request.source.number = 0;
    assert_int_equal(world_must_connect(0, &request), 0x41);
}

static void a_level_asked_for_is_the_class_of_the_vector(void **state)
{
    (void)state;
    for (uint8_t level = IVM_DEVICE_FIRST; level < IVM_DEVICE_END; level++) {
        struct ivm_request request = world_edge(0, level);
        request.level = level;
        assert_int_equal(world_must_connect(0, &request) >> 4, level);
        device_fire(0);
        assert_int_equal(world.devices[0].level_seen, level);
        world_must_disconnect(0);
    }
}

static void levels_outside_the_devices_are_refused(void **state)
{
    (void)state;
    for (unsigned level = 1; level < 256; level++) {
        if (level >= IVM_DEVICE_FIRST && level < IVM_DEVICE_END)
            continue;
        struct ivm_request request = world_line(0, 7);
        request.level = (uint8_t)level;
        if (level != IVM_ANY_LEVEL)
            world_must_refuse(0, &request, IVM_RULE_BAD_LEVEL);
        if (level < IVM_DEVICE_FIRST)
            continue;
        request.level = 0;
        request.synchronize_level = (uint8_t)level;
        world_must_refuse(0, &request, IVM_RULE_BAD_LEVEL);
    }
}

static void a_level_must_be_the_class_of_the_vector_asked_for(void **state)
{
    (void)state;
    for (uint8_t level = IVM_DEVICE_FIRST; level < IVM_DEVICE_END; level++) {
        struct ivm_request request = world_line(0, 7);
        request.vector = 0x75;
        request.level = level;
        if (level == 7) {
            assert_int_equal(world_must_connect(0, &request), 0x75);
            world_must_disconnect(0);
        } else {
            world_must_refuse(0, &request, IVM_RULE_BAD_LEVEL);
        }
    }
}

static void an_owner_needs_a_name_that_ends(void **state)
{
    (void)state;
    struct ivm_request request = world_line(0, 7);
    memset(request.owner, 0, sizeof request.owner);
    world_must_refuse(0, &request, IVM_RULE_BAD_OWNER_NAME);
    memset(request.owner, 'n', sizeof request.owner);
    world_must_refuse(0, &request, IVM_RULE_BAD_OWNER_NAME);
    assert_int_equal(world.refusal.requester[IVM_NAME_SIZE - 1], '\0');
    request.owner[IVM_NAME_SIZE - 1] = '\0';
    world_must_connect(0, &request);
    struct ivm_owner_stats owner;
    assert_int_equal(
        ivm_stats_owners(0, world.devices[0].connection.source->vector, &owner, 1), 1);
    assert_string_equal(owner.owner.name, request.owner);
}

static void a_connect_needs_a_routine_storage_and_a_request(void **state)
{
    (void)state;
    struct ivm_request request = world_line(0, 7);
    request.routine = NULL;
    world_must_refuse(0, &request, IVM_RULE_NO_ROUTINE);
    request = world_line(0, 7);
    struct world_picture *before = world_take_picture();
    assert_int_equal(ivm_connect(&request, NULL, &world.refusal), IVM_BAD_ARGUMENT);
    assert_int_equal(world.refusal.rule, IVM_RULE_NO_ROUTINE);
    assert_int_equal(ivm_connect(NULL, &world.devices[0].connection, NULL),
                     IVM_BAD_ARGUMENT);
    world_same_picture(before);
}

static void values_outside_their_enums_are_refused(void **state)
{
    (void)state;
    static const int bad[] = {2, 3, 255, 256, 257, -1, 0x10000};
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct ivm_request request = world_line(0, 7);
        request.trigger = (enum ivm_trigger)bad[i];
        world_must_refuse(0, &request, IVM_RULE_BAD_VALUE);
        request = world_line(0, 7);
        request.polarity = (enum ivm_polarity)bad[i];
        world_must_refuse(0, &request, IVM_RULE_BAD_VALUE);
        request = world_line(0, 7);
        request.sharing = (enum ivm_sharing)bad[i];
        world_must_refuse(0, &request, IVM_RULE_BAD_VALUE);
        request = world_line(0, 7);
        request.source.kind = (enum ivm_source_kind)(bad[i] == 2 ? 4 : bad[i]);
        world_must_refuse(0, &request, IVM_RULE_BAD_VALUE);
    }
}

static void a_source_that_is_not_there_is_not_found(void **state)
{
    (void)state;
    static const struct ivm_source_id absent[] = {
        {IVM_LINE, WORLD_LINES},
        {IVM_LINE, WORLD_GSI_COUNT - 1},
        {IVM_LINE, WORLD_GSI_COUNT},
        {IVM_LINE, UINT32_MAX},
        {IVM_MESSAGE, 0},
        {IVM_MESSAGE, 1},
        {IVM_MESSAGE, UINT32_MAX},
        {IVM_BARE, 256},
        {IVM_BARE, 256 + 0x41},
        {IVM_BARE, UINT32_MAX},
    };
    for (unsigned i = 0; i < sizeof absent / sizeof absent[0]; i++) {
        struct ivm_request request = world_edge(0, 0);
        request.source = absent[i];
        world_must_refuse(0, &request, IVM_RULE_NO_SUCH_SOURCE);
        assert_int_equal(world.refusal.source_kind, absent[i].kind);
        assert_int_equal(world.refusal.source_number, absent[i].number);
    }
}

static void a_cpu_set_without_a_running_cpu_is_refused(void **state)
{
    (void)state;
    static const struct ivm_cpu_set sets[] = {
        {.mask = 0},
        {.mask = ~1ull},
        {.mask = 1ull << 63},
        {.mask = ~0ull, .group = 1},
        {.mask = 1, .group = 0xFFFF},
    };
    for (unsigned i = 0; i < sizeof sets / sizeof sets[0]; i++) {
        struct ivm_request request = world_line(0, 7);
        request.cpus = &sets[i];
        world_must_refuse(0, &request, IVM_RULE_NO_SUCH_CPU);
    }
    struct ivm_cpu_set all = {.mask = ~0ull};
    struct ivm_request request = world_line(0, 7);
    request.cpus = &all;
    world_must_connect(0, &request);
}

static void connected_storage_cannot_be_connected_again(void **state)
{
    (void)state;
    struct ivm_request request = world_line(0, 7);
    uint8_t vector = world_must_connect(0, &request);
    struct ivm_request other = world_line(0, 8);
    world_must_refuse(0, &other, IVM_RULE_STORAGE_CONNECTED);
    assert_int_equal(world.refusal.key, IVM_KEY_STORAGE);
    assert_int_equal(world.refusal.vector, vector);
    assert_int_equal(world.refusal.owner_count, 1);
    assert_string_equal(world.refusal.owners[0].name, "dev0");
    world_must_refuse(0, &request, IVM_RULE_STORAGE_CONNECTED);
    world_must_disconnect(0);
    world_must_connect(0, &other);
}

static void a_wrong_context_is_refused(void **state)
{
    (void)state;
    struct ivm_request request = world_line(0, 7);
    for (uint8_t level = 0; level < IVM_LEVEL_COUNT; level++) {
        machine_set_priority(level);
        if (level >= IVM_DISPATCH) {
            world_must_refuse(0, &request, IVM_RULE_WRONG_CONTEXT);
            assert_string_equal(world.refusal.requester, "dev0");
            assert_int_equal(ivm_connect(&request, &world.devices[0].connection, NULL),
                             IVM_WRONG_LEVEL);
        } else {
            world_must_connect(0, &request);
            world_must_disconnect(0);
        }
    }
    machine_set_priority(0);
    machine_interrupts_off();
    world_must_refuse(0, &request, IVM_RULE_WRONG_CONTEXT);
    machine_interrupts_on();
    world_must_connect(0, &request);
}

static void connects_to_another_line(struct device *device)
{
    (void)device;
    struct ivm_request request = world_line(1, 8);
    world_must_refuse(1, &request, IVM_RULE_WRONG_CONTEXT);
}

static void a_routine_cannot_connect(void **state)
{
    (void)state;
    struct ivm_request request = world_line(0, 7);
    world_must_connect(0, &request);
    world.devices[0].inside = connects_to_another_line;
    device_fire(0);
    assert_int_equal(world.devices[0].claims, 1);
    assert_null(world.devices[1].connection.source);
}

static void a_class_is_exhausted_after_sixteen(void **state)
{
    (void)state;
    static struct ivm_connection connections[DEVICE_VECTORS];
    memset(connections, 0, sizeof connections);
    for (uint32_t i = 0; i < 16; i++) {
        struct ivm_request request = world_line(0, i);
        request.level = 6;
        assert_int_equal(ivm_connect(&request, &connections[i], NULL), IVM_OK);
    }
    struct ivm_request request = world_line(1, 16);
    request.level = 6;
    world_must_refuse(1, &request, IVM_RULE_VECTORS_EXHAUSTED);
    assert_int_equal(world.refusal.wanted, 6);
    assert_int_equal(world.refusal.alternative_count, 4);
    for (unsigned i = 0; i < 4; i++)
        assert_false(world_vector(0, world.refusal.alternatives[i]).connected);
    request.level = 7;
    world_must_connect(1, &request);
}

static void all_vectors_are_exhausted_after_a_hundred_and_sixty(void **state)
{
    (void)state;
    static struct ivm_connection connections[DEVICE_VECTORS];
    memset(connections, 0, sizeof connections);
    bool seen[256] = {false};
    for (uint32_t i = 0; i < DEVICE_VECTORS; i++) {
        struct ivm_request request = world_line(0, i);
        assert_int_equal(ivm_connect(&request, &connections[i], NULL), IVM_OK);
        uint8_t vector = world_place(request.source, NULL);
        assert_true(ivm_vector_is_device(vector) && !seen[vector]);
        seen[vector] = true;
    }
    struct ivm_request request = world_line(1, DEVICE_VECTORS);
    world_must_refuse(1, &request, IVM_RULE_VECTORS_EXHAUSTED);
    assert_int_equal(world.refusal.alternative_count, 0);
    struct ivm_request bare = world_bare(1, 0);
    world_must_refuse(1, &bare, IVM_RULE_VECTORS_EXHAUSTED);
    assert_int_equal(world_totals().vectors_free, 0);
    assert_int_equal(ivm_disconnect(&connections[77]), IVM_OK);
    world_must_connect(1, &request);
}

static void the_first_ten_lines_lie_in_ten_classes(void **state)
{
    (void)state;
    unsigned classes = 0;
    for (unsigned i = 0; i < 10; i++) {
        struct ivm_request request = world_line(i, i);
        classes |= 1u << (world_must_connect(i, &request) >> 4);
    }
    assert_int_equal(classes, 0x1FF8);
}

static void the_request_may_be_forgotten_when_connect_returns(void **state)
{
    (void)state;
    struct ivm_cpu_set set = {.mask = 1};
    struct ivm_request request = world_edge(0, 7);
    request.cpus = &set;
    uint8_t vector = world_must_connect(0, &request);
    memset(&request, 0xCC, sizeof request);
    set.mask = 0;
    device_fire(0);
    assert_int_equal(world.devices[0].claims, 1);
    struct ivm_owner_stats owner;
    assert_int_equal(ivm_stats_owners(0, vector, &owner, 1), 1);
    assert_string_equal(owner.owner.name, "dev0");
    assert_null(world.devices[0].connection.request.cpus);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_connected_line_delivers_to_its_routine),
        WORLD_TEST(the_route_is_what_was_asked_for),
        WORLD_TEST(exactly_the_device_vectors_can_be_asked_for),
        WORLD_TEST(vector_zero_means_that_the_manager_chooses),
        WORLD_TEST(a_bare_vector_may_be_named_twice_but_not_differently),
        WORLD_TEST(a_level_asked_for_is_the_class_of_the_vector),
        WORLD_TEST(levels_outside_the_devices_are_refused),
        WORLD_TEST(a_level_must_be_the_class_of_the_vector_asked_for),
        WORLD_TEST(an_owner_needs_a_name_that_ends),
        WORLD_TEST(a_connect_needs_a_routine_storage_and_a_request),
        WORLD_TEST(values_outside_their_enums_are_refused),
        WORLD_TEST(a_source_that_is_not_there_is_not_found),
        WORLD_TEST(a_cpu_set_without_a_running_cpu_is_refused),
        WORLD_TEST(connected_storage_cannot_be_connected_again),
        WORLD_TEST(a_wrong_context_is_refused),
        WORLD_TEST(a_routine_cannot_connect),
        WORLD_TEST(a_class_is_exhausted_after_sixteen),
        WORLD_TEST(all_vectors_are_exhausted_after_a_hundred_and_sixty),
        WORLD_TEST(the_first_ten_lines_lie_in_ten_classes),
        WORLD_TEST(the_request_may_be_forgotten_when_connect_returns),
    };
    return cmocka_run_group_tests_name("connect", tests, NULL, NULL);
}
