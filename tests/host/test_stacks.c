/* test_stacks.c: what lies in a stack, and in the guard page below it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arch/x86_64/stacks.h"

/* Two neighbours: the guard of `high` begins where `low` ends. Registered by the first
 * test, for ever. */
enum { LOW = 0x10000, LOW_END = 0x12000, HIGH = 0x13000, HIGH_END = 0x14000 };

static int register_two(void **state)
{
    (void)state;
    struct stack low = {"low", LOW, LOW_END}, high = {"high", HIGH, HIGH_END};
    return stack_register(&low) != IVM_OK || stack_register(&high) != IVM_OK;
}

static void every_word_is_in_its_stack_or_in_none(void **state)
{
    (void)state;
    for (uintptr_t address = LOW - 8192; address < HIGH_END + 8192; address++) {
        const struct stack *wanted = NULL;
        if (address >= LOW && address + 8 <= LOW_END)
            wanted = stack_at(0);
        if (address >= HIGH && address + 8 <= HIGH_END)
            wanted = stack_at(1);
        assert_ptr_equal(stack_holding(address, 8), wanted);
    }
}

static void every_guarded_byte_names_its_stack(void **state)
{
    (void)state;
    for (uintptr_t address = LOW - 8192; address < HIGH_END + 8192; address++) {
        const struct stack *wanted = NULL;
        if (address >= LOW - 4096 && address < LOW)
            wanted = stack_at(0);
        if (address >= HIGH - 4096 && address < HIGH)
            wanted = stack_at(1);
        assert_ptr_equal(stack_guarded_at(address), wanted);
    }
}

static void sizes_and_addresses_at_the_end_of_memory_do_not_wrap(void **state)
{
    (void)state;
    assert_null(stack_holding(LOW, SIZE_MAX));
    assert_null(stack_holding(UINTPTR_MAX, 8));
    assert_null(stack_guarded_at(UINTPTR_MAX));
    assert_null(stack_guarded_at(0));
}

static void a_stack_too_many_is_refused(void **state)
{
    (void)state;
    struct stack more = {"more", 0x100000, 0x101000};
    for (size_t i = 2; i < STACK_LIMIT; i++)
        assert_int_equal(stack_register(&more), IVM_OK);

    assert_int_equal(stack_register(&more), IVM_EXHAUSTED);

    assert_non_null(stack_at(STACK_LIMIT - 1));
    assert_null(stack_at(STACK_LIMIT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_word_is_in_its_stack_or_in_none),
        cmocka_unit_test(every_guarded_byte_names_its_stack),
        cmocka_unit_test(sizes_and_addresses_at_the_end_of_memory_do_not_wrap),
        cmocka_unit_test(a_stack_too_many_is_refused),
    };
    return cmocka_run_group_tests(tests, register_two, NULL);
}
