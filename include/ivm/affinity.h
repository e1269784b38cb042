/* affinity.h: which CPU serves a source, and how to change that while it fires.
 *
 * A connect places a source on the least used CPU of the set it names. A move keeps the vector's
 * number and changes the CPU: nothing is lost, no firing is claimed twice, and the routine never
 * runs on two CPUs at once.
 */
#ifndef IVM_AFFINITY_H
#define IVM_AFFINITY_H

#include <stdint.h>

#include <ivm/interrupt.h>
#include <ivm/status.h>

/* Move a source to the least used CPU of a set; nothing happens where it is in the set already.
 *
 * cpus     NULL: any; read during the call only
 * context  as ivm_connect(); waits until the CPU it leaves is out of its routine
 * errors   it stays where it is, and goes on:
 *          IVM_NOT_CONNECTED  nobody is connected to the source
 *          IVM_NOT_FOUND      there is no such line or message
 *          IVM_BAD_ARGUMENT   the set holds no running CPU
 *          IVM_EXHAUSTED      its vector number is taken on every CPU of the set
 *          IVM_UNSUPPORTED    it is a bare vector, one of a block of messages, or its controller
 *                             cannot be redirected
 *          IVM_WRONG_LEVEL    called from the wrong context
 */
IVM_MUST_CHECK enum ivm_status ivm_set_affinity(struct ivm_source_id source,
                                                const struct ivm_cpu_set *cpus);

enum { IVM_DRAIN_SHOWN = 8 };

/* What keeps a CPU from being drained. */
struct ivm_drain {
    uint32_t moved; /* sources */
    uint32_t stuck; /* sources that cannot move; the first of them: */
    struct ivm_source_id first_stuck[IVM_DRAIN_SHOWN];
};

/* Move every source away from a CPU, and place nothing new there. All or nothing is decided before
 * the first move; when one that could move at first no longer can, what was moved stays moved.
 *
 * report   may be NULL
 * context  as ivm_set_affinity()
 * errors   the CPU takes sources as before:
 *          IVM_STILL_CONNECTED  some sources cannot move; `report` names them
 *          IVM_BAD_ARGUMENT     no such CPU
 *          IVM_WRONG_LEVEL      called from the wrong context
 */
IVM_MUST_CHECK enum ivm_status ivm_cpu_drain(uint32_t cpu, struct ivm_drain *report);

/* Let a CPU that was drained take sources again.
 * context  as ivm_set_affinity()
 * errors   IVM_BAD_ARGUMENT  no such CPU; IVM_WRONG_LEVEL  called from the wrong context
 */
IVM_MUST_CHECK enum ivm_status ivm_cpu_reopen(uint32_t cpu);

#endif
