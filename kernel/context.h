/* context.h: where the calls that change the configuration may be made. */
#ifndef KERNEL_CONTEXT_H
#define KERNEL_CONTEXT_H

#include <stdbool.h>

#include <ivm/level.h>

#include "machine.h"

/* Below DISPATCH, with interrupts on: no dispatch is under way on this CPU, and it can serve what
 * others wait for while it waits for them.
 */
static inline bool context_allows(void)
{
    return machine_level() < IVM_DISPATCH && machine_interrupts_enabled();
}

#endif
