/* debug_exit.h: QEMU's isa-debug-exit: leave the emulator with a status. */
#ifndef DRIVERS_DEBUG_EXIT_H
#define DRIVERS_DEBUG_EXIT_H

#include <stdint.h>

/* End QEMU with status `value` * 2 + 1. Returns when there is no such device
 * (-device isa-debug-exit,iobase=0xf4,iosize=4). Any context.
 */
void debug_exit(uint8_t value);

#endif
