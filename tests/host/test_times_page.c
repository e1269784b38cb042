/* test_times_page.c: the page of times, looked at after every store of a change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "arch/x86_64/times_page.h"
#include "fake/hardware.h"

enum { PAGE = 4096, STATE_LIMIT = 16 };

static _Alignas(64) uint8_t page[PAGE];

/* The page before a change, and after each of its stores. */
static uint8_t states[STATE_LIMIT][PAGE];
static size_t state_count;

static void remember(void)
{
    assert_true(state_count < STATE_LIMIT);
    memcpy(states[state_count++], page, PAGE);
}

static int set_up(void **state)
{
    (void)state;
    fake_hardware_reset();
    memset(page, 0, sizeof page);
    state_count = 0;
    return 0;
}

static uint32_t word(const uint8_t *bytes, size_t offset)
{
    uint32_t value;
    memcpy(&value, bytes + offset, sizeof value);
    return value;
}

static uint64_t both_words(const uint8_t *bytes, size_t offset)
{
    uint64_t value;
    memcpy(&value, bytes + offset, sizeof value);
    return value;
}

static void the_three_times_lie_where_drivers_read_them(void **state)
{
    (void)state;
    const struct times times = {UINT64_C(0x1111111122222222), UINT64_C(0x3333333344444444),
                                UINT64_C(0x5555555566666666)};
    static const struct {
        size_t offset;
        uint32_t value;
    } expected[] = {
        {0x08, 0x22222222},  {0x0C, 0x11111111},  {0x10, 0x11111111},
        {0x14, 0x44444444},  {0x18, 0x33333333},  {0x1C, 0x33333333},
        {0x320, 0x66666666}, {0x324, 0x55555555}, {0x328, 0x55555555},
    };

    times_page_write(page, &times);

    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        assert_int_equal(word(page, expected[i].offset), expected[i].value);
        memset(page + expected[i].offset, 0, sizeof(uint32_t));
    }
    for (size_t i = 0; i < PAGE; i++)
        assert_int_equal(page[i], 0);
}

/* From a change that carries into the high word: a reader may read each word in any later state. */
static void assert_never_half(size_t offset, uint64_t before, uint64_t after)
{
    for (size_t i = 0; i < state_count; i++) {
        uint64_t at_once = both_words(states[i], offset);
        assert_true(at_once == before || at_once == after);
        for (size_t j = i; j < state_count; j++)
            for (size_t k = j; k < state_count; k++) {
                uint32_t high = word(states[i], offset + 4);
                uint64_t read = (uint64_t)high << 32 | word(states[j], offset);
                if (word(states[k], offset + 8) == high)
                    assert_true(read == before || read == after);
            }
    }
}

static void no_reader_finds_half_a_change(void **state)
{
    (void)state;
    const struct times before = {UINT64_C(0x1FFFFFFFF), UINT64_C(0x7FFFFFFFF),
                                 UINT64_C(0x9FFFFFFFF)};
    const struct times after = {UINT64_C(0x200000000), UINT64_C(0x800000000),
                                UINT64_C(0xA00000000)};
    times_page_write(page, &before);
    remember();
    fake_cpu.on_store = remember;

    times_page_write(page, &after);

    assert_true(state_count > 3);
    assert_never_half(TIMES_PAGE_INTERRUPT, before.interrupt, after.interrupt);
    assert_never_half(TIMES_PAGE_SYSTEM, before.system, after.system);
    assert_never_half(TIMES_PAGE_TICKS, before.ticks, after.ticks);
}

static void what_is_read_at_once_lies_in_one_cache_line(void **state)
{
    (void)state;
    static const size_t offsets[] = {TIMES_PAGE_INTERRUPT, TIMES_PAGE_SYSTEM,
                                     TIMES_PAGE_TICKS};
    for (size_t i = 0; i < sizeof offsets / sizeof offsets[0]; i++)
        assert_int_equal(offsets[i] / 64, (offsets[i] + 7) / 64);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, set_up)
    const struct CMUnitTest tests[] = {
        TEST(the_three_times_lie_where_drivers_read_them),
        TEST(no_reader_finds_half_a_change),
        TEST(what_is_read_at_once_lies_in_one_cache_line),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
