/* test_commands.c: the console's commands, on devices that interrupt. */
#include "fake/world.h"

#include <string.h>

#include <ivm/bus.h>

#include "fake/board.h"
#include "fake/operator.h"
#include "fake/system.h"
#include "kernel/monitor/commands.h"
#include "kernel/monitor/console.h"

static void a_blank_line_succeeds(void **state)
{
    (void)state;
    operator_works("");
    operator_works("  \t ");
    assert_string_equal(fake_log_text(), "");
}

static void an_unknown_command_is_answered_with_the_nearest(void **state)
{
    (void)state;
    operator_fails(
        "fier edu0",
        "cannot understand `fier`; did you mean `fire NAME [message I] [COUNT]`?");
    operator_fails("dev", "did you mean `devices`?");
    operator_fails("zzzzzzz", "cannot understand `zzzzzzz`; `help` lists the commands");
}

static void wrong_arguments_are_answered_with_the_usage(void **state)
{
    (void)state;
    operator_fails("fire", "usage: fire NAME [message I] [COUNT]");
    operator_fails("table now", "usage: table");
    operator_fails("fire edu0 1 2", "`2` is one word too many");
    operator_fails("fire edu0 1 2 3 4 5 6 7", "usage: fire NAME [message I] [COUNT]");
    operator_fails("connect edu0 shared 3", "`3` is one word too many");
    operator_fails("connect edu0 loudly", "`loudly` is not `shared`");
    operator_fails("fire edu0 0", "`0` is no count: 1 to 1000000");
    operator_fails("fire edu0 1000001", "is no count");
    operator_fails("fire edu0 many", "`many` is no count");
    operator_fails("why 256", "`256` is no vector");
    operator_fails("why 0x", "`0x` is no vector");
    operator_fails("why -1", "`-1` is no vector");
    operator_fails("status x", "`x` is no status");
    operator_fails("status 4294967296", "is no status");
    operator_fails("rearm all", "`all` is no line number");
    operator_fails("help nobody", "no command `nobody`");
}

static void a_device_that_is_not_there_is_named(void **state)
{
    (void)state;
    const char *const commands[] = {"fire edu9",           "connect edu9",
                                    "disconnect edu9",     "refuse edu9",
                                    "claim edu9",          "connect edu9 messages",
                                    "mask edu9 message 0", "unmask edu9 message 0",
                                    "measure edu9",        "load edu9",
                                    "unload edu9",         "move edu9 0",
                                    "fire edu9 message 0"};
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        operator_fails(commands[i], "no device `edu9`");
}

static void every_command_has_help_and_a_name_of_its_own(void **state)
{
    (void)state;
    size_t count;
    const struct command *table = commands_table(&count);
    operator_works("help");
    for (size_t i = 0; i < count; i++) {
        operator_heard(table[i].help);
        assert_ptr_equal(commands_find(table[i].name), &table[i]);
        assert_true(table[i].least <= table[i].most && table[i].most < COMMAND_WORDS);
    }
}

static void a_connected_device_takes_what_is_fired(void **state)
{
    (void)state;
    operator_works("connect edu0");
    operator_heard("edu0 is connected to line 21: vector 0x30 of CPU 0, level 3");
    operator_works("fire edu0 7");
    operator_heard("edu0 was fired 7 times and took 7");
    operator_works("fire edu0");
    operator_heard("edu0 was fired 1 times and took 1");
    operator_works("disconnect edu0");
}

static void a_count_that_is_wrong_fails_the_command(void **state)
{
    (void)state;
    operator_works("connect edu0");
    board_state(ivm_device_find("edu0"))->repeats = true;
    operator_fails("fire edu0 3", "edu0 was fired 3 times and took 6");
}

static void a_second_exclusive_connect_is_refused_in_all_forms(void **state)
{
    (void)state;
    operator_works("connect edu0");
    operator_fails("connect edu1", "763 = 0x2FB");
    operator_heard("0x800702FB");
    operator_heard("0xC00702FB");
    operator_heard("owner-does-not-share");
    operator_heard("edu0, connected alone");
    operator_fails("connect edu1 shared", "owner-does-not-share");
    operator_fails("connect edu0", "storage-connected");
}

static void shared_connects_chain(void **state)
{
    (void)state;
    operator_works("connect edu0 shared");
    operator_works("connect edu1 shared");
    operator_works("fire edu1 2");
    operator_heard("edu1 was fired 2 times and took 2");
    assert_int_equal(board_state(ivm_device_find("edu0"))->fired, 0);
}

static void refuse_succeeds_only_when_it_is_refused(void **state)
{
    (void)state;
    operator_fails("refuse edu0", "nobody held line 21");
    operator_works("connect edu0");
    board_forget();
    operator_works("refuse edu0");
    operator_heard("second owner was refused");
    operator_heard("763 = 0x2FB");
    assert_int_equal(world_totals().vectors_used, 1);

    /* Refused, but not because of an owner: there is no such line. */
    board_add(BOARD_EDU, "ghost", WORLD_GSI_COUNT);
    operator_fails("refuse ghost", "no-such-source");
}

static void the_console_claims_a_line_and_releases_it(void **state)
{
    (void)state;
    operator_works("claim edu0");
    operator_fails("claim com2", "holds a line already");
    operator_fails("connect edu0", "console, connected alone");
    operator_works("release");
    operator_fails("release", "the console holds no line");
    operator_works("connect edu0");
    operator_fails("claim edu0 shared", "console was refused");
}

static void a_device_that_nobody_answers_is_masked_and_rearmed(void **state)
{
    (void)state;
    operator_works("claim edu0 shared");
    operator_works("fire edu0");
    operator_heard("taken by nobody 1000 times; masked");
    uint32_t cpu;
    uint8_t vector = world_place((struct ivm_source_id){IVM_LINE, OPERATOR_LINE}, &cpu);
    assert_int_equal(world_vector(cpu, vector).mask_reasons, IVM_MASKED_UNCLAIMED);
    operator_works("rearm 21");
    assert_int_equal(world_vector(cpu, vector).mask_reasons, 0);
    operator_fails("rearm 22", "line 22: ");
    operator_fails("rearm 100000", "line 100000: ");
}

static void a_stray_edge_is_counted_once(void **state)
{
    (void)state;
    operator_works("claim com2 shared");
    operator_works("fire com2");
    operator_heard("taken by nobody 1 times");
}

static void fired_before_it_is_connected_a_level_waits(void **state)
{
    (void)state;
    operator_works("fire edu0");
    operator_heard("it stays asserted, and interrupts whoever connects");
    operator_works("connect edu0");
    assert_int_equal(ivm_stats_claimed(&ivm_device_find("edu0")->connection), 1);
}

static void what_cannot_be_fired_says_why(void **state)
{
    (void)state;
    operator_fails("fire mute0", "mute0 cannot be made to interrupt: its driver");
    assert_non_null(ivm_device_find("pci 00:1f.2"));
}

static void disconnecting_twice_is_764(void **state)
{
    (void)state;
    operator_works("connect edu0");
    operator_works("disconnect edu0");
    operator_fails("disconnect edu0", "764 = 0x2FC");
}

static void a_status_is_found_by_each_of_its_forms(void **state)
{
    (void)state;
    const char *const commands[] = {"status 763", "status 0x2FB", "status 0x800702FB",
                                    "status 0xc00702fb", "status 3221684987"};
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        board_forget();
        operator_works(commands[i]);
        operator_heard("ERROR_INTERRUPT_VECTOR_ALREADY_CONNECTED");
    }
    board_forget();
    assert_int_equal(fake_log_text_count("latest "), 0);
    operator_works("connect edu0");
    operator_works("refuse edu0");
    board_forget();
    operator_works("status 763");
    operator_heard("  latest    refused #1: second owner -> line 21");
    board_forget();
    operator_works("status 764");
    operator_heard("IVM_NOT_CONNECTED");
    operator_heard("IVM_STILL_CONNECTED");
    operator_works("status 0x127");
    operator_heard("Its severity is success");
    operator_fails("status 12345", "no status here has a form 0x3039 (12345)");
}

static void why_names_the_owner_the_past_and_the_refused(void **state)
{
    (void)state;
    operator_works("connect edu0");
    operator_works("refuse edu0");
    board_forget();
    operator_works("why 0x30");
    operator_heard("vector 0x30, level 3: devices");
    operator_heard("1. edu0, alone");
    operator_heard("earlier: edu0 connected (line 21, connect number 1)");
    operator_heard("refused: second owner, by the rule owner-does-not-share");
    operator_works("why 255");
    operator_heard("spurious interrupts of the local APIC");
}

static void the_showing_commands_work_on_an_empty_machine(void **state)
{
    world_one_cpu(state);
    board_start();
    operator_works("table");
    operator_heard("nobody is connected");
    operator_works("devices");
    operator_heard("no device was found");
    operator_works("lines");
    operator_works("refusals");
    operator_works("questions");
    operator_heard("None: no connect among the latest refusals ended in 763.");
}

static void the_story_is_a_command(void **state)
{
    (void)state;
    board_add(BOARD_SWITCH, "switch0", 0);
    operator_works("claim edu0");
    operator_works("story");
    operator_heard("all as expected");
    board_state(ivm_device_find("edu1"))->is_deaf = true;
    board_forget();
    assert_false(console_command("story"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        OPERATOR_TEST(a_blank_line_succeeds),
        OPERATOR_TEST(an_unknown_command_is_answered_with_the_nearest),
        OPERATOR_TEST(wrong_arguments_are_answered_with_the_usage),
        OPERATOR_TEST(a_device_that_is_not_there_is_named),
        OPERATOR_TEST(every_command_has_help_and_a_name_of_its_own),
        OPERATOR_TEST(a_connected_device_takes_what_is_fired),
        OPERATOR_TEST(a_count_that_is_wrong_fails_the_command),
        OPERATOR_TEST(a_second_exclusive_connect_is_refused_in_all_forms),
        OPERATOR_TEST(shared_connects_chain),
        OPERATOR_TEST(refuse_succeeds_only_when_it_is_refused),
        OPERATOR_TEST(the_console_claims_a_line_and_releases_it),
        OPERATOR_TEST(a_device_that_nobody_answers_is_masked_and_rearmed),
        OPERATOR_TEST(a_stray_edge_is_counted_once),
        OPERATOR_TEST(fired_before_it_is_connected_a_level_waits),
        OPERATOR_TEST(what_cannot_be_fired_says_why),
        OPERATOR_TEST(disconnecting_twice_is_764),
        OPERATOR_TEST(a_status_is_found_by_each_of_its_forms),
        OPERATOR_TEST(why_names_the_owner_the_past_and_the_refused),
        OPERATOR_TEST(the_showing_commands_work_on_an_empty_machine),
        OPERATOR_TEST(the_story_is_a_command),
    };
    return cmocka_run_group_tests_name("commands", tests, NULL, NULL);
}
