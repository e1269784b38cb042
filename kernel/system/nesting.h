/* nesting.h: does this machine keep the promise on which levels stand? */
#ifndef SYSTEM_NESTING_H
#define SYSTEM_NESTING_H

#include <stdbool.h>

/* Interrupt this CPU at one level, and from its routine at a lower, at the same and at a higher level:
 * only the higher one may come before the routine has ended. Says in the log what it saw, and names
 * a machine on which it is otherwise: some emulations end an interrupt as they deliver it.
 *
 * returns  whether interrupts nest by their priority here
 * context  at the start, below IVM_DISPATCH, interrupts on, after interrupts_start()
 */
bool nesting_check(void);

#endif
