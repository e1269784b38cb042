/* pci_route_piix.c: QEMU's i440fx board: four links of the PIIX, each led to an ISA line by a
 * register.
 *
 * How slots are wired to links is the board's matter; of other boards it is not known.
 */
#include <ivm/system.h>

#include "pci.h"
#include "pci_route.h"
#include "pci_route_provider.h"

/* clang-format off */
enum {
    VENDOR_INTEL     = 0x8086,
    HOST_I440FX      = 0x1237,
    BRIDGE_PIIX3     = 0x7000,
    BRIDGE_PIIX4     = 0x7110,

    PIRQ_ROUTE_A     = 0x60,   /* [PIIX] PIRQRC[A:D] */
    PIRQ_ROUTE_OFF   = 1 << 7,
    PIRQ_ROUTE_IRQ   = 0x0F,   /* [3:0] */
};
/* clang-format on */

/* Written by start() only, at the start. */
static struct pci_address isa_bridge;

static bool start(void)
{
    if (!pci_host_is(VENDOR_INTEL, HOST_I440FX) || !pci_board_is_qemu() ||
        !(pci_find_on_root(VENDOR_INTEL, BRIDGE_PIIX3, &isa_bridge) ||
          pci_find_on_root(VENDOR_INTEL, BRIDGE_PIIX4, &isa_bridge)))
        return false;
    ivm_log("pci routing: i440fx and PIIX, four links to ISA lines");
    return true;
}

static enum pci_route_answer ask(const struct ivm_pci *pci, struct ivm_line_info *out)
{
    struct pci_pin at = pci_pin_at_root(pci);
    uint8_t offset = (uint8_t)(PIRQ_ROUTE_A + piix_link(at.slot, at.pin));
    uint8_t route = pci_read8(isa_bridge, offset);
    if ((route & PIRQ_ROUTE_OFF) != 0 ||
        !pci_route_by_isa_line(route & PIRQ_ROUTE_IRQ, out))
        return PCI_ROUTE_CUT;
    return PCI_ROUTE_ARRIVES;
}

const struct pci_route_provider pci_route_piix = {
    .name = "PIIX PIRQ",
    .start = start,
    .ask = ask,
};
