/* lapic.h: this CPU's local APIC: started, asked, told.
 *
 * Which registers there are says lapic_regs.h, how they are reached apic_mode.h. The end of
 * an interrupt is machine_end() of <machine/hot.h>: it is on the hot path.
 */
#ifndef ARCH_LAPIC_H
#define ARCH_LAPIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ivm/interrupt.h>
#include <ivm/status.h>

#include "lapic_regs.h"

struct icr;

/* Take the local APIC over from firmware: every local interrupt masked but the error one,
 * LINT0 set to ExtINT and masked, spurious vector 0xFF, CR8 0, no error recorded, nothing
 * in service. What is still requested is counted and named: it arrives when interrupts go
 * on. An entry that firmware uses for system management (SMI) is left to it.
 *
 * context  at the start, on the boot CPU, interrupts off
 * errors   IVM_UNSUPPORTED  no usable local APIC, or a vector stays in service whatever is
 *                           done: the log says which
 * source   [SDM3A] "Local APIC State After It Has Been Software Disabled", "Local Vector
 *          Table", "Spurious Interrupt"
 */
IVM_MUST_CHECK enum ivm_status lapic_start(void);

/* The same for a CPU that was started: its local APIC is first brought into the mode of the CPU that
 * boots. What is found is named with its APIC id.
 *
 * context  on that CPU, interrupts off, after lapic_start() on the one that boots
 * errors   IVM_UNSUPPORTED  also when it cannot be brought into that mode
 */
IVM_MUST_CHECK enum ivm_status lapic_start_cpu(void);

/* Unmask a LINT pin as NMI, as the MADT says this CPU is wired.
 *
 * lint     0 or 1
 * trigger  only IVM_EDGE has a meaning for an NMI; IVM_LEVEL is written as it was asked for
 * context  after lapic_start(), interrupts off
 * errors   IVM_BAD_ARGUMENT  lint is neither; nothing changed
 */
IVM_MUST_CHECK enum ivm_status lapic_set_nmi(uint8_t lint, enum ivm_polarity polarity,
                                             enum ivm_trigger trigger);

/* Interrupt this CPU.
 *
 * vector   [16, 256)
 * context  any level
 * errors   IVM_BAD_ARGUMENT  an illegal vector; IVM_UNSUPPORTED as apic_mode.icr;
 *          nothing was sent
 */
IVM_MUST_CHECK enum ivm_status lapic_send_self(uint8_t vector);

/* Send a message of any kind: apic_mode.icr of the mode in use. */
IVM_MUST_CHECK enum ivm_status lapic_send(const struct icr *icr);

/* One past the highest APIC id that a message can name in the mode in use. Any context. */
uint32_t lapic_id_end(void);

/* Whether the vector is in service here; requested here; was delivered as level-triggered.
 * Any context. */
bool lapic_in_service(uint8_t vector);
bool lapic_pending(uint8_t vector);
bool lapic_is_level_triggered(uint8_t vector);

/* The level this CPU runs at: PPR [7:4]. Any context. */
uint8_t lapic_level(void);

uint32_t lapic_id(void);
const char *lapic_mode_name(void); /* "xAPIC", "x2APIC"; "none" before lapic_start() */
uint32_t lapic_version(void);      /* the whole register */

/* One register as it is now, for tables that people read. false: this local APIC has no
 * such register, or it cannot be read in this mode. Any context. */
bool lapic_register_read(enum lapic_register offset, uint32_t *value);

/* Write one register of those that both modes have: the timer's, for lapic_timer.c.
 * context  after lapic_start(), any level; this CPU's */
void lapic_register_write(enum lapic_register offset, uint32_t value);

/* Serve the error interrupt (vector 0xFE): read the error status, count each bit, and log
 * the first of each kind. Returns the status. The caller ends the interrupt.
 * context  any level
 */
uint32_t lapic_error_service(void);

/* How often error `bit` was seen; 0 outside [0, LAPIC_ERROR_COUNT). Any context. */
uint32_t lapic_error_count(unsigned bit);

/* The names of the bits set, separated by "; ", or "no error". As snprintf: returns the
 * length of the whole text. Any context. */
size_t lapic_error_text(uint32_t esr, char *out, size_t size);

#endif
