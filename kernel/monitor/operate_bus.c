/* operate_bus.c: the console's commands for devices that come and go. */
#include "operate.h"

#include <ivm/bus.h>
#include <ivm/system.h>

#include "table.h"
#include "target.h"

static void say_device(const struct ivm_device *device)
{
    char row[TABLE_LINE];
    table_device_row(device, row);
    ivm_log("%s", row);
}

bool operate_load(char *const *arguments, unsigned count)
{
    (void)count;
    struct ivm_device *device = target_device(arguments[0]);
    if (device == NULL || !target_is_ok(device, ivm_device_load(device)))
        return false;
    say_device(device);
    return true;
}

bool operate_unload(char *const *arguments, unsigned count)
{
    (void)count;
    struct ivm_device *device = target_device(arguments[0]);
    if (device == NULL)
        return false;
    enum ivm_status status = ivm_device_unload(device);
    if (status == IVM_STILL_CONNECTED)
        ivm_log("%s is still connected; `disconnect %s` first", device->name, device->name);
    if (!target_is_ok(device, status))
        return false;
    say_device(device);
    return true;
}

bool operate_rescan(char *const *arguments, unsigned count)
{
    (void)arguments, (void)count;
    struct ivm_rescan rescan = {0};
    size_t before = ivm_device_count();
    ivm_devices_rescan(&rescan);
    for (size_t i = before; i < ivm_device_count(); i++)
        say_device(ivm_device_at(i));
    ivm_log("rescan: %u found, %u gone", rescan.found, rescan.gone);
    return true;
}
