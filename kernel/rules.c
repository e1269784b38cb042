/* rules.c: why not: each rule that a connect can break, in the order in which they are
 * asked.
 *
 * Three keys have one holder each: (CPU, vector), a line, a message. A request either joins
 * the source that holds the key it names, and must then agree with its owners, or places a
 * source that nobody holds, and must then find a vector.
 */
#include "rules.h"

#include <stddef.h>

#include <ivm/level.h>
#include <ivm/vector.h>

#include "manager.h"

static struct finding broken(enum ivm_rule rule)
{
    return (struct finding){.rule = rule};
}

static bool is_device_level(uint8_t level)
{
    return level >= IVM_DEVICE_FIRST && level < IVM_DEVICE_END;
}

/* The vector a request names, in either of the two places where it can; 0: none. */
static uint8_t vector_asked(const struct ivm_request *request)
{
    if (request->source.kind == IVM_BARE && request->vector == 0)
        return (uint8_t)request->source.number;
    return request->vector;
}

static bool values_are_known(const struct ivm_request *request)
{
    bool is_edge = request->trigger == IVM_EDGE;
    bool is_message = request->source.kind == IVM_MESSAGE;
    return (unsigned)request->source.kind <= IVM_BARE && (is_edge || !is_message) &&
           (unsigned)request->trigger <= IVM_LEVEL &&
           (unsigned)request->polarity <= IVM_ACTIVE_LOW &&
           (unsigned)request->sharing <= IVM_SHARED;
}

static bool names_two_vectors(const struct ivm_request *request)
{
    return request->source.kind == IVM_BARE && request->source.number != 0 &&
           request->vector != 0 && request->source.number != request->vector;
}

/* The levels of a request agree with each other and with its vector, where it names one. */
static bool levels_fit(const struct ivm_request *request, uint8_t vector)
{
    uint8_t level = request->level, synchronize = request->synchronize_level;
    if (level != 0 &&
        (!is_device_level(level) || (vector != 0 && ivm_vector_level(vector) != level)))
        return false;
    uint8_t lowest = vector != 0 ? ivm_vector_level(vector) : level;
    return synchronize == 0 || (is_device_level(synchronize) && synchronize >= lowest);
}

struct finding rules_check(const struct ivm_request *request,
                           const struct ivm_connection *connection)
{
    uint8_t vector = vector_asked(request);

    if (request->owner[0] == '\0' || request->owner[IVM_NAME_SIZE - 1] != '\0')
        return broken(IVM_RULE_BAD_OWNER_NAME);
    if (request->routine == NULL || connection == NULL)
        return broken(IVM_RULE_NO_ROUTINE);
    if (!values_are_known(request) || names_two_vectors(request))
        return broken(IVM_RULE_BAD_VALUE);
    if (request->source.kind == IVM_BARE && request->source.number >= IVM_VECTOR_COUNT)
        return broken(IVM_RULE_NO_SUCH_SOURCE);
    if (vector != 0 && !ivm_vector_is_device(vector))
        return (struct finding){
            .rule = IVM_RULE_VECTOR_RESERVED, .key = IVM_KEY_VECTOR, .vector = vector};
    if (!levels_fit(request, vector))
        return broken(IVM_RULE_BAD_LEVEL);
    if (connection->source != NULL)
        return (struct finding){.rule = IVM_RULE_STORAGE_CONNECTED,
                                .key = IVM_KEY_STORAGE,
                                .holder = connection->source,
                                .cpu = connection->source->cpu,
                                .vector = connection->source->vector};
    return broken(IVM_RULE_NONE);
}

static bool is_in_set(const struct ivm_cpu_set *set, uint32_t cpu)
{
    return set == NULL || (cpu / 64 == set->group && (set->mask >> cpu % 64 & 1) != 0);
}

/* The next running CPU of the set at or after `cpu`; slots_cpu_end() when there is none. */
static uint32_t next_in_set(const struct ivm_cpu_set *set, uint32_t cpu)
{
    while (cpu < slots_cpu_end() && (slots_of(cpu) == NULL || !is_in_set(set, cpu)))
        cpu++;
    return cpu;
}

static enum ivm_key key_of(const struct source *source)
{
    switch (source->id.kind) {
    case IVM_LINE:
        return IVM_KEY_LINE;
    case IVM_MESSAGE:
        return IVM_KEY_MESSAGE;
    case IVM_BARE:
        break;
    }
    return IVM_KEY_VECTOR;
}

/* A finding about what this source holds. */
static struct finding held_by(const struct source *source, enum ivm_rule rule,
                              uint8_t wanted, uint8_t held)
{
    return (struct finding){.rule = rule,
                            .key = key_of(source),
                            .holder = source,
                            .cpu = source->cpu,
                            .vector = source->vector,
                            .wanted = wanted,
                            .held = held};
}

static enum ivm_sharing sharing_of(const struct source *source)
{
    return source->head->request.sharing;
}

/* May the request join the owners of this source? */
static struct finding may_join(const struct source *source,
                               const struct ivm_request *request)
{
    uint8_t vector = vector_asked(request), level = ivm_vector_level(source->vector);
    uint8_t sharing = (uint8_t)request->sharing, trigger = (uint8_t)request->trigger;
    uint8_t polarity = (uint8_t)request->polarity;

    if (vector != 0 && vector != source->vector)
        return held_by(source, IVM_RULE_LINE_ROUTED_ELSEWHERE, vector, source->vector);
    if (sharing_of(source) == IVM_EXCLUSIVE)
        return held_by(source, IVM_RULE_OWNER_EXCLUSIVE, sharing, IVM_EXCLUSIVE);
    if (sharing == IVM_EXCLUSIVE)
        return held_by(source, IVM_RULE_REQUESTER_EXCLUSIVE, sharing, IVM_SHARED);
    if (trigger != source->trigger)
        return held_by(source, IVM_RULE_TRIGGER_DIFFERS, trigger, source->trigger);
    if (request->source.kind == IVM_LINE && polarity != source->polarity)
        return held_by(source, IVM_RULE_POLARITY_DIFFERS, polarity, source->polarity);
    if (request->level != 0 && request->level != level)
        return held_by(source, IVM_RULE_CLASS_DIFFERS, request->level, level);
    if (!is_in_set(request->cpus, source->cpu))
        return held_by(source, IVM_RULE_CPUS_DISJOINT, 0, 0);
    return broken(IVM_RULE_NONE);
}

/* The vector asked for carries a source that the request does not mean. */
static struct finding vector_is_held(const struct source *holder,
                                     const struct ivm_request *request)
{
    struct finding finding =
        held_by(holder, IVM_RULE_SOURCE_DIFFERS, (uint8_t)request->source.kind,
                (uint8_t)holder->id.kind);
    if (sharing_of(holder) == IVM_EXCLUSIVE || request->sharing == IVM_EXCLUSIVE) {
        finding.rule = sharing_of(holder) == IVM_EXCLUSIVE ? IVM_RULE_OWNER_EXCLUSIVE
                                                           : IVM_RULE_REQUESTER_EXCLUSIVE;
        finding.wanted = (uint8_t)request->sharing;
        finding.held = (uint8_t)sharing_of(holder);
    }
    finding.key = IVM_KEY_VECTOR;
    return finding;
}

/* The numbers the request may use besides being free on its CPU; NULL: any. */
static const struct vector_pool *numbers_for(const struct ivm_request *request)
{
    bool owns = source_owns_number(request->source.kind, request->trigger);
    return owns ? manager_level_numbers() : NULL;
}

static bool has_room(const struct vector_pool *pool, const struct ivm_request *request,
                     uint8_t vector)
{
    const struct vector_pool *allowed = numbers_for(request);
    if (vector != 0)
        return vector_is_free(pool, vector) &&
               (allowed == NULL || vector_is_free(allowed, vector));
    return vector_has_free(pool, allowed, request->level);
}

/* The CPU of the set that has room and the fewest vectors in use; slots_cpu_end(): none. */
static uint32_t least_used_cpu(const struct ivm_request *request, uint8_t vector)
{
    uint32_t best = slots_cpu_end();
    for (uint32_t cpu = next_in_set(request->cpus, 0); cpu < slots_cpu_end();
         cpu = next_in_set(request->cpus, cpu + 1)) {
        const struct vector_pool *pool = &slots_of(cpu)->pool;
        if (!has_room(pool, request, vector))
            continue;
        if (best == slots_cpu_end() || pool->used < slots_of(best)->pool.used)
            best = cpu;
    }
    return best;
}

/* What this vector carries on some CPU of the set, or NULL. */
static struct source *source_on(const struct ivm_request *request, uint8_t vector)
{
    for (uint32_t cpu = next_in_set(request->cpus, 0); cpu < slots_cpu_end();
         cpu = next_in_set(request->cpus, cpu + 1)) {
        struct source *source = slots_of(cpu)->slots[vector].source;
        if (source != NULL)
            return source;
    }
    return NULL;
}

/* The level-triggered line that has this number on whatever CPU, or NULL. */
static struct source *level_line_on(uint8_t vector)
{
    for (uint32_t cpu = 0; cpu < slots_cpu_end(); cpu++) {
        const struct cpu_slots *slots = slots_of(cpu);
        struct source *source = slots != NULL ? slots->slots[vector].source : NULL;
        if (source != NULL && source_owns_number(source->id.kind, source->trigger))
            return source;
    }
    return NULL;
}

/* Who keeps the request from this vector, or NULL. */
static const struct source *holder_of(const struct ivm_request *request, uint8_t vector)
{
    const struct source *holder = source_on(request, vector);
    return holder == NULL && numbers_for(request) != NULL ? level_line_on(vector) : holder;
}

/* Find a CPU and a vector for a source that nobody is connected to. */
static struct finding may_place(struct source *source, const struct ivm_request *request,
                                struct placement *out)
{
    uint8_t vector = vector_asked(request);
    uint32_t cpu = least_used_cpu(request, vector);
    if (cpu == slots_cpu_end()) {
        const struct source *holder = vector != 0 ? holder_of(request, vector) : NULL;
        if (holder != NULL)
            return vector_is_held(holder, request);
        return (struct finding){.rule = IVM_RULE_VECTORS_EXHAUSTED,
                                .key = IVM_KEY_VECTOR,
                                .cpu = next_in_set(request->cpus, 0),
                                .vector = vector,
                                .wanted = request->level};
    }
    *out = (struct placement){.source = source, .cpu = cpu, .vector = vector};
    return broken(IVM_RULE_NONE);
}

struct finding rules_place(const struct ivm_request *request, struct placement *out)
{
    if (next_in_set(request->cpus, 0) == slots_cpu_end())
        return broken(IVM_RULE_NO_SUCH_CPU);

    uint8_t vector = vector_asked(request);
    bool is_bare = request->source.kind == IVM_BARE;
    struct source *source = is_bare ? NULL : source_find(request->source);
    if (!is_bare && source == NULL)
        return broken(IVM_RULE_NO_SUCH_SOURCE);

    /* A bare vector means whatever it carries. */
    struct source *placed = is_bare && vector != 0 ? source_on(request, vector) : source;
    if (placed == NULL || placed->vector == 0)
        return may_place(source, request, out);
    struct finding finding = may_join(placed, request);
    if (finding.rule == IVM_RULE_NONE)
        *out = (struct placement){
            .source = placed, .cpu = placed->cpu, .vector = placed->vector, .joins = true};
    return finding;
}
