/* test_story.c: the story on machines with many devices, few and none; and that it notices
 * when what happens is not what it expects.
 */
#include "fake/world.h"

#include <string.h>

#include <ivm/bus.h>

#include "fake/board.h"
#include "kernel/monitor/scenes.h"
#include "story_bench.h"

enum { SHARED_LINE = 21, OTHER_LINE = 23 };

/* Three devices on one line, one on another, two serial ports, a device with messages only. */
static int full_board(void **state)
{
    world_one_cpu(state);
    board_start();
    board_add(BOARD_PORT, "com1", 4);
    board_add(BOARD_PORT, "com2", 3);
    board_add(BOARD_EDU, "edu0", SHARED_LINE);
    board_add(BOARD_EDU, "edu1", OTHER_LINE);
    board_add(BOARD_EDU, "edu2", SHARED_LINE);
    board_add(BOARD_EDU, "edu3", SHARED_LINE);
    board_add(BOARD_MUTE, "mute0", OTHER_LINE);
    board_add(BOARD_SWITCH, "switch0", 0);
    board_add_undriven("pci 00:1f.2", 16);
    return 0;
}

static int empty_board(void **state)
{
    world_one_cpu(state);
    board_start();
    return 0;
}

static void on_a_full_machine_the_story_holds(void **state)
{
    (void)state;
    assert_tells(true);
    assert_int_equal(fake_log_text_count("NOT as expected"), 0);
    assert_int_equal(fake_log_text_count("Lacking"), 1); /* one model only */
    assert_told("; as expected");
    assert_told("; happened: the same; as expected");
    assert_told("0 failed: all as expected");
}

static void the_refusal_is_told_in_all_its_forms(void **state)
{
    (void)state;
    assert_tells(true);
    assert_told("763 = 0x2FB");
    assert_told("0x800702FB");
    assert_told("0xC00702FB");
    assert_told("ERROR_INTERRUPT_VECTOR_ALREADY_CONNECTED");
    assert_told("owner-does-not-share");
    assert_told("held by edu0");
}

static void each_of_the_five_scenarios_ends_in_what_was_expected_and_happened(void **state)
{
    (void)state;
    assert_tells(true);
    for (unsigned scenario = 1; scenario <= 5; scenario++) {
        char title[] = "Scenario 0:";
        title[9] = (char)('0' + scenario);
        const char *begin = strstr(fake_log_text(), title);
        assert_non_null(begin);
        const char *end = strstr(begin, "\n---");
        const char *verdict = strstr(begin, "\nexpected: ");
        assert_non_null(verdict);
        assert_non_null(strstr(verdict, "; happened: "));
        assert_true(end == NULL || verdict < end);
    }
}

static void the_five_questions_are_answered_about_the_last_conflict(void **state)
{
    (void)state;
    assert_tells(true);
    assert_told("1. Which device triggered the status?");
    assert_told("edu0 asked for line 21; held by edu0.");
    assert_told("2. Are there conflicts?");
    assert_told("3. Does the driver support sharing?");
    assert_told("refused last: no, it asked for the line alone.");
    assert_told("4. Did it follow a reconnect");
    assert_told("Yes: of the last 32 entries of the history, connects of edu0: ");
    assert_told("; it is connected now.");
    assert_told("5. Which devices share a vector?");
    assert_told("line 21: edu0, edu2, edu3.");
}

static void when_it_ends_every_device_is_connected_and_shared(void **state)
{
    (void)state;
    assert_tells(true);
    struct ivm_totals totals = world_totals();
    assert_int_equal(totals.connects - totals.disconnects, 7 + 4);
    assert_int_equal(totals.vectors_used, 4 + 4);
}

static void told_twice_it_holds_twice(void **state)
{
    (void)state;
    assert_tells(true);
    board_forget();
    assert_tells(true);
    assert_told("edu0 was connected; disconnected for the story");
    assert_told("switch0 was connected; disconnected for the story");
}

static void without_a_device_it_says_so_and_still_refuses(void **state)
{
    (void)state;
    assert_tells(true);
    assert_told("Lacking: no device there can be made to interrupt");
    assert_told("refused with 763 (owner-does-not-share)");
    assert_told("10 scenes, ");
    assert_told("0 failed; 10 scenes lacked a device that can interrupt");
    assert_int_equal(fake_log_text_count("all as expected"), 0);
    assert_int_equal(world_totals().vectors_used, 0);
}

static void without_isa_lines_it_plays_on_a_bare_vector(void **state)
{
    (void)state;
    board_without_isa();
    assert_tells(true);
    assert_told("On bare 0x30");
}

static void one_device_alone_is_enough_for_every_count(void **state)
{
    (void)state;
    board_add(BOARD_EDU, "edu0", SHARED_LINE);
    assert_tells(true);
    assert_told("Lacking: 3 devices on one line were wanted");
    assert_told("edu0 apart 4");
}

static void an_edge_triggered_device_alone_plays_all_parts(void **state)
{
    (void)state;
    board_add(BOARD_PORT, "rtc", 8);
    assert_tells(true);
    assert_told("Lacking: a level-triggered line with a device.");
    assert_told("rtc apart 4");
}

static void eight_devices_on_four_lines_are_all_fired(void **state)
{
    (void)state;
    char name[] = "edu0";
    for (unsigned i = 0; i < 8; i++) {
        name[3] = (char)('0' + i);
        board_add(BOARD_EDU, name, 20 + i % 4);
    }
    assert_tells(true);
    assert_told("devices that took their one 8,");
    assert_told("0 failed; 2 scenes lacked a device");
}

static void two_models_on_a_line_are_preferred_to_three_of_one(void **state)
{
    (void)state;
    board_add(BOARD_CARD, "card0", OTHER_LINE);
    assert_tells(true);
    assert_told("On line 23, level-triggered: edu1, card0.");
    assert_int_equal(fake_log_text_count("Lacking"), 0);
}

static void an_undriven_function_is_no_actor(void **state)
{
    (void)state;
    board_add_undriven("pci 00:03.0", SHARED_LINE);
    board_add(BOARD_MUTE, "mute0", OTHER_LINE);
    assert_tells(true);
    assert_told("Lacking: no device there can be made to interrupt");
}

static void a_device_that_interrupts_twice_makes_it_false(void **state)
{
    (void)state;
    board_state(ivm_device_find("edu2"))->repeats = true;
    assert_tells(false);
    assert_told("NOT as expected: expected edu2 apart 4; happened: edu2 apart 8");
}

static void a_device_that_does_not_interrupt_makes_it_false(void **state)
{
    (void)state;
    board_state(ivm_device_find("com2"))->is_deaf = true;
    assert_tells(false);
    assert_told("com2 was fired and did not take its interrupt");
    assert_told("NOT as expected: expected com2 5; happened: com2 0");
}

static void a_routine_that_claims_for_others_makes_it_false(void **state)
{
    (void)state;
    board_state(ivm_device_find("edu0"))->takes_others = true;
    /* Bounded: it stops when the line's real owner cannot be asked any more. */
    board_state(ivm_device_find("edu2"))->is_deaf = true;
    board_state(ivm_device_find("edu3"))->is_deaf = true;
    assert_tells(false);
}

static void a_slow_device_is_waited_for(void **state)
{
    (void)state;
    board_state(ivm_device_find("edu0"))->is_slow = true;
    board_state(ivm_device_find("com2"))->is_slow = true;
    assert_tells(true);
}

static void a_player_cast_anew_gives_up_its_place(void **state)
{
    (void)state;
    struct stage stage;
    struct attempt attempt;
    static struct player player;
    stage_set_busiest(&stage);
    player_cast(&player, PLAYER_LOOKS, "first", NULL);
    player_join(&player, &stage, IVM_EXCLUSIVE, &attempt);
    assert_int_equal(attempt.status, IVM_OK);
    player_cast(&player, PLAYER_LOOKS, "second", NULL);
    assert_int_equal(world_totals().vectors_used, 0);
    player_join(&player, &stage, IVM_EXCLUSIVE, &attempt);
    assert_int_equal(attempt.status, IVM_OK);
    assert_int_equal(player_leave(&player), IVM_OK);
}

static void a_line_that_is_held_is_no_stage(void **state)
{
    (void)state;
    struct ivm_request request = world_line(0, SHARED_LINE);
    request.sharing = IVM_EXCLUSIVE;
    world_must_connect(0, &request);
    assert_tells(true);
    assert_told("edu0 is not connected: its owner connected it without sharing");
}

#define FULL(claim)  cmocka_unit_test_setup_teardown(claim, full_board, world_end)
#define EMPTY(claim) cmocka_unit_test_setup_teardown(claim, empty_board, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FULL(on_a_full_machine_the_story_holds),
        FULL(the_refusal_is_told_in_all_its_forms),
        FULL(each_of_the_five_scenarios_ends_in_what_was_expected_and_happened),
        FULL(the_five_questions_are_answered_about_the_last_conflict),
        FULL(when_it_ends_every_device_is_connected_and_shared),
        FULL(told_twice_it_holds_twice),
        EMPTY(without_a_device_it_says_so_and_still_refuses),
        EMPTY(without_isa_lines_it_plays_on_a_bare_vector),
        EMPTY(one_device_alone_is_enough_for_every_count),
        EMPTY(an_edge_triggered_device_alone_plays_all_parts),
        EMPTY(eight_devices_on_four_lines_are_all_fired),
        FULL(two_models_on_a_line_are_preferred_to_three_of_one),
        EMPTY(an_undriven_function_is_no_actor),
        FULL(a_device_that_interrupts_twice_makes_it_false),
        FULL(a_device_that_does_not_interrupt_makes_it_false),
        FULL(a_routine_that_claims_for_others_makes_it_false),
        FULL(a_slow_device_is_waited_for),
        FULL(a_player_cast_anew_gives_up_its_place),
        FULL(a_line_that_is_held_is_no_stage),
    };
    return cmocka_run_group_tests_name("story", tests, NULL, NULL);
}
