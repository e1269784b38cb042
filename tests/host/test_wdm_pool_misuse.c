/* test_wdm_pool_misuse.c: every way to misuse memory from the pool is refused, or named. */
#include "fake/world.h"

#include <string.h>

#include <ivm/level.h>

#include "fake/system.h"
#include "fake/wdm.h"
#include "kernel/machine.h"
#include "kernel/wdm/pool.h"
#include "kernel/wdm/pool_calls.h"
#include "kernel/wdm/stop.h"
#include "kernel/wdm/time_calls.h"

enum {
    TAG = 0x31676154, /* "Tag1" */
    OTHER_TAG = 0x32676154,
    SMALL = 64 * 1024,
    NONPAGED = 0x40,
    RAISE = 0x20,
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

static void an_absurd_size_is_refused(void **state)
{
    (void)state;
    static const size_t sizes[] = {SMALL,    UINT32_MAX,    UINT32_MAX + UINT64_C(1),
                                   SIZE_MAX, SIZE_MAX - 40, (size_t)1 << 40};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        assert_null(ExAllocatePoolWithTag(0, sizes[i], TAG));
    assert_int_equal(fake_log_text_count("test.sys: gets no"), 6);
    assert_int_equal(fake_wdm.image.pool_blocks, 0);
}

static void pool2_refuses_what_is_not_valid(void **state)
{
    (void)state;
    assert_null(ExAllocatePool2(NONPAGED, 0, TAG));
    assert_null(ExAllocatePool2(NONPAGED, 8, 0));
    assert_null(ExAllocatePool2(0, 8, TAG));
    assert_null(ExAllocatePool2(NONPAGED | 0x100, 8, TAG));
    assert_null(ExAllocatePool2(NONPAGED | 0x10, 8, TAG));
    assert_null(ExAllocatePool2(NONPAGED | 0x80000000, 8, TAG));
    void *block = ExAllocatePool2(NONPAGED | UINT64_C(1) << 40, 8, TAG);
    assert_non_null(block); /* optional flags may be unknown */
    ExFreePool(block);
    block = ExAllocatePool2(0x100, 8, TAG);
    assert_non_null(block);
    ExFreePool(block);
}

static void who_wants_an_exception_stops_the_kernel(void **state)
{
    (void)state;
    expect_assert_failure(ExAllocatePool2(NONPAGED | RAISE, SMALL, TAG));
    assert_int_equal(fake_wdm.bug_code, BUG_KMODE_EXCEPTION_NOT_HANDLED);
    assert_int_equal(fake_wdm.bug_parameters[0], 0xC000009A);
    expect_assert_failure(ExAllocatePoolWithTag(16, SMALL, TAG));
    expect_assert_failure(ExAllocatePool2(NONPAGED | RAISE, 0, TAG));
}

static void a_tag_of_zero_is_refused(void **state)
{
    (void)state;
    assert_null(ExAllocatePoolWithTag(0, 8, 0));
    void *block = ExAllocatePool(0, 8);
    pool_report(&fake_wdm.image);
    assert_int_equal(fake_log_text_count("8 bytes"), 2); /* one refused, one "None" */
    assert_int_equal(fake_log_text_count("tag \"None\""), 1);
    ExFreePool(block);
}

static void a_driver_that_tries_again_at_once_does_not_fill_the_log(void **state)
{
    (void)state;
    fake_system.now_ns += 100000000;
    fake_system.step_ns = 1000;
    for (unsigned i = 0; i < 100; i++)
        assert_null(ExAllocatePoolWithTag(0, SMALL, TAG));
    assert_int_equal(fake_log_text_count("gets no"), 1);
}

static void above_dispatch_level_nothing_is_given_or_taken(void **state)
{
    (void)state;
    machine_set_priority(IVM_DISPATCH);
    void *block = give(8);
    machine_set_priority(IVM_DISPATCH + 1);
    expect_assert_failure(ExFreePool(block));
    assert_int_equal(fake_wdm.bug_code, BUG_BAD_POOL_CALLER);
    assert_int_equal(fake_wdm.bug_parameters[0], 9);
    assert_int_equal(fake_wdm.bug_parameters[1], IVM_DISPATCH + 1);
    expect_assert_failure(ExAllocatePoolWithTag(0, 8, TAG));
    assert_int_equal(fake_wdm.bug_parameters[0], 8);
    machine_set_priority(IVM_DISPATCH);
    ExFreePool(block);
    machine_set_priority(0);
}

static void expect_stop(void *block, const char *text)
{
    expect_assert_failure(ExFreePool(block));
    assert_int_equal(fake_wdm.bug_code, BUG_BAD_POOL_CALLER);
    if (fake_log_text_count(text) != 1)
        fail_msg("\"%s\" is not in the log:\n%s", text, fake_log_text());
}

static void freed_twice_is_named_alone_and_between_others(void **state)
{
    (void)state;
    void *first = give(40), *a = give(40), *b = give(80), *c = give(40), *last = give(40);
    ExFreePool(b);
    fake_wdm.is_other = true;
    expect_stop(b, "other.sys: frees");
    assert_int_equal(fake_wdm.bug_parameters[0], 7);
    assert_int_equal(fake_wdm.bug_parameters[3], (uintptr_t)b);
    assert_ptr_equal(fake_wdm.bug_image, &fake_wdm.other);
    assert_int_equal(
        fake_log_text_count("freed already: 80 bytes, tag \"Tag1\", of test.sys"), 1);
    ExFreePool(a);
    ExFreePool(c); /* now all is one block that begins at a */
    expect_assert_failure(ExFreePool(b));
    assert_int_equal(fake_wdm.bug_parameters[0], 7);
    expect_assert_failure(ExFreePool(c));
    assert_int_equal(fake_wdm.bug_parameters[0], 7);
    ExFreePool(first);
    ExFreePool(last);
}

static void writing_past_the_end_is_named_to_the_byte(void **state)
{
    (void)state;
    for (unsigned size = 1; size < 40; size++) {
        start(state);
        unsigned char *block = give(size);
        block[size - 1] = 0;
        block[size] = 0;
        expect_stop(block, "wrote past its end");
        block[size] = 0xFD; /* as it was */
        ExFreePool(block);
    }
    assert_int_equal(fake_log_text_count("39 bytes, tag \"Tag1\", of test.sys"), 1);
}

static void writing_far_past_the_end_is_found_by_either_neighbour(void **state)
{
    (void)state;
    unsigned char *a = give(64), *b = give(64);
    memset(b - 32, 0, 8); /* the header of b, and not the guard of a */
    expect_stop(a, "the header of the block");
    expect_stop(b, "begins no block, or its header was written over");
}

static void writing_before_the_beginning_is_found(void **state)
{
    (void)state;
    unsigned char *block = give(64);
    block[-1] ^= 1;
    expect_stop(block, "its header was written over");
    block[-1] ^= 1;
    ExFreePool(block);
}

static void give_three(void)
{
    for (unsigned i = 0; i < 3; i++)
        give(64);
}

/* Of the three that are in a list, the one in the middle; either link, and both. */
static void writing_after_the_free_is_found_before_it_can_harm(void **state)
{
    static const struct {
        size_t at, bytes;
    } writes[] = {{0, 64}, {0, 1}, {8, 1}, {15, 1}};
    for (size_t write = 0; write < sizeof writes / sizeof writes[0]; write++) {
        unsigned char *gone[3];
        start(state);
        for (unsigned i = 0; i < 3; i++) {
            gone[i] = give(64);
            give(64); /* keeps them apart */
        }
        for (unsigned i = 0; i < 3; i++)
            ExFreePool(gone[i]);
        memset(gone[1] + writes[write].at, 0xFF, writes[write].bytes);
        expect_assert_failure(give_three());
        assert_int_equal(fake_wdm.bug_code, BUG_BAD_POOL_CALLER);
        assert_int_equal(fake_wdm.bug_parameters[3], (uintptr_t)gone[1]);
        assert_int_equal(fake_log_text_count("64 bytes, tag \"Tag1\""), 1);
    }
}

static void what_is_no_block_is_not_freed(void **state)
{
    (void)state;
    static unsigned char elsewhere[64];
    void *first = give(8);
    unsigned char *block = give(200);
    void *const strays[] = {NULL,
                            elsewhere,
                            memory,
                            block + 16,
                            block + 1,
                            block - 16,
                            memory + sizeof memory,
                            memory + sizeof memory - 16};
    for (size_t i = 0; i < sizeof strays / sizeof strays[0]; i++) {
        expect_assert_failure(ExFreePool(strays[i]));
        assert_int_equal(fake_wdm.bug_code, BUG_BAD_POOL_CALLER);
        assert_int_equal(fake_wdm.bug_parameters[0], 0x46);
    }
    assert_int_equal(fake_log_text_count("which is not in the pool"), 6);
    assert_int_equal(fake_log_text_count("which begins no block"), 2);
    ExFreePool(block);
    ExFreePool(first);
}

static void a_wrong_tag_is_named_and_the_block_is_freed(void **state)
{
    (void)state;
    ExFreePoolWithTag(give(24), OTHER_TAG);
    assert_int_equal(
        fake_log_text_count(
            "test.sys: frees a block with tag \"Tag2\" that has tag \"Tag1\": 24 bytes"),
        1);
    ExFreePoolWithTag(give(24), 0);
    assert_int_equal(fake_wdm.image.pool_blocks, 0);
}

static void a_timer_goes_with_the_blocks_that_an_image_left(void **state)
{
    (void)state;
    struct nt_timer *timer = give(sizeof *timer);
    KeInitializeTimer(timer);
    KeSetTimer(timer, -1000000, NULL);
    pool_free_all(&fake_wdm.image);
    assert_int_equal(timers_drop_in(timer, sizeof *timer), 0);
}

static void a_timer_in_a_block_that_is_freed_is_cancelled_and_named(void **state)
{
    (void)state;
    struct nt_timer *timer = give(sizeof *timer), *other = give(sizeof *other);
    KeInitializeTimer(timer);
    KeInitializeTimer(other);
    KeSetTimer(timer, -1000000, NULL);
    KeSetTimer(other, -1000000, NULL);
    ExFreePool(timer);
    assert_int_equal(fake_log_text_count("in which 1 timers run: cancelled"), 1);
    assert_true(KeCancelTimer(other));
    ExFreePool(other);
    assert_int_equal(fake_log_text_count("timers run"), 1);
}

#define TEST(claim) cmocka_unit_test_setup_teardown(claim, start, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_absurd_size_is_refused),
        TEST(pool2_refuses_what_is_not_valid),
        TEST(who_wants_an_exception_stops_the_kernel),
        TEST(a_tag_of_zero_is_refused),
        TEST(a_driver_that_tries_again_at_once_does_not_fill_the_log),
        TEST(above_dispatch_level_nothing_is_given_or_taken),
        TEST(freed_twice_is_named_alone_and_between_others),
        TEST(writing_past_the_end_is_named_to_the_byte),
        TEST(writing_far_past_the_end_is_found_by_either_neighbour),
        TEST(writing_before_the_beginning_is_found),
        TEST(writing_after_the_free_is_found_before_it_can_harm),
        TEST(what_is_no_block_is_not_freed),
        TEST(a_wrong_tag_is_named_and_the_block_is_freed),
        TEST(a_timer_goes_with_the_blocks_that_an_image_left),
        TEST(a_timer_in_a_block_that_is_freed_is_cancelled_and_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
