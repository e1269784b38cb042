/* interrupt_calls.h: the calls about interrupts, as images import them. Meanings, statuses and levels are
 * those of the documentation [WDM]; what differs is in exports.h.
 */
#ifndef WDM_INTERRUPT_CALLS_H
#define WDM_INTERRUPT_CALLS_H

#include "interrupt.h"
#include "nt_object.h"

NT_API nt_status IoConnectInterrupt(struct wdm_interrupt **interrupt, nt_code routine,
                                    void *context, uint64_t *spin_lock, uint32_t vector,
                                    nt_irql irql, nt_irql synchronize_irql, uint32_t mode,
                                    nt_boolean share, nt_affinity processors,
                                    nt_boolean floating_save);
NT_API nt_status IoConnectInterruptEx(struct nt_connect *parameters);
NT_API void IoDisconnectInterrupt(struct wdm_interrupt *interrupt);
NT_API void IoDisconnectInterruptEx(struct nt_disconnect *parameters);
NT_API void IoReportInterruptActive(struct nt_disconnect *parameters);
NT_API void IoReportInterruptInactive(struct nt_disconnect *parameters);
NT_API nt_boolean KeSynchronizeExecution(struct wdm_interrupt *interrupt, nt_code routine,
                                         void *context);
NT_API nt_irql KeAcquireInterruptSpinLock(struct wdm_interrupt *interrupt);
NT_API void KeReleaseInterruptSpinLock(struct wdm_interrupt *interrupt, nt_irql found);
NT_API uint32_t HalGetInterruptVector(uint32_t interface_type, uint32_t bus, uint32_t level,
                                      uint32_t bus_vector, nt_irql *irql,
                                      nt_affinity *processors);

/* Ours: copy the record of the last connect of the caller that was refused, struct ivm_refusal, to
 * `buffer`. NT_BUFFER_TOO_SMALL, NT_NOT_FOUND: none was refused. */
NT_API nt_status IvmGetLastRefusal(void *buffer, uint32_t size);

#endif
