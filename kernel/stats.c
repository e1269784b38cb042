/* stats.c: what the tables and counters say, copied out. */
#include <ivm/stats.h>

#include <stdatomic.h>

#include <ivm/level.h>
#include <ivm/vector.h>

#include "chain.h"
#include "history.h"
#include "manager.h"
#include "refuse.h"
#include "rules.h"

bool ivm_stats_vector(uint32_t cpu, uint8_t vector, struct ivm_vector_stats *out)
{
    const struct cpu_slots *slots = slots_of(cpu);
    if (slots == NULL)
        return false;
    const struct slot *slot = &slots->slots[vector];
    const struct source *source = atomic_load_explicit(&slot->source, memory_order_acquire);
    *out = (struct ivm_vector_stats){
        .delivered = slot->delivered,
        .strays = slot->strays,
        .late = slot->late,
        .overruns = slot->overruns,
        .generation = slot->generation,
        .connected = source != NULL,
        .level = ivm_vector_level(vector),
    };
    if (source == NULL)
        return true;
    out->source = source->id;
    out->trigger = (enum ivm_trigger)source->trigger;
    out->polarity = (enum ivm_polarity)source->polarity;
    out->mask_reasons = source->mask_reasons;
    out->owner_count = source->count;
    out->controller = source->controller != NULL ? source->controller->name : NULL;
    return true;
}

static size_t copy_owners(const struct source *source, struct ivm_owner_stats *out,
                          size_t room)
{
    size_t count = 0;
    const struct ivm_connection *at = source->head;
    for (; at != NULL; at = chain_next(source, at), count++) {
        if (count < room) {
            refuse_describe_owner(at, &out[count].owner);
            out[count].claimed = at->node.claimed;
        }
    }
    return count;
}

size_t ivm_stats_owners(uint32_t cpu, uint8_t vector, struct ivm_owner_stats *out,
                        size_t room)
{
    manager_lock();
    const struct cpu_slots *slots = slots_of(cpu);
    const struct source *source = slots != NULL ? slots->slots[vector].source : NULL;
    size_t count = source != NULL ? copy_owners(source, out, room) : 0;
    manager_unlock();
    return count;
}

static bool bare_place(uint32_t number, uint32_t *cpu, uint8_t *vector)
{
    if (number >= IVM_VECTOR_COUNT)
        return false;
    for (uint32_t at = 0; at < slots_cpu_end(); at++) {
        const struct cpu_slots *slots = slots_of(at);
        const struct source *source = slots != NULL ? slots->slots[number].source : NULL;
        if (source != NULL && source->id.kind == IVM_BARE) {
            *cpu = at;
            *vector = (uint8_t)number;
            return true;
        }
    }
    return false;
}

bool ivm_stats_place(struct ivm_source_id source, uint32_t *cpu, uint8_t *vector)
{
    manager_lock();
    bool placed = source.kind == IVM_BARE && bare_place(source.number, cpu, vector);
    const struct source *found = source_find(source);
    if (found != NULL && found->vector != 0) {
        *cpu = found->cpu;
        *vector = found->vector;
        placed = true;
    }
    manager_unlock();
    return placed;
}

uint64_t ivm_stats_claimed(const struct ivm_connection *connection)
{
    return connection->node.claimed;
}

static void add_cpu(const struct cpu_slots *slots, struct ivm_totals *out)
{
    out->cpus++;
    out->vectors_free += vector_free_count(&slots->pool, 0);
    out->vectors_used += slots->pool.used;
    for (unsigned vector = 0; vector < IVM_VECTOR_COUNT; vector++) {
        const struct slot *slot = &slots->slots[vector];
        enum ivm_vector_kind kind = ivm_vector_kind((uint8_t)vector);
        if (kind == IVM_VECTOR_IS_SPURIOUS)
            out->spurious += slot->delivered;
        else if (kind == IVM_VECTOR_IS_PIC_SPURIOUS)
            out->pic_spurious += slot->delivered;
        else if (slot->source == NULL)
            out->strays += slot->strays;
    }
}

void ivm_stats_totals(struct ivm_totals *out)
{
    manager_lock();
    struct history_counts counts = history_counts();
    *out = (struct ivm_totals){.connects = counts.connects,
                               .disconnects = counts.disconnects,
                               .refusals = counts.refusals,
                               .line_end = (uint32_t)manager_line_count()};
    for (size_t gsi = 0; gsi < manager_line_count(); gsi++)
        out->lines += manager_line((uint32_t)gsi) != NULL;
    for (uint32_t cpu = 0; cpu < slots_cpu_end(); cpu++) {
        if (slots_of(cpu) != NULL)
            add_cpu(slots_of(cpu), out);
    }
    manager_unlock();
}

uint32_t ivm_stats_free(const struct ivm_cpu_set *cpus, uint8_t level)
{
    uint32_t free = 0;
    manager_lock();
    for (uint32_t cpu = 0; cpu < slots_cpu_end(); cpu++) {
        const struct cpu_slots *slots = slots_of(cpu);
        if (slots != NULL && !slots->closed && rules_cpu_in_set(cpus, cpu))
            free += vector_free_count(&slots->pool, level);
    }
    manager_unlock();
    return free;
}

size_t ivm_stats_refusals(struct ivm_refusal *out, size_t room)
{
    manager_lock();
    size_t count = history_copy_refusals(out, room);
    manager_unlock();
    return count;
}

size_t ivm_stats_history(struct ivm_history *out, size_t room)
{
    manager_lock();
    size_t count = history_copy_connects(out, room);
    manager_unlock();
    return count;
}
