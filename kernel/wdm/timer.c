/* timer.c: timers, run by the tick of CPU 0.
 *
 * Those that run are in a ring through the drivers' own objects, the first due first; the dispatcher's lock
 * protects it. What has no place in a KTIMER that its users could see is kept where nobody looks: whether
 * it runs, in the flag that Windows has for it; whose it is, in `processor`.
 * Source: [WDM] "Timer Objects and DPCs", "Timer Accuracy".
 */
#include <stdatomic.h>

#include <ivm/level.h>
#include <ivm/system.h>

#include "caller.h"
#include "dispatcher.h"
#include "host.h"
#include "image_slot.h"
#include "level_calls.h"
#include "nt_time.h"
#include "objects.h"
#include "time_calls.h"

/* nt_header.reserved[2]: TimerMiscFlags */
enum { MISC_FLAGS = 2, MISC_INSERTED = 0x40 };

static struct nt_list running = {&running, &running};

static atomic_bool is_started;

static struct nt_timer *timer_of(struct nt_list *entry)
{
    return (struct nt_timer *)(void *)((char *)entry - offsetof(struct nt_timer, entry));
}

/* Under the lock, as all below that have no NT name. */
static bool is_running(const struct nt_timer *timer)
{
    return (timer->header.reserved[MISC_FLAGS] & MISC_INSERTED) != 0;
}

static void insert(struct nt_timer *timer)
{
    struct nt_list *before = &running;
    while (before->previous != &running && timer_of(before->previous)->due > timer->due)
        before = before->previous;
    timer->entry = (struct nt_list){.next = before, .previous = before->previous};
    before->previous->next = &timer->entry;
    before->previous = &timer->entry;
    timer->header.reserved[MISC_FLAGS] |= MISC_INSERTED;
}

static bool take_out(struct nt_timer *timer)
{
    if (!is_running(timer))
        return false;
    timer->entry.previous->next = timer->entry.next;
    timer->entry.next->previous = timer->entry.previous;
    timer->header.reserved[MISC_FLAGS] &= (uint8_t)~MISC_INSERTED;
    return true;
}

/* It is due. Its call is queued under the lock: who cancels it afterwards and finds it gone can rely on
 * finding the call queued, and may flush it. Periods that were missed are not made up for. */
static void expire(struct nt_timer *timer, uint64_t now)
{
    uint64_t period = (uint64_t)timer->period * TIME_PER_MS;
    object_set(&timer->header, 1);
    if (period != 0) {
        timer->due += period;
        if (timer->due <= now)
            timer->due = now + period;
        insert(timer);
    }
    if (timer->dpc != NULL)
        (void)KeInsertQueueDpc(timer->dpc, NULL, NULL);
}

/* On CPU 0 at IVM_CLOCK, 64 times a second. Who sleeps looks whether its time is up, or has mail. */
static void tick(void)
{
    time_publish();
    uint64_t now = time_now();
    bool were_on = dispatcher_take();
    while (running.next != &running && timer_of(running.next)->due <= now) {
        struct nt_timer *timer = timer_of(running.next);
        take_out(timer);
        expire(timer, now);
    }
    dispatcher_release(were_on);
    foreign_wake();
}

void time_start(void)
{
    if (atomic_exchange_explicit(&is_started, true, memory_order_acq_rel))
        return;
    time_publish();
    foreign_tick(tick);
}

static bool lies_in(const struct nt_timer *timer, const void *first, size_t size)
{
    return (uintptr_t)timer - (uintptr_t)first < size;
}

uint32_t timers_drop_in(const void *first, size_t size)
{
    uint32_t dropped = 0;
    bool were_on = dispatcher_take();
    for (struct nt_list *at = running.next, *next; at != &running; at = next) {
        next = at->next;
        if (lies_in(timer_of(at), first, size))
            dropped += take_out(timer_of(at));
    }
    dispatcher_release(were_on);
    return dropped;
}

/* NULL: none of the image runs. */
static struct nt_timer *drop_one(size_t slot)
{
    struct nt_timer *found = NULL;
    bool were_on = dispatcher_take();
    for (struct nt_list *at = running.next; at != &running && found == NULL;
         at = at->next) {
        if (timer_of(at)->processor == slot)
            found = timer_of(at);
    }
    if (found != NULL)
        take_out(found);
    dispatcher_release(were_on);
    return found;
}

uint32_t timers_drop(struct image *image)
{
    uint32_t dropped = 0;
    size_t slot = image_slot(image);
    for (const struct nt_timer *timer; (timer = drop_one(slot)) != NULL; dropped++)
        ivm_log("%s: left the timer at 0x%lx running, every %u ms (0: once): cancelled",
                caller_name(image), (uint64_t)(uintptr_t)timer, timer->period);
    return dropped;
}

static void begin(struct nt_timer *timer, uint32_t type, const struct image *image)
{
    /* Zeroing one that runs would break the ring. */
    if (timers_drop_in(timer, sizeof *timer) != 0)
        ivm_log("%s: initializes a timer that runs: it is cancelled", caller_name(image));
    __builtin_memset(timer, 0, sizeof *timer);
    timer->header.type = (uint8_t)(NT_NOTIFICATION_TIMER + (type != 0));
    timer->header.waiters =
        (struct nt_list){&timer->header.waiters, &timer->header.waiters};
}

NT_API void KeInitializeTimer(struct nt_timer *timer)
{
    begin(timer, 0, image_of(__builtin_return_address(0)));
}

NT_API void KeInitializeTimerEx(struct nt_timer *timer, uint32_t type)
{
    begin(timer, type, image_of(__builtin_return_address(0)));
}

struct setting {
    uint64_t due;
    int32_t period;
    struct nt_dpc *dpc;
    const struct image *image;
};

/* A call that is the last thing a driver's routine does is a jump: it seems to come from whoever called the
 * routine, and what it is about must tell whose it is. */
static const struct image *owner_of(const struct nt_timer *timer,
                                    const struct setting *setting)
{
    const struct image *owner = setting->image;
    if (owner == NULL && setting->dpc != NULL)
        owner = image_of((const void *)(uintptr_t)setting->dpc->routine);
    return owner != NULL ? owner : image_of(timer);
}

static bool set(struct nt_timer *timer, const struct setting *setting)
{
    if (ivm_level_now() < IVM_DISPATCH)
        time_start();
    uint64_t now = time_now();
    bool were_on = dispatcher_take();
    bool was_running = take_out(timer);
    object_set(&timer->header, 0);
    timer->due = setting->due;
    timer->period = setting->period > 0 ? (uint32_t)setting->period : 0;
    timer->dpc = setting->dpc;
    timer->processor = (uint32_t)image_slot(owner_of(timer, setting));
    bool is_due = timer->due <= now;
    if (is_due)
        expire(timer, now);
    else
        insert(timer);
    dispatcher_release(were_on);
    if (is_due)
        foreign_wake();
    return was_running;
}

NT_API nt_boolean KeSetTimer(struct nt_timer *timer, int64_t due, struct nt_dpc *dpc)
{
    return set(timer, &(struct setting){.due = time_due(due),
                                        .dpc = dpc,
                                        .image = image_of(__builtin_return_address(0))});
}

NT_API nt_boolean KeSetTimerEx(struct nt_timer *timer, int64_t due, int32_t period,
                               struct nt_dpc *dpc)
{
    return set(timer, &(struct setting){.due = time_due(due),
                                        .period = period,
                                        .dpc = dpc,
                                        .image = image_of(__builtin_return_address(0))});
}

NT_API nt_boolean KeCancelTimer(struct nt_timer *timer)
{
    bool were_on = dispatcher_take();
    bool was_running = take_out(timer);
    dispatcher_release(were_on);
    return was_running;
}

NT_API nt_boolean KeReadStateTimer(struct nt_timer *timer)
{
    return atomic_load_explicit(&timer->header.signal, memory_order_acquire) != 0;
}
