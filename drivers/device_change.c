/* device_change.c: a device is taken from its driver, and offered again. */
#include <ivm/bus.h>
#include <ivm/system.h>

#include "device.h"
#include "pci.h"
#include "pci_window.h"

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
    device_set_driver(device, NULL);
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
    if (device_is_connected(device))
        return IVM_STILL_CONNECTED;
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
