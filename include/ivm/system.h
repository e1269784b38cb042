/* system.h: what the kernel around the manager gives a driver: a log, a clock, a device's
 * memory.
 */
#ifndef IVM_SYSTEM_H
#define IVM_SYSTEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Write one line to the log (no newline in `format`; every line gets the log's own prefix).
 * The line is written whole, cut at 1000 bytes.
 *
 * format   %s %c %d %u %x %p %%, with a width, `-`, `0`, and the lengths l, ll, z, h, hh
 * context  any level; with interrupts off for as long as the line takes
 */
void ivm_log(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Nanoseconds since the start, never going back. Its accuracy is logged at the start.
 * context  any level, any CPU
 */
uint64_t ivm_clock_ns(void);

/* Wait until `condition(context)` holds, for at most `ns`. True when it held. Every wait on
 * hardware is made so: it ends by the event, or by its bound.
 * context  any level; polls with PAUSE
 */
bool ivm_wait_until(bool (*condition)(void *context), void *context, uint64_t ns);

/* Map [physical, physical + size) as device memory, uncached and never executable, and
 * return its address; 0 when it cannot be mapped (it wraps, it is RAM, or no page is left
 * for the tables).
 * context  below IVM_DISPATCH
 */
uintptr_t ivm_map_device(uint64_t physical, size_t size);

#endif
