/* machine.c: what the core asks of the machine, answered by this one. */
#include "kernel/machine.h"

#include <hw/cpu.h>
#include <ivm/system.h>

#include "apic_id.h"
#include "ipi.h"
#include "kernel/system/panic.h"
#include "lapic.h"
#include "masked.h"
#include "pic8259.h"

/* Written as a CPU is taken in. */
static uint32_t *apic_ids;
static size_t apic_id_limit;

bool machine_interrupts_enabled(void)
{
    return cpu_interrupts_enabled();
}

bool machine_interrupts_save(void)
{
    return cpu_interrupts_save();
}

void machine_interrupts_restore(bool were_on)
{
    cpu_interrupts_restore(were_on);
}

uint8_t machine_level(void)
{
    return lapic_level();
}

uint8_t machine_priority(void)
{
    return (uint8_t)cpu_read_cr8();
}

void machine_set_priority(uint8_t level)
{
    cpu_write_cr8(level);
}

void machine_interrupt_cpu(uint32_t cpu, uint8_t vector)
{
    if (ipi_send(machine_apic_id(cpu), vector) != IVM_OK)
        ivm_log("IPI: vector 0x%02x could not be sent to CPU %u", vector, cpu);
}

void machine_idle(void)
{
    cpu_sti_hlt();
}

bool machine_in_service(uint8_t vector)
{
    return lapic_in_service(vector);
}

bool machine_pic_spurious(uint8_t vector)
{
    return pic8259_end_spurious(vector);
}

void machine_notice(const char *line)
{
    ivm_log("%s", line);
}

void machine_line_masked(uint32_t gsi)
{
    masked_line(gsi);
}

_Noreturn void machine_assert_failed(const char *expression, const char *file, int line)
{
    panic("assertion failed: %s, at %s:%d", expression, file, line);
}

void machine_apic_ids_start(uint32_t *ids, size_t limit)
{
    apic_ids = ids;
    apic_id_limit = limit;
    for (size_t cpu = 0; cpu < limit; cpu++)
        apic_ids[cpu] = UINT32_MAX;
}

uint32_t machine_apic_id(uint32_t cpu)
{
    return cpu < apic_id_limit ? apic_ids[cpu] : UINT32_MAX;
}

enum ivm_status machine_set_apic_id(uint32_t cpu, uint32_t apic_id)
{
    if (cpu >= apic_id_limit)
        return IVM_BAD_ARGUMENT;
    apic_ids[cpu] = apic_id;
    return IVM_OK;
}
