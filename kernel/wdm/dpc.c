/* dpc.c: deferred procedure calls: each CPU's queue of a driver's own objects, run by one native
 * deferred call.
 *
 * A KDPC has no room for a native call, so each CPU has one, which runs whatever is in that CPU's queue.
 * When it is let in is the native call's affair: the DISPATCH class of that CPU's local APIC.
 * Source: [WDM] "DPC Objects and DPCs".
 */
#include <stdatomic.h>

#include <ivm/cpu.h>
#include <ivm/deferred.h>
#include <ivm/level.h>
#include <ivm/system.h>
#include <machine/hot.h>

#include "image.h"
#include "kernel/machine.h"
#include "kernel/spinlock.h"
#include "level_calls.h"
#include "objects.h"

enum { DPC_CPUS = 256, HIGH_IMPORTANCE = 2 };

/* Of one CPU. `list` is a ring; the lock is taken with interrupts off: routines queue, too. */
struct dpc_queue {
    struct spinlock lock;
    struct nt_list list;
    struct ivm_deferred call;
} __attribute__((aligned(64)));

static struct dpc_queue queues[DPC_CPUS];

static bool take(struct dpc_queue *queue)
{
    bool were_on = machine_interrupts_save();
    spinlock_take(&queue->lock);
    if (queue->list.next == NULL)
        queue->list = (struct nt_list){&queue->list, &queue->list};
    return were_on;
}

static void release(struct dpc_queue *queue, bool were_on)
{
    spinlock_release(&queue->lock);
    machine_interrupts_restore(were_on);
}

static struct nt_dpc *dpc_of(struct nt_list *entry)
{
    return (struct nt_dpc *)(void *)((char *)entry - offsetof(struct nt_dpc, entry));
}

static void insert(struct nt_list *before, struct nt_list *entry)
{
    entry->next = before;
    entry->previous = before->previous;
    before->previous->next = entry;
    before->previous = entry;
}

/* Out of its queue, whose lock is held; from here on it may be queued again. */
static void unlink_dpc(struct nt_dpc *dpc)
{
    dpc->entry.previous->next = dpc->entry.next;
    dpc->entry.next->previous = dpc->entry.previous;
    atomic_store_explicit(&dpc->queue, NULL, memory_order_release);
}

/* What a call needs is copied: its object may be queued anew, or be gone, while it runs. */
static bool next_call(struct dpc_queue *queue, nt_code *routine, uint64_t arguments[4])
{
    bool were_on = take(queue);
    bool found = queue->list.next != &queue->list;
    if (found) {
        struct nt_dpc *dpc = dpc_of(queue->list.next);
        *routine = dpc->routine;
        arguments[0] = (uintptr_t)dpc;
        arguments[1] = (uintptr_t)dpc->context;
        arguments[2] = (uintptr_t)dpc->argument1;
        arguments[3] = (uintptr_t)dpc->argument2;
        unlink_dpc(dpc);
    }
    release(queue, were_on);
    return found;
}

/* The native call: at DISPATCH by the class in service, and by CR8 as a driver reads it. */
static void run_queue(void *context)
{
    nt_code routine = 0;
    uint64_t arguments[4];
    uint8_t found = machine_priority();
    machine_set_priority(IVM_DISPATCH);
    while (next_call(context, &routine, arguments))
        image_call(image_of((const void *)(uintptr_t)routine), "its deferred call", routine,
                   arguments);
    machine_set_priority(found);
}

NT_API void KeInitializeDpc(struct nt_dpc *dpc, nt_code routine, void *context)
{
    __builtin_memset(dpc, 0, sizeof *dpc);
    dpc->type = NT_DPC_TYPE;
    dpc->importance = 1;
    dpc->routine = routine;
    dpc->context = context;
}

NT_API nt_boolean KeInsertQueueDpc(struct nt_dpc *dpc, void *argument1, void *argument2)
{
    bool is_targeted = (dpc->number & NT_DPC_TARGETED) != 0;
    uint32_t cpu = is_targeted ? dpc->number & (DPC_CPUS - 1u) : machine_cpu();
    struct dpc_queue *queue = &queues[cpu];
    bool were_on = take(queue);
    void *none = NULL;
    bool is_new = atomic_compare_exchange_strong(&dpc->queue, &none, queue);
    if (is_new) {
        dpc->argument1 = argument1;
        dpc->argument2 = argument2;
        bool is_first = dpc->importance == HIGH_IMPORTANCE;
        insert(is_first ? queue->list.next : &queue->list, &dpc->entry);
        queue->call.function = run_queue;
        queue->call.context = queue;
        queue->call.cpu_plus_one = cpu + 1;
    }
    release(queue, were_on);
    /* Queued already is as good: it has not begun, or it comes round once more. */
    if (is_new)
        (void)ivm_deferred_queue(&queue->call);
    return is_new;
}

NT_API nt_boolean KeRemoveQueueDpc(struct nt_dpc *dpc)
{
    struct dpc_queue *queue = atomic_load_explicit(&dpc->queue, memory_order_acquire);
    if (queue == NULL)
        return NT_FALSE;
    bool were_on = take(queue);
    bool is_there = atomic_load_explicit(&dpc->queue, memory_order_relaxed) == queue;
    if (is_there)
        unlink_dpc(dpc);
    release(queue, were_on);
    return is_there;
}

NT_API void KeSetTargetProcessorDpc(struct nt_dpc *dpc, int8_t number)
{
    if ((uint8_t)number < ivm_cpu_count())
        dpc->number = (uint16_t)(NT_DPC_TARGETED | (uint8_t)number);
}

NT_API nt_status KeSetTargetProcessorDpcEx(struct nt_dpc *dpc,
                                           const struct nt_processor_number *number)
{
    uint32_t cpu = KeGetProcessorIndexFromNumber(number);
    if (cpu >= ivm_cpu_count() || cpu >= DPC_CPUS)
        return NT_INVALID_PARAMETER;
    dpc->number = (uint16_t)(NT_DPC_TARGETED | cpu);
    return NT_SUCCESS;
}

NT_API void KeSetImportanceDpc(struct nt_dpc *dpc, uint32_t importance)
{
    dpc->importance = (uint8_t)importance;
}

NT_API void KeFlushQueuedDpcs(void)
{
    const struct image *image = image_of(__builtin_return_address(0));
    if (ivm_level_now() >= IVM_DISPATCH)
        ivm_log(
            "%s: waits for deferred calls at DISPATCH level, where none can run: ignored",
            image != NULL ? image->name : "somebody");
    else
        ivm_deferred_flush();
}

/* Take one call of the image out of a queue; false: there is none. */
static bool drop_one(struct dpc_queue *queue, const struct image *image)
{
    bool found = false;
    bool were_on = take(queue);
    for (struct nt_list *at = queue->list.next; at != &queue->list && !found;
         at = at->next) {
        struct nt_dpc *dpc = dpc_of(at);
        found = image_of((const void *)(uintptr_t)dpc->routine) == image;
        if (found)
            unlink_dpc(dpc);
    }
    release(queue, were_on);
    return found;
}

uint32_t dpcs_drop(struct image *image)
{
    uint32_t dropped = 0;
    for (uint32_t cpu = 0; cpu < ivm_cpu_count() && cpu < DPC_CPUS; cpu++) {
        while (drop_one(&queues[cpu], image))
            dropped++;
    }
    if (dropped != 0)
        ivm_log("%s: left %u deferred calls queued; taken out", image->name, dropped);
    return dropped;
}
