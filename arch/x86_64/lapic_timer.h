/* lapic_timer.h: the timer of this CPU's local APIC: measured once, then interrupting again and again.
 */
#ifndef ARCH_LAPIC_TIMER_H
#define ARCH_LAPIC_TIMER_H

#include <stdbool.h>
#include <stdint.h>

#include <ivm/status.h>

/* Find the rate of this CPU's timer by ivm_clock_ns(), in some 20 ms, and log it. False, and logged: it
 * does not count, or not steadily.
 *
 * context  below IVM_DISPATCH, interrupts on or off, the timer not running
 * source   [SDM3A] "APIC Timer"
 */
bool lapic_timer_measure(void);

/* Interrupt this CPU every `ns` from now on.
 *
 * ns       rounded to the nearest tick of the timer
 * vector   [16, 256)
 * context  any level; on the CPU that was measured; replaces what it did before
 * errors   nothing changed:
 *          IVM_UNSUPPORTED   it was not measured, or does not count
 *          IVM_BAD_ARGUMENT  ns is less than a tick of the timer, or more than it can count
 */
IVM_MUST_CHECK enum ivm_status lapic_timer_start(uint64_t ns, uint8_t vector);

/* Stop it. An interrupt that was requested before may come yet. context  any level, on that CPU */
void lapic_timer_stop(void);

#endif
