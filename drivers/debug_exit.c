/* debug_exit.c: QEMU's isa-debug-exit at port 0xF4. */
#include "debug_exit.h"

#include <hw/port.h>

#include "hypervisor.h"

enum { DEBUG_EXIT_PORT = 0xF4 };

void debug_exit(uint8_t value)
{
    if (hypervisor_present())
        port_write8(DEBUG_EXIT_PORT, value);
}
