/* firmware.h: what the firmware's tables say of this machine, read once at the start. */
#ifndef ARCH_FIRMWARE_H
#define ARCH_FIRMWARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ivm/status.h>

#include "acpi.h"
#include "acpi_fadt.h"
#include "madt.h"

/* Find and read the ACPI tables: MADT, FADT, DMAR, and the MP table, which stands in for a MADT that is
 * missing or malformed and is compared with one that is there. Everything doubtful is named in the log;
 * what is missing or malformed leaves its part as if it said nothing.
 *
 * rsdp     the loader's copy of the root pointer, or NULL
 * memory   kept
 * context  at the start, on one CPU
 * errors   there is no MP table either:
 *          IVM_NOT_FOUND     no ACPI tables, or no MADT among them
 *          IVM_BAD_ARGUMENT  no root table can be read, or the MADT is malformed
 */
IVM_MUST_CHECK enum ivm_status firmware_start(const uint8_t *rsdp, size_t length,
                                              const struct acpi_memory *memory);

/* The MADT, or what the MP table says in its place; empty when there is neither. Any context. */
const struct madt *firmware_madt(void);

/* The FADT; its defaults when there is none. Any context. */
const struct acpi_fadt *firmware_fadt(void);

/* Whether an IOMMU has interrupt remapping enabled. Any context. */
bool firmware_remaps_interrupts(void);

/* Compare the MADT with this CPU's local APIC (address, id), and set the LINT pins that it
 * says carry an NMI.
 *
 * context  after lapic_start() and firmware_start(), interrupts off
 */
void firmware_apply_to_lapic(void);

/* The LINT pins alone: for a CPU that was started.
 * context  on that CPU, after lapic_start_cpu(), interrupts off
 */
void firmware_apply_nmis(void);

#endif
