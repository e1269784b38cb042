/* test_pci_msix_table.c: where an MSI-X capability puts its table and its pending bits: what is refused
 * by name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "capability_bench.h"

static void base_addresses_6_and_7_do_not_exist(void **state)
{
    (void)state;
    for (uint32_t bar = 6; bar < 8; bar++) {
        set_up_msix(state);
        put32(0x74, bar);
        assert_int_equal(msix_fault(), PCI_FAULT_TABLE_BAR_NUMBER);
        assert_int_equal(msix_where(), 0x74);

        set_up_msix(state);
        put32(0x78, 0x1000 | bar);
        assert_int_equal(msix_fault(), PCI_FAULT_PENDING_BAR_NUMBER);
        assert_int_equal(msix_where(), 0x78);
    }
}

static void an_absent_base_address_is_refused(void **state)
{
    (void)state;
    put32(0x74, 2);
    assert_int_equal(msix_fault(), PCI_FAULT_TABLE_BAR_ABSENT);
    put32(0x74, 1);
    put32(0x78, 0x1000 | 4); /* the upper half of base address 3 */
    assert_int_equal(msix_fault(), PCI_FAULT_PENDING_BAR_ABSENT);
    put32(0x78, 0x1000 | 3);
    bars[3].base = 0; /* firmware gave it no place */
    assert_int_equal(msix_fault(), PCI_FAULT_PENDING_BAR_ABSENT);
}

static void ports_hold_no_table(void **state)
{
    (void)state;
    bars[3].is_port = true;
    put32(0x78, 0x1000 | 3);
    assert_int_equal(msix_fault(), PCI_FAULT_PENDING_BAR_PORT);
    put32(0x74, 3);
    assert_int_equal(msix_fault(), PCI_FAULT_TABLE_BAR_PORT);
}

static void a_table_larger_than_its_base_address_is_refused(void **state)
{
    (void)state;
    put16(0x72, 0x7FF);
    assert_int_equal(msix_fault(), PCI_FAULT_TABLE_BEYOND_BAR);
    assert_int_equal(msix_where(), 0x74);

    bars[3].size = 0x8000; /* just 2048 entries */
    put32(0x74, 3);
    assert_int_equal(msix_fault(), PCI_FAULT_NONE);
    put32(0x74, 8 | 3);
    assert_int_equal(msix_fault(), PCI_FAULT_TABLE_BEYOND_BAR);
}

static void an_offset_at_or_behind_the_end_is_refused(void **state)
{
    (void)state;
    put32(0x74, 0x2000 | 1);
    assert_int_equal(msix_fault(), PCI_FAULT_TABLE_BEYOND_BAR);
    put32(0x74, 0xFFFFFFF8 | 1);
    assert_int_equal(msix_fault(), PCI_FAULT_TABLE_BEYOND_BAR);
    put32(0x74, 1);
    put32(0x78, 0xFFFFFFF8 | 1);
    assert_int_equal(msix_fault(), PCI_FAULT_PENDING_BEYOND_BAR);
    put32(0x78, 0x2000 | 1);
    assert_int_equal(msix_fault(), PCI_FAULT_PENDING_BEYOND_BAR);
    put16(0x72, 64); /* the bits of 65 entries do not fit into the last 8 bytes */
    put32(0x78, 0x1FF8 | 1);
    assert_int_equal(msix_fault(), PCI_FAULT_PENDING_BEYOND_BAR);
    assert_int_equal(msix_where(), 0x78);
}

static void table_and_pending_bits_must_not_overlap(void **state)
{
    (void)state;
    static const uint32_t pending[] = {0x0000, 0x0008, 0x0038};
    for (size_t i = 0; i < sizeof pending / sizeof pending[0]; i++) {
        put32(0x78, pending[i] | 1);
        assert_int_equal(msix_fault(), PCI_FAULT_TABLE_AND_PENDING);
    }
    put32(0x78, 0x40 | 1);
    assert_int_equal(msix_fault(), PCI_FAULT_NONE);
}

static void overlap_is_seen_through_two_base_addresses(void **state)
{
    (void)state;
    bars[2] = bars[1];
    put32(0x78, 0x0010 | 2);

    assert_int_equal(msix_fault(), PCI_FAULT_TABLE_AND_PENDING);
}

static void a_base_address_beyond_physical_memory_is_refused(void **state)
{
    (void)state;
    space.physical_end = 0xFEB01000;
    assert_int_equal(msix_fault(), PCI_FAULT_TABLE_BAR_BEYOND);
    space.physical_end = 0xFEB02000;
    assert_int_equal(msix_fault(), PCI_FAULT_NONE);
    put32(0x78, 0x1000 | 3);
    assert_int_equal(msix_fault(), PCI_FAULT_PENDING_BAR_BEYOND);
}

static void a_base_address_that_wraps_is_refused(void **state)
{
    (void)state;
    space.physical_end = UINT64_MAX;
    bars[1] = (struct ivm_bar){.base = 0xFFFFFFFFFFFFE000, .size = 0x4000};
    assert_int_equal(msix_fault(), PCI_FAULT_TABLE_BAR_BEYOND);
    bars[1] = (struct ivm_bar){.base = 0xFEB00000, .size = UINT64_MAX};
    assert_int_equal(msix_fault(), PCI_FAULT_TABLE_BAR_BEYOND);
    bars[1] = (struct ivm_bar){.base = UINT64_MAX, .size = 1};
    assert_int_equal(msix_fault(), PCI_FAULT_TABLE_BAR_BEYOND);
}

static void every_fault_has_a_text_of_its_own(void **state)
{
    (void)state;
    for (int a = 0; a < PCI_FAULT_COUNT; a++) {
        assert_true(strlen(pci_fault_text((enum pci_fault)a)) > 8);
        for (int b = 0; b < a; b++)
            assert_string_not_equal(pci_fault_text((enum pci_fault)a),
                                    pci_fault_text((enum pci_fault)b));
    }
    assert_non_null(pci_fault_text(PCI_FAULT_COUNT));
}

int main(void)
{
#define X(test) cmocka_unit_test_setup(test, set_up_msix)
    const struct CMUnitTest tests[] = {
        X(base_addresses_6_and_7_do_not_exist),
        X(an_absent_base_address_is_refused),
        X(ports_hold_no_table),
        X(a_table_larger_than_its_base_address_is_refused),
        X(an_offset_at_or_behind_the_end_is_refused),
        X(table_and_pending_bits_must_not_overlap),
        X(overlap_is_seen_through_two_base_addresses),
        X(a_base_address_beyond_physical_memory_is_refused),
        X(a_base_address_that_wraps_is_refused),
        X(every_fault_has_a_text_of_its_own),
    };
#undef X
    return cmocka_run_group_tests_name("pci_msix_table", tests, NULL, NULL);
}
