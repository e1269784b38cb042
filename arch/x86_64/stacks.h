/* stacks.h: every stack of the kernel, by name, with the guard page below it. */
#ifndef ARCH_STACKS_H
#define ARCH_STACKS_H

/* Of the stack that a CPU runs on: all 14 classes nested, 4 KiB and a frame for each, and
 * 16 KiB for what they interrupt.
 */
#define STACK_SIZE 0x14000

#ifndef __ASSEMBLER__

#include <stddef.h>
#include <stdint.h>

enum { STACK_GUARD_SIZE = 4096 };

struct stack {
    const char *name;
    uintptr_t first; /* [first, end); the guard page is [first - STACK_GUARD_SIZE, first) */
    uintptr_t end;
    struct stack *_Atomic next; /* written by stack_register() */
};

/* Make a stack known; it is one for ever.
 *
 * stack    the caller's, for ever, as is its name
 * context  at the start of a CPU, one CPU at a time
 */
void stack_register(struct stack *stack);

/* In order of registration; NULL behind the last. Any context. */
const struct stack *stack_at(size_t index);

/* The stack that holds all of [address, address + size), or NULL. Any context. */
const struct stack *stack_holding(uintptr_t address, size_t size);

/* The stack whose guard page `address` lies in, or NULL. Any context. */
const struct stack *stack_guarded_at(uintptr_t address);

#endif
#endif
