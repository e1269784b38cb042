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

static bool is_device_level(uint8_t level)
{
    return level >= IVM_DEVICE_FIRST && level < IVM_DEVICE_END;
}

uint8_t rules_vector_asked(const struct ivm_request *request)
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
    uint8_t lowest = vector != 0 ? ivm_vector_level(vector) : level;
    if (level == IVM_ANY_LEVEL)
        lowest = vector != 0 ? ivm_vector_level(vector) : 0;
    else if (level != 0 && (!is_device_level(level) || lowest != level))
        return false;
    return synchronize == 0 || (is_device_level(synchronize) && synchronize >= lowest);
}

/* Whether the map keeps this vector from the request. */
static bool is_reserved(const struct ivm_request *request, uint8_t vector)
{
    bool is_spare = ivm_vector_kind(vector) == IVM_VECTOR_IS_SPARE;
    return !ivm_vector_is_device(vector) && !(is_spare && request->level == IVM_ANY_LEVEL);
}

struct finding rules_check(const struct ivm_request *request,
                           const struct ivm_connection *connection)
{
    uint8_t vector = rules_vector_asked(request);

    if (request->owner[0] == '\0' || request->owner[IVM_NAME_SIZE - 1] != '\0')
        return rules_broken(IVM_RULE_BAD_OWNER_NAME);
    if (request->routine == NULL || connection == NULL)
        return rules_broken(IVM_RULE_NO_ROUTINE);
    if (!values_are_known(request) || names_two_vectors(request))
        return rules_broken(IVM_RULE_BAD_VALUE);
    if (request->source.kind == IVM_BARE && request->source.number >= IVM_VECTOR_COUNT)
        return rules_broken(IVM_RULE_NO_SUCH_SOURCE);
    if (vector != 0 && is_reserved(request, vector))
        return (struct finding){
            .rule = IVM_RULE_VECTOR_RESERVED, .key = IVM_KEY_VECTOR, .vector = vector};
    if (!levels_fit(request, vector))
        return rules_broken(IVM_RULE_BAD_LEVEL);
    if (connection->source != NULL)
        return (struct finding){.rule = IVM_RULE_STORAGE_CONNECTED,
                                .key = IVM_KEY_STORAGE,
                                .holder = connection->source,
                                .owner = connection,
                                .cpu = connection->source->cpu,
                                .vector = connection->source->vector};
    return rules_broken(IVM_RULE_NONE);
}

bool rules_cpu_in_set(const struct ivm_cpu_set *set, uint32_t cpu)
{
    return set == NULL || (cpu / 64 == set->group && (set->mask >> cpu % 64 & 1) != 0);
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

struct finding rules_join(const struct source *source, const struct ivm_request *request)
{
    uint8_t vector = rules_vector_asked(request), level = ivm_vector_level(source->vector);
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
    if (request->level != 0 && request->level != IVM_ANY_LEVEL && request->level != level)
        return held_by(source, IVM_RULE_CLASS_DIFFERS, request->level, level);
    if (!rules_cpu_in_set(request->cpus, source->cpu))
        return held_by(source, IVM_RULE_CPUS_DISJOINT, 0, 0);
    return rules_lock(request, level);
}

/* Whether a set of a request and the CPUs where a vector is held have one in common. */
static bool meets(const struct ivm_cpu_set *asked, const struct ivm_cpu_set *held)
{
    return asked == NULL ||
           (asked->group == held->group && (asked->mask & held->mask) != 0);
}

struct finding rules_held(const struct source *source, const struct ivm_request *request)
{
    uint8_t vector = rules_vector_asked(request), level = ivm_vector_level(source->held);
    struct finding finding = rules_lock(request, level);
    if (vector != 0 && vector != source->held)
        finding = held_by(source, IVM_RULE_LINE_ROUTED_ELSEWHERE, vector, source->held);
    else if (request->level != 0 && request->level != IVM_ANY_LEVEL &&
             request->level != level)
        finding = held_by(source, IVM_RULE_CLASS_DIFFERS, request->level, level);
    else if (!meets(request->cpus, &source->held_on))
        finding = held_by(source, IVM_RULE_CPUS_DISJOINT, 0, 0);
    else if (request->trigger != (enum ivm_trigger)source->trigger)
        finding = held_by(source, IVM_RULE_TRIGGER_DIFFERS, (uint8_t)request->trigger,
                          source->trigger);
    finding.vector = source->held;
    return finding;
}

struct finding rules_lock(const struct ivm_request *request, uint8_t level)
{
    const struct ivm_lock *lock = request->lock;
    uint8_t run_level =
        request->synchronize_level > level ? request->synchronize_level : level;
    if (lock == NULL || lock->users == 0 || lock->level == run_level)
        return rules_broken(IVM_RULE_NONE);
    return (struct finding){
        .rule = IVM_RULE_LOCK_LEVEL_DIFFERS, .wanted = run_level, .held = lock->level};
}

/* Nobody is connected to it, but the vector is kept for it. */
static struct finding kept_for(const struct source *holder,
                               const struct ivm_request *request)
{
    uint32_t first = (uint32_t)__builtin_ctzll(holder->held_on.mask);
    return (struct finding){.rule = IVM_RULE_SOURCE_DIFFERS,
                            .key = IVM_KEY_VECTOR,
                            .holder = holder,
                            .cpu = holder->held_on.group * 64u + first,
                            .vector = holder->held,
                            .wanted = (uint8_t)request->source.kind,
                            .held = (uint8_t)holder->id.kind};
}

struct finding rules_vector_held(const struct source *holder,
                                 const struct ivm_request *request)
{
    if (holder->head == NULL)
        return kept_for(holder, request);
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
