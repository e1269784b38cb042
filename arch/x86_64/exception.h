/* exception.h: the report that an exception ends in. */
#ifndef ARCH_EXCEPTION_H
#define ARCH_EXCEPTION_H

#include "frame.h"

/* Have machine checks reported too (CR4.MCE), where the CPU has them.
 * context  on each CPU, after its idt_load()
 */
void exception_start(void);

/* Stop the other CPUs, log what happened, where, with all registers and a stack trace, then
 * panic(). An NMI by which another CPU stops this one ends here. Called by entry.S for
 * vectors 0 to 31. An exception in here is named and ends the run at once.
 *
 * context  any; interrupts off
 */
_Noreturn void exception_report(const struct exception_frame *frame);

#endif
