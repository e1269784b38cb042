/* clock.h: the one monotonic clock: ticks of a counter, turned into nanoseconds.
 *
 * ivm_clock_ns() and ivm_wait_until() of <ivm/system.h> read it.
 */
#ifndef SYSTEM_CLOCK_H
#define SYSTEM_CLOCK_H

#include <stdint.h>

struct clock_source {
    uint64_t (*ticks)(void);   /* of a 64-bit counter that goes up; any level, any CPU */
    uint64_t ticks_per_second; /* not 0 */
    const char *how;           /* what counts and how its rate is known: "TSC by HPET" */
    const char *accuracy;      /* "within 40 ppm" */
};

enum { CLOCK_POLLS_BEFORE_START = 1000000 }; /* ivm_wait_until() without a clock */

/* Begin to count, from 0, and log the source with its rate and accuracy in one line. Until
 * then ivm_clock_ns() is 0, and ivm_wait_until() asks CLOCK_POLLS_BEFORE_START times at the
 * most.
 *
 * source   copied; its texts are the caller's, for ever
 * context  at the start, one CPU
 */
void clock_start(const struct clock_source *source);

#endif
