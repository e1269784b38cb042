/* event.c: events, mutexes and semaphores: made, signalled, read.
 *
 * Source: [WDM] "Event Objects", "Mutex Objects", "Semaphore Objects".
 */
#include <stdatomic.h>

#include <ivm/system.h>

#include "caller.h"
#include "dispatcher.h"
#include "host.h"
#include "objects.h"
#include "stop.h"
#include "wait_calls.h"

/* [NTSTATUS] "NTSTATUS values": what Windows raises as exceptions. Nothing here could catch one. */
static const uint32_t semaphore_limit_exceeded = 0xC0000047;
static const uint32_t mutant_not_owned = 0xC0000046;

static void begin(struct nt_header *object, enum nt_object_type type, int32_t signal)
{
    object->type = (uint8_t)type;
    __builtin_memset(object->reserved, 0, sizeof object->reserved);
    object->waiters = (struct nt_list){&object->waiters, &object->waiters};
    atomic_store_explicit(&object->signal, signal, memory_order_release);
}

static int32_t change(struct nt_header *object, int32_t signal)
{
    bool were_on = dispatcher_take();
    int32_t found = object_set(object, signal);
    dispatcher_release(were_on);
    return found;
}

static int32_t state_of(const struct nt_header *object)
{
    return atomic_load_explicit(&object->signal, memory_order_acquire);
}

static _Noreturn void raise_status(const struct image *image, uint32_t status,
                                   const void *object, const char *what)
{
    const uint64_t parameters[4] = {status, (uintptr_t)object, 0, 0};
    ivm_log("%s: %s", caller_name(image), what);
    bug_check(image, BUG_KMODE_EXCEPTION_NOT_HANDLED, parameters);
}

/* Events. */

NT_API void KeInitializeEvent(struct nt_event *event, uint32_t type, nt_boolean state)
{
    begin(&event->header, type == 0 ? NT_NOTIFICATION_EVENT : NT_SYNCHRONIZATION_EVENT,
          state != NT_FALSE);
}

NT_API int32_t KeSetEvent(struct nt_event *event, int32_t increment, nt_boolean wait)
{
    (void)increment, (void)wait;
    int32_t found = change(&event->header, 1);
    foreign_wake();
    return found;
}

NT_API int32_t KeResetEvent(struct nt_event *event)
{
    return change(&event->header, 0);
}

NT_API void KeClearEvent(struct nt_event *event)
{
    change(&event->header, 0);
}

NT_API int32_t KeReadStateEvent(struct nt_event *event)
{
    return state_of(&event->header);
}

/* Mutexes. */

NT_API void KeInitializeMutex(struct nt_mutex *mutex, uint32_t level)
{
    (void)level;
    mutex->entry = (struct nt_list){&mutex->entry, &mutex->entry};
    mutex->owner = NULL;
    mutex->abandoned = NT_FALSE;
    mutex->apc_disable = 1;
    begin(&mutex->header, NT_MUTANT, 1);
}

NT_API int32_t KeReleaseMutex(struct nt_mutex *mutex, nt_boolean wait)
{
    (void)wait;
    bool were_on = dispatcher_take();
    int32_t found = state_of(&mutex->header);
    bool is_owner = mutex->owner == object_who();
    if (is_owner) {
        object_set(&mutex->header, found + 1);
        if (found == 0)
            mutex->owner = NULL;
    }
    dispatcher_release(were_on);
    if (!is_owner)
        raise_status(image_of(__builtin_return_address(0)), mutant_not_owned, mutex,
                     "releases a mutex that this CPU does not own");
    if (found == 0)
        foreign_wake();
    return found;
}

NT_API int32_t KeReadStateMutex(struct nt_mutex *mutex)
{
    return state_of(&mutex->header);
}

/* Semaphores. */

NT_API void KeInitializeSemaphore(struct nt_semaphore *semaphore, int32_t count,
                                  int32_t limit)
{
    semaphore->limit = limit;
    begin(&semaphore->header, NT_SEMAPHORE, count);
}

NT_API int32_t KeReleaseSemaphore(struct nt_semaphore *semaphore, int32_t increment,
                                  int32_t adjustment, nt_boolean wait)
{
    (void)increment, (void)wait;
    bool were_on = dispatcher_take();
    int32_t found = state_of(&semaphore->header);
    bool fits = adjustment > 0 && adjustment <= semaphore->limit - found;
    if (fits)
        object_set(&semaphore->header, found + adjustment);
    dispatcher_release(were_on);
    if (!fits)
        raise_status(image_of(__builtin_return_address(0)), semaphore_limit_exceeded,
                     semaphore, "releases a semaphore beyond its limit");
    foreign_wake();
    return found;
}

NT_API int32_t KeReadStateSemaphore(struct nt_semaphore *semaphore)
{
    return state_of(&semaphore->header);
}

/* There are no APCs to be kept out. */

NT_API void KeEnterCriticalRegion(void)
{
}

NT_API void KeLeaveCriticalRegion(void)
{
}
