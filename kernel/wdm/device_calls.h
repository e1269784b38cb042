/* device_calls.h: the calls about device objects, as images import them. Meanings, statuses and levels are
 * those of the documentation [WDM]; what differs is in exports.h.
 *
 * What a driver does wrong is named in the log and has no effect: a device is deleted twice, or
 * something is taken off that was never attached. A device that others are attached to is deleted
 * when they have gone.
 */
#ifndef WDM_DEVICE_CALLS_H
#define WDM_DEVICE_CALLS_H

#include "nt_object.h"

NT_API nt_status IoCreateDevice(struct nt_driver *driver, uint32_t extension_size,
                                const struct nt_string *name, uint32_t type,
                                uint32_t characteristics, nt_boolean exclusive,
                                struct nt_device **out);
NT_API void IoDeleteDevice(struct nt_device *device);
NT_API struct nt_device *IoAttachDeviceToDeviceStack(struct nt_device *source,
                                                     struct nt_device *target);
NT_API void IoDetachDevice(struct nt_device *target);
NT_API struct nt_device *IoGetAttachedDeviceReference(struct nt_device *device);
NT_API int64_t ObfReferenceObject(void *object);
NT_API int64_t ObfDereferenceObject(void *object);

#endif
