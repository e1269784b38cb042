/* fire.h: fire a device whose own routine is connected, and wait until the routine has taken it. */
#ifndef GUEST_FIRE_H
#define GUEST_FIRE_H

#include <stdbool.h>
#include <stdint.h>

#include <ivm/cpu.h>
#include <ivm/driver.h>

/* Fire it once by its line, or by one of its messages; false: the interrupt did not come within ten
 * seconds. Connected by ivm_device_connect(), or by ivm_device_message_connect().
 */
bool fire_line(struct ivm_device *device);
bool fire_message(struct ivm_device *device, uint32_t index);

/* Open a device's messages, tell it to use them, connect each; and the way back. What fails is noted
 * by suite_check(), and false returned.
 *
 * count  of the messages, all of which must be granted
 */
bool messages_begin(struct ivm_device *device, uint32_t count);
bool messages_end(struct ivm_device *device, uint32_t count);

/* Wait, ten seconds at most, until a connection's routine has taken so many interrupts since its
 * connect; what is posted to this CPU meanwhile is done. */
bool await_claims(const struct ivm_connection *connection, uint64_t claims);

/* The same for work that was posted to another CPU: until it is done. */
bool await_work(struct ivm_work *work);

/* Moves a source from CPU to CPU until told to stop: the work of CPU 1. */
struct mover {
    struct ivm_source_id source;
    struct ivm_work work;
    _Atomic bool stop;
    _Atomic uint32_t moves;
    _Atomic uint32_t failures;
};

/* Set it off, with `source` given; and stop it: false when it has not stopped within ten seconds. */
bool mover_start(struct mover *mover);
bool mover_stop(struct mover *mover);

#endif
