/* tsc.h: the rate of this CPU's time-stamp counter, measured against what the machine has.
 */
#ifndef ARCH_TSC_H
#define ARCH_TSC_H

#include <stdint.h>

#include "kernel/system/clock.h"

/* Where the counters of known rate are; 0: there is none. */
struct tsc_references {
    uint16_t pm_timer_port; /* of the FADT */
    uintptr_t hpet;         /* its mapped registers */
};

/* Find the rate of the TSC by the first of these that works: CPUID leaf 0x15 with its
 * crystal, the ACPI PM timer, the HPET, channel 2 of the PIT, the base frequency of CPUID
 * leaf 0x16, an assumed rate. Takes some 20 ms for a measurement, and logs each counter
 * that is there and does not count as it should.
 *
 * out      a source for clock_start(); its texts live for ever
 * context  at the start, one CPU, interrupts off; a stopped HPET is started for as long as
 *          it is read; channel 2 of the PIT is left counting, the speaker as it was
 * source   [SDM3B] "Determining the Processor Base Frequency"; [ACPI] "Power Management
 *          Timer"; [HPET] "Register Definitions"; [PIT8254] "Counter Latch Command"
 */
void tsc_calibrate(const struct tsc_references *references, struct clock_source *out);

#endif
