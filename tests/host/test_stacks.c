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
    static struct stack low = {.name = "low", .first = LOW, .end = LOW_END},
                        high = {.name = "high", .first = HIGH, .end = HIGH_END};
    stack_register(&low);
    stack_register(&high);
    return 0;
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

static void there_are_as_many_stacks_as_there_is_storage_for(void **state)
{
    (void)state;
    enum { MORE = 1500, FIRST = 0x100000, SIZE = 0x2000 };
    static struct stack more[MORE];
    for (size_t i = 0; i < MORE; i++) {
        uintptr_t first = FIRST + i * SIZE;
        more[i] = (struct stack){.name = "more", .first = first, .end = first + 0x1000};
        stack_register(&more[i]);
    }

    assert_ptr_equal(stack_at(2), &more[0]);
    assert_ptr_equal(stack_at(2 + MORE - 1), &more[MORE - 1]);
    assert_null(stack_at(2 + MORE));
    assert_ptr_equal(stack_holding(FIRST + (MORE - 1) * SIZE, 8), &more[MORE - 1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_word_is_in_its_stack_or_in_none),
        cmocka_unit_test(every_guarded_byte_names_its_stack),
        cmocka_unit_test(sizes_and_addresses_at_the_end_of_memory_do_not_wrap),
        cmocka_unit_test(there_are_as_many_stacks_as_there_is_storage_for),
    };
    return cmocka_run_group_tests(tests, register_two, NULL);
}
