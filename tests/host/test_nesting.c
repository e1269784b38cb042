/* test_nesting.c: the check of the start believes a machine that nests, and names one that does not. */
#include "fake/world.h"

#include <string.h>

#include "fake/system.h"
#include "kernel/system/nesting.h"

static void a_machine_that_nests_by_priority_is_believed(void **state)
{
    (void)state;
    assert_true(nesting_check());
    assert_int_equal(world_totals().vectors_used, 0);
}

/* Interrupts off: none of its interrupts comes, and the waits end by their bound. */
static void a_machine_that_delivers_nothing_is_named(void **state)
{
    (void)state;
    model_interrupts(false);
    assert_false(nesting_check());
    model_interrupts(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_machine_that_nests_by_priority_is_believed),
        WORLD_TEST(a_machine_that_delivers_nothing_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
