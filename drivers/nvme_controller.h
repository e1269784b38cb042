/* nvme_controller.h: an NVMe controller: enabled, told its queues, shut down.
 *
 * Its memory is whole pages, used by their physical addresses, which are the ones here.
 */
#ifndef DRIVERS_NVME_CONTROLLER_H
#define DRIVERS_NVME_CONTROLLER_H

#include <ivm/driver.h>

#include "nvme_queue.h"

enum {
    NVME_IO_LIMIT = 4,                   /* pairs of queues for commands of the medium */
    NVME_PAIR_LIMIT = 1 + NVME_IO_LIMIT, /* pair 0 is the admin queues */
    NVME_IDENTITY_SIZE = 4096,
};

struct nvme {
    struct nvme_rings rings[NVME_PAIR_LIMIT];
    _Alignas(NVME_PAGE) uint8_t identity[NVME_IDENTITY_SIZE]; /* written by Identify */
    struct nvme_queue queues[NVME_PAIR_LIMIT];
    uintptr_t registers;
    uint64_t limit_ns;    /* how long the controller may take */
    uint32_t stride;      /* bytes from doorbell to doorbell */
    uint32_t pairs_limit; /* pairs whose doorbells are there */
    uint32_t pairs;       /* in use; 0: it is not enabled */
    uint16_t depth;       /* of the pairs after the admin queues */
    enum ivm_means means;
    _Atomic bool broken; /* off, or not to be believed: it is not asked any more */
};

/* Context of all functions here: below IVM_DISPATCH, but where another is named. */

/* Map the registers and read what the controller can do.
 *
 * nvme    zeroed memory that begins a page
 * errors  IVM_UNSUPPORTED  it cannot be driven; the reason is logged
 */
IVM_MUST_CHECK enum ivm_status nvme_open(const struct ivm_device *device,
                                         struct nvme *nvme);

/* Reset the controller and enable it with its admin queues and, by messages, `pairs` - 1 more:
 * pair n interrupts by message n. Nobody may use its queues meanwhile. By line, the line is masked
 * until nvme_unmask_line(); by messages, message 0 also announces what was asked in here.
 *
 * pairs   [1, NVME_PAIR_LIMIT]; 1 by line
 * errors  IVM_UNSUPPORTED  it does not become ready, fails, or has fewer queues; logged, and the
 *                          controller is off
 */
IVM_MUST_CHECK enum ivm_status nvme_start(const struct ivm_device *device,
                                          struct nvme *nvme, enum ivm_means means,
                                          uint32_t pairs);

/* Shut the controller down and disable it: it reads and writes no memory any more. What it does
 * not do in time is logged. */
void nvme_stop(const struct ivm_device *device, struct nvme *nvme);

/* Mask or unmask what its line says. By line only. Any level. */
void nvme_mask_line(const struct nvme *nvme);
void nvme_unmask_line(const struct nvme *nvme);

/* Whether it has failed for good, by its own word or by reading as nothing. Any level. */
bool nvme_has_failed(const struct nvme *nvme);

/* nvme_admin.c: commands to the controller itself. */

/* Run one admin command and wait for its completion, as long as the controller may take.
 *
 * value   out: word 0 of the completion; may be NULL
 * errors  IVM_UNSUPPORTED  another is on its way, it failed, or nothing came in time; logged
 */
IVM_MUST_CHECK enum ivm_status nvme_run(const struct ivm_device *device, struct nvme *nvme,
                                        const struct nvme_command *command,
                                        uint32_t *value);

/* Create the pairs [1, pairs), whose queues are clear, and whose message has their number.
 * errors  IVM_UNSUPPORTED  it has not so many; logged */
IVM_MUST_CHECK enum ivm_status nvme_create_pairs(const struct ivm_device *device,
                                                 struct nvme *nvme, uint32_t pairs);

/* The command that asks for the controller's identity; the names of the last answer are cleared.
 * While nobody else asks: with the admin queue reserved, or before the probe is over. Any level. */
struct nvme_command nvme_identify(struct nvme *nvme);

#endif
