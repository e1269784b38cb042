/* hot.h: the five machine operations on the dispatch path, inline. */
#ifndef MACHINE_HOT_H
#define MACHINE_HOT_H

#include <stdint.h>

#include <hw/cpu.h>
#include <hw/mmio.h>
#include <hw/msr.h>

enum { MACHINE_X2APIC_EOI = 0x80B };

/* The EOI register of the xAPIC page, or 0 when the local APIC is in x2APIC mode. Written
 * once at the start, by lapic_start().
 */
extern uintptr_t machine_eoi_register;

static inline void machine_interrupts_on(void)
{
    cpu_sti();
}

static inline void machine_interrupts_off(void)
{
    cpu_cli();
}

static inline void machine_end(void)
{
    if (__builtin_expect(machine_eoi_register != 0, 1))
        mmio_write32(machine_eoi_register, 0);
    else
        msr_write(MACHINE_X2APIC_EOI, 0);
}

/* This CPU's index. */
static inline uint32_t machine_cpu(void)
{
    return cpu_gs_read32(0x10);
}

static inline void machine_relax(void)
{
    cpu_pause();
}

#endif
