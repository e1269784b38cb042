/* test_wdm_stop.c: bug checks and assertions: what the kernel says when a driver stops it. */
#include "fake/world.h"

#include <stdio.h>
#include <string.h>

#include "fake/system.h"
#include "fake/wdm.h"
#include "kernel/wdm/print_calls.h"
#include "kernel/wdm/stop.h"
#include "kernel/wdm/stop_calls.h"

static int start(void **state)
{
    world_one_cpu(state);
    fake_system_reset();
    fake_wdm_reset();
    return 0;
}

static void says(const char *text)
{
    if (strstr(fake_wdm.stopped, text) == NULL)
        fail_msg("\"%s\" is not in: %s", text, fake_wdm.stopped);
}

static void a_bug_check_says_its_code_parameters_and_driver(void **state)
{
    (void)state;
    expect_assert_failure(KeBugCheckEx(0xDEAD, 1, 2, 0xFFFFFFFFFFFFFFFF, 4));
    says("bug check 0x0000DEAD (0x1, 0x2, 0xffffffffffffffff, 0x4) by test.sys, called "
         "from 0x");
    expect_assert_failure(KeBugCheck(0x80000001));
    says("bug check 0x80000001 (0x0, 0x0, 0x0, 0x0) by test.sys, called from 0x");
}

static void the_place_is_told_as_an_offset_in_the_image(void **state)
{
    (void)state;
    char offset[40];
    fake_wdm.image.base = (uintptr_t)the_place_is_told_as_an_offset_in_the_image;
    expect_assert_failure(KeBugCheck(1));
    unsigned long from = 0, at = 0;
    const char *place = strstr(fake_wdm.stopped, "called from ");
    assert_non_null(place);
    assert_int_equal(sscanf(place, "called from 0x%lx, test.sys+0x%lx", &from, &at), 2);
    assert_in_range(at, 1, 10000); /* in this function */
    assert_int_equal(from, fake_wdm.image.base + at);
    snprintf(offset, sizeof offset, "test.sys+0x%lx", at);
    says(offset);
}

static void a_known_code_has_its_name(void **state)
{
    (void)state;
    expect_assert_failure(KeBugCheck(0x0A));
    says("0x0000000A IRQL_NOT_LESS_OR_EQUAL (");
    expect_assert_failure(KeBugCheckEx(0xF2, 1, 2, 3, 4));
    says("0x000000F2 HARDWARE_INTERRUPT_STORM (0x1, 0x2, 0x3, 0x4)");
    expect_assert_failure(KeBugCheck(0x0B)); /* between two that are known */
    says("0x0000000B (");
    expect_assert_failure(KeBugCheck(0x13B));
    says("0x0000013B PASSIVE_INTERRUPT_ERROR (");
}

static void a_bug_check_of_ours_names_the_driver_and_no_place(void **state)
{
    (void)state;
    const uint64_t parameters[4] = {7, 0, 0, 0x1230};
    expect_assert_failure(bug_check(&fake_wdm.other, BUG_BAD_POOL_CALLER, parameters));
    assert_string_equal(
        fake_wdm.stopped,
        "bug check 0x000000C2 BAD_POOL_CALLER (0x7, 0x0, 0x0, 0x1230) by other.sys");
    expect_assert_failure(bug_check(NULL, 1, parameters));
    says("by somebody");
}

static void who_lies_in_no_image_is_told_by_address_alone(void **state)
{
    (void)state;
    fake_wdm.is_nobody = true;
    expect_assert_failure(KeBugCheck(1));
    says("by somebody, called from 0x");
    assert_null(strchr(fake_wdm.stopped, '+'));
}

static void an_assertion_says_its_text_and_where(void **state)
{
    (void)state;
    expect_assert_failure(RtlAssert("a == b", "edu.c", 42, "they differ"));
    says("assertion of test.sys failed: a == b, at edu.c:42: they differ, called from 0x");
    expect_assert_failure(RtlAssert("a == b", "edu.c", 42, NULL));
    says("failed: a == b, at edu.c:42, called from 0x");
    expect_assert_failure(RtlAssert(NULL, NULL, 0, NULL));
    says("failed: ?, at ?:0");
}

static void what_the_driver_was_about_to_say_is_said(void **state)
{
    (void)state;
    DbgPrint("last words");
    expect_assert_failure(KeBugCheck(1));
    assert_string_equal(fake_log_text(), "test.sys: last words\n");
}

#define TEST(claim) cmocka_unit_test_setup_teardown(claim, start, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_bug_check_says_its_code_parameters_and_driver),
        TEST(the_place_is_told_as_an_offset_in_the_image),
        TEST(a_known_code_has_its_name),
        TEST(a_bug_check_of_ours_names_the_driver_and_no_place),
        TEST(who_lies_in_no_image_is_told_by_address_alone),
        TEST(an_assertion_says_its_text_and_where),
        TEST(what_the_driver_was_about_to_say_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
