/* level_calls.h: the calls about levels, spin locks, deferred calls and processors, as images import
 * them. Meanings are those of the documentation [WDM]; what differs is in exports.h.
 */
#ifndef WDM_LEVEL_CALLS_H
#define WDM_LEVEL_CALLS_H

#include "nt_object.h"

struct nt_lock_handle { /* KLOCK_QUEUE_HANDLE */
    void *next;
    uint64_t *lock;
    nt_irql found;
};

struct nt_group_affinity {
    nt_affinity mask;
    uint16_t group;
    uint16_t reserved[3];
};

NT_API nt_irql KfRaiseIrql(nt_irql level);
NT_API nt_irql KeRaiseIrqlToDpcLevel(void);
NT_API void KeLowerIrql(nt_irql found);
NT_API nt_irql KeGetCurrentIrql(void);

NT_API void KeInitializeSpinLock(uint64_t *lock);
NT_API nt_irql KeAcquireSpinLockRaiseToDpc(uint64_t *lock);
NT_API void KeReleaseSpinLock(uint64_t *lock, nt_irql found);
NT_API void KeAcquireSpinLockAtDpcLevel(uint64_t *lock);
NT_API void KeReleaseSpinLockFromDpcLevel(uint64_t *lock);
NT_API nt_boolean KeTryToAcquireSpinLockAtDpcLevel(uint64_t *lock);
NT_API nt_boolean KeTestSpinLock(uint64_t *lock);
NT_API void KeAcquireInStackQueuedSpinLock(uint64_t *lock, struct nt_lock_handle *handle);
NT_API void KeReleaseInStackQueuedSpinLock(struct nt_lock_handle *handle);

NT_API void KeInitializeDpc(struct nt_dpc *dpc, nt_code routine, void *context);
NT_API nt_boolean KeInsertQueueDpc(struct nt_dpc *dpc, void *argument1, void *argument2);
NT_API nt_boolean KeRemoveQueueDpc(struct nt_dpc *dpc);
NT_API void KeSetTargetProcessorDpc(struct nt_dpc *dpc, int8_t number);
NT_API nt_status KeSetTargetProcessorDpcEx(struct nt_dpc *dpc,
                                           const struct nt_processor_number *number);
NT_API void KeSetImportanceDpc(struct nt_dpc *dpc, uint32_t importance);
NT_API void KeFlushQueuedDpcs(void);

NT_API nt_affinity KeQueryActiveProcessors(void);
NT_API uint32_t KeQueryActiveProcessorCount(nt_affinity *processors);
NT_API uint32_t KeQueryActiveProcessorCountEx(uint16_t group);
NT_API uint32_t KeQueryMaximumProcessorCount(void);
NT_API uint32_t KeQueryMaximumProcessorCountEx(uint16_t group);
NT_API uint16_t KeQueryActiveGroupCount(void);
NT_API nt_affinity KeQueryGroupAffinity(uint16_t group);
NT_API uint32_t KeGetCurrentProcessorNumberEx(struct nt_processor_number *number);
NT_API nt_status KeGetProcessorNumberFromIndex(uint32_t index,
                                               struct nt_processor_number *number);
NT_API uint32_t KeGetProcessorIndexFromNumber(const struct nt_processor_number *number);
NT_API void KeSetSystemAffinityThread(nt_affinity processors);
NT_API void KeRevertToUserAffinityThread(void);

#endif
