/* main.c: the manager on four CPUs that are threads, everything at once, at random.
 *
 * Choices are a function of the seed, the CPU and the step; what comes of them depends on how the
 * threads run. Each CPU makes its share of a thousand steps, then all stand still until nothing
 * is pending, the tables are looked at, and they go on. Usage: stress [SEED [STEPS]].
 */
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <ivm/affinity.h>
#include <ivm/level.h>
#include <machine/hot.h>

#include "calls.h"
#include "cpus.h"
#include "drivers.h"
#include "kernel/machine.h"
#include "pins.h"
#include "report.h"
#include "tables.h"

enum {
    STEPS = 1000000,
    STEPS_OF_A_ROUND = 1000,
    SHARE = STEPS_OF_A_ROUND / CPUS,
    SECONDS_WITHOUT_A_STEP = 20,
};

static uint64_t seed = 1, rounds = STEPS / STEPS_OF_A_ROUND;

/* Below DISPATCH and above: what a routine or a driver might do at a level of its own. */
static void work_at_a_level(struct chance *chance)
{
    uint8_t found = ivm_level_raise((uint8_t)(2 + chance_below(chance, 11)));
    drivers_fire(chance);
    calls_queue_any(chance);
    ivm_level_lower(found);
}

static void work_with_interrupts_off(struct chance *chance)
{
    bool were_on = machine_interrupts_save();
    drivers_fire(chance);
    calls_queue_any(chance);
    cpus_stagger();
    machine_interrupts_restore(were_on);
}

static void drain(struct chance *chance)
{
    uint32_t cpu = chance_below(chance, CPUS);
    struct ivm_drain report;
    enum ivm_status status = ivm_cpu_drain(cpu, &report);
    insist(CLAIM_STATUS, status == IVM_OK || status == IVM_STILL_CONNECTED);
    insist(CLAIM_STATUS, (status == IVM_OK) == (report.stuck == 0));
    if (status == IVM_OK)
        insist(CLAIM_STATUS, ivm_cpu_reopen(cpu) == IVM_OK);
    count_one(drains);
}

static void take_step(struct chance *chance)
{
    uint32_t roll = chance_below(chance, 1000);
    if (roll < 700)
        drivers_fire(chance);
    else if (roll < 860)
        drivers_toggle(chance);
    else if (roll < 910)
        drivers_synchronize(chance);
    else if (roll < 950)
        calls_queue_any(chance);
    else if (roll < 960)
        calls_remove_any(chance);
    else if (roll < 975)
        work_at_a_level(chance);
    else if (roll < 985)
        work_with_interrupts_off(chance);
    else if (roll < 988)
        calls_flush(chance);
    else if (roll < 999)
        drivers_move(chance);
    else if (chance_one_in(chance, 4))
        drain(chance);
}

/* All CPUs come here before one goes on; `wait` is what they do meanwhile. */
static void meet(void (*wait)(void))
{
    static _Atomic uint32_t arrived, meetings;
    uint32_t meeting = atomic_load_explicit(&meetings, memory_order_acquire);
    if (atomic_fetch_add_explicit(&arrived, 1, memory_order_acq_rel) == CPUS - 1) {
        atomic_store_explicit(&arrived, 0, memory_order_relaxed);
        atomic_store_explicit(&meetings, meeting + 1, memory_order_release);
        return;
    }
    while (atomic_load_explicit(&meetings, memory_order_acquire) == meeting)
        wait();
}

/* Not even interrupts: what the first to go on sends is taken by who has left, too. */
static void stand_still(void)
{
    sched_yield();
}

/* Until a whole turn of all CPUs delivered nothing; one of them decides. */
static void settle(uint32_t cpu)
{
    static uint64_t before;
    static bool is_settled;
    do {
        if (cpu == 0)
            before = count_of(deliveries);
        meet(machine_relax);
        cpus_poll();
        meet(machine_relax);
        if (cpu == 0)
            is_settled = count_of(deliveries) == before;
        meet(machine_relax);
    } while (!is_settled);
    meet(machine_relax);
}

static void check(void)
{
    insist(CLAIM_MACHINE, cpus_are_quiet());
    drivers_check();
    calls_check();
    tables_check();
}

static void *live(void *argument)
{
    uint32_t cpu = (uint32_t)(uintptr_t)argument;
    cpus_become(cpu);
    for (uint64_t round = 0; round < rounds; round++) {
        for (uint64_t step = round * SHARE; step < (round + 1) * SHARE; step++) {
            struct chance chance = {.state = (seed << 40) ^ (step * CPUS + cpu) * 8191};
            cpus_set_step(step);
            take_step(&chance);
            count_one(steps);
            cpus_poll();
        }
        settle(cpu);
        if (cpu == 0)
            check();
        meet(stand_still);
    }
    return NULL;
}

/* Names a run that does not go on. */
static void *watch(void *argument)
{
    (void)argument;
    uint64_t seen = 0;
    for (unsigned idle = 0; idle < SECONDS_WITHOUT_A_STEP; idle++) {
        sleep(1);
        if (count_of(steps) != seen)
            idle = 0;
        seen = count_of(steps);
    }
    report_failure(CLAIM_PROGRESS, "nothing went on for %d seconds",
                   SECONDS_WITHOUT_A_STEP);
}

static void check_amounts(void)
{
    uint64_t whole = rounds * STEPS_OF_A_ROUND;
    insist(CLAIM_AMOUNT, count_of(steps) == whole);
    insist(CLAIM_AMOUNT, count_of(fired) >= whole / 5);
    insist(CLAIM_AMOUNT, count_of(connects) >= whole / 20);
    insist(CLAIM_AMOUNT, count_of(moves) >= whole / 1000);
    insist(CLAIM_AMOUNT, count_of(synchronized) != 0 && count_of(not_synchronized) != 0);
    insist(CLAIM_AMOUNT, count_of(calls_removed) != 0 && count_of(flushes) != 0);
    insist(CLAIM_AMOUNT, count_of(drains) != 0 && count_of(refusals) != 0);
    insist(CLAIM_AMOUNT, count_of(shared) != 0);
}

int main(int count, char **arguments)
{
    if (count > 1)
        seed = strtoull(arguments[1], NULL, 0);
    if (count > 2)
        rounds = strtoull(arguments[2], NULL, 0) / STEPS_OF_A_ROUND;
    report_begin(seed);
    pins_start(LINES);
    tables_start();
    cpus_start(tables, seed);
    drivers_start();
    calls_start();
    pthread_t threads[CPUS], watcher;
    pthread_create(&watcher, NULL, watch, NULL);
    for (uint32_t cpu = 0; cpu < CPUS; cpu++)
        pthread_create(&threads[cpu], NULL, live, (void *)(uintptr_t)cpu);
    for (uint32_t cpu = 0; cpu < CPUS; cpu++)
        pthread_join(threads[cpu], NULL);
    check_amounts();
    report_end();
    return 0;
}
