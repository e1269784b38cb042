/* interrupts.h: the interrupt hardware of this machine, taken over and handed to the
 * manager. */
#ifndef BOOT_INTERRUPTS_H
#define BOOT_INTERRUPTS_H

#include "arch/x86_64/percpu.h"

/* Silence the 8259 pair, start this CPU's local APIC and every I/O APIC, and give the
 * manager its tables, this CPU and each line. When it returns, interrupts are on.
 *
 * percpu   of this CPU: completed here
 * context  at the start, interrupts off, after firmware_start(); panics when the machine
 * has no usable local APIC, or no memory
 */
void interrupts_start(struct percpu *percpu);

#endif
