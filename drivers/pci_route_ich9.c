/* pci_route_ich9.c: the q35's ICH9: eight PIRQs, which are gsi 16 to 23.
 *
 * Slots 25 to 31 have a route register each, on every board. How the lower slots are wired to PIRQs is
 * the board's matter, and known for QEMU's.
 */
#include <ivm/system.h>

#include <hw/mmio.h>

#include "pci.h"
#include "pci_route.h"
#include "pci_route_provider.h"

/* clang-format off */
enum {
    VENDOR_INTEL        = 0x8086,
    HOST_Q35            = 0x29C0,
    BRIDGE_ICH9         = 0x2918,

    PIRQ_ROUTE_A        = 0x60,   /* [ICH9] PIRQ[n]_ROUT, A..D */
    PIRQ_ROUTE_E        = 0x68,   /* E..H */
    PIRQ_ROUTE_OFF      = 1 << 7,

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
static const uint16_t route_offsets[] = {0x3150, 0x314C, 0x3148, 0x3146,
                                         0x3144, 0x3142, 0x3140};
/* clang-format on */

/* Written by start() only, at the start. */
static struct {
    bool qemu_board;
    struct pci_address isa_bridge;
    uint16_t routes[PCI_SLOT_COUNT]; /* of slots [25, 32) */
} ich9;

static void read_routes(void)
{
    for (unsigned slot = ICH9_FIRST_ROUTED; slot < PCI_SLOT_COUNT; slot++)
        ich9.routes[slot] = ICH9_ROUTE_DEFAULT;
    uint32_t rcba = pci_read32(ich9.isa_bridge, ICH9_RCBA);
    uintptr_t block = 0;
    if ((rcba & ICH9_RCBA_ENABLED) != 0)
        block = ivm_map_device(rcba & ICH9_RCBA_MASK, ICH9_RCRB_SIZE);
    if (block == 0) {
        ivm_log("pci routing: the ICH9's register block is off or cannot be mapped; slots "
                "25 to 31 are taken to be routed as after a reset");
        return;
    }
    for (unsigned slot = ICH9_FIRST_ROUTED; slot < PCI_SLOT_COUNT; slot++)
        ich9.routes[slot] = mmio_read16(block + route_offsets[slot - ICH9_FIRST_ROUTED]);
}

/* With both ways on, one assertion would arrive at two gsis. */
static void cut_8259_side(void)
{
    for (uint8_t n = 0; n < 4; n++) {
        pci_write8(ich9.isa_bridge, (uint8_t)(PIRQ_ROUTE_A + n), PIRQ_ROUTE_OFF);
        pci_write8(ich9.isa_bridge, (uint8_t)(PIRQ_ROUTE_E + n), PIRQ_ROUTE_OFF);
    }
}

static bool start(void)
{
    if (!pci_host_is(VENDOR_INTEL, HOST_Q35) ||
        !pci_find_on_root(VENDOR_INTEL, BRIDGE_ICH9, &ich9.isa_bridge))
        return false;
    ich9.qemu_board = pci_board_is_qemu();
    read_routes();
    /* On another board some slots may be known by their line register only, which is the
     * 8259 side: it stays. */
    if (ich9.qemu_board)
        cut_8259_side();
    ivm_log("pci routing: q35 and ICH9, PIRQ A to H at gsi 16 to 23%s",
            ich9.qemu_board ? ", their way to the 8259 lines off" : "");
    return true;
}

static enum pci_route_answer ask(const struct ivm_pci *pci, struct ivm_line_info *out)
{
    struct pci_pin at = pci_pin_at_root(pci);
    uint8_t pirq;
    if (ich9.qemu_board && at.slot == ICH9_PCI_BRIDGE)
        pirq = (uint8_t)(at.pin - 1 + 4); /* wired to PIRQ E to H */
    else if (at.slot >= ICH9_FIRST_ROUTED && at.slot != ICH9_PCI_BRIDGE)
        pirq = ich9_pirq_by_register(ich9.routes[at.slot], at.pin);
    else if (ich9.qemu_board)
        pirq = ich9_pirq_by_slot(at.slot, at.pin);
    else
        return PCI_ROUTE_UNKNOWN;
    *out = (struct ivm_line_info){
        .gsi = ICH9_GSI_PIRQA + (uint32_t)pirq,
        .trigger = IVM_LEVEL,
        /* The PIRQ pins are active low; QEMU's firmware declares its own active high. */
        .polarity = ich9.qemu_board ? IVM_ACTIVE_HIGH : IVM_ACTIVE_LOW,
    };
    return PCI_ROUTE_ARRIVES;
}

const struct pci_route_provider pci_route_ich9 = {
    .name = "ICH9 PIRQ",
    .start = start,
    .ask = ask,
};
