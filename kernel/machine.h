/* machine.h: what the core asks of the one machine it runs on.
 *
 * Plain prototypes, bound at link time: exactly one machine exists in a program. The
 * kernel's is arch/x86_64/machine.c, a host test's is its own. The five operations on the
 * hot path (interrupts on, off, end, this CPU, relax) are inline in <machine/hot.h>, which
 * each machine supplies on the include path.
 */
#ifndef KERNEL_MACHINE_H
#define KERNEL_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

/* Whether maskable interrupts are on, on this CPU. */
bool machine_interrupts_enabled(void);

/* Turn interrupts off on this CPU; what they were is handed to
 * machine_interrupts_restore(). */
bool machine_interrupts_save(void);
void machine_interrupts_restore(bool were_on);

/* The level this CPU runs at: the greater of CR8 and the class in service (PPR). */
uint8_t machine_level(void);

/* CR8. */
uint8_t machine_priority(void);
void machine_set_priority(uint8_t level);

/* Interrupt one CPU, this one or another, with a vector. Any level.
 * cpu  an index the manager has
 */
void machine_interrupt_cpu(uint32_t cpu, uint8_t vector);

/* Turn interrupts on and sleep until one has been served; none that is pending is slept on.
 * Interrupts off, level 0. */
void machine_idle(void);

/* Whether this CPU's local APIC has `vector` in service. */
bool machine_in_service(uint8_t vector);

/* An 8259 delivered input 7 of the master or 15 of the slave: end what must be ended there.
 * True when the input really was in service, and so the interrupt was not spurious.
 * Interrupts off.
 */
bool machine_pic_spurious(uint8_t vector);

/* Something an operator should read, one line, not from a driver: any level, interrupts on
 * or off. */
void machine_notice(const char *line);

/* A line was masked because nobody took its interrupts: the machine may say, later, who asserts it.
 * Called by dispatch at a device's level. */
void machine_line_masked(uint32_t gsi);

/* An assertion of the core failed: does not return. */
_Noreturn void machine_assert_failed(const char *expression, const char *file, int line);

#endif
