/* device_offer.c: between a device and its driver: which one, its memory, its probe. */
#include "device.h"

#include <ivm/system.h>

#include "pci.h"

/* The linker collects the IVM_DRIVER records of all files between these; both are NULL in a
 * program without any driver. */
extern const struct ivm_driver __start_ivm_drivers[] __attribute__((weak));
extern const struct ivm_driver __stop_ivm_drivers[] __attribute__((weak));

const struct ivm_driver *devices_drivers(void)
{
    return __start_ivm_drivers;
}

const struct ivm_driver *devices_drivers_end(void)
{
    return __stop_ivm_drivers;
}

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

/* The rows are constant and the first that fits counts: a device is offered to one driver for ever,
 * and its state fits again. */
static bool give_state(struct ivm_device *device, const struct ivm_driver *driver)
{
    if (device->state == NULL)
        device->state = device_state(driver);
    uint8_t *bytes = device->state;
    for (size_t i = 0; bytes != NULL && i < driver->state_size; i++)
        bytes[i] = 0;
    return bytes != NULL;
}

enum ivm_status device_offer(struct ivm_device *device, const struct ivm_driver *driver)
{
    if (!give_state(device, driver))
        return IVM_EXHAUSTED;
    device_set_driver(device, driver);
    enum ivm_status status = driver->probe(device);
    if (status != IVM_OK) {
        device_set_driver(device, NULL);
        return status;
    }
    device_keep(device);
    log_device(device);
    return IVM_OK;
}

void device_log_not_kept(const char *name, enum ivm_status status)
{
    ivm_log("%s: %s", name,
            status == IVM_NO_SUCH_DEVICE ? "not there" : "there, but not driven");
}

bool device_row_fits(const struct ivm_match *row, const struct ivm_pci *pci)
{
    return row->bus == IVM_BUS_PCI &&
           (row->vendor == pci->vendor || row->vendor == IVM_ANY_ID) &&
           (row->device == pci->device || row->device == IVM_ANY_ID) &&
           (row->class_code == pci->class_code || row->class_code == 0);
}

/* The first row that fits; `driver` is stored with it. NULL: nobody drives it. */
static const struct ivm_match *find_row(const struct ivm_pci *pci,
                                        const struct ivm_driver **driver)
{
    for (*driver = __start_ivm_drivers; *driver != __stop_ivm_drivers; (*driver)++)
        for (size_t i = 0; i < (*driver)->match_count; i++)
            if (device_row_fits(&(*driver)->matches[i], pci))
                return &(*driver)->matches[i];
    return NULL;
}

static void log_undriven(const struct ivm_device *device)
{
    const struct ivm_pci *pci = &device->pci;
    if (device->has_line)
        ivm_log("%s: %04x:%04x, class %06x, not driven; gsi %u, by %s", device->name,
                pci->vendor, pci->device, pci->class_code, device->line.gsi,
                device->line.known_from);
    else
        ivm_log("%s: %04x:%04x, class %06x, not driven; raises no line", device->name,
                pci->vendor, pci->device, pci->class_code);
}

/* A function that nobody drives may have been left asserting its line by firmware, and on a
 * shared line nobody would acknowledge it: it is told not to. Bridges are left alone. */
void device_keep_undriven(struct ivm_device *device)
{
    const struct ivm_pci *pci = &device->pci;
    device_set_driver(device, NULL);
    device->match = NULL;
    if (device->name[0] == '\0')
        device_name_of_function(device);
    if (pci->pin != 0 && pci->class_code >> 16 != PCI_CLASS_BRIDGE)
        pci_command(pci_address(pci), PCI_COMMAND_INTX_DISABLE, 0);
    device_keep(device);
    log_undriven(device);
}

enum ivm_status device_offer_function(struct ivm_device *device)
{
    bool has_name = device->name[0] != '\0';
    enum ivm_status status = IVM_NO_SUCH_DEVICE;
    const struct ivm_driver *driver;
    device->match = find_row(&device->pci, &driver);
    if (device->match != NULL) {
        if (!has_name)
            device_name_numbered(device);
        status = device_offer(device, driver);
        if (status == IVM_OK)
            return IVM_OK;
        device_log_not_kept(device->name, status);
        if (!has_name)
            device->name[0] = '\0';
    }
    device_keep_undriven(device);
    return status;
}
