/* trampoline.h: what trampoline.S and smp.c share. */
#ifndef ARCH_TRAMPOLINE_H
#define ARCH_TRAMPOLINE_H

/* In struct arrival. */
#define ARRIVAL_STACK_END 0

#ifndef __ASSEMBLER__

#include <stdint.h>

struct arrival;

/* Real-mode code to be copied to a page below 1 MiB, as it is: [first, end). */
extern const uint8_t trampoline_first[], trampoline_end[];

/* What CR3 is to be: page tables below 4 GiB that map the kernel where it is. */
extern uint32_t trampoline_root;

/* Who comes next. The CPU that comes takes it, leaving NULL; one that finds NULL stops. */
extern struct arrival *_Atomic trampoline_arrival;

#endif
#endif
