/* arrival.c: a CPU that is started: its memory, and what it does until it takes part. */
#include "arrival.h"

#include <stdatomic.h>

#include <hw/cpu.h>
#include <ivm/system.h>

#include "exception.h"
#include "firmware.h"
#include "idt.h"
#include "kernel/format.h"
#include "kernel/system/pages.h"
#include "kernel/system/work.h"
#include "lapic.h"
#include "paging.h"

/* In one piece: the guard page of each stack lies below it. */
struct memory {
    struct ist_stack ist[IST_COUNT];
    uint8_t guard[STACK_GUARD_SIZE];
    uint8_t stack[STACK_SIZE];
    struct arrival arrival;
};

_Static_assert(offsetof(struct memory, stack) % PAGE_SIZE == 0,
               "below it lies a whole page");
_Static_assert(STACK_SIZE % 16 == 0, "trampoline.S counts on it");

static void name_stack(struct arrival *arrival, size_t index, uint8_t *first, uint8_t *end)
{
    static const char *const kinds[ARRIVAL_STACKS] = {"NMI", "double-fault",
                                                      "machine-check", "kernel"};
    format_text(arrival->names[index], ARRIVAL_NAME_SIZE, "%s stack of CPU %u",
                kinds[index], arrival->tables.percpu.cpu);
    arrival->stacks[index] = (struct stack){
        .name = arrival->names[index], .first = (uintptr_t)first, .end = (uintptr_t)end};
}

static enum ivm_status guard_stacks(struct arrival *arrival)
{
    for (size_t i = 0; i < ARRIVAL_STACKS; i++) {
        struct stack *stack = &arrival->stacks[i];
        enum ivm_status status = paging_guard(stack->first - STACK_GUARD_SIZE);
        if (status != IVM_OK)
            return status;
        stack_register(stack);
    }
    return IVM_OK;
}

struct arrival *arrival_prepare(uint32_t cpu, uint32_t apic_id)
{
    struct memory *memory =
        (struct memory *)page_allocate((sizeof *memory + PAGE_SIZE - 1) / PAGE_SIZE);
    if (memory == NULL)
        return NULL;
    struct arrival *arrival = &memory->arrival;
    arrival->stack_end = (uintptr_t)memory->stack + STACK_SIZE;
    arrival->tables.ist = memory->ist;
    arrival->tables.percpu.cpu = cpu;
    arrival->tables.percpu.apic_id = apic_id;
    for (size_t i = 0; i < IST_COUNT; i++)
        name_stack(arrival, i, memory->ist[i].stack, memory->ist[i].stack + IST_STACK_SIZE);
    name_stack(arrival, IST_COUNT, memory->stack, memory->stack + STACK_SIZE);
    return guard_stacks(arrival) == IVM_OK ? arrival : NULL;
}

/* On the CPU itself. */

static enum ivm_status start_cpu(struct arrival *arrival)
{
    gdt_load(&arrival->tables);
    idt_load();
    exception_start();
    paging_load();
    enum ivm_status status = lapic_start_cpu();
    if (status != IVM_OK)
        return status;
    if (lapic_id() != arrival->tables.percpu.apic_id) {
        ivm_log("APIC id %u was started, and %u came", arrival->tables.percpu.apic_id,
                lapic_id());
        return IVM_UNSUPPORTED;
    }
    firmware_apply_nmis();
    return IVM_OK;
}

static void tell_time(struct arrival *arrival)
{
    uint32_t asked = atomic_load_explicit(&arrival->asked, memory_order_acquire);
    if (asked == atomic_load_explicit(&arrival->answered, memory_order_relaxed))
        return;
    arrival->tsc = cpu_rdtsc();
    atomic_store_explicit(&arrival->answered, asked, memory_order_release);
}

static _Noreturn void stop(void)
{
    for (;;) {
        cpu_cli();
        cpu_hlt();
    }
}

_Noreturn void arrival_enter(struct arrival *arrival)
{
    bool started = start_cpu(arrival) == IVM_OK;
    atomic_store_explicit(&arrival->state, started ? ARRIVAL_READY : ARRIVAL_FAILED,
                          memory_order_release);
    if (!started)
        stop();
    /* Whoever started it lets it run, or puts it back into the state after a reset. */
    while (atomic_load_explicit(&arrival->may_run, memory_order_acquire) == 0) {
        tell_time(arrival);
        cpu_pause();
    }
    cpu_sti();
    for (;;)
        work_idle();
}
