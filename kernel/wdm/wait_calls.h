/* wait_calls.h: the calls about events, mutexes, semaphores and waiting, as images import them. Meanings,
 * statuses and levels are those of the documentation [WDM]; what differs is in exports.h.
 */
#ifndef WDM_WAIT_CALLS_H
#define WDM_WAIT_CALLS_H

#include "nt_wait.h"

/* type  0: for all who wait (notification), 1: for one of them (synchronization) */
NT_API void KeInitializeEvent(struct nt_event *event, uint32_t type, nt_boolean state);

/* These return what the state was. `wait` promises that a wait follows at once: nothing depends on it. */
NT_API int32_t KeSetEvent(struct nt_event *event, int32_t increment, nt_boolean wait);
NT_API int32_t KeResetEvent(struct nt_event *event);
NT_API void KeClearEvent(struct nt_event *event);
NT_API int32_t KeReadStateEvent(struct nt_event *event);

NT_API void KeInitializeMutex(struct nt_mutex *mutex, uint32_t level);
NT_API int32_t KeReleaseMutex(struct nt_mutex *mutex, nt_boolean wait);
NT_API int32_t KeReadStateMutex(struct nt_mutex *mutex);

NT_API void KeInitializeSemaphore(struct nt_semaphore *semaphore, int32_t count,
                                  int32_t limit);
NT_API int32_t KeReleaseSemaphore(struct nt_semaphore *semaphore, int32_t increment,
                                  int32_t adjustment, nt_boolean wait);
NT_API int32_t KeReadStateSemaphore(struct nt_semaphore *semaphore);

/* timeout  in 100 ns: below 0 from now on, above 0 since 1601, 0 not at all; NULL: for ever */
NT_API nt_status KeWaitForSingleObject(struct nt_header *object, uint32_t reason,
                                       int8_t mode, nt_boolean alertable,
                                       const int64_t *timeout);
NT_API nt_status KeWaitForMultipleObjects(uint32_t count, struct nt_header *const objects[],
                                          uint32_t type, uint32_t reason, int8_t mode,
                                          nt_boolean alertable, const int64_t *timeout,
                                          void *blocks);
NT_API nt_status KeDelayExecutionThread(int8_t mode, nt_boolean alertable,
                                        const int64_t *interval);

NT_API void KeEnterCriticalRegion(void);
NT_API void KeLeaveCriticalRegion(void);

#endif
