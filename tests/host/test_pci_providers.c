/* test_pci_providers.c: PCI pins when several can say where they arrive: who counts, and what is said
 * when they disagree.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <ivm/bus.h>

#include "drivers/pci.h"
#include "drivers/pci_route.h"
#include "fake/hardware.h"
#include "fake/mp_lines.h"
#include "fake/pci_space.h"
#include "fake/system.h"
#include "route_bench.h"

static int set_up(void **state)
{
    (void)state;
    route_bench_start();
    return 0;
}

static void start_pc(void)
{
    route_bench_pc(QEMU_BOARD);
    pci_route_start();
}

static void start_q35(void)
{
    route_bench_q35(QEMU_BOARD);
    pci_route_start();
}

static void the_mp_table_speaks_where_the_chipset_is_unknown(void **state)
{
    (void)state;
    fake_pci_add(0, 0, 0, 0x14B51022);
    fake_pci_add(0, 3, 0, 0x11E81234)->bytes[PCI_INTERRUPT_LINE] = 5;
    fake_pci_add(0, 4, 0, 0x11E81234)->bytes[PCI_INTERRUPT_LINE] = 5;
    fake_mp_wire(0, 3, 2, 19);
    pci_route_start();
    struct ivm_line_info line;

    assert_true(route(0, 3, 2, &line));
    assert_int_equal(line.gsi, 19);
    assert_string_equal(line.known_from, "MP table");
    assert_false(pci_route_is_unproven(&line));
    assert_true(route(0, 4, 2, &line));
    assert_int_equal(line.gsi, 5);
    assert_true(pci_route_is_unproven(&line));
    assert_int_equal(fake_log_text_count("counts"), 0);
}

static void the_mp_table_is_asked_for_the_function_before_its_bridges(void **state)
{
    (void)state;
    fake_pci_add(0, 0, 0, 0x14B51022);
    fake_pci_add_bridge(0, 6, 1);
    fake_pci_add(1, 2, 0, 0x11E81234);
    fake_pci_add(1, 3, 0, 0x11E81234);
    pci_route_start();
    pci_walk(ignore, NULL);
    fake_mp_wire(1, 2, 1, 40);
    fake_mp_wire(0, 6, pci_swizzle(2, 1), 17);
    fake_mp_wire(0, 6, pci_swizzle(3, 1), 18);

    assert_int_equal(gsi_of(1, 2, 1), 40);
    assert_int_equal(gsi_of(1, 3, 1), 18);
}

static void two_that_disagree_are_both_named_and_the_first_counts(void **state)
{
    (void)state;
    start_q35();
    fake_pci_add(0, 5, 0, 0x11E81234)->bytes[PCI_INTERRUPT_LINE] = 11;
    fake_mp_wire(0, 5, 1, 10);
    fake_mp_wire(0, 6, 1, 22);

    assert_int_equal(gsi_of(0, 5, 1), 21);
    assert_int_equal(gsi_of(0, 6, 1), 22);

    assert_non_null(strstr(fake_log_text(),
                           "pci 00:05.0 INTA: gsi 21, level, high by ICH9 PIRQ, but gsi "
                           "10, level, high by MP table; the first counts\n"));
    assert_int_equal(fake_log_text_count("counts"), 1);
}

static void one_line_by_two_with_another_polarity_is_a_disagreement(void **state)
{
    (void)state;
    start_pc();
    fake_mp_wire(0, 5, 1, 10);

    assert_int_equal(gsi_of(0, 5, 1), 10);

    assert_int_equal(fake_log_text_count("gsi 10, level, low by PIIX PIRQ, but gsi 10, "
                                         "level, high by MP table"),
                     1);
}

static void nobody_is_asked_about_a_way_that_the_chipset_has_cut(void **state)
{
    (void)state;
    start_pc();
    isa_bridge->bytes[0x60] = 0x80;
    fake_pci_add(0, 5, 0, 0x11E81234)->bytes[PCI_INTERRUPT_LINE] = 11;
    fake_mp_wire(0, 5, 1, 10);
    struct ivm_line_info line = {.gsi = 77};

    assert_int_equal(piix_link(5, 1), 0);
    assert_false(route(0, 5, 1, &line));
    assert_int_equal(line.gsi, 77);
}

static void a_line_register_without_such_an_isa_line_says_nothing(void **state)
{
    (void)state;
    fake_pci_add(0, 0, 0, 0x14B51022);
    fake_pci_add(0, 3, 0, 0x11E81234)->bytes[PCI_INTERRUPT_LINE] =
        21; /* a gsi, by its looks */
    pci_route_start();
    struct ivm_line_info line;

    assert_false(route(0, 3, 1, &line));
}

int main(void)
{
#define T(test) cmocka_unit_test_setup(test, set_up)
    const struct CMUnitTest tests[] = {
        T(the_mp_table_speaks_where_the_chipset_is_unknown),
        T(the_mp_table_is_asked_for_the_function_before_its_bridges),
        T(two_that_disagree_are_both_named_and_the_first_counts),
        T(one_line_by_two_with_another_polarity_is_a_disagreement),
        T(nobody_is_asked_about_a_way_that_the_chipset_has_cut),
        T(a_line_register_without_such_an_isa_line_says_nothing),
    };
#undef T
    return cmocka_run_group_tests_name("pci providers", tests, NULL, NULL);
}
