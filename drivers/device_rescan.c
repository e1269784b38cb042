/* device_rescan.c: what was put into the PCI buses, and what was taken out.
 *
 * A function that was taken out is not touched any more, neither by its driver nor by us: its
 * driver's quiet() and stop() are not called. Its registers read as all ones from the moment it
 * vanished, and a routine must have been able to stand that; writes to them go nowhere. What its
 * driver knew is kept for the next of the same model at the same place, whose probe finds it zeroed.
 *
 * One that was taken out and put in again between two rescans is told by its base addresses, which
 * are those of a function that nobody has set up.
 */
#include <ivm/bus.h>
#include <ivm/device_message.h>
#include <ivm/system.h>

#include "device.h"
#include "pci.h"
#include "pci_message.h"
#include "pci_route.h"
#include "pci_window.h"

static bool is_at(const struct ivm_device *device, struct pci_address at)
{
    return device->bus == IVM_BUS_PCI && device->pci.bus == at.bus &&
           device->pci.slot == at.slot && device->pci.function == at.function;
}

/* The function is the one that this device was found as. */
static bool is_there(const struct ivm_device *device)
{
    struct pci_address at = pci_address(&device->pci);
    uint32_t id = (uint32_t)device->pci.device << 16 | device->pci.vendor;
    if (pci_read32(at, PCI_VENDOR_ID) != id)
        return false;
    for (uint8_t n = 0; n < IVM_BAR_COUNT; n++) {
        const struct ivm_bar *bar = &device->pci.bars[n];
        uint32_t kept = pci_read32(at, (uint8_t)(PCI_BAR_FIRST + 4 * n));
        uint32_t flags = bar->is_port ? 3 : 15;
        if (bar->base != 0 && (kept & ~flags) != (uint32_t)bar->base)
            return false;
    }
    return true;
}

/* False: somebody whose storage is his own is connected to them: only he can take it off. */
static bool close_messages(struct ivm_device *device)
{
    uint32_t connected = 0;
    if (ivm_device_message_number(device, 0) == 0)
        return true;
    for (uint32_t i = 0; ivm_device_message_number(device, i) != 0; i++) {
        struct ivm_connection *connection = ivm_device_message_connection(device, i);
        connected += connection != NULL && ivm_disconnect(connection) == IVM_OK;
    }
    if (pci_message_close(device) != IVM_OK)
        return false;
    ivm_log("%s: its messages are closed, %u of them were connected", device->name,
            connected);
    return true;
}

/* What others have connected in its name stays until they take it off; until then its routine may ask the
 * driver's, and the place in the table is not used again. Each rescan tries again. */
static bool let_go(struct ivm_device *device)
{
    bool is_free = close_messages(device) && !device_is_connected(device);
    if (is_free)
        device_set_driver(device, NULL);
    return is_free;
}

/* Of one that is gone: it could not be let go. */
static bool is_held(const struct ivm_device *device)
{
    return device->driver != NULL || ivm_device_message_number(device, 0) != 0;
}

static void take_out(struct ivm_device *device)
{
    device->is_gone = true;
    ivm_log("%s: gone: %04x:%04x was taken out", device->name, device->pci.vendor,
            device->pci.device);
    if (ivm_disconnect(&device->connection) == IVM_OK)
        ivm_log("%s: its routine was taken off gsi %u", device->name, device->line.gsi);
    if (let_go(device))
        return;
    bool are_open = ivm_device_message_number(device, 0) != 0;
    ivm_log("%s: somebody is still connected in its name%s", device->name,
            are_open ? "; its messages stay open" : "");
}

static uint32_t take_out_missing(void)
{
    uint32_t gone = 0;
    for (size_t i = 0; i < ivm_device_count(); i++) {
        struct ivm_device *device = ivm_device_at(i);
        if (device->is_gone && is_held(device) && let_go(device))
            ivm_log("%s: nobody is connected in its name any more", device->name);
        if (device->bus != IVM_BUS_PCI || device->is_gone || is_there(device))
            continue;
        take_out(device);
        gone++;
    }
    return gone;
}

static bool is_known(struct pci_address at, void *context)
{
    (void)context;
    for (size_t i = 0; i < ivm_device_count(); i++)
        if (!ivm_device_at(i)->is_gone && is_at(ivm_device_at(i), at))
            return true;
    return false;
}

/* The place in the table of the same model that was taken out here; its name, its driver's state and
 * its messages' storage are used again. */
static struct ivm_device *returning(const struct ivm_pci *pci)
{
    for (size_t i = 0; i < ivm_device_count(); i++) {
        struct ivm_device *device = ivm_device_at(i);
        if (device->is_gone && is_at(device, pci_address(pci)) &&
            device->pci.vendor == pci->vendor && device->pci.device == pci->device &&
            device->pci.class_code == pci->class_code && !device_is_connected(device))
            return device;
    }
    return NULL;
}

static void take_in(const struct ivm_pci *pci, void *context)
{
    struct ivm_rescan *rescan = context;
    struct ivm_device *device = returning(pci);
    bool is_back = device != NULL;
    if (!is_back)
        device = device_candidate();
    if (device == NULL)
        return;
    rescan->found++;
    device->bus = IVM_BUS_PCI;
    device->pci = *pci;
    device->has_line = pci_route_line(pci, &device->line);
    device->is_gone = false;
    ivm_log("pci %02x:%02x.%u: %04x:%04x was put in%s%s", pci->bus, pci->slot,
            pci->function, pci->vendor, pci->device, is_back ? "; it is again " : "",
            is_back ? device->name : "");
    if (pci_give_addresses(&device->pci))
        (void)device_offer_function(device); /* kept, driven or not */
    else
        device_keep_undriven(device);
}

void ivm_devices_rescan(struct ivm_rescan *out)
{
    struct ivm_rescan rescan = {0};
    *out = rescan;
    if (devices_lock() != IVM_OK) {
        ivm_log("devices: a rescan was asked for where none can be made");
        return;
    }
    if (pci_present()) {
        rescan.gone = take_out_missing();
        (void)pci_walk_again(is_known, take_in, &rescan);
    }
    devices_unlock();
    *out = rescan;
}
