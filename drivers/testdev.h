/* testdev.h: QEMU's pc-testdev: any ISA line raised and lowered at will. */
#ifndef DRIVERS_TESTDEV_H
#define DRIVERS_TESTDEV_H

#include <stdbool.h>
#include <stdint.h>

/* The lines it can drive: [1, TESTDEV_LINE_END), as gsi. It reaches gsi 2 under the name
 * of irq 0 as well; line 0 is left out. */
enum { TESTDEV_LINE_END = 16 };

/* Whether it is there. False on every machine that is not QEMU: nothing is written to find
 * out. Known after devices_find(). */
bool testdev_present(void);

/* Drive a line to its active or its idle state. Not there, or no such line: does nothing.
 * context  any level
 */
void testdev_raise(uint32_t gsi);
void testdev_lower(uint32_t gsi);

#endif
