/* test_pci_capability.c: capability lists as bytes: what is read, and what is refused by name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "capability_bench.h"

static struct pci_msi msi;

static enum pci_fault msi_fault(void)
{
    struct pci_msi before;
    memset(&msi, 0xA5, sizeof msi);
    before = msi;
    enum pci_fault fault = pci_capability_msi(&space, &msi).fault;
    if (fault != PCI_FAULT_NONE)
        assert_memory_equal(&msi, &before, sizeof msi);
    return fault;
}

static uint8_t msi_where(void)
{
    return pci_capability_msi(&space, &msi).at;
}

/* What is read. */

static void each_form_of_msi_has_its_registers_where_the_standard_puts_them(void **state)
{
    static const struct {
        unsigned control;
        struct pci_msi expected;
    } forms[] = {
        {0x0000, {.count = 1, .address = 4, .data = 8}},
        {0x0080, {.count = 1, .is_64 = true, .address = 4, .address_high = 8, .data = 12}},
        {0x0102, {.count = 2, .address = 4, .data = 8, .mask = 12, .pending = 16}},
        {0x018A,
         {.count = 32,
          .is_64 = true,
          .address = 4,
          .address_high = 8,
          .data = 12,
          .mask = 16,
          .pending = 20}},
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        set_up(state);
        add(0x60, PCI_CAPABILITY_MSI, forms[i].control);

        assert_int_equal(msi_fault(), PCI_FAULT_NONE);

        const struct pci_msi *expected = &forms[i].expected;
        assert_int_equal(msi.at, 0x60);
        assert_int_equal(msi.control, 0x62);
        assert_int_equal(msi.count, expected->count);
        assert_int_equal(msi.is_64, expected->is_64);
        assert_int_equal(msi.address, 0x60 + expected->address);
        assert_int_equal(msi.data, 0x60 + expected->data);
        assert_int_equal(msi.address_high, expected->is_64 ? 0x60 + 8 : 0);
        assert_int_equal(msi.mask, expected->mask != 0 ? 0x60 + expected->mask : 0);
        assert_int_equal(msi.pending, expected->mask != 0 ? 0x60 + expected->pending : 0);
    }
}

static void every_number_of_msi_messages_is_a_power_of_two_or_reserved(void **state)
{
    for (unsigned log = 0; log < 8; log++) {
        set_up(state);
        add(0x60, PCI_CAPABILITY_MSI, log << 1);

        assert_int_equal(msi_fault(), log < 6 ? PCI_FAULT_NONE : PCI_FAULT_MSI_COUNT);

        if (log < 6)
            assert_int_equal(msi.count, 1 << log);
        else
            assert_int_equal(msi_where(), 0x62);
    }
}

static void a_sound_msix_capability_says_where_its_structures_lie(void **state)
{
    (void)state;
    assert_int_equal(msix_fault(), PCI_FAULT_NONE);

    assert_int_equal(msix.at, 0x70);
    assert_int_equal(msix.control, 0x72);
    assert_int_equal(msix.count, 4);
    assert_int_equal(msix.table, 0xFEB00000);
    assert_int_equal(msix.pending, 0xFEB01000);
    assert_int_equal(msix.table_bar, 1);
    assert_int_equal(msix.pending_bar, 1);
    assert_int_equal(pci_msix_table_size(&msix), 64);
    assert_int_equal(pci_msix_pending_size(&msix), 8);
}

static void table_and_pending_bits_may_lie_in_two_base_addresses_above_4_gib(void **state)
{
    (void)state;
    put32(0x74, 0x4000 | 3);
    put16(0x72, 0xC000 | 255);

    assert_int_equal(msix_fault(), PCI_FAULT_NONE);

    assert_int_equal(msix.count, 256);
    assert_int_equal(msix.table, 0x800004000);
    assert_int_equal(pci_msix_table_size(&msix), 0x1000);
    assert_int_equal(pci_msix_pending_size(&msix), 32);
}

static void structures_may_touch_each_other_and_the_end_of_their_base_address(void **state)
{
    (void)state;
    put16(0x72, 64); /* 65 entries: 0x410 bytes and 16 */
    put32(0x74, 0x1BE0 | 1);
    put32(0x78, 0x1FF0 | 1);
    assert_int_equal(msix_fault(), PCI_FAULT_NONE);

    put32(0x74, (0x1FF0 - 0x410) | 1);
    assert_int_equal(msix_fault(), PCI_FAULT_NONE);

    put32(0x74, (0x1FF8 - 0x410) | 1);
    assert_int_equal(msix_fault(), PCI_FAULT_TABLE_AND_PENDING);
    put32(0x74, 0x0010 | 1);
    put32(0x78, 0x0000 | 1);
    assert_int_equal(msix_fault(), PCI_FAULT_NONE);
}

static void the_reserved_low_bits_of_a_pointer_are_ignored(void **state)
{
    (void)state;
    space.bytes[0x34] |= 3;
    space.bytes[0x71] |= 1;

    assert_int_equal(msix_fault(), PCI_FAULT_NONE);
}

static void
a_bridge_s_list_begins_where_a_device_s_does_and_a_cardbus_one_s_not(void **state)
{
    (void)state;
    space.bytes[0x0E] = 0x81;
    assert_int_equal(msix_fault(), PCI_FAULT_NONE);

    space.bytes[0x0E] = 0x02;
    assert_int_equal(msix_fault(), PCI_FAULT_ABSENT);
    space.bytes[0x14] = 0x70;
    assert_int_equal(msix_fault(), PCI_FAULT_NONE);
}

static void the_longest_list_is_walked_to_its_end(void **state)
{
    (void)state;
    for (unsigned at = 0x40; at < 0x100; at += 4)
        add((uint8_t)at, at == 0x40 ? 0x0B : 0x09, 0);
    uint8_t at = 0;

    assert_int_equal(pci_capability_find(&space, 0x0B, &at).fault, PCI_FAULT_NONE);
    assert_int_equal(at, 0x40);
}

/* What is refused: the list. */

static void a_function_that_does_not_answer_is_silent(void **state)
{
    (void)state;
    memset(space.bytes, 0xFF, sizeof space.bytes);

    assert_int_equal(msi_fault(), PCI_FAULT_SILENT);
    assert_int_equal(msix_fault(), PCI_FAULT_SILENT);
}

static void a_function_without_a_list_has_no_capability_whatever_its_pointer(void **state)
{
    (void)state;
    space.bytes[0x06] = 0;

    assert_int_equal(msix_fault(), PCI_FAULT_ABSENT);
}

static void an_empty_list_and_one_of_others_have_no_capability(void **state)
{
    (void)state;
    assert_int_equal(msi_fault(), PCI_FAULT_ABSENT);

    space.bytes[0x34] = 0;
    assert_int_equal(msix_fault(), PCI_FAULT_ABSENT);
}

static void an_unknown_header_is_refused(void **state)
{
    (void)state;
    space.bytes[0x0E] = 0x7D;

    assert_int_equal(msix_fault(), PCI_FAULT_HEADER_UNKNOWN);
    assert_int_equal(msix_where(), 0x0E);
}

static void every_pointer_into_the_header_is_refused(void **state)
{
    (void)state;
    for (unsigned pointer = 4; pointer < 0x40; pointer++) {
        space.bytes[0x51] = (uint8_t)pointer;
        assert_int_equal(msix_fault(), PCI_FAULT_LIST_IN_HEADER);
        assert_int_equal(msix_where(), 0x51);
    }
    space.bytes[0x34] = 0x10;
    assert_int_equal(msix_fault(), PCI_FAULT_LIST_IN_HEADER);
    assert_int_equal(msix_where(), 0x34);
}

static void a_capability_that_points_to_itself_is_a_loop(void **state)
{
    (void)state;
    space.bytes[0x71] = 0x70;

    assert_int_equal(msix_fault(), PCI_FAULT_LIST_LOOPS);
    assert_int_equal(msix_where(), 0x71);
}

static void two_that_point_to_each_other_are_a_loop(void **state)
{
    (void)state;
    space.bytes[0x51] = 0x70;

    assert_int_equal(msix_fault(), PCI_FAULT_LIST_LOOPS);
}

static void a_loop_behind_the_capability_is_found_as_well(void **state)
{
    (void)state;
    space.bytes[0x51] = 0x50;

    assert_int_equal(msix_fault(), PCI_FAULT_LIST_LOOPS);
}

static void a_loop_of_all_48_places_ends(void **state)
{
    (void)state;
    for (unsigned at = 0x40; at < 0x100; at += 4)
        add((uint8_t)at, 0x09, 0);
    space.bytes[0x41] = 0xFC;

    assert_int_equal(msix_fault(), PCI_FAULT_LIST_LOOPS);
}

static void a_capability_of_all_ones_is_unreadable(void **state)
{
    (void)state;
    space.bytes[0x51] = 0x90;
    memset(space.bytes + 0x90, 0xFF, 16);

    assert_int_equal(msix_fault(), PCI_FAULT_LIST_UNREADABLE);
    assert_int_equal(msix_where(), 0x90);
}

static void two_capabilities_of_one_kind_are_refused(void **state)
{
    add(0xA0, PCI_CAPABILITY_MSIX, 3);
    assert_int_equal(msix_fault(), PCI_FAULT_TWICE);
    assert_int_equal(msix_where(), 0xA0);

    set_up(state);
    add(0x60, PCI_CAPABILITY_MSI, 0);
    add(0xA0, PCI_CAPABILITY_MSI, 0);
    assert_int_equal(msi_fault(), PCI_FAULT_TWICE);
}

static void a_capability_must_end_within_configuration_space(void **state)
{
    static const struct {
        unsigned control, size;
    } forms[] = {{0, 0x0A}, {0x80, 0x0E}, {0x100, 0x14}, {0x180, 0x18}};
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        for (unsigned at = 0x40; at < 0x100; at += 4) {
            set_up(state);
            add((uint8_t)at, PCI_CAPABILITY_MSI, forms[i].control);
            bool fits = at + forms[i].size <= 0x100;
            assert_int_equal(msi_fault(), fits ? PCI_FAULT_NONE : PCI_FAULT_PAST_END);
        }
    set_up(state);
    add(0xF8, PCI_CAPABILITY_MSIX, 0);
    assert_int_equal(msix_fault(), PCI_FAULT_PAST_END);
    assert_int_equal(msix_where(), 0xF8);
}

static void another_capability_must_not_begin_inside(void **state)
{
    (void)state;
    add(0x78, 0x09, 0);
    assert_int_equal(msix_fault(), PCI_FAULT_CAPABILITIES_MIX);
    assert_int_equal(msix_where(), 0x78);

    set_up(state);
    add(0x60, PCI_CAPABILITY_MSI, 0x180);
    add(0x74, 0x09, 0);
    assert_int_equal(msi_fault(), PCI_FAULT_CAPABILITIES_MIX);
    space.bytes[0x62] = 0x80, space.bytes[0x63] = 0;
    assert_int_equal(msi_fault(), PCI_FAULT_NONE);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup(test, set_up)
#define X(test) cmocka_unit_test_setup(test, set_up_msix)
    const struct CMUnitTest tests[] = {
        T(each_form_of_msi_has_its_registers_where_the_standard_puts_them),
        T(every_number_of_msi_messages_is_a_power_of_two_or_reserved),
        X(a_sound_msix_capability_says_where_its_structures_lie),
        X(table_and_pending_bits_may_lie_in_two_base_addresses_above_4_gib),
        X(structures_may_touch_each_other_and_the_end_of_their_base_address),
        X(the_reserved_low_bits_of_a_pointer_are_ignored),
        X(a_bridge_s_list_begins_where_a_device_s_does_and_a_cardbus_one_s_not),
        T(the_longest_list_is_walked_to_its_end),
        X(a_function_that_does_not_answer_is_silent),
        X(a_function_without_a_list_has_no_capability_whatever_its_pointer),
        X(an_empty_list_and_one_of_others_have_no_capability),
        X(an_unknown_header_is_refused),
        X(every_pointer_into_the_header_is_refused),
        X(a_capability_that_points_to_itself_is_a_loop),
        X(two_that_point_to_each_other_are_a_loop),
        X(a_loop_behind_the_capability_is_found_as_well),
        X(a_loop_of_all_48_places_ends),
        X(a_capability_of_all_ones_is_unreadable),
        X(two_capabilities_of_one_kind_are_refused),
        T(a_capability_must_end_within_configuration_space),
        X(another_capability_must_not_begin_inside),
    };
#undef X
#undef T
    return cmocka_run_group_tests_name("pci_capability", tests, NULL, NULL);
}
