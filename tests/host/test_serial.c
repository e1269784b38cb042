/* test_serial.c: the 16550 driver against a model of a port, and with no port at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fake/hardware.h"
#include "fake/system.h"

/* NOLINTNEXTLINE(bugprone-suspicious-include): a driver has no name outside its file */
#include "drivers/serial.c"

/* A 16550 on a PC: its line is let out by OUT2, except in loopback. */
static struct {
    uint8_t enable, line, modem, fifo, divisor[2];
    uint8_t received[FIFO_BYTES];
    unsigned received_count;
    bool sent_pending; /* the transmitter's interrupt, until IIR is read */
    unsigned busy;     /* reads of LSR until the transmitter is idle */
    unsigned restarts; /* times that the log still writes, just before interrupts go off */
    unsigned held_off; /* reads of LSR that found it busy with interrupts off */
    unsigned on_wire;  /* bytes that left the port */
    bool cut;          /* loopback is broken */
    bool asserted;
    unsigned edges;
} uart;

static struct ivm_device device;

static bool loops(void)
{
    return (uart.modem & MCR_LOOP) != 0;
}

static uint8_t identify(void)
{
    if ((uart.enable & IER_RECEIVED) != 0 && uart.received_count > 0)
        return 0x04;
    if ((uart.enable & IER_SENT) != 0 && uart.sent_pending)
        return 0x02;
    return IIR_NONE;
}

static void update(void)
{
    bool out = (uart.modem & MCR_OUT2) != 0 && !loops();
    bool is = out && identify() != IIR_NONE;
    uart.edges += is && !uart.asserted;
    uart.asserted = is;
}

static uint8_t take_received(void)
{
    uint8_t value = uart.received[0];
    if (uart.received_count > 0)
        memmove(uart.received, uart.received + 1, --uart.received_count);
    return value;
}

static uint64_t read_model(void *context, uint64_t offset, unsigned width)
{
    (void)context;
    if (width != 1)
        fake_complain("a 16550 takes bytes only");
    uint8_t value = 0;
    switch (offset) {
    case UART_DATA:
        value = take_received();
        break;
    case UART_IDENTIFY:
        value = identify();
        if (value == 0x02)
            uart.sent_pending = false;
        value |= 0xC0;
        break;
    case UART_MODEM:
        value = uart.modem;
        break;
    case UART_LINE_STATUS:
        value = uart.received_count > 0 ? LSR_RECEIVED : 0;
        if (!fake_cpu.interrupts_on && uart.restarts > 0) {
            uart.restarts--;
            uart.busy = 20;
        }
        uart.held_off += uart.busy > 0 && !fake_cpu.interrupts_on;
        if (uart.busy == 0)
            value |= LSR_IDLE | 1 << 5;
        else
            uart.busy--;
        break;
    case UART_MODEM_STATUS:
        if (loops() && !uart.cut)
            value = (uint8_t)((uart.modem & 0x0C) << 4 | (uart.modem & 2) << 3 |
                              (uart.modem & 1) << 5);
        break;
    default:
        fake_complain("a read of 16550 register %u", (unsigned)offset);
    }
    update();
    return value;
}

static void send(uint8_t value)
{
    if (!loops())
        uart.on_wire++;
    else if (!uart.cut && uart.received_count < FIFO_BYTES)
        uart.received[uart.received_count++] = value;
    uart.sent_pending = true;
}

static void write_model(void *context, uint64_t offset, unsigned width, uint64_t value)
{
    (void)context;
    (void)width;
    uint8_t byte = (uint8_t)value;
    bool divisor = (uart.line & LCR_DLAB) != 0;
    switch (offset) {
    case UART_DATA:
    case UART_ENABLE:
        if (divisor) {
            uart.divisor[offset] = byte;
        } else if (offset == UART_DATA) {
            send(byte);
        } else {
            if ((byte & ~uart.enable & IER_SENT) != 0 && uart.busy == 0)
                uart.sent_pending = true;
            uart.enable = byte;
        }
        break;
    case UART_FIFO:
        uart.fifo = byte;
        if ((byte & 2) != 0)
            uart.received_count = 0;
        break;
    case UART_LINE:
        uart.line = byte;
        break;
    case UART_MODEM:
        if (uart.busy > 0)
            fake_complain("loopback or modem lines changed while a byte is being sent");
        if ((byte & MCR_LOOP) != 0 && fake_cpu.interrupts_on)
            fake_complain("loopback with interrupts on: the log would go into it");
        uart.modem = byte;
        break;
    default:
        fake_complain("a write to 16550 register %u", (unsigned)offset);
    }
    update();
}

static void set_up_port(size_t row)
{
    fake_hardware_reset();
    fake_system_reset();
    fake_cpu.interrupts_on = true;
    memset(&uart, 0, sizeof uart);
    uart.line = LCR_8N1;
    uart.enable = 0x0F; /* as firmware may leave it */
    uart.modem = 0x03;
    device = (struct ivm_device){.match = &matches[row]};
    memcpy(device.name, matches[row].name, sizeof matches[row].name);
    fake_port_device(matches[row].port, 8, read_model, write_model, NULL);
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

static void probe_and_clear(void)
{
    assert_int_equal(serial.probe(&device), IVM_OK);
    uart.edges = 0;
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
    uart.cut = true;

    assert_int_equal(serial.probe(&device), IVM_NO_SUCH_DEVICE);

    assert_int_equal(uart.modem, 0x03);
    assert_true(fake_cpu.interrupts_on);
}

static void what_never_stops_sending_is_named(void **unused)
{
    (void)unused;
    uart.busy = UINT32_MAX;

    assert_int_equal(serial.probe(&device), IVM_NO_SUCH_DEVICE);

    assert_int_equal(fake_log_text_count("never stops sending"), 1);
}

static void a_probe_leaves_the_port_silent_and_its_line_let_out(void **unused)
{
    (void)unused;
    uart.busy = 100;
    assert_int_equal(serial.probe(&device), IVM_OK);

    assert_int_equal(uart.enable, 0);
    assert_int_equal(uart.modem, MCR_READY);
    assert_false(uart.asserted);
    assert_int_equal(uart.on_wire, 0);
    assert_true(fake_cpu.interrupts_on);
    assert_int_equal(serial.routine(&device), IVM_NOT_MINE);
}

static void com2_is_set_to_115200_8n1(void **unused)
{
    (void)unused;
    probe_and_clear();

    assert_int_equal(uart.divisor[0], 1);
    assert_int_equal(uart.divisor[1], 0);
    assert_int_equal(uart.line, LCR_8N1);
    assert_int_equal(uart.fifo & 0xC1, 0x01);
}

static void com1_keeps_the_log_s_settings_and_what_was_typed(void **unused)
{
    (void)unused;
    memcpy(uart.received, "quit", 4);
    uart.received_count = 4;
    probe_and_clear();

    serial.fire(&device);
    assert_int_equal(serial.routine(&device), IVM_HANDLED);
    serial.quiet(&device);

    assert_int_equal(uart.received_count, 4);
    assert_memory_equal(uart.received, "quit", 4);
    assert_int_equal(uart.fifo, 0);
    assert_int_equal(uart.line, LCR_8N1);
}

static void one_fire_is_one_edge_and_one_handled(void **unused)
{
    (void)unused;
    probe_and_clear();

    serial.fire(&device);
    assert_int_equal(uart.edges, 1);
    assert_true(uart.asserted);
    assert_int_equal(uart.modem, MCR_READY);
    assert_true(fake_cpu.interrupts_on);

    assert_int_equal(serial.routine(&device), IVM_HANDLED);
    assert_false(uart.asserted);
    assert_int_equal(uart.enable, 0);
    assert_int_equal(serial.routine(&device), IVM_NOT_MINE);
    assert_int_equal(uart.edges, 1);
    assert_int_equal(uart.on_wire, 0);
}

static void a_fire_waits_for_the_log_with_interrupts_on(void **unused)
{
    (void)unused;
    probe_and_clear();
    uart.busy = 50;

    serial.fire(&device);

    assert_int_equal(uart.busy + uart.held_off, 0);
    assert_int_equal(uart.edges, 1);
}

static void a_log_that_goes_on_at_the_last_moment_is_waited_for_again(void **unused)
{
    (void)unused;
    probe_and_clear();
    uart.restarts = 3;
    serial.fire(&device);

    assert_int_equal(uart.held_off, 3);
    assert_int_equal(uart.edges, 1);
    assert_true(fake_cpu.interrupts_on);
}

static void a_port_that_never_stops_sending_is_not_fired(void **unused)
{
    (void)unused;
    probe_and_clear();
    uart.busy = UINT32_MAX;
    serial.fire(&device);
    assert_int_equal(uart.edges, 0);
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
    send('x');
    uart.received[uart.received_count++] = 'y';

    assert_int_equal(serial.routine(&device), IVM_HANDLED);

    assert_int_equal(uart.received_count, 0);
    send('z');
    assert_false(uart.asserted);
}

static void a_byte_that_does_not_come_back_is_said(void **unused)
{
    (void)unused;
    probe_and_clear();
    uart.cut = true;

    serial.fire(&device);

    assert_int_equal(uart.edges, 0);
    assert_int_equal(uart.modem, MCR_READY);
    assert_int_equal(fake_log_text_count("com2: a byte sent in loopback"), 1);
}

static void quiet_takes_a_fire_back(void **unused)
{
    (void)unused;
    probe_and_clear();
    serial.fire(&device);

    serial.quiet(&device);

    assert_false(uart.asserted);
    assert_int_equal(serial.routine(&device), IVM_NOT_MINE);
    serial.fire(&device);
    assert_int_equal(serial.routine(&device), IVM_HANDLED);
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
#define BOTH_TEST(test) COM1_TEST(test), COM2_TEST(test)
    const struct CMUnitTest tests[] = {
        COM2_TEST(a_port_that_is_not_there_is_said_missing),
        COM2_TEST(what_does_not_loop_back_is_not_a_port),
        COM2_TEST(what_never_stops_sending_is_named),
        BOTH_TEST(a_probe_leaves_the_port_silent_and_its_line_let_out),
        COM2_TEST(com2_is_set_to_115200_8n1),
        COM1_TEST(com1_keeps_the_log_s_settings_and_what_was_typed),
        BOTH_TEST(one_fire_is_one_edge_and_one_handled),
        BOTH_TEST(a_fire_waits_for_the_log_with_interrupts_on),
        BOTH_TEST(a_log_that_goes_on_at_the_last_moment_is_waited_for_again),
        COM2_TEST(a_port_that_never_stops_sending_is_not_fired),
        COM1_TEST(a_silent_port_says_not_mine_and_is_not_written),
        COM2_TEST(com2_empties_its_buffer_and_the_log_s_bytes_do_not_fire),
        COM2_TEST(a_byte_that_does_not_come_back_is_said),
        BOTH_TEST(quiet_takes_a_fire_back),
    };
    return cmocka_run_group_tests_name("serial", tests, NULL, NULL);
}
