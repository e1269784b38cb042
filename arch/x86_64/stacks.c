/* stacks.c: the list of stacks that traces may read and guard pages are named after. */
#include "stacks.h"

#include <stdatomic.h>

/* What is in the list never changes: the exception report reads it at any moment. */
static struct stack *_Atomic first_stack;
static struct stack *last_stack;

/* Pairs with the release in stack_register(): a stack that is found is written. */
static const struct stack *first(void)
{
    return atomic_load_explicit(&first_stack, memory_order_acquire);
}

static const struct stack *after(const struct stack *stack)
{
    return atomic_load_explicit(&stack->next, memory_order_acquire);
}

void stack_register(struct stack *stack)
{
    atomic_init(&stack->next, NULL);
    atomic_store_explicit(last_stack == NULL ? &first_stack : &last_stack->next, stack,
                          memory_order_release);
    last_stack = stack;
}

const struct stack *stack_at(size_t index)
{
    const struct stack *stack = first();
    while (stack != NULL && index-- > 0)
        stack = after(stack);
    return stack;
}

const struct stack *stack_holding(uintptr_t address, size_t size)
{
    for (const struct stack *stack = first(); stack != NULL; stack = after(stack))
        if (address >= stack->first && address < stack->end && stack->end - address >= size)
            return stack;
    return NULL;
}

const struct stack *stack_guarded_at(uintptr_t address)
{
    for (const struct stack *stack = first(); stack != NULL; stack = after(stack))
        if (address < stack->first && stack->first - address <= STACK_GUARD_SIZE)
            return stack;
    return NULL;
}
