/* stacks.c: the list of stacks that traces may read and guard pages are named after. */
#include "stacks.h"

#include <stdatomic.h>

/* Entries below `count` never change: the exception report reads them at any moment. */
static struct stack stacks[STACK_LIMIT];
static _Atomic size_t count;

static size_t known(void)
{
    /* Pairs with the release in stack_register(): an entry counted is written. */
    return atomic_load_explicit(&count, memory_order_acquire);
}

enum ivm_status stack_register(const struct stack *stack)
{
    size_t next = known();
    if (next == STACK_LIMIT)
        return IVM_EXHAUSTED;
    stacks[next] = *stack;
    atomic_store_explicit(&count, next + 1, memory_order_release);
    return IVM_OK;
}

const struct stack *stack_at(size_t index)
{
    return index < known() ? &stacks[index] : NULL;
}

const struct stack *stack_holding(uintptr_t address, size_t size)
{
    for (size_t i = 0; i < known(); i++)
        if (address >= stacks[i].first && address < stacks[i].end &&
            stacks[i].end - address >= size)
            return &stacks[i];
    return NULL;
}

const struct stack *stack_guarded_at(uintptr_t address)
{
    for (size_t i = 0; i < known(); i++)
        if (address < stacks[i].first && stacks[i].first - address <= STACK_GUARD_SIZE)
            return &stacks[i];
    return NULL;
}
