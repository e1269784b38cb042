/* move.c: a source goes to another CPU while it fires.
 *
 * It keeps its vector number. So the only thing that changes at its controller is the destination,
 * in one write, and there is no half-written state in which an interrupt could be sent to a vector
 * that nobody owns. Until the CPU it leaves is out of its dispatch, the slot on the new CPU *parks*
 * what is delivered there: it is ended at once, and fired again afterwards. So the routine never runs
 * on two CPUs at once, and its counters have one writer.
 *
 *      hold the number on both CPUs -> new slot parks -> redirect, read back -> grace on the old CPU
 *      -> give the old slot back -> new slot serves -> fire again what was parked
 */
#include <ivm/affinity.h>

#include <stdatomic.h>
#include <stddef.h>

#include <ivm/level.h>
#include <ivm/stats.h>
#include <machine/hot.h>

#include "assert.h"
#include "context.h"
#include "dispatch.h"
#include "grace.h"
#include "manager.h"
#include "place.h"

static struct slot *slot_on(uint32_t cpu, const struct source *source)
{
    return &slots_of(cpu)->slots[source->vector];
}

static bool can_move(const struct source *source)
{
    return !source->is_tied && source->controller != NULL &&
           source->controller->redirect != NULL;
}

/* Make the new CPU ready to be fired at. Configuration lock. */
static void open_new_slot(struct source *source, uint32_t cpu)
{
    enum ivm_status taken = source_holds(source, cpu)
                                ? IVM_OK
                                : vector_reserve(&slots_of(cpu)->pool, source->vector);
    assert(taken == IVM_OK);
    struct slot *slot = slot_on(cpu, source);
    slot->generation++;
    atomic_store_explicit(&slot->first, &source->head->node, memory_order_relaxed);
    atomic_store_explicit(&slot->source, source, memory_order_release);
    atomic_store_explicit(&slot->dispatch, dispatch_parked, memory_order_release);
    source->busy = true;
    /* Before the grace period: a synchronize that does not see it holds the period up. */
    atomic_store_explicit(&source->moving, 1, memory_order_seq_cst);
}

/* Nothing is sent to the old CPU any more, and it has served what was. Configuration lock. */
static void close_old_slot(struct source *source)
{
    struct slot *slot = slot_on(source->cpu, source);
    atomic_store_explicit(&slot->dispatch, dispatch_unconnected(source->vector),
                          memory_order_release);
    atomic_store_explicit(&slot->source, NULL, memory_order_release);
    if (!source_holds(source, source->cpu))
        vector_free(&slots_of(source->cpu)->pool, source->vector);
}

static void serve_on(struct source *source, uint32_t cpu)
{
    atomic_store_explicit(&source->cpu, cpu, memory_order_relaxed);
    source->unclaimed_run = 0;
    source->busy = false;
    /* Sequentially consistent: either the parked delivery sees this, or the exchange in
     * dispatch_fire_parked() sees that it was parked. */
    atomic_store_explicit(&slot_on(cpu, source)->dispatch,
                          dispatch_connected(source, source->count), memory_order_seq_cst);
    dispatch_fire_parked(source, cpu);
    atomic_store_explicit(&source->moving, 0, memory_order_release);
}

/* Called with the configuration lock held, returns with it held. */
static void move(struct source *source, uint32_t cpu)
{
    uint32_t left = source->cpu;
    open_new_slot(source, cpu);
    source->controller->redirect(source->unit, source->input, cpu);
    manager_unlock();
    grace_pass(left);
    manager_lock();
    close_old_slot(source);
    serve_on(source, cpu);
}

/* The source, settled and with the lock held, if it can be moved. */
static enum ivm_status lock_movable(struct ivm_source_id id, struct source **out)
{
    if (id.kind == IVM_BARE) {
        manager_lock();
        return IVM_UNSUPPORTED;
    }
    struct source *source;
    for (;;) {
        manager_lock();
        source = source_find(id);
        if (source == NULL || !source->busy)
            break;
        manager_unlock();
        machine_relax();
    }
    if (source == NULL)
        return IVM_NOT_FOUND;
    *out = source;
    if (source->count == 0)
        return IVM_NOT_CONNECTED;
    return can_move(source) ? IVM_OK : IVM_UNSUPPORTED;
}

enum ivm_status ivm_set_affinity(struct ivm_source_id id, const struct ivm_cpu_set *cpus)
{
    if (!context_allows())
        return IVM_WRONG_LEVEL;
    struct source *source = NULL;
    enum ivm_status status = lock_movable(id, &source);
    uint32_t cpu = 0;
    if (status == IVM_OK && !place_stays(source, cpus)) {
        status = place_for_move(source, cpus, &cpu);
        if (status == IVM_OK)
            move(source, cpu);
    }
    manager_unlock();
    return status;
}

/* Note a source that no other CPU can take. */
static void note_stuck(const struct source *source, struct ivm_drain *report)
{
    uint32_t cpu;
    /* On its way already: its number is taken where it goes, by itself. */
    if (source->busy)
        return;
    if (can_move(source) && place_for_move(source, NULL, &cpu) == IVM_OK)
        return;
    if (report->stuck < IVM_DRAIN_SHOWN)
        report->first_stuck[report->stuck] = source->id;
    report->stuck++;
}

/* Close the CPU and look for what cannot leave it; reopened when there is any. */
static enum ivm_status close_cpu(struct cpu_slots *slots, struct ivm_drain *report)
{
    manager_lock();
    for (unsigned vector = 0; vector < IVM_VECTOR_COUNT; vector++) {
        const struct source *source = slots->slots[vector].source;
        if (source != NULL && source->cpu == slots->cpu && source->count != 0)
            note_stuck(source, report);
    }
    slots->closed = report->stuck == 0;
    manager_unlock();
    return report->stuck == 0 ? IVM_OK : IVM_STILL_CONNECTED;
}

/* Move what this vector carries; false when it cannot any more. */
static bool empty_vector(struct cpu_slots *slots, unsigned vector, struct ivm_drain *report)
{
    manager_lock();
    const struct source *source = slots->slots[vector].source;
    bool is_here = source != NULL && source->count != 0;
    struct ivm_source_id id = is_here ? source->id : (struct ivm_source_id){.number = 0};
    manager_unlock();
    if (!is_here)
        return true;
    enum ivm_status status = ivm_set_affinity(id, NULL);
    report->moved += status == IVM_OK;
    bool is_gone = status == IVM_NOT_CONNECTED || status == IVM_NOT_FOUND;
    if (status == IVM_OK || is_gone)
        return true;
    report->first_stuck[0] = id;
    report->stuck = 1;
    return false;
}

enum ivm_status ivm_cpu_drain(uint32_t cpu, struct ivm_drain *report)
{
    struct ivm_drain unseen;
    if (report == NULL)
        report = &unseen;
    *report = (struct ivm_drain){0};
    if (!context_allows())
        return IVM_WRONG_LEVEL;
    struct cpu_slots *slots = slots_of(cpu);
    if (slots == NULL)
        return IVM_BAD_ARGUMENT;
    enum ivm_status status = close_cpu(slots, report);
    for (unsigned vector = 0; status == IVM_OK && vector < IVM_VECTOR_COUNT; vector++) {
        if (!empty_vector(slots, vector, report))
            status = IVM_STILL_CONNECTED;
    }
    if (status == IVM_STILL_CONNECTED)
        return ivm_cpu_reopen(cpu) == IVM_OK ? IVM_STILL_CONNECTED : IVM_BAD_ARGUMENT;
    return status;
}

enum ivm_status ivm_cpu_reopen(uint32_t cpu)
{
    if (!context_allows())
        return IVM_WRONG_LEVEL;
    struct cpu_slots *slots = slots_of(cpu);
    if (slots == NULL)
        return IVM_BAD_ARGUMENT;
    manager_lock();
    slots->closed = false;
    manager_unlock();
    return IVM_OK;
}
