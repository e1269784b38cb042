/* device_connect.c: the common case: a device's own routine on its own line, or its own message; and who is
 * connected in a device's name.
 */
#include <ivm/device_message.h>
#include <ivm/driver.h>
#include <ivm/stats.h>

#include "device.h"

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

static enum ivm_status may_connect(const struct ivm_device *device,
                                   const struct ivm_driver *driver)
{
    if (device->is_gone)
        return IVM_DEVICE_GONE;
    bool interrupts = device->has_line || device->own_message != 0;
    return driver == NULL || !interrupts ? IVM_NO_SUCH_DEVICE : IVM_OK;
}

static struct ivm_source_id source_of(const struct ivm_device *device)
{
    if (device->has_line)
        return (struct ivm_source_id){.kind = IVM_LINE, .number = device->line.gsi};
    return (struct ivm_source_id){.kind = IVM_MESSAGE, .number = device->own_message};
}

enum ivm_status ivm_device_connect(struct ivm_device *device, enum ivm_sharing sharing,
                                   struct ivm_refusal *refusal)
{
    struct ivm_request request = {
        .context = device,
        .source = source_of(device),
        .trigger = device->line.trigger,
        .polarity = device->line.polarity,
        .sharing = sharing,
    };
    for (size_t i = 0; i < sizeof request.owner; i++)
        request.owner[i] = device->name[i];
    const struct ivm_driver *driver = device_driver(device);
    enum ivm_status status = may_connect(device, driver);
    if (status != IVM_OK) {
        /* No rule was broken: the record names the requester and nothing else. */
        if (refusal != NULL) {
            *refusal = (struct ivm_refusal){0};
            for (size_t i = 0; i < sizeof refusal->requester; i++)
                refusal->requester[i] = device->name[i];
        }
        return status;
    }
    request.routine = driver->routine;
    return ivm_connect(&request, &device->connection, refusal);
}

enum ivm_status ivm_device_disconnect(struct ivm_device *device)
{
    if (device->is_gone)
        return IVM_DEVICE_GONE;
    const struct ivm_driver *driver = device_driver(device);
    if (driver != NULL && driver->quiet != NULL)
        driver->quiet(device);
    return ivm_disconnect(&device->connection);
}
