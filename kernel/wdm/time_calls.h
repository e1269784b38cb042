/* time_calls.h: the calls about time and timers, as images import them. Meanings and levels are those of
 * the documentation [WDM]; times are in 100 ns.
 */
#ifndef WDM_TIME_CALLS_H
#define WDM_TIME_CALLS_H

#include "nt_object.h"

NT_API void KeInitializeTimer(struct nt_timer *timer);

/* type  0: for all who wait (notification), 1: for one of them (synchronization) */
NT_API void KeInitializeTimerEx(struct nt_timer *timer, uint32_t type);

/* These return whether it was running. due: below 0 from now on, else since 1601. period: in ms; 0: once */
NT_API nt_boolean KeSetTimer(struct nt_timer *timer, int64_t due, struct nt_dpc *dpc);
NT_API nt_boolean KeSetTimerEx(struct nt_timer *timer, int64_t due, int32_t period,
                               struct nt_dpc *dpc);
NT_API nt_boolean KeCancelTimer(struct nt_timer *timer);

/* Whether it is signalled. */
NT_API nt_boolean KeReadStateTimer(struct nt_timer *timer);

NT_API void KeStallExecutionProcessor(uint32_t microseconds);

/* frequency  in Hz; may be NULL */
NT_API int64_t KeQueryPerformanceCounter(int64_t *frequency);
NT_API uint64_t KeQueryInterruptTime(void);
NT_API uint32_t KeQueryTimeIncrement(void);
NT_API void KeQuerySystemTimePrecise(int64_t *time);

#endif
