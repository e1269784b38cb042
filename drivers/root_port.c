/* root_port.c: a PCI Express root port with a slot: hot-plug by one message, errors by another.
 *
 * The port interrupts when its slot's status and the enables in its slot control have a bit in
 * common; writing ones to the status acknowledges. It can be fired: every write to the slot control
 * is a command, whose completion is such a bit. From its probe, or its last
 * quiet(), until it is fired, or told to use messages, a port is disarmed: by line nobody would
 * acknowledge it.
 * An error that something below the port reports is in the root error status, which only the
 * enhanced configuration space shows; writing ones acknowledges. It cannot be fired.
 * Which message is which is in two registers, and changes with the number of messages granted.
 * Source: [PCIE] "Slot Control Register", "Slot Status Register", "PCI Express Hot-Plug Interrupts",
 * "Advanced Error Reporting Capability".
 */
#include "root_port.h"

#include <stdatomic.h>

#include <ivm/system.h>

#include <hw/mmio.h>

#include "pci.h"
#include "pci_capability.h"
#include "pci_ecam.h"

/* clang-format off */
enum {
    VENDOR_INTEL       = 0x8086,
    DEVICE_IOH3420     = 0x3420,

    EXPRESS_FLAGS      = 0x02, /* [13:9] message of hot-plug [8] has a slot [7:4] type */
    EXPRESS_DEVICE     = 0x08, /* [3:0] errors that it reports */
    EXPRESS_SLOT_CAN   = 0x14,
    EXPRESS_SLOT       = 0x18,
    EXPRESS_SLOT_STATUS = 0x1A,
    FLAGS_MESSAGE      = 9,
    FLAGS_HAS_SLOT     = 1 << 8,
    FLAGS_TYPE         = 4,
    TYPE_ROOT_PORT     = 4,
    CAN_POWER          = 1 << 1,
    CAN_HOTPLUG        = 1 << 6,

    SLOT_BUTTON        = 1 << 0, /* the same in control, an enable, and in status */
    SLOT_PRESENCE      = 1 << 3,
    SLOT_COMMAND       = 1 << 4,
    SLOT_EVENTS        = SLOT_BUTTON | SLOT_PRESENCE | SLOT_COMMAND,
    SLOT_INTERRUPT     = 1 << 5,      /* control */
    SLOT_POWER_LIGHT   = 3 << 8,      /* control: on 1, off 3 */
    SLOT_LIGHT_ON      = 1 << 8,
    SLOT_POWER_OFF     = 1 << 10,     /* control */
    SLOT_OCCUPIED      = 1 << 6,      /* status */
    SLOT_ARMED         = SLOT_BUTTON | SLOT_PRESENCE | SLOT_INTERRUPT,

    DEVICE_ERRORS      = 0x0F,        /* correctable, non-fatal, fatal, unsupported request */
    COMMAND_SERR       = 1 << 8,      /* reports errors, */
    BRIDGE_CONTROL     = 0x3E,
    BRIDGE_SERR        = 1 << 1,      /* and those from below as well */

    EXTENDED_ERRORS    = 0x0001,      /* the capability's id */
    ERRORS_UNCORRECTED = 0x04,        /* write 1 to clear */
    ERRORS_UNCORRECTED_MASK = 0x08,
    ERRORS_CORRECTED   = 0x10,        /* write 1 to clear */
    ERRORS_ROOT_COMMAND = 0x2C,       /* [2:0] fatal, non-fatal, correctable interrupt */
    ERRORS_ROOT_STATUS = 0x30,        /* [31:27] message [6:0] write 1 to clear */
    ROOT_COMMAND_ALL   = 7,
    ROOT_STATUS_BITS   = 0x7F,
    ROOT_STATUS_MESSAGE = 27,

    MESSAGE_HOTPLUG    = 0,           /* what it is here, and what fire_message() is given */
    MESSAGE_COUNT      = 2,
    NO_VALUE           = 0xFFFF,      /* the port itself is gone */
    PASSES             = 8,
};
/* clang-format on */

struct root_port {
    struct pci_address at;
    uint8_t express;     /* the capability */
    uint16_t errors;     /* the same, in `registers`; 0: it has none that can be reached */
    uintptr_t registers; /* enhanced configuration space; 0: not reachable */
    uint32_t masked_found; /* uncorrectable errors that were masked */
    uint16_t device_found; /* device control */
    uint16_t serr_found;   /* COMMAND_SERR, or 0 */
    uint16_t bridge_found; /* bridge control */
    _Atomic uint32_t presses, changes, completions, reports;
};

static uint16_t read_express(const struct root_port *port, unsigned offset)
{
    return pci_read16(port->at, (uint8_t)(port->express + offset));
}

static void write_express(const struct root_port *port, unsigned offset, unsigned value)
{
    pci_write16(port->at, (uint8_t)(port->express + offset), (uint16_t)value);
}

/* A command: reads and writes belong together, on every CPU below the routine's level as well as in
 * it; the only writers are whoever arms, fires or powers the port, one at a time. */
static void command(const struct root_port *port, unsigned set, unsigned clear)
{
    unsigned control = read_express(port, EXPRESS_SLOT);
    write_express(port, EXPRESS_SLOT, (control & ~clear) | set);
}

static uint32_t read_errors(const struct root_port *port, unsigned offset)
{
    return mmio_read32(port->registers + port->errors + offset);
}

static void write_errors(const struct root_port *port, unsigned offset, uint32_t value)
{
    mmio_write32(port->registers + port->errors + offset, value);
}

static void acknowledge_errors(const struct root_port *port)
{
    write_errors(port, ERRORS_UNCORRECTED, read_errors(port, ERRORS_UNCORRECTED));
    write_errors(port, ERRORS_CORRECTED, read_errors(port, ERRORS_CORRECTED));
    write_errors(port, ERRORS_ROOT_STATUS, ROOT_STATUS_BITS);
}

static void arm_errors(struct root_port *port)
{
    acknowledge_errors(port);
    write_errors(port, ERRORS_UNCORRECTED_MASK, 0);
    write_express(port, EXPRESS_DEVICE, port->device_found | DEVICE_ERRORS);
    pci_command(port->at, COMMAND_SERR, 0);
    pci_write16(port->at, BRIDGE_CONTROL, port->bridge_found | BRIDGE_SERR);
    write_errors(port, ERRORS_ROOT_COMMAND, ROOT_COMMAND_ALL);
}

static void disarm_errors(struct root_port *port)
{
    write_errors(port, ERRORS_ROOT_COMMAND, 0);
    pci_write16(port->at, BRIDGE_CONTROL, port->bridge_found);
    pci_command(port->at, port->serr_found, COMMAND_SERR);
    write_express(port, EXPRESS_DEVICE, port->device_found);
    write_errors(port, ERRORS_UNCORRECTED_MASK, port->masked_found);
    acknowledge_errors(port);
}

/* The last command's completion stays set until it is acknowledged. */
static void disarm(struct root_port *port)
{
    command(port, 0, SLOT_ARMED | SLOT_COMMAND);
    write_express(port, EXPRESS_SLOT_STATUS, SLOT_EVENTS);
    if (port->errors != 0)
        disarm_errors(port);
}

static void quiet(struct ivm_device *device)
{
    disarm(device->state);
}

static uint32_t read_extended(void *registers, uint16_t offset)
{
    return mmio_read32((uintptr_t)registers + offset);
}

static void find_errors(struct root_port *port, const struct ivm_device *device)
{
    port->registers = pci_ecam_map(port->at);
    if (port->registers != 0)
        port->errors = pci_extended_capability(read_extended, (void *)port->registers,
                                               EXTENDED_ERRORS);
    if (port->errors == 0) {
        ivm_log("%s: no error reporting: %s", device->name,
                port->registers == 0 ? "no enhanced configuration space"
                                     : "it has no such capability");
        return;
    }
    port->masked_found = read_errors(port, ERRORS_UNCORRECTED_MASK);
}

static bool find_express(struct root_port *port, const struct ivm_device *device)
{
    struct pci_space space;
    pci_space_read(&device->pci, &space);
    struct pci_finding finding =
        pci_capability_find(&space, PCI_CAPABILITY_EXPRESS, &port->express);
    if (finding.fault != PCI_FAULT_NONE) {
        ivm_log("%s: PCI Express: %s (configuration register 0x%02x)", device->name,
                pci_fault_text(finding.fault), finding.at);
        return false;
    }
    uint16_t flags = read_express(port, EXPRESS_FLAGS);
    if ((flags >> FLAGS_TYPE & 15) == TYPE_ROOT_PORT && (flags & FLAGS_HAS_SLOT) != 0)
        return true;
    ivm_log("%s: its capability 0x10 is not that of a root port with a slot", device->name);
    return false;
}

static enum ivm_status probe(struct ivm_device *device)
{
    struct root_port *port = device->state;
    port->at = pci_address(&device->pci);
    if (!find_express(port, device))
        return IVM_UNSUPPORTED;
    port->device_found = read_express(port, EXPRESS_DEVICE);
    port->bridge_found = pci_read16(port->at, BRIDGE_CONTROL);
    port->serr_found = pci_read16(port->at, PCI_COMMAND) & COMMAND_SERR;
    find_errors(port, device);
    disarm(port);
    pci_command(port->at, PCI_COMMAND_MASTER, PCI_COMMAND_INTX_DISABLE);
    uint32_t can = pci_read32(port->at, (uint8_t)(port->express + EXPRESS_SLOT_CAN));
    ivm_log("%s: root port at pci %02x:%02x.%u to bus %02x, %s%s", device->name,
            port->at.bus, port->at.slot, port->at.function,
            pci_read8(port->at, PCI_SECONDARY_BUS),
            (can & CAN_HOTPLUG) != 0 ? "its slot can be hot-plugged" : "no hot-plug",
            port->errors != 0 ? ", reports errors" : "");
    return IVM_OK;
}

/* A message is sent when the first enabled bit appears: all must go before the return, or no other
 * is ever sent. */
static bool serve_slot(struct root_port *port)
{
    bool any = false;
    for (unsigned pass = 0; pass < PASSES; pass++) {
        uint16_t status = read_express(port, EXPRESS_SLOT_STATUS);
        unsigned events = status & SLOT_EVENTS;
        if (events == 0 || status == NO_VALUE)
            break;
        write_express(port, EXPRESS_SLOT_STATUS, events);
        if ((events & SLOT_BUTTON) != 0)
            atomic_fetch_add_explicit(&port->presses, 1, memory_order_relaxed);
        if ((events & SLOT_PRESENCE) != 0)
            atomic_fetch_add_explicit(&port->changes, 1, memory_order_relaxed);
        if ((events & SLOT_COMMAND) != 0)
            atomic_fetch_add_explicit(&port->completions, 1, memory_order_relaxed);
        any = true;
    }
    return any;
}

static bool serve_errors(struct root_port *port)
{
    if (port->errors == 0)
        return false;
    uint32_t status = read_errors(port, ERRORS_ROOT_STATUS);
    if ((status & ROOT_STATUS_BITS) == 0 || status == UINT32_MAX)
        return false;
    acknowledge_errors(port);
    atomic_fetch_add_explicit(&port->reports, 1, memory_order_relaxed);
    return true;
}

static enum ivm_verdict routine(void *context)
{
    struct root_port *port = ((struct ivm_device *)context)->state;
    bool slot = serve_slot(port);
    return serve_errors(port) || slot ? IVM_HANDLED : IVM_NOT_MINE;
}

static enum ivm_verdict message_routine(void *context)
{
    const struct ivm_device_message *message = context;
    struct root_port *port = message->device->state;
    bool any = false;
    if ((read_express(port, EXPRESS_FLAGS) >> FLAGS_MESSAGE & 31) == message->index)
        any = serve_slot(port);
    if (port->errors != 0 &&
        read_errors(port, ERRORS_ROOT_STATUS) >> ROOT_STATUS_MESSAGE == message->index)
        any |= serve_errors(port);
    return any ? IVM_HANDLED : IVM_NOT_MINE;
}

/* With a completion left over from a command that nobody was told of, the enable alone interrupts. */
static void fire(struct ivm_device *device)
{
    command(device->state, SLOT_ARMED | SLOT_COMMAND, 0);
}

static void fire_message(struct ivm_device *device, uint32_t index)
{
    if (index == MESSAGE_HOTPLUG)
        fire(device);
    else
        ivm_log("%s: message %u is an error's, which it cannot make", device->name, index);
}

static enum ivm_status use(struct ivm_device *device, enum ivm_means means)
{
    struct root_port *port = device->state;
    disarm(port);
    if (means == IVM_BY_LINE)
        return IVM_OK;
    command(port, SLOT_ARMED, 0);
    write_express(port, EXPRESS_SLOT_STATUS, SLOT_COMMAND);
    if (port->errors != 0)
        arm_errors(port);
    return IVM_OK;
}

void root_port_seen(const struct ivm_device *device, struct root_port_seen *out)
{
    const struct root_port *port = device->state;
    *out = (struct root_port_seen){
        .presses = atomic_load_explicit(&port->presses, memory_order_relaxed),
        .changes = atomic_load_explicit(&port->changes, memory_order_relaxed),
        .completions = atomic_load_explicit(&port->completions, memory_order_relaxed),
        .errors = atomic_load_explicit(&port->reports, memory_order_relaxed),
        .is_occupied = (read_express(port, EXPRESS_SLOT_STATUS) & SLOT_OCCUPIED) != 0,
    };
}

static void power(struct ivm_device *device, unsigned set, unsigned clear)
{
    const struct root_port *port = device->state;
    uint32_t can = pci_read32(port->at, (uint8_t)(port->express + EXPRESS_SLOT_CAN));
    if ((can & CAN_POWER) == 0) {
        ivm_log("%s: its slot has no power controller", device->name);
        return;
    }
    command(port, set, clear);
}

void root_port_power_on(struct ivm_device *device)
{
    power(device, SLOT_LIGHT_ON, SLOT_POWER_OFF | SLOT_POWER_LIGHT);
}

void root_port_power_off(struct ivm_device *device)
{
    power(device, SLOT_POWER_OFF | SLOT_POWER_LIGHT, 0);
}

static const struct ivm_match matches[] = {
    {.bus = IVM_BUS_PCI, .vendor = VENDOR_INTEL, .device = DEVICE_IOH3420, .name = "port"},
};

IVM_DRIVER(root_port)
= {
    .name = "root-port",
    .matches = matches,
    .match_count = sizeof matches / sizeof matches[0],
    .state_size = sizeof(struct root_port),
    .probe = probe,
    .routine = routine,
    .fire = fire,
    .quiet = quiet,
    .message_count = MESSAGE_COUNT,
    .message_routine = message_routine,
    .fire_message = fire_message,
    .use = use,
    .stop = quiet,
};
