/* bus.h: the devices of this machine, as found at the start, and how ISA lines are wired.
 */
#ifndef IVM_BUS_H
#define IVM_BUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ivm/driver.h>

/* The devices found, in bus order, driven or not. Pointers stay valid. Any context. */
size_t ivm_device_count(void);
struct ivm_device *ivm_device_at(size_t index);

/* By its name ("edu0"), or NULL. */
struct ivm_device *ivm_device_find(const char *name);

/* Where ISA line `irq` arrives: the MADT's override, or the ISA default.
 * irq      [0, 16)
 * returns  false when irq is outside the range or no I/O APIC has that input
 */
bool ivm_isa_line(uint8_t irq, struct ivm_line_info *out);

/* The physical address and length of the first ACPI table with this signature; false: none.
 * The table was checked and is mapped read-only.
 */
bool ivm_acpi_table(const char signature[4], const void **table, size_t *length);

#endif
