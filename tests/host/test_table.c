/* test_table.c: the tables and the five answers. */
#include "fake/world.h"

#include <stdio.h>
#include <string.h>

#include "fake/board.h"
#include "fake/operator.h"
#include "fake/system.h"
#include "kernel/monitor/console.h"
#include "kernel/monitor/report.h"
#include "kernel/monitor/table.h"
#include "kernel/monitor/words.h"

static void a_row_of_the_table_holds_all_its_columns(void **state)
{
    (void)state;
    operator_works("connect edu0 shared");
    operator_works("connect edu1 shared");
    operator_works("fire edu1 2");
    fake_system_reset();
    assert_true(table_vector(0, 0x30));
    assert_string_equal(
        fake_log_text(),
        "  0 0x30   3 line 21           level low  -                 2      0 "
        "edu0 0, edu1 2\n");
    assert_false(table_vector(0, 0x31));
    assert_false(table_vector(1, 0x30));
}

static void a_message_is_named_by_its_device_and_its_index(void **state)
{
    (void)state;
    board_add(BOARD_SWITCH, "switch0", 0);
    operator_works("connect switch0 messages");
    operator_works("fire switch0 message 2 3");
    operator_works("mask switch0 message 2");
    fake_system_reset();
    assert_true(table_vector(0, 0x50));
    assert_string_equal(
        fake_log_text(),
        "  0 0x50   5 switch0 msi-x 2   edge  -    owner             3      0 "
        "switch0 3\n");
}

static void each_message_is_named_by_its_own_device(void **state)
{
    (void)state;
    board_add(BOARD_SWITCH, "switch0", 0);
    board_add(BOARD_SWITCH, "switch1", 0);
    operator_works("connect switch1 messages");
    operator_works("connect switch0 messages");
    fake_system_reset();
    operator_works("table");
    for (unsigned i = 0; i < 4; i++) {
        char name[] = "switch1 msi-x 0 ";
        name[14] = (char)('0' + i);
        operator_heard(name);
        name[6] = '0';
        operator_heard(name);
    }
}

static void a_bare_vector_has_a_row_too(void **state)
{
    (void)state;
    struct ivm_request request = world_bare(0, 0x77);
    world_must_connect(0, &request);
    assert_true(table_vector(0, 0x77));
    operator_heard(
        "  0 0x77   7 bare 0x77         edge  -    -                 0      0 dev0 0");
}

static void a_message_of_no_device_is_named_by_its_number(void **state)
{
    (void)state;
    struct ivm_request request = world_message(0, 1);
    world_must_connect(0, &request);
    assert_true(table_vector(0, 0x30));
    operator_heard("message 1 ");
}

static void the_table_is_at_most_a_hundred_columns_wide(void **state)
{
    (void)state;
    board_add(BOARD_NIC, "ethernet-controller0", OPERATOR_LINE);
    operator_works("connect ethernet-controller0 messages");
    for (unsigned i = 0; i < 12; i++) {
        struct ivm_request request = world_line(i, OPERATOR_LINE);
        snprintf(request.owner, sizeof request.owner, "owner number %u", i);
        world_must_connect(i, &request);
    }
    model_raise(0, 0xC7);
    fake_system_reset();
    operator_works("table");
    for (const char *line = fake_log_text(); *line != '\0';) {
        size_t length = strcspn(line, "\n");
        if (length > TABLE_WIDTH)
            fail_msg("%zu columns: %.*s", length, (int)length, line);
        line += length + 1;
    }
    operator_heard("owner number 11 0");
}

static void a_masked_line_and_its_strays_are_in_the_row(void **state)
{
    (void)state;
    operator_works("claim edu0 shared");
    operator_works("fire edu0");
    assert_true(table_vector(0, 0x30));
    operator_heard("unclaimed");
    operator_heard("1000   1000 console 0");
}

static void all_reasons_to_be_masked_are_named(void **state)
{
    (void)state;
    char out[WORDS_MASK];
    assert_string_equal(words_mask(0, out), "-");
    assert_string_equal(words_mask(IVM_MASKED_IDLE, out), "idle");
    assert_string_equal(words_mask(IVM_MASKED_UNCLAIMED | IVM_MASKED_BY_OWNER, out),
                        "unclaimed+owner");
    assert_string_equal(words_mask(0xFF, out), "idle+unclaimed+moving+owner");
}

static void a_stray_on_a_vector_of_nobody_has_a_row(void **state)
{
    (void)state;
    model_raise(0, 0x77);
    assert_true(table_vector(0, 0x77));
    operator_heard("1      1 (nobody)");
    assert_false(table_vector(0, 0xFF));
    model_call(0xFF);
    assert_true(table_vector(0, 0xFF));
    operator_heard("(spurious)");
}

static void owners_beyond_the_room_are_counted(void **state)
{
    (void)state;
    static struct ivm_connection connections[18];
    memset(connections, 0, sizeof connections);
    for (unsigned i = 0; i < 18; i++) {
        struct ivm_request request = world_line(0, OPERATOR_LINE);
        snprintf(request.owner, sizeof request.owner, "dev%u", i);
        assert_int_equal(ivm_connect(&request, &connections[i], NULL), IVM_OK);
    }
    assert_true(table_vector(0, 0x30));
    operator_heard("dev15 0, 2 more");
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

static void messages_are_no_owners_alone(void **state)
{
    (void)state;
    struct report_answers answers;
    board_add(BOARD_SWITCH, "switch0", 0);
    operator_works("connect edu0");
    operator_works("connect switch0 messages");
    report_gather(&answers);
    assert_int_equal(answers.owners_alone, 1);
    assert_int_equal(answers.messages, 4);
    operator_works("questions");
    operator_heard("Messages connected: 4; each belongs to one device");
    assert_int_equal(fake_log_text_count("switch0 on"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        OPERATOR_TEST(a_row_of_the_table_holds_all_its_columns),
        OPERATOR_TEST(a_message_is_named_by_its_device_and_its_index),
        OPERATOR_TEST(each_message_is_named_by_its_own_device),
        OPERATOR_TEST(a_bare_vector_has_a_row_too),
        OPERATOR_TEST(a_message_of_no_device_is_named_by_its_number),
        OPERATOR_TEST(the_table_is_at_most_a_hundred_columns_wide),
        OPERATOR_TEST(all_reasons_to_be_masked_are_named),
        OPERATOR_TEST(messages_are_no_owners_alone),
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
