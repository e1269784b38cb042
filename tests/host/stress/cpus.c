/* cpus.c: kernel/machine.h made of threads: see cpus.h. */
#include "cpus.h"

#include <sched.h>
#include <stdatomic.h>

#include <machine/hot.h>

#include "kernel/machine.h"
#include "pins.h"
#include "report.h"

enum { BANKS = IVM_VECTOR_COUNT / 64 };

struct cpu {
    /* Written by all. Relaxed: an interrupt is no fence. */
    _Atomic uint64_t irr[BANKS], tmr[BANKS];

    /* The rest belongs to the thread; others read it when all stand still. */
    uint64_t isr[BANKS];
    uint8_t priority;
    bool interrupts_on;
    uint32_t index;
    uint64_t step;
    struct slot *slots;
    struct chance chance;  /* of what happens inside of interrupts */
    struct chance stagger; /* of how long things take */
};

static struct cpu cpus[CPUS];
static _Thread_local struct cpu *me = &cpus[0];

void cpus_start(struct cpu_slots *tables, uint64_t seed)
{
    for (uint32_t i = 0; i < CPUS; i++) {
        struct chance chance = {.state = seed * 1000 + i};
        cpus[i].index = i;
        cpus[i].interrupts_on = true;
        cpus[i].slots = tables[i].slots;
        cpus[i].chance.state = chance_below(&chance, UINT32_MAX);
        cpus[i].stagger.state = chance_below(&chance, UINT32_MAX);
    }
}

void cpus_become(uint32_t cpu)
{
    me = &cpus[cpu];
}

uint32_t cpus_current(void)
{
    return me->index;
}

uint64_t cpus_step(void)
{
    return me->step;
}

void cpus_set_step(uint64_t step)
{
    me->step = step;
}

struct chance *cpus_chance(void)
{
    return &me->chance;
}

void cpus_stagger(void)
{
    uint32_t roll = chance_below(&me->stagger, 64);
    if (roll == 0)
        sched_yield();
    for (uint32_t i = 0; roll < 4 && i < roll * 200; i++)
        atomic_signal_fence(memory_order_seq_cst);
}

static uint64_t bit_of(uint8_t vector)
{
    return UINT64_C(1) << vector % 64;
}

/* The highest vector of four words, or -1. */
static int highest(const uint64_t words[BANKS])
{
    for (int bank = BANKS - 1; bank >= 0; bank--) {
        if (words[bank] != 0)
            return bank * 64 + 63 - __builtin_clzll(words[bank]);
    }
    return -1;
}

static int highest_pending(const struct cpu *cpu)
{
    uint64_t words[BANKS];
    for (int bank = 0; bank < BANKS; bank++)
        words[bank] = atomic_load_explicit(&cpu->irr[bank], memory_order_relaxed);
    return highest(words);
}

void cpus_send(uint32_t cpu, uint8_t vector, enum ivm_trigger trigger)
{
    insist(CLAIM_MACHINE, cpu < CPUS && vector >= 16);
    struct cpu *to = &cpus[cpu];
    if (trigger == IVM_LEVEL)
        atomic_fetch_or_explicit(&to->tmr[vector / 64], bit_of(vector),
                                 memory_order_relaxed);
    else
        atomic_fetch_and_explicit(&to->tmr[vector / 64], ~bit_of(vector),
                                  memory_order_relaxed);
    atomic_fetch_or_explicit(&to->irr[vector / 64], bit_of(vector), memory_order_relaxed);
}

/* Accept a vector and do what entry.S does. */
static void deliver(uint8_t vector)
{
    uint8_t priority = me->priority;
    atomic_fetch_and_explicit(&me->irr[vector / 64], ~bit_of(vector), memory_order_relaxed);
    me->isr[vector / 64] |= bit_of(vector);
    me->interrupts_on = false;
    count_one(deliveries);
    cpus_stagger();

    struct slot *slot = &me->slots[vector];
    slot_dispatch *dispatch = atomic_load_explicit(&slot->dispatch, memory_order_acquire);
    cpus_stagger();
    dispatch(slot);

    insist(CLAIM_MACHINE, !me->interrupts_on);
    insist(CLAIM_MACHINE, (me->isr[vector / 64] & bit_of(vector)) == 0);
    insist(CLAIM_MACHINE, me->priority == priority);
    me->interrupts_on = true;
}

void cpus_poll(void)
{
    while (me->interrupts_on) {
        int vector = highest_pending(me);
        if (vector < 0 || vector >> 4 <= machine_level())
            return;
        deliver((uint8_t)vector);
    }
}

bool cpus_are_quiet(void)
{
    for (uint32_t i = 0; i < CPUS; i++) {
        if (highest_pending(&cpus[i]) >= 0 || highest(cpus[i].isr) >= 0 ||
            cpus[i].priority != 0 || !cpus[i].interrupts_on)
            return false;
    }
    return true;
}

/* What kernel/machine.h and machine/hot.h ask for. */

uint32_t machine_cpu(void)
{
    return me->index;
}

void machine_interrupts_on(void)
{
    cpus_stagger();
    me->interrupts_on = true;
    cpus_poll();
}

void machine_interrupts_off(void)
{
    me->interrupts_on = false;
}

bool machine_interrupts_enabled(void)
{
    return me->interrupts_on;
}

bool machine_interrupts_save(void)
{
    bool were_on = me->interrupts_on;
    me->interrupts_on = false;
    return were_on;
}

void machine_interrupts_restore(bool were_on)
{
    if (were_on)
        machine_interrupts_on();
}

void machine_relax(void)
{
    cpus_poll();
    sched_yield();
}

uint8_t machine_level(void)
{
    int served = highest(me->isr);
    uint8_t class = served < 0 ? 0 : (uint8_t)(served >> 4);
    return class > me->priority ? class : me->priority;
}

uint8_t machine_priority(void)
{
    return me->priority;
}

void machine_set_priority(uint8_t level)
{
    insist(CLAIM_MACHINE, level < 16);
    cpus_stagger();
    cpus_poll();
    me->priority = level;
    cpus_poll();
}

void machine_end(void)
{
    insist(CLAIM_MACHINE, !me->interrupts_on);
    int served = highest(me->isr);
    insist(CLAIM_MACHINE, served >= 0);
    uint8_t vector = (uint8_t)served;
    uint64_t levels = atomic_load_explicit(&me->tmr[vector / 64], memory_order_relaxed);
    me->isr[vector / 64] &= ~bit_of(vector);
    if ((levels & bit_of(vector)) != 0)
        pins_end(vector);
}

void machine_interrupt_cpu(uint32_t cpu, uint8_t vector)
{
    cpus_stagger();
    cpus_send(cpu, vector, IVM_EDGE);
    cpus_poll();
}

bool machine_in_service(uint8_t vector)
{
    return (me->isr[vector / 64] & bit_of(vector)) != 0;
}

bool machine_pic_spurious(uint8_t vector)
{
    report_failure(CLAIM_MACHINE, "the 8259 is asked about vector 0x%x", vector);
}

/* Of strays, and of lines that nobody quiets: there are none here. */
void machine_notice(const char *line)
{
    report_failure(CLAIM_STRAYS, "%s", line);
}

void machine_line_masked(uint32_t gsi)
{
    report_failure(CLAIM_STRAYS, "line %u is masked", gsi);
}

_Noreturn void machine_assert_failed(const char *expression, const char *file, int line)
{
    report_failure(CLAIM_MACHINE, "%s:%d: assertion failed: %s", file, line, expression);
}
