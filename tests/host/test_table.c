/* test_table.c: the tables and the five answers. */
#include "fake/world.h"

#include <string.h>

#include "fake/operator.h"
#include "kernel/monitor/console.h"
#include "kernel/monitor/report.h"
#include "kernel/monitor/table.h"

static void a_row_of_the_table_holds_all_its_columns(void **state)
{
    (void)state;
    char row[TABLE_LINE];
    operator_works("connect edu0 shared");
    operator_works("connect edu1 shared");
    operator_works("fire edu1 2");
    assert_true(table_vector_row(0, 0x30, row));
    assert_string_equal(row,
                        "  0  0x30     3  line 21    level   low      -         model      "
                        "        2      0  edu0 0, edu1 2");
    assert_false(table_vector_row(0, 0x31, row));
    assert_false(table_vector_row(1, 0x30, row));
}

static void a_masked_line_and_its_strays_are_in_the_row(void **state)
{
    (void)state;
    char row[TABLE_LINE];
    operator_works("claim edu0 shared");
    operator_works("fire edu0");
    assert_true(table_vector_row(0, 0x30, row));
    assert_non_null(strstr(row, "unclaimed"));
    assert_non_null(strstr(row, "1000   1000  console 0"));
}

static void a_stray_on_a_vector_of_nobody_has_a_row(void **state)
{
    (void)state;
    char row[TABLE_LINE];
    model_raise(0, 0x77);
    assert_true(table_vector_row(0, 0x77, row));
    assert_non_null(strstr(row, "(devices, levels 3 to 12)"));
    assert_false(table_vector_row(0, 0xFF, row));
    model_call(0xFF);
    assert_true(table_vector_row(0, 0xFF, row));
}

static void owners_beyond_the_room_are_counted(void **state)
{
    (void)state;
    char row[TABLE_LINE];
    for (unsigned i = 0; i < 9; i++) {
        struct ivm_request request = world_line(i, OPERATOR_LINE);
        world_must_connect(i, &request);
    }
    assert_true(table_vector_row(0, 0x30, row));
    assert_non_null(strstr(row, "dev5 0, 3 more"));
}

static void a_line_held_alone_against_others_is_a_waiting_conflict(void **state)
{
    (void)state;
    struct report_answers answers;
    operator_works("connect edu0");
    report_gather(&answers);
    assert_int_equal(answers.waiting, 1);
    assert_int_equal(answers.owners_alone, 1);
    operator_works("questions");
    operator_heard("edu0 holds line 21 alone; wired to it: edu0, edu1.");
}

static void the_answers_follow_a_reconnect(void **state)
{
    (void)state;
    struct report_answers answers;
    operator_works("connect edu0");
    operator_works("disconnect edu0");
    operator_works("connect edu0");
    console_command("connect edu1");
    report_gather(&answers);
    assert_true(answers.has_conflict);
    assert_string_equal(answers.conflict.requester, "edu1");
    assert_int_equal(answers.requester_connects, 0);
    assert_int_equal(answers.reconnects, 1);
    console_command("connect edu0");
    report_gather(&answers);
    assert_int_equal(answers.requester_connects, 2);
    assert_int_equal(answers.requester_disconnects, 1);
    assert_true(answers.requester_is_connected);
    assert_int_equal(answers.conflicts, 2);
}

static void one_connect_that_stayed_is_no_reconnect(void **state)
{
    (void)state;
    operator_works("connect edu0");
    console_command("connect edu0");
    operator_works("questions");
    operator_heard("No: edu0 connected once in the last 32 entries");
}

static void a_name_that_never_connected_did_not_reconnect(void **state)
{
    (void)state;
    operator_works("connect edu0");
    console_command("connect edu1");
    operator_works("questions");
    operator_heard("No: the last 32 entries of the history have no connect of edu1.");
}

static void a_disconnect_or_a_second_connect_is_a_reconnect(void **state)
{
    (void)state;
    operator_works("connect edu1");
    operator_works("disconnect edu1");
    operator_works("connect edu0");
    console_command("connect edu1");
    operator_works("questions");
    operator_heard("connects of edu1: 1, disconnects: 1; it is not connected now.");
    operator_works("disconnect edu0");
    operator_works("connect edu1");
    console_command("connect edu1");
    operator_works("questions");
    operator_heard("connects of edu1: 2, disconnects: 1; it is connected now.");
}

/* 32 entries: the connect is not among them any more, its disconnect is. */
static void a_disconnect_alone_is_a_reconnect_too(void **state)
{
    (void)state;
    operator_works("connect edu1");
    for (unsigned i = 0; i < 15; i++) {
        operator_works("connect com2");
        operator_works("disconnect com2");
    }
    operator_works("disconnect edu1");
    operator_works("connect edu0");
    console_command("connect edu1");
    operator_works("questions");
    operator_heard("connects of edu1: 0, disconnects: 1; it is not connected now.");
}

static void owners_beyond_the_room_are_in_the_answers_too(void **state)
{
    (void)state;
    struct report_answers answers;
    for (unsigned i = 0; i < 10; i++) {
        struct ivm_request request = world_line(i, OPERATOR_LINE);
        world_must_connect(i, &request);
    }
    report_gather(&answers);
    assert_int_equal(answers.owners_shared, 10);
    assert_int_equal(answers.owners_alone, 0);
    operator_works("questions");
    operator_heard("2 more on line 21: yes, all of them share.");
    operator_heard("dev6, dev7 and 2 more.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        OPERATOR_TEST(a_row_of_the_table_holds_all_its_columns),
        OPERATOR_TEST(a_masked_line_and_its_strays_are_in_the_row),
        OPERATOR_TEST(a_stray_on_a_vector_of_nobody_has_a_row),
        OPERATOR_TEST(owners_beyond_the_room_are_counted),
        OPERATOR_TEST(a_line_held_alone_against_others_is_a_waiting_conflict),
        OPERATOR_TEST(the_answers_follow_a_reconnect),
        OPERATOR_TEST(one_connect_that_stayed_is_no_reconnect),
        OPERATOR_TEST(a_name_that_never_connected_did_not_reconnect),
        OPERATOR_TEST(a_disconnect_or_a_second_connect_is_a_reconnect),
        OPERATOR_TEST(a_disconnect_alone_is_a_reconnect_too),
        OPERATOR_TEST(owners_beyond_the_room_are_in_the_answers_too),
    };
    return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
