/* hypervisor.h: whether this is a virtual machine: only there are QEMU's own ports tried.
 *
 * On a real machine the same numbers can be anything: a chipset's general-purpose pins, for one.
 */
#ifndef DRIVERS_HYPERVISOR_H
#define DRIVERS_HYPERVISOR_H

#include <stdbool.h>

#include <hw/cpu.h>

/* [APM3] "Function 0000_0001h": ECX [31] is reserved for hypervisors, 0 on every processor. */
static inline bool hypervisor_present(void)
{
    return (cpu_cpuid(1, 0).ecx >> 31 & 1) != 0;
}

#endif
