/* test_pci_list.c: a function's configuration space, read; and its capabilities in the list's order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/pci_capability.h"
#include "fake/hardware.h"
#include "fake/pci_space.h"

static struct fake_function *function;
static struct ivm_pci pci;
static struct pci_space space;
static struct pci_list list;

static int set_up(void **state)
{
    (void)state;
    fake_hardware_reset();
    fake_cpu.interrupts_on = true;
    fake_pci_start();
    function = fake_pci_add(0, 9, 3, 0x00061B36);
    fake_pci_put16(function, 0x06, 0x10);
    pci = (struct ivm_pci){.slot = 9, .function = 3};
    memset(&list, 0xA5, sizeof list);
    return 0;
}

static void link_at(uint8_t at, uint8_t id, uint8_t next)
{
    function->bytes[at] = id;
    function->bytes[at + 1] = next;
}

static enum pci_fault read_list(void)
{
    pci_space_read(&pci, &space);
    return pci_capability_list(&space, &list).fault;
}

static void all_bytes_of_a_function_are_read(void **state)
{
    (void)state;
    for (unsigned at = 4; at < PCI_CONFIG_SIZE; at++)
        function->bytes[at] = (uint8_t)(at * 7);

    pci_space_read(&pci, &space);

    assert_memory_equal(space.bytes, function->bytes, PCI_CONFIG_SIZE);
    assert_ptr_equal(space.bars, pci.bars);
    assert_int_equal(space.physical_end, UINT64_C(1) << 36);
    assert_int_equal(fake_log_count_of(FAKE_PORT_WRITE, 0xCFC), 0);
}

static void what_is_not_there_reads_as_silent(void **state)
{
    (void)state;
    pci.slot = 10;
    assert_int_equal(read_list(), PCI_FAULT_SILENT);
}

/* Which of two of a kind a device prefers is said by nothing else. */
static void capabilities_are_told_in_the_order_of_the_list(void **state)
{
    (void)state;
    function->bytes[0x34] = 0x60;
    link_at(0x60, 0x09, 0xF3); /* the two low bits are reserved */
    link_at(0xF0, 0x09, 0x40);
    link_at(0x40, 0x11, 0);

    assert_int_equal(read_list(), PCI_FAULT_NONE);

    assert_int_equal(list.count, 3);
    assert_memory_equal(list.at, ((uint8_t[]){0x60, 0xF0, 0x40}), 3);
    assert_int_equal(list.words,
                     UINT64_C(1) << 0x18 | UINT64_C(1) << 0x3C | UINT64_C(1) << 0x10);
}

static void the_longest_list_just_fits(void **state)
{
    (void)state;
    function->bytes[0x34] = 0x40;
    for (unsigned at = 0x40; at < PCI_CONFIG_SIZE; at += 4)
        link_at((uint8_t)at, 0x09, (uint8_t)(at + 4));

    assert_int_equal(read_list(), PCI_FAULT_NONE);

    assert_int_equal(list.count, 48);
    assert_int_equal(list.at[47], 0xFC);
}

static void of_a_list_that_is_wrong_nothing_is_told(void **state)
{
    (void)state;
    struct pci_list before = list;
    function->bytes[0x34] = 0x40;
    link_at(0x40, 0x09, 0x44);
    link_at(0x44, 0x09, 0x40);
    assert_int_equal(read_list(), PCI_FAULT_LIST_LOOPS);
    fake_pci_put16(function, 0x06, 0);
    assert_int_equal(read_list(), PCI_FAULT_ABSENT);

    assert_memory_equal(&list, &before, sizeof list);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup(test, set_up)
    const struct CMUnitTest tests[] = {
        T(all_bytes_of_a_function_are_read),
        T(what_is_not_there_reads_as_silent),
        T(capabilities_are_told_in_the_order_of_the_list),
        T(the_longest_list_just_fits),
        T(of_a_list_that_is_wrong_nothing_is_told),
    };
#undef T
    return cmocka_run_group_tests_name("pci_list", tests, NULL, NULL);
}
