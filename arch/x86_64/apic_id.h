/* apic_id.h: which APIC id each CPU index has. */
#ifndef ARCH_APIC_ID_H
#define ARCH_APIC_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ivm/status.h>

/* The APIC id of a CPU that was named before; of any other, 0xFFFFFFFF: no CPU has it. Any
 * context. */
uint32_t machine_apic_id(uint32_t cpu);

/* The CPU the manager has with this APIC id; false: none. Any context. */
bool machine_find_cpu(uint32_t apic_id, uint32_t *cpu);

/* Hand in the table, which says of every CPU that it was not named.
 *
 * ids      room for `limit` ids, for ever
 * context  at the start, once
 */
void machine_apic_ids_start(uint32_t *ids, size_t limit);

/* Say which APIC id a CPU has.
 *
 * context  as a CPU is taken in, before anything is routed to it
 * errors   IVM_BAD_ARGUMENT  there is no room for this CPU
 */
IVM_MUST_CHECK enum ivm_status machine_set_apic_id(uint32_t cpu, uint32_t apic_id);

#endif
