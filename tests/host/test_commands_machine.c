/* test_commands_machine.c: the console's commands that look at the machine, and change it. */
#include "fake/world.h"

#include <string.h>

#include <ivm/bus.h>

#include "fake/board.h"
#include "fake/operator.h"
#include "fake/system.h"
#include "kernel/monitor/console.h"

static int two_cpus(void **state)
{
    operator_start(state);
    world_two_cpus(state);
    return 0;
}

static void an_audit_of_a_machine_as_programmed_finds_nothing(void **state)
{
    (void)state;
    board_add(BOARD_SWITCH, "switch0", 0);
    operator_works("connect edu0");
    operator_works("connect switch0 messages");
    operator_works("audit");
    operator_heard("no difference: every line and message is programmed as the table says");
}

static void a_foreign_write_is_a_difference_with_its_device_named(void **state)
{
    (void)state;
    struct ivm_device *device = board_add(BOARD_SWITCH, "switch0", 0);
    operator_works("connect switch0 messages");
    unsigned first = board_state(device)->wire * BOARD_MESSAGES;
    world.messages.pins[first + 2].route.vector = 0x99;
    operator_fails("audit", "switch0 msi-x 2: message 3 (msi-x, cpu 0 vector 0x50");
    operator_heard("sends vector 0x99, should be 0x50");
    operator_heard("1 differences, 0 messages of nobody here");
    world.messages.pins[first + 2].route.vector = 0x50;
    operator_works("audit");
}

static void a_message_that_nobody_here_opened_is_named(void **state)
{
    (void)state;
    struct ivm_foreign_message foreign = {.device = "pci 00:1f.2",
                                          .kind = IVM_MSI,
                                          .index = 0,
                                          .words = {.address = 0xFEE00000, .data = 0x4041},
                                          .hits = true,
                                          .cpu = 0,
                                          .vector = 0x41};
    board_set_foreign(&foreign);
    operator_fails("audit", "pci 00:1f.2 msi 0 is enabled, and nobody here opened it: "
                            "writes 0x4041 to 0xfee00000");
    operator_heard("it would interrupt vector 0x41 of CPU 0");
    operator_heard("0 differences, 1 messages of nobody here");
    foreign.hits = false;
    board_set_foreign(&foreign);
    operator_fails("audit", "it reaches no vector here");
}

static const struct ivm_measurement agreeing = {.heard = true,
                                                .gsi = 21,
                                                .was_known = true,
                                                .known_gsi = 21,
                                                .known_from = "ICH9 PIRQ",
                                                .agrees = true,
                                                .listening = 20};

/* What a measurement found is said by who measures: here nothing is said again. */
static void a_measurement_that_agrees_works_and_says_no_more(void **state)
{
    (void)state;
    board_set_measurement(IVM_OK, &agreeing);
    operator_works("measure edu0");
    assert_int_equal(fake_log_text_count("edu0"), 0);
}

static void a_measurement_that_disagrees_fails_and_says_how_to_use_it(void **state)
{
    (void)state;
    struct ivm_measurement other = agreeing;
    other.gsi = 10;
    other.agrees = false;
    board_set_measurement(IVM_OK, &other);
    operator_fails("measure edu0", "edu0: `measure edu0 use` takes line 10 from now on");
    assert_int_equal(ivm_device_find("edu0")->line.gsi, OPERATOR_LINE);
    operator_works("measure edu0 use");
    operator_heard("edu0: its line is line 10 from now on");
    assert_int_equal(ivm_device_find("edu0")->line.gsi, 10);
}

static void a_line_that_nobody_knew_is_found_and_silence_is_a_failure(void **state)
{
    (void)state;
    struct ivm_measurement found = {.heard = true, .gsi = 9, .listening = 3};
    board_set_measurement(IVM_OK, &found);
    operator_works("measure edu0");
    found.heard = false;
    board_set_measurement(IVM_OK, &found);
    assert_false(console_command("measure edu0"));
    operator_fails("measure edu0 use", "IVM_NOT_FOUND");
    operator_fails("measure edu0 now", "`now` is not `use`");
}

static void a_device_that_only_sends_a_message_of_its_own_is_left_out(void **state)
{
    (void)state;
    struct ivm_device *device = ivm_device_find("com2");
    device->has_line = false;
    device->own_message = 7;
    board_set_measurement(IVM_OK, &agreeing);
    operator_works("measure all");
    operator_heard("com2: not measured: it raises no line, but sends a message of its own");
    operator_heard("measured: 2 as routing says, 0 otherwise; not measured: 1");
    operator_fails("measure com2", "com2: not measured: it raises no line");
}

static void all_that_can_be_fired_are_measured(void **state)
{
    (void)state;
    board_set_measurement(IVM_OK, &agreeing);
    operator_works("measure all");
    operator_heard("measured: 3 as routing says, 0 otherwise; not measured: 0");
    board_set_measurement(IVM_STILL_CONNECTED, NULL);
    operator_works("measure all");
    operator_heard("com2: not measured: the interrupt vector is still connected");
    operator_heard("measured: 0 as routing says, 0 otherwise; not measured: 3");
    operator_fails("measure edu0", "edu0: not measured: the interrupt vector is still");
    struct ivm_measurement other = agreeing;
    other.agrees = false;
    board_set_measurement(IVM_OK, &other);
    operator_fails("measure all", "0 as routing says, 3 otherwise");
}

static void who_asserts_a_line_is_named(void **state)
{
    (void)state;
    operator_works("suspects 21");
    operator_heard("no PCI device says that it asserts line 21 now");
    operator_works("fire edu1");
    board_forget();
    operator_works("suspects 21");
    operator_heard("edu1 says that it asserts line 21; driven by edu");
    operator_fails("suspects all", "`all` is no line number");
}

static void a_driver_is_unloaded_and_loaded_again(void **state)
{
    (void)state;
    operator_works("connect edu0");
    operator_fails("unload edu0", "edu0 is still connected; `disconnect edu0` first");
    operator_works("disconnect edu0");
    operator_works("unload edu0");
    operator_heard("no driver; line 21");
    operator_fails("connect edu0", "IVM_NO_SUCH_DEVICE");
    operator_fails("unload edu0", "IVM_NO_SUCH_DEVICE");
    operator_works("load edu0");
    operator_heard("driver edu; line 21");
    operator_fails("load edu0", "IVM_ALREADY_CONNECTED");
    operator_works("connect edu0");
}

static void a_rescan_tells_what_came_and_what_went(void **state)
{
    (void)state;
    operator_works("rescan");
    operator_heard("rescan: 0 found, 0 gone");
    board_set_change("edu2", 23, ivm_device_find("edu1"));
    operator_works("rescan");
    operator_heard("edu2           PCI");
    operator_heard("rescan: 1 found, 1 gone");
    operator_works("devices");
    operator_heard("gone: it was taken out");
    operator_works("lines");
    operator_heard("wired to edu0\n");
}

static void a_source_is_moved_to_another_cpu(void **state)
{
    (void)state;
    board_add(BOARD_SWITCH, "switch0", 0);
    operator_works("connect edu0");
    operator_works("connect switch0 messages");
    operator_works("move edu0 1");
    operator_heard("line 21 is on CPU 1, vector 0x30");
    operator_works("move switch0 message 1 0");
    operator_works("move switch0 message 1 1");
    operator_heard("switch0 msi-x 1 is on CPU 1");
    operator_works("fire switch0 message 1 2");
    operator_works("fire edu0");
    operator_fails("move edu0 7",
                   "line 21 was not moved to CPU 7: an argument is malformed");
    operator_heard("line 21 is on CPU 1");
    operator_fails("move edu0 x", "`x` is no CPU");
    operator_fails("move switch0 1", "usage: move NAME CPU for a line");
    operator_fails("move edu0 message 0 1", "edu0 is not connected by messages");
    operator_fails("move com2 1", "line 3 was not moved to CPU 1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        OPERATOR_TEST(an_audit_of_a_machine_as_programmed_finds_nothing),
        OPERATOR_TEST(a_foreign_write_is_a_difference_with_its_device_named),
        OPERATOR_TEST(a_message_that_nobody_here_opened_is_named),
        OPERATOR_TEST(a_measurement_that_agrees_works_and_says_no_more),
        OPERATOR_TEST(a_measurement_that_disagrees_fails_and_says_how_to_use_it),
        OPERATOR_TEST(a_line_that_nobody_knew_is_found_and_silence_is_a_failure),
        OPERATOR_TEST(a_device_that_only_sends_a_message_of_its_own_is_left_out),
        OPERATOR_TEST(all_that_can_be_fired_are_measured),
        OPERATOR_TEST(who_asserts_a_line_is_named),
        OPERATOR_TEST(a_driver_is_unloaded_and_loaded_again),
        OPERATOR_TEST(a_rescan_tells_what_came_and_what_went),
        cmocka_unit_test_setup_teardown(a_source_is_moved_to_another_cpu, two_cpus,
                                        operator_end),
    };
    return cmocka_run_group_tests_name("commands_machine", tests, NULL, NULL);
}
