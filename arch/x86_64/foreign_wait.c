/* foreign_wait.c: ticks, and CPUs that sleep until something has happened. */
#include "foreign_wait.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <hw/cpu.h>
#include <ivm/cpu.h>
#include <ivm/system.h>
#include <ivm/vector.h>
#include <machine/hot.h>

#include "kernel/machine.h"
#include "kernel/manager.h"
#include "kernel/wdm/host.h"
#include "lapic_timer.h"
#include "madt.h"

enum { TICK_CPU = 0, TICK_NS = 15625000, WORD = 64, WORDS = MADT_CPU_LIMIT / WORD };
static const uint64_t patience_ns = 1000000000;

_Static_assert(MADT_CPU_LIMIT % WORD == 0, "a bit for each CPU");

/* What is called at a tick; NULL: nothing. Written by foreign_tick(). */
static void (*_Atomic ticker)(void);

/* Whether it is being called; written by the tick's CPU. */
static atomic_bool is_ticking;

/* The CPUs that sleep, or are about to, a bit each: set by each for itself, taken by who wakes it. */
static _Atomic uint64_t sleepers[WORDS];

/* Ticks. */

static void serve_tick(struct slot *slot)
{
    slot->delivered++;
    /* Before the look: whoever changes the function and sees none being called knows that the old one
     * is not called any more. */
    atomic_store_explicit(&is_ticking, true, memory_order_seq_cst);
    void (*tick)(void) = atomic_load_explicit(&ticker, memory_order_seq_cst);
    machine_interrupts_on();
    if (tick != NULL)
        tick();
    else
        slot->late++; /* requested before the timer was stopped */
    machine_interrupts_off();
    atomic_store_explicit(&is_ticking, false, memory_order_release);
    machine_end();
}

bool foreign_wait_start(void)
{
    return lapic_timer_measure() &&
           manager_set_system(TICK_CPU, IVM_VECTOR_CLOCK, serve_tick) == IVM_OK;
}

static void set_timer(void *context)
{
    (void)context;
    lapic_timer_stop();
    if (atomic_load_explicit(&ticker, memory_order_seq_cst) == NULL)
        return;
    if (lapic_timer_start(TICK_NS, IVM_VECTOR_CLOCK) != IVM_OK)
        ivm_log("drivers' images: the timer cannot tick every %u ns", (unsigned)TICK_NS);
}

static bool is_still(void *context)
{
    (void)context;
    return !atomic_load_explicit(&is_ticking, memory_order_seq_cst);
}

void foreign_tick(void (*tick)(void))
{
    atomic_store_explicit(&ticker, tick, memory_order_seq_cst);
    if (ivm_cpu_call(TICK_CPU, set_timer, NULL) != IVM_OK)
        return; /* before the CPUs are counted: nothing ticks */
    if (ivm_wait_until(is_still, NULL, patience_ns))
        return;
    ivm_log("drivers' images: a tick on CPU %u takes a second already: waiting for it",
            (unsigned)TICK_CPU);
    while (!is_still(NULL))
        machine_relax();
}

/* Sleep. */

void foreign_sleep(bool (*ready)(void *context), void *context)
{
    uint32_t cpu = machine_cpu();
    _Atomic uint64_t *word = &sleepers[cpu / WORD];
    uint64_t bit = UINT64_C(1) << cpu % WORD;
    cpu_cli();
    /* Before the question, as in foreign_wake() the change comes before the look: one of the two sees
     * the other. An interrupt from there is pending until the CPU sleeps, and ends it. */
    atomic_fetch_or_explicit(word, bit, memory_order_seq_cst);
    if (ready(context))
        cpu_sti();
    else
        cpu_sti_hlt();
    atomic_fetch_and_explicit(word, ~bit, memory_order_relaxed);
}

/* Its interrupts are on, or will be when it sleeps; the call's vector finds no call, and that is all. */
static void wake(uint32_t first, uint64_t cpus)
{
    for (; cpus != 0; cpus &= cpus - 1) {
        uint32_t cpu = first + (uint32_t)__builtin_ctzll(cpus);
        if (cpu != machine_cpu()) /* awake: it runs this */
            machine_interrupt_cpu(cpu, IVM_VECTOR_IPI);
    }
}

void foreign_wake(void)
{
    atomic_thread_fence(memory_order_seq_cst);
    uint32_t count = ivm_cpu_count();
    for (uint32_t i = 0; i < WORDS && i * WORD < count; i++)
        if (atomic_load_explicit(&sleepers[i], memory_order_relaxed) != 0)
            wake(i * WORD, atomic_exchange_explicit(&sleepers[i], 0, memory_order_acq_rel));
}
