/* test_page_tables.c: spans mapped in four levels of tables, against a page-by-page model.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arch/x86_64/page_tables.h"
#include "kernel/system/pages.h"

enum { ARENA_PAGES = 64, MODEL_PAGES = 2048 };

static const uint64_t large = PAGE_TABLE_LARGE;
static const uint64_t read_only = PAGE_PRESENT | PAGE_NO_EXECUTE;
static const uint64_t code = PAGE_PRESENT;
static const uint64_t device =
    PAGE_PRESENT | PAGE_WRITABLE | PAGE_NO_EXECUTE | PAGE_UNCACHED | PAGE_WRITE_THROUGH;

static void *arena;
static uint64_t *root;

static int set_up(void **state)
{
    (void)state;
    arena = aligned_alloc(PAGE_SIZE, ARENA_PAGES * PAGE_SIZE);
    if (arena == NULL)
        return -1;
    pages_start(UINT64_MAX);
    if (pages_add((uintptr_t)arena, (uintptr_t)arena + ARENA_PAGES * PAGE_SIZE) != IVM_OK)
        return -1;
    root = (uint64_t *)page_allocate(1);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    free(arena);
    return 0;
}

static void map(uint64_t first, uint64_t end, uint64_t rights)
{
    assert_int_equal(page_tables_map(root, &(struct page_span){first, end, rights, 0}),
                     IVM_OK);
}

/* The rights at an address, whose page must lie where it is; 0: not present. */
static uint64_t rights_at(uint64_t address)
{
    struct page_leaf leaf;
    if (!page_tables_find(root, address, &leaf))
        return 0;
    assert_true(address >= leaf.first && address < leaf.first + leaf.size);
    return leaf.rights;
}

static uint64_t size_at(uint64_t address)
{
    struct page_leaf leaf;
    assert_true(page_tables_find(root, address, &leaf));
    return leaf.size;
}

static void in_empty_tables_nothing_is_present(void **state)
{
    (void)state;
    assert_int_equal(rights_at(0), 0);
    assert_int_equal(rights_at(page_tables_end - 1), 0);
    assert_int_equal(rights_at(UINT64_MAX), 0);
}

static void a_span_is_present_to_its_last_byte_and_no_further(void **state)
{
    (void)state;
    map(0x5000, 0x7000, read_only);

    assert_int_equal(rights_at(0x4FFF), 0);
    assert_int_equal(rights_at(0x5000), read_only);
    assert_int_equal(rights_at(0x6FFF), read_only);
    assert_int_equal(rights_at(0x7000), 0);
}

static void large_pages_are_used_exactly_where_they_fit(void **state)
{
    (void)state;
    map(large - 0x1000, 3 * large + 0x1000, device);

    assert_int_equal(size_at(large - 1), PAGE_TABLE_SMALL);
    assert_int_equal(size_at(large), PAGE_TABLE_LARGE);
    assert_int_equal(size_at(3 * large - 1), PAGE_TABLE_LARGE);
    assert_int_equal(size_at(3 * large), PAGE_TABLE_SMALL);
    assert_int_equal(rights_at(2 * large), device);

    map(8 * large, 9 * large, code);
    assert_int_equal(size_at(8 * large), PAGE_TABLE_LARGE);
}

static void a_page_changed_in_a_large_one_leaves_its_neighbours(void **state)
{
    (void)state;
    map(0, 2 * large, device);

    map(large + 0x3000, large + 0x4000, 0);

    assert_int_equal(rights_at(large + 0x2FFF), device);
    assert_int_equal(rights_at(large + 0x3000), 0);
    assert_int_equal(rights_at(large + 0x4000), device);
    assert_int_equal(rights_at(2 * large - 1), device);
    assert_int_equal(size_at(large - 1), PAGE_TABLE_LARGE);
}

static void spans_cross_every_level_s_border(void **state)
{
    (void)state;
    for (int bits = 21; bits < 47; bits += 9) {
        uint64_t border = UINT64_C(1) << bits;
        map(border - 0x2000, border + 0x2000, code);
        assert_int_equal(rights_at(border - 0x2001), 0);
        assert_int_equal(rights_at(border - 0x2000), code);
        assert_int_equal(rights_at(border + 0x1FFF), code);
        assert_int_equal(rights_at(border + 0x2000), 0);
    }
}

static void the_last_page_can_be_mapped_and_nothing_beyond(void **state)
{
    (void)state;
    map(page_tables_end - 0x1000, page_tables_end, code);
    assert_int_equal(rights_at(page_tables_end - 1), code);

    const struct page_span wrong[] = {
        {page_tables_end, page_tables_end + 0x1000, code, 0},
        {0, UINT64_MAX - 0xFFF, code, 0},
        {1, 0x1000, code, 0},
        {0, 0xFFF, code, 0},
        {0, 0x1000, code, 1},                        /* to no page */
        {0, 0x1000, code, page_tables_end},          /* to no memory */
        {0x1000, 0x3000, code, UINT64_MAX - 0x1FFF}, /* beyond the last address and on */
        {page_tables_upper, page_tables_upper + 0x1000, code, 0},
        {page_tables_upper - 0x1000, page_tables_upper + 0x1000, code, page_tables_upper},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(page_tables_map(root, &wrong[i]), IVM_BAD_ARGUMENT);
    assert_int_equal(rights_at(0), 0);
}

static void an_empty_span_changes_nothing(void **state)
{
    (void)state;
    uint64_t free_pages = pages_free();

    map(0x5000, 0x5000, code);
    map(0x6000, 0x5000, code);

    assert_int_equal(pages_free(), free_pages);
    assert_int_equal(rights_at(0x5000), 0);
}

static void taking_away_what_is_not_there_needs_no_table(void **state)
{
    (void)state;
    uint64_t free_pages = pages_free();

    map(0, page_tables_end, 0);

    assert_int_equal(pages_free(), free_pages);
}

static void taking_away_begins_before_and_ends_behind_what_is_there(void **state)
{
    (void)state;
    const uint64_t border = UINT64_C(1) << 30;
    map(border, border + 0x3000, code);

    map(border - 0x1000, border + 0x2000, 0);

    assert_int_equal(rights_at(border), 0);
    assert_int_equal(rights_at(border + 0x1FFF), 0);
    assert_int_equal(rights_at(border + 0x2000), code);
}

static void without_a_page_for_a_table_it_says_so(void **state)
{
    (void)state;
    while (pages_free() > 2)
        assert_int_not_equal(page_allocate(1), 0);

    assert_int_equal(page_tables_map(root, &(struct page_span){0x5000, 0x6000, code, 0}),
                     IVM_EXHAUSTED);

    assert_int_equal(rights_at(0x5000), 0);
}

/* Where an address leads to; it must be present. */
static uint64_t physical_at(uint64_t address)
{
    struct page_leaf leaf;
    assert_true(page_tables_find(root, address, &leaf));
    return leaf.first + address % leaf.size;
}

static void show(uint64_t first, uint64_t size, uint64_t physical)
{
    const struct page_span span = {first, first + size, read_only, physical - first};
    assert_int_equal(page_tables_map(root, &span), IVM_OK);
}

static void memory_is_shown_in_the_upper_half_where_nothing_else_is(void **state)
{
    (void)state;
    const uint64_t shared = UINT64_C(0xFFFFF78000000000);
    map(0, 2 * large, device);

    show(shared, 0x1000, 0x7000);

    assert_int_equal(physical_at(shared + 0x123), 0x7123);
    struct page_leaf leaf;
    assert_true(page_tables_find(root, shared, &leaf));
    assert_int_equal(leaf.rights, read_only);
    assert_int_equal(leaf.size, PAGE_TABLE_SMALL);
    assert_false(page_tables_find(root, shared - 1, &leaf));
    assert_false(page_tables_find(root, shared + 0x1000, &leaf));
    assert_int_equal(rights_at(0x7000), device);
}

static void the_upper_half_ends_one_page_below_the_last_address(void **state)
{
    (void)state;
    const uint64_t last = UINT64_MAX - 0x1FFF;
    map(0x5000, 0x6000, code);
    map(page_tables_upper, last + 0x1000, 0); /* and no further, which would be 0 again */
    assert_int_equal(rights_at(0x5000), code);
    show(last, 0x1000, 0x3000);
    show(page_tables_upper, 0x1000, 0x4000);

    assert_int_equal(physical_at(last + 0xFFF), 0x3FFF);
    assert_int_equal(physical_at(page_tables_upper), 0x4000);

    map(page_tables_upper, last + 0x1000, 0);

    struct page_leaf leaf;
    assert_false(page_tables_find(root, last, &leaf));
    assert_false(page_tables_find(root, page_tables_upper, &leaf));
    assert_int_equal(rights_at(0x5000), code);
}

static void what_is_shown_elsewhere_is_large_only_where_both_sides_are(void **state)
{
    (void)state;
    const uint64_t first = page_tables_upper + 4 * large;

    show(first, large, 3 * large);
    show(first + large, large, 3 * large + 0x1000);

    assert_int_equal(size_at(first), PAGE_TABLE_LARGE);
    assert_int_equal(physical_at(first + 0x12345), 3 * large + 0x12345);
    assert_int_equal(size_at(first + large), PAGE_TABLE_SMALL);
    assert_int_equal(physical_at(first + large + 0x12345), 3 * large + 0x13345);
}

static void a_large_page_is_divided_and_stays_what_it_was(void **state)
{
    (void)state;
    map(0, 3 * large, device);

    assert_int_equal(page_tables_divide(root, large + 0x5000), IVM_OK);

    assert_int_equal(size_at(large), PAGE_TABLE_SMALL);
    assert_int_equal(size_at(large - 1), PAGE_TABLE_LARGE);
    assert_int_equal(size_at(2 * large), PAGE_TABLE_LARGE);
    for (uint64_t at = large; at < 2 * large; at += 0x1000) {
        assert_int_equal(physical_at(at), at);
        assert_int_equal(rights_at(at), device);
    }
}

static void to_divide_where_a_page_begins_needs_no_table(void **state)
{
    (void)state;
    map(large, 3 * large, device);
    map(8 * large, 8 * large + 0x3000, code);
    uint64_t free_pages = pages_free();

    const uint64_t addresses[] = {large, 2 * large, 3 * large, 8 * large + 0x1000, 0x1000};
    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++)
        assert_int_equal(page_tables_divide(root, addresses[i]), IVM_OK);

    assert_int_equal(pages_free(), free_pages);
    assert_int_equal(size_at(large), PAGE_TABLE_LARGE);
}

static void a_span_divided_at_both_ends_is_changed_without_a_page_left(void **state)
{
    (void)state;
    map(0, 6 * large, device);
    const uint64_t first = large + 0x3000, end = 4 * large + 0x2000;
    assert_int_equal(page_tables_divide(root, first), IVM_OK);
    assert_int_equal(page_tables_divide(root, end), IVM_OK);
    while (pages_free() > 0)
        assert_int_not_equal(page_allocate(1), 0);

    map(first, end, code);

    assert_int_equal(rights_at(first - 1), device);
    assert_int_equal(rights_at(first), code);
    assert_int_equal(rights_at(3 * large), code);
    assert_int_equal(rights_at(end - 1), code);
    assert_int_equal(rights_at(end), device);
}

static void without_a_page_nothing_is_divided_and_all_stays(void **state)
{
    (void)state;
    map(0, 2 * large, device);
    while (pages_free() > 0)
        assert_int_not_equal(page_allocate(1), 0);

    assert_int_equal(page_tables_divide(root, large + 0x1000), IVM_EXHAUSTED);

    assert_int_equal(size_at(large), PAGE_TABLE_LARGE);
    assert_int_equal(rights_at(large + 0x1000), device);
}

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

static void many_overlapping_spans_agree_with_a_page_by_page_model(void **state)
{
    (void)state;
    static uint64_t model[MODEL_PAGES];
    const uint64_t rights[] = {0, code, read_only, device};
    const uint64_t base = (UINT64_C(1) << 30) - 3 * large; /* across a 1 GiB border */
    uint32_t seed = 1;
    memset(model, 0, sizeof model);

    for (int round = 0; round < 300; round++) {
        uint32_t first = next_random(&seed) % MODEL_PAGES;
        uint32_t end = first + next_random(&seed) % (MODEL_PAGES - first) + 1;
        if (round % 3 == 0) { /* often enough whole large pages */
            first = first / 512 * 512;
            end = (end + 511) / 512 * 512;
        }
        uint64_t wanted = rights[next_random(&seed) % 4];
        map(base + first * UINT64_C(4096), base + end * UINT64_C(4096), wanted);
        for (uint32_t i = first; i < end; i++)
            model[i] = wanted;
        for (uint32_t i = 0; i < MODEL_PAGES; i++)
            assert_int_equal(rights_at(base + i * UINT64_C(4096)), model[i]);
    }
    assert_int_equal(rights_at(base - 1), 0);
    assert_int_equal(rights_at(base + MODEL_PAGES * UINT64_C(4096)), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(in_empty_tables_nothing_is_present),
        TEST(a_span_is_present_to_its_last_byte_and_no_further),
        TEST(large_pages_are_used_exactly_where_they_fit),
        TEST(a_page_changed_in_a_large_one_leaves_its_neighbours),
        TEST(spans_cross_every_level_s_border),
        TEST(the_last_page_can_be_mapped_and_nothing_beyond),
        TEST(an_empty_span_changes_nothing),
        TEST(taking_away_what_is_not_there_needs_no_table),
        TEST(taking_away_begins_before_and_ends_behind_what_is_there),
        TEST(without_a_page_for_a_table_it_says_so),
        TEST(memory_is_shown_in_the_upper_half_where_nothing_else_is),
        TEST(the_upper_half_ends_one_page_below_the_last_address),
        TEST(what_is_shown_elsewhere_is_large_only_where_both_sides_are),
        TEST(a_large_page_is_divided_and_stays_what_it_was),
        TEST(to_divide_where_a_page_begins_needs_no_table),
        TEST(a_span_divided_at_both_ends_is_changed_without_a_page_left),
        TEST(without_a_page_nothing_is_divided_and_all_stays),
        TEST(many_overlapping_spans_agree_with_a_page_by_page_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
