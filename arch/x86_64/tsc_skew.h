/* tsc_skew.h: how far the time-stamp counters of two CPUs are apart, from a few exchanges.
 * Pure. */
#ifndef ARCH_TSC_SKEW_H
#define ARCH_TSC_SKEW_H

#include <stddef.h>
#include <stdint.h>

/* One counter was read here, then the other one there, then the first again. */
struct tsc_exchange {
    uint64_t before, there, after;
};

struct tsc_skew {
    uint64_t
        ahead; /* of the counter there, modulo 2^64; 0 when it cannot be told from none */
    uint64_t within; /* ticks by which the answer may be wrong */
};

/* count  at least 1 */
struct tsc_skew tsc_skew_of(const struct tsc_exchange *exchanges, size_t count);

#endif
