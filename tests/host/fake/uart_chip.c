/* uart_chip.c: a model of a 16550. */
#include "uart_chip.h"

#include <string.h>

#include "hardware.h"

/* clang-format off */
enum {
    DATA         = 0,
    ENABLE       = 1,
    IDENTIFY     = 2,
    FIFO         = 2,
    LINE         = 3,
    MODEM        = 4,
    LINE_STATUS  = 5,
    MODEM_STATUS = 6,

    ENABLE_RECEIVED = 1 << 0,
    ENABLE_SENT     = 1 << 1,
    NOTHING_PENDING = 0x01,
    SENT_PENDING    = 0x02,
    RECEIVED_PENDING = 0x04,
    FIFOS_ON        = 0xC0,
    DIVISOR_ACCESS  = 1 << 7,
    CLEAR_RECEIVED  = 1 << 1,
    OUT2            = 1 << 3,
    LOOP            = 1 << 4,
    HAS_RECEIVED    = 1 << 0,
    HOLDING_EMPTY   = 1 << 5,
    IDLE            = 1 << 6,
};
/* clang-format on */

struct fake_uart fake_uart;

static bool loops(void)
{
    return (fake_uart.modem & LOOP) != 0;
}

static uint8_t identify(void)
{
    if ((fake_uart.enable & ENABLE_RECEIVED) != 0 && fake_uart.received_count > 0)
        return RECEIVED_PENDING;
    if ((fake_uart.enable & ENABLE_SENT) != 0 && fake_uart.sent_pending)
        return SENT_PENDING;
    return NOTHING_PENDING;
}

static void update(void)
{
    bool out = (fake_uart.modem & OUT2) != 0 && !loops();
    bool is = out && identify() != NOTHING_PENDING;
    fake_uart.edges += is && !fake_uart.asserted;
    fake_uart.asserted = is;
}

static uint8_t take_received(void)
{
    uint8_t value = fake_uart.received[0];
    if (fake_uart.received_count > 0)
        memmove(fake_uart.received, fake_uart.received + 1, --fake_uart.received_count);
    return value;
}

static uint8_t take_identity(void)
{
    uint8_t value = identify();
    if (value == SENT_PENDING)
        fake_uart.sent_pending = false;
    return value | FIFOS_ON;
}

static uint8_t line_status(void)
{
    uint8_t value = fake_uart.received_count > 0 ? HAS_RECEIVED : 0;
    if (!fake_cpu.interrupts_on && fake_uart.restarts > 0) {
        fake_uart.restarts--;
        fake_uart.busy = 20;
    }
    fake_uart.held_off += fake_uart.busy > 0 && !fake_cpu.interrupts_on;
    if (fake_uart.busy == 0)
        return value | IDLE | HOLDING_EMPTY;
    fake_uart.busy--;
    return value;
}

/* In loopback the outputs OUT2, OUT1, RTS and DTR come back as inputs. */
static uint8_t modem_status(void)
{
    unsigned modem = fake_uart.modem;
    if (!loops() || fake_uart.cut)
        return 0;
    return (uint8_t)((modem & 0x0C) << 4 | (modem & 2) << 3 | (modem & 1) << 5);
}

static uint8_t read_register(uint64_t offset)
{
    switch (offset) {
    case DATA:
        return take_received();
    case IDENTIFY:
        return take_identity();
    case MODEM:
        return fake_uart.modem;
    case LINE_STATUS:
        return line_status();
    case MODEM_STATUS:
        return modem_status();
    default:
        fake_complain("a read of 16550 register %u", (unsigned)offset);
        return 0;
    }
}

static uint64_t read_model(void *context, uint64_t offset, unsigned width)
{
    (void)context;
    if (width != 1)
        fake_complain("a 16550 takes bytes only");
    uint8_t value = read_register(offset);
    update();
    return value;
}

void fake_uart_send(uint8_t value)
{
    if (!loops())
        fake_uart.on_wire++;
    else if (!fake_uart.cut && fake_uart.received_count < FAKE_UART_FIFO)
        fake_uart.received[fake_uart.received_count++] = value;
    fake_uart.sent_pending = true;
}

static void write_enable(uint8_t value)
{
    if ((value & ~fake_uart.enable & ENABLE_SENT) != 0 && fake_uart.busy == 0)
        fake_uart.sent_pending = true;
    fake_uart.enable = value;
}

static void write_modem(uint8_t value)
{
    if (fake_uart.busy > 0)
        fake_complain("loopback or modem lines changed while a byte is being sent");
    if ((value & LOOP) != 0 && fake_cpu.interrupts_on)
        fake_complain("loopback with interrupts on: the log would go into it");
    fake_uart.modem = value;
}

static void write_register(uint64_t offset, uint8_t value)
{
    bool divisor = (fake_uart.line & DIVISOR_ACCESS) != 0;
    switch (offset) {
    case DATA:
    case ENABLE:
        if (divisor)
            fake_uart.divisor[offset] = value;
        else if (offset == DATA)
            fake_uart_send(value);
        else
            write_enable(value);
        break;
    case FIFO:
        fake_uart.fifo = value;
        if ((value & CLEAR_RECEIVED) != 0)
            fake_uart.received_count = 0;
        break;
    case LINE:
        fake_uart.line = value;
        break;
    case MODEM:
        write_modem(value);
        break;
    default:
        fake_complain("a write to 16550 register %u", (unsigned)offset);
    }
}

static void write_model(void *context, uint64_t offset, unsigned width, uint64_t value)
{
    (void)context;
    if (width != 1)
        fake_complain("a 16550 takes bytes only");
    write_register(offset, (uint8_t)value);
    update();
}

void fake_uart_start(uint16_t port)
{
    memset(&fake_uart, 0, sizeof fake_uart);
    fake_uart.line = 0x03;
    fake_uart.enable = 0x0F;
    fake_uart.modem = 0x03;
    fake_port_device(port, 8, read_model, write_model, NULL);
}
