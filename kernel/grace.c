/* grace.c: the grace period, by priority.
 *
 * An interrupt of the DISPATCH class is taken only by a CPU that has no device vector in service, and
 * it ends only after every device vector that was pending meanwhile. So when one that *began* after an
 * unlink is *over*, every walk over the old chain is over, and nothing that was sent before waits any
 * more. Its beginning would not be enough: one that was taken already, but has not counted itself
 * yet, may have a device vector pending behind it.
 *
 * Routines and deferred calls are bounded, and a line that nobody quiets is masked after
 * IVM_UNCLAIMED_LIMIT, so the wait ends.
 */
#include "grace.h"

#include <stdatomic.h>

#include <ivm/vector.h>
#include <machine/hot.h>

#include "format.h"
#include "machine.h"
#include "slot.h"

enum { POLLS_BEFORE_NAMING = 100000000 };

static void name_silent_cpu(uint32_t cpu)
{
    char line[80];
    format_text(line, sizeof line,
                "cpu %u does not take a DISPATCH interrupt; still waiting", cpu);
    machine_notice(line);
}

void grace_wait(uint32_t cpu)
{
    if (cpu != machine_cpu())
        grace_pass(cpu);
}

void grace_pass(uint32_t cpu)
{
    /* The caller's stores are seen by all before the count is read: the increment of the pass that is
     * waited for comes after them, and so does every load of that CPU after it. */
    atomic_thread_fence(memory_order_seq_cst);
    const struct deferred_queue *queue = &slots_of(cpu)->deferred;
    uint64_t begun = atomic_load_explicit(&queue->passes, memory_order_seq_cst);
    machine_interrupt_cpu(cpu, IVM_VECTOR_DISPATCH);
    unsigned polls = 0;
    while (atomic_load_explicit(&queue->ended, memory_order_acquire) <= begun) {
        machine_relax();
        if (++polls == POLLS_BEFORE_NAMING)
            name_silent_cpu(cpu);
    }
}
