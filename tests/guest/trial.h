/* trial.h: what every PCI device must do that interrupts by its line and by messages: trials that
 * the suites of such devices share.
 *
 * Each takes a device that nobody is connected to and leaves it so, by its line. What does not
 * hold is noted as a failure of the test that runs.
 */
#ifndef GUEST_TRIAL_H
#define GUEST_TRIAL_H

#include <stdbool.h>
#include <stdint.h>

#include <ivm/device_message.h>
#include <ivm/driver.h>
#include <ivm/stats.h>

/* The n-th device of a driver, from 0; NULL: there are not so many. */
struct ivm_device *trial_device(const char *driver, unsigned n);

/* The n-th device of a driver that interrupts by its line and by messages; skips the test and
 * returns NULL when there is none. */
struct ivm_device *trial_have(const char *driver, unsigned n);

/* Wait, bounded, until a connection's routine took so many interrupts. */
bool trial_wait(const struct ivm_connection *connection, uint64_t claims);

/* Open `count` messages, tell the driver and connect each to its routine: on this CPU, or message
 * i on CPU i of those that run. When this returns no interrupt of before is on its way. */
enum trial_place { TRIAL_HERE = 0, TRIAL_SPREAD };
bool trial_connect(struct ivm_device *device, uint32_t count, enum trial_place place);

/* Quiet the device, disconnect each message, close them, and tell the driver: by its line. */
bool trial_disconnect(struct ivm_device *device);

/* The vector of a connected message. */
struct ivm_vector_stats trial_stats(const struct ivm_device *device, uint32_t index);

/* Fire by line, `times`, with nobody else on it: each is one interrupt, taken once. `after` is
 * called when one was taken; NULL: nothing. */
void trial_line(struct ivm_device *device, unsigned times,
                void (*after)(struct ivm_device *device, unsigned round));

/* Fire one connected message: each is delivered once and taken once. */
void trial_message(struct ivm_device *device, uint32_t index, unsigned times,
                   void (*after)(struct ivm_device *device, unsigned round));

/* With an edu on its line: alone, the edu alone, both at once; each takes its own. Skips where no
 * edu is on it. */
void trial_share(struct ivm_device *device, unsigned times);

/* From its line to messages and back, again and again; it interrupts by each. */
void trial_change(struct ivm_device *device, unsigned times);

/* A message fired while its owner masks it stays pending and is delivered once, when unmasked. */
void trial_mask(struct ivm_device *device, uint32_t index);

/* Taken from its driver and given back, again and again; it interrupts by its line and by a
 * message. While it is connected it is not taken. */
void trial_reload(struct ivm_device *device, unsigned times);

#endif
