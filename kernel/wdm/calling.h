/* calling.h: who calls, from which level, and locks that both ordinary code and deferred calls take. */
#ifndef WDM_CALLING_H
#define WDM_CALLING_H

#include <ivm/level.h>

#include "caller.h"
#include "kernel/machine.h"
#include "kernel/spinlock.h"

/* Stop the kernel, and name the caller, when it makes this call above `level`: what the call waits for
 * may be held by whom it interrupted. */
void caller_at_most(const struct image *image, uint8_t level, const char *call);

/* At or below IVM_DISPATCH; what is returned belongs to dispatch_lock_release(). */
static inline uint8_t dispatch_lock_take(struct spinlock *lock)
{
    uint8_t found = ivm_level_raise(IVM_DISPATCH);
    spinlock_take(lock);
    return found;
}

static inline void dispatch_lock_release(struct spinlock *lock, uint8_t found)
{
    spinlock_release(lock);
    ivm_level_lower(found);
}

#endif
