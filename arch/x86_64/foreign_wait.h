/* foreign_wait.h: what foreign_start() starts of foreign_wait.c; the rest is kernel/wdm/host.h. */
#ifndef ARCH_FOREIGN_WAIT_H
#define ARCH_FOREIGN_WAIT_H

#include <stdbool.h>

/* Measure the timer that ticks, and take its vector. False, and logged: it cannot be used.
 * context  on CPU 0, below IVM_DISPATCH
 */
bool foreign_wait_start(void);

#endif
