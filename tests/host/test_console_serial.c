/* test_console_serial.c: a polled 16550: there, absent, old, and stopped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <hw/port.h>

#include "drivers/console_serial.h"

/* A 16550 as far as a polled console sees one. */
static struct uart {
    bool present;
    bool has_scratch;
    bool stopped; /* never has room */
    uint8_t registers[8];
    uint8_t divisor[2];
    char sent[64];
    size_t sent_count;
    unsigned looks; /* at the line status */
    uint8_t received;
    bool has_received;
} uart;

static int set_up(void **state)
{
    (void)state;
    uart = (struct uart){.present = true, .has_scratch = true};
    return 0;
}

static bool selects_divisor(uint16_t reg)
{
    return reg < 2 && uart.registers[3] & 0x80;
}

uint8_t port_read8(uint16_t port)
{
    uint16_t reg = (uint16_t)(port - CONSOLE_SERIAL_COM1);
    assert_in_range(reg, 0, 7);
    if (!uart.present || (reg == 7 && !uart.has_scratch))
        return 0xFF;
    if (reg == 5) {
        uart.looks++;
        return (uint8_t)((uart.stopped ? 0 : 0x60) | (uart.has_received ? 1 : 0));
    }
    if (reg == 0) {
        uart.has_received = false;
        return uart.received;
    }
    return uart.registers[reg];
}

void port_write8(uint16_t port, uint8_t value)
{
    uint16_t reg = (uint16_t)(port - CONSOLE_SERIAL_COM1);
    assert_in_range(reg, 0, 7);
    if (selects_divisor(reg)) {
        uart.divisor[reg] = value;
        return;
    }
    uart.registers[reg] = value;
    if (reg != 0)
        return;
    if (uart.registers[4] & 0x10) {
        uart.received = value;
        uart.has_received = true;
    } else if (uart.sent_count + 1 < sizeof uart.sent) {
        uart.sent[uart.sent_count++] = (char)value;
    }
}

static void the_line_is_115200_8n1_without_interrupts(void **state)
{
    (void)state;
    assert_true(console_serial_start(CONSOLE_SERIAL_COM1));

    assert_int_equal(uart.divisor[0], 1);
    assert_int_equal(uart.divisor[1], 0);
    assert_int_equal(uart.registers[3], 0x03);
    assert_int_equal(uart.registers[1], 0);
    assert_int_equal(uart.registers[2], 0x07);
    assert_int_equal(uart.registers[4], 0x03);
}

static void newlines_return_the_carriage(void **state)
{
    (void)state;
    assert_true(console_serial_start(CONSOLE_SERIAL_COM1));

    console_serial_write("a\nbc\n", 5);

    assert_string_equal(uart.sent, "a\r\nbc\r\n");
}

static void an_absent_port_is_noticed_and_left_alone(void **state)
{
    (void)state;
    uart.present = false;

    assert_false(console_serial_start(CONSOLE_SERIAL_COM1));
    uart.present = true;
    console_serial_write("lost", 4);

    assert_int_equal(uart.sent_count, 0);
    assert_int_equal(console_serial_read(), -1);
}

static void a_port_without_scratch_is_found_by_its_loopback(void **state)
{
    (void)state;
    uart.has_scratch = false;

    assert_true(console_serial_start(CONSOLE_SERIAL_COM1));

    assert_int_equal(uart.sent_count, 0);
    assert_int_equal(uart.registers[4], 0x03);
    assert_false(uart.has_received);
}

static void a_stopped_port_costs_one_long_wait_only(void **state)
{
    (void)state;
    assert_true(console_serial_start(CONSOLE_SERIAL_COM1));
    uart.stopped = true;

    console_serial_write("a", 1);
    unsigned first = uart.looks;
    console_serial_write("bcdef", 5);

    assert_in_range(first, 1000, 1000000);
    assert_int_equal(uart.looks - first, 5);
    assert_int_equal(uart.sent_count, 0);
}

static void a_port_that_goes_on_is_used_again(void **state)
{
    (void)state;
    assert_true(console_serial_start(CONSOLE_SERIAL_COM1));
    uart.stopped = true;
    console_serial_write("lost", 4);

    uart.stopped = false;
    console_serial_write("kept", 4);

    assert_string_equal(uart.sent, "kept");
}

static void a_received_byte_is_read_once(void **state)
{
    (void)state;
    assert_true(console_serial_start(CONSOLE_SERIAL_COM1));
    assert_int_equal(console_serial_read(), -1);

    uart.received = 0xE9;
    uart.has_received = true;

    assert_int_equal(console_serial_read(), 0xE9);
    assert_int_equal(console_serial_read(), -1);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_line_is_115200_8n1_without_interrupts),
        TEST(newlines_return_the_carriage),
        TEST(an_absent_port_is_noticed_and_left_alone),
        TEST(a_port_without_scratch_is_found_by_its_loopback),
        TEST(a_stopped_port_costs_one_long_wait_only),
        TEST(a_port_that_goes_on_is_used_again),
        TEST(a_received_byte_is_read_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
