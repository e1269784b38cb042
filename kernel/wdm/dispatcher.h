/* dispatcher.h: objects that can be waited for: their states, all under one lock.
 *
 * The lock protects every `signal`, the owners of mutexes and the list of running timers. It is taken with
 * interrupts off, at any level, and held for a few instructions. The queues of deferred calls have locks
 * of their own, taken under it; the pool's lock may be held around it.
 */
#ifndef WDM_DISPATCHER_H
#define WDM_DISPATCHER_H

#include <stdbool.h>

#include "nt_wait.h"

/* What is returned is handed to dispatcher_release(). */
bool dispatcher_take(void);
void dispatcher_release(bool were_on);

/* The rest: the lock is held. */

/* Write an object's `signal`; what it was is returned. */
int32_t object_set(struct nt_header *object, int32_t signal);

/* Whether an object is one of those that can be waited for. Needs no lock. */
bool object_is_known(const struct nt_header *object);

/* Whether a wait of this CPU for the object is over. */
bool object_is_ready(const struct nt_header *object);

/* End a wait of this CPU for an object that is ready: what is for one waiter only is taken. */
void object_take(struct nt_header *object);

/* Who owns what this CPU takes: there is one thread for each CPU. */
void *object_who(void);

#endif
