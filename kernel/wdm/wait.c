/* wait.c: waiting for objects and for time.
 *
 * There is no scheduler: who waits has its CPU sleep until an interrupt has come, and looks again. What is
 * in the CPU's mailbox is done meanwhile, on top of the waiting code's stack; so what that waits for must
 * not depend on what is below it.
 * Source: [WDM] "KeWaitForSingleObject", "KeWaitForMultipleObjects", "KeDelayExecutionThread".
 */
#include <ivm/cpu.h>
#include <ivm/level.h>
#include <ivm/system.h>

#include "caller.h"
#include "dispatcher.h"
#include "host.h"
#include "kernel/machine.h"
#include "nt_time.h"
#include "objects.h"
#include "stop.h"
#include "wait_calls.h"

/* [NTSTATUS] "NTSTATUS values": what Windows raises as exceptions. Nothing here could catch one. */
static const uint32_t object_type_mismatch = 0xC0000024;

/* After so much a wait is named in the log; it goes on. In 100 ns. */
static const uint64_t patience = UINT64_C(10) * 1000 * TIME_PER_MS;

struct wait {
    struct nt_header *const *objects;
    uint32_t count;
    enum nt_wait_type type;
    uint64_t deadline; /* UINT64_MAX: none */
    const struct image *image;
    const char *what; /* for the log */
    bool is_over;
    nt_status status;
};

static bool all_are_ready(const struct wait *wait)
{
    uint32_t ready = 0;
    while (ready < wait->count && object_is_ready(wait->objects[ready]))
        ready++;
    return ready == wait->count;
}

/* All or none: the lock keeps others from what was found ready. */
static bool take_all(const struct wait *wait)
{
    if (!all_are_ready(wait))
        return false;
    for (uint32_t i = 0; i < wait->count; i++)
        object_take(wait->objects[i]);
    return true;
}

static bool take_any(struct wait *wait)
{
    uint32_t i = 0;
    while (i < wait->count && !object_is_ready(wait->objects[i]))
        i++;
    if (i == wait->count)
        return false;
    object_take(wait->objects[i]);
    wait->status = (nt_status)i; /* STATUS_WAIT_0 and on */
    return true;
}

/* A wait for no object ends by time alone. */
static bool take_objects(struct wait *wait)
{
    if (wait->count == 0)
        return false;
    bool were_on = dispatcher_take();
    bool taken = wait->type == NT_WAIT_ANY ? take_any(wait) : take_all(wait);
    dispatcher_release(were_on);
    return taken;
}

/* Asked with interrupts on and off. Once over, always over: the objects are taken. */
static bool is_over(void *context)
{
    struct wait *wait = context;
    if (wait->is_over)
        return true;
    wait->is_over = take_objects(wait);
    if (!wait->is_over && time_now() >= wait->deadline) {
        wait->is_over = true;
        wait->status = NT_TIMEOUT;
    }
    return wait->is_over;
}

static void sleep_until_over(struct wait *wait)
{
    uint64_t complaint = time_now() + patience;
    time_start(); /* the tick ends a wait whose time is up */
    ivm_cpu_serve();
    while (!is_over(wait)) {
        foreign_sleep(is_over, wait);
        ivm_cpu_serve();
        if (wait->deadline == UINT64_MAX && time_now() >= complaint) {
            complaint = UINT64_MAX;
            ivm_log("%s: waits for %s of type %u at 0x%lx for ten seconds already: going "
                    "on waiting",
                    caller_name(wait->image), wait->what, wait->objects[0]->type,
                    (uint64_t)(uintptr_t)wait->objects[0]);
        }
    }
}

/* Where nothing can be waited for, a wait would never end. */
static void check_context(const struct wait *wait)
{
    const void *object = wait->count != 0 ? wait->objects[0] : NULL;
    const uint64_t parameters[4] = {(uintptr_t)object, ivm_level_now(), 0, 0};
    const char *why = ivm_level_now() >= IVM_DISPATCH ? "at DISPATCH level or above"
                      : !machine_interrupts_enabled() ? "with interrupts off"
                                                      : NULL;
    if (why == NULL)
        return;
    ivm_log("%s: waits for %s %s", caller_name(wait->image), wait->what, why);
    bug_check(wait->image, BUG_ATTEMPTED_SWITCH_FROM_DPC, parameters);
}

static void check_objects(const struct wait *wait)
{
    for (uint32_t i = 0; i < wait->count; i++) {
        if (object_is_known(wait->objects[i]))
            continue;
        const uint64_t parameters[4] = {object_type_mismatch, (uintptr_t)wait->objects[i]};
        ivm_log("%s: waits for what is no event, timer, mutex or semaphore: type %u",
                caller_name(wait->image), wait->objects[i]->type);
        bug_check(wait->image, BUG_KMODE_EXCEPTION_NOT_HANDLED, parameters);
    }
}

/* timeout  as a driver gives it */
static nt_status wait_for(struct wait *wait, const int64_t *timeout)
{
    check_objects(wait);
    if (take_objects(wait))
        return wait->status;
    if (timeout != NULL && *timeout == 0)
        return NT_TIMEOUT;
    check_context(wait);
    wait->deadline = timeout != NULL ? time_due(*timeout) : UINT64_MAX;
    sleep_until_over(wait);
    return wait->status;
}

NT_API nt_status KeWaitForSingleObject(struct nt_header *object, uint32_t reason,
                                       int8_t mode, nt_boolean alertable,
                                       const int64_t *timeout)
{
    (void)reason, (void)mode, (void)alertable;
    struct wait wait = {.objects = &object,
                        .count = 1,
                        .image = image_of(__builtin_return_address(0)),
                        .what = "an object"};
    return wait_for(&wait, timeout);
}

NT_API nt_status KeWaitForMultipleObjects(uint32_t count, struct nt_header *const objects[],
                                          uint32_t type, uint32_t reason, int8_t mode,
                                          nt_boolean alertable, const int64_t *timeout,
                                          void *blocks)
{
    (void)reason, (void)mode, (void)alertable;
    struct wait wait = {.objects = objects,
                        .count = count,
                        .type = type == NT_WAIT_ANY ? NT_WAIT_ANY : NT_WAIT_ALL,
                        .image = image_of(__builtin_return_address(0)),
                        .what = "several objects, the first"};
    uint32_t limit = blocks != NULL ? NT_WAIT_LIMIT : NT_THREAD_WAIT_LIMIT;
    if (count == 0 || count > limit) {
        const uint64_t parameters[4] = {count, limit};
        ivm_log("%s: waits for %u objects at once, of at most %u", caller_name(wait.image),
                count, limit);
        bug_check(wait.image, BUG_MAXIMUM_WAIT_OBJECTS_EXCEEDED, parameters);
    }
    return wait_for(&wait, timeout);
}

NT_API nt_status KeDelayExecutionThread(int8_t mode, nt_boolean alertable,
                                        const int64_t *interval)
{
    (void)mode, (void)alertable;
    struct wait wait = {.image = image_of(__builtin_return_address(0)),
                        .what = "some time to pass"};
    check_context(&wait);
    wait.deadline = time_due(*interval);
    sleep_until_over(&wait);
    return NT_SUCCESS;
}
