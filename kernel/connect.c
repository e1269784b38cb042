/* connect.c: how a driver gets on and off.
 *
 * Getting on, in the only safe order: decide -> take a vector -> append to the chain -> aim
 * the input, still masked -> unmask. Once the vector is taken nothing can fail. Getting
 * off: mask, read back -> unlink -> let what is under way come to its end -> give the
 * vector back.
 *
 * Every call is refused at DISPATCH level and above and with interrupts off. So on the
 * caller's own CPU no routine is under way when it is made, and whatever is pending is
 * delivered while it runs.
 */
#include <ivm/interrupt.h>

#include <stdatomic.h>
#include <stddef.h>

#include <ivm/level.h>
#include <ivm/stats.h>
#include <machine/hot.h>

#include "assert.h"
#include "chain.h"
#include "context.h"
#include "dispatch.h"
#include "grace.h"
#include "history.h"
#include "machine.h"
#include "manager.h"
#include "place.h"
#include "refuse.h"

static uint8_t greater(uint8_t a, uint8_t b)
{
    return a > b ? a : b;
}

/* Take the vector, or choose one when none is named. The rules found room. */
static uint8_t take_vector(const struct placement *placement,
                           const struct ivm_request *request)
{
    if (placement->source != NULL && placement->source->held != 0)
        return placement->source->held;
    struct vector_pool *pool = &slots_of(placement->cpu)->pool;
    bool owns = source_owns_number(request->source.kind, request->trigger);
    struct vector_pool *numbers = owns ? manager_level_numbers() : NULL;
    uint8_t vector = placement->vector;
    enum ivm_status taken = vector != 0
                                ? vector_reserve(pool, vector)
                                : vector_allocate(pool, numbers, placement->level, &vector);
    assert(taken == IVM_OK);
    if (owns) {
        taken = vector_reserve(numbers, vector);
        assert(taken == IVM_OK);
    }
    return vector;
}

/* Give a source nobody is connected to its vector; returns its slot. */
static struct slot *place(const struct placement *placement,
                          const struct ivm_request *request, struct source **placed)
{
    struct cpu_slots *slots = slots_of(placement->cpu);
    uint8_t vector = take_vector(placement, request);

    struct source *source = placement->source;
    if (source == NULL)
        source = &slots->bare[vector - SLOT_BARE_FIRST];
    atomic_store_explicit(&source->cpu, placement->cpu, memory_order_relaxed);
    source->vector = vector;
    source->trigger = (uint8_t)request->trigger;
    source->polarity = (uint8_t)request->polarity;
    source->unclaimed_run = 0;

    struct slot *slot = &slots->slots[vector];
    slot->generation++;
    atomic_store_explicit(&slot->first, &source->end, memory_order_relaxed);
    atomic_store_explicit(&slot->source, source, memory_order_release);
    *placed = source;
    return slot;
}

/* What dispatch calls: the routine itself, or what raises the level or takes a lock around it. */
static void choose_offer(struct ivm_connection *connection)
{
    const struct ivm_request *request = &connection->request;
    bool raises = connection->run_level > ivm_vector_level(connection->source->vector);
    bool wraps = raises || request->lock != NULL;
    connection->node.offer = request->lock != NULL ? dispatch_locked
                             : raises              ? dispatch_raised
                                                   : request->routine;
    connection->node.offer_context = wraps ? connection : request->context;
}

/* Fill in all that the routine's first call will need. */
static void prepare(struct ivm_connection *connection, const struct ivm_request *request,
                    struct source *source)
{
    connection->source = source;
    connection->request = *request;
    connection->request.cpus = NULL;
    connection->request.source = source->id;
    connection->run_level =
        greater(ivm_vector_level(source->vector), request->synchronize_level);
    if (request->lock != NULL && request->lock->users++ == 0)
        request->lock->level = connection->run_level;
    connection->node.claimed = 0;
    choose_offer(connection);
    history_connected(connection);
}

static void aim(struct source *source)
{
    if (source->controller == NULL)
        return;
    struct ivm_route route = {.cpu = source->cpu,
                              .vector = source->vector,
                              .trigger = (enum ivm_trigger)source->trigger,
                              .polarity = (enum ivm_polarity)source->polarity};
    source->controller->route(source->unit, source->input, &route);
}

static void attach(const struct placement *placement, const struct ivm_request *request,
                   struct ivm_connection *connection)
{
    struct source *source = placement->source;
    struct slot *slot = placement->joins
                            ? &slots_of(placement->cpu)->slots[placement->vector]
                            : place(placement, request, &source);
    prepare(connection, request, source);
    chain_append(source, slot, connection);
    if (!placement->joins)
        aim(source);

    /* A line that was masked because nobody took its interrupts: perhaps the newcomer does. What
     * an earlier owner asked for is over. */
    uint8_t ends = IVM_MASKED_IDLE | IVM_MASKED_UNCLAIMED;
    if (source->count == 1)
        ends |= IVM_MASKED_BY_OWNER;
    if (source->mask_reasons != 0)
        source_unmask(source, ends);
}

/* What the rules say, once nothing waits on the source that it is about. Returns with the
 * configuration lock held. */
static struct finding lock_and_decide(const struct ivm_request *request,
                                      const struct ivm_connection *connection,
                                      struct placement *placement)
{
    for (;;) {
        manager_lock();
        *placement = (struct placement){.busy = false};
        struct finding finding = rules_check(request, connection);
        if (finding.rule == IVM_RULE_NONE)
            finding = place_decide(request, placement);
        if (!placement->busy)
            return finding;
        manager_unlock();
        machine_relax();
    }
}

/* A further sharer of an edge: a dispatch that began while there was one asks that one alone. An edge
 * that the newcomer makes while the first still holds the line is then lost, so the newcomer is not let
 * go before that dispatch is over. The third is not either: the second may still be waiting for it. */
static bool joins_an_edge(const struct source *source)
{
    return source->trigger == IVM_EDGE && source->count >= 2;
}

enum ivm_status ivm_connect(const struct ivm_request *request,
                            struct ivm_connection *connection, struct ivm_refusal *refusal)
{
    static const struct ivm_request nothing;
    if (request == NULL)
        request = &nothing;
    if (!context_allows())
        return refuse_context(request, refusal);

    struct placement placement;
    struct finding finding = lock_and_decide(request, connection, &placement);
    enum ivm_status status = IVM_OK;
    uint32_t cpu = placement.cpu;
    bool must_wait = false;
    if (finding.rule == IVM_RULE_NONE) {
        attach(&placement, request, connection);
        must_wait = joins_an_edge(connection->source);
    } else {
        status = refuse(request, &finding, refusal);
    }
    manager_unlock();
    if (must_wait)
        grace_wait(cpu);
    return status;
}

/* Nobody is left on the source: give its vector back. */
static void vacate(struct source *source, struct slot *slot)
{
    /* Until the input no longer knows the vector, what comes is late, not a stray. */
    if (source->controller != NULL)
        source->controller->unroute(source->unit, source->input);
    atomic_store_explicit(&slot->dispatch, dispatch_unconnected(slot->vector),
                          memory_order_release);
    atomic_store_explicit(&slot->source, NULL, memory_order_release);
    if (source->held == 0 && source_owns_number(source->id.kind, source->trigger))
        vector_free(manager_level_numbers(), source->vector);
    if (!source_holds(source, source->cpu))
        vector_free(&slots_of(source->cpu)->pool, source->vector);
    source->vector = 0;
    atomic_store_explicit(&source->retiring, 0, memory_order_release);
}

/* Take the connection out of its chain. Its routine may still be running somewhere. */
static void detach(struct ivm_connection *connection, struct source *source)
{
    struct slot *slot = &slots_of(source->cpu)->slots[source->vector];
    if (source->count == 1) {
        source->busy = true;
        atomic_store_explicit(&source->retiring, 1, memory_order_release);
        source_mask(source, IVM_MASKED_IDLE);
    }
    chain_remove(source, slot, connection);
    history_disconnected(connection);
    connection->source = NULL;
}

/* After the grace period: the routine is over, so its lock has one user less, and a source that
 * nobody is left on gives its vector back. */
static void settle(struct source *vacant, struct ivm_lock *lock)
{
    if (lock != NULL)
        lock->users--;
    if (vacant == NULL)
        return;
    vacate(vacant, &slots_of(vacant->cpu)->slots[vacant->vector]);
    vacant->busy = false;
}

/* The source of a connection, once nothing waits on it; NULL: not connected. Returns with the
 * configuration lock held. */
static struct source *lock_settled(const struct ivm_connection *connection)
{
    manager_lock();
    while (connection->source != NULL && connection->source->busy) {
        manager_unlock();
        machine_relax();
        manager_lock();
    }
    return connection->source;
}

enum ivm_status ivm_disconnect(struct ivm_connection *connection)
{
    if (!context_allows())
        return IVM_WRONG_LEVEL;
    if (connection == NULL)
        return IVM_NOT_CONNECTED;
    struct source *source = lock_settled(connection);
    if (source == NULL) {
        manager_unlock();
        return IVM_NOT_CONNECTED;
    }
    uint32_t cpu = source->cpu;
    struct ivm_lock *lock = connection->request.lock;
    detach(connection, source);
    bool is_last = source->count == 0;

    /* The lock is not held while waiting: the CPU waited for may be on its way to it. */
    manager_unlock();
    if (is_last)
        grace_pass(cpu); /* nothing pending may find the vector given back, here neither */
    else
        grace_wait(cpu);
    if (is_last || lock != NULL) {
        manager_lock();
        settle(is_last ? source : NULL, lock);
        manager_unlock();
    }
    return IVM_OK;
}

/* Whether the routine of this source can run on this CPU only, while it is at a raised level: then it
 * does not run at all. A move that begins now waits for the level to fall. `moving` is read first: who
 * sees that a move is over sees where it went. */
static bool is_held_off(const struct source *source)
{
    return atomic_load_explicit(&source->moving, memory_order_seq_cst) == 0 &&
           atomic_load_explicit(&source->cpu, memory_order_relaxed) == machine_cpu();
}

enum ivm_status ivm_synchronize(struct ivm_connection *connection,
                                uint8_t (*function)(void *context), void *context,
                                uint8_t *result)
{
    if (connection == NULL || connection->source == NULL)
        return IVM_NOT_CONNECTED;
    if (machine_level() > connection->run_level)
        return IVM_WRONG_LEVEL;
    struct ivm_lock *lock = connection->request.lock;
    uint8_t found = ivm_level_raise(connection->run_level);
    if (lock == NULL && !is_held_off(connection->source)) {
        ivm_level_lower(found);
        return IVM_UNSUPPORTED;
    }
    if (lock != NULL)
        ivm_lock_take(lock);
    uint8_t answer = function(context);
    if (lock != NULL)
        ivm_lock_release(lock);
    ivm_level_lower(found);
    if (result != NULL)
        *result = answer;
    return IVM_OK;
}

enum ivm_status ivm_line_rearm(uint32_t gsi)
{
    if (!context_allows())
        return IVM_WRONG_LEVEL;
    manager_lock();
    struct source *line = manager_line(gsi);
    enum ivm_status status = line == NULL       ? IVM_NOT_FOUND
                             : line->count == 0 ? IVM_NOT_CONNECTED
                                                : IVM_OK;
    if (status == IVM_OK)
        source_unmask(line, IVM_MASKED_UNCLAIMED);
    manager_unlock();
    return status;
}
