/* calls.h: deferred calls that are queued, removed and flushed at random. */
#ifndef STRESS_CALLS_H
#define STRESS_CALLS_H

#include "chance.h"

void calls_start(void);

/* Queue a call of chance's choice, on a CPU of its choice; any level. */
void calls_queue_any(struct chance *chance);

/* Take one out of its queue, if it is in one. */
void calls_remove_any(struct chance *chance);

/* Queue one of this CPU's own somewhere, flush, and see that it has run. */
void calls_flush(struct chance *chance);

/* Nothing is queued: each ran as often as it was queued and not removed. */
void calls_check(void);

#endif
