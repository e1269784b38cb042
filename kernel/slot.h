/* slot.h: what one CPU does with one vector, and the table of its 256.
 *
 * A slot is one cache line, written while dispatching by its own CPU only. entry.S finds it
 * by the vector and calls its `dispatch`; which function that is, is data: connected,
 * shared by edges, unconnected, spurious.
 */
#ifndef KERNEL_SLOT_H
#define KERNEL_SLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ivm/interrupt.h>
#include <ivm/vector.h>

#include "deferred.h"
#include "source.h"
#include "vector.h"

struct slot;
typedef void slot_dispatch(struct slot *slot);

struct slot {
    slot_dispatch *_Atomic dispatch; /* called by entry.S with interrupts off */
    struct ivm_node *_Atomic first; /* of the chain; configuration writes, dispatch reads */
    uint64_t delivered;             /* this and the next two: written by this CPU only */
    uint64_t strays;
    uint64_t late;
    struct source *_Atomic source; /* NULL: free; configuration lock */
    uint32_t overruns;   /* deliveries that IVM_PASS_LIMIT cut short; this CPU only */
    uint32_t generation; /* times a source was placed here; configuration lock */
    uint16_t cpu;
    uint8_t vector;
} __attribute__((aligned(64)));

_Static_assert(sizeof(struct slot) == 64,
               "entry.S computes the address of a slot by a shift");
_Static_assert(offsetof(struct slot, dispatch) == 0, "entry.S calls through it");

enum { SLOT_BARE_FIRST = 0x20 }; /* exceptions are never connected */

/* All that one CPU needs; about 40 KiB. The storage is the machine's. */
struct cpu_slots {
    struct slot slots[IVM_VECTOR_COUNT];
    struct source bare[IVM_VECTOR_COUNT - SLOT_BARE_FIRST];
    struct vector_pool pool;
    uint32_t cpu;
    bool closed; /* being drained: nothing new is placed here; configuration lock */
    struct deferred_queue deferred;
};

/* The CPUs' tables: manager.c's, here so that a look at them costs no call. */
extern struct cpu_directory {
    struct cpu_slots **tables; /* of [0, end); NULL: there is no such CPU */
    uint32_t end;
} cpu_directory;

/* The table of a CPU, or NULL when there is no such CPU. */
static inline struct cpu_slots *slots_of(uint32_t cpu)
{
    return cpu < cpu_directory.end ? cpu_directory.tables[cpu] : NULL;
}

/* One past the highest CPU index known. */
static inline uint32_t slots_cpu_end(void)
{
    return cpu_directory.end;
}

#endif
