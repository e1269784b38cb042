/* console_serial.h: text out of a 16550, and bytes in, by asking: no interrupt is used. */
#ifndef DRIVERS_CONSOLE_SERIAL_H
#define DRIVERS_CONSOLE_SERIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CONSOLE_SERIAL_COM1 = 0x3F8 };

/* Set the port up: 115200 baud, 8 bits, no parity, one stop bit, FIFO on. False: nothing
 * answers there; then the two functions below do nothing.
 *
 * port     the first of eight I/O ports
 * context  at the start, interrupts off
 * source   [UART16550] "Registers"
 */
bool console_serial_start(uint16_t port);

/* Write text, each newline as carriage return and newline. It waits for room, but never for
 * ever: what a port that has stopped does not take is dropped.
 *
 * context  any level, one CPU at a time
 */
void console_serial_write(const char *text, size_t length);

/* A byte that has come, or -1. context  any level, one CPU at a time */
int console_serial_read(void);

#endif
