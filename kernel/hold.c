/* hold.c: vectors kept for lines and messages before anybody is connected to them. */
#include <ivm/hold.h>

#include <stddef.h>

#include <ivm/level.h>
#include <machine/hot.h>

#include "assert.h"
#include "context.h"
#include "manager.h"
#include "rules.h"

/* The running CPUs of the set. A number can be held on one group of CPUs only. */
static struct ivm_cpu_set running_cpus(const struct ivm_cpu_set *wished)
{
    struct ivm_cpu_set set = {.group = wished != NULL ? wished->group : 0};
    for (uint32_t cpu = set.group * 64u; cpu < set.group * 64u + 64; cpu++) {
        bool is_running = slots_of(cpu) != NULL && rules_cpu_in_set(wished, cpu);
        set.mask |= (uint64_t)is_running << cpu % 64;
    }
    return set;
}

/* The numbers that are free on every CPU of the set, and that a source of this trigger may have. */
static struct vector_pool common_numbers(const struct ivm_cpu_set *set,
                                         enum ivm_trigger trigger)
{
    struct vector_pool common;
    vector_pool_start(&common);
    if (source_owns_number(IVM_LINE, trigger))
        vector_pool_limit(&common, manager_level_numbers());
    for (uint32_t bit = 0; bit < 64; bit++) {
        if ((set->mask >> bit & 1) != 0)
            vector_pool_limit(&common, &slots_of(set->group * 64u + bit)->pool);
    }
    return common;
}

/* Take the number on every CPU of the source's set; it is free there. */
static void take_everywhere(const struct source *source)
{
    enum ivm_status taken = IVM_OK;
    if (source_owns_number(source->id.kind, source->trigger))
        taken = vector_reserve(manager_level_numbers(), source->held);
    for (uint32_t cpu = 0; cpu < slots_cpu_end() && taken == IVM_OK; cpu++) {
        if (source_holds(source, cpu))
            taken = vector_reserve(&slots_of(cpu)->pool, source->held);
    }
    assert(taken == IVM_OK);
}

/* The level line's number in turn, so that lines spread over the classes. */
static uint8_t next_class;

static enum ivm_status hold_new(struct source *source, const struct ivm_hold_wish *wish)
{
    struct ivm_cpu_set set = running_cpus(wish->cpus);
    if (set.mask == 0 || wish->level == IVM_ANY_LEVEL)
        return IVM_BAD_ARGUMENT;
    struct vector_pool common = common_numbers(&set, wish->trigger);
    common.next_class = next_class;
    uint8_t vector;
    enum ivm_status status = vector_allocate(&common, NULL, wish->level, &vector);
    if (status != IVM_OK)
        return status;
    next_class = common.next_class;
    source->held = vector;
    source->held_on = set;
    source->trigger = (uint8_t)wish->trigger;
    take_everywhere(source);
    return IVM_OK;
}

/* It is where its owners have it. */
static void hold_placed(struct source *source)
{
    source->held = source->vector;
    source->held_on = (struct ivm_cpu_set){.mask = UINT64_C(1) << source->cpu % 64,
                                           .group = (uint16_t)(source->cpu / 64)};
}

/* The configuration lock is held; it is released. */
static enum ivm_status hold_and_unlock(struct source *source,
                                       const struct ivm_hold_wish *wish,
                                       struct ivm_held *out)
{
    enum ivm_status status = IVM_OK;
    if (source == NULL)
        status = IVM_NOT_FOUND;
    else if (source->held == 0 && source->vector != 0)
        hold_placed(source);
    else if (source->held == 0)
        status = hold_new(source, wish);
    if (status == IVM_OK)
        *out = (struct ivm_held){.vector = source->held, .cpus = source->held_on};
    manager_unlock();
    return status;
}

enum ivm_status ivm_line_hold(uint32_t gsi, const struct ivm_hold_wish *wish,
                              struct ivm_held *out)
{
    if (!context_allows())
        return IVM_WRONG_LEVEL;
    return hold_and_unlock(manager_lock_settled_line(gsi), wish, out);
}

/* Take the lock; the message of this number, or NULL, once no disconnect or move waits on it. */
static struct source *lock_settled_message(uint32_t number)
{
    for (;;) {
        manager_lock();
        struct source *message = message_find(number);
        if (message == NULL || !message->busy)
            return message;
        manager_unlock();
        machine_relax();
    }
}

enum ivm_status ivm_message_hold(uint32_t number, const struct ivm_hold_wish *wish,
                                 struct ivm_held *out)
{
    if (!context_allows())
        return IVM_WRONG_LEVEL;
    if (wish->trigger != IVM_EDGE)
        return IVM_BAD_ARGUMENT;
    return hold_and_unlock(lock_settled_message(number), wish, out);
}

/* Give the number back wherever no owner has it. */
static void give_back(struct source *line)
{
    bool is_placed = line->vector != 0;
    for (uint32_t cpu = 0; cpu < slots_cpu_end(); cpu++) {
        if (source_holds(line, cpu) && !(is_placed && cpu == line->cpu))
            vector_free(&slots_of(cpu)->pool, line->held);
    }
    if (!is_placed && source_owns_number(line->id.kind, line->trigger))
        vector_free(manager_level_numbers(), line->held);
    line->held = 0;
}

enum ivm_status ivm_line_release(uint32_t gsi)
{
    if (!context_allows())
        return IVM_WRONG_LEVEL;
    struct source *line = manager_lock_settled_line(gsi);
    bool holds = line != NULL && line->held != 0;
    if (holds)
        give_back(line);
    manager_unlock();
    return holds ? IVM_OK : IVM_NOT_FOUND;
}

const struct source *hold_find(uint32_t cpu, uint8_t vector)
{
    for (size_t gsi = 0; gsi < manager_line_count(); gsi++) {
        const struct source *line = manager_line((uint32_t)gsi);
        if (line != NULL && line->held == vector && source_holds(line, cpu))
            return line;
    }
    for (const struct source *at = message_next(NULL); at != NULL; at = message_next(at)) {
        if (at->held == vector && source_holds(at, cpu))
            return at;
    }
    return NULL;
}

bool ivm_vector_holder(uint32_t cpu, uint8_t vector, struct ivm_source_id *out,
                       enum ivm_trigger *trigger)
{
    manager_lock();
    const struct cpu_slots *slots = slots_of(cpu);
    const struct source *source = slots != NULL ? slots->slots[vector].source : NULL;
    if (source == NULL && slots != NULL && vector != 0)
        source = hold_find(cpu, vector);
    if (source != NULL) {
        *out = source->id;
        if (trigger != NULL)
            *trigger = (enum ivm_trigger)source->trigger;
    }
    manager_unlock();
    return source != NULL;
}
