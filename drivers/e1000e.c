/* e1000e.c: Intel's 82574 network controller: five causes that software can set, each with an
 * MSI-X vector of its own. Nothing is sent or received: no ring is set up, it does no DMA.
 *
 * A write to ICS sets causes in ICR; a cause that IMS lets through interrupts. By its line (and by
 * MSI, which is one message for all) one cause is used, and the read of ICR tells it and
 * acknowledges it. By MSI-X, IVAR gives each of the causes RxQ0, RxQ1, TxQ0, TxQ1 and Other a
 * vector; EIAC clears a cause when its message is sent, so the message itself is acknowledged by
 * nothing, and what tells that it was fired is kept here.
 * Source: [82574] "Interrupt Registers", "Interrupt Vector Allocation Registers - IVAR".
 */
#include <stdatomic.h>

#include <ivm/device_message.h>
#include <ivm/driver.h>
#include <ivm/system.h>

#include <hw/mmio.h>

#include "pci.h"

/* clang-format off */
enum {
    INTEL           = 0x8086,
    INTEL_82574     = 0x10D3,
    REGISTERS       = 0x20000, /* bytes of BAR 0 */
    REGISTERS_USED  = 0x6000,

    REG_CTRL        = 0x00000,
    REG_STATUS      = 0x00008,
    REG_EECD        = 0x00010,
    REG_CTRL_EXT    = 0x00018,
    REG_ICR         = 0x000C0, /* causes; a write of ones clears them */
    REG_ICS         = 0x000C8, /* sets causes */
    REG_IMS         = 0x000D0, /* ones let causes through */
    REG_IMC         = 0x000D8, /* ones stop causes */
    REG_EIAC        = 0x000DC, /* causes cleared when their message is sent */
    REG_IAM         = 0x000E0, /* causes stopped by an access of ICR */
    REG_IVAR        = 0x000E4, /* [18:16] Other [14:12] TxQ1 [10:8] TxQ0 [6:4] RxQ1 [2:0] RxQ0 */
    REG_PBACLR      = 0x05B68, /* ones clear the MSI-X table's pending bits */

    CTRL_RST        = 1 << 26,
    EECD_AUTO_RD    = 1 << 9,  /* the registers' first values have been read from the NVM */
    CTRL_EXT_EIAME  = 1 << 24, /* a message sent stops its causes as IAM says */
    CTRL_EXT_IAME   = 1 << 27, /* a read of ICR clears it while it interrupts */
    CTRL_EXT_TIMERS = 1 << 29, /* INT_TIMERS_CLEAR_ENA */
    IVAR_VALID      = 1 << 3,  /* of each vector's four bits */
    IVAR_STRIDE     = 4,

    CAUSE_TXDW      = 1 << 0,  /* the one used by line: nothing here transmits */
    CAUSE_FIRST     = 20,      /* [24:20] Other, TxQ1, TxQ0, RxQ1, RxQ0 */
    MESSAGE_OTHER   = 4,
    MESSAGES        = 5,
    CAUSES_MESSAGES = 0x1F << CAUSE_FIRST,
    /* what sets Other: [2] link [6] overrun [9] MDIO [18:16] management, ACK, small packet */
    CAUSES_OF_OTHER = 1 << 2 | 1 << 6 | 1 << 9 | 7 << 16,
};
#define RESET_NS UINT64_C(20000000)
/* clang-format on */

struct e1000e {
    uintptr_t registers;
    bool by_vectors;        /* MSI-X; written by use() only, with nothing connected */
    _Atomic uint32_t fired; /* bit n: message n, and its routine has not run since */
};

static uint32_t read_register(const struct e1000e *e, unsigned offset)
{
    return mmio_read32(e->registers + offset);
}

static void write_register(const struct e1000e *e, unsigned offset, uint32_t value)
{
    mmio_write32(e->registers + offset, value);
}

static bool is_reset(void *context)
{
    return (read_register(context, REG_CTRL) & CTRL_RST) == 0 &&
           (read_register(context, REG_EECD) & EECD_AUTO_RD) != 0;
}

static void stop_causes(const struct e1000e *e)
{
    write_register(e, REG_IMC, UINT32_MAX);
    (void)read_register(e, REG_ICR); /* with none let through, it is cleared by the read */
}

/* An interrupt that moderation holds back would still come. The controller forgets its intervals
 * when causes are stopped, QEMU's when all are let through; there, one that runs while MSI-X is
 * turned on or off ends QEMU itself. */
static void end_moderation(const struct e1000e *e)
{
    write_register(e, REG_CTRL_EXT, read_register(e, REG_CTRL_EXT) | CTRL_EXT_TIMERS);
    write_register(e, REG_IMS, UINT32_MAX);
    write_register(e, REG_IMC, UINT32_MAX);
    write_register(e, REG_PBACLR, (1 << MESSAGES) - 1);
}

/* Causes are stopped before, so that the line falls, and after: what the NVM says may let some
 * through again. */
static bool reset(struct e1000e *e)
{
    stop_causes(e);
    end_moderation(e);
    write_register(e, REG_CTRL, read_register(e, REG_CTRL) | CTRL_RST);
    bool done = ivm_wait_until(is_reset, e, RESET_NS);
    stop_causes(e);
    atomic_store_explicit(&e->fired, 0, memory_order_relaxed);
    return done;
}

/* Let through what it is fired by. With IAME an access of ICR clears it in every mode, and IAM,
 * being empty, stops nothing. */
static void let_through(const struct e1000e *e)
{
    uint32_t extended = read_register(e, REG_CTRL_EXT) & ~(uint32_t)CTRL_EXT_EIAME;
    write_register(e, REG_CTRL_EXT, extended | CTRL_EXT_IAME);
    write_register(e, REG_IAM, 0);
    uint32_t vectors = 0;
    for (unsigned n = 0; n < MESSAGES; n++)
        vectors |= (IVAR_VALID | n) << n * IVAR_STRIDE;
    write_register(e, REG_IVAR, e->by_vectors ? vectors : 0);
    write_register(e, REG_EIAC, e->by_vectors ? CAUSES_MESSAGES : 0);
    write_register(e, REG_IMS, e->by_vectors ? CAUSES_MESSAGES : CAUSE_TXDW);
}

static void quiet(struct ivm_device *device)
{
    struct e1000e *e = device->state;
    if (!reset(e))
        ivm_log("%s: does not come out of its reset", device->name);
    let_through(e);
}

static void stop(struct ivm_device *device)
{
    (void)reset(device->state);
}

static enum ivm_status probe(struct ivm_device *device)
{
    struct e1000e *e = device->state;
    const struct ivm_bar *bar = &device->pci.bars[0];
    if (bar->is_port || bar->base == 0 || bar->size < REGISTERS) {
        ivm_log("%s: base address 0 is not memory of %u bytes or more", device->name,
                (unsigned)REGISTERS);
        return IVM_UNSUPPORTED;
    }
    e->registers = ivm_map_device(bar->base, REGISTERS_USED);
    if (e->registers == 0) {
        ivm_log("%s: its registers at 0x%llx cannot be mapped", device->name,
                (unsigned long long)bar->base);
        return IVM_UNSUPPORTED;
    }
    pci_command(pci_address(&device->pci), PCI_COMMAND_MEMORY, PCI_COMMAND_INTX_DISABLE);
    if (read_register(e, REG_STATUS) == UINT32_MAX || !reset(e)) {
        ivm_log("%s: what answers at 0x%llx does not come out of a reset", device->name,
                (unsigned long long)bar->base);
        return IVM_UNSUPPORTED;
    }
    let_through(e);
    ivm_log("%s: 82574 at pci %02x:%02x.%u, registers at 0x%llx", device->name,
            device->pci.bus, device->pci.slot, device->pci.function,
            (unsigned long long)bar->base);
    return IVM_OK;
}

/* ICR holds causes that are not let through as well: only its own is taken for an interrupt. */
static enum ivm_verdict routine(void *context)
{
    const struct ivm_device *device = context;
    uint32_t causes = read_register(device->state, REG_ICR);
    bool is_gone = causes == UINT32_MAX; /* a card that was taken out answers so */
    bool mine = !is_gone && (causes & CAUSE_TXDW) != 0;
    return mine ? IVM_HANDLED : IVM_NOT_MINE;
}

/* Reading ICR would clear causes whose messages are still to be sent. What Other stands for is not
 * cleared by EIAC and would set it again and again: it is cleared by name. A link that changes
 * sends Other unasked, and QEMU's moderation may send a vector once more: nobody claims those. */
static enum ivm_verdict message_routine(void *context)
{
    const struct ivm_device_message *message = context;
    struct e1000e *e = message->device->state;
    uint32_t bit = UINT32_C(1) << message->index;
    if (!e->by_vectors)
        return routine(message->device);
    if (message->index == MESSAGE_OTHER)
        write_register(e, REG_ICR, CAUSES_OF_OTHER);
    uint32_t fired = atomic_fetch_and_explicit(&e->fired, ~bit, memory_order_acq_rel);
    return (fired & bit) != 0 ? IVM_HANDLED : IVM_NOT_MINE;
}

static void fire(struct ivm_device *device)
{
    write_register(device->state, REG_ICS, CAUSE_TXDW);
}

static void fire_message(struct ivm_device *device, uint32_t index)
{
    struct e1000e *e = device->state;
    if (!e->by_vectors) {
        fire(device);
        return;
    }
    /* Before the device is told: the routine may run on another CPU at once. */
    atomic_fetch_or_explicit(&e->fired, UINT32_C(1) << index, memory_order_acq_rel);
    write_register(e, REG_ICS, UINT32_C(1) << (CAUSE_FIRST + index));
}

static enum ivm_status use(struct ivm_device *device, enum ivm_means means)
{
    struct e1000e *e = device->state;
    e->by_vectors =
        means == IVM_BY_MESSAGES && ivm_device_messages_kind(device) == IVM_MSIX;
    quiet(device);
    return IVM_OK;
}

static const struct ivm_match matches[] = {
    {.bus = IVM_BUS_PCI, .vendor = INTEL, .device = INTEL_82574, .name = "e1000e"},
};

IVM_DRIVER(e1000e)
= {
    .name = "e1000e",
    .matches = matches,
    .match_count = sizeof matches / sizeof matches[0],
    .state_size = sizeof(struct e1000e),
    .probe = probe,
    .routine = routine,
    .fire = fire,
    .quiet = quiet,
    .message_count = MESSAGES,
    .message_routine = message_routine,
    .fire_message = fire_message,
    .use = use,
    .stop = stop,
};
