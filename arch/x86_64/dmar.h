/* dmar.h: the DMA Remapping table: whether an IOMMU stands between devices and the CPUs. */
#ifndef ARCH_DMAR_H
#define ARCH_DMAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ivm/status.h>

#include "firmware_bytes.h"

enum { DMAR_UNIT_LIMIT = 16 };

struct dmar {
    bool can_remap; /* INTR_REMAP: the platform supports interrupt remapping */
    bool x2apic_opt_out;
    uint64_t units[DMAR_UNIT_LIMIT]; /* register addresses of the remapping units */
    size_t unit_count;
    size_t units_left_out;
};

/* Read a DMAR table.
 *
 * errors   IVM_BAD_ARGUMENT  malformed: `fault` names the offset
 * context  any
 * source   [VTD] "DMA Remapping Reporting Structure"
 */
IVM_MUST_CHECK enum ivm_status dmar_parse(const void *bytes, size_t length,
                                          struct dmar *out, struct table_fault *fault);

/* How many units have interrupt remapping enabled already. Each is named in the log: behind
 * it, a redirection entry or a message in the plain format may be blocked.
 * context  at the start; maps device memory
 * source   [VTD] "Global Status Register"
 */
size_t dmar_count_enabled(const struct dmar *dmar);

#endif
