/* test_wdm_pool.c: memory for drivers: given, counted, taken back. */
#include "fake/world.h"

#include <stdlib.h>
#include <string.h>

#include <ivm/level.h>

#include "fake/system.h"
#include "fake/wdm.h"
#include "kernel/machine.h"
#include "kernel/wdm/pool.h"
#include "kernel/wdm/pool_calls.h"

enum {
    TAG = 0x31676154, /* "Tag1" */
    SMALL = 64 * 1024,
    NONPAGED = 0x40,
    UNINITIALIZED = 0x02,
    CACHE_ALIGNED = 0x08,
};

static _Alignas(POOL_PAGE) unsigned char memory[SMALL];

/* The clock goes on from test to test, and refusals come seldom enough to be told. */
static int start(void **state)
{
    uint64_t now = fake_system.now_ns + 100000000;
    world_one_cpu(state);
    fake_system_reset();
    fake_wdm_reset();
    fake_system.now_ns = now;
    fake_system.step_ns = 20000000;
    memset(memory, 0xA5, sizeof memory);
    pool_start(memory, sizeof memory);
    return 0;
}

static void *give(size_t bytes)
{
    void *block = ExAllocatePoolWithTag(0, bytes, TAG);
    assert_non_null(block);
    return block;
}

/* The greatest block there is. */
static size_t greatest(void)
{
    size_t fits = 0, does_not = SMALL + 1;
    while (does_not - fits > 1) {
        size_t bytes = (fits + does_not) / 2;
        void *block = pool_allocate(NULL, bytes, TAG);
        if (block == NULL) {
            does_not = bytes;
            continue;
        }
        fits = bytes;
        pool_free(block);
    }
    return fits;
}

static void the_pool_begins_when_it_is_first_asked(void **state)
{
    (void)state;
    static void *block; /* in an arena that is forgotten by the next test */
    fake_system_reset();
    fake_wdm_reset();
    machine_set_priority(IVM_DISPATCH);
    assert_null(ExAllocatePoolWithTag(0, 100, TAG)); /* where no pages can be had */
    machine_set_priority(0);
    block = give(100);
    memset(block, 0xFF, 100);
    assert_int_equal((uintptr_t)block % 16, 0);
    ExFreePool(block);
}

static void a_block_is_counted_for_its_image_while_it_lasts(void **state)
{
    (void)state;
    void *a = give(100), *b = give(28);
    assert_int_equal(fake_wdm.image.pool_blocks, 2);
    assert_int_equal(fake_wdm.image.pool_bytes, 128);
    ExFreePool(a);
    fake_wdm.is_other = true; /* whoever frees it */
    ExFreePoolWithTag(b, TAG);
    assert_int_equal(fake_wdm.image.pool_blocks, 0);
    assert_int_equal(fake_wdm.image.pool_bytes, 0);
    assert_int_equal(fake_wdm.other.pool_blocks, 0);
    assert_string_equal(fake_log_text(), "");
}

static void what_is_freed_becomes_one_again(void **state)
{
    (void)state;
    static const unsigned char orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                               {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    size_t all = greatest();
    assert_true(all > SMALL - 200);
    for (unsigned order = 0; order < 6; order++) {
        void *blocks[] = {give(1000), give(17), give(3000)};
        for (unsigned i = 0; i < 3; i++)
            ExFreePool(blocks[orders[order][i]]);
        assert_int_equal(greatest(), all);
    }
}

static void the_whole_arena_can_be_given_and_no_more(void **state)
{
    (void)state;
    size_t all = greatest();
    void *block = pool_allocate(&fake_wdm.image, all, TAG);
    memset(block, 0, all);
    assert_null(pool_allocate(&fake_wdm.image, 0, TAG));
    pool_free(block);
    assert_int_equal(greatest(), all);
}

static void no_bytes_are_a_block_too(void **state)
{
    (void)state;
    void *a = give(0), *b = give(0);
    assert_ptr_not_equal(a, b);
    ExFreePool(a);
    ExFreePool(b);
}

static void pages_begin_at_pages_and_lines_at_lines(void **state)
{
    (void)state;
    void *odd = give(1);
    void *page = give(POOL_PAGE), *more = give(POOL_PAGE + 1);
    assert_int_equal((uintptr_t)page % POOL_PAGE, 0);
    assert_int_equal((uintptr_t)more % POOL_PAGE, 0);
    void *line = ExAllocatePoolWithTag(4, 10, TAG);
    void *line2 = ExAllocatePool2(NONPAGED | CACHE_ALIGNED, 10, TAG);
    assert_int_equal((uintptr_t)line % 64, 0);
    assert_int_equal((uintptr_t)line2 % 64, 0);
    ExFreePool(page);
    ExFreePool(line);
    ExFreePool(odd);
    ExFreePool(line2);
    ExFreePool(more);
    assert_true(greatest() > SMALL - 200);
}

static void pool2_gives_zeros_unless_told_otherwise(void **state)
{
    (void)state;
    unsigned char *block = give(500);
    memset(block, 0xFF, 500);
    ExFreePool(block);
    block = ExAllocatePool2(NONPAGED, 500, TAG);
    for (unsigned i = 0; i < 500; i++)
        assert_int_equal(block[i], 0);
    memset(block, 0xFF, 500);
    ExFreePool(block);
    block = ExAllocatePool2(NONPAGED | UNINITIALIZED, 500, TAG);
    assert_int_equal(block[400], 0xFF);
    ExFreePool(block);
}

static void a_report_names_what_is_left_and_of_whom(void **state)
{
    (void)state;
    give(10);
    fake_wdm.is_other = true;
    give(11);
    ExAllocatePoolWithTag(0, 12, 0x01424242); /* a tag that cannot be printed whole */
    pool_report(&fake_wdm.other);
    assert_int_equal(fake_log_text_count("other.sys: has not freed 11 bytes at 0x"), 1);
    assert_int_equal(fake_log_text_count("12 bytes"), 1);
    assert_int_equal(fake_log_text_count("tag \"BBB?\""), 1);
    assert_int_equal(fake_log_text_count("10 bytes"), 0);
    for (unsigned i = 0; i < 20; i++)
        give(13);
    pool_report(&fake_wdm.other);
    assert_int_equal(fake_log_text_count("other.sys: has not freed 6 more"), 1);
}

static void free_all_takes_back_what_an_image_left(void **state)
{
    (void)state;
    void *kept[10];
    size_t all = greatest();
    for (unsigned i = 0; i < 10; i++) {
        fake_wdm.is_other = true;
        give(10 + i);
        fake_wdm.is_other = false;
        kept[i] = give(100 + i);
        memset(kept[i], (int)i, 100 + i);
    }
    pool_free_all(&fake_wdm.other);
    assert_int_equal(fake_wdm.other.pool_blocks, 0);
    assert_int_equal(fake_wdm.other.pool_bytes, 0);
    assert_int_equal(fake_wdm.image.pool_blocks, 10);
    for (unsigned i = 0; i < 10; i++)
        ExFreePool(kept[i]);
    assert_int_equal(greatest(), all);
}

static void contiguous_memory_is_whole_pages_below_its_limit(void **state)
{
    (void)state;
    unsigned char *block = MmAllocateContiguousMemory(5000, UINT64_MAX);
    assert_int_equal((uintptr_t)block % POOL_PAGE, 0);
    MmFreeContiguousMemory(block);
    assert_null(MmAllocateContiguousMemory(5000, (uintptr_t)block + 4998));
    assert_int_equal(fake_log_text_count("above the highest address"), 1);
    assert_ptr_equal(MmAllocateContiguousMemory(5000, (uintptr_t)block + 4999), block);
    MmFreeContiguousMemory(block);
    assert_int_equal(fake_wdm.image.pool_blocks, 0);
}

/* Random blocks, each filled with a byte of its own: nothing overlaps, nothing is lost. */
static void many_blocks_of_all_sizes_keep_out_of_each_others_way(void **state)
{
    (void)state;
    enum { BLOCKS = 100, STEPS = 20000 };
    static struct {
        unsigned char *at;
        size_t bytes;
    } blocks[BLOCKS];
    size_t all = greatest();
    unsigned given = 0;
    srand(763);
    for (unsigned step = 0; step < STEPS; step++) {
        unsigned i = (unsigned)rand() % BLOCKS;
        if (blocks[i].at != NULL) {
            for (size_t at = 0; at < blocks[i].bytes; at++)
                assert_int_equal(blocks[i].at[at], (unsigned char)i);
            ExFreePool(blocks[i].at);
            blocks[i].at = NULL;
            continue;
        }
        blocks[i].bytes = (size_t)rand() % (rand() % 10 == 0 ? 6000 : 300);
        blocks[i].at = pool_allocate(&fake_wdm.image, blocks[i].bytes, TAG);
        if (blocks[i].at != NULL)
            memset(blocks[i].at, (int)i, blocks[i].bytes);
        given += blocks[i].at != NULL;
    }
    assert_true(given > STEPS / 4);
    for (unsigned i = 0; i < BLOCKS; i++) {
        if (blocks[i].at != NULL)
            ExFreePool(blocks[i].at);
    }
    assert_int_equal(greatest(), all);
    assert_int_equal(fake_wdm.image.pool_bytes, 0);
    assert_true(machine_interrupts_enabled());
}

#define TEST(claim) cmocka_unit_test_setup_teardown(claim, start, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        /* without a start: the first in the program */
        cmocka_unit_test_setup_teardown(the_pool_begins_when_it_is_first_asked,
                                        world_one_cpu, world_end),
        TEST(a_block_is_counted_for_its_image_while_it_lasts),
        TEST(what_is_freed_becomes_one_again),
        TEST(the_whole_arena_can_be_given_and_no_more),
        TEST(no_bytes_are_a_block_too),
        TEST(pages_begin_at_pages_and_lines_at_lines),
        TEST(pool2_gives_zeros_unless_told_otherwise),
        TEST(a_report_names_what_is_left_and_of_whom),
        TEST(free_all_takes_back_what_an_image_left),
        TEST(contiguous_memory_is_whole_pages_below_its_limit),
        TEST(many_blocks_of_all_sizes_keep_out_of_each_others_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
