/* device.c: the table of the devices that were found. */
#include "device.h"

#include <ivm/bus.h>
#include <ivm/system.h>

/* Written by devices_start() and devices_find() only, at the start. */
static struct {
    void *(*allocate)(size_t bytes);
    struct ivm_device *devices[DEVICE_LIMIT];
    size_t count;
    struct ivm_device *candidate; /* handed out, not kept yet */
    bool full_was_said;
} table;

void devices_start(void *(*allocate)(size_t bytes))
{
    table.allocate = allocate;
    table.count = 0;
    table.candidate = NULL;
    table.full_was_said = false;
}

struct ivm_device *device_candidate(void)
{
    if (table.candidate == NULL && table.count < DEVICE_LIMIT)
        table.candidate = table.allocate(sizeof *table.candidate);
    if (table.candidate == NULL || table.count == DEVICE_LIMIT) {
        if (!table.full_was_said)
            ivm_log("devices: no room after %zu; those that follow are left out",
                    table.count);
        table.full_was_said = true;
        return NULL;
    }
    *table.candidate = (struct ivm_device){0};
    return table.candidate;
}

void *device_state(const struct ivm_driver *driver)
{
    void *state = table.allocate(driver->state_size == 0 ? 1 : driver->state_size);
    if (state == NULL)
        ivm_log("%s: no memory for the driver's state of %zu bytes", driver->name,
                driver->state_size);
    return state;
}

void device_keep(const struct ivm_device *candidate)
{
    if (candidate != table.candidate || table.count == DEVICE_LIMIT)
        return;
    table.devices[table.count++] = table.candidate;
    table.candidate = NULL;
}

bool device_uses_line(uint32_t gsi)
{
    for (size_t i = 0; i < table.count; i++)
        if (table.devices[i]->has_line && table.devices[i]->line.gsi == gsi)
            return true;
    return false;
}

size_t ivm_device_count(void)
{
    return table.count;
}

struct ivm_device *ivm_device_at(size_t index)
{
    return index < table.count ? table.devices[index] : NULL;
}

static bool same_name(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

struct ivm_device *ivm_device_find(const char *name)
{
    for (size_t i = 0; i < table.count; i++)
        if (same_name(table.devices[i]->name, name))
            return table.devices[i];
    return NULL;
}
