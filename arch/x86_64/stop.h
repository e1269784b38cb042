/* stop.h: stops all other CPUs by NMI, for a panic and for the report of an exception. */
#ifndef ARCH_STOP_H
#define ARCH_STOP_H

#include <stdbool.h>

#include "frame.h"

/* Where a CPU was stopped: published by that CPU, NULL before. */
typedef const struct exception_frame *_Atomic stop_frame;

/* Hand in the table. Until then there are no other CPUs to stop.
 *
 * storage  zeroed, one for each CPU that may run, for ever
 * context  at the start, before other CPUs run
 */
void stop_start(stop_frame *storage);

/* Stop every other CPU that runs, whatever it does, for ever: when this returns the word is
 * this CPU's. Waits until each has stopped, for a second at the most. Doing it again does
 * nothing.
 *
 * frame    of the exception that this CPU reports, or NULL: shown should another CPU have
 *          the word already, for then this one stops here
 * context  any, interrupts off
 */
void stop_others(const struct exception_frame *frame);

/* Log one line for each CPU that was stopped: where it was; and name those that do not
 * answer.
 * context  after stop_others()
 */
void stop_show(void);

/* Whether another CPU has the word, and this one is to stop. Any context. */
bool stop_is_asked(void);

/* Stop this CPU for ever, its frame published, unless it is NULL. */
_Noreturn void stop_here(const struct exception_frame *frame);

#endif
