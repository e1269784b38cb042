/* place.c: where a request goes: which CPU, which vector, or whom it joins. */
#include "place.h"

#include <stddef.h>

#include <ivm/level.h>

#include "manager.h"

/* A CPU that is being drained takes nothing new. */
static bool is_open(uint32_t cpu)
{
    return slots_of(cpu) != NULL && !slots_of(cpu)->closed;
}

/* The next running CPU of the set at or after `cpu`; slots_cpu_end() when there is none. */
static uint32_t next_in_set(const struct ivm_cpu_set *set, uint32_t cpu)
{
    while (cpu < slots_cpu_end() && (!is_open(cpu) || !rules_cpu_in_set(set, cpu)))
        cpu++;
    return cpu;
}

/* The level to take a vector of when the request names none: 0, any, unless its lock is in use, which
 * is taken at one level. */
static uint8_t level_asked(const struct ivm_request *request)
{
    bool bound = request->level == 0 && request->lock != NULL && request->lock->users != 0;
    return bound ? request->lock->level : request->level;
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
    return vector_has_free(pool, allowed, level_asked(request));
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

/* Who holds this vector without being connected: on a CPU of the set, or, for a level-triggered line
 * that no other may share a number with, on any; NULL: nobody. */
static const struct source *held_on(const struct ivm_request *request, uint8_t vector)
{
    for (uint32_t cpu = 0; cpu < slots_cpu_end(); cpu++) {
        const struct source *holder = hold_find(cpu, vector);
        bool owns = holder != NULL && source_owns_number(holder->id.kind, holder->trigger);
        bool is_asked = rules_cpu_in_set(request->cpus, cpu);
        if (holder != NULL && (is_asked || (owns && numbers_for(request) != NULL)))
            return holder;
    }
    return NULL;
}

/* Who keeps the request from this vector, or NULL. */
static const struct source *holder_of(const struct ivm_request *request, uint8_t vector)
{
    const struct source *holder = source_on(request, vector);
    if (holder == NULL && numbers_for(request) != NULL)
        holder = level_line_on(vector);
    return holder != NULL ? holder : held_on(request, vector);
}

static struct finding exhausted(const struct ivm_request *request, uint8_t vector)
{
    return (struct finding){.rule = IVM_RULE_VECTORS_EXHAUSTED,
                            .key = IVM_KEY_VECTOR,
                            .cpu = next_in_set(request->cpus, 0),
                            .vector = vector,
                            .wanted = level_asked(request)};
}

/* Find a CPU and a vector for a source that nobody is connected to. */
static struct finding place_new(struct source *source, const struct ivm_request *request,
                                struct placement *out)
{
    uint8_t vector = rules_vector_asked(request);
    uint32_t cpu = least_used_cpu(request, vector);
    if (cpu == slots_cpu_end()) {
        const struct source *holder = vector != 0 ? holder_of(request, vector) : NULL;
        if (holder == NULL)
            return exhausted(request, vector);
        out->busy = holder->busy;
        return holder->busy ? rules_broken(IVM_RULE_NONE)
                            : rules_vector_held(holder, request);
    }
    uint8_t level = vector != 0 ? ivm_vector_level(vector) : level_asked(request);
    *out =
        (struct placement){.source = source, .cpu = cpu, .vector = vector, .level = level};
    return rules_lock(request, level);
}

/* The least used open CPU of the set on which the source holds its vector; slots_cpu_end(): none. */
static uint32_t least_used_held(const struct source *source, const struct ivm_cpu_set *cpus)
{
    uint32_t least = slots_cpu_end();
    for (uint32_t cpu = next_in_set(cpus, 0); cpu < slots_cpu_end();
         cpu = next_in_set(cpus, cpu + 1)) {
        bool is_less = least == slots_cpu_end() ||
                       slots_of(cpu)->pool.used < slots_of(least)->pool.used;
        if (source_holds(source, cpu) && is_less)
            least = cpu;
    }
    return least;
}

/* A source whose vector is kept for it already. */
static struct finding place_held(struct source *source, const struct ivm_request *request,
                                 struct placement *out)
{
    uint32_t cpu = least_used_held(source, request->cpus);
    struct finding finding = rules_held(source, request);
    if (finding.rule == IVM_RULE_NONE && cpu == slots_cpu_end())
        return rules_broken(IVM_RULE_NO_SUCH_CPU);
    *out = (struct placement){.source = source, .cpu = cpu, .vector = source->held};
    return finding;
}

static struct finding place_joining(struct source *source,
                                    const struct ivm_request *request,
                                    struct placement *out)
{
    *out = (struct placement){.source = source,
                              .cpu = source->cpu,
                              .vector = source->vector,
                              .joins = true,
                              .busy = source->busy};
    return source->busy ? rules_broken(IVM_RULE_NONE) : rules_join(source, request);
}

struct finding place_decide(const struct ivm_request *request, struct placement *out)
{
    *out = (struct placement){0};
    if (next_in_set(request->cpus, 0) == slots_cpu_end())
        return rules_broken(IVM_RULE_NO_SUCH_CPU);

    uint8_t vector = rules_vector_asked(request);
    bool is_bare = request->source.kind == IVM_BARE;
    struct source *source = is_bare ? NULL : source_find(request->source);
    if (!is_bare && source == NULL)
        return rules_broken(IVM_RULE_NO_SUCH_SOURCE);

    /* A bare vector means whatever it carries. */
    struct source *placed = is_bare && vector != 0 ? source_on(request, vector) : source;
    if (placed != NULL && placed->vector != 0)
        return place_joining(placed, request, out);
    bool is_held = source != NULL && source->held != 0;
    return is_held ? place_held(source, request, out) : place_new(source, request, out);
}

/* The least used CPU of the set that has such a block; slots_cpu_end(): none. */
static uint32_t least_used_with_block(const struct ivm_block_wish *wish)
{
    uint32_t found = slots_cpu_end();
    for (uint32_t cpu = next_in_set(wish->cpus, 0); cpu < slots_cpu_end();
         cpu = next_in_set(wish->cpus, cpu + 1)) {
        const struct vector_pool *pool = &slots_of(cpu)->pool;
        if (!vector_has_block(pool, wish->level, wish->count))
            continue;
        if (found == slots_cpu_end() || pool->used < slots_of(found)->pool.used)
            found = cpu;
    }
    return found;
}

enum ivm_status place_block(const struct ivm_block_wish *wish, struct block_place *out)
{
    uint32_t cpu = least_used_with_block(wish);
    /* Where none has it, the first one says what is wrong: the wish, or the room. */
    if (cpu == slots_cpu_end())
        cpu = next_in_set(wish->cpus, 0);
    if (cpu == slots_cpu_end())
        return IVM_BAD_ARGUMENT;
    out->cpu = cpu;
    return vector_allocate_block(&slots_of(cpu)->pool, wish->level, wish->count,
                                 &out->vector);
}

bool place_stays(const struct source *source, const struct ivm_cpu_set *cpus)
{
    return is_open(source->cpu) && rules_cpu_in_set(cpus, source->cpu);
}

enum ivm_status place_for_move(const struct source *source, const struct ivm_cpu_set *cpus,
                               uint32_t *cpu)
{
    if (next_in_set(cpus, 0) == slots_cpu_end())
        return IVM_BAD_ARGUMENT;
    uint32_t best = slots_cpu_end();
    for (uint32_t at = next_in_set(cpus, 0); at < slots_cpu_end();
         at = next_in_set(cpus, at + 1)) {
        const struct vector_pool *pool = &slots_of(at)->pool;
        bool has_number = source_holds(source, at) || vector_is_free(pool, source->vector);
        if (at == source->cpu || !has_number)
            continue;
        if (best == slots_cpu_end() || pool->used < slots_of(best)->pool.used)
            best = at;
    }
    *cpu = best;
    return best == slots_cpu_end() ? IVM_EXHAUSTED : IVM_OK;
}
