/* stop.c: one CPU has the word, all others are stopped where they are. */
#include "stop.h"

#include <stdatomic.h>
#include <stddef.h>

#include <hw/cpu.h>
#include <ivm/cpu.h>
#include <ivm/system.h>
#include <machine/hot.h>

#include "apic_id.h"
#include "exception_text.h"
#include "ipi.h"
#include "symbols.h"

enum { PLACE_SIZE = 96, STOP_NS = 1000000000 };

/* The CPU that stops the rest, plus one; 0: none. Written once. */
static _Atomic uint32_t stopper;

/* Each written once, by its CPU; NULL before the others are started. */
static stop_frame *frames;

void stop_start(stop_frame *storage)
{
    frames = storage;
}

static uint32_t other_cpus_end(void)
{
    return frames != NULL ? ivm_cpu_count() : 0;
}

bool stop_is_asked(void)
{
    uint32_t asks = atomic_load_explicit(&stopper, memory_order_acquire);
    return asks != 0 && asks != machine_cpu() + 1;
}

_Noreturn void stop_here(const struct exception_frame *frame)
{
    const struct exception_frame *none = NULL;
    if (frame != NULL && machine_cpu() < other_cpus_end())
        (void)atomic_compare_exchange_strong_explicit(&frames[machine_cpu()], &none, frame,
                                                      memory_order_release,
                                                      memory_order_relaxed);
    for (;;) {
        cpu_cli();
        cpu_hlt();
    }
}

static const struct exception_frame *frame_of(uint32_t cpu)
{
    return atomic_load_explicit(&frames[cpu], memory_order_acquire);
}

static bool all_stopped(void *context)
{
    (void)context;
    for (uint32_t cpu = 0; cpu < other_cpus_end(); cpu++)
        if (cpu != machine_cpu() && frame_of(cpu) == NULL)
            return false;
    return true;
}

void stop_others(const struct exception_frame *frame)
{
    uint32_t asks = 0;
    if (!atomic_compare_exchange_strong_explicit(&stopper, &asks, machine_cpu() + 1,
                                                 memory_order_acq_rel,
                                                 memory_order_acquire)) {
        if (asks == machine_cpu() + 1)
            return;
        stop_here(frame);
    }
    for (uint32_t cpu = 0; cpu < other_cpus_end(); cpu++)
        if (cpu != machine_cpu() && ipi_send_nmi(machine_apic_id(cpu)) != IVM_OK)
            ivm_log("CPU %u cannot be sent an NMI", cpu);
    (void)ivm_wait_until(all_stopped, NULL, STOP_NS);
}

static void show(uint32_t cpu)
{
    const struct exception_frame *frame = frame_of(cpu);
    if (frame == NULL) {
        ivm_log("CPU %u does not answer, not even to an NMI", cpu);
        return;
    }
    char place[PLACE_SIZE];
    symbol_text(place, sizeof place, frame->rip);
    bool by_nmi = frame->vector == EXCEPTION_NMI;
    ivm_log("CPU %u was at %s, rsp %016lx, rflags %016lx (interrupts %s)%s%s", cpu, place,
            frame->rsp, frame->rflags, frame->rflags & CPU_FLAG_INTERRUPTS ? "on" : "off",
            by_nmi ? "" : ", reporting ", by_nmi ? "" : exception_name(frame->vector));
}

void stop_show(void)
{
    for (uint32_t cpu = 0; cpu < other_cpus_end(); cpu++)
        if (cpu != machine_cpu())
            show(cpu);
}
