/* interrupts.h: the interrupt hardware of this machine, taken over and handed to the
 * manager. */
#ifndef BOOT_INTERRUPTS_H
#define BOOT_INTERRUPTS_H

#include <ivm/status.h>

#include "arch/x86_64/cpu_list.h"
#include "arch/x86_64/percpu.h"

/* Silence the 8259 pair, start this CPU's local APIC and every I/O APIC, and give the
 * manager its tables, this CPU and each line. When it returns, interrupts are on.
 *
 * percpu   of this CPU: completed here
 * context  at the start, interrupts off, after firmware_start(); panics when the machine
 * has no usable local APIC, or no memory
 */
void interrupts_start(struct percpu *percpu);

/* The CPUs of this machine, as the MADT lists them. context  after interrupts_start() */
struct cpu_list interrupts_cpus(void);

/* Give a CPU its table of slots, and the manager the CPU.
 *
 * percpu   .cpu and .apic_id are set; .slots is set here
 * context  at the start, one CPU at a time, on any
 * errors   IVM_EXHAUSTED     no memory
 *          IVM_BAD_ARGUMENT  it is one more than the MADT lists, or is there already
 */
IVM_MUST_CHECK enum ivm_status interrupts_add_cpu(struct percpu *percpu);

#endif
