/* time.c: what time it is, by the one clock there is.
 *
 * Source: [WDM] "KeQueryInterruptTime", "KeQueryPerformanceCounter", "Timer Accuracy".
 */
#include "nt_time.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include <ivm/system.h>

#include "host.h"
#include "time_calls.h"

enum { COUNTS_PER_SECOND = 10000000, NS_PER_MICROSECOND = 1000 };

/* Written by time_publish(). */
static _Atomic uint64_t latest_tick;

uint64_t time_now(void)
{
    return ivm_clock_ns() / TIME_NS;
}

uint64_t time_due(int64_t due)
{
    /* Rounded up: nothing is due before its time. */
    uint64_t now = (ivm_clock_ns() + TIME_NS - 1) / TIME_NS;
    if (due < 0)
        return now + (0 - (uint64_t)due);
    uint64_t system = foreign_system_time();
    return (uint64_t)due > system ? now + ((uint64_t)due - system) : 0;
}

uint64_t time_of_tick(void)
{
    return atomic_load_explicit(&latest_tick, memory_order_relaxed);
}

void time_publish(void)
{
    uint64_t now = time_now();
    atomic_store_explicit(&latest_tick, now, memory_order_relaxed);
    foreign_set_times(now, foreign_system_time(), now / TIME_PER_TICK);
}

static bool never(void *context)
{
    (void)context;
    return false;
}

NT_API void KeStallExecutionProcessor(uint32_t microseconds)
{
    (void)ivm_wait_until(never, NULL, (uint64_t)microseconds * NS_PER_MICROSECOND);
}

NT_API int64_t KeQueryPerformanceCounter(int64_t *frequency)
{
    if (frequency != NULL)
        *frequency = COUNTS_PER_SECOND;
    return (int64_t)time_now();
}

/* As the page of times has it: the two are mixed by drivers, and must not go back. */
NT_API uint64_t KeQueryInterruptTime(void)
{
    return time_of_tick();
}

NT_API uint32_t KeQueryTimeIncrement(void)
{
    return TIME_PER_TICK;
}

NT_API void KeQuerySystemTimePrecise(int64_t *time)
{
    *time = (int64_t)foreign_system_time();
}
