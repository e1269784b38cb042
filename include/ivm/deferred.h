/* deferred.h: deferred calls: a routine does what cannot wait, and leaves the rest for DISPATCH
 * level (NT: DPC).
 *
 * A call is queued on a CPU and run there once, as soon as the level falls below DISPATCH: the CPU
 * is sent the vector of that class, and the local APIC holds it back until then.
 */
#ifndef IVM_DEFERRED_H
#define IVM_DEFERRED_H

#include <stdbool.h>
#include <stdint.h>

enum { IVM_THIS_CPU = 0 };

/* The storage is the caller's until the call has run or was removed. Zero it, then fill in the first
 * three members.
 */
struct ivm_deferred {
    void (*function)(
        void *context); /* runs at IVM_DISPATCH, interrupts on; must not wait */
    void *context;
    uint32_t
        cpu_plus_one; /* the CPU to run on, plus one; IVM_THIS_CPU: the one that queues it */
    _Atomic uint32_t queued_on; /* the queue's, as is the next */
    struct ivm_deferred *next;
};

/* Queue a call. False, and no effect, when it is queued already: two queueings are one run. While it
 * runs it is not queued any more, and may be queued again.
 *
 * context  any level, any CPU; false also when the CPU it names is not there
 */
bool ivm_deferred_queue(struct ivm_deferred *call);

/* Take a call out of its queue; false when it is not queued: it runs, ran, or never was. Any
 * context. */
bool ivm_deferred_remove(struct ivm_deferred *call);

/* Wait until every call that was queued before this one was made has run, on every CPU.
 * context  below IVM_DISPATCH, interrupts on
 */
void ivm_deferred_flush(void);

#endif
