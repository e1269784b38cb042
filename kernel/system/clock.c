/* clock.c: nanoseconds from ticks by one multiplication, and bounded waits. */
#include "clock.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include <ivm/system.h>
#include <machine/hot.h>

/* ns = ticks * multiplier >> SHIFT. 10^9 << 34 just fits in 64 bits, so that the multiplier
 * keeps more than 30 significant bits for every counter up to 16 GHz.
 */
enum { NANOSECONDS = 1000000000, SHIFT = 34 };
_Static_assert((uint64_t)NANOSECONDS < UINT64_MAX >> SHIFT, "the multiplier fits");

__extension__ typedef unsigned __int128 product;

/* Written by clock_start() only, before other CPUs run; but for latest_ns. */
static struct clock_source counter;
static uint64_t start_ticks;
static uint64_t multiplier;

/* The latest answer given, on any CPU: counters of two CPUs may differ by a little, and a
 * counter may be set back by firmware; the clock is not.
 */
static _Atomic uint64_t latest_ns;

void clock_start(const struct clock_source *source)
{
    counter = *source;
    multiplier = ((uint64_t)NANOSECONDS << SHIFT) / source->ticks_per_second;
    start_ticks = source->ticks();
    atomic_store_explicit(&latest_ns, 0, memory_order_relaxed);
    ivm_log("clock: %s: %lu.%06lu MHz, %s", source->how, source->ticks_per_second / 1000000,
            source->ticks_per_second % 1000000, source->accuracy);
}

static uint64_t ns_of(uint64_t ticks)
{
    return (uint64_t)(((product)ticks * multiplier) >> SHIFT);
}

uint64_t ivm_clock_ns(void)
{
    if (counter.ticks == NULL)
        return 0;
    uint64_t ticks = counter.ticks();
    uint64_t now = ticks < start_ticks ? 0 : ns_of(ticks - start_ticks);
    uint64_t latest = atomic_load_explicit(&latest_ns, memory_order_relaxed);
    while (latest < now)
        if (atomic_compare_exchange_weak_explicit(
                &latest_ns, &latest, now, memory_order_relaxed, memory_order_relaxed))
            return now;
    return latest;
}

static bool ask_often(bool (*condition)(void *context), void *context)
{
    for (int i = 0; i < CLOCK_POLLS_BEFORE_START; i++) {
        if (condition(context))
            return true;
        machine_relax();
    }
    return false;
}

bool ivm_wait_until(bool (*condition)(void *context), void *context, uint64_t ns)
{
    if (counter.ticks == NULL)
        return ask_often(condition, context);
    uint64_t begin = ivm_clock_ns();
    while (!condition(context)) {
        /* Asked once more after the time is over: an interrupt may have used it up. */
        if (ivm_clock_ns() - begin >= ns)
            return condition(context);
        machine_relax();
    }
    return true;
}
