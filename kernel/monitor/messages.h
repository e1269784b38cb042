/* messages.h: a device by its messages: opened, connected, fired, and back to its line. */
#ifndef MONITOR_MESSAGES_H
#define MONITOR_MESSAGES_H

#include <stdbool.h>
#include <stdint.h>

#include <ivm/device_message.h>

#include "expect.h"

/* Whether the device interrupts by messages now. */
bool messages_are_open(const struct ivm_device *device);

/* Whether a message was granted, and its driver has a use for it. */
bool messages_has(const struct ivm_device *device, uint32_t index);

/* How many such messages there are: [0, this). */
uint32_t messages_count(const struct ivm_device *device);

/* Whether a device could be told to interrupt by messages, and be made to send them: it was
 * tried, and is as it was. context  as ivm_connect() */
bool messages_can_play(struct ivm_device *device);

/* Open `wanted` messages, tell the driver, connect it to each that it has a use for. When one
 * of the steps fails all are undone, and `attempt` says by whose word: a refusal's, or one
 * without a rule.
 *
 * grant    filled in any case
 * context  as ivm_connect()
 */
enum ivm_status messages_connect(struct ivm_device *device, uint32_t wanted,
                                 struct ivm_grant *grant, struct attempt *attempt);

/* Take the driver off each message, close them, and tell it that it is back to its line.
 * context  as ivm_connect() */
enum ivm_status messages_disconnect(struct ivm_device *device);

/* Log what was granted, and why fewer than `wanted`. */
void messages_say_grant(const struct ivm_device *device, uint32_t wanted,
                        const struct ivm_grant *grant);

/* How a message is doing; false when nobody is connected to it. */
struct message_counts {
    uint32_t cpu;
    uint8_t vector;
    uint8_t mask_reasons;
    uint64_t delivered;
    uint64_t claimed;
};
bool messages_counts(struct ivm_device *device, uint32_t index, struct message_counts *out);

/* Have the device send a message `times` times, each time waiting until its routine took it;
 * how many it took. */
uint64_t messages_fire(struct ivm_device *device, uint32_t index, unsigned times);

#endif
