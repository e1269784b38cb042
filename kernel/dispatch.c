/* dispatch.c: what happens when a vector fires: count, offer, end.
 *
 * No lock, no allocation. The routine runs with interrupts enabled; the in-service bit
 * keeps every vector of its class and below out until the end is sent, once, after the
 * chain, for edges and levels alike. After the end nothing of the slot, the source or a
 * connection is touched: from then on a disconnect may give them back to their owners.
 */
#include "dispatch.h"

#include <stdatomic.h>

#include <ivm/level.h>
#include <ivm/stats.h>
#include <machine/hot.h>

#include "format.h"
#include "machine.h"
#include "manager.h"
#include "source.h"

void dispatch_first(struct slot *slot)
{
    slot->delivered++;
    machine_interrupts_on();

    /* Acquire pairs with the releases in chain.c. */
    struct ivm_node *node = atomic_load_explicit(&slot->first, memory_order_acquire);
    while (node->offer(node->offer_context) == IVM_NOT_MINE)
        node = atomic_load_explicit(&node->next, memory_order_acquire);
    node->claimed++;

    machine_interrupts_off();
    machine_end();
}

/* Offer to each of a chain once; how many took it. */
static unsigned pass(struct slot *slot, const struct ivm_node *end)
{
    unsigned taken = 0;
    struct ivm_node *node = atomic_load_explicit(&slot->first, memory_order_acquire);
    while (node != end) {
        if (node->offer(node->offer_context) != IVM_NOT_MINE) {
            node->claimed++;
            taken++;
        }
        node = atomic_load_explicit(&node->next, memory_order_acquire);
    }
    return taken;
}

/* Who is first in the chain as it is published: the configuration may be changing meanwhile, but what
 * dispatch can reach stays whole until it has ended. */
static const char *first_owner(const struct slot *slot, const struct source *source)
{
    const struct ivm_node *first = atomic_load_explicit(&slot->first, memory_order_acquire);
    if (first == &source->end)
        return "nobody";
    /* The node is the connection's first member. */
    return ((const struct ivm_connection *)(const void *)first)->request.owner;
}

/* The bound was reached: the line may be left asserted, and an edge line then stays silent for ever.
 * Said once for each slot. */
static void name_endless_chain(struct slot *slot, const struct source *source)
{
    if (slot->overruns++ != 0)
        return;
    char line[160];
    format_text(
        line, sizeof line,
        "vector 0x%x: its chain still took interrupts after %u passes; left. First of its "
        "chain: %s",
        slot->vector, (unsigned)IVM_PASS_LIMIT, first_owner(slot, source));
    machine_notice(line);
}

void dispatch_passes(struct slot *slot)
{
    slot->delivered++;
    machine_interrupts_on();

    struct source *source = atomic_load_explicit(&slot->source, memory_order_acquire);
    unsigned passes = 1;
    bool taken = pass(slot, &source->end) != 0;
    if (!taken)
        (void)dispatch_unclaimed(source);
    while (taken && passes++ < IVM_PASS_LIMIT)
        taken = pass(slot, &source->end) != 0;
    if (taken)
        name_endless_chain(slot, source);

    machine_interrupts_off();
    machine_end();
}

static void mask_and_name(const struct slot *slot, struct source *source)
{
    source_mask(source, IVM_MASKED_UNCLAIMED);
    const char *now = source_can_mask(source) ? "masked" : "its device has no mask for it";
    char line[160];
    format_text(
        line, sizeof line,
        "vector 0x%x (%s %u): %u interrupts in a row that nobody took; %s. First of its "
        "chain: %s",
        source->vector, source->id.kind == IVM_LINE ? "line" : "source", source->id.number,
        (unsigned)IVM_UNCLAIMED_LIMIT, now, first_owner(slot, source));
    machine_notice(line);
    if (source->id.kind == IVM_LINE)
        machine_line_masked(source->id.number);
}

enum ivm_verdict dispatch_unclaimed(void *context)
{
    struct source *source = context;
    struct slot *slot = &slots_of(machine_cpu())->slots[source->vector];

    /* Masked already, and on its way when it was: not a stray. */
    if (atomic_load_explicit(&source->retiring, memory_order_acquire) != 0) {
        slot->late++;
        return IVM_HANDLED;
    }
    slot->strays++;

    /* In a row means: the delivery before this one was unclaimed too. Told from the count,
     * so that a claim costs the path nothing. */
    bool follows = slot->delivered == source->unclaimed_at + 1;
    source->unclaimed_run = follows ? source->unclaimed_run + 1 : 1;
    source->unclaimed_at = slot->delivered;
    if (source->unclaimed_run >= IVM_UNCLAIMED_LIMIT && source->controller != NULL) {
        source->unclaimed_run = 0;
        mask_and_name(slot, source);
    }
    return IVM_HANDLED;
}

enum ivm_verdict dispatch_raised(void *context)
{
    struct ivm_connection *connection = context;
    const struct ivm_request *request = &connection->request;
    uint8_t found = machine_priority();
    machine_set_priority(connection->run_level);
    enum ivm_verdict verdict = request->routine(request->context);
    machine_set_priority(found);
    return verdict;
}

enum ivm_verdict dispatch_locked(void *context)
{
    struct ivm_connection *connection = context;
    const struct ivm_request *request = &connection->request;
    uint8_t found = machine_priority();
    machine_set_priority(connection->run_level);
    ivm_lock_take(request->lock);
    enum ivm_verdict verdict = request->routine(request->context);
    ivm_lock_release(request->lock);
    machine_set_priority(found);
    return verdict;
}

slot_dispatch *dispatch_connected(const struct source *source, unsigned sharers)
{
    return source->trigger == IVM_EDGE && sharers > 1 ? dispatch_passes : dispatch_first;
}

void dispatch_fire_parked(struct source *source, uint32_t cpu)
{
    /* Two may be about to do this, the mover and a late parked delivery: one of them gets it. */
    if (atomic_exchange_explicit(&source->parked, 0, memory_order_seq_cst) == 0)
        return;
    if ((source->mask_reasons & IVM_MASKED_MOVING) != 0)
        source_unmask(source, IVM_MASKED_MOVING);
    else
        machine_interrupt_cpu(cpu, source->vector);
}

void dispatch_parked(struct slot *slot)
{
    struct source *source = atomic_load_explicit(&slot->source, memory_order_acquire);

    /* A level that stays asserted would be delivered again at once, and for ever. */
    if (source->trigger == IVM_LEVEL)
        source_mask(source, IVM_MASKED_MOVING);
    atomic_store_explicit(&source->parked, 1, memory_order_seq_cst);

    /* The move may have ended since entry.S read this slot's function: then nobody else would fire
     * it again. Pairs with the store of the function in move.c, before its exchange. */
    if (atomic_load_explicit(&slot->dispatch, memory_order_seq_cst) != dispatch_parked)
        dispatch_fire_parked(source, slot->cpu);
    machine_end();
}

void dispatch_stray(struct slot *slot)
{
    slot->delivered++;
    slot->strays++;

    /* An interrupt that is not in service came from elsewhere than this local APIC: an end
     * would end another's. */
    bool in_service = machine_in_service(slot->vector);
    if (slot->strays == 1) {
        char line[96];
        format_text(line, sizeof line, "stray interrupt: cpu %u vector 0x%x (%s), %s",
                    slot->cpu, slot->vector, ivm_vector_reason(slot->vector),
                    in_service ? "ended" : "not in service, not ended");
        machine_notice(line);
    }
    if (in_service)
        machine_end();
}

void dispatch_spurious(struct slot *slot)
{
    slot->delivered++;
}

void dispatch_pic_spurious(struct slot *slot)
{
    slot->delivered++;

    /* The local APIC may have been asked for this vector, too. */
    if (machine_in_service(slot->vector)) {
        slot->strays++;
        machine_end();
        return;
    }
    if (machine_pic_spurious(slot->vector))
        slot->strays++;
}

slot_dispatch *dispatch_unconnected(uint8_t vector)
{
    switch (ivm_vector_kind(vector)) {
    case IVM_VECTOR_IS_SPURIOUS:
        return dispatch_spurious;
    case IVM_VECTOR_IS_PIC_SPURIOUS:
        return dispatch_pic_spurious;
    case IVM_VECTOR_IS_EXCEPTION:
    case IVM_VECTOR_IS_SYSTEM:
    case IVM_VECTOR_IS_DEVICE:
    case IVM_VECTOR_IS_SPARE:
        break;
    }
    return dispatch_stray;
}
