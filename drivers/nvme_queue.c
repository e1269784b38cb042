/* nvme_queue.c: commands into a ring, completions out of another. */
#include "nvme_queue.h"

#include <stddef.h>

#include <hw/mmio.h>

enum { STATUS_PHASE = 1 << 0, STATUS_SHIFT = 1, STATUS_MASK = 0x7FF, ID_SHIFT = 16 };

void nvme_queue_clear(struct nvme_queue *queue)
{
    *queue->rings = (struct nvme_rings){0};
    queue->tail = 0;
    queue->head = 0;
    queue->phase = 1; /* of the first turn: the rings are zero */
    atomic_store_explicit(&queue->id, 0, memory_order_relaxed);
    atomic_store_explicit(&queue->taking, false, memory_order_relaxed);
    atomic_store_explicit(&queue->reserved, false, memory_order_release);
}

bool nvme_queue_reserve(struct nvme_queue *queue)
{
    /* Acquire: pairs with the release in nvme_queue_take(), after which all is free. */
    return !atomic_exchange_explicit(&queue->reserved, true, memory_order_acq_rel);
}

void nvme_queue_submit(struct nvme_queue *queue, const struct nvme_command *command)
{
    uint16_t id = (uint16_t)(atomic_load_explicit(&queue->id, memory_order_relaxed) + 1);
    atomic_store_explicit(&queue->id, id, memory_order_relaxed);
    uint64_t memory = (uintptr_t)command->memory;
    queue->rings->submissions[queue->tail] =
        (struct nvme_submission){.words = {[0] = (uint32_t)id << ID_SHIFT | command->opcode,
                                           [1] = command->name_space,
                                           [6] = (uint32_t)memory,
                                           [7] = (uint32_t)(memory >> 32),
                                           [10] = command->words[0],
                                           [11] = command->words[1]}};
    queue->tail = (uint16_t)((queue->tail + 1) % queue->depth);
    /* The command is visible before the controller is told of it. */
    atomic_thread_fence(memory_order_seq_cst);
    mmio_write32(queue->tail_doorbell, queue->tail);
}

static bool take_next(struct nvme_queue *queue, struct nvme_result *out)
{
    const struct nvme_completion *next = &queue->rings->completions[queue->head];
    /* Acquire: pairs with the controller's store, its last one to this entry. */
    uint16_t status = atomic_load_explicit(&next->status, memory_order_acquire);
    if ((status & STATUS_PHASE) != queue->phase)
        return false;
    uint16_t asked = atomic_load_explicit(&queue->id, memory_order_relaxed);
    *out =
        (struct nvme_result){.value = next->value,
                             .status = status >> STATUS_SHIFT & STATUS_MASK,
                             .id = next->id,
                             .is_foreign = !nvme_queue_is_busy(queue) || next->id != asked};
    queue->head = (uint16_t)((queue->head + 1) % queue->depth);
    if (queue->head == 0)
        queue->phase ^= STATUS_PHASE;
    mmio_write32(queue->head_doorbell, queue->head);
    return true;
}

bool nvme_queue_take(struct nvme_queue *queue, struct nvme_result *out)
{
    if (atomic_exchange_explicit(&queue->taking, true, memory_order_acquire))
        return false;
    bool taken = take_next(queue, out);
    /* Release: pairs with the exchange in nvme_queue_reserve(). */
    if (taken && !out->is_foreign)
        atomic_store_explicit(&queue->reserved, false, memory_order_release);
    atomic_store_explicit(&queue->taking, false, memory_order_release);
    return taken;
}

bool nvme_queue_is_busy(const struct nvme_queue *queue)
{
    return atomic_load_explicit(&queue->reserved, memory_order_acquire);
}
