/* test_measure.c: which line a device raises, found out by firing it. */
#include "fake/world.h"

#include <stdio.h>
#include <string.h>

#include <ivm/bus.h>

#include "drivers/measure.h"
#include "drivers/pci_route_provider.h"
#include "fake/board.h"
#include "fake/hardware.h"
#include "fake/pci_space.h"
#include "fake/system.h"

static struct ivm_measurement measured;

static int set_up(void **state)
{
    world_one_cpu(state);
    fake_hardware_reset();
    fake_pci_start();
    board_start();
    fake_cpu.interrupts_on = true;
    memset(&measured, 0xA5, sizeof measured);
    return 0;
}

static void measure(struct ivm_device *device)
{
    uint32_t used = world_totals().vectors_used;
    assert_int_equal(ivm_device_measure(device, &measured), IVM_OK);
    assert_int_equal(world_totals().vectors_used, used);
    assert_int_equal(board_state(device)->pending, 0);
}

static void expect_heard(uint32_t gsi)
{
    assert_true(measured.heard);
    assert_int_equal(measured.gsi, gsi);
    assert_int_equal(measured.agrees, measured.was_known && measured.known_gsi == gsi);
}

static void each_kind_of_device_is_heard_on_the_line_it_raises(void **state)
{
    (void)state;
    struct ivm_device *edu = board_add(BOARD_EDU, "edu0", 21);
    struct ivm_device *port = board_add(BOARD_PORT, "com1", 4);
    struct ivm_device *slow = board_add(BOARD_PORT, "rtc", 8);
    board_state(slow)->is_slow = true;

    measure(edu);
    expect_heard(21);
    assert_int_equal(measured.restless, 0);
    assert_string_equal(measured.known_from, "board");
    measure(port);
    expect_heard(4);
    measure(slow);
    expect_heard(8);
    assert_int_equal(fake_log_text_count("as known"), 3);
    assert_int_equal(board_state(edu)->fired, 1);
}

static void every_line_up_to_the_last_is_listened_on(void **state)
{
    (void)state;
    struct ivm_device *far = board_add(BOARD_EDU, "edu0", WORLD_LINES - 1);
    far->has_line = false;

    measure(far);

    expect_heard(WORLD_LINES - 1);
    assert_false(measured.was_known);
    assert_int_equal(measured.listening, WORLD_LINES);
    assert_int_equal(fake_log_text_count("gsi 199, which nobody knew"), 1);
}

static void a_false_line_is_reported_with_the_real_one_and_can_be_replaced(void **state)
{
    (void)state;
    struct ivm_device *edu = board_add(BOARD_EDU, "edu0", 21);
    struct ivm_device *other = board_add(BOARD_EDU, "edu1", 21);
    other->line.polarity = IVM_ACTIVE_HIGH;
    edu->line = (struct ivm_line_info){7, IVM_EDGE, IVM_ACTIVE_HIGH, "a rumour"};

    measure(edu);
    expect_heard(21);
    assert_false(measured.agrees);
    assert_int_equal(measured.known_gsi, 7);
    assert_int_equal(fake_log_text_count("gsi 21, but routing says gsi 7 (a rumour)"), 1);
    assert_int_equal(edu->line.gsi, 7);

    assert_int_equal(ivm_device_use_measured(edu, &measured), IVM_OK);
    assert_int_equal(edu->line.gsi, 21);
    assert_int_equal(edu->line.trigger, IVM_LEVEL);
    assert_int_equal(edu->line.polarity, IVM_ACTIVE_HIGH); /* as the other owner has it */
    assert_string_equal(edu->line.known_from, "measured");
    measure(edu);
    assert_true(measured.agrees);
}

static void a_pci_pin_on_an_isa_line_is_level_triggered_and_low(void **state)
{
    (void)state;
    struct ivm_device *edu = board_add(BOARD_EDU, "edu0", 11);
    edu->has_line = false;

    measure(edu);
    assert_int_equal(ivm_device_use_measured(edu, &measured), IVM_OK);

    assert_true(edu->has_line);
    assert_int_equal(edu->line.gsi, 11);
    assert_int_equal(edu->line.trigger, IVM_LEVEL);
    assert_int_equal(edu->line.polarity, IVM_ACTIVE_LOW);
}

static void what_was_not_heard_or_is_connected_is_not_used(void **state)
{
    (void)state;
    struct ivm_device *edu = board_add(BOARD_EDU, "edu0", 21);
    board_state(edu)->is_deaf = true;

    measure(edu);
    assert_false(measured.heard || measured.agrees);
    assert_int_equal(fake_log_text_count("none of 200 lines answered"), 1);
    assert_int_equal(ivm_device_use_measured(edu, &measured), IVM_NOT_FOUND);

    board_state(edu)->is_deaf = false;
    measure(edu);
    assert_int_equal(ivm_device_connect(edu, IVM_SHARED, NULL), IVM_OK);
    assert_int_equal(ivm_device_use_measured(edu, &measured), IVM_STILL_CONNECTED);
    assert_int_equal(ivm_device_disconnect(edu), IVM_OK);
}

static void a_line_that_is_asserted_already_is_named_and_left_out(void **state)
{
    (void)state;
    struct ivm_device *edu = board_add(BOARD_EDU, "edu0", 21);
    struct ivm_device *stuck = board_add(BOARD_EDU, "edu1", 21);
    struct ivm_device *port = board_add(BOARD_PORT, "com1", 4);
    fake_pci_put16(fake_pci_add(0, stuck->pci.slot, 0, 0x11E81234), 0x06, 1 << 3);
    stuck->driver->fire(stuck);

    measure(edu);
    assert_false(measured.heard);
    assert_int_equal(measured.restless, 1);
    assert_int_equal(measured.first_restless, 21);
    assert_int_equal(fake_log_text_count("line 21 is asserted, or fires unasked"), 1);
    assert_int_equal(fake_log_text_count("line 21: edu1 says"), 1);
    assert_non_null(strstr(model_notice(0), "1000 interrupts in a row"));
    measure(port);
    expect_heard(4);
    assert_int_equal(measured.restless, 1);

    stuck->driver->quiet(stuck);
    measure(edu);
    expect_heard(21);
    assert_int_equal(measured.restless, 0);
}

static const struct ivm_driver *first_driver;
static bool restless_was_masked;

static void fire_and_look(struct ivm_device *device)
{
    restless_was_masked = world.io.pins[2].masked && !world.io.pins[3].masked;
    first_driver->fire(device);
}

static void an_edge_that_fires_unasked_is_left_out(void **state)
{
    (void)state;
    struct ivm_device *edu = board_add(BOARD_EDU, "edu0", 21);
    struct ivm_device *ticking = board_add(BOARD_PORT, "pit", 2);
    board_state(ticking)->is_slow = true;
    ticking->driver->fire(ticking); /* comes while the listeners wait */

    struct ivm_driver looks = *edu->driver;
    first_driver = edu->driver;
    looks.fire = fire_and_look;
    edu->driver = &looks;

    measure(edu);

    assert_true(restless_was_masked);
    assert_int_equal(fake_log_text_count("fires unasked (1 times)"), 1);

    expect_heard(21);
    assert_int_equal(measured.restless, 1);
    assert_int_equal(measured.first_restless, 2);
    assert_int_equal(measured.listening + measured.restless, 128);
    ticking->driver->quiet(ticking);
}

static void what_is_in_use_is_not_measured(void **state)
{
    (void)state;
    struct ivm_device *edu = board_add(BOARD_EDU, "edu0", 21);
    struct ivm_device *sharer = board_add(BOARD_CARD, "card0", 21);
    struct ivm_device *port = board_add(BOARD_PORT, "com1", 4);
    assert_int_equal(ivm_device_connect(edu, IVM_SHARED, NULL), IVM_OK);

    assert_int_equal(ivm_device_measure(edu, &measured), IVM_STILL_CONNECTED);
    assert_int_equal(ivm_device_measure(sharer, &measured), IVM_STILL_CONNECTED);
    assert_int_equal(board_state(sharer)->fired, 0);
    measure(port);
    expect_heard(4);

    assert_int_equal(ivm_device_disconnect(edu), IVM_OK);
}

static void what_cannot_be_fired_is_not_measured(void **state)
{
    (void)state;
    struct ivm_device *gone = board_add(BOARD_EDU, "edu0", 21);
    gone->is_gone = true;

    assert_int_equal(ivm_device_measure(board_add(BOARD_MUTE, "mute0", 5), &measured),
                     IVM_NO_SUCH_DEVICE);
    assert_int_equal(ivm_device_measure(board_add_undriven("pci 00:01.0", 5), &measured),
                     IVM_NO_SUCH_DEVICE);
    assert_int_equal(ivm_device_measure(gone, &measured), IVM_NO_SUCH_DEVICE);
    fake_cpu.interrupts_on = false;
    assert_int_equal(ivm_device_measure(board_add(BOARD_EDU, "edu1", 5), &measured),
                     IVM_WRONG_LEVEL);
}

static void without_vectors_to_listen_with_nothing_is_fired(void **state)
{
    (void)state;
    enum { TAKEN = 150 };
    static struct ivm_connection taken[TAKEN];
    struct ivm_device *edu = board_add(BOARD_EDU, "edu0", 3);
    memset(taken, 0, sizeof taken);
    for (size_t i = 0; i < TAKEN; i++) {
        struct ivm_request request = world_bare(0, 0);
        assert_int_equal(ivm_connect(&request, &taken[i], NULL), IVM_OK);
    }

    assert_int_equal(ivm_device_measure(edu, &measured), IVM_EXHAUSTED);

    assert_int_equal(world_totals().vectors_used, TAKEN);
    assert_int_equal(board_state(edu)->fired, 0);
    for (size_t i = 0; i < TAKEN; i++)
        assert_int_equal(ivm_disconnect(&taken[i]), IVM_OK);
}

static void what_was_taken_out_or_is_open_meanwhile_is_not_used(void **state)
{
    (void)state;
    static struct ivm_connection theirs;
    struct ivm_device *nic = board_add(BOARD_NIC, "nic0", 21);
    struct ivm_grant grant;
    struct ivm_message_wish wish = {.count = 1};
    measure(nic);
    nic->line.gsi = 5;

    struct ivm_request other = world_line(0, 5);
    memcpy(other.owner, "nic0", 5);
    assert_int_equal(ivm_connect(&other, &theirs, NULL), IVM_OK);
    assert_int_equal(ivm_device_use_measured(nic, &measured), IVM_STILL_CONNECTED);
    assert_int_equal(ivm_disconnect(&theirs), IVM_OK);
    assert_int_equal(ivm_device_messages_open(nic, &wish, &grant), IVM_OK);
    assert_int_equal(ivm_device_use_measured(nic, &measured), IVM_STILL_CONNECTED);
    assert_int_equal(ivm_device_messages_close(nic), IVM_OK);
    nic->is_gone = true;
    assert_int_equal(ivm_device_use_measured(nic, &measured), IVM_DEVICE_GONE);

    assert_int_equal(nic->line.gsi, 5);
}

static void only_unproven_lines_are_measured_at_the_start(void **state)
{
    (void)state;
    struct ivm_device *edu = board_add(BOARD_EDU, "edu0", 21);
    struct ivm_device *unproven = board_add(BOARD_EDU, "edu1", 23);
    struct ivm_device *deaf = board_add(BOARD_EDU, "edu2", 22);
    unproven->line =
        (struct ivm_line_info){11, IVM_LEVEL, IVM_ACTIVE_LOW, pci_route_register.name};
    deaf->line.known_from = pci_route_register.name;
    board_state(deaf)->is_deaf = true;

    devices_measure();

    assert_int_equal(board_state(edu)->fired, 0);
    assert_int_equal(unproven->line.gsi, 23);
    assert_string_equal(unproven->line.known_from, "measured");
    assert_ptr_equal(deaf->line.known_from, pci_route_register.name);
    assert_int_equal(fake_log_text_count("edu2: its line stays unproven"), 1);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, set_up, world_end)
    const struct CMUnitTest tests[] = {
        T(each_kind_of_device_is_heard_on_the_line_it_raises),
        T(every_line_up_to_the_last_is_listened_on),
        T(a_false_line_is_reported_with_the_real_one_and_can_be_replaced),
        T(a_pci_pin_on_an_isa_line_is_level_triggered_and_low),
        T(what_was_not_heard_or_is_connected_is_not_used),
        T(a_line_that_is_asserted_already_is_named_and_left_out),
        T(an_edge_that_fires_unasked_is_left_out),
        T(what_is_in_use_is_not_measured),
        T(what_cannot_be_fired_is_not_measured),
        T(without_vectors_to_listen_with_nothing_is_fired),
        T(what_was_taken_out_or_is_open_meanwhile_is_not_used),
        T(only_unproven_lines_are_measured_at_the_start),
    };
#undef T
    return cmocka_run_group_tests_name("measure", tests, NULL, NULL);
}
