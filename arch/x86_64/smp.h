/* smp.h: starts the other CPUs of the machine, one after the other. */
#ifndef ARCH_SMP_H
#define ARCH_SMP_H

#include <stddef.h>
#include <stdint.h>

#include <ivm/status.h>

#include "cpu_list.h"
#include "percpu.h"

struct smp_host {
    uintptr_t page; /* of RAM below 640 KiB, for what a CPU begins with; its own for ever */

    /* Give a CPU, by its percpu, what it needs to be interrupted; .slots is set then. */
    enum ivm_status (*take_in)(struct percpu *percpu);
};

/* Start every CPU of the list that is enabled and can be reached. Numbers are given in the
 * order of the MADT, without gaps. A CPU that does not come up, or cannot be served, is
 * named in the log and left out. Returns how many CPUs run, the caller's included.
 *
 * context  once, at the start, on the CPU that boots: below IVM_DISPATCH, after
 *          paging_start(), clock_start(), work_start()
 * source   [SDM3A] "MP Initialization Protocol Algorithm for MP Systems"
 */
size_t smp_start(const struct cpu_list *list, const struct smp_host *host);

#endif
