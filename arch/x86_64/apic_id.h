/* apic_id.h: which APIC id each CPU index has. */
#ifndef ARCH_APIC_ID_H
#define ARCH_APIC_ID_H

#include <stdint.h>

#include <ivm/status.h>

enum { MACHINE_CPU_LIMIT = 256 };

/* The APIC id of a CPU that was named before; of any other, 0xFFFFFFFF: no CPU has it. Any
 * context. */
uint32_t machine_apic_id(uint32_t cpu);

/* Say which APIC id a CPU has.
 *
 * context  as a CPU is taken in, before anything is routed to it
 * errors   IVM_BAD_ARGUMENT  cpu is not below MACHINE_CPU_LIMIT
 */
IVM_MUST_CHECK enum ivm_status machine_set_apic_id(uint32_t cpu, uint32_t apic_id);

#endif
