/* gdt.h: the descriptor tables and exception stacks of a CPU, and what it finds behind GS.
 */
#ifndef ARCH_GDT_H
#define ARCH_GDT_H

#define GDT_CODE 0x08
#define GDT_DATA 0x10
#define GDT_TSS  0x18

/* Stacks that the CPU switches to by itself, whatever the stack it was on is worth. */
#define IST_NONE          0
#define IST_NMI           1
#define IST_DOUBLE_FAULT  2
#define IST_MACHINE_CHECK 3

#ifndef __ASSEMBLER__

#include <stddef.h>
#include <stdint.h>

#include "percpu.h"

enum { IST_COUNT = 3, IST_STACK_SIZE = 16384 };

/* [SDM3A] "Task Management in 64-bit Mode" */
struct tss {
    uint32_t reserved0;
    uint64_t rsp[3]; /* not used: there is no other privilege level */
    uint64_t reserved1;
    uint64_t ist[7]; /* ist[n - 1]: the end of the stack IST n */
    uint64_t reserved2;
    uint16_t reserved3;
    uint16_t io_map; /* beyond the limit: none */
} __attribute__((packed));

_Static_assert(sizeof(struct tss) == 104, "the CPU reads it");

/* An exception stack with its guard page below; in page-aligned memory of its own. */
struct ist_stack {
    uint8_t guard[4096];
    uint8_t stack[IST_STACK_SIZE];
} __attribute__((aligned(4096)));

/* All that one CPU has for itself here. */
struct cpu_tables {
    struct percpu percpu;
    uint64_t gdt[5]; /* null, code, data, TSS in two */
    struct tss tss;
    struct ist_stack *ist; /* IST_COUNT of them, for IST 1, 2, 3 */
} __attribute__((aligned(64)));

/* Fill the tables of this CPU and load them: from then on GS leads to tables->percpu, and
 * exceptions of the IST have stacks. percpu.cpu and .slots are the caller's to set.
 *
 * tables   zeroed but for `ist`; the CPU's for ever
 * context  interrupts off, on the CPU itself, once
 */
void gdt_load(struct cpu_tables *tables);

/* gdt_load() for the CPU that boots, with tables and stacks of the image; the stacks are
 * registered. Returns its percpu: `slots` is to be set before interrupts are turned on.
 */
struct percpu *gdt_start(void);

#endif
#endif
