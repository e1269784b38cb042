/* machine.c: what the core asks of the machine, answered by this one. */
#include "kernel/machine.h"

#include <hw/cpu.h>
#include <ivm/system.h>

#include "apic_id.h"
#include "kernel/system/panic.h"
#include "lapic.h"
#include "pic8259.h"

/* The id plus one, so that 0 is a CPU nobody named. Written as a CPU is taken in. */
static uint64_t apic_ids[MACHINE_CPU_LIMIT];

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

_Noreturn void machine_assert_failed(const char *expression, const char *file, int line)
{
    panic("assertion failed: %s, at %s:%d", expression, file, line);
}

uint32_t machine_apic_id(uint32_t cpu)
{
    if (cpu >= MACHINE_CPU_LIMIT || apic_ids[cpu] == 0)
        return UINT32_MAX;
    return (uint32_t)(apic_ids[cpu] - 1);
}

enum ivm_status machine_set_apic_id(uint32_t cpu, uint32_t apic_id)
{
    if (cpu >= MACHINE_CPU_LIMIT)
        return IVM_BAD_ARGUMENT;
    apic_ids[cpu] = (uint64_t)apic_id + 1;
    return IVM_OK;
}
