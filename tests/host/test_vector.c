/* test_vector.c: the vector map, and the pool of free vectors against an oracle of bools.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <ivm/level.h>
#include <ivm/vector.h>

#include "kernel/vector.h"

enum { FIRST = 0x30, END = 0xD0, DEVICE_VECTORS = END - FIRST };

static struct vector_pool pool;

static int start(void **state)
{
    (void)state;
    memset(&pool, 0xA5, sizeof pool);
    vector_pool_start(&pool);
    return 0;
}

/* The kinds as the design has them: by hand, one row per range. */
static enum ivm_vector_kind expected_kind(unsigned vector)
{
    if (vector < 0x20)
        return IVM_VECTOR_IS_EXCEPTION;
    if (vector == 0x27 || vector == 0x2F)
        return IVM_VECTOR_IS_PIC_SPURIOUS;
    if (vector >= 0x30 && vector < 0xD0)
        return IVM_VECTOR_IS_DEVICE;
    if (vector == 0x20 || vector == 0xD1 || (vector >= 0xE0 && vector < 0xF0) ||
        vector == 0xFE)
        return IVM_VECTOR_IS_SYSTEM;
    return vector == 0xFF ? IVM_VECTOR_IS_SPURIOUS : IVM_VECTOR_IS_SPARE;
}

static bool can_be_connected(unsigned vector)
{
    enum ivm_vector_kind kind = expected_kind(vector);
    return kind == IVM_VECTOR_IS_DEVICE || kind == IVM_VECTOR_IS_SPARE;
}

static void every_vector_has_its_kind_and_a_reason(void **state)
{
    (void)state;
    for (unsigned vector = 0; vector < 256; vector++) {
        assert_int_equal(ivm_vector_kind((uint8_t)vector), expected_kind(vector));
        assert_non_null(ivm_vector_reason((uint8_t)vector));
        assert_true(strlen(ivm_vector_reason((uint8_t)vector)) > 5);
        assert_int_equal(ivm_vector_is_device((uint8_t)vector),
                         expected_kind(vector) == IVM_VECTOR_IS_DEVICE);
    }
}

static void the_ranges_of_the_map_follow_each_other_without_gap_or_overlap(void **state)
{
    (void)state;
    static const struct {
        unsigned first, end;
    } ranges[] = {
#define X(from, to, kind, reason) {from, to},
        IVM_VECTOR_MAP(X)
#undef X
    };
    unsigned count = sizeof ranges / sizeof ranges[0];
    assert_int_equal(ranges[0].first, 0);
    for (unsigned i = 0; i + 1 < count; i++) {
        assert_true(ranges[i].first < ranges[i].end);
        assert_int_equal(ranges[i].end, ranges[i + 1].first);
    }
    assert_int_equal(ranges[count - 1].end, 256);
}

static void each_range_of_the_map_has_a_reason_of_its_own(void **state)
{
    (void)state;
    for (unsigned a = 1; a < 256; a++) {
        bool begins = false;
#define X(from, to, kind, reason) begins |= a == (from);
        IVM_VECTOR_MAP(X)
#undef X
        bool same =
            strcmp(ivm_vector_reason((uint8_t)a), ivm_vector_reason((uint8_t)(a - 1))) == 0;
        assert_int_equal(same, !begins);
    }
}

static void a_new_pool_has_exactly_the_device_and_the_spare_vectors(void **state)
{
    (void)state;
    for (unsigned vector = 0; vector < 256; vector++)
        assert_int_equal(vector_is_free(&pool, (uint8_t)vector), can_be_connected(vector));
    assert_int_equal(vector_free_count(&pool, 0), DEVICE_VECTORS);
    for (uint8_t level = 3; level < 13; level++)
        assert_int_equal(vector_free_count(&pool, level), 16);
    assert_int_equal(pool.used, 0);
}

static void an_allocation_lies_in_the_class_asked_for(void **state)
{
    (void)state;
    for (uint8_t level = 3; level < 13; level++) {
        uint8_t vector = 0;
        assert_int_equal(vector_allocate(&pool, NULL, level, &vector), IVM_OK);
        assert_int_equal(vector >> 4, level);
        assert_false(vector_is_free(&pool, vector));
    }
}

static void the_first_ten_allocations_at_any_level_lie_in_ten_classes(void **state)
{
    (void)state;
    unsigned classes = 0;
    for (unsigned i = 0; i < 10; i++) {
        uint8_t vector = 0;
        assert_int_equal(vector_allocate(&pool, NULL, 0, &vector), IVM_OK);
        classes |= 1u << (vector >> 4);
    }
    assert_int_equal(classes, 0x1FF8);
}

static void allocations_at_any_level_fill_the_classes_evenly(void **state)
{
    (void)state;
    unsigned count[16] = {0};
    for (unsigned i = 1; i <= DEVICE_VECTORS; i++) {
        uint8_t vector = 0;
        assert_int_equal(vector_allocate(&pool, NULL, 0, &vector), IVM_OK);
        count[vector >> 4]++;
        for (unsigned level = 3; level < 13; level++)
            assert_in_range(count[level], i / 10, (i + 9) / 10);
    }
}

static void a_class_gives_sixteen_vectors_and_then_says_exhausted(void **state)
{
    (void)state;
    for (uint8_t level = 3; level < 13; level++) {
        bool seen[16] = {false};
        for (unsigned i = 0; i < 16; i++) {
            uint8_t vector = 0;
            assert_int_equal(vector_allocate(&pool, NULL, level, &vector), IVM_OK);
            assert_false(seen[vector & 15]);
            seen[vector & 15] = true;
        }
        struct vector_pool before = pool;
        uint8_t vector = 0xEE;
        assert_int_equal(vector_allocate(&pool, NULL, level, &vector), IVM_EXHAUSTED);
        assert_int_equal(vector, 0xEE);
        assert_memory_equal(&pool, &before, sizeof pool);
    }
}

static void a_full_table_says_exhausted_and_gives_no_vector_zero(void **state)
{
    (void)state;
    bool seen[256] = {false};
    for (unsigned i = 0; i < DEVICE_VECTORS; i++) {
        uint8_t vector = 0;
        assert_int_equal(vector_allocate(&pool, NULL, 0, &vector), IVM_OK);
        assert_true(vector >= FIRST && vector < END && !seen[vector]);
        seen[vector] = true;
    }
    assert_int_equal(pool.used, DEVICE_VECTORS);
    assert_int_equal(pool.open & 0x1FF8, 0);
    struct vector_pool before = pool;
    for (unsigned count = 0; count <= 16; count = count == 0 ? 1 : count * 2) {
        uint8_t vector = 0xEE;
        enum ivm_status status = count == 0
                                     ? vector_allocate(&pool, NULL, 0, &vector)
                                     : vector_allocate_block(&pool, 0, count, &vector);
        assert_int_equal(status, IVM_EXHAUSTED);
        assert_int_equal(vector, 0xEE);
        assert_memory_equal(&pool, &before, sizeof pool);
    }
}

static void only_device_levels_can_be_asked_for(void **state)
{
    (void)state;
    struct vector_pool before = pool;
    for (unsigned level = 1; level < 256; level++) {
        uint8_t vector = 0xEE;
        if (level >= 3 && level < 13)
            continue;
        if (level != IVM_ANY_LEVEL)
            assert_int_equal(vector_allocate(&pool, NULL, (uint8_t)level, &vector),
                             IVM_BAD_ARGUMENT);
        assert_int_equal(vector_allocate_block(&pool, (uint8_t)level, 2, &vector),
                         IVM_BAD_ARGUMENT);
        assert_int_equal(vector, 0xEE);
    }
    assert_memory_equal(&pool, &before, sizeof pool);
}

static void only_powers_of_two_up_to_sixteen_are_blocks(void **state)
{
    (void)state;
    for (unsigned count = 0; count < 300; count++) {
        start(state);
        struct vector_pool before = pool;
        uint8_t first = 0xEE;
        enum ivm_status status = vector_allocate_block(&pool, 0, count, &first);
        bool good = count == 1 || count == 2 || count == 4 || count == 8 || count == 16;
        assert_int_equal(status, good ? IVM_OK : IVM_BAD_ARGUMENT);
        if (good)
            assert_int_equal(first % count, 0);
        else
            assert_memory_equal(&pool, &before, sizeof pool);
    }
    uint8_t first = 0xEE;
    assert_int_equal(vector_allocate_block(&pool, 0, 0x10001, &first), IVM_BAD_ARGUMENT);
    assert_int_equal(vector_allocate_block(&pool, 0, 0x100, &first), IVM_BAD_ARGUMENT);
    assert_int_equal(vector_allocate_block(&pool, 0, 1u << 31, &first), IVM_BAD_ARGUMENT);
}

static void a_block_needs_an_aligned_run_and_not_just_enough_vectors(void **state)
{
    (void)state;
    /* All but 0x51..0x54 of class 5 taken: four neighbours, none of them a multiple of 4.
     */
    for (unsigned vector = 0x50; vector < 0x60; vector++) {
        if (vector < 0x51 || vector > 0x54)
            assert_int_equal(vector_reserve(&pool, (uint8_t)vector), IVM_OK);
    }
    uint8_t first = 0xEE;
    assert_int_equal(vector_allocate_block(&pool, 5, 4, &first), IVM_EXHAUSTED);
    assert_int_equal(first, 0xEE);
    assert_int_equal(vector_allocate_block(&pool, 5, 2, &first), IVM_OK);
    assert_int_equal(first, 0x52);
    assert_int_equal(vector_allocate_block(&pool, 5, 2, &first), IVM_EXHAUSTED);
    assert_int_equal(vector_free_count(&pool, 5), 2);
}

/* A device's vectors first, in turn over the classes; then all that the system leaves over. */
static void any_level_gets_196_vectors_and_the_devices_own_first(void **state)
{
    (void)state;
    bool seen[256] = {false};
    unsigned count = 0;
    uint8_t vector = 0;
    while (vector_allocate(&pool, NULL, IVM_ANY_LEVEL, &vector) == IVM_OK) {
        assert_false(seen[vector]);
        seen[vector] = true;
        assert_true(can_be_connected(vector));
        assert_int_equal(ivm_vector_is_device(vector), count < DEVICE_VECTORS);
        count++;
    }
    assert_true(count >= 196);
    assert_int_equal(vector_free_count(&pool, IVM_ANY_LEVEL), 0);
    assert_int_equal(vector_allocate(&pool, NULL, 0, &vector), IVM_EXHAUSTED);
}

static void a_vector_can_be_reserved_once(void **state)
{
    (void)state;
    for (unsigned vector = 0; vector < 256; vector++) {
        bool device = can_be_connected(vector);
        assert_int_equal(vector_reserve(&pool, (uint8_t)vector),
                         device ? IVM_OK : IVM_ACCESS_DENIED);
        struct vector_pool before = pool;
        assert_int_equal(vector_reserve(&pool, (uint8_t)vector),
                         device ? IVM_ALREADY_CONNECTED : IVM_ACCESS_DENIED);
        assert_memory_equal(&pool, &before, sizeof pool);
        assert_false(vector_is_free(&pool, (uint8_t)vector));
    }
    assert_int_equal(vector_free_count(&pool, 0), 0);
}

static void a_freed_vector_is_as_if_never_taken(void **state)
{
    (void)state;
    for (unsigned vector = FIRST; vector < END; vector++) {
        struct vector_pool before = pool;
        assert_int_equal(vector_reserve(&pool, (uint8_t)vector), IVM_OK);
        assert_memory_not_equal(&pool, &before, sizeof pool);
        vector_free(&pool, (uint8_t)vector);
        assert_memory_equal(&pool, &before, sizeof pool);
    }
}

static void check_suggestions(uint8_t level)
{
    uint8_t out[VECTOR_SUGGESTIONS];
    assert_int_equal(vector_suggest(&pool, NULL, level, out), VECTOR_SUGGESTIONS);
    for (unsigned i = 0; i < VECTOR_SUGGESTIONS; i++) {
        assert_true(vector_is_free(&pool, out[i]) && ivm_vector_is_device(out[i]));
        if (level >= 3 && level < 13)
            assert_int_equal(out[i] >> 4, level);
        for (unsigned j = 0; j < i; j++)
            assert_int_not_equal(out[i], out[j]);
    }
}

static void suggestions_are_free_distinct_and_of_the_level_first(void **state)
{
    (void)state;
    for (uint8_t level = 0; level < 16; level++)
        check_suggestions(level);
}

static void suggestions_are_allowed_ones_only(void **state)
{
    (void)state;
    struct vector_pool allowed;
    vector_pool_start(&allowed);
    for (unsigned vector = FIRST; vector < END; vector++) {
        if (vector != 0x74 && vector != 0x99)
            assert_int_equal(vector_reserve(&allowed, (uint8_t)vector), IVM_OK);
    }
    uint8_t out[VECTOR_SUGGESTIONS];
    assert_int_equal(vector_suggest(&pool, &allowed, 7, out), 2);
    assert_int_equal(out[0], 0x74);
    assert_int_equal(out[1], 0x99);
}

static void suggestions_go_to_other_classes_when_the_level_is_full(void **state)
{
    (void)state;
    for (unsigned vector = FIRST; vector < END; vector++) {
        if (vector != 0x77 && vector != 0x3A && vector != 0xCF)
            assert_int_equal(vector_reserve(&pool, (uint8_t)vector), IVM_OK);
    }
    uint8_t out[4] = {0};
    assert_int_equal(vector_suggest(&pool, NULL, 7, out), 3);
    assert_int_equal(out[0], 0x77);
    assert_int_equal(out[1] + out[2], 0x3A + 0xCF);
    assert_int_equal(vector_reserve(&pool, 0x77), IVM_OK);
    assert_int_equal(vector_suggest(&pool, NULL, 7, out), 2);
    assert_int_equal(vector_reserve(&pool, 0x3A), IVM_OK);
    assert_int_equal(vector_reserve(&pool, 0xCF), IVM_OK);
    assert_int_equal(vector_suggest(&pool, NULL, 7, out), 0);
}

int main(void)
{
#define POOL_TEST(claim) cmocka_unit_test_setup(claim, start)
    const struct CMUnitTest tests[] = {
        POOL_TEST(every_vector_has_its_kind_and_a_reason),
        POOL_TEST(the_ranges_of_the_map_follow_each_other_without_gap_or_overlap),
        POOL_TEST(each_range_of_the_map_has_a_reason_of_its_own),
        POOL_TEST(a_new_pool_has_exactly_the_device_and_the_spare_vectors),
        POOL_TEST(an_allocation_lies_in_the_class_asked_for),
        POOL_TEST(the_first_ten_allocations_at_any_level_lie_in_ten_classes),
        POOL_TEST(allocations_at_any_level_fill_the_classes_evenly),
        POOL_TEST(a_class_gives_sixteen_vectors_and_then_says_exhausted),
        POOL_TEST(a_full_table_says_exhausted_and_gives_no_vector_zero),
        POOL_TEST(only_device_levels_can_be_asked_for),
        POOL_TEST(only_powers_of_two_up_to_sixteen_are_blocks),
        POOL_TEST(a_block_needs_an_aligned_run_and_not_just_enough_vectors),
        POOL_TEST(any_level_gets_196_vectors_and_the_devices_own_first),
        POOL_TEST(a_vector_can_be_reserved_once),
        POOL_TEST(a_freed_vector_is_as_if_never_taken),
        POOL_TEST(suggestions_are_free_distinct_and_of_the_level_first),
        POOL_TEST(suggestions_are_allowed_ones_only),
        POOL_TEST(suggestions_go_to_other_classes_when_the_level_is_full),
    };
    return cmocka_run_group_tests_name("vector", tests, NULL, NULL);
}
