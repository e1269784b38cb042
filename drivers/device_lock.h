/* device_lock.h: a lock around two accesses that must not be torn apart, at any level on any CPU.
 *
 * Interrupts are off while it is held, so that a routine of this CPU cannot want it meanwhile; it is
 * held for a few register accesses. Order: a function's messages (pci_message.h), then the ports of
 * configuration space (pci.c).
 */
#ifndef DRIVERS_DEVICE_LOCK_H
#define DRIVERS_DEVICE_LOCK_H

#include <stdatomic.h>
#include <stdbool.h>

#include <hw/cpu.h>

struct device_lock {
    atomic_bool held;
};

/* Wait for `held` to be ours, and give it back: the loop alone, for who keeps others out by itself. */
static inline void device_lock_spin(atomic_bool *held)
{
    /* Acquire pairs with the release below: what the last holder did is done. */
    while (atomic_exchange_explicit(held, true, memory_order_acquire)) {
        while (atomic_load_explicit(held, memory_order_relaxed))
            cpu_pause();
    }
}

static inline void device_lock_end(atomic_bool *held)
{
    atomic_store_explicit(held, false, memory_order_release);
}

/* Take it; what is returned belongs to device_lock_release(). */
static inline bool device_lock_take(struct device_lock *lock)
{
    bool were_on = cpu_interrupts_save();
    device_lock_spin(&lock->held);
    return were_on;
}

static inline void device_lock_release(struct device_lock *lock, bool were_on)
{
    device_lock_end(&lock->held);
    cpu_interrupts_restore(were_on);
}

#endif
