/* interrupt.c: interrupt objects: made, connected, told apart from stray pointers, dropped. */
#include "interrupt.h"

#include <ivm/bus.h>
#include <ivm/cpu.h>
#include <ivm/system.h>

#include "host.h"
#include "kernel/machine.h"
#include "kernel/spinlock.h"
#include "objects.h"

enum { INTERRUPT_TAG = 0x72746E49 }; /* "Intr" */

/* All handles of all images, and their lock. */
static struct wdm_interrupt *handles;
static struct spinlock handles_lock;

nt_status interrupt_status(enum ivm_status status)
{
    return (nt_status)ivm_status_forms(status)->ntstatus;
}

struct ivm_cpu_set interrupt_cpus(nt_affinity processors, uint16_t group)
{
    struct ivm_cpu_set set = {.group = group};
    for (uint32_t bit = 0; bit < WDM_CPU_GROUP; bit++) {
        bool runs = group * (uint32_t)WDM_CPU_GROUP + bit < ivm_cpu_count();
        if (runs)
            set.mask |= processors & UINT64_C(1) << bit;
    }
    return set;
}

/* The native routine of every object. CR8 is the run level: each connection has a lock. */
static enum ivm_verdict serve(void *context)
{
    struct wdm_interrupt *interrupt = context;
    const uint64_t arguments[4] = {(uintptr_t)interrupt, (uintptr_t)interrupt->context,
                                   interrupt->message_id};
    uint8_t level = machine_priority();
    uint64_t result = foreign_call(interrupt->routine, arguments);
    if (machine_priority() != level) {
        image_note_level(interrupt->image, "its interrupt routine", level);
        machine_set_priority(level);
    }
    /* A BOOLEAN is the low byte of the register; the rest is whatever it was. */
    return (uint8_t)result != NT_FALSE ? IVM_HANDLED : IVM_NOT_MINE;
}

/* How a line is wired, which a driver does not say: as the devices on it are, or as its trigger is on
 * PCI and ISA. */
static enum ivm_polarity polarity_of(uint32_t gsi, enum ivm_trigger trigger)
{
    for (size_t i = 0; i < ivm_device_count(); i++) {
        const struct ivm_device *device = ivm_device_at(i);
        if (device->has_line && device->line.gsi == gsi)
            return device->line.polarity;
    }
    return trigger == IVM_LEVEL ? IVM_ACTIVE_LOW : IVM_ACTIVE_HIGH;
}

/* The lock of a handle is its first object's own, unless the driver brought one. */
static struct ivm_lock *lock_of(const struct interrupt_plan *plan,
                                struct wdm_interrupt *first)
{
    if (plan->spin_lock != NULL)
        return (struct ivm_lock *)(void *)
            plan->spin_lock; /* both are eight bytes, free when zero */
    return &first->connection.own_lock;
}

static void fill(struct wdm_interrupt *interrupt, const struct interrupt_plan *plan,
                 const struct interrupt_target *target)
{
    interrupt->type = WDM_INTERRUPT_TYPE;
    interrupt->image = plan->image;
    interrupt->routine = plan->routine;
    interrupt->context = plan->context;
    interrupt->message_id = target->message_id;
    interrupt->request = (struct ivm_request){
        .routine = serve,
        .context = interrupt,
        .source = target->source,
        .trigger = plan->trigger,
        .sharing = plan->share != NT_FALSE ? IVM_SHARED : IVM_EXCLUSIVE,
        .vector = target->vector,
        .synchronize_level = plan->synchronize_irql,
    };
    if (target->source.kind == IVM_LINE)
        interrupt->request.polarity = polarity_of(target->source.number, plan->trigger);
    __builtin_memcpy(interrupt->request.owner, plan->image->name, IVM_NAME_SIZE);
}

/* The object of a connection, by its number; NULL: it is not an image's. Under the lock. */
static const struct wdm_interrupt *object_of(uint32_t number)
{
    for (const struct wdm_interrupt *handle = handles; handle != NULL;
         handle = handle->next) {
        for (const struct wdm_interrupt *at = handle; at != NULL; at = at->sibling) {
            if ((uint32_t)at->connection.number == number && at->is_active)
                return at;
        }
    }
    return NULL;
}

/* What the manager calls is serve(), for all of them; what a reader looks for is the driver's own. */
static void name_routines(struct ivm_refusal *refusal, const struct wdm_interrupt *refused)
{
    refusal->routine = refused->routine;
    spinlock_take(&handles_lock);
    for (unsigned i = 0; i < refusal->owner_count && i < IVM_REFUSAL_OWNERS; i++) {
        struct ivm_owner *owner = &refusal->owners[i];
        const struct wdm_interrupt *object =
            owner->routine == (uintptr_t)serve ? object_of(owner->number) : NULL;
        if (object != NULL)
            owner->routine = object->routine;
    }
    spinlock_release(&handles_lock);
}

static void note_refusal(const struct wdm_interrupt *refused, struct ivm_refusal *refusal)
{
    char line[1000];
    struct image *image = refused->image;
    name_routines(refusal, refused);
    image->refusals++;
    image->refusal = *refusal;
    ivm_refusal_format(refusal, line, sizeof line);
    ivm_log("%s", line);
}

/* Windows accepts the same routine twice on one source, and it is then called twice. */
static void note_twice(const struct wdm_interrupt *added)
{
    for (const struct wdm_interrupt *handle = handles; handle != NULL;
         handle = handle->next) {
        for (const struct wdm_interrupt *at = handle; at != NULL; at = at->sibling) {
            bool same = at != added && at->routine == added->routine &&
                        at->context == added->context &&
                        at->connection.source == added->connection.source;
            if (same)
                ivm_log("%s: connected the same routine and context twice to one source: "
                        "it is called twice for each interrupt",
                        added->image->name);
        }
    }
}

static nt_status connect(struct wdm_interrupt *interrupt, const struct ivm_cpu_set *cpus)
{
    struct ivm_refusal refusal;
    interrupt->request.cpus = cpus;
    enum ivm_status status =
        ivm_connect(&interrupt->request, &interrupt->connection, &refusal);
    interrupt->request.cpus = NULL;
    interrupt->is_active = status == IVM_OK;
    if (status != IVM_OK) {
        note_refusal(interrupt, &refusal);
        return interrupt_status(status);
    }
    spinlock_take(&handles_lock);
    note_twice(interrupt);
    spinlock_release(&handles_lock);
    return NT_SUCCESS;
}

static void append(struct wdm_interrupt **handle, struct wdm_interrupt *interrupt)
{
    while (*handle != NULL)
        handle = &(*handle)->sibling;
    *handle = interrupt;
}

nt_status interrupt_join(const struct interrupt_plan *plan,
                         const struct interrupt_target *target,
                         struct wdm_interrupt **handle)
{
    struct wdm_interrupt *interrupt =
        pool_allocate(plan->image, sizeof *interrupt, INTERRUPT_TAG);
    if (interrupt == NULL)
        return NT_INSUFFICIENT_RESOURCES;
    __builtin_memset(interrupt, 0, sizeof *interrupt);
    fill(interrupt, plan, target);
    interrupt->request.lock = lock_of(plan, *handle != NULL ? *handle : interrupt);
    nt_status status = connect(interrupt, &target->cpus);
    if (!nt_success(status)) {
        pool_free(interrupt);
        return status;
    }
    append(handle, interrupt);
    plan->image->interrupts++;
    return NT_SUCCESS;
}

void interrupt_publish(struct wdm_interrupt *handle)
{
    spinlock_take(&handles_lock);
    handle->next = handles;
    handles = handle;
    spinlock_release(&handles_lock);
}

bool interrupt_retract(struct wdm_interrupt *handle)
{
    spinlock_take(&handles_lock);
    struct wdm_interrupt **at = &handles;
    while (*at != NULL && *at != handle)
        at = &(*at)->next;
    bool found = handle != NULL && *at == handle;
    if (found)
        *at = handle->next;
    spinlock_release(&handles_lock);
    return found;
}

struct wdm_interrupt *interrupt_find(const void *pointer)
{
    struct wdm_interrupt *found = NULL;
    spinlock_take(&handles_lock);
    for (struct wdm_interrupt *at = handles; at != NULL && found == NULL; at = at->next) {
        if (pointer != NULL && (at == pointer || at->table == pointer))
            found = at;
    }
    spinlock_release(&handles_lock);
    return found;
}

void interrupt_drop(struct wdm_interrupt *handle)
{
    interrupt_deactivate(handle);
    if (handle->table != NULL)
        pool_free(handle->table);
    while (handle != NULL) {
        struct wdm_interrupt *sibling = handle->sibling;
        handle->image->interrupts--;
        handle->type = 0;
        pool_free(handle);
        handle = sibling;
    }
}

void interrupt_deactivate(struct wdm_interrupt *handle)
{
    for (struct wdm_interrupt *at = handle; at != NULL; at = at->sibling) {
        if (!at->is_active)
            continue;
        enum ivm_status status = ivm_disconnect(&at->connection);
        if (status != IVM_OK)
            ivm_log("%s: its interrupt cannot be taken off: %s", at->image->name,
                    ivm_status_forms(status)->text);
        at->is_active = status != IVM_OK;
    }
}

void interrupt_activate(struct wdm_interrupt *handle)
{
    for (struct wdm_interrupt *at = handle; at != NULL; at = at->sibling) {
        if (!at->is_active && !nt_success(connect(at, NULL)))
            ivm_log("%s: an interrupt reported active cannot be connected again; it stays "
                    "inactive",
                    at->image->name);
    }
}

uint32_t interrupts_drop(struct image *image)
{
    uint32_t dropped = 0;
    for (;;) {
        spinlock_take(&handles_lock);
        struct wdm_interrupt *handle = handles;
        while (handle != NULL && handle->image != image)
            handle = handle->next;
        spinlock_release(&handles_lock);
        if (handle == NULL || !interrupt_retract(handle))
            return dropped;
        ivm_log("%s: forgot to disconnect its interrupt on vector 0x%02x", image->name,
                handle->request.vector);
        interrupt_drop(handle);
        dropped++;
    }
}
