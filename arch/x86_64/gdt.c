/* gdt.c: flat segments, one TSS for the exception stacks, GS on the CPU's own data. */
#include "gdt.h"

#include <hw/cpu.h>
#include <hw/msr.h>

#include "stacks.h"

/* clang-format off */
enum {
    /* [SDM3A] "Segment Descriptors", "TSS Descriptor in 64-bit mode": [43:40] type, [44] S,
     * [47] present, [53] 64-bit code. Accessed is set, so that the CPU never writes. */
    TSS_AVAILABLE = 0x9,
};
static const uint32_t ia32_gs_base = 0xC0000101;
static const uint64_t code_descriptor = UINT64_C(0x00209B0000000000);
static const uint64_t data_descriptor = UINT64_C(0x0000930000000000);
static const uint64_t descriptor_present = UINT64_C(1) << 47;
/* clang-format on */

static struct ist_stack boot_ist[IST_COUNT];
static struct cpu_tables boot_tables;

static void fill(struct cpu_tables *tables)
{
    uint64_t base = (uintptr_t)&tables->tss;
    uint64_t limit = sizeof tables->tss - 1;

    tables->gdt[GDT_CODE / 8] = code_descriptor;
    tables->gdt[GDT_DATA / 8] = data_descriptor;
    tables->gdt[GDT_TSS / 8] = limit | (base & 0xFFFFFF) << 16 | /* [39:16] base [23:0] */
                               (uint64_t)TSS_AVAILABLE << 40 | descriptor_present |
                               (base >> 24 & 0xFF) << 56; /* [63:56] base [31:24] */
    tables->gdt[GDT_TSS / 8 + 1] = base >> 32;

    for (size_t i = 0; i < IST_COUNT; i++)
        tables->tss.ist[i] = (uintptr_t)tables->ist[i].stack + IST_STACK_SIZE;
    tables->tss.io_map = sizeof tables->tss;
    tables->percpu.self = &tables->percpu;
}

void gdt_load(struct cpu_tables *tables)
{
    fill(tables);
    struct cpu_table_pointer gdt = {.limit = sizeof tables->gdt - 1,
                                    .base = (uintptr_t)tables->gdt};
    /* The selectors are those of start.S and mean the same here: no segment is reloaded. */
    cpu_lgdt(&gdt);
    cpu_ltr(GDT_TSS);
    msr_write(ia32_gs_base, (uintptr_t)&tables->percpu);
}

struct percpu *gdt_start(void)
{
    static const char *const names[IST_COUNT] = {"NMI stack of CPU 0",
                                                 "double-fault stack of CPU 0",
                                                 "machine-check stack of CPU 0"};
    static struct stack stacks[IST_COUNT];
    for (size_t i = 0; i < IST_COUNT; i++) {
        uintptr_t first = (uintptr_t)boot_ist[i].stack;
        stacks[i] =
            (struct stack){.name = names[i], .first = first, .end = first + IST_STACK_SIZE};
        stack_register(&stacks[i]);
    }
    boot_tables.ist = boot_ist;
    gdt_load(&boot_tables);
    return &boot_tables.percpu;
}
