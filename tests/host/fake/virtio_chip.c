/* virtio_chip.c: a model of a virtio entropy device: see virtio_chip.h. */
#include "virtio_chip.h"

#include <string.h>

#include "hardware.h"

enum { ACKNOWLEDGE = 1, DRIVER = 2, DRIVER_OK = 4, FEATURES_OK = 8, NEEDS_RESET = 64 };
enum { ISR_QUEUE = 1, ISR_CONFIG = 2, NO_VECTOR = 0xFFFF, CONFIG_SIZE = 56 };

static void reset(struct virtio_chip *chip)
{
    chip->status = 0;
    memset(chip->accepted, 0, sizeof chip->accepted);
    chip->config_vector = chip->queue_vector = NO_VECTOR;
    chip->size = chip->queue_size;
    chip->enabled = 0;
    memset(chip->addresses, 0, sizeof chip->addresses);
    chip->taken = chip->given = 0;
    chip->isr = 0;
}

static uint64_t read_common(void *context, uint64_t offset, unsigned width)
{
    const struct virtio_chip *chip = context;
    unsigned wanted = offset < 0x10 || offset >= 0x20 ? 4 : offset == 0x14 ? 1 : 2;
    if (width != wanted)
        fake_complain("%u bytes read at 0x%x of the common structure", width,
                      (unsigned)offset);
    switch (offset) {
    case 0x04:
        return chip->device_select < 2 ? chip->features[chip->device_select] : 0;
    case 0x10:
        return chip->config_vector;
    case 0x12:
        return chip->queues;
    case 0x14:
        return chip->status;
    case 0x18:
        return chip->size;
    case 0x1A:
        return chip->queue_vector;
    case 0x1C:
        return chip->enabled;
    case 0x1E:
        return chip->notify_offset;
    default:
        fake_complain("a read at 0x%x of the common structure", (unsigned)offset);
    }
    return 0;
}

/* Each bit in its turn, and none taken back but by a reset. */
static void write_status(struct virtio_chip *chip, uint8_t value)
{
    static const uint8_t turns[] = {0, ACKNOWLEDGE, ACKNOWLEDGE | DRIVER,
                                    ACKNOWLEDGE | DRIVER | FEATURES_OK,
                                    ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK};
    if (value == 0) {
        if (!chip->never_resets)
            reset(chip);
        return;
    }
    bool known = (value & 128) != 0;
    for (size_t i = 1; i < sizeof turns; i++)
        known = known || (value == turns[i] && (chip->status & 15) == turns[i - 1]);
    if (!known)
        fake_complain("status 0x%02x after 0x%02x", value, chip->status);
    if (value == turns[3] && chip->denies_features)
        value = turns[2];
    if (value == turns[4] && chip->enabled == 0)
        fake_complain("the device may work, and its queue is not enabled");
    chip->status = value;
}

static void write_queue(struct virtio_chip *chip, uint64_t offset, uint64_t value)
{
    if ((chip->status & FEATURES_OK) == 0 || chip->enabled != 0)
        fake_complain("a queue is set up before the features are, or while it is enabled");
    if (offset == 0x18)
        chip->size = (uint16_t)value;
    else if (offset == 0x1A)
        chip->queue_vector = chip->refuses_queue_vector ? NO_VECTOR : (uint16_t)value;
    else if (offset == 0x1C)
        chip->enabled = (uint16_t)value;
    else
        chip->addresses[(offset - 0x20) / 4] = (uint32_t)value;
}

static void write_common(void *context, uint64_t offset, unsigned width, uint64_t value)
{
    struct virtio_chip *chip = context;
    unsigned wanted = offset < 0x10 || offset >= 0x20 ? 4 : offset == 0x14 ? 1 : 2;
    if (width != wanted)
        fake_complain("%u bytes written at 0x%x of the common structure", width,
                      (unsigned)offset);
    if (offset == 0x00)
        chip->device_select = (uint32_t)value;
    else if (offset == 0x08)
        chip->driver_select = (uint32_t)value;
    else if (offset == 0x0C && chip->driver_select < 2 && (chip->status & FEATURES_OK) == 0)
        chip->accepted[chip->driver_select] = (uint32_t)value;
    else if (offset == 0x10)
        chip->config_vector = chip->refuses_config_vector ? NO_VECTOR : (uint16_t)value;
    else if (offset == 0x14)
        write_status(chip, (uint8_t)value);
    else if (offset == 0x18 || offset == 0x1A || offset == 0x1C || offset >= 0x20)
        write_queue(chip, offset, value);
    else if (offset != 0x16 || value != 0)
        fake_complain("0x%x written at 0x%x of the common structure", (unsigned)value,
                      (unsigned)offset);
}

static uint64_t read_isr(void *context, uint64_t offset, unsigned width)
{
    struct virtio_chip *chip = context;
    uint8_t isr = chip->isr;
    if (offset != 0 || width != 1)
        fake_complain("the interrupt status is one byte");
    chip->isr = 0;
    return isr;
}

static void write_notify(void *context, uint64_t offset, unsigned width, uint64_t value)
{
    struct virtio_chip *chip = context;
    uint32_t here = (uint32_t)chip->notify_offset * CHIP_NOTIFY_MULTIPLIER;
    if (offset != here || width != 2 || value != 0)
        fake_complain("queue %u notified at 0x%x", (unsigned)value, (unsigned)offset);
    if ((chip->status & DRIVER_OK) == 0)
        fake_complain("a notification before the device may work");
    chip->notified++;
}

/* The ring, as the device sees it: by address, little-endian. */
static uint8_t *memory_at(const struct virtio_chip *chip, unsigned address)
{
    uint64_t at = chip->addresses[address] | (uint64_t)chip->addresses[address + 1] << 32;
    return (uint8_t *)(uintptr_t)at;
}

static uint16_t word_at(const uint8_t *bytes)
{
    uint16_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

static void interrupt(struct virtio_chip *chip, uint8_t why, uint16_t vector)
{
    if (!chip->by_messages)
        chip->isr |= why;
    else if (vector != NO_VECTOR)
        chip->messages++;
}

static void set_used_index(struct virtio_chip *chip)
{
    memcpy(memory_at(chip, 4) + 2, &chip->given, 2);
    interrupt(chip, ISR_QUEUE, chip->queue_vector);
}

void virtio_chip_answer_with(struct virtio_chip *chip, uint32_t id, uint32_t length)
{
    uint8_t *entry = memory_at(chip, 4) + 4 + (size_t)(chip->given % chip->size) * 8;
    memcpy(entry, &id, 4);
    memcpy(entry + 4, &length, 4);
    chip->given++;
    set_used_index(chip);
}

void virtio_chip_answer(struct virtio_chip *chip)
{
    while (chip->taken != word_at(memory_at(chip, 2) + 2)) {
        uint16_t id =
            word_at(memory_at(chip, 2) + 4 + (size_t)(chip->taken % chip->size) * 2);
        uint64_t address;
        uint32_t length;
        const uint8_t *descriptor = memory_at(chip, 0) + (size_t)id * 16;
        memcpy(&address, descriptor, 8);
        memcpy(&length, descriptor + 8, 4);
        if (id >= chip->size || word_at(descriptor + 12) != 2)
            fake_complain("descriptor %u, with flags 0x%x, is for nobody to write", id,
                          word_at(descriptor + 12));
        chip->taken++;
        memset((void *)(uintptr_t)address, chip->taken, length);
        virtio_chip_answer_with(chip, id, length);
    }
}

void virtio_chip_run_away(struct virtio_chip *chip, uint16_t steps)
{
    chip->given = (uint16_t)(chip->given + steps);
    set_used_index(chip);
}

void virtio_chip_complain(struct virtio_chip *chip)
{
    chip->status |= NEEDS_RESET;
    interrupt(chip, ISR_CONFIG, chip->config_vector);
}

void virtio_chip_capability(uint8_t *bytes, const struct virtio_capability *capability)
{
    uint8_t *at = bytes + capability->at;
    at[0] = 0x09;
    at[1] = capability->next;
    at[2] = capability->length;
    at[3] = capability->type;
    at[4] = capability->bar;
    memcpy(at + 8, &capability->offset, 4);
    memcpy(at + 12, &capability->size, 4);
    if (capability->length >= 20)
        memcpy(at + 16, &capability->multiplier, 4);
}

struct fake_function *virtio_chip_start(struct virtio_chip *chip)
{
    static const struct virtio_capability capabilities[] = {
        {.at = 0x40,
         .next = 0x50,
         .length = 16,
         .type = 1,
         .bar = CHIP_BAR,
         .size = CHIP_WINDOW},
        {.at = 0x50,
         .next = 0x60,
         .length = 16,
         .type = 3,
         .bar = CHIP_BAR,
         .offset = CHIP_ISR,
         .size = CHIP_WINDOW},
        {.at = 0x60,
         .next = 0x70,
         .length = 16,
         .type = 4,
         .bar = CHIP_BAR,
         .offset = CHIP_DEVICE,
         .size = CHIP_WINDOW},
        {.at = 0x70,
         .next = 0x84,
         .length = 20,
         .type = 2,
         .bar = CHIP_BAR,
         .offset = CHIP_NOTIFY,
         .size = CHIP_WINDOW,
         .multiplier = CHIP_NOTIFY_MULTIPLIER},
        {.at = 0x84, .next = 0, .length = 20, .type = 5},
    };
    struct fake_function *function = fake_pci_add(0, 0x11, 0, 0x10051AF4);
    function->bytes[0x06] = 1 << 4;
    function->bytes[0x34] = 0x40;
    for (size_t i = 0; i < sizeof capabilities / sizeof capabilities[0]; i++)
        virtio_chip_capability(function->bytes, &capabilities[i]);
    *chip =
        (struct virtio_chip){.features = {0x39000000, 0xFD}, .queues = 1, .queue_size = 8};
    reset(chip);
    fake_mmio_device(CHIP_BASE, CONFIG_SIZE, read_common, write_common, chip);
    fake_mmio_device(CHIP_BASE + CHIP_ISR, 1, read_isr, NULL, chip);
    fake_mmio_device(CHIP_BASE + CHIP_NOTIFY, CHIP_WINDOW, NULL, write_notify, chip);
    return function;
}
