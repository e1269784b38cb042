/* hot.h: the host's five hot machine operations: they act on the model in fake/machine.h.
 */
#ifndef MACHINE_HOT_H
#define MACHINE_HOT_H

#include <stdint.h>

void machine_interrupts_on(void);
void machine_interrupts_off(void);
void machine_end(void);
uint32_t machine_cpu(void);
void machine_relax(void);

#endif
