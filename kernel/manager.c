/* manager.c: the one manager: its tables, its CPUs, its lock. */
#include "manager.h"

#include <stdatomic.h>

#include <machine/hot.h>

#include "dispatch.h"
#include "history.h"

/* Written by manager_start() and manager_add_cpu() only. */
static struct manager_storage tables;
struct cpu_directory cpu_directory;

/* The numbers free for level-triggered lines. Configuration lock. */
static struct vector_pool level_numbers;

/* Protects every slot's and source's configuration, the messages, the pools and the rings.
 */
static struct spinlock configuration;

void manager_start(const struct manager_storage *storage)
{
    tables = *storage;
    cpu_directory = (struct cpu_directory){.tables = tables.cpus, .end = 0};
    for (size_t gsi = 0; gsi < tables.line_count; gsi++)
        source_start(&tables.lines[gsi],
                     (struct ivm_source_id){.kind = IVM_LINE, .number = (uint32_t)gsi});
    for (size_t cpu = 0; cpu < tables.cpu_limit; cpu++)
        tables.cpus[cpu] = NULL;
    vector_pool_start(&level_numbers);
    message_forget_all();
    history_start();
}

static void start_slot(struct slot *slot, uint32_t cpu, uint8_t vector)
{
    *slot = (struct slot){.cpu = (uint16_t)cpu, .vector = vector};
    slot_dispatch *dispatch =
        vector == IVM_VECTOR_DISPATCH ? deferred_serve : dispatch_unconnected(vector);
    atomic_store_explicit(&slot->dispatch, dispatch, memory_order_release);
}

enum ivm_status manager_add_cpu(uint32_t cpu, struct cpu_slots *slots)
{
    if (cpu >= tables.cpu_limit || slots == NULL || tables.cpus[cpu] != NULL)
        return IVM_BAD_ARGUMENT;
    for (unsigned vector = 0; vector < IVM_VECTOR_COUNT; vector++)
        start_slot(&slots->slots[vector], cpu, (uint8_t)vector);
    for (unsigned vector = SLOT_BARE_FIRST; vector < IVM_VECTOR_COUNT; vector++)
        source_start(&slots->bare[vector - SLOT_BARE_FIRST],
                     (struct ivm_source_id){.kind = IVM_BARE, .number = vector});
    vector_pool_start(&slots->pool);
    vector_pool_stagger(&slots->pool, cpu);
    deferred_start(&slots->deferred);
    slots->closed = false;
    slots->cpu = cpu;
    tables.cpus[cpu] = slots;
    if (cpu >= cpu_directory.end)
        cpu_directory.end = cpu + 1;
    return IVM_OK;
}

enum ivm_status manager_set_line(uint32_t gsi, const struct ivm_controller *controller,
                                 void *unit, uint32_t input)
{
    if (gsi >= tables.line_count || controller == NULL)
        return IVM_BAD_ARGUMENT;
    struct source *line = &tables.lines[gsi];
    if (line->controller != NULL)
        return IVM_ALREADY_CONNECTED;
    line->controller = controller;
    line->unit = unit;
    line->input = input;
    return IVM_OK;
}

enum ivm_status manager_set_system(uint32_t cpu, uint8_t vector, slot_dispatch *dispatch)
{
    struct cpu_slots *slots = slots_of(cpu);
    if (slots == NULL || ivm_vector_kind(vector) != IVM_VECTOR_IS_SYSTEM)
        return IVM_BAD_ARGUMENT;
    atomic_store_explicit(&slots->slots[vector].dispatch, dispatch, memory_order_release);
    return IVM_OK;
}

struct source *manager_line(uint32_t gsi)
{
    bool exists = gsi < tables.line_count && tables.lines[gsi].controller != NULL;
    return exists ? &tables.lines[gsi] : NULL;
}

size_t manager_line_count(void)
{
    return tables.line_count;
}

struct vector_pool *manager_level_numbers(void)
{
    return &level_numbers;
}

void manager_lock(void)
{
    spinlock_take(&configuration);
}

void manager_unlock(void)
{
    spinlock_release(&configuration);
}

struct source *manager_lock_settled_line(uint32_t gsi)
{
    for (;;) {
        manager_lock();
        struct source *line = manager_line(gsi);
        if (line == NULL || !line->busy)
            return line;
        manager_unlock();
        machine_relax();
    }
}
