/* console_serial.c: a 16550, polled; every wait counts its looks at the line status. */
#include "console_serial.h"

#include <hw/port.h>

/* clang-format off */
/* [UART16550] "Registers": offsets from the first port */
enum {
    DATA = 0,
    INTERRUPT_ENABLE = 1,
    DIVISOR_LOW = 0,                /* these two while LINE_DIVISOR is set */
    DIVISOR_HIGH = 1,
    FIFO_CONTROL = 2,
    LINE_CONTROL = 3,
    MODEM_CONTROL = 4,
    LINE_STATUS = 5,
    SCRATCH = 7,

    FIFO_ON_AND_CLEAR = 0x07,
    LINE_8N1 = 0x03,
    LINE_DIVISOR = 0x80,
    DIVISOR_115200 = 1,
    MODEM_DTR_RTS = 0x03,
    MODEM_LOOPBACK = 0x10,
    STATUS_RECEIVED = 0x01,
    STATUS_ROOM = 0x20,             /* the transmitter's holding register is empty */

    /* A byte takes 87 us, a look about 1 us on a real bus and less in an emulator. */
    LOOKS = 100000,
    NO_BYTE = -1,
};
/* clang-format on */

/* Written by console_serial_start(); 0: there is no port. */
static uint16_t base;

/* The last wait for room ended without it: the next ones look only once, until there is
 * room. */
static bool stuck;

static void put(uint16_t reg, uint8_t value)
{
    port_write8((uint16_t)(base + reg), value);
}

static uint8_t get(uint16_t reg)
{
    return port_read8((uint16_t)(base + reg));
}

static bool wait_for(uint8_t status)
{
    for (int looks = 0; looks < LOOKS; looks++)
        if (get(LINE_STATUS) & status)
            return true;
    return false;
}

static bool scratch_holds(uint8_t value)
{
    put(SCRATCH, value);
    return get(SCRATCH) == value;
}

/* An 8250 has no scratch register, but it has loopback. The data bus of a port that is not
 * there reads all ones: no such byte is sent. */
static bool loops_back(uint8_t value)
{
    put(MODEM_CONTROL, MODEM_LOOPBACK);
    put(DATA, value);
    bool came = wait_for(STATUS_RECEIVED) && get(DATA) == value;
    put(MODEM_CONTROL, MODEM_DTR_RTS);
    return came;
}

static void set_up(void)
{
    put(INTERRUPT_ENABLE, 0);
    put(LINE_CONTROL, LINE_DIVISOR);
    put(DIVISOR_LOW, DIVISOR_115200);
    put(DIVISOR_HIGH, 0);
    put(LINE_CONTROL, LINE_8N1);
    put(FIFO_CONTROL, FIFO_ON_AND_CLEAR);
    put(MODEM_CONTROL, MODEM_DTR_RTS);
}

bool console_serial_start(uint16_t port)
{
    base = port;
    stuck = false;
    bool has_scratch = scratch_holds(0x5A) && scratch_holds(0xA5);
    set_up();
    if (!has_scratch && !loops_back(0x5A))
        base = 0;
    return base != 0;
}

static void transmit(uint8_t byte)
{
    bool room = stuck ? (get(LINE_STATUS) & STATUS_ROOM) != 0 : wait_for(STATUS_ROOM);
    stuck = !room;
    if (room)
        put(DATA, byte);
}

void console_serial_write(const char *text, size_t length)
{
    if (base == 0)
        return;
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '\n')
            transmit('\r');
        transmit((uint8_t)text[i]);
    }
}

int console_serial_read(void)
{
    if (base == 0 || !(get(LINE_STATUS) & STATUS_RECEIVED))
        return NO_BYTE;
    return get(DATA);
}
