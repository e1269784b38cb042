/* calls.c: deferred calls, counted: see calls.h. */
#include "calls.h"

#include <stdatomic.h>
#include <stddef.h>

#include <ivm/deferred.h>
#include <ivm/level.h>

#include "cpus.h"
#include "kernel/machine.h"
#include "report.h"

enum { JOBS = 24 };

struct job {
    struct ivm_deferred call;
    _Atomic uint64_t queued, removed, ran;
};

/* One for each (job, CPU): who may name which CPU is fixed, as `cpu_plus_one` is the caller's. */
static struct job jobs[JOBS];
static struct job own_jobs[CPUS][CPUS];

static void add(_Atomic uint64_t *count)
{
    atomic_fetch_add_explicit(count, 1, memory_order_relaxed);
}

static uint64_t read(const _Atomic uint64_t *count)
{
    return atomic_load_explicit(count, memory_order_relaxed);
}

static void queue(struct job *job)
{
    if (ivm_deferred_queue(&job->call)) {
        add(&job->queued);
        count_one(calls_queued);
    }
}

static void run(void *context)
{
    struct job *job = context;
    insist(CLAIM_CALLS, machine_level() == IVM_DISPATCH);
    insist(CLAIM_CALLS, machine_interrupts_enabled());
    insist(CLAIM_CALLS, job->call.cpu_plus_one == IVM_THIS_CPU ||
                            job->call.cpu_plus_one == machine_cpu() + 1);
    add(&job->ran);
    if (chance_one_in(cpus_chance(), 4))
        cpus_poll();
    if (chance_one_in(cpus_chance(), 8))
        queue(job);
}

void calls_start(void)
{
    for (unsigned i = 0; i < JOBS; i++)
        jobs[i].call = (struct ivm_deferred){
            .function = run, .context = &jobs[i], .cpu_plus_one = i % (CPUS + 1)};
    for (unsigned owner = 0; owner < CPUS; owner++) {
        for (unsigned cpu = 0; cpu < CPUS; cpu++) {
            struct job *job = &own_jobs[owner][cpu];
            job->call = (struct ivm_deferred){
                .function = run, .context = job, .cpu_plus_one = cpu + 1};
        }
    }
}

void calls_queue_any(struct chance *chance)
{
    queue(&jobs[chance_below(chance, JOBS)]);
}

void calls_remove_any(struct chance *chance)
{
    struct job *job = &jobs[chance_below(chance, JOBS)];
    if (ivm_deferred_remove(&job->call)) {
        add(&job->removed);
        count_one(calls_removed);
    }
}

void calls_flush(struct chance *chance)
{
    struct job *job = &own_jobs[cpus_current()][chance_below(chance, CPUS)];
    uint64_t before = read(&job->ran);
    queue(job);
    ivm_deferred_flush();
    if (read(&job->ran) == before)
        report_failure(CLAIM_FLUSH, "a call on cpu %u has not run",
                       job->call.cpu_plus_one - 1);
    count_one(flushes);
}

static void check(const struct job *job)
{
    insist(CLAIM_CALLS, job->call.queued_on == 0);
    insist(CLAIM_CALLS, read(&job->ran) == read(&job->queued) - read(&job->removed));
}

void calls_check(void)
{
    for (unsigned i = 0; i < JOBS; i++)
        check(&jobs[i]);
    for (unsigned i = 0; i < CPUS * CPUS; i++)
        check(&own_jobs[i / CPUS][i % CPUS]);
}
