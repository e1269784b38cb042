/* test_msi_format.c: messages of devices: address and data, every field in its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arch/x86_64/msi_format.h"

static const enum msi_delivery deliveries[] = {
    MSI_FIXED, MSI_LOWEST_PRIORITY, MSI_SMI, MSI_NMI, MSI_INIT, MSI_EXTINT};

static void for_every_message(void (*check)(const struct msi *msi))
{
    for (size_t delivery = 0; delivery < 6; delivery++)
        for (unsigned bits = 0; bits < 16; bits++)
            for (unsigned vector = 0; vector < 256; vector++) {
                const struct msi msi = {
                    .destination = (uint8_t)(vector * 7),
                    .vector = (uint8_t)vector,
                    .destination_mode = (enum msi_destination_mode)(bits & 1),
                    .hint = (enum msi_hint)(bits >> 1 & 1),
                    .delivery = deliveries[delivery],
                    .level = (enum msi_level)(bits >> 2 & 1),
                    .trigger = (bits & 8) != 0 ? IVM_LEVEL : IVM_EDGE,
                };
                check(&msi);
            }
}

static void check_bits(const struct msi *msi)
{
    uint32_t address = msi_address(msi), data = msi_data(msi);
    assert_int_equal(address >> 20, 0xFEE);
    assert_int_equal(address >> 12 & 0xFF, msi->destination);
    assert_int_equal(address >> 4 & 0xFF, 0);
    assert_int_equal(address >> 3 & 1, msi->hint);
    assert_int_equal(address >> 2 & 1, msi->destination_mode);
    assert_int_equal(address & 3, 0);
    assert_int_equal(data & 0xFF, msi->vector);
    assert_int_equal(data >> 8 & 7, msi->delivery);
    assert_int_equal(data >> 11 & 7, 0);
    assert_int_equal(data >> 14 & 1, msi->level == MSI_ASSERT);
    assert_int_equal(data >> 15 & 1, msi->trigger == IVM_LEVEL);
    assert_int_equal(data >> 16, 0);
    assert_true(msi_is_address(address));
}

static void every_field_lies_where_the_manual_says(void **state)
{
    (void)state;
    for_every_message(check_bits);
}

static void check_round_trip(const struct msi *msi)
{
    const struct msi back = msi_decode(msi_address(msi), msi_data(msi));
    assert_int_equal(back.destination, msi->destination);
    assert_int_equal(back.vector, msi->vector);
    assert_int_equal(back.destination_mode, msi->destination_mode);
    assert_int_equal(back.hint, msi->hint);
    assert_int_equal(back.delivery, msi->delivery);
    assert_int_equal(back.level, msi->level);
    assert_int_equal(back.trigger, msi->trigger);
}

static void every_message_is_read_as_it_was_written(void **state)
{
    (void)state;
    for_every_message(check_round_trip);
}

static void only_ids_of_eight_bits_are_reached(void **state)
{
    (void)state;
    assert_true(msi_reaches(0));
    assert_true(msi_reaches(254));
    assert_false(msi_reaches(255)); /* every CPU */
    assert_false(msi_reaches(256));
    assert_false(msi_reaches(UINT32_MAX));
}

static void only_one_window_is_an_interrupt(void **state)
{
    (void)state;
    assert_true(msi_is_address(0xFEE00000));
    assert_true(msi_is_address(0xFEEFFFFC));
    assert_false(msi_is_address(0xFEDFFFFC));
    assert_false(msi_is_address(0xFEF00000));
    assert_false(msi_is_address(UINT64_C(0x1FEE00000)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_lies_where_the_manual_says),
        cmocka_unit_test(every_message_is_read_as_it_was_written),
        cmocka_unit_test(only_ids_of_eight_bits_are_reached),
        cmocka_unit_test(only_one_window_is_an_interrupt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
