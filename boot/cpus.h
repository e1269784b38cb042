/* cpus.h: the other CPUs of the machine, started and handed to the manager. */
#ifndef BOOT_CPUS_H
#define BOOT_CPUS_H

/* Start them all, say what each costs, and have them stopped at a panic.
 * context  after interrupts_start() and start of the clock
 */
void cpus_start(void);

#endif
