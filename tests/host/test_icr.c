/* test_icr.c: messages between CPUs: every field in its place, in both modes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arch/x86_64/icr.h"

static const enum icr_delivery deliveries[] = {
    ICR_FIXED, ICR_LOWEST_PRIORITY, ICR_SMI, ICR_NMI, ICR_INIT, ICR_STARTUP};

static void check(const struct icr *icr)
{
    uint32_t low = icr_low(icr);
    assert_int_equal(low & 0xFF, icr->vector);
    assert_int_equal(low >> 8 & 7, icr->delivery);
    assert_int_equal(low >> 11 & 1, icr->destination_mode);
    assert_int_equal(low >> 12 & 3, 0);
    assert_int_equal(low >> 14 & 1, icr->level == ICR_ASSERT);
    assert_int_equal(low >> 15 & 1, icr->trigger);
    assert_int_equal(low >> 16 & 3, 0);
    assert_int_equal(low >> 18 & 3, icr->shorthand);
    assert_int_equal(low >> 20, 0);
    assert_int_equal(icr_x2apic(icr) & UINT32_MAX, low);
    assert_int_equal(icr_x2apic(icr) >> 32, icr->destination);
}

static void every_field_lies_where_the_manual_says(void **state)
{
    (void)state;
    for (size_t delivery = 0; delivery < 6; delivery++)
        for (unsigned bits = 0; bits < 32; bits++)
            for (unsigned vector = 0; vector < 256; vector++) {
                const struct icr icr = {
                    .destination = 0x80000000u | vector,
                    .vector = (uint8_t)vector,
                    .delivery = deliveries[delivery],
                    .destination_mode = (enum icr_destination_mode)(bits & 1),
                    .level = (enum icr_level)(bits >> 1 & 1),
                    .trigger = (enum icr_trigger)(bits >> 2 & 1),
                    .shorthand = (enum icr_shorthand)(bits >> 3),
                };
                check(&icr);
            }
}

static void an_xapic_destination_is_the_top_byte(void **state)
{
    (void)state;
    for (uint32_t destination = 0; destination < 256; destination++) {
        const struct icr icr = {.destination = destination};
        assert_int_equal(icr_xapic_high(&icr), destination << 24);
    }
}

/* [SDM3A] "MP Initialization Protocol Algorithm for MP Systems" gives these words. */
static void the_start_up_messages_are_the_manuals(void **state)
{
    (void)state;
    const struct icr init = {.delivery = ICR_INIT, .shorthand = ICR_TO_OTHERS};
    const struct icr startup = {
        .vector = 0x08, .delivery = ICR_STARTUP, .shorthand = ICR_TO_OTHERS};
    assert_int_equal(icr_low(&init), 0xC4500);
    assert_int_equal(icr_low(&startup), 0xC4608);
}

static void zero_is_a_fixed_interrupt_to_a_physical_destination(void **state)
{
    (void)state;
    const struct icr icr = {.destination = 2, .vector = 0x41};
    assert_int_equal(icr_low(&icr), 0x4041);
    assert_int_equal(icr_xapic_high(&icr), 0x02000000);
    assert_int_equal(icr_x2apic(&icr), UINT64_C(0x200004041));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_lies_where_the_manual_says),
        cmocka_unit_test(an_xapic_destination_is_the_top_byte),
        cmocka_unit_test(the_start_up_messages_are_the_manuals),
        cmocka_unit_test(zero_is_a_fixed_interrupt_to_a_physical_destination),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
