/* device_find.c: walk the buses and offer what is there to the drivers. */
#include "device.h"

#include <ivm/bus.h>
#include <ivm/system.h>

#include "pci.h"
#include "pci_route.h"

static void find_isa(const struct ivm_driver *driver, const struct ivm_match *row)
{
    struct ivm_device *device = device_candidate();
    if (device == NULL)
        return;
    device->bus = IVM_BUS_ISA;
    device->match = row;
    device->has_line = ivm_isa_line(row->irq, &device->line);
    device_name_of(device);
    enum ivm_status status = device_offer(device, driver);
    if (status != IVM_OK)
        device_log_not_kept(device->name, status);
}

/* Without its table, a driver is told missing once, however many rows it has for it. */
static void find_acpi(const struct ivm_driver *driver, const struct ivm_match *row)
{
    const void *acpi_table;
    size_t length;
    if (!ivm_acpi_table(row->name, &acpi_table, &length)) {
        if (row == driver->matches || row[-1].bus != IVM_BUS_ACPI)
            ivm_log("%s: not there, no ACPI table %.4s", driver->name, row->name);
        return;
    }
    struct ivm_device *device = device_candidate();
    if (device == NULL)
        return;
    device->bus = IVM_BUS_ACPI;
    device->match = row;
    device_name_numbered(device);
    enum ivm_status status = device_offer(device, driver);
    if (status != IVM_OK)
        device_log_not_kept(device->name, status);
}

static void find_function(const struct ivm_pci *pci, void *context)
{
    (void)context;
    struct ivm_device *device = device_candidate();
    if (device == NULL)
        return;
    device->bus = IVM_BUS_PCI;
    device->pci = *pci;
    device->has_line = pci_route_line(pci, &device->line);
    (void)device_offer_function(device); /* kept, driven or not */
}

static bool function_was_seen(const struct ivm_match *row)
{
    for (size_t i = 0; i < ivm_device_count(); i++)
        if (ivm_device_at(i)->bus == IVM_BUS_PCI &&
            device_row_fits(row, &ivm_device_at(i)->pci))
            return true;
    return false;
}

static void say_missing_function(const struct ivm_driver *driver,
                                 const struct ivm_match *row)
{
    (void)driver;
    if (!function_was_seen(row))
        ivm_log("%.8s: not there", row->name);
}

static void each_row(enum ivm_bus bus,
                     void (*find)(const struct ivm_driver *, const struct ivm_match *))
{
    for (const struct ivm_driver *driver = devices_drivers();
         driver != devices_drivers_end(); driver++)
        for (size_t i = 0; i < driver->match_count; i++)
            if (driver->matches[i].bus == bus)
                find(driver, &driver->matches[i]);
}

/* ACPI last: the HPET chooses a line that no device before it has. */
void devices_find(void)
{
    each_row(IVM_BUS_ISA, find_isa);
    if (pci_present()) {
        pci_route_start();
        size_t count = pci_walk(find_function, NULL);
        ivm_log("pci: %zu functions", count);
    } else {
        ivm_log("pci: no configuration space behind ports 0xcf8 and 0xcfc");
    }
    each_row(IVM_BUS_PCI, say_missing_function);
    each_row(IVM_BUS_ACPI, find_acpi);
}
