/* sender.h: a device that sends messages, as the suite `messages` has it. */
#ifndef GUEST_SENDER_H
#define GUEST_SENDER_H

#include <stdbool.h>
#include <stdint.h>

#include <ivm/device_message.h>

#include "drivers/pci_message.h"

/* A driven device, or NULL and the test is skipped. */
struct ivm_device *sender_find(const char *name);

/* Open so many of a device's messages on this CPU, and tell its driver; what does not work is noted.
 * Connect all that were granted, too. */
bool sender_open(struct ivm_device *device, uint32_t count, struct ivm_grant *grant);
bool sender_connect(struct ivm_device *device, uint32_t count);

/* Take off who is connected by sender_connect() or alone, close, and tell the driver. */
void sender_close(struct ivm_device *device);

/* Interrupts that the routine of one message took. */
uint64_t sender_claimed(struct ivm_device *device, uint32_t index);

/* fire_message(), and a note when it does not come. */
bool sender_fire(struct ivm_device *device, uint32_t index);

/* The MSI-X table of a function, found as a stranger would; false: it has none. */
struct sender_table {
    struct pci_msix msix;
    uintptr_t entries;
};
bool sender_find_table(const struct ivm_device *device, struct sender_table *out);

#endif
