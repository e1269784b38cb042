/* arrival.h: a CPU that is started: its memory, and what it does until it takes part. */
#ifndef ARCH_ARRIVAL_H
#define ARCH_ARRIVAL_H

#include <stddef.h>
#include <stdint.h>

#include "gdt.h"
#include "stacks.h"
#include "trampoline.h"

enum arrival_state {
    ARRIVAL_AWAITED = 0,
    ARRIVAL_READY,  /* its local APIC has started; interrupts off */
    ARRIVAL_FAILED, /* its local APIC cannot be used; it has stopped */
};

enum { ARRIVAL_STACKS = IST_COUNT + 1, ARRIVAL_NAME_SIZE = 40 };

/* Written before the CPU is started, but for the members marked. */
struct arrival {
    uintptr_t stack_end;
    _Atomic uint32_t state; /* enum arrival_state; the CPU writes */
    _Atomic uint32_t asked; /* how often its time-stamp counter was; who starts it writes */
    _Atomic uint32_t answered; /* and how often it answered; the CPU writes */
    uint64_t tsc;              /* its last answer; the CPU writes, before `answered` */
    _Atomic uint32_t may_run;  /* 1: it takes part; who starts it writes */
    struct cpu_tables tables;
    struct stack stacks[ARRIVAL_STACKS];
    char names[ARRIVAL_STACKS][ARRIVAL_NAME_SIZE]; /* of the stacks */
};

_Static_assert(offsetof(struct arrival, stack_end) == ARRIVAL_STACK_END,
               "trampoline.S reads it");

/* Make the memory of a CPU: its stacks, known and guarded, and its descriptor tables. NULL:
 * there is not enough, and the CPU cannot run.
 *
 * context  at the start, one CPU at a time, on a CPU that runs
 */
struct arrival *arrival_prepare(uint32_t cpu, uint32_t apic_id);

/* Load the tables, start the local APIC, report ARRIVAL_READY; tell the time-stamp counter
 * as often as asked; when it may run, idle for ever with interrupts on. Entered by
 * trampoline.S.
 */
_Noreturn void arrival_enter(struct arrival *arrival);

#endif
