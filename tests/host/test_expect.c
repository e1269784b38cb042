/* test_expect.c: what a scene of the story expects and what happened: each can hold, each can
 * fail, and the closing lines say which. */
#include "fake/world.h"

#include <string.h>

#include "fake/system.h"
#include "kernel/monitor/expect.h"

static int fresh_log(void **state)
{
    (void)state;
    fake_system_reset();
    return 0;
}

static void assert_told(const char *text)
{
    if (fake_log_text_count(text) == 0)
        fail_msg("the log does not say \"%s\":\n%s", text, fake_log_text());
}

static void a_scene_that_states_nothing_fails(void **state)
{
    (void)state;
    struct expectations expectations = {0};
    expect_scene(&expectations, "empty");
    assert_false(expect_end(&expectations));
    assert_false(expect_verdict(&expectations));
}

static void each_kind_of_expectation_can_fail(void **state)
{
    (void)state;
    struct expectations e = {0};
    struct attempt connected = {.who = "x", .status = IVM_OK};
    struct attempt refused = {.who = "x",
                              .status = IVM_ALREADY_CONNECTED,
                              .refusal = {.rule = IVM_RULE_OWNER_EXCLUSIVE}};
    struct attempt wrong_status = refused;
    wrong_status.status = IVM_BAD_ARGUMENT;
    expect_scene(&e, "all wrong");
    expect_count(&e, "count", 1, 2);
    expect_at_least(&e, "least", 2, 1);
    expect_text(&e, "text", "a", "ab");
    expect_status(&e, "status", IVM_OK, IVM_NOT_CONNECTED);
    expect_step(&e, "step", IVM_NOT_CONNECTED);
    expect_connected(&e, &refused);
    expect_refused(&e, IVM_RULE_OWNER_EXCLUSIVE, &connected);
    expect_refused(&e, IVM_RULE_OWNER_EXCLUSIVE, &wrong_status);
    expect_refused(&e, IVM_RULE_TRIGGER_DIFFERS, &refused);
    expect_holder(&e, "owner", &refused);
    assert_int_equal(e.stated, 10);
    assert_int_equal(e.failed, 10);
    assert_false(expect_end(&e));
}

static void each_kind_of_expectation_can_hold(void **state)
{
    (void)state;
    struct expectations e = {0};
    struct attempt connected = {.who = "x", .status = IVM_OK};
    struct attempt refused = {.who = "x",
                              .status = IVM_ALREADY_CONNECTED,
                              .refusal = {.rule = IVM_RULE_OWNER_EXCLUSIVE,
                                          .owner_count = 1,
                                          .owners = {{.name = "owner"}}}};
    expect_scene(&e, "all right");
    expect_count(&e, "count", 2, 2);
    expect_at_least(&e, "least", 2, 3);
    expect_text(&e, "text", "ab", "ab");
    expect_status(&e, "status", IVM_NOT_CONNECTED, IVM_NOT_CONNECTED);
    expect_step(&e, "step", IVM_OK);
    expect_connected(&e, &connected);
    expect_refused(&e, IVM_RULE_OWNER_EXCLUSIVE, &refused);
    expect_holder(&e, "owner", &refused);
    assert_int_equal(e.stated, 8);
    assert_true(expect_end(&e));
    assert_true(expect_verdict(&e));
}

static void what_happened_is_said_again_only_where_it_reads_otherwise(void **state)
{
    (void)state;
    struct expectations e = {0};
    expect_scene(&e, "the same");
    expect_count(&e, "count", 2, 2);
    expect_text(&e, "text", "a", "a");
    assert_true(expect_end(&e));
    assert_told("expected: count 2, text a; happened: the same; as expected");
    expect_scene(&e, "more");
    expect_count(&e, "count", 2, 2);
    expect_at_least(&e, "least", 2, 3);
    assert_true(expect_end(&e));
    assert_told("expected: count 2, least 2 or more; happened: count 2, least 3; as");
    expect_scene(&e, "the same again");
    expect_count(&e, "sum", 5, 5);
    assert_true(expect_end(&e));
    assert_told("expected: sum 5; happened: the same; as expected");
}

static void a_scene_without_a_device_is_counted_once(void **state)
{
    (void)state;
    struct expectations e = {0};
    expect_scene(&e, "lacking");
    expect_lacking(&e);
    expect_lacking(&e);
    expect_count(&e, "count", 0, 0);
    assert_true(expect_end(&e));
    expect_scene(&e, "whole");
    expect_count(&e, "count", 1, 1);
    assert_true(expect_end(&e));
    assert_true(expect_verdict(&e));
    assert_told("2 scenes, 2 expectations, 0 failed; 1 scene lacked a device that can");
    assert_int_equal(fake_log_text_count("all as expected"), 0);
}

static void a_scene_without_a_device_may_show_nothing(void **state)
{
    (void)state;
    struct expectations e = {0};
    expect_scene(&e, "lacking");
    expect_lacking(&e);
    assert_true(expect_end(&e));
    assert_told("not shown: this machine lacked a device for it");
    assert_int_equal(e.failed, 0);
    expect_scene(&e, "empty");
    assert_false(expect_end(&e));
}

static void a_failure_is_not_forgotten_by_a_good_scene_after_it(void **state)
{
    (void)state;
    struct expectations e = {0};
    expect_scene(&e, "bad");
    expect_count(&e, "count", 1, 2);
    assert_false(expect_end(&e));
    expect_scene(&e, "good");
    expect_count(&e, "count", 2, 2);
    assert_true(expect_end(&e));
    assert_false(expect_verdict(&e));
}

static void a_scene_with_more_than_fits_still_ends_in_one_line(void **state)
{
    (void)state;
    struct expectations e = {0};
    expect_scene(&e, "long");
    for (unsigned i = 0; i < 100; i++)
        expect_count(&e, "a rather long subject", i, i);
    assert_true(expect_end(&e));
    const char *line = strstr(fake_log_text(), "expected: ");
    assert_non_null(strstr(line, "...; happened: "));
    assert_true(strcspn(line, "\n") < 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_scene_that_states_nothing_fails, fresh_log),
        cmocka_unit_test_setup(each_kind_of_expectation_can_fail, fresh_log),
        cmocka_unit_test_setup(each_kind_of_expectation_can_hold, fresh_log),
        cmocka_unit_test_setup(what_happened_is_said_again_only_where_it_reads_otherwise,
                               fresh_log),
        cmocka_unit_test_setup(a_scene_without_a_device_is_counted_once, fresh_log),
        cmocka_unit_test_setup(a_scene_without_a_device_may_show_nothing, fresh_log),
        cmocka_unit_test_setup(a_failure_is_not_forgotten_by_a_good_scene_after_it,
                               fresh_log),
        cmocka_unit_test_setup(a_scene_with_more_than_fits_still_ends_in_one_line,
                               fresh_log),
    };
    return cmocka_run_group_tests_name("expect", tests, NULL, NULL);
}
