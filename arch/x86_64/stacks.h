/* stacks.h: every stack of the kernel, by name, with the guard page below it. */
#ifndef ARCH_STACKS_H
#define ARCH_STACKS_H

#include <stddef.h>
#include <stdint.h>

#include <ivm/status.h>

enum { STACK_LIMIT = 64, STACK_GUARD_SIZE = 4096 };

struct stack {
    const char *name;
    uintptr_t first; /* [first, end); the guard page is [first - STACK_GUARD_SIZE, first) */
    uintptr_t end;
};

/* Make a stack known; it is one for ever.
 *
 * name     the caller's, for ever
 * errors   IVM_EXHAUSTED  there are STACK_LIMIT; nothing changed
 * context  at the start of a CPU, one CPU at a time
 */
IVM_MUST_CHECK enum ivm_status stack_register(const struct stack *stack);

/* In order of registration; NULL behind the last. Any context. */
const struct stack *stack_at(size_t index);

/* The stack that holds all of [address, address + size), or NULL. Any context. */
const struct stack *stack_holding(uintptr_t address, size_t size);

/* The stack whose guard page `address` lies in, or NULL. Any context. */
const struct stack *stack_guarded_at(uintptr_t address);

#endif
