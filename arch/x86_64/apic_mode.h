/* apic_mode.h: the two modes of a local APIC behind one struct of functions.
 *
 * xAPIC: a page of registers. x2APIC: the same registers as MSRs, and 32-bit ids. Firmware
 * chose one before we came; the rest of the code cannot tell which.
 */
#ifndef ARCH_APIC_MODE_H
#define ARCH_APIC_MODE_H

#include <stdint.h>

#include <ivm/status.h>

#include "icr.h"
#include "lapic_regs.h"

struct apic_mode {
    const char *name;

    /* One register, by its offset in the xAPIC page (lapic_regs.h). Any context. */
    uint32_t (*read)(uint32_t offset);
    void (*write)(uint32_t offset, uint32_t value);

    /* Send a message.
     * context  any level
     * errors   IVM_BAD_ARGUMENT  the mode cannot express this destination; nothing was sent
     *          IVM_UNSUPPORTED   an earlier message is still on its way after 1 ms; nothing
     *                            was sent
     */
    IVM_MUST_CHECK enum ivm_status (*icr)(const struct icr *icr);

    /* This CPU's APIC id. Any context. */
    uint32_t (*id)(void);

    /* What may be done with a register: enum lapic_access. Pure. */
    unsigned (*access)(uint32_t offset);
};

extern const struct apic_mode apic_xapic;
extern const struct apic_mode apic_x2apic;

/* Find the mode that firmware left on, enable the local APIC if it is globally disabled,
 * and make the mode usable: the page mapped, machine_eoi_register set. Says what it finds
 * in the log, a lock of the mode included.
 *
 * mode     set to &apic_xapic or &apic_x2apic
 * context  at the start, on the boot CPU, interrupts off
 * errors   IVM_UNSUPPORTED  no local APIC, a state that cannot be, one that does not stay
 *                           enabled, or a page that cannot be mapped: the log says which
 * source   [SDM3A] "Local APIC Status and Location", "x2APIC States"
 */
IVM_MUST_CHECK enum ivm_status apic_mode_start(const struct apic_mode **mode);

/* Bring this CPU's local APIC into a mode that apic_mode_start() found, with its page at the same
 * address, enabled.
 *
 * mode     of the CPU that boots
 * context  on a CPU that was started, interrupts off
 * errors   IVM_UNSUPPORTED  it is in x2APIC mode and the other is not, or it does not take the
 *                           change: the log says which
 * source   [SDM3A] "x2APIC States"
 */
IVM_MUST_CHECK enum ivm_status apic_mode_join(const struct apic_mode *mode);

/* The physical address of the xAPIC page, as IA32_APIC_BASE has it; 0 before
 * apic_mode_start(). */
uint64_t apic_mode_base(void);

#endif
