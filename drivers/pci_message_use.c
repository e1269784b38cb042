/* pci_message_use.c: a function's open messages: connected, asked about, held. */
#include <stddef.h>

#include "device.h"
#include "pci_message.h"

/* A granted message, or NULL. */
static struct pci_message *message_of(const struct ivm_device *device, uint32_t index)
{
    bool is_granted = pci_message_form(device) != NULL && index < device->messages->granted;
    return is_granted ? &device->messages->each[index] : NULL;
}

enum ivm_message_kind ivm_device_messages_kind(const struct ivm_device *device)
{
    const struct pci_message_form *form = pci_message_form(device);
    if (form == NULL)
        return IVM_MESSAGES_ANY;
    return form == &pci_msix_form ? IVM_MSIX : IVM_MSI;
}

uint32_t ivm_device_message_number(const struct ivm_device *device, uint32_t index)
{
    const struct pci_message *message = message_of(device, index);
    return message != NULL ? message->number : 0;
}

struct ivm_connection *ivm_device_message_connection(struct ivm_device *device,
                                                     uint32_t index)
{
    struct pci_message *message = message_of(device, index);
    return message != NULL ? &message->connection : NULL;
}

static enum ivm_status may_connect(const struct ivm_device *device,
                                   const struct ivm_driver *driver, uint32_t index)
{
    if (device->is_gone)
        return IVM_DEVICE_GONE;
    bool is_used =
        driver != NULL && driver->message_routine != NULL && index < driver->message_count;
    return is_used && message_of(device, index) != NULL ? IVM_OK : IVM_NO_SUCH_DEVICE;
}

enum ivm_status ivm_device_message_connect(struct ivm_device *device, uint32_t index,
                                           const struct ivm_cpu_set *cpus,
                                           struct ivm_refusal *refusal)
{
    struct ivm_request request = {.trigger = IVM_EDGE, .sharing = IVM_EXCLUSIVE};
    for (size_t i = 0; i < sizeof request.owner; i++)
        request.owner[i] = device->name[i];
    const struct ivm_driver *driver = device_driver(device);
    enum ivm_status status = may_connect(device, driver, index);
    if (status != IVM_OK) {
        /* No rule was broken: the record names the requester and nothing else. */
        if (refusal != NULL) {
            *refusal = (struct ivm_refusal){0};
            for (size_t i = 0; i < sizeof refusal->requester; i++)
                refusal->requester[i] = device->name[i];
        }
        return status;
    }
    struct pci_messages *messages = device->messages;
    struct pci_message *message = &messages->each[index];
    request.routine = driver->message_routine;
    request.context = &message->context;
    request.cpus = cpus != NULL ? cpus : pci_message_cpus(messages);
    request.level = messages->level;
    request.source = (struct ivm_source_id){.kind = IVM_MESSAGE, .number = message->number};
    return ivm_connect(&request, &message->connection, refusal);
}

enum ivm_status ivm_device_message_disconnect(struct ivm_device *device, uint32_t index)
{
    struct pci_message *message = message_of(device, index);
    return message != NULL ? ivm_disconnect(&message->connection) : IVM_NOT_CONNECTED;
}

bool ivm_device_message_pending(const struct ivm_device *device, uint32_t index)
{
    return message_of(device, index) != NULL &&
           pci_message_form(device)->is_pending(device->messages, index);
}

/* Under the lock, so that it is not closed meanwhile. */
static enum ivm_status set_hold(struct ivm_device *device, const bool is_held)
{
    struct pci_messages *messages = device->messages;
    if (messages == NULL)
        return IVM_UNSUPPORTED;
    bool were_on = device_lock_take(&messages->lock);
    const struct pci_message_form *form = pci_message_form(device);
    bool can = form != NULL && form->can_hold(messages) && !device->is_gone;
    if (can) {
        messages->is_held = is_held;
        (is_held ? form->hold : form->release)(messages);
    }
    device_lock_release(&messages->lock, were_on);
    return can ? IVM_OK : IVM_UNSUPPORTED;
}

enum ivm_status ivm_device_messages_hold(struct ivm_device *device)
{
    return set_hold(device, true);
}

enum ivm_status ivm_device_messages_release(struct ivm_device *device)
{
    return set_hold(device, false);
}
