/* mp_lines.h: an MP table's PCI wires, for the host tests: what ivm_mp_line() answers. */
#ifndef FAKE_MP_LINES_H
#define FAKE_MP_LINES_H

#include <stdint.h>

/* Forget all wires: as on a machine without an MP table, and as at the start. */
void fake_mp_reset(void);

/* A pin of a slot arrives at a gsi: level-triggered, active high. At most 16 of them. */
void fake_mp_wire(uint8_t bus, uint8_t slot, uint8_t pin, uint32_t gsi);

#endif
