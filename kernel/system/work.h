/* work.h: the queues behind <ivm/cpu.h>: each CPU's calls and its mailbox. */
#ifndef SYSTEM_WORK_H
#define SYSTEM_WORK_H

#include <stddef.h>
#include <stdint.h>

#include <ivm/cpu.h>

#include "kernel/slot.h"

struct work_list {
    struct ivm_work *_Atomic pushed; /* latest first; anyone pushes */
    struct ivm_work *sorted; /* oldest first, all older than those; its CPU's alone */
};

/* Of one CPU. */
struct work_queues {
    struct work_list calls;
    struct work_list mail;
    _Atomic uint32_t answers; /* interrupts of IVM_VECTOR_IPI served; written by this CPU */
} __attribute__((aligned(64)));

/* Begin with CPU 0 alone.
 *
 * storage  zeroed, one for each of `limit` CPUs, for ever
 * context  at the start, before other CPUs run
 */
void work_start(struct work_queues *storage, uint32_t limit);

/* Let the next CPU be called: its number is what ivm_cpu_count() was.
 * context  at the start of a CPU, one CPU at a time, its IVM_VECTOR_IPI being
 *          work_interrupt
 */
void work_add_cpu(void);

/* Serves IVM_VECTOR_IPI. */
slot_dispatch work_interrupt;

/* Serve the mailbox, and sleep when there is nothing in it: what a CPU does that has
 * nothing else to do. context  level 0, interrupts on, holding no lock
 */
void work_idle(void);

#endif
