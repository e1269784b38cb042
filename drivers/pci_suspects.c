/* pci_suspects.c: which PCI functions say that they assert a line now. */
#include "pci_suspects.h"

#include <ivm/bus.h>

#include "pci.h"
#include "pci_route.h"

enum { PCI_STATUS_INTERRUPT = 1 << 3 };

/* Where its line is not known for sure, it may be this one. */
static bool may_raise(const struct ivm_device *device, uint32_t gsi)
{
    if (device->bus != IVM_BUS_PCI || device->is_gone || device->pci.pin == 0)
        return false;
    return !device->has_line || device->line.gsi == gsi ||
           pci_route_is_unproven(&device->line);
}

bool pci_function_asserts(const struct ivm_pci *pci)
{
    struct pci_address at = pci_address(pci);
    uint16_t status = pci_read16(at, PCI_STATUS);
    if (status == UINT16_MAX) /* nobody answers: it was taken out just now */
        return false;
    return (status & PCI_STATUS_INTERRUPT) != 0 &&
           (pci_read16(at, PCI_COMMAND) & PCI_COMMAND_INTX_DISABLE) == 0;
}

size_t ivm_line_suspects(uint32_t gsi, struct ivm_device **out, size_t room)
{
    size_t count = 0;
    for (size_t i = 0; i < ivm_device_count(); i++) {
        struct ivm_device *device = ivm_device_at(i);
        if (!may_raise(device, gsi) || !pci_function_asserts(&device->pci))
            continue;
        if (count < room)
            out[count] = device;
        count++;
    }
    return count;
}
