/* lock.h: interrupt locks: what a routine and ordinary code share is touched by one at a time.
 *
 * A lock is always taken at one level, so that the routine cannot come on the CPU that holds it: the
 * greatest level at which a routine that takes it runs. One lock may serve several connections, of
 * one device with several vectors for example; they must then run at one level
 * (ivm_request.synchronize_level). ivm_synchronize() takes it, and the routine is called under it.
 */
#ifndef IVM_LOCK_H
#define IVM_LOCK_H

#include <stdint.h>

/* Zeroed is free. The storage is the caller's while any connection uses it. */
struct ivm_lock {
    _Atomic uint32_t holder; /* the CPU plus one; 0: free */
    uint16_t users;          /* connections; configuration lock */
    uint8_t level;           /* at which it is taken, while it has users */
};

/* Take it at the level this CPU is at, which must be the lock's; or give it back. Held for as short
 * as can be: the others spin. Taking it twice on one CPU, or giving back what another CPU holds,
 * stops the kernel.
 *
 * context  at the lock's own level: ivm_level_raise() first
 */
void ivm_lock_take(struct ivm_lock *lock);
void ivm_lock_release(struct ivm_lock *lock);

#endif
