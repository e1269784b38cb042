/* tsc_skew.c: how far the time-stamp counters of two CPUs are apart. */
#include "tsc_skew.h"

static uint64_t width_of(const struct tsc_exchange *exchange)
{
    return exchange->after - exchange->before;
}

struct tsc_skew tsc_skew_of(const struct tsc_exchange *exchanges, size_t count)
{
    const struct tsc_exchange *best = &exchanges[0];
    for (size_t i = 1; i < count; i++)
        if (width_of(&exchanges[i]) < width_of(best))
            best = &exchanges[i];

    uint64_t half = width_of(best) / 2;
    uint64_t within = width_of(best) - half;
    uint64_t ahead = best->there - (best->before + half);
    /* A counter that was between the two readings may as well show the same time. */
    if (ahead <= within || 0 - ahead <= within)
        ahead = 0;
    return (struct tsc_skew){.ahead = ahead, .within = within};
}
