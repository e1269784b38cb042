/* test_pages.c: the page allocator over ranges of the host's own memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/system/pages.h"

enum { ARENA_PAGES = 16 };

/* ARENA_PAGES pages of the host, full of 0xAA. */
static uint64_t arena;

static int set_up(void **state)
{
    (void)state;
    void *memory = aligned_alloc(PAGE_SIZE, ARENA_PAGES * PAGE_SIZE);
    if (memory == NULL)
        return -1;
    memset(memory, 0xAA, ARENA_PAGES * PAGE_SIZE);
    arena = (uintptr_t)memory;
    pages_start(UINT64_MAX);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    free((void *)(uintptr_t)arena);
    return 0;
}

static uint64_t page(uint64_t number)
{
    return arena + number * PAGE_SIZE;
}

static void nothing_is_allocated_before_a_range_is_added(void **state)
{
    (void)state;
    assert_int_equal(page_allocate(1), 0);
    assert_int_equal(pages_free(), 0);
}

static void every_page_is_given_once_and_zeroed(void **state)
{
    (void)state;
    assert_int_equal(pages_add(page(0), page(ARENA_PAGES)), IVM_OK);
    static const uint8_t zeros[PAGE_SIZE];

    for (uint64_t i = 0; i < ARENA_PAGES; i++) {
        uintptr_t got = page_allocate(1);
        assert_int_equal(got, page(i));
        assert_memory_equal((void *)got, zeros, PAGE_SIZE);
    }

    assert_int_equal(page_allocate(1), 0);
    assert_int_equal(pages_free(), 0);
}

static void only_what_was_asked_for_is_zeroed(void **state)
{
    (void)state;
    assert_int_equal(pages_add(page(0), page(4)), IVM_OK);

    uintptr_t got = page_allocate(2);

    assert_int_equal(((uint8_t *)got)[2 * PAGE_SIZE - 1], 0);
    assert_int_equal(((uint8_t *)got)[2 * PAGE_SIZE], 0xAA);
}

static void no_pages_and_absurdly_many_are_refused(void **state)
{
    (void)state;
    assert_int_equal(pages_add(page(0), page(4)), IVM_OK);

    assert_int_equal(page_allocate(0), 0);
    assert_int_equal(page_allocate(5), 0);
    assert_int_equal(page_allocate(SIZE_MAX), 0);
    assert_int_equal(page_allocate(SIZE_MAX / PAGE_SIZE + 2), 0);
    assert_int_equal(pages_free(), 4);
}

static void only_whole_pages_of_a_range_are_used(void **state)
{
    (void)state;
    assert_int_equal(pages_add(page(0) + 1, page(3) - 1), IVM_OK);
    assert_int_equal(pages_free(), 1);
    assert_int_equal(page_allocate(1), page(1));

    assert_int_equal(pages_add(page(5) + 1, page(6) + 4095), IVM_OK);
    assert_int_equal(pages_free(), 0);
}

static void the_lowest_range_that_fits_is_used(void **state)
{
    (void)state;
    assert_int_equal(pages_add(page(8), page(12)), IVM_OK);
    assert_int_equal(pages_add(page(0), page(2)), IVM_OK);

    assert_int_equal(page_allocate(3), page(8));
    assert_int_equal(page_allocate(1), page(0));
    assert_int_equal(page_allocate(2), 0);
    assert_int_equal(page_allocate(1), page(1));
    assert_int_equal(page_allocate(1), page(11));
}

static void nothing_beyond_reach_is_given_until_reach_grows(void **state)
{
    (void)state;
    pages_start(page(2));
    assert_int_equal(pages_add(page(0), page(3)), IVM_OK);
    assert_int_equal(pages_add(page(5), page(6)), IVM_OK);

    assert_int_equal(page_allocate(3), 0);
    assert_int_equal(page_allocate(2), page(0));
    assert_int_equal(page_allocate(1), 0);
    pages_set_reach(UINT64_MAX);
    assert_int_equal(page_allocate(1), page(2));
    assert_int_equal(page_allocate(1), page(5));
}

static void every_placement_of_a_hole_is_never_given_out(void **state)
{
    (void)state;
    for (uint64_t first = 0; first < 8; first++) {
        for (uint64_t end = first; end <= 8; end++) {
            pages_start(UINT64_MAX);
            assert_int_equal(pages_add(page(2), page(6)), IVM_OK);
            assert_int_equal(pages_exclude(page(first), page(end)), IVM_OK);
            for (uint64_t i = 2; i < 6; i++)
                if (first == end || i < first || i >= end)
                    assert_int_equal(page_allocate(1), page(i));
            assert_int_equal(page_allocate(1), 0);
        }
    }
}

static void a_hole_takes_every_page_that_it_touches(void **state)
{
    (void)state;
    assert_int_equal(pages_add(page(0), page(6)), IVM_OK);

    assert_int_equal(pages_exclude(page(2) - 1, page(3) + 1), IVM_OK);

    assert_int_equal(pages_free(), 3);
    assert_int_equal(page_allocate(2), page(4));
    assert_int_equal(page_allocate(1), page(0));
}

static void a_hole_may_span_several_ranges(void **state)
{
    (void)state;
    assert_int_equal(pages_add(page(0), page(3)), IVM_OK);
    assert_int_equal(pages_add(page(4), page(6)), IVM_OK);
    assert_int_equal(pages_add(page(7), page(9)), IVM_OK);

    assert_int_equal(pages_exclude(page(1), page(8)), IVM_OK);

    assert_int_equal(pages_free(), 2);
    assert_int_equal(page_allocate(1), page(0));
    assert_int_equal(page_allocate(1), page(8));
}

static void a_hole_at_the_end_of_the_address_space_is_cut_out(void **state)
{
    (void)state;
    assert_int_equal(pages_add(UINT64_MAX - 5 * PAGE_SIZE, UINT64_MAX), IVM_OK);

    assert_int_equal(pages_exclude(UINT64_MAX - 6 * PAGE_SIZE, UINT64_MAX), IVM_OK);

    assert_int_equal(pages_free(), 0);
}

static void too_many_ranges_lose_pages_but_never_the_hole(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < PAGES_RANGE_LIMIT; i++)
        assert_int_equal(pages_add((4 * i + 4) << 12, (4 * i + 7) << 12), IVM_OK);
    assert_int_equal(pages_add(page(0), page(1)), IVM_EXHAUSTED);

    assert_int_equal(pages_exclude(5 << 12, 6 << 12), IVM_EXHAUSTED);

    assert_int_equal(pages_free(), 3 * PAGES_RANGE_LIMIT - 2);
}

static void the_highest_page_below_a_limit_is_found_and_stays_free(void **state)
{
    (void)state;
    assert_int_equal(pages_highest(UINT64_MAX), 0);
    assert_int_equal(pages_add(page(2), page(5)), IVM_OK);
    assert_int_equal(pages_add(page(8), page(9)), IVM_OK);
    static const uint64_t wanted[ARENA_PAGES] = {
        [3] = 2, [4] = 3, [5] = 4, [6] = 4, [7] = 4, [8] = 4, [9] = 8, [10] = 8, [11] = 8};

    for (uint64_t end = 0; end < 12; end++)
        for (uint64_t more = 0; more < PAGE_SIZE; more += PAGE_SIZE - 1) {
            uintptr_t found = pages_highest(page(end) + more);
            assert_int_equal(found, wanted[end] != 0 ? page(wanted[end]) : 0);
        }

    assert_int_equal(pages_free(), 4);
    assert_int_equal(*(uint8_t *)page(8), 0xAA);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_allocated_before_a_range_is_added),
        TEST(every_page_is_given_once_and_zeroed),
        TEST(only_what_was_asked_for_is_zeroed),
        TEST(no_pages_and_absurdly_many_are_refused),
        TEST(only_whole_pages_of_a_range_are_used),
        TEST(the_lowest_range_that_fits_is_used),
        TEST(nothing_beyond_reach_is_given_until_reach_grows),
        TEST(every_placement_of_a_hole_is_never_given_out),
        TEST(a_hole_takes_every_page_that_it_touches),
        TEST(a_hole_may_span_several_ranges),
        TEST(a_hole_at_the_end_of_the_address_space_is_cut_out),
        TEST(the_highest_page_below_a_limit_is_found_and_stays_free),
        TEST(too_many_ranges_lose_pages_but_never_the_hole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
