/* test_pci_decode.c: what PCI base addresses and capability lists say, by themselves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/pci.h"

/* Base addresses. */

static uint8_t decode(const uint32_t values[6], const uint32_t sizes[6],
                      struct ivm_bar bars[6])
{
    memset(bars, 0xEE, 6 * sizeof *bars);
    return pci_decode_bars(values, sizes, bars);
}

static void every_power_of_two_is_a_memory_size(void **state)
{
    (void)state;
    for (unsigned bit = 4; bit < 32; bit++) {
        uint32_t size = ~((UINT32_C(1) << bit) - 1);
        struct ivm_bar bars[6];

        assert_int_equal(decode((uint32_t[6]){0x80000000}, (uint32_t[6]){size}, bars), 0);

        assert_true(bars[0].base == 0x80000000);
        assert_true(bars[0].size == UINT64_C(1) << bit);
        assert_false(bars[0].is_port);
    }
}

static void every_power_of_two_is_a_size_of_64_bits(void **state)
{
    (void)state;
    for (unsigned bit = 4; bit < 63; bit++) {
        uint64_t size = ~((UINT64_C(1) << bit) - 1);
        uint64_t base = UINT64_C(1) << 63;
        struct ivm_bar bars[6];

        assert_int_equal(
            decode((uint32_t[6]){0, 0xC, (uint32_t)(base >> 32)},
                   (uint32_t[6]){0, (uint32_t)size | 0xC, (uint32_t)(size >> 32)}, bars),
            0);

        assert_true(bars[1].base == base);
        assert_true(bars[1].size == UINT64_C(1) << bit);
        assert_true(bars[2].base == 0 && bars[2].size == 0);
    }
}

static void ports_may_leave_their_upper_half_unwired(void **state)
{
    (void)state;
    struct ivm_bar bars[6];

    assert_int_equal(
        decode((uint32_t[6]){0xC041, 0xC081}, (uint32_t[6]){0x0000FFC1, 0xFFFFFFE1}, bars),
        0);

    assert_true(bars[0].is_port && bars[0].base == 0xC040 && bars[0].size == 64);
    assert_true(bars[1].is_port && bars[1].base == 0xC080 && bars[1].size == 32);
}

static void an_absent_register_is_neither_there_nor_senseless(void **state)
{
    (void)state;
    struct ivm_bar bars[6];

    assert_int_equal(decode((uint32_t[6]){0}, (uint32_t[6]){0}, bars), 0);

    for (unsigned n = 0; n < 6; n++)
        assert_true(bars[n].base == 0 && bars[n].size == 0);
}

static void a_region_without_an_address_keeps_its_size(void **state)
{
    (void)state;
    struct ivm_bar bars[6];

    assert_int_equal(decode((uint32_t[6]){0}, (uint32_t[6]){0xFFFFF000}, bars), 0);

    assert_true(bars[0].base == 0 && bars[0].size == 0x1000);
}

static void senseless_registers_are_told_and_zeroed(void **state)
{
    (void)state;
    struct ivm_bar bars[6];

    /* a hole in the size; misaligned; reserved type; 64 bits wide in the last register */
    uint8_t senseless = decode(
        (uint32_t[6]){0x80000000, 0x80000800, 0x80000006, 0, 0, 4},
        (uint32_t[6]){0xFF0FF000, 0xFFFFF000, 0xFFFFF006, 0, 0xFFFFF000, 0xFFFFF004}, bars);

    assert_int_equal(senseless, 1 << 0 | 1 << 1 | 1 << 2 | 1 << 5);
    for (unsigned n = 0; n < 6; n++)
        assert_true(bars[n].size == (n == 4 ? 0x1000 : 0));
}

static void the_last_pair_of_registers_may_be_64_bits_wide(void **state)
{
    (void)state;
    struct ivm_bar bars[6];

    assert_int_equal(decode((uint32_t[6]){0, 0, 0, 0, 0xFE000004, 1},
                            (uint32_t[6]){0, 0, 0, 0, 0xFF000004, 0xFFFFFFFF}, bars),
                     0);

    assert_true(bars[4].base == 0x1FE000000 && bars[4].size == 0x1000000);
}

static void ports_that_no_machine_has_are_senseless(void **state)
{
    (void)state;
    struct ivm_bar bars[6];

    assert_int_equal(decode((uint32_t[6]){1}, (uint32_t[6]){0xFE000001}, bars), 1 << 0);

    assert_int_equal(decode((uint32_t[6]){0xC001}, (uint32_t[6]){0xFFFF0001}, bars),
                     1 << 0); /* misaligned */
}

/* Capability lists. */

struct list {
    uint8_t bytes[256];
    size_t reads;
};

static uint8_t read_list(void *context, uint8_t offset)
{
    struct list *list = context;
    list->reads++;
    return list->bytes[offset];
}

static void link_at(struct list *list, uint8_t at, uint8_t id, uint8_t next)
{
    list->bytes[at] = id;
    list->bytes[at + 1] = next;
}

static void a_capability_is_found_wherever_it_stands(void **state)
{
    (void)state;
    struct list list = {.bytes = {[PCI_STATUS] = 0x10, [PCI_CAPABILITIES] = 0x40}};
    link_at(&list, 0x40, 0x01, 0xF0);
    link_at(&list, 0xF0, 0x05, 0x53); /* the two low bits are reserved */
    link_at(&list, 0x50, 0x11, 0);

    assert_int_equal(pci_capability(read_list, &list, 0x01), 0x40);
    assert_int_equal(pci_capability(read_list, &list, 0x05), 0xF0);
    assert_int_equal(pci_capability(read_list, &list, 0x11), 0x50);
    assert_int_equal(pci_capability(read_list, &list, 0x10), 0);
}

static void without_the_status_bit_there_is_no_list(void **state)
{
    (void)state;
    struct list list = {.bytes = {[PCI_CAPABILITIES] = 0x40, [0x40] = 0x05}};

    assert_int_equal(pci_capability(read_list, &list, 0x05), 0);
}

static void a_pointer_into_the_header_ends_the_list(void **state)
{
    (void)state;
    struct list list = {.bytes = {[PCI_STATUS] = 0x10, [PCI_CAPABILITIES] = 0x40}};
    link_at(&list, 0x40, 0x01, 0x3C);
    list.bytes[0x3C] = 0x05;

    assert_int_equal(pci_capability(read_list, &list, 0x05), 0);
}

static void a_loop_of_any_length_ends(void **state)
{
    (void)state;
    for (unsigned length = 1; length <= 48; length++) {
        struct list list = {.bytes = {[PCI_STATUS] = 0x10, [PCI_CAPABILITIES] = 0x40}};
        for (unsigned n = 0; n < length; n++)
            link_at(&list, (uint8_t)(0x40 + 4 * n), 0x01,
                    (uint8_t)(0x40 + 4 * ((n + 1) % length)));

        assert_int_equal(pci_capability(read_list, &list, 0x05), 0);
        assert_true(list.reads <= 2 + 2 * 48);
    }
}

static void the_longest_list_is_read_to_its_end(void **state)
{
    (void)state;
    struct list list = {.bytes = {[PCI_STATUS] = 0x10, [PCI_CAPABILITIES] = 0x40}};
    for (unsigned n = 0; n < 48; n++)
        link_at(&list, (uint8_t)(0x40 + 4 * n), n == 47 ? 0x05 : 0x01,
                n == 47 ? 0 : (uint8_t)(0x44 + 4 * n));

    assert_int_equal(pci_capability(read_list, &list, 0x05), 0xFC);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_power_of_two_is_a_memory_size),
        cmocka_unit_test(every_power_of_two_is_a_size_of_64_bits),
        cmocka_unit_test(ports_may_leave_their_upper_half_unwired),
        cmocka_unit_test(an_absent_register_is_neither_there_nor_senseless),
        cmocka_unit_test(a_region_without_an_address_keeps_its_size),
        cmocka_unit_test(senseless_registers_are_told_and_zeroed),
        cmocka_unit_test(the_last_pair_of_registers_may_be_64_bits_wide),
        cmocka_unit_test(ports_that_no_machine_has_are_senseless),
        cmocka_unit_test(a_capability_is_found_wherever_it_stands),
        cmocka_unit_test(without_the_status_bit_there_is_no_list),
        cmocka_unit_test(a_pointer_into_the_header_ends_the_list),
        cmocka_unit_test(a_loop_of_any_length_ends),
        cmocka_unit_test(the_longest_list_is_read_to_its_end),
    };
    return cmocka_run_group_tests_name("pci decode", tests, NULL, NULL);
}
