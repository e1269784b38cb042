/* serial.c: the interrupts of 16550 ports: COM2 by loopback, COM1 beside the log, and those on PCI.
 *
 * COM2 is fired by a byte sent in loopback: it comes back into the receive buffer, and the
 * receiver's interrupt is let through once loopback is left (in loopback a PC's port is cut
 * off from its line, OUT2 being the gate). COM1 carries the log and the operator's typing,
 * where a byte of ours would be read as input: it is fired by letting the transmitter's
 * interrupt through while the transmitter is empty, which sends nothing; reading IIR
 * acknowledges it. The polled log keeps working beside both. A port on PCI is a function of its
 * own with its registers in base address 0 and a level-triggered line; it is fired as COM1 is.
 * Source: [UART16550] "Interrupt Identification Register", "Modem Control Register".
 */
#include <ivm/driver.h>
#include <ivm/system.h>

#include <hw/cpu.h>
#include <hw/port.h>

#include "pci.h"

/* clang-format off */
enum {
    RED_HAT         = 0x1B36,
    PCI_SERIAL      = 0x0002, /* QEMU's pci-serial, one port */
    COM1 = 0x3F8,
    COM2 = 0x2F8,

    UART_DATA       = 0, /* DLAB 0: received, to send; DLAB 1: divisor, low */
    UART_ENABLE     = 1, /* IER; DLAB 1: divisor, high */
    UART_IDENTIFY   = 2, /* IIR when read */
    UART_FIFO       = 2, /* FCR when written */
    UART_LINE       = 3, /* LCR */
    UART_MODEM      = 4, /* MCR */
    UART_LINE_STATUS  = 5, /* LSR */
    UART_MODEM_STATUS = 6, /* MSR */

    IER_RECEIVED    = 1 << 0,
    IER_SENT        = 1 << 1, /* transmitter holding register empty */
    IIR_NONE        = 1 << 0, /* no interrupt pending */
    FCR_ON_CLEAR    = 0x07,   /* FIFOs on and cleared, receiver's trigger at one byte */
    LCR_8N1         = 0x03,
    LCR_DLAB        = 1 << 7,
    MCR_READY       = 0x0B,   /* DTR, RTS and OUT2, which lets the interrupt out */
    MCR_RTS         = 1 << 1,
    MCR_OUT2        = 1 << 3,
    MCR_LOOP        = 1 << 4,
    LSR_RECEIVED    = 1 << 0,
    LSR_IDLE        = 1 << 6, /* nothing to send, nothing being sent */
    MSR_INPUTS      = 0xF0,   /* [7:4] in loopback OUT2, OUT1, DTR, RTS */
    MSR_OUT2_RTS    = 0x90,
    UART_PORTS      = 8,
    PORT_END        = 0x10000,
    FIFO_BYTES      = 16,
    IDLE_TRIES      = 16,
};
/* clang-format on */

/* Sixteen bytes at the slowest usual speed, 1200 baud, take 133 ms; at 115200 1.4 ms. */
#define DRAIN_NS UINT64_C(200000000)
#define LOOP_NS  UINT64_C(10000000)

static uint16_t port_of(const struct ivm_device *device)
{
    bool on_pci = device->match->bus == IVM_BUS_PCI;
    return on_pci ? (uint16_t)device->pci.bars[0].base : device->match->port;
}

static uint8_t read_register(const struct ivm_device *device, unsigned number)
{
    return port_read8((uint16_t)(port_of(device) + number));
}

static void write_register(const struct ivm_device *device, unsigned number, uint8_t value)
{
    port_write8((uint16_t)(port_of(device) + number), value);
}

static bool carries_log(const struct ivm_device *device)
{
    return device->match->port == COM1;
}

static bool is_fired_in_loopback(const struct ivm_device *device)
{
    return device->match->port == COM2;
}

static bool is_idle(void *context)
{
    return (read_register(context, UART_LINE_STATUS) & LSR_IDLE) != 0;
}

static bool has_received(void *context)
{
    return (read_register(context, UART_LINE_STATUS) & LSR_RECEIVED) != 0;
}

static void drop_received(struct ivm_device *device)
{
    for (unsigned n = 0; n < FIFO_BYTES && has_received(device); n++)
        (void)read_register(device, UART_DATA);
}

/* In loopback the outputs come back as inputs; nothing else on a PC does that. The port
 * must be idle before, or the end of a log line would stay inside. */
static bool loops_back(struct ivm_device *device)
{
    uint8_t modem = read_register(device, UART_MODEM);
    write_register(device, UART_MODEM, MCR_LOOP | MCR_OUT2 | MCR_RTS);
    uint8_t inputs = read_register(device, UART_MODEM_STATUS) & MSR_INPUTS;
    write_register(device, UART_MODEM, modem);
    (void)read_register(device, UART_MODEM_STATUS); /* the changes just made */
    return inputs == MSR_OUT2_RTS;
}

static void quiet(struct ivm_device *device)
{
    write_register(device, UART_ENABLE, 0);
    (void)read_register(device, UART_IDENTIFY);
    if (!carries_log(device))
        drop_received(device);
}

/* 115200 8N1, as COM1 is set up by whoever writes the log. */
static void set_up(struct ivm_device *device)
{
    write_register(device, UART_LINE, LCR_DLAB | LCR_8N1);
    write_register(device, UART_DATA, 1);
    write_register(device, UART_ENABLE, 0);
    write_register(device, UART_LINE, LCR_8N1);
    write_register(device, UART_FIFO, FCR_ON_CLEAR);
}

/* Let a PCI port's registers be reached. Its line is let out too, which nobody listens to yet. */
static bool open_function(const struct ivm_device *device)
{
    const struct ivm_bar *bar = &device->pci.bars[0];
    if (!bar->is_port || bar->base == 0 || bar->base + UART_PORTS > PORT_END ||
        bar->size < UART_PORTS) {
        ivm_log("%s: base address 0 is not %u ports or more", device->name,
                (unsigned)UART_PORTS);
        return false;
    }
    pci_command(pci_address(&device->pci), PCI_COMMAND_IO, PCI_COMMAND_INTX_DISABLE);
    return true;
}

static enum ivm_status probe(struct ivm_device *device)
{
    if (device->match->bus == IVM_BUS_PCI && !open_function(device))
        return IVM_UNSUPPORTED;
    if (read_register(device, UART_LINE_STATUS) == 0xFF)
        return IVM_NO_SUCH_DEVICE;
    bool were_on = cpu_interrupts_save(); /* no log line may start in loopback */
    bool idle = ivm_wait_until(is_idle, device, DRAIN_NS);
    bool there = idle && loops_back(device);
    if (there && !carries_log(device))
        set_up(device);
    if (there) {
        write_register(device, UART_MODEM, MCR_READY);
        quiet(device);
    }
    cpu_interrupts_restore(were_on);
    if (!idle)
        ivm_log("%s: what answers at port 0x%x never stops sending", device->name,
                port_of(device));
    if (!there)
        return IVM_NO_SUCH_DEVICE;
    ivm_log("%s: 16550 at port 0x%x, fired by %s", device->name, port_of(device),
            is_fired_in_loopback(device) ? "a byte in loopback" : "its empty transmitter");
    return IVM_OK;
}

/* Reading IIR acknowledges the transmitter, the buffer's end the receiver. The enables go
 * off between the two, so that nothing of the log or the line fires a second time. */
static enum ivm_verdict routine(void *context)
{
    struct ivm_device *device = context;
    if ((read_register(device, UART_IDENTIFY) & IIR_NONE) != 0)
        return IVM_NOT_MINE;
    write_register(device, UART_ENABLE, 0);
    if (!carries_log(device))
        drop_received(device);
    return IVM_HANDLED;
}

static void fire_loopback(struct ivm_device *device)
{
    write_register(device, UART_MODEM, MCR_LOOP | MCR_READY);
    write_register(device, UART_DATA, 0x55);
    bool came_back = ivm_wait_until(has_received, device, LOOP_NS);
    write_register(device, UART_MODEM, MCR_READY);
    if (came_back)
        write_register(device, UART_ENABLE, IER_RECEIVED);
    else
        ivm_log("%s: a byte sent in loopback did not come back", device->name);
}

/* Turn interrupts off at a moment when the port is idle; false, and they are as before, when
 * there is none. The wait itself leaves them as they are: it can be long, and what comes
 * meanwhile may write to the log again. */
static bool interrupts_save_idle(struct ivm_device *device, bool *were_on)
{
    for (unsigned tries = 0; tries < IDLE_TRIES; tries++) {
        if (!ivm_wait_until(is_idle, device, DRAIN_NS))
            return false;
        *were_on = cpu_interrupts_save();
        if (is_idle(device))
            return true;
        cpu_interrupts_restore(*were_on);
    }
    return false;
}

/* Interrupts are off, for the time of one byte at most: the routine would otherwise clear the
 * enables half-way. */
static void fire(struct ivm_device *device)
{
    bool were_on;
    if (!interrupts_save_idle(device, &were_on)) {
        ivm_log("%s: not fired, it does not stop sending", device->name);
        return;
    }
    if (is_fired_in_loopback(device)) {
        fire_loopback(device);
    } else {
        /* Off first: only the change to on raises it. */
        write_register(device, UART_ENABLE, 0);
        write_register(device, UART_ENABLE, IER_SENT);
    }
    cpu_interrupts_restore(were_on);
}

static const struct ivm_match matches[] = {
    {.bus = IVM_BUS_ISA, .port = COM1, .irq = 4, .name = "com1"},
    {.bus = IVM_BUS_ISA, .port = COM2, .irq = 3, .name = "com2"},
    {.bus = IVM_BUS_PCI, .vendor = RED_HAT, .device = PCI_SERIAL, .name = "pciser"},
};

IVM_DRIVER(serial)
= {
    .name = "serial",
    .matches = matches,
    .match_count = sizeof matches / sizeof matches[0],
    .probe = probe,
    .routine = routine,
    .fire = fire,
    .quiet = quiet,
};
