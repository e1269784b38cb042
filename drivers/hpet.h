/* hpet.h: the HPET's ACPI table, and the choice of a timer's line: pure computations. */
#ifndef DRIVERS_HPET_H
#define DRIVERS_HPET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The physical address of the registers that an ACPI table "HPET" gives; 0: the table is
 * too short, or they do not lie in memory.
 * source  [HPET] "The ACPI 2.0 HPET Description Table (HPET)"
 */
uint64_t hpet_table_base(const void *table, size_t length);

/* Choose a line from a timer's route mask (bit n: gsi n). A line that nothing else uses is
 * preferred, those above the ISA lines first; failing that, one in use: the manager will
 * say who holds it.
 *
 * used     whether a gsi is another device's
 * returns  false when the mask is empty
 */
bool hpet_choose_line(uint32_t routes, bool (*used)(uint32_t gsi), uint32_t *gsi);

#endif
