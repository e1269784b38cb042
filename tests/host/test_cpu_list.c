/* test_cpu_list.c: which CPUs of the MADT are started, and how far two counters are apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arch/x86_64/cpu_list.h"
#include "arch/x86_64/tsc_skew.h"

static struct madt madt;

static struct cpu_list list_of(size_t count, const struct madt_cpu *cpus, uint32_t id_end)
{
    madt = (struct madt){.cpu_count = count};
    for (size_t i = 0; i < count; i++)
        madt.cpus[i] = cpus[i];
    return (struct cpu_list){.madt = &madt, .boot_id = 4, .id_end = id_end};
}

/* Gaps between ids, the CPU that boots in the middle, one disabled, one beyond 8 bits. */
static const struct madt_cpu cpus[] = {
    {.apic_id = 0, .enabled = true},
    {.apic_id = 4, .enabled = true},
    {.apic_id = 6, .online_capable = true},
    {.apic_id = 0xFE, .enabled = true},
    {.apic_id = 0xFF, .enabled = true},
    {.apic_id = 300, .enabled = true, .from_x2apic = true},
};
enum { CPUS = sizeof cpus / sizeof cpus[0] };

static void each_cpu_has_its_use_in_xapic_mode(void **state)
{
    (void)state;
    static const enum cpu_use uses[CPUS] = {CPU_TO_START, CPU_BOOTS,       CPU_DISABLED,
                                            CPU_TO_START, CPU_UNREACHABLE, CPU_UNREACHABLE};
    struct cpu_list list = list_of(CPUS, cpus, 0xFF);

    for (size_t i = 0; i < CPUS; i++)
        assert_int_equal(cpu_list_use(&list, &madt.cpus[i]), uses[i]);

    assert_int_equal(cpu_list_limit(&list), 3);
}

static void in_x2apic_mode_high_ids_are_started_too(void **state)
{
    (void)state;
    struct cpu_list list = list_of(CPUS, cpus, UINT32_MAX);
    assert_int_equal(cpu_list_limit(&list), 5);
}

static void the_cpus_to_start_are_found_in_the_order_of_the_table(void **state)
{
    (void)state;
    struct cpu_list list = list_of(CPUS, cpus, 0xFF);
    assert_int_equal(cpu_list_next(&list, 0), 0);
    assert_int_equal(cpu_list_next(&list, 1), 3);
    assert_int_equal(cpu_list_next(&list, 4), CPUS);
    assert_int_equal(cpu_list_next(&list, CPUS), CPUS);
}

static void the_cpu_that_boots_counts_even_where_no_table_lists_it(void **state)
{
    (void)state;
    struct cpu_list empty = list_of(0, NULL, 0xFF), others = list_of(1, cpus, 0xFF);
    assert_int_equal(cpu_list_limit(&others), 2);
    madt.cpu_count = 0;
    assert_int_equal(cpu_list_limit(&empty), 1);
}

static void a_table_that_is_full_is_used_whole(void **state)
{
    (void)state;
    struct cpu_list list = list_of(0, NULL, UINT32_MAX);
    madt.cpu_count = MADT_CPU_LIMIT;
    for (uint32_t i = 0; i < MADT_CPU_LIMIT; i++)
        madt.cpus[i] = (struct madt_cpu){.apic_id = i, .enabled = true};
    assert_int_equal(cpu_list_limit(&list), MADT_CPU_LIMIT);
}

/* Time-stamp counters. */

static void the_narrowest_exchange_says_how_far_a_counter_is_ahead(void **state)
{
    (void)state;
    const struct tsc_exchange exchanges[] = {
        {1000, 999999, 3000}, {5000, 15010, 5020}, {7000, 1, 7100}};

    struct tsc_skew skew = tsc_skew_of(exchanges, 3);

    assert_int_equal(skew.ahead, 10000);
    assert_int_equal(skew.within, 10);
}

static void a_counter_that_is_behind_is_ahead_by_a_negative_number(void **state)
{
    (void)state;
    const struct tsc_exchange exchange = {5000, 10, 5020};
    assert_int_equal((int64_t)tsc_skew_of(&exchange, 1).ahead, -5000);
}

static void a_counter_read_between_the_two_is_not_ahead(void **state)
{
    (void)state;
    for (uint64_t width = 0; width < 64; width++)
        for (uint64_t there = 0; there <= width + 1; there++) {
            const struct tsc_exchange exchange = {100, 100 + there, 100 + width};
            bool is_between = there <= width;
            assert_int_equal(tsc_skew_of(&exchange, 1).ahead == 0, is_between);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_cpu_has_its_use_in_xapic_mode),
        cmocka_unit_test(in_x2apic_mode_high_ids_are_started_too),
        cmocka_unit_test(the_cpus_to_start_are_found_in_the_order_of_the_table),
        cmocka_unit_test(the_cpu_that_boots_counts_even_where_no_table_lists_it),
        cmocka_unit_test(a_table_that_is_full_is_used_whole),
        cmocka_unit_test(the_narrowest_exchange_says_how_far_a_counter_is_ahead),
        cmocka_unit_test(a_counter_that_is_behind_is_ahead_by_a_negative_number),
        cmocka_unit_test(a_counter_read_between_the_two_is_not_ahead),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
