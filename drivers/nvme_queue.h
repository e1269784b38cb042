/* nvme_queue.h: a pair of NVMe queues: commands go in, completions come out, one at a time.
 *
 * The completion queue's phase bit says what is new: the controller inverts it on each turn
 * through the ring. Source: [NVME] "Queue Pairs", "Completion Queue Entry: Phase Tag".
 */
#ifndef DRIVERS_NVME_QUEUE_H
#define DRIVERS_NVME_QUEUE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { NVME_PAGE = 4096, NVME_DEPTH = 16 }; /* entries of each ring, at most */

/* What a command says; the rest of its 64 bytes is zero. */
struct nvme_command {
    uint8_t opcode;
    uint32_t name_space;
    const void *memory; /* one page, or NULL */
    uint32_t words[2];  /* 10 and 11 */
};

/* What came of it. */
struct nvme_result {
    uint32_t value;  /* word 0 */
    uint16_t status; /* status code and its type; 0: done */
    uint16_t id;     /* of the command */
    bool is_foreign; /* no command with this id was on its way */
};

struct nvme_submission {
    uint32_t words[16]; /* 0: [31:16] id [7:0] opcode; 1: name space; 6, 7: memory */
};

struct nvme_completion {
    uint32_t value;
    uint32_t reserved;
    uint16_t submission_head;
    uint16_t submission_queue;
    uint16_t id;
    _Atomic uint16_t status; /* [15:1] status [0] phase; written last by the controller */
};

_Static_assert(sizeof(struct nvme_submission) == 64 && sizeof(struct nvme_completion) == 16,
               "as the controller reads them");

/* The memory of a pair; each ring begins a page of its own. */
struct nvme_rings {
    _Alignas(NVME_PAGE) struct nvme_submission submissions[NVME_DEPTH];
    _Alignas(NVME_PAGE) struct nvme_completion completions[NVME_DEPTH];
};

struct nvme_queue {
    struct nvme_rings *rings;
    uintptr_t tail_doorbell, head_doorbell;
    uint16_t depth; /* entries of each ring, [2, NVME_DEPTH] */
    uint16_t tail;  /* of submissions; as `id`, written by who has reserved the queue */
    _Atomic uint16_t id; /* of the latest command */
    uint16_t head;       /* of completions; as `phase`, written by who has set `taking` */
    uint16_t phase;
    _Atomic bool reserved; /* a command is made, or on its way */
    _Atomic bool taking;   /* somebody looks at the completions */
};

/* Empty a pair whose rings, doorbells and depth are set; the controller must not use it. */
void nvme_queue_clear(struct nvme_queue *queue);

/* Have the queue until a command that is then submitted is completed; false: another has it. Any
 * level, any CPU. */
bool nvme_queue_reserve(struct nvme_queue *queue);

/* Submit the one command that the queue was reserved for. Any level. */
void nvme_queue_submit(struct nvme_queue *queue, const struct nvme_command *command);

/* Take the next completion, and tell the controller that its place is free: by line, it stops
 * asserting when it was the last. False: there is none, or another CPU is at it. Any level.
 */
bool nvme_queue_take(struct nvme_queue *queue, struct nvme_result *out);

/* Whether a command is made, or on its way. Any level. */
bool nvme_queue_is_busy(const struct nvme_queue *queue);

#endif
