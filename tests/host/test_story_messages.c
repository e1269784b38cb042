/* test_story_messages.c: the story's scene about messages, on devices that have several, one and
 * none.
 */
#include "fake/world.h"

#include <string.h>

#include <ivm/bus.h>

#include "fake/board.h"
#include "kernel/monitor/messages.h"
#include "kernel/monitor/scenes.h"
#include "story_bench.h"

enum { SHARED_LINE = 21, OTHER_LINE = 23 };

static int board_with_a_switch(void **state)
{
    world_one_cpu(state);
    board_start();
    board_add(BOARD_PORT, "com2", 3);
    board_add(BOARD_EDU, "edu0", SHARED_LINE);
    board_add(BOARD_SWITCH, "switch0", 0);
    return 0;
}

static int empty_board(void **state)
{
    world_one_cpu(state);
    board_start();
    board_add(BOARD_PORT, "com2", 3);
    return 0;
}

/* The story's scene about messages, from its title to its last line. */
static const char *scene_of_messages(void)
{
    static char scene[8192];
    const char *begin = strstr(fake_log_text(), "A device with several messages");
    assert_non_null(begin);
    const char *end = strstr(begin, "\n---");
    assert_non_null(end);
    assert_true((size_t)(end - begin) < sizeof scene);
    memcpy(scene, begin, (size_t)(end - begin));
    scene[end - begin] = '\0';
    return scene;
}

static void assert_scene_tells(const char *text)
{
    const char *scene = scene_of_messages();
    if (strstr(scene, text) == NULL)
        fail_msg("the scene does not say \"%s\":\n%s", text, scene);
}

static void messages_are_counted_refused_masked_and_given_back(void **state)
{
    (void)state;
    board_add(BOARD_SWITCH, "switch1", 0);
    assert_tells(true);
    assert_scene_tells("switch0: 4 MSI-X messages granted of 4");
    assert_scene_tells(
        "message 0 took 3, message 1 took 3, message 2 took 3, message 3 took 3");
    assert_scene_tells("second owner asks for it, alone: refused with 763 "
                       "(owner-does-not-share), held by switch0");
    assert_scene_tells(
        "message 3 is masked and sent 3 times: took 0, is pending; unmasked: "
        "took 1");
    assert_scene_tells("switch0 has no line to go back to.");
    assert_scene_tells(
        "expected: messages 4, vectors of their own 4, differences in an audit 0, "
        "messages that took exactly 3 4, ");
    assert_scene_tells("the same; as expected");
}

static void a_device_that_can_go_back_to_its_line_is_preferred(void **state)
{
    (void)state;
    board_add(BOARD_NIC, "nic0", OTHER_LINE);
    assert_tells(true);
    assert_scene_tells("nic0: 5 MSI-X messages granted of 5");
    assert_scene_tells("The messages are given back: nic0 is on line 23 again.");
    assert_scene_tells("fired 3 times: nic0 took 3");
    assert_told("9 messages have one owner each.");
}

static void one_message_without_a_mask_is_enough_to_play(void **state)
{
    (void)state;
    board_add(BOARD_SINGLE, "single0", SHARED_LINE);
    assert_tells(true);
    assert_scene_tells("Lacking: a device with several. One message stands in for them.");
    assert_scene_tells("single0: 1 MSI message granted of 1");
    assert_int_equal(strstr(scene_of_messages(), "masked and sent") != NULL, 0);
    assert_scene_tells("single0 is on line 21 again.");
    assert_told("0 failed: all as expected");
}

static void without_messages_the_scene_says_so_and_nothing_more(void **state)
{
    (void)state;
    board_add(BOARD_EDU, "edu0", SHARED_LINE);
    assert_tells(true);
    assert_scene_tells("Lacking: no device here can be made to send a message");
    assert_scene_tells("not shown: this machine lacked a device for it");
    assert_told("0 failed; 1 scene lacked a device");
}

static void a_message_that_comes_twice_makes_it_false(void **state)
{
    (void)state;
    board_state(ivm_device_find("switch0"))->repeats = true;
    assert_tells(false);
    assert_told("NOT as expected: expected messages that took exactly 3 4; happened: "
                "messages that took exactly 3 0");
}

static void a_message_that_does_not_come_makes_it_false(void **state)
{
    (void)state;
    board_state(ivm_device_find("switch0"))->is_deaf = true;
    assert_tells(false);
    assert_told("switch0 was fired and did not take its message 0");
    assert_told("NOT as expected: expected taken once unmasked 1; happened: taken once "
                "unmasked 0");
}

static void a_driver_without_a_use_for_its_messages_makes_it_false(void **state)
{
    (void)state;
    board_state(ivm_device_find("switch0"))->refuses_messages = true;
    assert_tells(false);
    assert_told("NOT as expected: expected connect by messages OK; happened: connect by "
                "messages UNSUPPORTED");
}

static void a_bridge_is_no_actor(void **state)
{
    (void)state;
    board_add(BOARD_SWITCH, "port0", 0)->pci.class_code = 0x060400;
    assert_tells(true);
    assert_scene_tells("Lacking: no device here can be made to send a message");
    assert_false(messages_are_open(ivm_device_find("port0")));
}

static void a_device_that_is_by_messages_is_not_looked_for_on_its_line(void **state)
{
    (void)state;
    struct ivm_device *nic = board_add(BOARD_NIC, "nic0", OTHER_LINE);
    struct ivm_grant grant;
    struct attempt attempt;
    struct stage stage;
    assert_int_equal(messages_connect(nic, 5, &grant, &attempt), IVM_OK);
    stage_set_busiest(&stage);
    assert_string_equal(stage.devices[0]->name, "com2");
    assert_int_equal(messages_disconnect(nic), IVM_OK);
    stage_set_busiest(&stage);
    assert_string_equal(stage.devices[0]->name, "nic0");
}

#define FULL(claim)  cmocka_unit_test_setup_teardown(claim, board_with_a_switch, world_end)
#define EMPTY(claim) cmocka_unit_test_setup_teardown(claim, empty_board, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FULL(messages_are_counted_refused_masked_and_given_back),
        FULL(a_device_that_can_go_back_to_its_line_is_preferred),
        EMPTY(one_message_without_a_mask_is_enough_to_play),
        EMPTY(without_messages_the_scene_says_so_and_nothing_more),
        FULL(a_message_that_comes_twice_makes_it_false),
        FULL(a_message_that_does_not_come_makes_it_false),
        FULL(a_driver_without_a_use_for_its_messages_makes_it_false),
        EMPTY(a_bridge_is_no_actor),
        EMPTY(a_device_that_is_by_messages_is_not_looked_for_on_its_line),
    };
    return cmocka_run_group_tests_name("story_messages", tests, NULL, NULL);
}
