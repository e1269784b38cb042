/* assert.h: assertions for our own mistakes: level order, ownership, table invariants.
 * Never for input or hardware.
 */
#ifndef KERNEL_ASSERT_H
#define KERNEL_ASSERT_H

#include "machine.h"

#define assert(expression)                                                                 \
    ((expression) ? (void)0 : machine_assert_failed(#expression, __FILE__, __LINE__))

#endif
