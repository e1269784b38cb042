/* tables.h: the manager's tables of the stress, and whether they agree with one another. */
#ifndef STRESS_TABLES_H
#define STRESS_TABLES_H

#include "cpus.h"

extern struct cpu_slots tables[CPUS];

/* Start the manager with four CPUs and the lines of pins.h. */
void tables_start(void);

/* Nothing happens anywhere: every table says the same. */
void tables_check(void);

#endif
