/* refuse.c: who holds the key, both sides of what differs, and what is free instead. */
#include "refuse.h"

#include <stddef.h>

#include <ivm/level.h>

#include "chain.h"
#include "history.h"
#include "manager.h"
#include "slot.h"

/* Names are fixed-size, so that copying one costs three moves. */
struct name {
    char text[IVM_NAME_SIZE];
};

static void copy_name(char *to, const char *from)
{
    __builtin_memcpy(to, from, sizeof(struct name));
    to[IVM_NAME_SIZE - 1] = '\0';
}

void refuse_describe_owner(const struct ivm_connection *connection, struct ivm_owner *out)
{
    const struct ivm_request *request = &connection->request;
    copy_name(out->name, request->owner);
    out->routine = (uintptr_t)request->routine;
    out->number = (uint32_t)connection->number;
    out->trigger = (uint8_t)request->trigger;
    out->sharing = (uint8_t)request->sharing;
    out->level = connection->run_level;
    out->polarity = (uint8_t)request->polarity;
}

static void describe_holder(const struct finding *finding, struct ivm_refusal *record)
{
    const struct source *holder = finding->holder;
    record->holder_kind = (uint8_t)holder->id.kind;
    record->holder_number = holder->id.number;
    if (finding->owner != NULL) {
        record->owner_count = 1;
        refuse_describe_owner(finding->owner, &record->owners[0]);
        return;
    }
    record->owner_count = holder->count;
    unsigned shown = 0;
    const struct ivm_connection *owner = holder->head;
    for (; owner != NULL && shown < IVM_REFUSAL_OWNERS; owner = chain_next(holder, owner))
        refuse_describe_owner(owner, &record->owners[shown++]);
}

static void describe_request(const struct ivm_request *request, struct ivm_refusal *record)
{
    copy_name(record->requester, request->owner);
    record->routine = (uintptr_t)request->routine;
    record->source_kind = (uint8_t)request->source.kind;
    record->source_number = request->source.number;
    if (request->cpus != NULL) {
        record->cpu_mask = request->cpus->mask;
        record->cpu_group = request->cpus->group;
    }
}

/* Vectors that would have been free: of use where the vector is the key. A line or a message that is
 * held is held on whatever vector. */
static void suggest(const struct ivm_request *request, const struct finding *finding,
                    struct ivm_refusal *record)
{
    const struct cpu_slots *slots = slots_of(finding->cpu);
    if (slots == NULL || finding->key != IVM_KEY_VECTOR)
        return;
    bool owns = source_owns_number(request->source.kind, request->trigger);
    uint8_t level =
        request->level != 0 ? request->level : ivm_vector_level(finding->vector);
    record->alternative_count = (uint8_t)vector_suggest(
        &slots->pool, owns ? manager_level_numbers() : NULL, level, record->alternatives);
}

/* Append the device levels of one CPU that have free vectors, and count what does not fit; returns how
 * many entries there are. */
static unsigned list_free(uint32_t cpu, const struct vector_pool *allowed, unsigned count,
                          struct ivm_refusal *record)
{
    uint32_t more = record->free_more;
    for (uint8_t level = IVM_DEVICE_FIRST; level < IVM_DEVICE_END; level++) {
        unsigned free = vector_free_in_both(&slots_of(cpu)->pool, allowed, level);
        if (free != 0 && count < IVM_REFUSAL_FREE)
            record->free[count++] = (struct ivm_free_vectors){
                .cpu = (uint16_t)cpu, .level = level, .count = (uint8_t)free};
        else
            record->free_more += free;
    }
    record->free_more_cpus += record->free_more != more;
    return count;
}

/* Nobody's vectors, where the request did not look: on its CPUs at other levels, then on others. */
static void list_free_vectors(const struct ivm_request *request, struct ivm_refusal *record)
{
    bool owns = source_owns_number(request->source.kind, request->trigger);
    const struct vector_pool *allowed = owns ? manager_level_numbers() : NULL;
    unsigned count = 0;
    for (unsigned round = 0; round < 2; round++) {
        for (uint32_t cpu = 0; cpu < slots_cpu_end(); cpu++) {
            bool is_usable = slots_of(cpu) != NULL && !slots_of(cpu)->closed;
            bool is_asked = rules_cpu_in_set(request->cpus, cpu);
            if (is_usable && is_asked == (round == 0))
                count = list_free(cpu, allowed, count, record);
        }
    }
}

enum ivm_status refuse(const struct ivm_request *request, const struct finding *finding,
                       struct ivm_refusal *out)
{
    struct ivm_refusal *record = history_next_refusal();
    describe_request(request, record);
    record->rule = (uint8_t)finding->rule;
    record->key = (uint8_t)finding->key;
    record->cpu = (uint16_t)finding->cpu;
    record->vector = finding->vector;
    record->wanted = finding->wanted;
    record->held = finding->held;
    if (finding->holder != NULL)
        describe_holder(finding, record);
    if (finding->rule == IVM_RULE_VECTORS_EXHAUSTED)
        list_free_vectors(request, record);
    suggest(request, finding, record);
    if (out != NULL)
        *out = *record;
    return ivm_rule_status(finding->rule);
}

enum ivm_status refuse_context(const struct ivm_request *request, struct ivm_refusal *out)
{
    if (out != NULL) {
        *out = (struct ivm_refusal){.rule = IVM_RULE_WRONG_CONTEXT};
        describe_request(request, out);
    }
    return IVM_WRONG_LEVEL;
}
