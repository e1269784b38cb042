/* nt_time.h: time as this room counts it: in 100 ns since the start of the clock (NT: interrupt time). */
#ifndef WDM_NT_TIME_H
#define WDM_NT_TIME_H

#include <stdint.h>

enum { TIME_NS = 100, TIME_PER_MS = 10000, TIME_PER_TICK = 156250 };

/* To the nanosecond's hundred, not to the tick. Any context. */
uint64_t time_now(void);

/* When a due time of a driver's is: below 0 so much from now on, else a system time, 0 if that is over. Any
 * context. */
uint64_t time_due(int64_t due);

/* What the last tick said the time was: what drivers read from the page of times. Any context. */
uint64_t time_of_tick(void);

/* Tell the page of times what time it is. Any context. */
void time_publish(void);

#endif
