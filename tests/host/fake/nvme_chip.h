/* nvme_chip.h: a model of an NVMe controller, for the host tests.
 *
 * It reads commands and writes completions by the addresses that it is given, and checks its
 * driver: widths, no queue touched while it is off and none set up while it is on, interrupt masks
 * by line only, doorbells that fit their queues. A violation fails the test. It answers at once
 * unless told to wait.
 */
#ifndef FAKE_NVME_CHIP_H
#define FAKE_NVME_CHIP_H

#include <stdbool.h>
#include <stdint.h>

enum { NVME_CHIP_QUEUES = 5, NVME_CHIP_SIZE = 0x4000 };
#define NVME_CHIP_BASE UINT64_C(0xFD000000)

struct nvme_chip_queue {
    uint8_t *submissions, *completions;
    uint16_t depth; /* 0: it is not created */
    uint16_t submission_head, submission_tail;
    uint16_t completion_head, completion_tail;
    uint16_t phase;
    bool has_submissions;
};

struct nvme_chip {
    /* What it is, set by a test before the driver sees it. */
    uint64_t cap;
    const char *serial, *model;
    uint32_t queues_given; /* the completion of Set Features */
    bool never_ready, stays_ready, never_shuts;
    bool fails_when_enabled;
    uint8_t fails_at;       /* opcode; 0: none */
    uint8_t ends_badly;     /* opcode: with status 2; 0: none */
    uint8_t keeps_quiet_at; /* opcode: no completion; 0: none */
    bool waits;             /* commands are completed by nvme_chip_work() */
    bool by_messages;       /* MSI-X is on */

    /* What it was told, and did. */
    uint32_t cc, csts, aqa, masked;
    uint32_t asq[2], acq[2];
    struct nvme_chip_queue queues[NVME_CHIP_QUEUES];
    unsigned messages[NVME_CHIP_QUEUES]; /* sent, by vector */
    unsigned commands[256];              /* taken, by opcode */
};

/* A controller as QEMU's, at NVME_CHIP_BASE. After fake_hardware_reset(). */
void nvme_chip_start(struct nvme_chip *chip);

/* Complete every command that was submitted. */
void nvme_chip_work(struct nvme_chip *chip);

/* Complete a command that was never submitted to this queue. */
void nvme_chip_complete(struct nvme_chip *chip, unsigned queue, uint16_t id);

/* Whether it asserts its line. */
bool nvme_chip_asserts(const struct nvme_chip *chip);

#endif
