/* device_change.c: a device is taken from its driver, and offered again. */
#include <ivm/bus.h>
#include <ivm/device_message.h>
#include <ivm/stats.h>
#include <ivm/system.h>

#include "device.h"
#include "pci.h"
#include "pci_window.h"

enum { OWNER_ROOM = 64 };

static bool same_name(const char *a, const char *b)
{
    for (size_t i = 0; i < IVM_NAME_SIZE; i++) {
        if (a[i] != b[i])
            return false;
        if (a[i] == '\0')
            break;
    }
    return true;
}

/* The owners of a source say in whose name they are connected: so also those are found whose storage
 * is not the device's own, and whose routine would go on asking it. */
static bool holds(const struct ivm_device *device, struct ivm_source_id source)
{
    static struct ivm_owner_stats owners[OWNER_ROOM]; /* under the devices' lock */
    uint32_t cpu;
    uint8_t vector;
    if (!ivm_stats_place(source, &cpu, &vector))
        return false;
    size_t count = ivm_stats_owners(cpu, vector, owners, OWNER_ROOM);
    if (count > OWNER_ROOM)
        return true; /* it may be among those that found no room */
    for (size_t i = 0; i < count; i++)
        if (same_name(owners[i].owner.name, device->name))
            return true;
    return false;
}

bool device_is_connected(const struct ivm_device *device)
{
    struct ivm_source_id line = {.kind = IVM_LINE, .number = device->line.gsi};
    struct ivm_source_id own = {.kind = IVM_MESSAGE, .number = device->own_message};
    return (device->has_line && holds(device, line)) ||
           (device->own_message != 0 && holds(device, own)) ||
           ivm_device_message_number(device, 0) != 0;
}

/* What device_keep_undriven() asks of a function, and no more memory accesses: whatever its driver set up in
 * RAM may be used for something else. Bridges work for those behind them. */
static void silence(const struct ivm_device *device)
{
    if (device->bus == IVM_BUS_PCI && device->pci.class_code >> 16 != PCI_CLASS_BRIDGE)
        pci_command(pci_address(&device->pci), PCI_COMMAND_INTX_DISABLE,
                    PCI_COMMAND_MASTER);
}

static enum ivm_status unload(struct ivm_device *device)
{
    const struct ivm_driver *driver = device->driver;
    if (device->is_gone)
        return IVM_DEVICE_GONE;
    if (driver == NULL)
        return IVM_NO_SUCH_DEVICE;
    if (device_is_connected(device))
        return IVM_STILL_CONNECTED;
    if (driver->quiet != NULL)
        driver->quiet(device);
    if (driver->stop != NULL)
        driver->stop(device);
    silence(device);
    device->driver = NULL;
    ivm_log("%s: taken from its driver, %s", device->name, driver->name);
    return IVM_OK;
}

/* The driver that a device of a fixed row had before. */
static const struct ivm_driver *driver_of_row(const struct ivm_match *row)
{
    const struct ivm_driver *driver = devices_drivers();
    for (; driver != devices_drivers_end(); driver++)
        for (size_t i = 0; i < driver->match_count; i++)
            if (row == &driver->matches[i])
                return driver;
    return NULL;
}

/* A probe of one of these finds its line itself, or begins with the default. */
static enum ivm_status offer_fixed(struct ivm_device *device)
{
    const struct ivm_driver *driver = driver_of_row(device->match);
    if (driver == NULL)
        return IVM_NO_SUCH_DEVICE;
    device->has_line =
        device->bus == IVM_BUS_ISA && ivm_isa_line(device->match->irq, &device->line);
    enum ivm_status status = device_offer(device, driver);
    if (status != IVM_OK)
        device_log_not_kept(device->name, status);
    return status;
}

/* What is known of its line stays known: it may have been measured. */
static enum ivm_status offer_function(struct ivm_device *device)
{
    if (!pci_give_addresses(&device->pci))
        return IVM_UNSUPPORTED;
    enum ivm_status status = device_offer_function(device);
    if (status != IVM_OK)
        silence(device);
    return status;
}

static enum ivm_status load(struct ivm_device *device)
{
    if (device->is_gone)
        return IVM_DEVICE_GONE;
    if (device->driver != NULL)
        return IVM_ALREADY_CONNECTED;
    return device->bus == IVM_BUS_PCI ? offer_function(device) : offer_fixed(device);
}

enum ivm_status ivm_device_unload(struct ivm_device *device)
{
    enum ivm_status status = devices_lock();
    if (status != IVM_OK)
        return status;
    status = unload(device);
    devices_unlock();
    return status;
}

enum ivm_status ivm_device_load(struct ivm_device *device)
{
    enum ivm_status status = devices_lock();
    if (status != IVM_OK)
        return status;
    status = load(device);
    devices_unlock();
    return status;
}
