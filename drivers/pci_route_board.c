/* pci_route_board.c: which board this is, by its host bridge. */
#include "pci.h"
#include "pci_route_provider.h"

enum {
    VENDOR_QEMU_BOARD = 0x1AF4
}; /* subsystem vendor of what QEMU's boards are made of */

static const struct pci_address host = {0, 0, 0};

bool pci_host_is(uint16_t vendor, uint16_t device)
{
    return pci_read16(host, PCI_VENDOR_ID) == vendor &&
           pci_read16(host, PCI_DEVICE_ID) == device;
}

bool pci_board_is_qemu(void)
{
    return pci_read16(host, PCI_SUBSYSTEM_VENDOR) == VENDOR_QEMU_BOARD;
}
