/* pci_message.c: a function's messages: opened, of which form; and closed again.
 */
#include "pci_message.h"

#include <stddef.h>

#include <ivm/level.h>
#include <ivm/stats.h>
#include <ivm/system.h>

#include "device.h"

/* What the function has. */

static void log_lie(const struct ivm_device *device, const char *kind,
                    struct pci_finding finding)
{
    if (finding.fault != PCI_FAULT_NONE && finding.fault != PCI_FAULT_ABSENT)
        ivm_log("%s: %s: %s (configuration register 0x%02x)", device->name, kind,
                pci_fault_text(finding.fault), finding.at);
}

static bool map_table(struct pci_messages *messages)
{
    const struct pci_msix *msix = &messages->msix;
    messages->table = ivm_map_device(msix->table, pci_msix_table_size(msix));
    messages->pending = ivm_map_device(msix->pending, pci_msix_pending_size(msix));
    if (messages->table != 0 && messages->pending != 0)
        return true;
    ivm_log("%s: MSI-X: its table at 0x%llx or its pending bits at 0x%llx cannot be mapped",
            messages->device->name, (unsigned long long)msix->table,
            (unsigned long long)msix->pending);
    return false;
}

/* MSI-X where there is any, unless MSI was asked for. */
static const struct pci_message_form *choose_form(struct pci_messages *messages,
                                                  enum ivm_message_kind kind,
                                                  struct ivm_grant *grant)
{
    struct ivm_device *device = messages->device;
    struct pci_space space;
    pci_space_read(&device->pci, &space);
    if (kind != IVM_MSI) {
        struct pci_finding msix = pci_capability_msix(&space, &messages->msix);
        log_lie(device, "MSI-X", msix);
        if (msix.fault == PCI_FAULT_NONE && map_table(messages)) {
            grant->kind = IVM_MSIX;
            grant->offered = messages->msix.count;
            grant->has_masks = true;
            return &pci_msix_form;
        }
    }
    if (kind != IVM_MSIX) {
        struct pci_finding msi = pci_capability_msi(&space, &messages->msi);
        log_lie(device, "MSI", msi);
        if (msi.fault == PCI_FAULT_NONE) {
            grant->kind = IVM_MSI;
            grant->offered = messages->msi.count;
            grant->has_masks = messages->msi.mask != 0;
            return &pci_msi_form;
        }
    }
    return NULL;
}

/* Open. */

static bool is_well_formed(const struct ivm_device *device,
                           const struct ivm_message_wish *wish)
{
    if (device == NULL || device->bus != IVM_BUS_PCI || wish == NULL)
        return false;
    bool is_level = wish->level == 0 ||
                    (wish->level >= IVM_DEVICE_FIRST && wish->level < IVM_DEVICE_END);
    return wish->count != 0 && (unsigned)wish->kind <= IVM_MSIX && is_level &&
           (wish->cpus == NULL || wish->cpus->mask != 0);
}

static enum ivm_status may_open(const struct ivm_device *device)
{
    if (device->is_gone)
        return IVM_DEVICE_GONE;
    if (pci_message_form(device) != NULL)
        return IVM_ALREADY_CONNECTED;
    return device->connection.source != NULL ? IVM_STILL_CONNECTED : IVM_OK;
}

/* INTx off; and bus master on: a message is a write to memory. A table is memory itself. */
static uint16_t bits_of(const struct pci_message_form *form)
{
    uint16_t table = form == &pci_msix_form ? PCI_COMMAND_MEMORY : 0;
    return PCI_COMMAND_INTX_DISABLE | PCI_COMMAND_MASTER | table;
}

/* INTx off first: a function that is between the two must not fall back on its line. */
static void start(struct pci_messages *messages, const struct pci_message_form *form)
{
    struct pci_address at = pci_message_address(messages);
    messages->command_found = pci_read16(at, PCI_COMMAND);
    pci_command(at, bits_of(form), 0);
    messages->is_held = false;
    form->start(messages);
    atomic_store_explicit(&messages->form, form, memory_order_release);
}

static enum ivm_status open_messages(struct ivm_device *device,
                                     const struct ivm_message_wish *wish,
                                     struct ivm_grant *grant)
{
    enum ivm_status status = may_open(device);
    if (status != IVM_OK)
        return status;
    if (device->messages == NULL)
        device->messages = pci_message_allocate(device);
    struct pci_messages *messages = device->messages;
    if (messages == NULL) {
        grant->limit = IVM_GRANT_MEMORY;
        return IVM_EXHAUSTED;
    }
    messages->has_cpus = wish->cpus != NULL;
    if (wish->cpus != NULL)
        messages->cpus = *wish->cpus;
    messages->level = wish->level;
    const struct pci_message_form *form = choose_form(messages, wish->kind, grant);
    if (form == NULL)
        return IVM_UNSUPPORTED;
    status = pci_message_grant(messages, form, wish->count, grant);
    if (status != IVM_OK)
        return status;
    if (form == &pci_msi_form && grant->granted > 1 && !grant->has_masks)
        ivm_log("%s: MSI: its %u messages have no masks of their own", device->name,
                grant->granted);
    start(messages, form);
    return IVM_OK;
}

enum ivm_status ivm_device_messages_open(struct ivm_device *device,
                                         const struct ivm_message_wish *wish,
                                         struct ivm_grant *grant)
{
    struct ivm_grant unseen;
    if (grant == NULL)
        grant = &unseen;
    *grant = (struct ivm_grant){0};
    if (!is_well_formed(device, wish))
        return IVM_BAD_ARGUMENT;
    enum ivm_status status = devices_lock();
    if (status != IVM_OK)
        return status;
    status = open_messages(device, wish, grant);
    devices_unlock();
    return status;
}

/* Close. */

static bool some_are_connected(const struct pci_messages *messages)
{
    for (uint32_t i = 0; i < messages->granted; i++) {
        struct ivm_source_id source = {.kind = IVM_MESSAGE,
                                       .number = messages->each[i].number};
        uint32_t cpu;
        uint8_t vector;
        if (ivm_stats_place(source, &cpu, &vector))
            return true;
    }
    return false;
}

/* From the last to the first: where somebody connects meanwhile, those up to it stay. */
static enum ivm_status unregister(struct pci_messages *messages)
{
    bool is_block = pci_message_form(messages->device) == &pci_msi_form;
    while (messages->granted != 0) {
        uint32_t first = is_block ? 0 : messages->granted - 1;
        enum ivm_status status = ivm_message_unregister(messages->each[first].number);
        if (status != IVM_OK)
            return status;
        messages->granted = first;
    }
    return IVM_OK;
}

static void quiet(struct ivm_device *device)
{
    if (device->driver != NULL && device->driver->quiet != NULL)
        device->driver->quiet(device);
}

/* Before the messages' end the driver takes back what its device still holds back, a moderated interrupt
 * for example: QEMU's 82574 stops the machine when it finds itself without vectors then. Between the
 * messages' end and the return of INTx it takes back what its device wanted while it had no way to say
 * so, or it would assert its line with nobody there. */
static void stop(struct pci_messages *messages, const struct pci_message_form *form)
{
    struct ivm_device *device = messages->device;
    struct pci_address at = pci_message_address(messages);
    const uint16_t ours = bits_of(form);
    quiet(device);
    form->stop(messages);
    quiet(device);
    uint16_t found = messages->command_found & ours;
    pci_command(at, found, (uint16_t)(ours & ~found));
}

enum ivm_status pci_message_close(struct ivm_device *device)
{
    const struct pci_message_form *form = pci_message_form(device);
    if (form == NULL)
        return IVM_NOT_FOUND;
    struct pci_messages *messages = device->messages;
    if (some_are_connected(messages))
        return IVM_STILL_CONNECTED;
    enum ivm_status status = unregister(messages);
    if (status != IVM_OK)
        return status;
    bool were_on = device_lock_take(&messages->lock);
    atomic_store_explicit(&messages->form, NULL, memory_order_release);
    device_lock_release(&messages->lock, were_on);
    if (!device->is_gone)
        stop(messages, form);
    return IVM_OK;
}

enum ivm_status ivm_device_messages_close(struct ivm_device *device)
{
    if (device == NULL)
        return IVM_NOT_FOUND;
    enum ivm_status status = devices_lock();
    if (status != IVM_OK)
        return status;
    status = pci_message_close(device);
    devices_unlock();
    return status;
}
