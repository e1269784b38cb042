/* topology.h: the interrupt hardware of this machine, printed for people. */
#ifndef BOOT_TOPOLOGY_H
#define BOOT_TOPOLOGY_H

#include "arch/x86_64/madt.h"

/* Log the CPUs, the ISA lines that are not where their number says, and the NMI wiring: what the
 * parts did not log themselves as they started.
 * context  after interrupts_start()
 */
void topology_print(const struct madt *madt);

#endif
