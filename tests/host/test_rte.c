/* test_rte.c: redirection entries: every mode, trigger, polarity, mask and vector. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arch/x86_64/rte.h"

static const enum rte_delivery deliveries[] = {
    RTE_FIXED, RTE_LOWEST_PRIORITY, RTE_SMI, RTE_NMI, RTE_INIT, RTE_EXTINT};

/* Every intent there is, but for the destination: 6 * 2 * 2 * 2 * 2 * 256 of them. */
static void for_every_entry(void (*check)(const struct rte *rte))
{
    for (size_t delivery = 0; delivery < 6; delivery++)
        for (unsigned bits = 0; bits < 16; bits++)
            for (unsigned vector = 0; vector < 256; vector++) {
                const struct rte rte = {
                    .vector = (uint8_t)vector,
                    .destination = (uint8_t)(vector ^ 0xA5),
                    .delivery = deliveries[delivery],
                    .destination_mode = (bits & 1) != 0 ? RTE_LOGICAL : RTE_PHYSICAL,
                    .polarity = (bits & 2) != 0 ? IVM_ACTIVE_LOW : IVM_ACTIVE_HIGH,
                    .trigger = (bits & 4) != 0 ? IVM_LEVEL : IVM_EDGE,
                    .masked = (bits & 8) != 0,
                };
                check(&rte);
            }
}

/* Put together from the datasheet's table, field by field. */
static void check_bits(const struct rte *rte)
{
    uint32_t low = rte_low(rte);
    assert_int_equal(low & 0xFF, rte->vector);
    assert_int_equal(low >> 8 & 7, rte->delivery);
    assert_int_equal(low >> 11 & 1, rte->destination_mode == RTE_LOGICAL);
    assert_int_equal(low >> 12 & 1, 0);
    assert_int_equal(low >> 13 & 1, rte->polarity == IVM_ACTIVE_LOW);
    assert_int_equal(low >> 14 & 1, 0);
    assert_int_equal(low >> 15 & 1, rte->trigger == IVM_LEVEL);
    assert_int_equal(low >> 16 & 1, rte->masked);
    assert_int_equal(low >> 17, 0);
    assert_int_equal(rte_high(rte), (uint32_t)rte->destination << 24);
}

static void every_field_lies_where_the_datasheet_says(void **state)
{
    (void)state;
    for_every_entry(check_bits);
}

static void check_round_trip(const struct rte *rte)
{
    const struct rte back = rte_decode(rte_low(rte), rte_high(rte));
    assert_int_equal(back.vector, rte->vector);
    assert_int_equal(back.destination, rte->destination);
    assert_int_equal(back.delivery, rte->delivery);
    assert_int_equal(back.destination_mode, rte->destination_mode);
    assert_int_equal(back.polarity, rte->polarity);
    assert_int_equal(back.trigger, rte->trigger);
    assert_int_equal(back.masked, rte->masked);
    assert_false(back.delivery_pending);
    assert_false(back.remote_irr);
}

static void every_entry_is_read_as_it_was_written(void **state)
{
    (void)state;
    for_every_entry(check_round_trip);
}

static void every_destination_is_the_top_byte(void **state)
{
    (void)state;
    for (unsigned destination = 0; destination < 256; destination++) {
        const struct rte rte = {.destination = (uint8_t)destination};
        assert_int_equal(rte_high(&rte), destination << 24);
        assert_int_equal(rte_decode(0, destination << 24 | 0xFFFFFF).destination,
                         destination);
    }
}

static void the_chips_own_bits_are_read_and_never_written(void **state)
{
    (void)state;
    assert_true(rte_decode(1u << 12, 0).delivery_pending);
    assert_true(rte_decode(1u << 14, 0).remote_irr);
    const struct rte rte = {.delivery_pending = true, .remote_irr = true};
    assert_int_equal(rte_low(&rte), 0);
}

static void a_known_entry_has_its_known_bits(void **state)
{
    (void)state;
    const struct rte line = {.vector = 0x51,
                             .destination = 3,
                             .polarity = IVM_ACTIVE_LOW,
                             .trigger = IVM_LEVEL,
                             .masked = true};
    assert_int_equal(rte_low(&line), 0x1A051);
    assert_int_equal(rte_high(&line), 0x03000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_lies_where_the_datasheet_says),
        cmocka_unit_test(every_entry_is_read_as_it_was_written),
        cmocka_unit_test(every_destination_is_the_top_byte),
        cmocka_unit_test(the_chips_own_bits_are_read_and_never_written),
        cmocka_unit_test(a_known_entry_has_its_known_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
