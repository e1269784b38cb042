/* pic8259.h: the pair of 8259 interrupt controllers: moved out of the way, and silenced.
 *
 * Masked, the pair can still deliver its input 7: when a request vanishes before it is
 * acknowledged. So it is given vectors that nobody else uses, and those two are recognised.
 */
#ifndef ARCH_PIC8259_H
#define ARCH_PIC8259_H

#include <stdbool.h>
#include <stdint.h>

/* Move the pair to IVM_VECTOR_PIC_BASE and mask all inputs. False: there is no pair, and
 * nothing was left changed.
 *
 * context  at the start, interrupts off
 * source   [PIC8259] "Initialization Command Words"
 */
bool pic8259_start(void);

/* Vector IVM_VECTOR_PIC_SPURIOUS_MASTER or ..._SLAVE fired: end what must be ended. True:
 * its input really was in service. With a spurious 15 the master has its cascade input in
 * service, and only that is ended.
 *
 * context  interrupts off, on the dispatch path
 * source   [PIC8259] "Edge and Level Triggered Modes"
 */
bool pic8259_end_spurious(uint8_t vector);

/* What is masked: the slave's inputs in [15:8]. Any context. */
uint16_t pic8259_mask(void);

#endif
