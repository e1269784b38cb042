/* test_vector_random.c: long random runs of the pool against an oracle that only knows
 * bools. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <ivm/vector.h>

#include "kernel/vector.h"

enum { FIRST = 0x30, END = 0xD0, OPERATIONS = 100000, BLOCKS = 160 };

static struct vector_pool pool;
static bool taken[256];
static uint64_t seed;

/* What was given out, and not given back. */
static struct block {
    uint8_t first;
    unsigned count;
} blocks[BLOCKS];
static unsigned block_count;

/* xorshift64: the same run every time. */
static unsigned random_below(unsigned bound)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (unsigned)(seed >> 33) % bound;
}

static bool is_run_free(unsigned first, unsigned count)
{
    for (unsigned vector = first; vector < first + count; vector++) {
        if (vector < FIRST || vector >= END || taken[vector])
            return false;
    }
    return true;
}

/* Is there an aligned free run at this level (0: at any)? */
static bool exists(unsigned level, unsigned count)
{
    for (unsigned first = FIRST; first < END; first += count) {
        bool fits = level == 0 || first >> 4 == level;
        if (fits && first % count == 0 && is_run_free(first, count))
            return true;
    }
    return false;
}

static void hold(uint8_t first, unsigned count)
{
    assert_true(is_run_free(first, count));
    for (unsigned i = 0; i < count; i++)
        taken[first + i] = true;
    blocks[block_count++] = (struct block){.first = first, .count = count};
}

static void allocate(unsigned level, unsigned count, bool as_block)
{
    struct vector_pool before = pool;
    bool possible = exists(level, count);
    uint8_t first = 0;
    enum ivm_status status =
        as_block ? vector_allocate_block(&pool, (uint8_t)level, count, &first)
                 : vector_allocate(&pool, NULL, (uint8_t)level, &first);
    if (!possible) {
        assert_int_equal(status, IVM_EXHAUSTED);
        assert_memory_equal(&pool, &before, sizeof pool);
        return;
    }
    assert_int_equal(status, IVM_OK);
    assert_int_equal(first % count, 0);
    if (level != 0)
        assert_int_equal(first >> 4, level);
    hold(first, count);
}

static void reserve(uint8_t vector)
{
    if (vector < FIRST || vector >= END)
        return;
    enum ivm_status expected = taken[vector] ? IVM_ALREADY_CONNECTED : IVM_OK;
    assert_int_equal(vector_reserve(&pool, vector), expected);
    if (expected == IVM_OK)
        hold(vector, 1);
}

static void give_back(void)
{
    if (block_count == 0)
        return;
    unsigned chosen = random_below(block_count);
    struct block block = blocks[chosen];
    blocks[chosen] = blocks[--block_count];
    for (unsigned i = 0; i < block.count; i++) {
        taken[block.first + i] = false;
        vector_free(&pool, (uint8_t)(block.first + i));
    }
}

static void compare(void)
{
    unsigned used = 0;
    for (unsigned level = 3; level < 13; level++) {
        unsigned free_here = 0;
        for (unsigned vector = level << 4; vector < (level + 1) << 4; vector++)
            free_here += !taken[vector];
        assert_int_equal(vector_free_count(&pool, (uint8_t)level), free_here);
        assert_int_equal(pool.open >> level & 1, free_here != 0);
        used += 16 - free_here;
    }
    assert_int_equal(pool.used, used);
    assert_int_equal(vector_free_count(&pool, 0), END - FIRST - used);
}

static void compare_each(void)
{
    for (unsigned vector = FIRST; vector < END; vector++)
        assert_int_equal(vector_is_free(&pool, (uint8_t)vector), is_run_free(vector, 1));
}

static void check_suggestions(uint8_t level)
{
    uint8_t out[VECTOR_SUGGESTIONS];
    unsigned given = vector_suggest(&pool, NULL, level, out);
    unsigned free_count = vector_free_count(&pool, 0);
    assert_true(given <= VECTOR_SUGGESTIONS && given <= free_count &&
                (given > 0 || free_count == 0));
    for (unsigned i = 0; i < given; i++)
        assert_true(is_run_free(out[i], 1));
}

static void operate(unsigned fullness)
{
    unsigned level = random_below(11);
    level = level == 0 ? 0 : level + 2;
    switch (random_below(fullness)) {
    case 0:
        give_back();
        break;
    case 1:
        reserve((uint8_t)random_below(256));
        break;
    case 2:
        check_suggestions((uint8_t)level);
        break;
    case 3:
        allocate(level, 1, false);
        break;
    default:
        allocate(level, 1u << random_below(5), true);
        break;
    }
}

static void run(uint64_t with_seed, unsigned fullness)
{
    seed = with_seed;
    block_count = 0;
    memset(taken, 0, sizeof taken);
    vector_pool_start(&pool);
    for (unsigned i = 0; i < OPERATIONS; i++) {
        operate(fullness);
        compare();
        if (i % 64 == 0)
            compare_each();
    }
    while (block_count > 0)
        give_back();
    compare_each();
    assert_int_equal(vector_free_count(&pool, 0), END - FIRST);
}

static void blocks_never_intersect_in_a_pool_that_is_half_full(void **state)
{
    (void)state;
    run(0x9E3779B97F4A7C15, 5);
}

static void blocks_never_intersect_in_a_pool_that_is_nearly_full(void **state)
{
    (void)state;
    run(0xD1B54A32D192ED03, 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_never_intersect_in_a_pool_that_is_half_full),
        cmocka_unit_test(blocks_never_intersect_in_a_pool_that_is_nearly_full),
    };
    return cmocka_run_group_tests_name("vector_random", tests, NULL, NULL);
}
