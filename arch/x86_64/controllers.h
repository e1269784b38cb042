/* controllers.h: the inputs of the I/O APICs, handed to the manager as its lines. */
#ifndef ARCH_CONTROLLERS_H
#define ARCH_CONTROLLERS_H

#include <stddef.h>

/* Tell the manager which controller input each gsi is. A gsi that the manager has no room
 * for, or that an I/O APIC before claimed, is named in the log; a pin that firmware or an
 * NMI uses is left out. Returns how many lines there are.
 *
 * context  at the start, after ioapic_start() and manager_start(), before any connect
 */
size_t controllers_add_lines(void);

#endif
