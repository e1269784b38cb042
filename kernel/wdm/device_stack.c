/* device_stack.c: device objects stacked on each other, and references to them.
 *
 * Source: [WDM] "IoAttachDeviceToDeviceStack", "IoDetachDevice", "Life Cycle of an Object".
 */
#include <ivm/system.h>

#include "calling.h"
#include "device.h"
#include "device_calls.h"

static struct nt_device *top_of(struct nt_device *device)
{
    while (device->attached != NULL)
        device = device->attached;
    return device;
}

struct nt_device *device_object_top(struct nt_device *device)
{
    uint8_t found = device_objects_lock();
    struct nt_device *top = top_of(device);
    device_objects_unlock(found);
    return top;
}

/* Why the one cannot be put on top of the other's stack; NULL: it can. */
static const char *fault_of(const struct device_record *source,
                            const struct device_record *target)
{
    if (source == NULL || target == NULL)
        return "attaches what is no device object";
    if (source->below != NULL)
        return "attaches a device that is attached already";
    if (top_of(target->device) == top_of(source->device))
        return "attaches a device to its own stack";
    const struct device_record *top = device_object_record(top_of(target->device));
    if (top->is_deleted || source->is_deleted)
        return "attaches a device that is deleted, or to one";
    if ((top->device->flags & NT_DO_DEVICE_INITIALIZING) != 0)
        return "attaches a device to one that is not ready: DO_DEVICE_INITIALIZING is set";
    return NULL;
}

NT_API struct nt_device *IoAttachDeviceToDeviceStack(struct nt_device *source,
                                                     struct nt_device *target)
{
    const struct image *image = image_of(__builtin_return_address(0));
    caller_at_most(image, IVM_DISPATCH, "IoAttachDeviceToDeviceStack");
    uint8_t found = device_objects_lock();
    struct device_record *record = device_object_record(source);
    const char *fault = fault_of(record, device_object_record(target));
    struct nt_device *top = NULL;
    if (fault == NULL) {
        top = top_of(target);
        top->attached = source;
        record->below = top;
        source->stack_size = (int8_t)(top->stack_size + 1);
        source->alignment = top->alignment;
        source->sector_size = top->sector_size;
    }
    device_objects_unlock(found);
    if (fault != NULL)
        ivm_log("%s: %s: refused", caller_name(image), fault);
    return top;
}

NT_API void IoDetachDevice(struct nt_device *target)
{
    const struct image *image = image_of(__builtin_return_address(0));
    caller_at_most(image, IVM_DISPATCH, "IoDetachDevice");
    uint8_t found = device_objects_lock();
    struct device_record *record = device_object_record(target);
    bool is_attached = record != NULL && target->attached != NULL;
    if (is_attached) {
        device_object_record(target->attached)->below = NULL;
        target->attached = NULL;
        device_objects_unlock_and_end(found);
        return;
    }
    device_objects_unlock(found);
    ivm_log("%s: detaches from %s: ignored", caller_name(image),
            record != NULL ? "a device that nothing is attached to"
                           : "what is no device object");
}

NT_API struct nt_device *IoGetAttachedDeviceReference(struct nt_device *device)
{
    const struct image *image = image_of(__builtin_return_address(0));
    caller_at_most(image, IVM_DISPATCH, "IoGetAttachedDeviceReference");
    uint8_t found = device_objects_lock();
    struct nt_device *top = NULL;
    if (device_object_record(device) != NULL) {
        top = top_of(device);
        device_object_record(top)->references++;
    }
    device_objects_unlock(found);
    if (top == NULL)
        ivm_log("%s: asks for what is attached to no device object", caller_name(image));
    return top;
}

/* Driver objects live as long as their images, and of other objects there are none: only devices are
 * counted. */
NT_API int64_t ObfReferenceObject(void *object)
{
    caller_at_most(image_of(__builtin_return_address(0)), IVM_DISPATCH,
                   "ObfReferenceObject");
    uint8_t found = device_objects_lock();
    struct device_record *record = device_object_record(object);
    int64_t references = record != NULL ? ++record->references : 1;
    device_objects_unlock(found);
    return references;
}

NT_API int64_t ObfDereferenceObject(void *object)
{
    const struct image *image = image_of(__builtin_return_address(0));
    caller_at_most(image, IVM_DISPATCH, "ObfDereferenceObject");
    uint8_t found = device_objects_lock();
    struct device_record *record = device_object_record(object);
    int32_t own = record != NULL && !record->is_deleted ? 1 : 0;
    if (record == NULL || record->references == own) {
        device_objects_unlock(found);
        if (record != NULL)
            ivm_log("%s: dereferences a device that nobody refers to: ignored",
                    caller_name(image));
        return 1;
    }
    int64_t references = --record->references;
    device_objects_unlock_and_end(found);
    return references;
}
