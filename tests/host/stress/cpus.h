/* cpus.h: CPUs that are threads: each with a local APIC, CR8 and an interrupt flag.
 *
 * An interrupt is delivered at a *safe point*: machine_relax(), interrupts that are turned on,
 * a level that falls, and cpus_poll(). To deliver is to do what entry.S does. An interrupt
 * that is sent orders nothing between the two threads: what must be seen has to be published by
 * the manager itself.
 */
#ifndef STRESS_CPUS_H
#define STRESS_CPUS_H

#include <stdbool.h>
#include <stdint.h>

#include "chance.h"
#include "kernel/slot.h"

enum { CPUS = 4 };

/* Begin: every CPU at level 0 with interrupts on. */
void cpus_start(struct cpu_slots *tables, uint64_t seed);

/* The calling thread is this CPU from now on. */
void cpus_become(uint32_t cpu);

/* This CPU, and the step it is in; for reports. */
uint32_t cpus_current(void);
uint64_t cpus_step(void);
void cpus_set_step(uint64_t step);

/* Take what is pending, as far as interrupts and the level allow. */
void cpus_poll(void);

/* Make a vector pending on a CPU; from any thread. */
void cpus_send(uint32_t cpu, uint8_t vector, enum ivm_trigger trigger);

/* Whether nothing is pending or in service anywhere, and every level is 0. */
bool cpus_are_quiet(void);

/* Now and then, let the others overtake: makes the windows between two steps wide. */
void cpus_stagger(void);

/* A stream of numbers for what happens inside of interrupts. */
struct chance *cpus_chance(void);

#endif
