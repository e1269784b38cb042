/* messages.c: a device by its messages: opened, connected, fired, and back to its line. */
#include "messages.h"

#include <ivm/stats.h>
#include <ivm/system.h>

#include "stage.h"

/* [PCI] "Class Code" */
enum { CLASS_SHIFT = 16, CLASS_BRIDGE = 0x06 };

bool messages_are_open(const struct ivm_device *device)
{
    return device->messages != NULL && ivm_device_message_number(device, 0) != 0;
}

bool messages_has(const struct ivm_device *device, uint32_t index)
{
    return device->messages != NULL && device->driver != NULL &&
           index < device->driver->message_count &&
           ivm_device_message_number(device, index) != 0;
}

uint32_t messages_count(const struct ivm_device *device)
{
    uint32_t count = 0;
    while (messages_has(device, count))
        count++;
    return count;
}

/* What a bridge tells is about those behind it: not all of it can be provoked. */
static bool is_bridge(const struct ivm_device *device)
{
    return device->bus == IVM_BUS_PCI &&
           device->pci.class_code >> CLASS_SHIFT == CLASS_BRIDGE;
}

bool messages_can_play(struct ivm_device *device)
{
    const struct ivm_driver *driver = device->driver;
    struct ivm_grant grant;
    if (device->is_gone || is_bridge(device) || driver == NULL ||
        driver->message_count == 0 || driver->message_routine == NULL ||
        driver->fire_message == NULL || messages_are_open(device))
        return false;
    const struct ivm_message_wish wish = {.count = 1};
    return ivm_device_messages_open(device, &wish, &grant) == IVM_OK &&
           ivm_device_messages_close(device) == IVM_OK;
}

/* The driver's word counts: it may have to tell its device. */
static enum ivm_status tell(struct ivm_device *device, enum ivm_means means)
{
    const struct ivm_driver *driver = device->driver;
    return driver->use != NULL ? driver->use(device, means) : IVM_OK;
}

static void silence(struct ivm_device *device)
{
    if (device->driver->quiet != NULL)
        device->driver->quiet(device);
}

static enum ivm_status disconnect_each(struct ivm_device *device)
{
    enum ivm_status worst = IVM_OK;
    silence(device);
    for (uint32_t i = 0; messages_has(device, i); i++) {
        enum ivm_status status = ivm_device_message_disconnect(device, i);
        if (status != IVM_OK && status != IVM_NOT_CONNECTED)
            worst = status;
    }
    return worst;
}

enum ivm_status messages_disconnect(struct ivm_device *device)
{
    enum ivm_status status = disconnect_each(device);
    if (status == IVM_OK)
        status = ivm_device_messages_close(device);
    return status == IVM_OK ? tell(device, IVM_BY_LINE) : status;
}

static enum ivm_status connect_each(struct ivm_device *device, struct attempt *attempt)
{
    enum ivm_status status = tell(device, IVM_BY_MESSAGES);
    for (uint32_t i = 0; status == IVM_OK && messages_has(device, i); i++)
        status = ivm_device_message_connect(device, i, NULL, &attempt->refusal);
    return status;
}

enum ivm_status messages_connect(struct ivm_device *device, uint32_t wanted,
                                 struct ivm_grant *grant, struct attempt *attempt)
{
    const struct ivm_message_wish wish = {.count = wanted};
    *attempt = (struct attempt){.who = device->name};
    *grant = (struct ivm_grant){0};
    attempt->status = ivm_device_messages_open(device, &wish, grant);
    if (attempt->status != IVM_OK)
        return attempt->status;
    attempt->status = connect_each(device, attempt);
    if (attempt->status != IVM_OK && messages_disconnect(device) != IVM_OK)
        ivm_log("%s: its messages could not be closed again", device->name);
    return attempt->status;
}

static const char *kind_name(enum ivm_message_kind kind)
{
    return kind == IVM_MSIX ? "MSI-X" : "MSI";
}

void messages_say_grant(const struct ivm_device *device, uint32_t wanted,
                        const struct ivm_grant *grant)
{
    static const char *const why[] = {
        [IVM_GRANT_WHOLE] = "",
        [IVM_GRANT_DEVICE] = ": it has no more",
        [IVM_GRANT_BLOCK] = ": no larger aligned block of vectors is free on one CPU",
        [IVM_GRANT_EXHAUSTED] = ": no more vectors are free",
        [IVM_GRANT_MEMORY] = ": there is no memory for more",
        [IVM_GRANT_CLASS] = ": no more share a class",
    };
    ivm_log("%s: %u %s message%s granted of %u asked for and %u it has%s", device->name,
            grant->granted, kind_name(grant->kind), grant->granted == 1 ? "" : "s", wanted,
            grant->offered, grant->limit <= IVM_GRANT_CLASS ? why[grant->limit] : "");
    ivm_log("%s: %s", device->name,
            grant->has_masks ? "each message has a mask and a pending bit of its own"
            : grant->granted > 1
                ? "its messages have no masks: they can be stopped in the device only"
                : "its message has no mask: it is stopped by turning MSI off, and what is "
                  "sent meanwhile is lost");
}

bool messages_counts(struct ivm_device *device, uint32_t index, struct message_counts *out)
{
    struct ivm_source_id source = {IVM_MESSAGE, ivm_device_message_number(device, index)};
    const struct ivm_connection *connection = ivm_device_message_connection(device, index);
    struct ivm_vector_stats stats;
    if (connection == NULL || !ivm_stats_place(source, &out->cpu, &out->vector) ||
        !ivm_stats_vector(out->cpu, out->vector, &stats))
        return false;
    out->mask_reasons = stats.mask_reasons;
    out->delivered = stats.delivered;
    out->claimed = ivm_stats_claimed(connection);
    return true;
}

uint64_t messages_fire(struct ivm_device *device, uint32_t index, unsigned times)
{
    const struct ivm_connection *connection = ivm_device_message_connection(device, index);
    uint64_t before = ivm_stats_claimed(connection);
    for (unsigned i = 1; i <= times; i++) {
        device->driver->fire_message(device, index);
        if (!stage_await_claims(connection, before + i)) {
            ivm_log("%s was fired and did not take its message %u", device->name, index);
            break;
        }
    }
    return ivm_stats_claimed(connection) - before;
}
