/* grace.h: wait until no CPU is inside a dispatch that began before now. */
#ifndef KERNEL_GRACE_H
#define KERNEL_GRACE_H

#include <stdint.h>

/* Wait until `cpu` has left every dispatch of a device vector that it was in when this was called,
 * and every later one sees what the caller wrote before. The caller's own CPU needs no wait: below
 * DISPATCH it is in none.
 *
 * A CPU that does not answer is named, and waited for: to return as if it had would hand its
 * routine's memory back while it runs.
 *
 * context  below IVM_DISPATCH, interrupts on, no lock held: the CPU waited for may be waiting for
 *          this one in the same way
 */
void grace_wait(uint32_t cpu);

/* The same, for the caller's own CPU too: what was sent to it before is delivered first. */
void grace_pass(uint32_t cpu);

#endif
