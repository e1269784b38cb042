/* fire.h: fire a device whose own routine is connected, and wait until the routine has taken it. */
#ifndef GUEST_FIRE_H
#define GUEST_FIRE_H

#include <stdbool.h>
#include <stdint.h>

#include <ivm/driver.h>

/* Fire it once by its line, or by one of its messages; false: the interrupt did not come within five
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

/* Wait, bounded, until a connection's routine has taken so many interrupts since its connect. */
bool await_claims(const struct ivm_connection *connection, uint64_t claims);

#endif
