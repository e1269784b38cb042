/* tables.c: do slots, sources, chains, pools and pins agree: see tables.h. */
#include "tables.h"

#include <stddef.h>

#include "drivers.h"
#include "kernel/chain.h"
#include "kernel/dispatch.h"
#include "kernel/manager.h"
#include "pins.h"
#include "report.h"

struct cpu_slots tables[CPUS];

static struct source lines[LINES];
static struct cpu_slots *pointers[CPUS];

void tables_start(void)
{
    manager_start(&(struct manager_storage){
        .lines = lines, .line_count = LINES, .cpus = pointers, .cpu_limit = CPUS});
    for (uint32_t cpu = 0; cpu < CPUS; cpu++)
        insist(CLAIM_STATUS, manager_add_cpu(cpu, &tables[cpu]) == IVM_OK);
    for (uint32_t gsi = 0; gsi < LINES; gsi++)
        insist(CLAIM_STATUS, manager_set_line(gsi, &pins_controller, pins, gsi) == IVM_OK);
}

static void check_chain(const struct source *source, const struct slot *slot)
{
    unsigned count = 0;
    const struct ivm_connection *previous = NULL;
    for (const struct ivm_connection *at = source->head; at != NULL;
         at = chain_next(source, at), count++) {
        insist(CLAIM_TABLES, at->source == source && at->previous == previous);
        previous = at;
    }
    if (count > 1)
        count_one(shared);
    insist(CLAIM_TABLES, source->tail == previous && source->count == count);
    insist(CLAIM_TABLES, slot->first == &source->head->node);
    insist(CLAIM_TABLES, slot->dispatch == dispatch_connected(source, count));
}

static void check_pin(const struct source *source)
{
    if (source->controller == NULL)
        return;
    const struct pin *pin = &pins[source->input];
    insist(CLAIM_TABLES, pin->routed && !pin->remote_irr && !pin->kept);
    insist(CLAIM_TABLES, pin->masked == (source->mask_reasons != 0));
    insist(CLAIM_TABLES, pin->route.cpu == source->cpu);
    insist(CLAIM_TABLES, pin->route.vector == source->vector);
    insist(CLAIM_TABLES, pin->route.trigger == source->trigger);
}

static void check_placed(const struct source *source, const struct slot *slot)
{
    insist(CLAIM_TABLES, source->cpu == slot->cpu && source->vector == slot->vector);
    insist(CLAIM_TABLES, source->count > 0 && !source->busy);
    insist(CLAIM_TABLES, source->retiring == 0 && source->parked == 0);
    insist(CLAIM_LOST, source->mask_reasons == 0);
    check_chain(source, slot);
    check_pin(source);
}

/* Returns how many sources are placed on it. */
static unsigned check_cpu(const struct cpu_slots *slots)
{
    unsigned placed = 0;
    for (unsigned vector = 0; vector < IVM_VECTOR_COUNT; vector++) {
        const struct slot *slot = &slots->slots[vector];
        const struct source *source = slot->source;
        bool is_device = ivm_vector_is_device((uint8_t)vector);
        insist(CLAIM_LEAKS, !is_device || vector_is_free(&slots->pool, (uint8_t)vector) ==
                                              (source == NULL));
        if (source != NULL)
            check_placed(source, slot);
        else if (is_device)
            insist(CLAIM_TABLES, slot->dispatch == dispatch_unconnected((uint8_t)vector));
        placed += source != NULL;
    }
    insist(CLAIM_LEAKS, slots->pool.used == placed);
    insist(CLAIM_TABLES, slots->deferred.head == NULL);
    insist(CLAIM_TABLES, slots->deferred.tail == &slots->deferred.head);
    return placed;
}

/* Returns how many of the lines are placed. */
static unsigned check_lines(void)
{
    unsigned placed = 0, levels = 0;
    for (unsigned gsi = 0; gsi < LINES; gsi++) {
        const struct source *line = &lines[gsi];
        insist(CLAIM_TABLES, (line->vector != 0) == (line->count != 0));
        insist(CLAIM_TABLES, line->vector != 0 || pins[gsi].masked);
        placed += line->vector != 0;
        if (line->vector == 0 || line->trigger != IVM_LEVEL)
            continue;
        levels++;
        insist(CLAIM_LEAKS, !vector_is_free(manager_level_numbers(), line->vector));
    }
    insist(CLAIM_LEAKS, manager_level_numbers()->used == levels);
    return placed;
}

static void check_locks(void)
{
    for (unsigned i = 0; i < LOCKS; i++) {
        unsigned users = 0;
        for (unsigned j = 0; j < DEVICES; j++) {
            const struct ivm_connection *at = &devices[j].connection;
            bool uses = at->source != NULL && at->request.lock == &shared_locks[i];
            insist(CLAIM_TABLES, !uses || at->run_level == shared_locks[i].level);
            users += uses;
        }
        insist(CLAIM_TABLES, shared_locks[i].users == users);
        insist(CLAIM_TABLES, shared_locks[i].holder == 0);
    }
}

void tables_check(void)
{
    unsigned placed = 0, connected = 0, owners = 0;
    for (uint32_t cpu = 0; cpu < CPUS; cpu++)
        placed += check_cpu(&tables[cpu]);
    for (uint32_t cpu = 0; cpu < CPUS; cpu++) {
        for (unsigned vector = 0; vector < IVM_VECTOR_COUNT; vector++) {
            const struct source *source = tables[cpu].slots[vector].source;
            owners += source != NULL ? source->count : 0;
        }
    }
    for (unsigned i = 0; i < DEVICES; i++)
        connected += devices[i].connection.source != NULL;
    insist(CLAIM_LEAKS, placed >= check_lines());
    insist(CLAIM_TABLES, owners == connected);
    check_locks();
}
