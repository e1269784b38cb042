/* bus_calls.h: the calls about buses, properties of devices, links and power, as images import them.
 * Meanings, statuses and levels are those of the documentation [WDM]; what differs is in exports.h.
 */
#ifndef WDM_BUS_CALLS_H
#define WDM_BUS_CALLS_H

#include "nt_object.h"

/* property.c */
NT_API nt_status IoGetDeviceProperty(struct nt_device *pdo, uint32_t property,
                                     uint32_t length, void *buffer, uint32_t *needed);

/* bus.c. Bytes beyond the 256 of configuration space are not read or written. */
NT_API uint32_t HalGetBusDataByOffset(uint32_t kind, uint32_t bus, uint32_t slot,
                                      void *buffer, uint32_t offset, uint32_t length);
NT_API uint32_t HalSetBusDataByOffset(uint32_t kind, uint32_t bus, uint32_t slot,
                                      void *buffer, uint32_t offset, uint32_t length);

/* power.c: power never changes, nothing has a name to link to, and there is no registry. */
NT_API void PoStartNextPowerIrp(struct nt_irp *irp);
NT_API uint32_t PoSetPowerState(struct nt_device *device, uint32_t kind, uint32_t state);
NT_API nt_status PoRequestPowerIrp(struct nt_device *device, uint8_t minor, uint32_t state,
                                   nt_code completion, void *context, struct nt_irp **irp);
NT_API nt_status IoCreateSymbolicLink(const struct nt_string *link,
                                      const struct nt_string *device);
NT_API nt_status IoDeleteSymbolicLink(const struct nt_string *link);
NT_API void IoInvalidateDeviceState(struct nt_device *pdo);
NT_API nt_status IoOpenDeviceRegistryKey(struct nt_device *pdo, uint32_t kind,
                                         uint32_t access, void **key);
NT_API nt_status ZwClose(void *handle);

#endif
