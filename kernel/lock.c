/* lock.c: interrupt locks, with their owner and level checked. */
#include <ivm/lock.h>

#include <stdatomic.h>

#include <machine/hot.h>

#include "assert.h"

void ivm_lock_take(struct ivm_lock *lock)
{
    uint32_t me = machine_cpu() + 1;
    uint32_t holder = 0;
    assert(machine_level() >= lock->level);

    /* Acquire pairs with the release below. */
    while (!atomic_compare_exchange_weak_explicit(
        &lock->holder, &holder, me, memory_order_acquire, memory_order_relaxed)) {
        assert(holder != me);
        machine_relax();
        holder = 0;
    }
}

void ivm_lock_release(struct ivm_lock *lock)
{
    assert(atomic_load_explicit(&lock->holder, memory_order_relaxed) == machine_cpu() + 1);
    atomic_store_explicit(&lock->holder, 0, memory_order_release);
}
