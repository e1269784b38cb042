/* acpi_fadt.h: the Fixed ACPI Description Table: the few bits that an interrupt manager
 * needs.
 */
#ifndef ARCH_ACPI_FADT_H
#define ARCH_ACPI_FADT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ivm/status.h>

#include "firmware_bytes.h"

struct acpi_fadt {
    uint16_t pm_timer_port; /* 0: no PM timer that is reached by a port */
    uint8_t pm_timer_width; /* bits: 24 or 32; 3.579545 MHz either way */
    bool hardware_reduced;  /* no fixed ACPI hardware, and usually no legacy devices */
    bool has_boot_flags;    /* the four below are firmware's word, not a default */
    bool legacy_devices;    /* user-visible devices on the ISA or LPC bus; default: yes */
    bool keyboard_8042;     /* default: yes */
    bool msi_forbidden;     /* "MSI Not Supported"; default: no */
    bool rtc_absent;        /* "CMOS RTC Not Present"; default: no */
};

/* Read an FADT of any revision.
 *
 * bytes    `length` readable bytes; not kept
 * errors   IVM_BAD_ARGUMENT  malformed: `fault` names the offset; `out` holds the defaults
 * context  any
 * source   [ACPI] "Fixed ACPI Description Table (FADT)", "IA-PC Boot Architecture Flags"
 */
IVM_MUST_CHECK enum ivm_status acpi_fadt_parse(const void *bytes, size_t length,
                                               struct acpi_fadt *out,
                                               struct table_fault *fault);

#endif
