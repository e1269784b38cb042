/* cpu.c: the CPU of the host tests: the functions of <hw/cpu.h>, on `fake_cpu`. */
#include <hw/cpu.h>

#include <string.h>

#include "hardware.h"

enum { LEAF_LIMIT = 64 };

static struct leaf {
    uint32_t leaf, subleaf;
    struct cpu_leaf value;
} leaves[LEAF_LIMIT];
static size_t leaf_count;

struct fake_cpu fake_cpu;

void fake_cpu_reset(void)
{
    leaf_count = 0;
    fake_cpu = (struct fake_cpu){.tsc = 1, .tsc_step = 1000};
}

void fake_cpuid_set(uint32_t leaf, uint32_t subleaf, struct cpu_leaf value)
{
    size_t i = 0;
    while (i < leaf_count && (leaves[i].leaf != leaf || leaves[i].subleaf != subleaf))
        i++;
    if (i == LEAF_LIMIT) {
        fake_complain("more than %d CPUID leaves", LEAF_LIMIT);
        return;
    }
    leaves[i] = (struct leaf){leaf, subleaf, value};
    if (i == leaf_count)
        leaf_count++;
}

struct cpu_leaf cpu_cpuid(uint32_t leaf, uint32_t subleaf)
{
    for (size_t i = 0; i < leaf_count; i++)
        if (leaves[i].leaf == leaf && leaves[i].subleaf == subleaf)
            return leaves[i].value;
    return (struct cpu_leaf){0};
}

uint64_t cpu_rdtsc(void)
{
    uint64_t now = fake_cpu.tsc;
    fake_cpu.tsc += fake_cpu.tsc_step;
    return now;
}

static void execute(enum fake_instruction instruction, uint64_t operand)
{
    fake_log_add(FAKE_CPU, instruction, 0, operand);
}

static void wait_a_little(void)
{
    if (fake_cpu.on_wait != NULL)
        fake_cpu.on_wait();
}

void cpu_cli(void)
{
    execute(FAKE_CLI, 0);
    fake_cpu.interrupts_on = false;
}

void cpu_sti(void)
{
    execute(FAKE_STI, 0);
    fake_cpu.interrupts_on = true;
}

/* With interrupts off nothing would ever end it. */
void cpu_hlt(void)
{
    if (!fake_cpu.interrupts_on)
        fake_complain("HLT with interrupts off");
    execute(FAKE_HLT, 0);
    wait_a_little();
}

void cpu_sti_hlt(void)
{
    cpu_sti();
    cpu_hlt();
}

void cpu_pause(void)
{
    fake_cpu.pauses++;
    wait_a_little();
}

void cpu_mfence_lfence(void)
{
    execute(FAKE_MFENCE_LFENCE, 0);
}

void cpu_ud2(void)
{
    fake_complain("UD2 was executed");
}

uint64_t cpu_read_flags(void)
{
    return fake_cpu.interrupts_on ? CPU_FLAG_INTERRUPTS : 0;
}

bool cpu_interrupts_enabled(void)
{
    return fake_cpu.interrupts_on;
}

bool cpu_interrupts_save(void)
{
    bool were_on = fake_cpu.interrupts_on;
    cpu_cli();
    return were_on;
}

void cpu_interrupts_restore(bool were_on)
{
    if (were_on)
        cpu_sti();
}

uint64_t cpu_read_cr0(void)
{
    return fake_cpu.cr0;
}

void cpu_write_cr0(uint64_t value)
{
    execute(FAKE_WRITE_CR0, value);
    fake_cpu.cr0 = value;
}

uint64_t cpu_read_cr2(void)
{
    return fake_cpu.cr2;
}

uint64_t cpu_read_cr3(void)
{
    return fake_cpu.cr3;
}

void cpu_write_cr3(uint64_t value)
{
    execute(FAKE_WRITE_CR3, value);
    fake_cpu.cr3 = value;
}

uint64_t cpu_read_cr4(void)
{
    return fake_cpu.cr4;
}

void cpu_write_cr4(uint64_t value)
{
    execute(FAKE_WRITE_CR4, value);
    fake_cpu.cr4 = value;
}

uint64_t cpu_read_cr8(void)
{
    return fake_cpu.cr8;
}

void cpu_write_cr8(uint64_t value)
{
    if (value > 15)
        fake_complain("CR8 written with 0x%llx: a reserved bit", (unsigned long long)value);
    execute(FAKE_WRITE_CR8, value);
    fake_cpu.cr8 = value;
}

void cpu_invlpg(uintptr_t address)
{
    execute(FAKE_INVLPG, address);
}

void cpu_lgdt(const struct cpu_table_pointer *gdt)
{
    execute(FAKE_LGDT, gdt->base);
    fake_cpu.gdt = *gdt;
}

void cpu_lidt(const struct cpu_table_pointer *idt)
{
    execute(FAKE_LIDT, idt->base);
    fake_cpu.idt = *idt;
}

void cpu_ltr(uint16_t selector)
{
    execute(FAKE_LTR, selector);
    fake_cpu.task = selector;
}

uint32_t cpu_gs_read32(uintptr_t offset)
{
    if (offset % 4 != 0 || offset / 4 >= sizeof fake_cpu.gs / sizeof fake_cpu.gs[0]) {
        fake_complain("GS:0x%llx is outside what GS points to", (unsigned long long)offset);
        return 0;
    }
    return fake_cpu.gs[offset / 4];
}

uint64_t cpu_gs_read64(uintptr_t offset)
{
    return (uint64_t)cpu_gs_read32(offset + 4) << 32 | cpu_gs_read32(offset);
}

/* Memory, whatever its alignment: not logged, but shown to whoever looks on. */
static void store(void *to, const void *value, size_t size)
{
    memcpy(to, value, size);
    if (fake_cpu.on_store != NULL)
        fake_cpu.on_store();
}

void cpu_store32(void *to, uint32_t value)
{
    store(to, &value, sizeof value);
}

void cpu_store64(void *to, uint64_t value)
{
    store(to, &value, sizeof value);
}

uintptr_t cpu_frame_pointer(void)
{
    return (uintptr_t)__builtin_frame_address(0);
}
