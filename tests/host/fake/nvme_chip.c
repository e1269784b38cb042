/* nvme_chip.c: a model of an NVMe controller: see nvme_chip.h. */
#include "nvme_chip.h"

#include <string.h>

#include "hardware.h"

enum { ENABLE = 1, READY = 1, FATAL = 2, SHUT = 8, DOORBELLS = 0x1000, ENTRIES = 0x460000 };
enum { CREATE_SQ = 0x01, CREATE_CQ = 0x05, IDENTIFY = 0x06, SET_FEATURES = 0x09 };

static uint32_t word_of(const uint8_t *bytes, unsigned word)
{
    uint32_t value;
    memcpy(&value, bytes + 4 * (size_t)word, 4);
    return value;
}

static uint8_t *memory_of(uint32_t low, uint32_t high)
{
    return (uint8_t *)(uintptr_t)(low | (uint64_t)high << 32);
}

static void complete(struct nvme_chip *chip, unsigned number, uint16_t id, uint32_t value,
                     uint16_t status)
{
    struct nvme_chip_queue *queue = &chip->queues[number];
    uint8_t *at = queue->completions + (size_t)queue->completion_tail * 16;
    uint16_t status_and_phase = (uint16_t)(status << 1 | queue->phase);
    uint16_t next = (uint16_t)((queue->completion_tail + 1) % queue->depth);
    if (next == queue->completion_head)
        fake_complain("completion queue %u is full", number);
    memcpy(at, &value, 4);
    memcpy(at + 8, &queue->submission_head, 2);
    memcpy(at + 12, &id, 2);
    memcpy(at + 14, &status_and_phase, 2);
    queue->completion_tail = next;
    if (next == 0)
        queue->phase ^= 1;
    if (chip->by_messages)
        chip->messages[number]++;
}

static void create_completions(struct nvme_chip *chip, const uint8_t *command)
{
    uint32_t number = word_of(command, 10) & 0xFFFF, how = word_of(command, 11);
    if (number == 0 || number >= NVME_CHIP_QUEUES || chip->queues[number].depth != 0)
        fake_complain("completion queue %u cannot be created", number);
    if ((how & 0xFFFF) != 3 || how >> 16 != number || !chip->by_messages)
        fake_complain("completion queue %u: 0x%08x", number, how);
    uint8_t *memory = memory_of(word_of(command, 6), word_of(command, 7));
    if ((uintptr_t)memory % 4096 != 0)
        fake_complain("completion queue %u does not begin a page", number);
    chip->queues[number] =
        (struct nvme_chip_queue){.completions = memory,
                                 .depth = (uint16_t)((word_of(command, 10) >> 16) + 1),
                                 .phase = 1};
}

static void create_submissions(struct nvme_chip *chip, const uint8_t *command)
{
    uint32_t number = word_of(command, 10) & 0xFFFF;
    struct nvme_chip_queue *queue = &chip->queues[number % NVME_CHIP_QUEUES];
    uint8_t *memory = memory_of(word_of(command, 6), word_of(command, 7));
    if (queue->depth != (word_of(command, 10) >> 16) + 1 ||
        word_of(command, 11) != (number << 16 | 1) || (uintptr_t)memory % 4096 != 0)
        fake_complain("submission queue %u: 0x%08x", number, word_of(command, 11));
    queue->submissions = memory;
    queue->has_submissions = true;
}

static void identify(const struct nvme_chip *chip, const uint8_t *command)
{
    uint8_t *out = memory_of(word_of(command, 6), word_of(command, 7));
    if (word_of(command, 10) != 1 || (uintptr_t)out % 4096 != 0)
        fake_complain("Identify %u at %p", word_of(command, 10), (void *)out);
    memset(out, 0xA5, 4096);
    memset(out + 4, ' ', 60);
    memcpy(out + 4, chip->serial, strlen(chip->serial));
    memcpy(out + 24, chip->model, strlen(chip->model));
}

/* The answer's word 0. */
static uint32_t obey(struct nvme_chip *chip, unsigned number, const uint8_t *command)
{
    uint8_t opcode = command[0];
    if (number != 0) {
        if (opcode != 0 || word_of(command, 1) != 1)
            fake_complain("command 0x%02x for the medium", opcode);
        return 0;
    }
    if (opcode == CREATE_CQ)
        create_completions(chip, command);
    else if (opcode == CREATE_SQ)
        create_submissions(chip, command);
    else if (opcode == IDENTIFY)
        identify(chip, command);
    else if (opcode != SET_FEATURES || word_of(command, 10) != 7)
        fake_complain("admin command 0x%02x", opcode);
    return opcode == SET_FEATURES ? chip->queues_given : 0;
}

static void take(struct nvme_chip *chip, unsigned number)
{
    struct nvme_chip_queue *queue = &chip->queues[number];
    const uint8_t *command = queue->submissions + (size_t)queue->submission_head * 64;
    uint8_t opcode = command[0];
    queue->submission_head = (uint16_t)((queue->submission_head + 1) % queue->depth);
    chip->commands[opcode]++;
    if (opcode != 0 && opcode == chip->fails_at) {
        chip->csts |= FATAL;
        return;
    }
    if (opcode != 0 && opcode == chip->keeps_quiet_at)
        return;
    bool is_bad = opcode != 0 && opcode == chip->ends_badly;
    uint32_t value = is_bad ? 0 : obey(chip, number, command);
    complete(chip, number, (uint16_t)(word_of(command, 0) >> 16), value, is_bad ? 2 : 0);
}

void nvme_chip_work(struct nvme_chip *chip)
{
    for (unsigned number = 0; number < NVME_CHIP_QUEUES; number++)
        while (chip->queues[number].submission_head != chip->queues[number].submission_tail)
            take(chip, number);
}

void nvme_chip_complete(struct nvme_chip *chip, unsigned queue, uint16_t id)
{
    complete(chip, queue, id, 0, 0);
}

bool nvme_chip_asserts(const struct nvme_chip *chip)
{
    bool full = false;
    for (unsigned i = 0; i < NVME_CHIP_QUEUES; i++)
        full = full || chip->queues[i].completion_head != chip->queues[i].completion_tail;
    return full && !chip->by_messages && (chip->masked & 1) == 0;
}

static void write_configuration(struct nvme_chip *chip, uint32_t value)
{
    bool was_on = (chip->cc & ENABLE) != 0, is_on = (value & ENABLE) != 0;
    if ((value & 0xFFFF0000) != ENTRIES && is_on)
        fake_complain("CC is 0x%08x: not queues of 64 and 16 bytes", value);
    if ((value & 0xC000) != 0 && is_on && !chip->never_shuts)
        chip->csts |= SHUT;
    chip->cc = value;
    if (is_on && !was_on) {
        uint32_t depth = (chip->aqa & 0xFFF) + 1;
        chip->queues[0] =
            (struct nvme_chip_queue){.submissions = memory_of(chip->asq[0], chip->asq[1]),
                                     .completions = memory_of(chip->acq[0], chip->acq[1]),
                                     .depth = (uint16_t)depth,
                                     .phase = 1,
                                     .has_submissions = true};
        if (chip->aqa >> 16 != depth - 1 || depth < 2)
            fake_complain("AQA is 0x%08x", chip->aqa);
        chip->csts = chip->fails_when_enabled ? FATAL : chip->never_ready ? 0 : READY;
    } else if (!is_on && was_on) {
        memset(chip->queues, 0, sizeof chip->queues);
        chip->masked = 0;
        chip->csts = chip->stays_ready ? READY : 0;
    }
}

static void ring(struct nvme_chip *chip, uint64_t offset, uint32_t value)
{
    unsigned stride = 4U << (chip->cap >> 32 & 0xF);
    unsigned doorbell = (unsigned)(offset - DOORBELLS) / stride, number = doorbell / 2;
    struct nvme_chip_queue *queue = &chip->queues[number % NVME_CHIP_QUEUES];
    if (number >= NVME_CHIP_QUEUES || (offset - DOORBELLS) % stride != 0 ||
        (chip->csts & READY) == 0 || value >= queue->depth || !queue->has_submissions)
        fake_complain("%u is rung at doorbell 0x%llx", value, (unsigned long long)offset);
    if (doorbell % 2 != 0) {
        queue->completion_head = (uint16_t)value;
        return;
    }
    queue->submission_tail = (uint16_t)value;
    if (!chip->waits)
        nvme_chip_work(chip);
}

static void write_chip(void *context, uint64_t offset, unsigned width, uint64_t wide)
{
    struct nvme_chip *chip = context;
    uint32_t value = (uint32_t)wide;
    if (width != 4)
        fake_complain("%u bytes written to the controller", width);
    if (offset >= 0x24 && offset < 0x38 && (chip->cc & ENABLE) != 0)
        fake_complain("an admin queue is set up while the controller is enabled");
    if (offset >= DOORBELLS)
        ring(chip, offset, value);
    else if ((offset == 0x0C || offset == 0x10) && chip->by_messages)
        fake_complain("interrupt masks are not for MSI-X");
    else if (offset == 0x0C)
        chip->masked |= value;
    else if (offset == 0x10)
        chip->masked &= ~value;
    else if (offset == 0x14)
        write_configuration(chip, value);
    else if (offset == 0x24)
        chip->aqa = value;
    else if (offset == 0x28 || offset == 0x2C)
        chip->asq[offset % 8 / 4] = value;
    else if (offset == 0x30 || offset == 0x34)
        chip->acq[offset % 8 / 4] = value;
    else
        fake_complain("a write to register 0x%llx", (unsigned long long)offset);
}

static uint64_t read_chip(void *context, uint64_t offset, unsigned width)
{
    const struct nvme_chip *chip = context;
    if (width != 4)
        fake_complain("%u bytes read of the controller", width);
    switch (offset) {
    case 0x00:
        return (uint32_t)chip->cap;
    case 0x04:
        return (uint32_t)(chip->cap >> 32);
    case 0x14:
        return chip->cc;
    case 0x1C:
        return chip->csts;
    default:
        fake_complain("a read of register 0x%llx", (unsigned long long)offset);
        return 0;
    }
}

void nvme_chip_start(struct nvme_chip *chip)
{
    *chip = (struct nvme_chip){.cap = UINT64_C(0x0000002002000000) | 0x7FF,
                               .serial = "ivm-0042",
                               .model = "A model of a controller",
                               .queues_given = 0x003F003F};
    fake_mmio_device(NVME_CHIP_BASE, NVME_CHIP_SIZE, read_chip, write_chip, chip);
}
