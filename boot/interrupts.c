/* interrupts.c: plugs the interrupt hardware into the manager. */
#include "interrupts.h"

#include <stddef.h>

#include <hw/cpu.h>
#include <ivm/system.h>
#include <machine/hot.h>

#include "arch/x86_64/apic_id.h"
#include "arch/x86_64/controllers.h"
#include "arch/x86_64/firmware.h"
#include "arch/x86_64/ioapic.h"
#include "arch/x86_64/lapic.h"
#include "arch/x86_64/pic8259.h"
#include "arch/x86_64/routing.h"
#include "kernel/manager.h"
#include "kernel/system/pages.h"
#include "kernel/system/panic.h"

static void start_hardware(void)
{
    if (!pic8259_start())
        ivm_log("8259: there is no pair");
    if (lapic_start() != IVM_OK)
        panic("this CPU's local APIC cannot be used; the lines above say why");
    firmware_apply_to_lapic();
    if (ioapic_start(firmware_madt()) != IVM_OK)
        ivm_log("no I/O APIC can be used: there are no lines, only bare vectors");
    routing_start(firmware_madt());
}

static void *storage(size_t bytes)
{
    uintptr_t address = page_allocate((bytes + PAGE_SIZE - 1) / PAGE_SIZE);
    if (address == 0)
        panic("no memory for the tables of the manager: %zu bytes", bytes);
    return (void *)address;
}

static void start_manager(void)
{
    size_t line_count = ioapic_gsi_end();
    struct manager_storage tables = {
        .lines = line_count != 0 ? storage(line_count * sizeof(struct source)) : NULL,
        .line_count = line_count,
        .cpus = storage(MACHINE_CPU_LIMIT * sizeof(struct cpu_slots *)),
        .cpu_limit = MACHINE_CPU_LIMIT,
    };
    manager_start(&tables);
    controllers_add_lines();
}

/* The error interrupt of the local APIC: read, count, name, end. */
static void serve_error(struct slot *slot)
{
    slot->delivered++;
    (void)lapic_error_service();
    machine_end();
}

static void add_cpu(struct percpu *percpu, uint32_t cpu)
{
    struct cpu_slots *slots = storage(sizeof *slots);
    if (machine_set_apic_id(cpu, lapic_id()) != IVM_OK ||
        manager_add_cpu(cpu, slots) != IVM_OK ||
        manager_set_system(cpu, IVM_VECTOR_ERROR, serve_error) != IVM_OK)
        panic("the manager does not take CPU %u in", cpu);
    percpu->cpu = cpu;
    percpu->apic_id = lapic_id();
    percpu->slots = slots->slots;
}

void interrupts_start(struct percpu *percpu)
{
    start_hardware();
    start_manager();
    add_cpu(percpu, 0);
    cpu_sti();
}
