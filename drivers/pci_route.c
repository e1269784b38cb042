/* pci_route.c: PCI interrupt pins to gsis, by chipset. */
#include "pci_route.h"

#include <ivm/bus.h>
#include <ivm/system.h>

#include <hw/mmio.h>

#include "pci.h"

/* clang-format off */
enum {
    VENDOR_INTEL        = 0x8086,
    VENDOR_QEMU_BOARD   = 0x1AF4, /* subsystem vendor of what QEMU's boards are made of */
    HOST_I440FX         = 0x1237,
    HOST_Q35            = 0x29C0,
    BRIDGE_PIIX3        = 0x7000,
    BRIDGE_PIIX4        = 0x7110,
    BRIDGE_ICH9         = 0x2918,

    PIRQ_ROUTE_A        = 0x60,   /* [PIIX] PIRQRC[A:D]; [ICH9] PIRQ[n]_ROUT, A..D */
    PIRQ_ROUTE_E        = 0x68,   /* [ICH9] PIRQ[n]_ROUT, E..H */
    PIRQ_ROUTE_OFF      = 1 << 7,
    PIRQ_ROUTE_IRQ      = 0x0F,   /* [3:0] */

    ICH9_RCBA           = 0xF0,   /* [31:14] base, [0] enabled */
    ICH9_RCBA_ENABLED   = 1 << 0,
    ICH9_RCRB_SIZE      = 0x4000,
    ICH9_ROUTE_DEFAULT  = 0x3210,
    ICH9_FIRST_ROUTED   = 25,     /* slots [25, 32) have a route register, but for 30 */
    ICH9_PCI_BRIDGE     = 30,     /* its route register is fixed at zero */
    ICH9_GSI_PIRQA      = 16,
};
#define ICH9_RCBA_MASK UINT32_C(0xFFFFC000)

/* Of the route registers of slots 25..31, in the root complex register block. */
static const uint16_t ich9_route_offsets[] = {0x3150, 0x314C, 0x3148, 0x3146,
                                              0x3144, 0x3142, 0x3140};
/* clang-format on */

enum chipset { CHIPSET_UNKNOWN = 0, CHIPSET_PIIX, CHIPSET_ICH9 };

/* Written by pci_route_start() only, at the start. */
static struct {
    enum chipset chipset;
    bool qemu_board;
    struct pci_address isa_bridge;
    uint16_t ich9_routes[PCI_SLOT_COUNT]; /* of slots [25, 32) */
} routing;

/* The end of a pin's way up: a slot and a pin of a root bus. */
struct root_pin {
    uint8_t slot, pin;
};

static void read_ich9_routes(void)
{
    for (unsigned slot = ICH9_FIRST_ROUTED; slot < PCI_SLOT_COUNT; slot++)
        routing.ich9_routes[slot] = ICH9_ROUTE_DEFAULT;
    uint32_t rcba = pci_read32(routing.isa_bridge, ICH9_RCBA);
    uintptr_t block = 0;
    if ((rcba & ICH9_RCBA_ENABLED) != 0)
        block = ivm_map_device(rcba & ICH9_RCBA_MASK, ICH9_RCRB_SIZE);
    if (block == 0) {
        ivm_log("pci routing: the ICH9's register block is off or cannot be mapped; slots "
                "25 to 31 are taken to be routed as after a reset");
        return;
    }
    for (unsigned slot = ICH9_FIRST_ROUTED; slot < PCI_SLOT_COUNT; slot++)
        routing.ich9_routes[slot] =
            mmio_read16(block + ich9_route_offsets[slot - ICH9_FIRST_ROUTED]);
}

static void cut_8259_side(void)
{
    for (uint8_t n = 0; n < 4; n++) {
        pci_write8(routing.isa_bridge, (uint8_t)(PIRQ_ROUTE_A + n), PIRQ_ROUTE_OFF);
        pci_write8(routing.isa_bridge, (uint8_t)(PIRQ_ROUTE_E + n), PIRQ_ROUTE_OFF);
    }
}

static bool find_isa_bridge(uint16_t device)
{
    return pci_find_on_root(VENDOR_INTEL, device, &routing.isa_bridge);
}

void pci_route_start(void)
{
    struct pci_address host = {0, 0, 0};
    uint16_t device = pci_read16(host, PCI_DEVICE_ID);
    bool intel = pci_read16(host, PCI_VENDOR_ID) == VENDOR_INTEL;
    routing.chipset = CHIPSET_UNKNOWN;
    routing.qemu_board = pci_read16(host, PCI_SUBSYSTEM_VENDOR) == VENDOR_QEMU_BOARD;

    if (intel && device == HOST_I440FX && routing.qemu_board &&
        (find_isa_bridge(BRIDGE_PIIX3) || find_isa_bridge(BRIDGE_PIIX4))) {
        routing.chipset = CHIPSET_PIIX;
        ivm_log("pci routing: i440fx and PIIX, four links to ISA lines");
    } else if (intel && device == HOST_Q35 && find_isa_bridge(BRIDGE_ICH9)) {
        routing.chipset = CHIPSET_ICH9;
        read_ich9_routes();
        /* On another board some slots are known by their line register only, which is
         * the 8259 side: it stays. */
        if (routing.qemu_board)
            cut_8259_side();
        ivm_log("pci routing: q35 and ICH9, PIRQ A to H at gsi 16 to 23%s",
                routing.qemu_board ? ", their way to the 8259 lines off" : "");
    } else {
        ivm_log("pci routing: chipset %04x:%04x is not one whose wiring is known; by line "
                "registers",
                pci_read16(host, PCI_VENDOR_ID), device);
    }
}

/* Bounded by the bus numbers: a bridge's own bus is below the one it leads to. */
static struct root_pin climb(const struct ivm_pci *pci)
{
    struct root_pin at = {pci->slot, pci->pin};
    uint8_t bus = pci->bus;
    struct pci_address bridge;
    while (pci_bridge_to(bus, &bridge)) {
        at = (struct root_pin){bridge.slot, pci_swizzle(at.slot, at.pin)};
        bus = bridge.bus;
    }
    return at;
}

/* A PCI pin is level-triggered wherever it arrives. An ISA line that nobody describes is
 * given as edge and active high; firmware that routed PCI there meant PCI's polarity. */
static bool by_isa_line(uint8_t irq, const char *known_from, struct ivm_line_info *out)
{
    struct ivm_line_info isa;
    if (!ivm_isa_line(irq, &isa))
        return false;
    *out = (struct ivm_line_info){
        .gsi = isa.gsi,
        .trigger = IVM_LEVEL,
        .polarity = isa.trigger == IVM_LEVEL ? isa.polarity : IVM_ACTIVE_LOW,
        .known_from = known_from,
    };
    return true;
}

static bool by_line_register(const struct ivm_pci *pci, struct ivm_line_info *out)
{
    uint8_t irq = pci_read8(pci_address(pci), PCI_INTERRUPT_LINE);
    return by_isa_line(irq, "PCI line register (unproven)", out);
}

static bool by_piix(struct root_pin at, struct ivm_line_info *out)
{
    uint8_t offset = (uint8_t)(PIRQ_ROUTE_A + piix_link(at.slot, at.pin));
    uint8_t route = pci_read8(routing.isa_bridge, offset);
    if ((route & PIRQ_ROUTE_OFF) != 0)
        return false;
    return by_isa_line(route & PIRQ_ROUTE_IRQ, "PIIX PIRQ", out);
}

static bool by_ich9(const struct ivm_pci *pci, struct root_pin at,
                    struct ivm_line_info *out)
{
    uint8_t pirq;
    if (routing.qemu_board && at.slot == ICH9_PCI_BRIDGE)
        pirq = (uint8_t)(at.pin - 1 + 4); /* wired to PIRQ E to H */
    else if (at.slot >= ICH9_FIRST_ROUTED && at.slot != ICH9_PCI_BRIDGE)
        pirq = ich9_pirq_by_register(routing.ich9_routes[at.slot], at.pin);
    else if (routing.qemu_board)
        pirq = ich9_pirq_by_slot(at.slot, at.pin);
    else
        return by_line_register(pci, out);
    *out = (struct ivm_line_info){
        .gsi = ICH9_GSI_PIRQA + (uint32_t)pirq,
        .trigger = IVM_LEVEL,
        /* The PIRQ pins are active low; QEMU's firmware declares its own active high. */
        .polarity = routing.qemu_board ? IVM_ACTIVE_HIGH : IVM_ACTIVE_LOW,
        .known_from = "ICH9 PIRQ",
    };
    return true;
}

bool pci_route_line(const struct ivm_pci *pci, struct ivm_line_info *out)
{
    if (pci->pin == 0 || pci->pin > PCI_PIN_COUNT)
        return false;
    struct root_pin at = climb(pci);
    switch (routing.chipset) {
    case CHIPSET_PIIX:
        return by_piix(at, out);
    case CHIPSET_ICH9:
        return by_ich9(pci, at, out);
    case CHIPSET_UNKNOWN:
        break;
    }
    return by_line_register(pci, out);
}
