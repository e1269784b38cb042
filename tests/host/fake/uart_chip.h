/* uart_chip.h: a 16550 on a PC, for the host tests: its line is let out by OUT2, except in loopback.
 *
 * The model checks its callers: bytes only, no loopback with interrupts on, no change of the modem
 * lines while a byte is being sent. A violation fails the test.
 */
#ifndef FAKE_UART_CHIP_H
#define FAKE_UART_CHIP_H

#include <stdbool.h>
#include <stdint.h>

enum { FAKE_UART_FIFO = 16 };

struct fake_uart {
    uint8_t enable, line, modem, fifo, divisor[2];
    uint8_t received[FAKE_UART_FIFO];
    unsigned received_count;
    bool sent_pending; /* the transmitter's interrupt, until IIR is read */
    unsigned busy;     /* reads of LSR until the transmitter is idle */
    unsigned restarts; /* times that the log still writes, just before interrupts go off */
    unsigned held_off; /* reads of LSR that found it busy with interrupts off */
    unsigned on_wire;  /* bytes that left the port */
    bool cut;          /* loopback is broken */
    bool asserted;
    unsigned edges;
};

extern struct fake_uart fake_uart;

/* A port as firmware may leave it, at these eight ports. After fake_hardware_reset(). */
void fake_uart_start(uint16_t port);

/* Somebody else, the log for example, sends a byte. */
void fake_uart_send(uint8_t value);

#endif
