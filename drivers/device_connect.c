/* device_connect.c: the common case: a device's own routine on its own line. */
#include <ivm/driver.h>

enum ivm_status ivm_device_connect(struct ivm_device *device, enum ivm_sharing sharing,
                                   struct ivm_refusal *refusal)
{
    struct ivm_request request = {
        .context = device,
        .source = {.kind = IVM_LINE, .number = device->line.gsi},
        .trigger = device->line.trigger,
        .polarity = device->line.polarity,
        .sharing = sharing,
    };
    for (size_t i = 0; i < sizeof request.owner; i++)
        request.owner[i] = device->name[i];
    if (device->driver == NULL || !device->has_line) {
        /* No rule was broken: the record names the requester and nothing else. */
        if (refusal != NULL) {
            *refusal = (struct ivm_refusal){0};
            for (size_t i = 0; i < sizeof refusal->requester; i++)
                refusal->requester[i] = device->name[i];
        }
        return IVM_NO_SUCH_DEVICE;
    }
    request.routine = device->driver->routine;
    return ivm_connect(&request, &device->connection, refusal);
}

enum ivm_status ivm_device_disconnect(struct ivm_device *device)
{
    if (device->driver != NULL && device->driver->quiet != NULL)
        device->driver->quiet(device);
    return ivm_disconnect(&device->connection);
}
