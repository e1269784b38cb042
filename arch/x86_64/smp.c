/* smp.c: starts the other CPUs of the machine, one after the other. */
#include "smp.h"

#include <stdatomic.h>
#include <stdbool.h>

#include <hw/cpu.h>
#include <ivm/cpu.h>
#include <ivm/system.h>

#include "arrival.h"
#include "ipi.h"
#include "kernel/system/pages.h"
#include "kernel/system/work.h"
#include "trampoline.h"
#include "tsc_skew.h"

enum { INIT_NS = 10000000, ANSWER_NS = 100000000, EXCHANGES = 8 };

static void copy_trampoline(uintptr_t page)
{
    uint8_t *to = (uint8_t *)page;
    for (const uint8_t *from = trampoline_first; from < trampoline_end; from++)
        *to++ = *from;
    trampoline_root = (uint32_t)cpu_read_cr3();
}

static bool never(void *context)
{
    (void)context;
    return false;
}

static void reset(uint32_t apic_id)
{
    if (ipi_send_init(apic_id) != IVM_OK)
        ivm_log("INIT could not be sent to APIC id %u", apic_id);
}

/* All at once, so that the 10 ms that the manual asks for are waited only once. */
static void reset_all(const struct cpu_list *list)
{
    const struct madt *madt = list->madt;
    for (size_t i = cpu_list_next(list, 0); i < madt->cpu_count;
         i = cpu_list_next(list, i + 1))
        reset(madt->cpus[i].apic_id);
    (void)ivm_wait_until(never, NULL, INIT_NS);
}

static bool has_come(void *context)
{
    const struct arrival *arrival = context;
    return atomic_load_explicit(&arrival->state, memory_order_acquire) != ARRIVAL_AWAITED;
}

static bool has_answered(void *context)
{
    const struct arrival *arrival = context;
    return atomic_load_explicit(&arrival->answered, memory_order_acquire) ==
           atomic_load_explicit(&arrival->asked, memory_order_relaxed);
}

/* Compare its time-stamp counter with this CPU's. False: it does not answer. */
static bool compare_time(struct arrival *arrival)
{
    struct tsc_exchange exchanges[EXCHANGES];
    for (uint32_t i = 0; i < EXCHANGES; i++) {
        exchanges[i].before = cpu_rdtsc();
        atomic_store_explicit(&arrival->asked, i + 1, memory_order_release);
        if (!ivm_wait_until(has_answered, arrival, ANSWER_NS))
            return false;
        exchanges[i].after = cpu_rdtsc();
        exchanges[i].there = arrival->tsc;
    }
    struct percpu *percpu = &arrival->tables.percpu;
    struct tsc_skew skew = tsc_skew_of(exchanges, EXCHANGES);
    percpu->tsc_ahead = skew.ahead;
    if (skew.ahead != 0)
        ivm_log("CPU %u: its time-stamp counter is %ld ticks ahead of CPU 0's, within %lu; "
                "corrected",
                percpu->cpu, (long)skew.ahead, skew.within);
    return true;
}

/* NULL when it takes part; otherwise what is wrong with it. */
static const char *start(struct arrival *arrival, const struct smp_host *host)
{
    struct percpu *percpu = &arrival->tables.percpu;
    const struct ipi_wake wake = {.apic_id = percpu->apic_id,
                                  .page = (uint8_t)(host->page / PAGE_SIZE),
                                  .has_come = has_come,
                                  .context = arrival};
    atomic_store_explicit(&trampoline_arrival, arrival, memory_order_release);
    if (!ipi_wake(&wake))
        return "it does not come up";
    if (atomic_load_explicit(&arrival->state, memory_order_acquire) == ARRIVAL_FAILED)
        return "its local APIC cannot be used";
    if (!compare_time(arrival))
        return "it came up and hangs";
    if (host->take_in(percpu) != IVM_OK)
        return "there is no memory for its table of vectors";
    work_add_cpu();
    atomic_store_explicit(&arrival->may_run, 1, memory_order_release);
    return NULL;
}

static bool start_next(const struct madt_cpu *cpu, const struct smp_host *host)
{
    struct arrival *arrival = arrival_prepare(ivm_cpu_count(), cpu->apic_id);
    const char *wrong = "there is no memory for its stacks";
    if (arrival != NULL)
        wrong = start(arrival, host);
    if (wrong == NULL)
        return true;
    /* Should it come yet, it finds nobody and no stack; after INIT it does not even come.
     * What it was given is not given again: it may have begun to use it. */
    atomic_store_explicit(&trampoline_arrival, NULL, memory_order_release);
    reset(cpu->apic_id);
    ivm_log("CPU with APIC id %u (%u in the MADT) is left out: %s", cpu->apic_id, cpu->uid,
            wrong);
    return false;
}

static void name_unreachable(const struct cpu_list *list)
{
    for (size_t i = 0; i < list->madt->cpu_count; i++) {
        const struct madt_cpu *cpu = &list->madt->cpus[i];
        if (cpu_list_use(list, cpu) == CPU_UNREACHABLE)
            ivm_log("CPU with APIC id %u (%u in the MADT) is left out: in this mode of the "
                    "local APIC ids end at %u",
                    cpu->apic_id, cpu->uid, list->id_end);
    }
}

size_t smp_start(const struct cpu_list *list, const struct smp_host *host)
{
    const struct madt *madt = list->madt;
    name_unreachable(list);
    if (cpu_list_limit(list) == 1)
        return 1;
    copy_trampoline(host->page);
    reset_all(list);
    size_t running = 1;
    for (size_t i = cpu_list_next(list, 0); i < madt->cpu_count;
         i = cpu_list_next(list, i + 1))
        running += start_next(&madt->cpus[i], host);
    return running;
}
