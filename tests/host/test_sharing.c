/* test_sharing.c: when a second owner is let on, and what the record says when it is not.
 */
#include "fake/world.h"

#include <stdio.h>
#include <string.h>

#include <ivm/level.h>
#include <ivm/vector.h>
#include <machine/hot.h>

/* The four bits of a row of the matrix. */
static struct ivm_request side(unsigned index, bool shares, bool level_triggered)
{
    struct ivm_request request = world_line(index, 20);
    request.sharing = shares ? IVM_SHARED : IVM_EXCLUSIVE;
    request.trigger = level_triggered ? IVM_LEVEL : IVM_EDGE;
    return request;
}

static enum ivm_rule rule_of_row(bool a_shares, bool b_shares, bool a_level, bool b_level)
{
    if (!a_shares)
        return IVM_RULE_OWNER_EXCLUSIVE;
    if (!b_shares)
        return IVM_RULE_REQUESTER_EXCLUSIVE;
    return a_level != b_level ? IVM_RULE_TRIGGER_DIFFERS : IVM_RULE_NONE;
}

static void the_sharing_matrix_accepts_exactly_two_of_sixteen_rows(void **state)
{
    unsigned accepted = 0;
    for (unsigned row = 0; row < 16; row++) {
        bool a_shares = row & 1, b_shares = row & 2, a_level = row & 4, b_level = row & 8;
        world_one_cpu(state);
        struct ivm_request a = side(0, a_shares, a_level), b = side(1, b_shares, b_level);
        uint8_t vector = world_must_connect(0, &a);
        enum ivm_rule rule = rule_of_row(a_shares, b_shares, a_level, b_level);
        if (rule == IVM_RULE_NONE) {
            assert_int_equal(world_must_connect(1, &b), vector);
            assert_int_equal(world_vector(0, vector).owner_count, 2);
            accepted++;
            continue;
        }
        world_must_refuse(1, &b, rule);
        assert_int_equal(ivm_status_forms(ivm_rule_status(rule))->win32, 763);
        assert_int_equal(world_vector(0, vector).owner_count, 1);
        assert_null(world.devices[1].connection.source);
    }
    assert_int_equal(accepted, 2);
}

static void the_matrix_holds_for_bare_vectors_as_well(void **state)
{
    for (unsigned row = 0; row < 16; row++) {
        bool a_shares = row & 1, b_shares = row & 2, a_level = row & 4, b_level = row & 8;
        world_one_cpu(state);
        struct ivm_request a = side(0, a_shares, a_level), b = side(1, b_shares, b_level);
        a.source = b.source = (struct ivm_source_id){.kind = IVM_BARE, .number = 0x66};
        assert_int_equal(world_must_connect(0, &a), 0x66);
        enum ivm_rule rule = rule_of_row(a_shares, b_shares, a_level, b_level);
        if (rule == IVM_RULE_NONE)
            assert_int_equal(world_must_connect(1, &b), 0x66);
        else
            world_must_refuse(1, &b, rule);
    }
}

static void a_refusal_names_the_owner_and_both_sides(void **state)
{
    (void)state;
    struct ivm_request a = side(0, true, true), b = side(1, true, false);
    uint8_t vector = world_must_connect(0, &a);
    uint64_t number = world.devices[0].connection.number;
    world_must_refuse(1, &b, IVM_RULE_TRIGGER_DIFFERS);
    const struct ivm_refusal *r = &world.refusal;
    assert_string_equal(r->requester, "dev1");
    assert_int_equal(r->routine, (uintptr_t)device_routine);
    assert_int_equal(r->key, IVM_KEY_LINE);
    assert_int_equal(r->source_kind, IVM_LINE);
    assert_int_equal(r->source_number, 20);
    assert_int_equal(r->vector, vector);
    assert_int_equal(r->cpu, 0);
    assert_int_equal(r->wanted, IVM_EDGE);
    assert_int_equal(r->held, IVM_LEVEL);
    assert_int_equal(r->holder_kind, IVM_LINE);
    assert_int_equal(r->holder_number, 20);
    assert_int_equal(r->owner_count, 1);
    assert_string_equal(r->owners[0].name, "dev0");
    assert_int_equal(r->owners[0].routine, (uintptr_t)device_routine);
    assert_int_equal(r->owners[0].number, (uint32_t)number);
    assert_int_equal(r->owners[0].trigger, IVM_LEVEL);
    assert_int_equal(r->owners[0].polarity, IVM_ACTIVE_LOW);
    assert_int_equal(r->owners[0].sharing, IVM_SHARED);
    assert_int_equal(r->owners[0].level, vector >> 4);
}

static void an_exclusive_second_owner_gets_763_and_the_first_lives_on(void **state)
{
    (void)state;
    struct ivm_request a = world_edge(0, 4), b = world_edge(1, 4);
    world_must_connect(0, &a);
    world_must_refuse(1, &b, IVM_RULE_OWNER_EXCLUSIVE);
    assert_int_equal(world.refusal.wanted, IVM_EXCLUSIVE);
    assert_int_equal(world.refusal.held, IVM_EXCLUSIVE);
    char line[1024];
    assert_true(ivm_refusal_format(&world.refusal, line, sizeof line) < sizeof line);
    static const char *const parts[] = {"763",  "0x800702FB", "0xC00702FB",
                                        "dev0", "dev1",       "owner-does-not-share"};
    for (unsigned i = 0; i < sizeof parts / sizeof parts[0]; i++)
        assert_non_null(strstr(line, parts[i]));
    for (unsigned i = 0; i < 100; i++)
        device_fire(0);
    assert_int_equal(world.devices[0].claims, 100);
    assert_int_equal(world.devices[1].calls, 0);
    world_must_disconnect(0);
    world_must_connect(1, &b);
    device_fire(1);
    assert_int_equal(world.devices[1].claims, 1);
}

static void the_other_polarity_is_refused(void **state)
{
    (void)state;
    struct ivm_request a = side(0, true, true), b = side(1, true, true);
    b.polarity = IVM_ACTIVE_HIGH;
    world_must_connect(0, &a);
    world_must_refuse(1, &b, IVM_RULE_POLARITY_DIFFERS);
    assert_int_equal(world.refusal.wanted, IVM_ACTIVE_HIGH);
    assert_int_equal(world.refusal.held, IVM_ACTIVE_LOW);
}

static void another_class_than_the_one_held_is_refused(void **state)
{
    (void)state;
    struct ivm_request a = side(0, true, true);
    a.level = 5;
    uint8_t vector = world_must_connect(0, &a);
    for (uint8_t level = IVM_DEVICE_FIRST; level < IVM_DEVICE_END; level++) {
        struct ivm_request b = side(1, true, true);
        b.level = level;
        if (level == 5) {
            assert_int_equal(world_must_connect(1, &b), vector);
            world_must_disconnect(1);
            continue;
        }
        world_must_refuse(1, &b, IVM_RULE_CLASS_DIFFERS);
        assert_int_equal(world.refusal.wanted, level);
        assert_int_equal(world.refusal.held, 5);
    }
}

static void a_line_routed_to_another_vector_is_in_use(void **state)
{
    (void)state;
    struct ivm_request a = side(0, true, true), b = side(1, true, true);
    a.vector = 0x55;
    b.vector = 0x56;
    world_must_connect(0, &a);
    world_must_refuse(1, &b, IVM_RULE_LINE_ROUTED_ELSEWHERE);
    assert_int_equal(ivm_connect(&b, &world.devices[1].connection, NULL), IVM_LINE_IN_USE);
    assert_int_equal(ivm_status_forms(IVM_LINE_IN_USE)->ntstatus, 0xC0000184);
    assert_int_equal(world.refusal.key, IVM_KEY_LINE);
    assert_int_equal(world.refusal.wanted, 0x56);
    assert_int_equal(world.refusal.held, 0x55);
    b.vector = 0x55;
    assert_int_equal(world_must_connect(1, &b), 0x55);
}

static void another_source_on_the_vector_asked_for_is_refused(void **state)
{
    (void)state;
    struct ivm_request a = side(0, true, true), b = world_line(1, 21);
    a.vector = b.vector = 0x55;
    world_must_connect(0, &a);
    world_must_refuse(1, &b, IVM_RULE_SOURCE_DIFFERS);
    assert_int_equal(world.refusal.key, IVM_KEY_VECTOR);
    assert_int_equal(world.refusal.vector, 0x55);
    assert_int_equal(world.refusal.source_number, 21);
    assert_int_equal(world.refusal.holder_kind, IVM_LINE);
    assert_int_equal(world.refusal.holder_number, 20);
    assert_string_equal(world.refusal.owners[0].name, "dev0");
    world_must_disconnect(0);

    a.sharing = IVM_EXCLUSIVE;
    world_must_connect(0, &a);
    world_must_refuse(1, &b, IVM_RULE_OWNER_EXCLUSIVE);
    assert_int_equal(world.refusal.key, IVM_KEY_VECTOR);
    assert_int_equal(world.refusal.wanted, IVM_SHARED);
    assert_int_equal(world.refusal.held, IVM_EXCLUSIVE);
}

static void a_bare_vector_means_whatever_it_carries_under_the_same_rules(void **state)
{
    (void)state;
    struct ivm_request line = side(0, true, true), bare = side(1, true, true);
    line.vector = 0x55;
    bare.source = (struct ivm_source_id){.kind = IVM_BARE, .number = 0x55};
    world_must_connect(0, &line);
    assert_int_equal(world_must_connect(1, &bare), 0x55);
    struct ivm_vector_stats stats = world_vector(0, 0x55);
    assert_int_equal(stats.owner_count, 2);
    assert_int_equal(stats.source.kind, IVM_LINE);
    world_must_disconnect(1);
    bare.trigger = IVM_EDGE;
    world_must_refuse(1, &bare, IVM_RULE_TRIGGER_DIFFERS);
    assert_int_equal(world.refusal.holder_kind, IVM_LINE);
    bare.sharing = IVM_EXCLUSIVE;
    world_must_refuse(1, &bare, IVM_RULE_REQUESTER_EXCLUSIVE);
}

static void rules_are_asked_in_their_order(void **state)
{
    struct ivm_cpu_set second = {.mask = 2};
    world_two_cpus(state);
    struct ivm_cpu_set first = {.mask = 1};
    struct ivm_request a = side(0, false, true), b = side(1, false, false);
    a.vector = 0x55;
    a.cpus = &first;
    b.vector = 0x66;
    b.polarity = IVM_ACTIVE_HIGH;
    b.cpus = &second;
    world_must_connect(0, &a);
    world_must_refuse(1, &b, IVM_RULE_LINE_ROUTED_ELSEWHERE);
    b.vector = 0;
    b.level = 6;
    world_must_refuse(1, &b, IVM_RULE_OWNER_EXCLUSIVE);
    world_must_disconnect(0);

    a.sharing = IVM_SHARED;
    world_must_connect(0, &a);
    world_must_refuse(1, &b, IVM_RULE_REQUESTER_EXCLUSIVE);
    b.sharing = IVM_SHARED;
    world_must_refuse(1, &b, IVM_RULE_TRIGGER_DIFFERS);
    b.trigger = IVM_LEVEL;
    world_must_refuse(1, &b, IVM_RULE_POLARITY_DIFFERS);
    b.polarity = IVM_ACTIVE_LOW;
    world_must_refuse(1, &b, IVM_RULE_CLASS_DIFFERS);
    b.level = 5;
    world_must_refuse(1, &b, IVM_RULE_CPUS_DISJOINT);
    b.cpus = &first;
    assert_int_equal(world_must_connect(1, &b), 0x55);
}

static void owners_beyond_four_are_counted(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 7; i++) {
        struct ivm_request request = side(i, true, true);
        world_must_connect(i, &request);
        struct ivm_request alone = side(11, false, true);
        world_must_refuse(11, &alone, IVM_RULE_REQUESTER_EXCLUSIVE);
        assert_int_equal(world.refusal.owner_count, i + 1);
        for (unsigned shown = 0; shown < 4 && shown <= i; shown++) {
            char name[IVM_NAME_SIZE];
            snprintf(name, sizeof name, "dev%u", shown);
            assert_string_equal(world.refusal.owners[shown].name, name);
        }
    }
}

static void the_alternatives_to_a_vector_are_free(void **state)
{
    (void)state;
    struct ivm_request a = side(0, false, true), b = world_line(1, 31);
    a.vector = b.vector = 0x95;
    world_must_connect(0, &a);
    world_must_refuse(1, &b, IVM_RULE_OWNER_EXCLUSIVE);
    struct ivm_refusal refusal = world.refusal;
    assert_int_equal(refusal.alternative_count, 4);
    for (unsigned i = 0; i < 4; i++) {
        uint8_t vector = refusal.alternatives[i];
        assert_int_equal(vector >> 4, 9);
        b.vector = vector;
        assert_int_equal(world_must_connect(1, &b), vector);
        world_must_disconnect(1);
    }
}

/* A line that is held is held on whatever vector: another one would be refused, too. */
static void a_line_that_is_held_has_no_alternatives(void **state)
{
    (void)state;
    struct ivm_request a = side(0, false, true), b = side(1, true, true);
    world_must_connect(0, &a);
    world_must_refuse(1, &b, IVM_RULE_OWNER_EXCLUSIVE);
    assert_int_equal(world.refusal.alternative_count, 0);
}

/* Of a chain, the owner named is the one whose storage it is. */
static void storage_that_is_connected_is_held_by_its_own_owner(void **state)
{
    (void)state;
    struct ivm_request a = side(0, true, true), b = side(1, true, true);
    world_must_connect(0, &a);
    world_must_connect(1, &b);
    world_must_refuse(1, &b, IVM_RULE_STORAGE_CONNECTED);
    assert_int_equal(world.refusal.owner_count, 1);
    assert_string_equal(world.refusal.owners[0].name, b.owner);
}

static void the_same_routine_and_context_twice_is_accepted_when_shared(void **state)
{
    (void)state;
    struct ivm_request request = side(0, true, true);
    uint8_t vector = world_must_connect(0, &request);
    assert_int_equal(ivm_connect(&request, &world.devices[1].connection, NULL), IVM_OK);
    assert_int_equal(world_vector(0, vector).owner_count, 2);
    assert_int_equal(ivm_disconnect(&world.devices[0].connection), IVM_OK);
    device_fire(0);
    assert_int_equal(world.devices[0].claims, 1);
}

static void the_same_routine_and_context_twice_is_refused_without_sharing(void **state)
{
    (void)state;
    struct ivm_request request = side(0, false, true);
    world_must_connect(0, &request);
    world_must_refuse(1, &request, IVM_RULE_OWNER_EXCLUSIVE);
    assert_string_equal(world.refusal.owners[0].name, "dev0");
    assert_string_equal(world.refusal.requester, "dev0");
}

static void sharing_ends_with_the_last_sharer(void **state)
{
    (void)state;
    struct ivm_request a = side(0, true, true), b = side(1, true, true);
    struct ivm_request alone = side(2, false, false);
    world_must_connect(0, &a);
    world_must_connect(1, &b);
    world_must_disconnect(0);
    world_must_refuse(2, &alone, IVM_RULE_REQUESTER_EXCLUSIVE);
    world_must_disconnect(1);
    world_must_connect(2, &alone);
}

static void refusals_are_numbered(void **state)
{
    (void)state;
    struct ivm_request a = side(0, false, true), b = side(1, true, true);
    world_must_connect(0, &a);
    for (unsigned i = 1; i <= 40; i++) {
        world_must_refuse(1, &b, IVM_RULE_OWNER_EXCLUSIVE);
        assert_int_equal(world.refusal.sequence, i);
    }
    assert_int_equal(world_totals().refusals, 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(the_sharing_matrix_accepts_exactly_two_of_sixteen_rows),
        WORLD_TEST(the_matrix_holds_for_bare_vectors_as_well),
        WORLD_TEST(a_refusal_names_the_owner_and_both_sides),
        WORLD_TEST(an_exclusive_second_owner_gets_763_and_the_first_lives_on),
        WORLD_TEST(the_other_polarity_is_refused),
        WORLD_TEST(another_class_than_the_one_held_is_refused),
        WORLD_TEST(a_line_routed_to_another_vector_is_in_use),
        WORLD_TEST(another_source_on_the_vector_asked_for_is_refused),
        WORLD_TEST(a_bare_vector_means_whatever_it_carries_under_the_same_rules),
        WORLD_TEST(rules_are_asked_in_their_order),
        WORLD_TEST(owners_beyond_four_are_counted),
        WORLD_TEST(the_alternatives_to_a_vector_are_free),
        WORLD_TEST(a_line_that_is_held_has_no_alternatives),
        WORLD_TEST(storage_that_is_connected_is_held_by_its_own_owner),
        WORLD_TEST(the_same_routine_and_context_twice_is_accepted_when_shared),
        WORLD_TEST(the_same_routine_and_context_twice_is_refused_without_sharing),
        WORLD_TEST(sharing_ends_with_the_last_sharer),
        WORLD_TEST(refusals_are_numbered),
    };
    return cmocka_run_group_tests_name("sharing", tests, NULL, NULL);
}
