/* dmar.c: the DMA Remapping table, and what its units are doing. */
#include "dmar.h"

#include <hw/mmio.h>
#include <ivm/system.h>

/* [VTD] "DMA Remapping Reporting Structure", "DMA Remapping Hardware Unit Definition
 * Structure" */
/* clang-format off */
enum {
    FLAGS               = 37,
    FLAG_INTR_REMAP     = 1 << 0,
    FLAG_X2APIC_OPT_OUT = 1 << 1,
    STRUCTURES          = 48,
    STRUCTURE_HEADER    = 4,  /* type, length: two bytes each */
    TYPE_DRHD           = 0,
    DRHD_ADDRESS        = 8,
    DRHD_SIZE           = 16, /* without its device scope */
};
enum {                        /* registers of a unit */
    UNIT_SIZE           = 0x1000,
    UNIT_GSTS           = 0x1C,
    GSTS_IRES           = 1 << 25, /* interrupt remapping is enabled */
    GSTS_CFIS           = 1 << 23, /* messages in the plain format pass all the same */
};
/* clang-format on */

static void add_unit(struct dmar *out, uint64_t address)
{
    if (out->unit_count < DMAR_UNIT_LIMIT)
        out->units[out->unit_count++] = address;
    else
        out->units_left_out++;
}

enum ivm_status dmar_parse(const void *bytes, size_t length, struct dmar *out,
                           struct table_fault *fault)
{
    const struct table_bytes table = {
        .bytes = bytes, .available = length, .signature = "DMAR", .least = STRUCTURES};
    *out = (struct dmar){0};
    size_t end;
    enum ivm_status status = table_check(&table, fault, &end);
    if (status != IVM_OK)
        return status;

    out->can_remap = (table.bytes[FLAGS] & FLAG_INTR_REMAP) != 0;
    out->x2apic_opt_out = (table.bytes[FLAGS] & FLAG_X2APIC_OPT_OUT) != 0;
    for (size_t at = STRUCTURES; at < end;) {
        if (end - at < STRUCTURE_HEADER)
            return table_fault_set(fault, at, "a structure cut off in its header",
                                   end - at);
        uint16_t type = bytes_u16(table.bytes + at);
        uint16_t own = bytes_u16(table.bytes + at + 2);
        if (own < STRUCTURE_HEADER)
            return table_fault_set(fault, at, "a structure without a length", own);
        if (own > end - at)
            return table_fault_set(fault, at, "a structure beyond the end of the table",
                                   own);
        if (type == TYPE_DRHD && own < DRHD_SIZE)
            return table_fault_set(fault, at, "a structure shorter than its type needs",
                                   own);
        if (type == TYPE_DRHD)
            add_unit(out, bytes_u64(table.bytes + at + DRHD_ADDRESS));
        at += own;
    }
    return IVM_OK;
}

static bool unit_is_enabled(uint64_t physical)
{
    uintptr_t unit = ivm_map_device(physical, UNIT_SIZE);
    if (unit == 0) {
        ivm_log("IOMMU: the unit at 0x%llx cannot be mapped, so its state is unknown",
                (unsigned long long)physical);
        return false;
    }
    uint32_t status = mmio_read32(unit + UNIT_GSTS);
    if (status == UINT32_MAX) {
        ivm_log("IOMMU: no unit answers at 0x%llx", (unsigned long long)physical);
        return false;
    }
    if ((status & GSTS_IRES) == 0)
        return false;
    ivm_log("IOMMU: the unit at 0x%llx has interrupt remapping enabled already: plain "
            "messages %s",
            (unsigned long long)physical,
            (status & GSTS_CFIS) != 0 ? "still pass" : "may be blocked");
    return true;
}

size_t dmar_count_enabled(const struct dmar *dmar)
{
    size_t enabled = 0;
    for (size_t i = 0; i < dmar->unit_count; i++)
        enabled += unit_is_enabled(dmar->units[i]);
    return enabled;
}
