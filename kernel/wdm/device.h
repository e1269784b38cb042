/* device.h: device objects: made, named, stacked on each other, deleted.
 *
 * A block of the pool holds what is ours (struct device_record), the object, its extension and its name.
 * A pointer from a driver is looked for among those that exist before it is used. All of it is under
 * one lock, taken at IVM_DISPATCH.
 */
#ifndef WDM_DEVICE_H
#define WDM_DEVICE_H

#include "image.h"
#include "nt_object.h"

/* Answers a request to a device of ours, and completes it. */
typedef nt_status device_serve(struct nt_device *device, struct nt_irp *irp);

struct device_record {
    struct device_record *next;
    struct image *image; /* who is charged */
    struct nt_device *device;
    struct nt_device *below; /* what it is attached to; NULL: nothing */
    device_serve *serve;     /* NULL: its driver's routines answer */
    int32_t references;      /* one is the object's own, until it is deleted */
    bool
        is_deleted; /* it goes with the last reference, and when nothing is attached to it */
    struct nt_string name; /* length 0: none */
};

struct device_plan {
    struct nt_driver *driver;
    struct image
        *image; /* charged with the memory; counted in its devices when `serve` is NULL */
    device_serve *serve;
    const struct nt_string *name; /* NULL: none */
    uint32_t extension_size;
    uint32_t type;
    uint32_t characteristics;
    uint32_t flags; /* besides NT_DO_DEVICE_INITIALIZING */
};

/* errors  NT_INSUFFICIENT_RESOURCES, NT_OBJECT_NAME_COLLISION: nothing was made
 * context  at or below IVM_DISPATCH */
nt_status device_object_make(const struct device_plan *plan, struct nt_device **out);

/* Take an object apart from those above and below it, and delete it, whoever refers to it. */
void device_object_unmake(struct nt_device *device);

/* Its record, while it exists; NULL: it is no device object. At or below IVM_DISPATCH. */
struct device_record *device_object_find(const struct nt_device *device);

/* The highest object of the stack that it is in. */
struct nt_device *device_object_top(struct nt_device *device);

enum { DEVICE_TEXT = 64 };

/* How an object is called in the log: "its device \Device\Edu0". */
const char *device_object_text(const struct device_record *record, char out[DEVICE_TEXT]);

/* Clear NT_DO_DEVICE_INITIALIZING of all devices of a driver whose DriverEntry has returned. */
void device_objects_ready(struct nt_driver *driver);

/* Delete all objects that an image is charged with. Its own it had forgotten: they are named; returns how
 * many. */
uint32_t device_objects_drop(struct image *image);

/* ---- between device.c, device_make.c and device_stack.c --------------------------------- */

/* Make a record known; false: another one has its name. */
bool device_object_link(struct device_record *record);

/* The lock of all records; with it held: the record of an object. The last one releases it, and ends
 * those that are deleted and that nothing holds any more. */
uint8_t device_objects_lock(void);
void device_objects_unlock(uint8_t found);
struct device_record *device_object_record(const struct nt_device *device);
void device_objects_unlock_and_end(uint8_t found);

#endif
