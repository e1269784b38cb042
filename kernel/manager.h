/* manager.h: what the machine hands to the manager at the start: storage, CPUs, lines.
 *
 * There is one manager. It owns no memory of its own but its rings and its lock: tables are
 * handed in here, connections come from those who connect.
 */
#ifndef KERNEL_MANAGER_H
#define KERNEL_MANAGER_H

#include <stddef.h>
#include <stdint.h>

#include <ivm/controller.h>

#include "slot.h"
#include "source.h"

struct manager_storage {
    struct source *lines; /* one for each gsi in [0, line_count) */
    size_t line_count;
    struct cpu_slots **cpus; /* room for pointers to the tables of [0, cpu_limit) */
    size_t cpu_limit;
};

/* Forget everything and begin with this storage, whatever it holds.
 * context  this one and the next three: at the start, on one CPU, before the first
 * ivm_connect()
 */
void manager_start(const struct manager_storage *storage);

/* Take a CPU in: all its vectors free, every slot answering as the vector map says.
 * errors  IVM_BAD_ARGUMENT  cpu is not below cpu_limit, or is there already
 */
IVM_MUST_CHECK enum ivm_status manager_add_cpu(uint32_t cpu, struct cpu_slots *slots);

/* Say which controller input a gsi is. A gsi never set here does not exist.
 * errors  IVM_BAD_ARGUMENT       gsi is not below line_count, or controller is NULL
 *         IVM_ALREADY_CONNECTED  the gsi was set before: two I/O APICs claim it
 */
IVM_MUST_CHECK enum ivm_status manager_set_line(uint32_t gsi,
                                                const struct ivm_controller *controller,
                                                void *unit, uint32_t input);

/* Let the machine serve one of the system's vectors of a CPU itself: an error, a timer.
 * errors  IVM_BAD_ARGUMENT  no such CPU, or the map does not give the vector to the system
 */
IVM_MUST_CHECK enum ivm_status manager_set_system(uint32_t cpu, uint8_t vector,
                                                  slot_dispatch *dispatch);

/* The line of this gsi, or NULL when no I/O APIC has it. */
struct source *manager_line(uint32_t gsi);
size_t manager_line_count(void);

/* The vector numbers that no level-triggered line holds on any CPU, as a pool of no CPU. The end of a
 * level-triggered interrupt is broadcast with nothing but its vector number, and each I/O APIC
 * clears the Remote IRR of every entry that has it: so two such lines never have one number.
 * Configuration lock.
 */
struct vector_pool *manager_level_numbers(void);

/* The configuration lock: every change of slots, sources, chains and the rings below. Taken
 * below IVM_DISPATCH, so no routine on this CPU can want it meanwhile.
 */
void manager_lock(void);
void manager_unlock(void);

/* Take the lock and return the line of this gsi, or NULL, once no disconnect or move waits on it. */
struct source *manager_lock_settled_line(uint32_t gsi);

#endif
