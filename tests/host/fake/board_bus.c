/* board_bus.c: what changes the board's table of devices, and measures: the rest of bus.h. */
#include "board.h"

#include <string.h>

#include "world.h"

static const struct ivm_driver *drivers_before[BOARD_DEVICES];

static struct {
    enum ivm_status status;
    struct ivm_measurement found;
} measurement;

static struct {
    const char *found;
    uint32_t gsi;
    struct ivm_device *gone;
} change;

void board_bus_start(void)
{
    memset(drivers_before, 0, sizeof drivers_before);
    memset(&change, 0, sizeof change);
    measurement.status = IVM_NO_SUCH_DEVICE;
}

void board_set_measurement(enum ivm_status status, const struct ivm_measurement *found)
{
    measurement.status = status;
    if (found != NULL)
        measurement.found = *found;
}

void board_set_change(const char *found, uint32_t gsi, struct ivm_device *gone)
{
    change.found = found;
    change.gsi = gsi;
    change.gone = gone;
}

enum ivm_status ivm_device_unload(struct ivm_device *device)
{
    if (device->driver == NULL)
        return IVM_NO_SUCH_DEVICE;
    if (device->connection.source != NULL || ivm_device_message_number(device, 0) != 0)
        return IVM_STILL_CONNECTED;
    drivers_before[board_state(device)->wire] = device->driver;
    device->driver = NULL;
    return IVM_OK;
}

enum ivm_status ivm_device_load(struct ivm_device *device)
{
    if (device->driver != NULL)
        return IVM_ALREADY_CONNECTED;
    device->driver = drivers_before[board_state(device)->wire];
    return device->driver != NULL ? IVM_OK : IVM_NO_SUCH_DEVICE;
}

void ivm_devices_rescan(struct ivm_rescan *out)
{
    *out = (struct ivm_rescan){.found = change.found != NULL, .gone = change.gone != NULL};
    if (change.found != NULL)
        board_add(BOARD_EDU, change.found, change.gsi);
    if (change.gone != NULL)
        change.gone->is_gone = true;
    change.found = NULL;
    change.gone = NULL;
}

enum ivm_status ivm_device_measure(struct ivm_device *device, struct ivm_measurement *out)
{
    (void)device;
    if (measurement.status == IVM_OK)
        *out = measurement.found;
    return measurement.status;
}

enum ivm_status ivm_device_use_measured(struct ivm_device *device,
                                        const struct ivm_measurement *measured)
{
    if (!measured->heard)
        return IVM_NOT_FOUND;
    device->line.gsi = measured->gsi;
    device->line.known_from = "measured";
    return IVM_OK;
}

/* Those that wait to be taken say so, driven or not. */
size_t ivm_line_suspects(uint32_t gsi, struct ivm_device **out, size_t room)
{
    size_t count = 0;
    for (size_t i = 0; i < ivm_device_count(); i++) {
        struct ivm_device *device = ivm_device_at(i);
        if (device->line.gsi != gsi || board_state(device)->pending == 0)
            continue;
        if (count < room)
            out[count] = device;
        count++;
    }
    return count;
}
