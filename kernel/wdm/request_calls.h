/* request_calls.h: the calls about requests, as images import them. Meanings, statuses and levels are those
 * of the documentation [WDM]; what differs is in exports.h.
 *
 * What a driver does wrong is named in the log and has no effect: a request is completed or freed
 * twice, or completed by who does not have it.
 */
#ifndef WDM_REQUEST_CALLS_H
#define WDM_REQUEST_CALLS_H

#include "nt_object.h"

NT_API struct nt_irp *IoAllocateIrp(int8_t stack_size, nt_boolean charge_quota);
NT_API void IoFreeIrp(struct nt_irp *irp);
NT_API nt_status IofCallDriver(struct nt_device *device, struct nt_irp *irp);
NT_API void IofCompleteRequest(struct nt_irp *irp, int8_t boost);
NT_API nt_status PoCallDriver(struct nt_device *device, struct nt_irp *irp);

/* packet.c */
NT_API void IoStartPacket(struct nt_device *device, struct nt_irp *irp, const uint32_t *key,
                          nt_code cancel);
NT_API void IoStartNextPacket(struct nt_device *device, nt_boolean cancelable);

#endif
