/* packet.c: a device's queue of requests, one of which its StartIo routine works on at a time.
 *
 * Source: [WDM] "IoStartPacket", "IoStartNextPacket", "StartIo Routines in Drivers".
 */
#include <ivm/system.h>

#include "calling.h"
#include "device.h"
#include "request.h"
#include "request_calls.h"

struct device_queue { /* KDEVICE_QUEUE, in struct nt_device */
    int16_t type;
    int16_t size;
    struct nt_list waiting;
    uint64_t lock;
    uint8_t is_busy;
};

struct queue_entry { /* KDEVICE_QUEUE_ENTRY, in the request's driver_context */
    struct nt_list list;
    uint32_t key;
    uint8_t is_inserted;
};

_Static_assert(sizeof(struct device_queue) == sizeof((struct nt_device *)0)->device_queue,
               "KDEVICE_QUEUE");
_Static_assert(offsetof(struct nt_device, device_queue) % _Alignof(struct device_queue) ==
                   0,
               "KDEVICE_QUEUE");
_Static_assert(sizeof(struct queue_entry) <= sizeof((struct nt_irp *)0)->driver_context,
               "KDEVICE_QUEUE_ENTRY");

/* Of the queues of all devices. */
static struct spinlock packets_lock;

static struct device_queue *queue_of(struct nt_device *device)
{
    return (struct device_queue *)(void *)device->device_queue;
}

static struct queue_entry *entry_of(struct nt_irp *irp)
{
    return (struct queue_entry *)(void *)irp->driver_context;
}

static struct nt_irp *irp_of(struct nt_list *entry)
{
    return (struct nt_irp *)(void *)((uint8_t *)entry -
                                     offsetof(struct nt_irp, driver_context));
}

/* An object begins with a queue of zeros. */
static struct nt_list *waiting_in(struct device_queue *queue)
{
    if (queue->waiting.next == NULL)
        queue->waiting.next = queue->waiting.previous = &queue->waiting;
    return &queue->waiting;
}

/* Behind those with the same key or a lower one; without a key, at the end. */
static void insert(struct device_queue *queue, struct nt_irp *irp, const uint32_t *key)
{
    struct queue_entry *entry = entry_of(irp);
    struct nt_list *head = waiting_in(queue), *at = head->previous;
    entry->key = key != NULL ? *key : 0;
    entry->is_inserted = NT_TRUE;
    while (key != NULL && at != head && entry_of(irp_of(at))->key > *key)
        at = at->previous;
    entry->list.previous = at;
    entry->list.next = at->next;
    at->next->previous = &entry->list;
    at->next = &entry->list;
}

static struct nt_irp *take_first(struct device_queue *queue)
{
    struct nt_list *head = waiting_in(queue), *first = head->next;
    if (first == head)
        return NULL;
    head->next = first->next;
    first->next->previous = head;
    struct nt_irp *irp = irp_of(first);
    entry_of(irp)->is_inserted = NT_FALSE;
    return irp;
}

/* At IVM_DISPATCH, nothing locked. */
static void start(struct nt_device *device, struct nt_irp *irp)
{
    nt_code routine = device->driver->start_io;
    struct image *image = image_of((const void *)(uintptr_t)routine);
    const uint64_t arguments[4] = {(uintptr_t)device, (uintptr_t)irp};
    if (routine != 0 && image != NULL)
        image_call(image, "its StartIo routine", routine, arguments);
}

/* What is wrong with the call; NULL: nothing. */
static const char *fault_of(const struct nt_device *device, const struct nt_irp *irp)
{
    if (device_object_find(device) == NULL)
        return "of what is no device object";
    if (irp != NULL && !request_exists(irp))
        return "with what is no request";
    return device->driver->start_io == 0 ? "of a driver without a StartIo routine" : NULL;
}

static bool may_start(const struct image *image, const struct nt_device *device,
                      const struct nt_irp *irp)
{
    const char *fault = fault_of(device, irp);
    if (fault != NULL)
        ivm_log("%s: starts a packet %s: ignored", caller_name(image), fault);
    return fault == NULL;
}

NT_API void IoStartPacket(struct nt_device *device, struct nt_irp *irp, const uint32_t *key,
                          nt_code cancel)
{
    const struct image *image = image_of(__builtin_return_address(0));
    caller_at_most(image, IVM_DISPATCH, "IoStartPacket");
    if (irp == NULL || !may_start(image, device, irp))
        return;
    if (cancel != 0)
        irp->cancel_routine = cancel;
    uint8_t level = ivm_level_raise(IVM_DISPATCH);
    uint8_t found = dispatch_lock_take(&packets_lock);
    struct device_queue *queue = queue_of(device);
    bool must_wait = queue->is_busy != NT_FALSE;
    if (must_wait)
        insert(queue, irp, key);
    else
        device->current_irp = irp;
    queue->is_busy = NT_TRUE;
    dispatch_lock_release(&packets_lock, found);
    if (!must_wait)
        start(device, irp);
    ivm_level_lower(level);
}

NT_API void IoStartNextPacket(struct nt_device *device, nt_boolean cancelable)
{
    (void)cancelable; /* nothing is ever cancelled */
    const struct image *image = image_of(__builtin_return_address(0));
    caller_at_most(image, IVM_DISPATCH, "IoStartNextPacket");
    if (!may_start(image, device, NULL))
        return;
    uint8_t level = ivm_level_raise(IVM_DISPATCH);
    uint8_t found = dispatch_lock_take(&packets_lock);
    struct device_queue *queue = queue_of(device);
    struct nt_irp *next = take_first(queue);
    device->current_irp = next;
    queue->is_busy = next != NULL;
    dispatch_lock_release(&packets_lock, found);
    if (next != NULL)
        start(device, next);
    ivm_level_lower(level);
}
