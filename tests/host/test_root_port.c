/* test_root_port.c: the root port's driver against a model of the port. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fake/hardware.h"
#include "fake/system.h"

/* NOLINTNEXTLINE(bugprone-suspicious-include): a driver has no name outside its file */
#include "drivers/root_port.c"
#include "fake/port_model.h"

static struct root_port state;
static struct ivm_device device;

static int set_up(void **unused)
{
    (void)unused;
    fake_hardware_reset();
    fake_system_reset();
    fake_cpu.interrupts_on = true;
    fake_port_device(0xCF8, 4, NULL, write_address, NULL);
    fake_port_device(0xCFC, 4, read_port, write_port, NULL);
    fake_mmio_device(AT, 0x1000, read_extended_space, write_extended_space, NULL);
    memcpy(mcfg + 44, &(uint64_t){ECAM}, 8);
    mcfg[55] = 0xFF;
    has_mcfg = true;
    is_gone = false;
    lay_out();
    state = (struct root_port){0};
    device = (struct ivm_device){.name = "port0", .state = &state, .pci = {.slot = 6}};
    sent = come_back = 0;
    return 0;
}

static int set_up_probed(void **unused)
{
    set_up(unused);
    int failed = root_port.probe(&device) != IVM_OK;
    sent = 0;
    return failed;
}

static struct root_port_seen seen(void)
{
    struct root_port_seen out;
    root_port_seen(&device, &out);
    return out;
}

static enum ivm_verdict message(uint32_t index)
{
    struct ivm_device_message context = {.device = &device, .index = index};
    return root_port.message_routine(&context);
}

/* Probing. */

static void a_probed_port_is_silent_and_may_send(void **unused)
{
    (void)unused;
    put16(PCI_COMMAND, PCI_COMMAND_INTX_DISABLE);
    assert_int_equal(root_port.probe(&device), IVM_OK);

    assert_false(wants());
    assert_int_equal(get16(CONTROL), SLOT_LIGHT_ON);
    assert_int_equal(get16(STATUS) & SLOT_EVENTS, 0);
    assert_int_equal(get16(PCI_COMMAND), PCI_COMMAND_MASTER);
    assert_int_equal(aer(ERRORS_ROOT_COMMAND), 0);
    assert_int_equal(fake_log_text_count("its slot can be hot-plugged, reports errors"), 1);
}

static void what_is_no_root_port_with_a_slot_is_not_driven(void **unused)
{
    (void)unused;
    put16(CAP + 2, TYPE_ROOT_PORT << FLAGS_TYPE);
    assert_int_equal(root_port.probe(&device), IVM_UNSUPPORTED);
    put16(CAP + 2, FLAGS_HAS_SLOT | 6 << FLAGS_TYPE);
    assert_int_equal(root_port.probe(&device), IVM_UNSUPPORTED);
    space[CAP] = 0x11;
    assert_int_equal(root_port.probe(&device), IVM_UNSUPPORTED);

    assert_int_equal(fake_log_text_count("is not that of a root port with a slot"), 2);
    assert_int_equal(fake_log_text_count("port0: PCI Express: it has no such capability"),
                     1);
    assert_int_equal(get16(CONTROL), SLOT_ARMED | SLOT_LIGHT_ON);
}

static void without_enhanced_configuration_space_there_are_no_errors(void **unused)
{
    (void)unused;
    has_mcfg = false;
    assert_int_equal(root_port.probe(&device), IVM_OK);
    assert_int_equal(fake_log_text_count("port0: no error reporting: no enhanced"), 1);

    assert_int_equal(root_port.use(&device, IVM_BY_MESSAGES), IVM_OK);
    root_port.fire(&device);
    assert_int_equal(message(0), IVM_HANDLED);
    assert_int_equal(message(1), IVM_NOT_MINE);

    has_mcfg = true;
    set_aer(0, 0);
    state = (struct root_port){0};
    assert_int_equal(root_port.probe(&device), IVM_OK);
    assert_int_equal(fake_log_text_count("port0: no error reporting: it has no such"), 1);
}

/* Firing. */

static void a_fire_is_one_completed_command(void **unused)
{
    (void)unused;
    for (unsigned i = 1; i <= 3; i++) {
        root_port.fire(&device);
        assert_int_equal(sent, i);
        assert_int_equal(root_port.routine(&device), IVM_HANDLED);
        assert_int_equal(seen().completions, i);
        assert_false(wants());
        assert_int_equal(root_port.routine(&device), IVM_NOT_MINE);
    }
    assert_true(fake_cpu.interrupts_on);
}

static void a_completion_left_over_does_not_hide_the_next(void **unused)
{
    (void)unused;
    root_port_power_on(&device);
    assert_int_equal(sent, 0);
    assert_int_equal(get16(STATUS) & SLOT_COMMAND, SLOT_COMMAND);

    root_port.fire(&device);

    assert_int_equal(sent, 1);
}

static void quiet_takes_a_fire_back(void **unused)
{
    (void)unused;
    root_port.fire(&device);

    root_port.quiet(&device);

    assert_false(wants());
    event(SLOT_PRESENCE);
    assert_false(wants());
    assert_int_equal(get16(CONTROL), SLOT_LIGHT_ON);
}

static void an_error_cannot_be_fired_and_that_is_said(void **unused)
{
    (void)unused;
    root_port.fire_message(&device, 1);
    assert_int_equal(sent, 0);
    assert_int_equal(fake_log_text_count("port0: message 1 is an error's"), 1);
    root_port.fire_message(&device, 0);
    assert_int_equal(sent, 1);
}

/* Events. */

static void with_messages_the_slot_speaks_without_being_fired(void **unused)
{
    (void)unused;
    assert_int_equal(root_port.use(&device, IVM_BY_MESSAGES), IVM_OK);
    assert_int_equal(sent, 0);

    event(SLOT_BUTTON | SLOT_PRESENCE | SLOT_OCCUPIED);
    assert_int_equal(sent, 1);
    assert_int_equal(message(0), IVM_HANDLED);

    assert_int_equal(seen().presses, 1);
    assert_int_equal(seen().changes, 1);
    assert_true(seen().is_occupied);
    assert_int_equal(root_port.use(&device, IVM_BY_LINE), IVM_OK);
    event(SLOT_PRESENCE);
    assert_int_equal(sent, 1);
}

/* A message is sent by the change from none to some: what comes while one is served is served too. */
static void
what_comes_meanwhile_is_served_or_no_message_would_ever_come_again(void **unused)
{
    (void)unused;
    assert_int_equal(root_port.use(&device, IVM_BY_MESSAGES), IVM_OK);
    come_back = 2;
    event(SLOT_BUTTON);

    assert_int_equal(message(0), IVM_HANDLED);

    assert_int_equal(seen().presses, 3);
    assert_false(wants());
}

static void a_status_that_never_clears_does_not_hold_the_routine(void **unused)
{
    (void)unused;
    assert_int_equal(root_port.use(&device, IVM_BY_MESSAGES), IVM_OK);
    come_back = 1000;
    event(SLOT_BUTTON);
    assert_int_equal(message(0), IVM_HANDLED);
    assert_int_equal(seen().presses, PASSES);
}

static void an_error_is_taken_and_acknowledged_everywhere(void **unused)
{
    (void)unused;
    assert_int_equal(root_port.use(&device, IVM_BY_MESSAGES), IVM_OK);
    assert_int_equal(aer(ERRORS_ROOT_COMMAND), 7);
    assert_int_equal(aer(ERRORS_UNCORRECTED_MASK), 0);
    assert_int_equal(get16(CAP + 8), 0x281F);
    assert_int_equal(get16(PCI_COMMAND) & COMMAND_SERR, COMMAND_SERR);
    assert_int_equal(get16(0x3E), 0x0006);
    set_aer(ERRORS_UNCORRECTED, 0x10);
    set_aer(ERRORS_CORRECTED, 0x40);
    set_aer(ERRORS_ROOT_STATUS, UINT32_C(1) << 27 | 0x54);

    assert_int_equal(message(0), IVM_NOT_MINE);
    assert_int_equal(message(1), IVM_HANDLED);

    assert_int_equal(seen().errors, 1);
    assert_int_equal(aer(ERRORS_UNCORRECTED), 0);
    assert_int_equal(aer(ERRORS_CORRECTED), 0);
    assert_int_equal(aer(ERRORS_ROOT_STATUS), UINT32_C(1) << 27);
    assert_int_equal(message(1), IVM_NOT_MINE);
}

static void with_one_message_both_come_by_it(void **unused)
{
    (void)unused;
    assert_int_equal(root_port.use(&device, IVM_BY_MESSAGES), IVM_OK);
    set_aer(ERRORS_ROOT_STATUS, 0x54);
    event(SLOT_PRESENCE);

    assert_int_equal(message(0), IVM_HANDLED);

    assert_int_equal(seen().errors, 1);
    assert_int_equal(seen().changes, 1);
}

static void by_line_both_come_to_the_routine(void **unused)
{
    (void)unused;
    root_port.fire(&device);
    set_aer(ERRORS_ROOT_STATUS, UINT32_C(1) << 27 | 0x54);

    assert_int_equal(root_port.routine(&device), IVM_HANDLED);

    assert_int_equal(seen().errors, 1);
    assert_int_equal(seen().completions, 1);
}

static void stop_leaves_the_port_as_it_was_found(void **unused)
{
    (void)unused;
    uint16_t command_before = get16(PCI_COMMAND);
    assert_int_equal(root_port.use(&device, IVM_BY_MESSAGES), IVM_OK);

    root_port.stop(&device);

    assert_int_equal(aer(ERRORS_ROOT_COMMAND), 0);
    assert_int_equal(aer(ERRORS_UNCORRECTED_MASK), 0x1234);
    assert_int_equal(get16(CAP + 8), 0x2810);
    assert_int_equal(get16(0x3E), 0x0004);
    assert_int_equal(get16(PCI_COMMAND), command_before);
    assert_int_equal(get16(CONTROL), SLOT_LIGHT_ON);
}

static void a_port_that_vanished_has_nothing_to_say(void **unused)
{
    (void)unused;
    assert_int_equal(root_port.use(&device, IVM_BY_MESSAGES), IVM_OK);
    is_gone = true;

    assert_int_equal(root_port.routine(&device), IVM_NOT_MINE);
    assert_int_equal(message(0), IVM_NOT_MINE);
    assert_int_equal(message(31), IVM_NOT_MINE);
}

/* Power. */

static void power_goes_off_and_on_with_its_light(void **unused)
{
    (void)unused;
    root_port_power_off(&device);
    assert_int_equal(get16(CONTROL), SLOT_POWER_OFF | SLOT_POWER_LIGHT);
    root_port_power_on(&device);
    assert_int_equal(get16(CONTROL), SLOT_LIGHT_ON);
}

static void a_slot_without_a_power_controller_says_so(void **unused)
{
    (void)unused;
    put16(CAP + 0x14, CAN_HOTPLUG);
    root_port_power_off(&device);
    assert_int_equal(get16(CONTROL), SLOT_LIGHT_ON);
    assert_int_equal(fake_log_text_count("port0: its slot has no power controller"), 1);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup(test, set_up_probed)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_probed_port_is_silent_and_may_send, set_up),
        cmocka_unit_test_setup(what_is_no_root_port_with_a_slot_is_not_driven, set_up),
        cmocka_unit_test_setup(without_enhanced_configuration_space_there_are_no_errors,
                               set_up),
        T(a_fire_is_one_completed_command),
        T(a_completion_left_over_does_not_hide_the_next),
        T(quiet_takes_a_fire_back),
        T(an_error_cannot_be_fired_and_that_is_said),
        T(with_messages_the_slot_speaks_without_being_fired),
        T(what_comes_meanwhile_is_served_or_no_message_would_ever_come_again),
        T(a_status_that_never_clears_does_not_hold_the_routine),
        T(an_error_is_taken_and_acknowledged_everywhere),
        T(with_one_message_both_come_by_it),
        T(by_line_both_come_to_the_routine),
        T(stop_leaves_the_port_as_it_was_found),
        T(a_port_that_vanished_has_nothing_to_say),
        T(power_goes_off_and_on_with_its_light),
        T(a_slot_without_a_power_controller_says_so),
    };
#undef T
    return cmocka_run_group_tests_name("root_port", tests, NULL, NULL);
}
