/* device.c: device objects: told apart from stray pointers, named, deleted.
 *
 * Source: [WDM] "IoDeleteDevice".
 */
#include "device.h"

#include <ivm/system.h>

#include "calling.h"
#include "device_calls.h"
#include "kernel/format.h"
#include "objects.h"

/* All objects of all images, and ours. */
static struct device_record *records;
static struct spinlock records_lock;

uint8_t device_objects_lock(void)
{
    return dispatch_lock_take(&records_lock);
}

void device_objects_unlock(uint8_t found)
{
    dispatch_lock_release(&records_lock, found);
}

struct device_record *device_object_record(const struct nt_device *device)
{
    struct device_record *at = records;
    while (at != NULL && at->device != device)
        at = at->next;
    return at;
}

struct device_record *device_object_find(const struct nt_device *device)
{
    uint8_t found = device_objects_lock();
    struct device_record *record = device_object_record(device);
    device_objects_unlock(found);
    return record;
}

const char *device_object_text(const struct device_record *record, char out[DEVICE_TEXT])
{
    char name[DEVICE_TEXT];
    size_t length = 0;
    for (; length < sizeof name - 1 && length < record->name.length / 2; length++) {
        uint16_t letter = record->name.text[length];
        name[length] = letter >= ' ' && letter < 0x7F ? (char)letter : '?';
    }
    name[length] = '\0';
    if (length != 0)
        format_text(out, DEVICE_TEXT, "its device %s", name);
    else
        format_text(out, DEVICE_TEXT, "its device of type 0x%x without a name",
                    record->device->device_type);
    return out;
}

static uint16_t upper(uint16_t letter)
{
    return letter >= 'a' && letter <= 'z' ? (uint16_t)(letter - 'a' + 'A') : letter;
}

/* Names of objects are the same whatever their case. */
static bool is_named(const struct nt_string *name, const struct nt_string *other)
{
    if (name->length == 0 || name->length != other->length)
        return false;
    for (size_t i = 0; i < name->length / 2u; i++) {
        if (upper(name->text[i]) != upper(other->text[i]))
            return false;
    }
    return true;
}

static bool is_taken(const struct nt_string *name)
{
    for (const struct device_record *at = records; at != NULL; at = at->next) {
        if (is_named(name, &at->name))
            return true;
    }
    return false;
}

static void link_record(struct device_record *record)
{
    struct nt_driver *driver = record->device->driver;
    record->next = records;
    records = record;
    record->device->next = driver->devices;
    driver->devices = record->device;
    if (record->serve == NULL)
        record->image->devices++;
}

static void unlink_record(struct device_record *record)
{
    struct device_record **at = &records;
    while (*at != record)
        at = &(*at)->next;
    *at = record->next;
    struct nt_device **device = &record->device->driver->devices;
    while (*device != NULL && *device != record->device)
        device = &(*device)->next;
    if (*device != NULL)
        *device = record->device->next;
    if (record->serve == NULL)
        record->image->devices--;
}

bool device_object_link(struct device_record *record)
{
    uint8_t found = device_objects_lock();
    bool collides = is_taken(&record->name);
    if (!collides)
        link_record(record);
    device_objects_unlock(found);
    return !collides;
}

static bool is_over(const struct device_record *record)
{
    return record->is_deleted && record->references == 0 &&
           record->device->attached == NULL;
}

void device_objects_unlock_and_end(uint8_t found)
{
    struct device_record *over = NULL, *next;
    for (struct device_record *at = records; at != NULL; at = next) {
        next = at->next;
        if (!is_over(at))
            continue;
        unlink_record(at);
        at->next = over;
        over = at;
    }
    device_objects_unlock(found);
    for (; over != NULL; over = next) {
        next = over->next;
        pool_free(over);
    }
}

static void detach_below(struct device_record *record)
{
    if (record->below != NULL)
        record->below->attached = NULL;
    record->below = NULL;
}

void device_object_unmake(struct nt_device *device)
{
    uint8_t found = device_objects_lock();
    struct device_record *record = device_object_record(device);
    if (record == NULL) {
        device_objects_unlock(found);
        return;
    }
    if (device->attached != NULL)
        detach_below(device_object_record(device->attached));
    detach_below(record);
    record->is_deleted = true;
    record->references = 0;
    device_objects_unlock_and_end(found);
}

void device_objects_ready(struct nt_driver *driver)
{
    uint8_t found = device_objects_lock();
    for (struct nt_device *at = driver->devices; at != NULL; at = at->next)
        at->flags &= ~(uint32_t)NT_DO_DEVICE_INITIALIZING;
    device_objects_unlock(found);
}

uint32_t device_objects_drop(struct image *image)
{
    uint32_t forgotten = 0;
    for (;;) {
        char text[DEVICE_TEXT];
        uint8_t found = device_objects_lock();
        struct device_record *record = records;
        while (record != NULL && record->image != image)
            record = record->next;
        device_objects_unlock(found);
        if (record == NULL)
            return forgotten;
        if (record->serve == NULL) {
            ivm_log("%s: forgot to delete %s", image->name,
                    device_object_text(record, text));
            forgotten++;
        }
        device_object_unmake(record->device);
    }
}

/* What is wrong with deleting this; NULL: nothing. */
static const char *fault_of(const struct device_record *record)
{
    if (record == NULL)
        return "deletes what is no device object: ignored";
    if (record->serve != NULL)
        return "deletes a device of the bus: ignored";
    if (record->is_deleted)
        return "deletes a device a second time: ignored";
    if (record->device->attached != NULL)
        return "deletes a device that another one is attached to: it goes when that one "
               "has gone";
    if (record->below != NULL)
        return "deletes a device that is still attached to another one: taken off first";
    return NULL;
}

NT_API void IoDeleteDevice(struct nt_device *device)
{
    const struct image *image = image_of(__builtin_return_address(0));
    caller_at_most(image, IVM_DISPATCH, "IoDeleteDevice");
    uint8_t found = device_objects_lock();
    struct device_record *record = device_object_record(device);
    const char *fault = fault_of(record);
    if (record == NULL || record->serve != NULL || record->is_deleted) {
        device_objects_unlock(found);
    } else {
        detach_below(record);
        record->is_deleted = true;
        record->references--;
        device_objects_unlock_and_end(found);
    }
    if (fault != NULL)
        ivm_log("%s: %s", caller_name(image), fault);
}
