/* spinlock.h: a lock that is waited for by spinning. It does not change the level or
 * interrupts: who takes it says at which level, and nobody above that level takes it.
 */
#ifndef KERNEL_SPINLOCK_H
#define KERNEL_SPINLOCK_H

#include <stdatomic.h>
#include <stdbool.h>

#include <machine/hot.h>

struct spinlock {
    atomic_bool held;
};

static inline void spinlock_take(struct spinlock *lock)
{
    /* Acquire pairs with the release below: what the last holder wrote is seen. */
    while (atomic_exchange_explicit(&lock->held, true, memory_order_acquire)) {
        while (atomic_load_explicit(&lock->held, memory_order_relaxed))
            machine_relax();
    }
}

static inline void spinlock_release(struct spinlock *lock)
{
    atomic_store_explicit(&lock->held, false, memory_order_release);
}

#endif
