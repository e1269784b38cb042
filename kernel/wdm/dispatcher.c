/* dispatcher.c: when a wait for an object is over, and what that does to the object.
 *
 * Source: [WDM] "Kernel Dispatcher Objects".
 */
#include "dispatcher.h"

#include <stdatomic.h>

#include <machine/hot.h>

#include "kernel/machine.h"
#include "kernel/spinlock.h"

static struct spinlock lock;

bool dispatcher_take(void)
{
    bool were_on = machine_interrupts_save();
    spinlock_take(&lock);
    return were_on;
}

void dispatcher_release(bool were_on)
{
    spinlock_release(&lock);
    machine_interrupts_restore(were_on);
}

/* Relaxed: the lock orders them. Drivers may read `signal` without it. */
static int32_t signal_of(const struct nt_header *object)
{
    return atomic_load_explicit(&object->signal, memory_order_relaxed);
}

int32_t object_set(struct nt_header *object, int32_t signal)
{
    return atomic_exchange_explicit(&object->signal, signal, memory_order_relaxed);
}

void *object_who(void)
{
    return (void *)(uintptr_t)(machine_cpu() + 1);
}

bool object_is_known(const struct nt_header *object)
{
    switch (object->type) {
    case NT_NOTIFICATION_EVENT:
    case NT_SYNCHRONIZATION_EVENT:
    case NT_MUTANT:
    case NT_SEMAPHORE:
    case NT_NOTIFICATION_TIMER:
    case NT_SYNCHRONIZATION_TIMER:
        return true;
    default:
        return false;
    }
}

/* A mutex begins with its header, whose address is thus its own. */
static struct nt_mutex *mutex_of(const struct nt_header *object)
{
    return (struct nt_mutex *)(uintptr_t)object;
}

bool object_is_ready(const struct nt_header *object)
{
    int32_t signal = signal_of(object);
    if (object->type == NT_MUTANT)
        return signal > 0 ||
               (mutex_of(object)->owner == object_who() && signal != INT32_MIN);
    return signal > 0;
}

void object_take(struct nt_header *object)
{
    switch (object->type) {
    case NT_MUTANT:
        mutex_of(object)->owner = object_who();
        object_set(object, signal_of(object) - 1);
        break;
    case NT_SEMAPHORE:
        object_set(object, signal_of(object) - 1);
        break;
    case NT_SYNCHRONIZATION_EVENT:
    case NT_SYNCHRONIZATION_TIMER:
        object_set(object, 0);
        break;
    default: /* for all who wait */
        break;
    }
}
