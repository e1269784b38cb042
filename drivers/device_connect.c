/* device_connect.c: the common case: a device's own routine on its own line, or its own message. */
#include <ivm/driver.h>

static enum ivm_status may_connect(const struct ivm_device *device)
{
    if (device->is_gone)
        return IVM_DEVICE_GONE;
    bool interrupts = device->has_line || device->own_message != 0;
    return device->driver == NULL || !interrupts ? IVM_NO_SUCH_DEVICE : IVM_OK;
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
    enum ivm_status status = may_connect(device);
    if (status != IVM_OK) {
        /* No rule was broken: the record names the requester and nothing else. */
        if (refusal != NULL) {
            *refusal = (struct ivm_refusal){0};
            for (size_t i = 0; i < sizeof refusal->requester; i++)
                refusal->requester[i] = device->name[i];
        }
        return status;
    }
    request.routine = device->driver->routine;
    return ivm_connect(&request, &device->connection, refusal);
}

enum ivm_status ivm_device_disconnect(struct ivm_device *device)
{
    if (device->is_gone)
        return IVM_DEVICE_GONE;
    if (device->driver != NULL && device->driver->quiet != NULL)
        device->driver->quiet(device);
    return ivm_disconnect(&device->connection);
}
