/* device.c: the table of the devices that were found. */
#include "device.h"

#include <stdatomic.h>

#include <ivm/bus.h>
#include <ivm/level.h>
#include <ivm/system.h>

#include <hw/cpu.h>

#include "device_lock.h"

/* Written at the start, and later by who holds `changing`. A device that is kept stays. */
static struct {
    void *(*allocate)(size_t bytes);
    struct ivm_device *devices[DEVICE_LIMIT];
    _Atomic size_t count;
    struct ivm_device *candidate; /* handed out, not kept yet */
    bool full_was_said;
    atomic_bool changing;
} table;

/* Acquire: pairs with the release in device_keep(), which wrote the devices below it. */
static size_t count_now(void)
{
    return atomic_load_explicit(&table.count, memory_order_acquire);
}

void devices_start(void *(*allocate)(size_t bytes))
{
    table.allocate = allocate;
    atomic_store_explicit(&table.count, 0, memory_order_relaxed);
    table.candidate = NULL;
    table.full_was_said = false;
    atomic_store_explicit(&table.changing, false, memory_order_relaxed);
}

enum ivm_status devices_lock(void)
{
    if (ivm_level_now() >= IVM_DISPATCH || !cpu_interrupts_enabled())
        return IVM_WRONG_LEVEL;
    device_lock_spin(&table.changing);
    return IVM_OK;
}

void devices_unlock(void)
{
    device_lock_end(&table.changing);
}

struct ivm_device *device_candidate(void)
{
    size_t count = count_now();
    if (table.candidate == NULL && count < DEVICE_LIMIT)
        table.candidate = table.allocate(sizeof *table.candidate);
    if (table.candidate == NULL || count == DEVICE_LIMIT) {
        if (!table.full_was_said)
            ivm_log("devices: no room after %zu; those that follow are left out", count);
        table.full_was_said = true;
        return NULL;
    }
    *table.candidate = (struct ivm_device){0};
    return table.candidate;
}

void *device_memory(size_t bytes)
{
    return table.allocate(bytes);
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
    size_t count = count_now();
    if (candidate != table.candidate || count == DEVICE_LIMIT)
        return;
    table.devices[count] = table.candidate;
    table.candidate = NULL;
    atomic_store_explicit(&table.count, count + 1, memory_order_release);
}

bool device_uses_line(uint32_t gsi)
{
    for (size_t i = 0; i < count_now(); i++) {
        const struct ivm_device *device = table.devices[i];
        if (!device->is_gone && device->has_line && device->line.gsi == gsi)
            return true;
    }
    return false;
}

size_t ivm_device_count(void)
{
    return count_now();
}

struct ivm_device *ivm_device_at(size_t index)
{
    return index < count_now() ? table.devices[index] : NULL;
}

static bool same_name(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

/* A function that nobody drives is called by its place: where another model was put in, the one that
 * is there now has the name. */
struct ivm_device *ivm_device_find(const char *name)
{
    struct ivm_device *gone = NULL;
    for (size_t i = 0; i < count_now(); i++) {
        struct ivm_device *device = table.devices[i];
        if (!same_name(device->name, name))
            continue;
        if (!device->is_gone)
            return device;
        gone = device;
    }
    return gone;
}
