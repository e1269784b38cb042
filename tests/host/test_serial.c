/* test_serial.c: the 16550 driver against a model of a port, and with no port at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fake/hardware.h"
#include "fake/pci_space.h"
#include "fake/system.h"
#include "fake/uart_chip.h"

/* NOLINTNEXTLINE(bugprone-suspicious-include): a driver has no name outside its file */
#include "drivers/serial.c"

static struct ivm_device device;

enum { PCI_PORT = 0xC040 };

static struct fake_function *function;

static void set_up_port(size_t row)
{
    fake_hardware_reset();
    fake_system_reset();
    fake_cpu.interrupts_on = true;
    fake_pci_start();
    function = fake_pci_add(0, 9, 0, 0x00021B36);
    fake_pci_put16(function, PCI_COMMAND, PCI_COMMAND_INTX_DISABLE);
    device = (struct ivm_device){.match = &matches[row]};
    memcpy(device.name, matches[row].name, sizeof matches[row].name);
    uint16_t port = matches[row].bus == IVM_BUS_PCI ? PCI_PORT : matches[row].port;
    device.pci = (struct ivm_pci){.slot = 9,
                                  .bars = {{.base = PCI_PORT, .size = 8, .is_port = true}}};
    fake_uart_start(port);
}

static int set_up_com1(void **unused)
{
    (void)unused;
    set_up_port(0);
    return 0;
}

static int set_up_com2(void **unused)
{
    (void)unused;
    set_up_port(1);
    return 0;
}

static int set_up_pci(void **unused)
{
    (void)unused;
    set_up_port(2);
    return 0;
}

static void probe_and_clear(void)
{
    assert_int_equal(serial.probe(&device), IVM_OK);
    fake_uart.edges = 0;
}

static void a_port_that_is_not_there_is_said_missing(void **unused)
{
    (void)unused;
    fake_hardware_reset();
    fake_ports_default_to_ones();

    assert_int_equal(serial.probe(&device), IVM_NO_SUCH_DEVICE);

    assert_int_equal(fake_log_count_of(FAKE_PORT_WRITE, COM2 + UART_MODEM), 0);
}

static void what_does_not_loop_back_is_not_a_port(void **unused)
{
    (void)unused;
    fake_uart.cut = true;

    assert_int_equal(serial.probe(&device), IVM_NO_SUCH_DEVICE);

    assert_int_equal(fake_uart.modem, 0x03);
    assert_true(fake_cpu.interrupts_on);
}

static void what_never_stops_sending_is_named(void **unused)
{
    (void)unused;
    fake_uart.busy = UINT32_MAX;

    assert_int_equal(serial.probe(&device), IVM_NO_SUCH_DEVICE);

    assert_int_equal(fake_log_text_count("never stops sending"), 1);
}

static void a_probe_leaves_the_port_silent_and_its_line_let_out(void **unused)
{
    (void)unused;
    fake_uart.busy = 100;
    assert_int_equal(serial.probe(&device), IVM_OK);

    assert_int_equal(fake_uart.enable, 0);
    assert_int_equal(fake_uart.modem, MCR_READY);
    assert_false(fake_uart.asserted);
    assert_int_equal(fake_uart.on_wire, 0);
    assert_true(fake_cpu.interrupts_on);
    assert_int_equal(serial.routine(&device), IVM_NOT_MINE);
}

static void com2_is_set_to_115200_8n1(void **unused)
{
    (void)unused;
    probe_and_clear();

    assert_int_equal(fake_uart.divisor[0], 1);
    assert_int_equal(fake_uart.divisor[1], 0);
    assert_int_equal(fake_uart.line, LCR_8N1);
    assert_int_equal(fake_uart.fifo & 0xC1, 0x01);
}

static void com1_keeps_the_log_s_settings_and_what_was_typed(void **unused)
{
    (void)unused;
    memcpy(fake_uart.received, "quit", 4);
    fake_uart.received_count = 4;
    probe_and_clear();

    serial.fire(&device);
    assert_int_equal(serial.routine(&device), IVM_HANDLED);
    serial.quiet(&device);

    assert_int_equal(fake_uart.received_count, 4);
    assert_memory_equal(fake_uart.received, "quit", 4);
    assert_int_equal(fake_uart.fifo, 0);
    assert_int_equal(fake_uart.line, LCR_8N1);
}

static void one_fire_is_one_edge_and_one_handled(void **unused)
{
    (void)unused;
    probe_and_clear();

    serial.fire(&device);
    assert_int_equal(fake_uart.edges, 1);
    assert_true(fake_uart.asserted);
    assert_int_equal(fake_uart.modem, MCR_READY);
    assert_true(fake_cpu.interrupts_on);

    assert_int_equal(serial.routine(&device), IVM_HANDLED);
    assert_false(fake_uart.asserted);
    assert_int_equal(fake_uart.enable, 0);
    assert_int_equal(serial.routine(&device), IVM_NOT_MINE);
    assert_int_equal(fake_uart.edges, 1);
    assert_int_equal(fake_uart.on_wire, 0);
}

static void a_fire_waits_for_the_log_with_interrupts_on(void **unused)
{
    (void)unused;
    probe_and_clear();
    fake_uart.busy = 50;

    serial.fire(&device);

    assert_int_equal(fake_uart.busy + fake_uart.held_off, 0);
    assert_int_equal(fake_uart.edges, 1);
}

static void a_log_that_goes_on_at_the_last_moment_is_waited_for_again(void **unused)
{
    (void)unused;
    probe_and_clear();
    fake_uart.restarts = 3;
    serial.fire(&device);

    assert_int_equal(fake_uart.held_off, 3);
    assert_int_equal(fake_uart.edges, 1);
    assert_true(fake_cpu.interrupts_on);
}

static void a_port_that_never_stops_sending_is_not_fired(void **unused)
{
    (void)unused;
    probe_and_clear();
    fake_uart.busy = UINT32_MAX;
    serial.fire(&device);
    assert_int_equal(fake_uart.edges, 0);
    assert_true(fake_cpu.interrupts_on);
    assert_int_equal(fake_log_text_count("not fired, it does not stop sending"), 1);
}

static void a_silent_port_says_not_mine_and_is_not_written(void **unused)
{
    (void)unused;
    probe_and_clear();
    fake_log_clear();

    assert_int_equal(serial.routine(&device), IVM_NOT_MINE);

    assert_int_equal(fake_log_count(), 1);
}

static void com2_empties_its_buffer_and_the_log_s_bytes_do_not_fire(void **unused)
{
    (void)unused;
    probe_and_clear();
    serial.fire(&device);
    fake_uart_send('x');
    fake_uart.received[fake_uart.received_count++] = 'y';

    assert_int_equal(serial.routine(&device), IVM_HANDLED);

    assert_int_equal(fake_uart.received_count, 0);
    fake_uart_send('z');
    assert_false(fake_uart.asserted);
}

static void a_byte_that_does_not_come_back_is_said(void **unused)
{
    (void)unused;
    probe_and_clear();
    fake_uart.cut = true;

    serial.fire(&device);

    assert_int_equal(fake_uart.edges, 0);
    assert_int_equal(fake_uart.modem, MCR_READY);
    assert_int_equal(fake_log_text_count("com2: a byte sent in loopback"), 1);
}

static void quiet_takes_a_fire_back(void **unused)
{
    (void)unused;
    probe_and_clear();
    serial.fire(&device);

    serial.quiet(&device);

    assert_false(fake_uart.asserted);
    assert_int_equal(serial.routine(&device), IVM_NOT_MINE);
    serial.fire(&device);
    assert_int_equal(serial.routine(&device), IVM_HANDLED);
}

static void a_pci_port_is_let_at_its_ports_and_its_line(void **unused)
{
    (void)unused;
    probe_and_clear();

    assert_int_equal(fake_pci_get16(function, PCI_COMMAND), PCI_COMMAND_IO);
    assert_int_equal(fake_log_text_count("pciser: 16550 at port 0xc040"), 1);
}

static void a_function_without_eight_ports_is_not_driven(void **unused)
{
    (void)unused;
    static const struct ivm_bar bad[] = {
        {.base = PCI_PORT, .size = 4, .is_port = true},
        {.base = PCI_PORT, .size = 8},
        {.base = 0, .size = 8, .is_port = true},
        {.base = 0xFFFC, .size = 8, .is_port = true},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        device.pci.bars[0] = bad[i];
        assert_int_equal(serial.probe(&device), IVM_UNSUPPORTED);
    }
    assert_int_equal(fake_log_text_count("is not 8 ports or more"), 4);
}

static void a_pci_port_is_fired_without_sending_or_looping(void **unused)
{
    (void)unused;
    probe_and_clear();
    fake_log_clear();

    serial.fire(&device);

    assert_true(fake_uart.asserted);
    assert_int_equal(fake_uart.on_wire, 0);
    assert_int_equal(fake_log_count_of(FAKE_PORT_WRITE, PCI_PORT + UART_MODEM), 0);
}

int main(void)
{
#define COM1_TEST(test)                                                                    \
    {                                                                                      \
        "com1: " #test, test, set_up_com1, NULL, NULL                                      \
    }
#define COM2_TEST(test)                                                                    \
    {                                                                                      \
        "com2: " #test, test, set_up_com2, NULL, NULL                                      \
    }
#define PCI_TEST(test)                                                                     \
    {                                                                                      \
        "pci: " #test, test, set_up_pci, NULL, NULL                                        \
    }
#define BOTH_TEST(test) COM1_TEST(test), COM2_TEST(test)
#define EACH_TEST(test) BOTH_TEST(test), PCI_TEST(test)
    const struct CMUnitTest tests[] = {
        COM2_TEST(a_port_that_is_not_there_is_said_missing),
        COM2_TEST(what_does_not_loop_back_is_not_a_port),
        COM2_TEST(what_never_stops_sending_is_named),
        EACH_TEST(a_probe_leaves_the_port_silent_and_its_line_let_out),
        COM2_TEST(com2_is_set_to_115200_8n1),
        COM1_TEST(com1_keeps_the_log_s_settings_and_what_was_typed),
        EACH_TEST(one_fire_is_one_edge_and_one_handled),
        BOTH_TEST(a_fire_waits_for_the_log_with_interrupts_on),
        BOTH_TEST(a_log_that_goes_on_at_the_last_moment_is_waited_for_again),
        COM2_TEST(a_port_that_never_stops_sending_is_not_fired),
        COM1_TEST(a_silent_port_says_not_mine_and_is_not_written),
        COM2_TEST(com2_empties_its_buffer_and_the_log_s_bytes_do_not_fire),
        COM2_TEST(a_byte_that_does_not_come_back_is_said),
        EACH_TEST(quiet_takes_a_fire_back),
        PCI_TEST(a_pci_port_is_let_at_its_ports_and_its_line),
        PCI_TEST(a_function_without_eight_ports_is_not_driven),
        PCI_TEST(a_pci_port_is_fired_without_sending_or_looping),
    };
    return cmocka_run_group_tests_name("serial", tests, NULL, NULL);
}
