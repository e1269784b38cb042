/* firmware_mp.h: the MP table of this machine: found, read, and heard.
 *
 * Answers ivm_mp_line() of <ivm/bus.h>.
 */
#ifndef ARCH_FIRMWARE_MP_H
#define ARCH_FIRMWARE_MP_H

#include <ivm/status.h>

#include "acpi.h"
#include "madt.h"

/* Look for an MP table where a BIOS puts its pointer: the first KiB of the EBDA or, without one, the
 * last KiB of base memory, then [0xF0000, 0x100000), at multiples of 16. What is malformed or doubtful
 * is named in the log.
 *
 * context  at the start, on one CPU
 * errors   IVM_NOT_FOUND     there is no well-formed pointer
 *          IVM_BAD_ARGUMENT  what it points to is malformed, or cannot be read
 *          IVM_UNSUPPORTED   it names one of the specification's default configurations, which are
 *                            those of machines without a table
 * source   [MP] "MP Floating Pointer Structure"
 */
IVM_MUST_CHECK enum ivm_status firmware_mp_start(const struct acpi_memory *memory);

/* Say with a MADT what the MP table says, and connect the APICs to the processor where the machine has
 * to be told to (its IMCR).
 *
 * context  after firmware_mp_start() said IVM_OK; reads how many inputs I/O APICs have, where there are
 *          several
 */
void firmware_mp_make_madt(struct madt *out);

/* Name the ISA lines about which the MADT and the MP table disagree. */
void firmware_mp_compare(const struct madt *madt);

#endif
