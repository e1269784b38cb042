/* test_pci_decode.c: what PCI base addresses say, by themselves. */
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
    };
    return cmocka_run_group_tests_name("pci decode", tests, NULL, NULL);
}
