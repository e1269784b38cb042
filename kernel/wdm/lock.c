/* lock.c: levels and spin locks: CR8, and a word of the driver's used as an interrupt lock.
 *
 * A KSPIN_LOCK is eight bytes that are zero when free, and so is struct ivm_lock: the word is one, with
 * its owner in it, whether the driver takes it itself or hands it to a connect.
 * Source: [WDM] "Managing Hardware Priorities", "Spin Locks".
 */
#include <stdatomic.h>

#include <ivm/level.h>
#include <ivm/lock.h>
#include <ivm/system.h>
#include <machine/hot.h>

#include "image.h"
#include "kernel/machine.h"
#include "level_calls.h"

_Static_assert(sizeof(struct ivm_lock) == sizeof(uint64_t), "a KSPIN_LOCK can be one");

static struct ivm_lock *lock_in(uint64_t *word)
{
    return (struct ivm_lock *)(void *)word;
}

/* A raise that lowers is a mistake that would let interrupts in: it is named, and left undone. */
NT_API nt_irql KfRaiseIrql(nt_irql level)
{
    nt_irql found = machine_priority();
    const struct image *image = image_of(__builtin_return_address(0));
    if (level < found || level >= IVM_LEVEL_COUNT)
        ivm_log("%s: raises its level from %u to %u: ignored",
                image != NULL ? image->name : "somebody", found, level);
    else
        machine_set_priority(level);
    return found;
}

NT_API nt_irql KeRaiseIrqlToDpcLevel(void)
{
    nt_irql found = machine_priority();
    if (found < IVM_DISPATCH)
        machine_set_priority(IVM_DISPATCH);
    return found;
}

NT_API void KeLowerIrql(nt_irql found)
{
    machine_set_priority(found);
}

NT_API nt_irql KeGetCurrentIrql(void)
{
    return machine_priority();
}

NT_API void KeInitializeSpinLock(uint64_t *lock)
{
    *lock = 0;
}

NT_API nt_irql KeAcquireSpinLockRaiseToDpc(uint64_t *lock)
{
    nt_irql found = KeRaiseIrqlToDpcLevel();
    ivm_lock_take(lock_in(lock));
    return found;
}

NT_API void KeReleaseSpinLock(uint64_t *lock, nt_irql found)
{
    ivm_lock_release(lock_in(lock));
    machine_set_priority(found);
}

NT_API void KeAcquireSpinLockAtDpcLevel(uint64_t *lock)
{
    ivm_lock_take(lock_in(lock));
}

NT_API void KeReleaseSpinLockFromDpcLevel(uint64_t *lock)
{
    ivm_lock_release(lock_in(lock));
}

NT_API nt_boolean KeTryToAcquireSpinLockAtDpcLevel(uint64_t *lock)
{
    uint32_t free = 0;
    /* Acquire pairs with the release in ivm_lock_release(). */
    return atomic_compare_exchange_strong_explicit(&lock_in(lock)->holder, &free,
                                                   machine_cpu() + 1, memory_order_acquire,
                                                   memory_order_relaxed);
}

NT_API nt_boolean KeTestSpinLock(uint64_t *lock)
{
    return atomic_load_explicit(&lock_in(lock)->holder, memory_order_relaxed) == 0;
}

NT_API void KeAcquireInStackQueuedSpinLock(uint64_t *lock, struct nt_lock_handle *handle)
{
    handle->next = NULL;
    handle->lock = lock;
    handle->found = KeAcquireSpinLockRaiseToDpc(lock);
}

NT_API void KeReleaseInStackQueuedSpinLock(struct nt_lock_handle *handle)
{
    KeReleaseSpinLock(handle->lock, handle->found);
}
