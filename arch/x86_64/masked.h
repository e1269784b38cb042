/* masked.h: who keeps a line that was masked because nobody took its interrupts. */
#ifndef ARCH_MASKED_H
#define ARCH_MASKED_H

#include <stdint.h>

/* A line was masked: have the devices named that say that they assert it, as soon as this CPU's level
 * falls below IVM_DISPATCH. Any level, any CPU.
 */
void masked_line(uint32_t gsi);

#endif
