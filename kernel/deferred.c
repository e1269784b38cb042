/* deferred.c: deferred calls, run when the level of their CPU falls.
 *
 * The vector of the DISPATCH class is the only messenger: the local APIC delivers it when nothing
 * above is in service and CR8 allows it, so the way out of an interrupt needs no check of its own.
 */
#include "deferred.h"

#include <stdatomic.h>
#include <stddef.h>

#include <ivm/vector.h>
#include <machine/hot.h>

#include "grace.h"
#include "machine.h"
#include "slot.h"

void deferred_start(struct deferred_queue *queue)
{
    *queue = (struct deferred_queue){.tail = &queue->head};
}

static bool take(struct deferred_queue *queue)
{
    bool were_on = machine_interrupts_save();
    spinlock_take(&queue->lock);
    return were_on;
}

static void give_back(struct deferred_queue *queue, bool were_on)
{
    spinlock_release(&queue->lock);
    machine_interrupts_restore(were_on);
}

bool ivm_deferred_queue(struct ivm_deferred *call)
{
    uint32_t cpu =
        call->cpu_plus_one == IVM_THIS_CPU ? machine_cpu() : call->cpu_plus_one - 1;
    struct cpu_slots *slots = slots_of(cpu);
    if (slots == NULL)
        return false;
    struct deferred_queue *queue = &slots->deferred;
    uint32_t nowhere = 0;
    bool were_on = take(queue);
    /* Two CPUs may queue one call on two CPUs: the exchange decides which. */
    bool mine = atomic_compare_exchange_strong_explicit(
        &call->queued_on, &nowhere, cpu + 1, memory_order_acq_rel, memory_order_relaxed);
    if (mine) {
        call->next = NULL;
        *queue->tail = call;
        queue->tail = &call->next;
        queue->length++;
    }
    give_back(queue, were_on);
    if (mine)
        machine_interrupt_cpu(cpu, IVM_VECTOR_DISPATCH);
    return mine;
}

/* Unlink a call from the queue it is in; under the queue's lock. */
static void unlink_call(struct deferred_queue *queue, struct ivm_deferred **link)
{
    struct ivm_deferred *call = *link;
    *link = call->next;
    queue->length--;
    if (queue->tail == &call->next)
        queue->tail = link;
    atomic_store_explicit(&call->queued_on, 0, memory_order_release);
}

bool ivm_deferred_remove(struct ivm_deferred *call)
{
    uint32_t on = atomic_load_explicit(&call->queued_on, memory_order_acquire);
    if (on == 0)
        return false;
    struct deferred_queue *queue = &slots_of(on - 1)->deferred;
    bool removed = false;
    bool were_on = take(queue);
    for (struct ivm_deferred **link = &queue->head; *link != NULL; link = &(*link)->next) {
        if (*link == call) {
            unlink_call(queue, link);
            removed = true;
            break;
        }
    }
    give_back(queue, were_on);
    return removed;
}

/* The first call, taken out; NULL when there is none. What it needs is copied, for its storage is
 * the caller's again as soon as it is out. */
static bool pop(struct deferred_queue *queue, struct ivm_deferred *out)
{
    bool were_on = take(queue);
    struct ivm_deferred *call = queue->head;
    if (call != NULL) {
        out->function = call->function;
        out->context = call->context;
        unlink_call(queue, &queue->head);
    }
    give_back(queue, were_on);
    return call != NULL;
}

/* How many calls are in the queue now. */
static uint32_t length_of(struct deferred_queue *queue)
{
    bool were_on = take(queue);
    uint32_t length = queue->length;
    give_back(queue, were_on);
    return length;
}

void deferred_serve(struct slot *slot)
{
    struct deferred_queue *queue = &slots_of(slot->cpu)->deferred;
    slot->delivered++;

    /* Sequentially consistent, so that the chains walked after it are those of after it; pairs with
     * the fence in grace_pass(). */
    uint64_t pass = atomic_fetch_add_explicit(&queue->passes, 1, memory_order_seq_cst) + 1;
    machine_interrupts_on();

    /* No more than there are now: a call that queues itself again runs in a pass of its own, so that
     * each pass comes to an end. */
    struct ivm_deferred call;
    for (uint32_t left = length_of(queue); left != 0 && pop(queue, &call); left--)
        call.function(call.context);

    machine_interrupts_off();
    atomic_store_explicit(&queue->ended, pass, memory_order_release);
    machine_end();
}

void ivm_deferred_flush(void)
{
    for (uint32_t cpu = 0; cpu < slots_cpu_end(); cpu++) {
        if (slots_of(cpu) != NULL)
            grace_pass(cpu);
    }
}
