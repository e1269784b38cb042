/* cpu_list.h: which of the CPUs that the MADT lists are to run. Pure. */
#ifndef ARCH_CPU_LIST_H
#define ARCH_CPU_LIST_H

#include <stddef.h>
#include <stdint.h>

#include "madt.h"

/* The CPU that boots, and what its local APIC can name. */
struct cpu_list {
    const struct madt *madt;
    uint32_t boot_id; /* its APIC id */
    uint32_t id_end;  /* APIC ids that a message can name are below: lapic_id_end() */
};

enum cpu_use {
    CPU_BOOTS = 0, /* it runs already */
    CPU_TO_START,
    CPU_DISABLED,    /* by firmware: an empty socket, a thread switched off */
    CPU_UNREACHABLE, /* its APIC id is too high for the mode firmware left on */
};

enum cpu_use cpu_list_use(const struct cpu_list *list, const struct madt_cpu *cpu);

/* How many CPUs can run at the most, the one that boots included, listed or not. */
size_t cpu_list_limit(const struct cpu_list *list);

/* The next CPU to start at or after `index` of madt->cpus; cpu_count: none. */
size_t cpu_list_next(const struct cpu_list *list, size_t index);

#endif
