/* virtio_chip.h: a model of a virtio entropy device's modern interface, for the host tests.
 *
 * It answers at four windows of one base address, reads and writes the ring by the addresses that
 * it is given, and checks its driver: widths, the order of the status bits, nothing about the
 * queue while it is enabled, no notification before the device may work. A violation fails the
 * test. It answers when the test says so.
 */
#ifndef FAKE_VIRTIO_CHIP_H
#define FAKE_VIRTIO_CHIP_H

#include <stdbool.h>
#include <stdint.h>

#include "pci_space.h"

enum {
    CHIP_BAR = 4,
    CHIP_BAR_SIZE = 0x4000,
    CHIP_ISR = 0x1000,
    CHIP_DEVICE = 0x2000,
    CHIP_NOTIFY = 0x3000,
    CHIP_WINDOW = 0x1000,
    CHIP_NOTIFY_MULTIPLIER = 4,
};
#define CHIP_BASE UINT64_C(0xFE000000)

struct virtio_chip {
    /* What it is, set by a test before the driver sees it. */
    uint32_t features[2]; /* it offers */
    uint16_t queues;      /* it has */
    uint16_t queue_size;  /* at most */
    uint16_t notify_offset;
    bool refuses_config_vector, refuses_queue_vector; /* reads as 0xFFFF */
    bool never_resets;
    bool denies_features;

    /* What it was told. */
    uint8_t status;
    uint32_t accepted[2];
    uint16_t config_vector, queue_vector;
    uint16_t size, enabled;
    uint32_t addresses[6];
    uint32_t device_select, driver_select;

    /* What it did. */
    uint16_t taken; /* available entries */
    uint16_t given; /* used entries */
    uint8_t isr;    /* by line: asserted while not 0 */
    unsigned notified;
    unsigned messages; /* sent, by the vector of the queue or of the configuration */
    bool by_messages;  /* MSI-X is on */
};

/* A device as QEMU's, with its function at 0:11.0 and registers at CHIP_BASE. After
 * fake_pci_start(); its function is returned. */
struct fake_function *virtio_chip_start(struct virtio_chip *chip);

/* Give all requests their answer: each buffer is filled with bytes that differ from request to
 * request, and each answer interrupts. */
void virtio_chip_answer(struct virtio_chip *chip);

/* Answer without a request, with this descriptor and length, and interrupt. */
void virtio_chip_answer_with(struct virtio_chip *chip, uint32_t id, uint32_t length);

/* Step the used index, and interrupt. */
void virtio_chip_run_away(struct virtio_chip *chip, uint16_t steps);

/* Say that it cannot go on. */
void virtio_chip_complain(struct virtio_chip *chip);

/* Put a vendor capability into configuration space at `at`. */
struct virtio_capability {
    uint8_t at, next, length, type, bar;
    uint32_t offset, size, multiplier;
};
void virtio_chip_capability(uint8_t *bytes, const struct virtio_capability *capability);

#endif
