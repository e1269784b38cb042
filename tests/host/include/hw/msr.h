/* msr.h: the host's model-specific registers: see fake/hardware.h. */
#ifndef HW_MSR_H
#define HW_MSR_H

#include <stdint.h>

uint64_t msr_read(uint32_t msr);
void msr_write(uint32_t msr, uint64_t value);

#endif
