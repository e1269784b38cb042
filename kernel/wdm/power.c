/* power.c: calls that do nothing or fail: power never changes, nothing has a name to link to, and there is
 * no registry.
 *
 * Source: [WDM] "PoStartNextPowerIrp", "PoSetPowerState", "PoRequestPowerIrp", "IoCreateSymbolicLink",
 * "IoInvalidateDeviceState", "IoOpenDeviceRegistryKey".
 */
#include "bus_calls.h"

enum { POWER_WORKING = 1 }; /* PowerDeviceD0, and PowerSystemWorking */

NT_API void PoStartNextPowerIrp(struct nt_irp *irp)
{
    (void)irp;
}

/* The answer is the state before. */
NT_API uint32_t PoSetPowerState(struct nt_device *device, uint32_t kind, uint32_t state)
{
    (void)device, (void)kind, (void)state;
    return POWER_WORKING;
}

NT_API nt_status PoRequestPowerIrp(struct nt_device *device, uint8_t minor, uint32_t state,
                                   nt_code completion, void *context, struct nt_irp **irp)
{
    (void)device, (void)minor, (void)state, (void)completion, (void)context;
    if (irp != NULL)
        *irp = NULL;
    return NT_NOT_SUPPORTED;
}

NT_API nt_status IoCreateSymbolicLink(const struct nt_string *link,
                                      const struct nt_string *device)
{
    (void)link, (void)device;
    return NT_SUCCESS;
}

NT_API nt_status IoDeleteSymbolicLink(const struct nt_string *link)
{
    (void)link;
    return NT_SUCCESS;
}

NT_API void IoInvalidateDeviceState(struct nt_device *pdo)
{
    (void)pdo;
}

NT_API nt_status IoOpenDeviceRegistryKey(struct nt_device *pdo, uint32_t kind,
                                         uint32_t access, void **key)
{
    (void)pdo, (void)kind, (void)access;
    if (key != NULL)
        *key = NULL;
    return NT_NOT_SUPPORTED;
}

NT_API nt_status ZwClose(void *handle)
{
    (void)handle;
    return NT_SUCCESS;
}
