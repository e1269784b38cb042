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
#include "arch/x86_64/stop.h"
#include "kernel/manager.h"
#include "kernel/system/pages.h"
#include "kernel/system/panic.h"
#include "kernel/system/work.h"

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

static size_t pages_for(size_t bytes)
{
    return (bytes + PAGE_SIZE - 1) / PAGE_SIZE;
}

static void *storage(size_t bytes)
{
    uintptr_t address = page_allocate(pages_for(bytes));
    if (address == 0)
        panic("no memory for the tables of the manager: %zu bytes", bytes);
    return (void *)address;
}

/* What lies in an array with one element for each CPU. */
static void start_cpu_tables(size_t cpu_limit)
{
    machine_apic_ids_start(storage(cpu_limit * sizeof(uint32_t)), cpu_limit);
    work_start(storage(cpu_limit * sizeof(struct work_queues)), (uint32_t)cpu_limit);
    stop_start(storage(cpu_limit * sizeof(stop_frame)));
}

static void start_manager(size_t cpu_limit)
{
    size_t line_count = ioapic_gsi_end();
    struct manager_storage tables = {
        .lines = line_count != 0 ? storage(line_count * sizeof(struct source)) : NULL,
        .line_count = line_count,
        .cpus = storage(cpu_limit * sizeof(struct cpu_slots *)),
        .cpu_limit = cpu_limit,
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

enum ivm_status interrupts_add_cpu(struct percpu *percpu)
{
    uint32_t cpu = percpu->cpu;
    struct cpu_slots *slots = (struct cpu_slots *)page_allocate(pages_for(sizeof *slots));
    if (slots == NULL)
        return IVM_EXHAUSTED;
    enum ivm_status status = machine_set_apic_id(cpu, percpu->apic_id);
    if (status == IVM_OK)
        status = manager_add_cpu(cpu, slots);
    if (status == IVM_OK)
        status = manager_set_system(cpu, IVM_VECTOR_ERROR, serve_error);
    if (status == IVM_OK)
        status = manager_set_system(cpu, IVM_VECTOR_IPI, work_interrupt);
    if (status == IVM_OK)
        percpu->slots = slots->slots;
    return status;
}

struct cpu_list interrupts_cpus(void)
{
    return (struct cpu_list){
        .madt = firmware_madt(), .boot_id = lapic_id(), .id_end = lapic_id_end()};
}

void interrupts_start(struct percpu *percpu)
{
    start_hardware();
    struct cpu_list cpus = interrupts_cpus();
    size_t cpu_limit = cpu_list_limit(&cpus);
    start_cpu_tables(cpu_limit);
    start_manager(cpu_limit);
    percpu->apic_id = lapic_id();
    if (interrupts_add_cpu(percpu) != IVM_OK)
        panic("the manager does not take the first CPU in");
    cpu_sti();
}
