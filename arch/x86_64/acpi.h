/* acpi.h: the ACPI tables: found, checked, handed out by signature.
 *
 * The parsing core takes bytes and a way to map physical memory, so that a test can hand it
 * any bytes. ivm_acpi_table() of <ivm/bus.h> is answered from what acpi_start() found.
 */
#ifndef ARCH_ACPI_H
#define ARCH_ACPI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ivm/status.h>

#include "firmware_bytes.h"

enum {
    ACPI_TABLE_LIMIT = 64,
    ACPI_TABLE_SIZE_LIMIT = 16 << 20, /* a length above this is taken for damage */
    ACPI_RSDP_SIZE_V1 = 20,
    ACPI_RSDP_SIZE_V2 = 36,
};

/* Physical memory, made readable. */
struct acpi_memory {
    /* [physical, physical + size) at the address returned, for good; NULL: it cannot be
     * read. May be called again for the same memory, or for parts of it. */
    const void *(*map)(void *context, uint64_t physical, size_t size);
    void *context;
};

struct acpi_rsdp {
    uint64_t xsdt; /* physical; 0: none, as with revision 0 */
    uint64_t rsdt; /* 0: none */
    uint8_t revision;
    char oem[7];
};

/* Read a root pointer.
 *
 * bytes   `length` readable bytes
 * errors  IVM_BAD_ARGUMENT  signature, length or checksum is wrong, or it points nowhere:
 *                           `fault` says where
 * source  [ACPI] "Root System Description Pointer (RSDP)"
 */
IVM_MUST_CHECK enum ivm_status acpi_rsdp_parse(const uint8_t *bytes, size_t length,
                                               struct acpi_rsdp *out,
                                               struct table_fault *fault);

/* Look for a root pointer where a BIOS puts it: the first KiB of the EBDA, then
 * [0xE0000, 0x100000), at multiples of 16.
 *
 * errors  IVM_NOT_FOUND  there is none that is well-formed
 * source  [ACPI] "Finding the RSDP on IA-PC Systems"
 */
IVM_MUST_CHECK enum ivm_status acpi_rsdp_search(const struct acpi_memory *memory,
                                                struct acpi_rsdp *out);

/* Find the tables of this machine. Each that is damaged is named in the log and left out; a
 * damaged XSDT leaves the RSDT.
 *
 * rsdp     the loader's copy of the root pointer, `length` bytes, or NULL: search the BIOS
 *          area, as also when the copy is malformed
 * memory   kept
 * context  at the start, on one CPU
 * errors   IVM_NOT_FOUND     no root pointer
 *          IVM_BAD_ARGUMENT  neither XSDT nor RSDT can be read
 */
IVM_MUST_CHECK enum ivm_status acpi_start(const uint8_t *rsdp, size_t length,
                                          const struct acpi_memory *memory);

/* The tables found, for lists that people read. */
struct acpi_table {
    char signature[5]; /* zero-terminated */
    uint64_t physical;
    const uint8_t *bytes;
    size_t length;
};
size_t acpi_table_count(void);
const struct acpi_table *acpi_table_at(size_t index); /* NULL beyond the last */

/* What acpi_start() read the tables from: "XSDT", "RSDT" or "none". */
const char *acpi_root(void);

#endif
