/* device_find.c: walk the buses and offer what is there to the drivers. */
#include "device.h"

#include <ivm/bus.h>
#include <ivm/system.h>

#include "pci.h"
#include "pci_route.h"

/* The linker collects the IVM_DRIVER records of all files between these; both are NULL in a
 * program without any driver. */
extern const struct ivm_driver __start_ivm_drivers[] __attribute__((weak));
extern const struct ivm_driver __stop_ivm_drivers[] __attribute__((weak));

static void log_device(const struct ivm_device *device)
{
    if (!device->has_line)
        ivm_log("%s: raises no line", device->name);
    else
        ivm_log("%s: gsi %u, %s, active %s, by %s", device->name, device->line.gsi,
                device->line.trigger == IVM_LEVEL ? "level" : "edge",
                device->line.polarity == IVM_ACTIVE_LOW ? "low" : "high",
                device->line.known_from);
}

/* Ask the row's driver whether it can drive the candidate, which is named and has its bus
 * members and line; keep it if so. */
static enum ivm_status offer(struct ivm_device *device, const struct ivm_driver *driver)
{
    device->driver = driver;
    device->state = device_state(driver);
    if (device->state == NULL)
        return IVM_EXHAUSTED;
    enum ivm_status status = driver->probe(device);
    if (status != IVM_OK)
        return status;
    device_keep(device);
    log_device(device);
    return IVM_OK;
}

static void log_not_kept(const char *name, enum ivm_status status)
{
    ivm_log("%s: %s", name,
            status == IVM_NO_SUCH_DEVICE ? "not there" : "there, but not driven");
}

static void find_isa(const struct ivm_driver *driver, const struct ivm_match *row)
{
    struct ivm_device *device = device_candidate();
    if (device == NULL)
        return;
    device->bus = IVM_BUS_ISA;
    device->match = row;
    device->has_line = ivm_isa_line(row->irq, &device->line);
    device_name_of(device);
    enum ivm_status status = offer(device, driver);
    if (status != IVM_OK)
        log_not_kept(device->name, status);
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
    enum ivm_status status = offer(device, driver);
    if (status != IVM_OK)
        log_not_kept(device->name, status);
}

static bool row_fits(const struct ivm_match *row, const struct ivm_pci *pci)
{
    return row->bus == IVM_BUS_PCI &&
           (row->vendor == pci->vendor || row->vendor == IVM_ANY_ID) &&
           (row->device == pci->device || row->device == IVM_ANY_ID);
}

/* The first row that fits; `driver` is stored with it. NULL: nobody drives it. */
static const struct ivm_match *find_row(const struct ivm_pci *pci,
                                        const struct ivm_driver **driver)
{
    for (*driver = __start_ivm_drivers; *driver != __stop_ivm_drivers; (*driver)++)
        for (size_t i = 0; i < (*driver)->match_count; i++)
            if (row_fits(&(*driver)->matches[i], pci))
                return &(*driver)->matches[i];
    return NULL;
}

/* A function that nobody drives may have been left asserting its line by firmware, and on a
 * shared line nobody would acknowledge it: it is told not to. Bridges are left alone. */
static void keep_undriven(struct ivm_device *device)
{
    const struct ivm_pci *pci = &device->pci;
    device->driver = NULL;
    device->match = NULL;
    device_name_of_function(device);
    if (pci->pin != 0 && pci->class_code >> 16 != PCI_CLASS_BRIDGE)
        pci_command(pci_address(pci), PCI_COMMAND_INTX_DISABLE, 0);
    device_keep(device);
    if (device->has_line)
        ivm_log("%s: %04x:%04x, class %06x, not driven; gsi %u, by %s", device->name,
                pci->vendor, pci->device, pci->class_code, device->line.gsi,
                device->line.known_from);
    else
        ivm_log("%s: %04x:%04x, class %06x, not driven; raises no line", device->name,
                pci->vendor, pci->device, pci->class_code);
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
    const struct ivm_driver *driver;
    device->match = find_row(pci, &driver);
    if (device->match != NULL) {
        device_name_numbered(device);
        enum ivm_status status = offer(device, driver);
        if (status == IVM_OK)
            return;
        log_not_kept(device->name, status);
    }
    keep_undriven(device);
}

static bool function_was_seen(const struct ivm_match *row)
{
    for (size_t i = 0; i < ivm_device_count(); i++)
        if (ivm_device_at(i)->bus == IVM_BUS_PCI && row_fits(row, &ivm_device_at(i)->pci))
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
    for (const struct ivm_driver *driver = __start_ivm_drivers;
         driver != __stop_ivm_drivers; driver++)
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
