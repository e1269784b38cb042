/* acpi_fadt.c: the Fixed ACPI Description Table. */
#include "acpi_fadt.h"

/* [ACPI] "Fixed ACPI Description Table (FADT)": offsets and bits */
/* clang-format off */
enum {
    PM_TMR_BLK      = 76,
    PM_TMR_LEN      = 91,
    IAPC_BOOT_ARCH  = 109,
    FLAGS           = 112,
    FADT_V1_SIZE    = 116, /* up to and with FLAGS: all that revision 1 has */
    X_PM_TMR_BLK    = 208, /* generic address: space, width, offset, access, address */
    X_PM_TMR_END    = 220,
};
enum {                     /* IAPC_BOOT_ARCH */
    BOOT_LEGACY_DEVICES = 1 << 0,
    BOOT_8042           = 1 << 1,
    BOOT_NO_MSI         = 1 << 3,
    BOOT_NO_RTC         = 1 << 5,
};
enum {                     /* FLAGS */
    FLAG_TMR_VAL_EXT    = 1 << 8,
    FLAG_HW_REDUCED     = 1 << 20,
};
enum { SPACE_SYSTEM_IO = 1, PM_TIMER_LENGTH = 4 };
/* clang-format on */

/* The extended address counts, if it is there; one in memory is of no use here. */
static uint16_t find_pm_timer(const uint8_t *bytes, size_t length)
{
    if (length >= X_PM_TMR_END) {
        uint64_t address = bytes_u64(bytes + X_PM_TMR_BLK + 4);
        if (address != 0 && bytes[X_PM_TMR_BLK] == SPACE_SYSTEM_IO && address <= UINT16_MAX)
            return (uint16_t)address;
    }
    uint32_t port = bytes_u32(bytes + PM_TMR_BLK);
    return port <= UINT16_MAX ? (uint16_t)port : 0;
}

enum ivm_status acpi_fadt_parse(const void *bytes, size_t length, struct acpi_fadt *out,
                                struct table_fault *fault)
{
    const struct table_bytes table = {
        .bytes = bytes, .available = length, .signature = "FACP", .least = FADT_V1_SIZE};
    *out = (struct acpi_fadt){.legacy_devices = true, .keyboard_8042 = true};
    size_t end;
    enum ivm_status status = table_check(&table, fault, &end);
    if (status != IVM_OK)
        return status;

    uint32_t flags = bytes_u32(table.bytes + FLAGS);
    out->hardware_reduced = (flags & FLAG_HW_REDUCED) != 0;
    if (!out->hardware_reduced && table.bytes[PM_TMR_LEN] == PM_TIMER_LENGTH)
        out->pm_timer_port = find_pm_timer(table.bytes, end);
    if (out->pm_timer_port != 0)
        out->pm_timer_width = (flags & FLAG_TMR_VAL_EXT) != 0 ? 32 : 24;

    /* Revision 1 has no boot flags: the same bytes are reserved there. */
    out->has_boot_flags = table.bytes[ACPI_HEADER_REVISION] >= 2;
    if (out->has_boot_flags) {
        uint16_t boot = bytes_u16(table.bytes + IAPC_BOOT_ARCH);
        out->legacy_devices = (boot & BOOT_LEGACY_DEVICES) != 0;
        out->keyboard_8042 = (boot & BOOT_8042) != 0;
        out->msi_forbidden = (boot & BOOT_NO_MSI) != 0;
        out->rtc_absent = (boot & BOOT_NO_RTC) != 0;
    }
    return IVM_OK;
}
