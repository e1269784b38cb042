/* test_pci_route.c: where PCI interrupt pins arrive: every slot, pin, bridge and chipset.
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
#include "fake/pci_space.h"
#include "fake/system.h"
#include "route_bench.h"

#define RCBA UINT32_C(0xFED1C000)

static uint16_t rcrb[0x4000 / 2];
static int set_up(void **state)
{
    (void)state;
    route_bench_start();
    /* As QEMU's MADT overrides them. */
    for (uint8_t irq = 10; irq < 12; irq++)
        isa_lines[irq] =
            (struct ivm_line_info){irq, IVM_LEVEL, IVM_ACTIVE_HIGH, "override"};
    memset(rcrb, 0, sizeof rcrb);
    return 0;
}

static void begin(void)
{
    fake_log_clear();
    pci_route_start();
}

static void start_pc(uint32_t board)
{
    route_bench_pc(board);
    begin();
}

static void start_q35(uint32_t board, uint32_t rcba)
{
    route_bench_q35(board);
    fake_pci_put32(isa_bridge, 0xF0, rcba);
    memset(isa_bridge->bytes + 0x60, 10, 12);
    for (size_t i = 0x3140 / 2; i < 0x3152 / 2; i++)
        rcrb[i] = 0x3210;
    fake_mmio_memory(RCBA, rcrb, sizeof rcrb);
    begin();
}

/* The arithmetic. */

static void a_swizzle_turns_the_pins_by_the_slot(void **state)
{
    (void)state;
    for (uint8_t slot = 0; slot < 32; slot++) {
        unsigned seen = 0;
        for (uint8_t pin = 1; pin <= 4; pin++) {
            uint8_t out = pci_swizzle(slot, pin);
            assert_in_range(out, 1, 4);
            assert_int_equal((out + 4 - pin) % 4, slot % 4);
            seen |= 1U << out;
        }
        assert_int_equal(seen, 0x1E);
    }
}

static void links_and_pirqs_turn_with_slot_and_pin(void **state)
{
    (void)state;
    for (uint8_t slot = 0; slot < 32; slot++) {
        for (uint8_t pin = 1; pin <= 4; pin++) {
            uint8_t next = pin % 4 + 1;
            assert_in_range(piix_link(slot, pin), 0, 3);
            assert_int_equal(piix_link(slot, next), (piix_link(slot, pin) + 1) % 4);
            assert_int_equal(piix_link((uint8_t)(slot + 1), pin),
                             (piix_link(slot, pin) + 1) % 4);
            assert_in_range(ich9_pirq_by_slot(slot, pin), 4, 7);
            assert_int_equal(ich9_pirq_by_slot(slot, next) - 4,
                             (ich9_pirq_by_slot(slot, pin) - 3) % 4);
        }
    }
    assert_int_equal(piix_link(1, 1), 0); /* slot 1 begins the turn */
    assert_int_equal(ich9_pirq_by_slot(0, 1), 4);
}

static void a_route_register_holds_four_pins_of_three_bits(void **state)
{
    (void)state;
    for (unsigned value = 0; value <= 0xFFFF; value += 7) {
        uint16_t reg = (uint16_t)value;
        assert_int_equal(ich9_pirq_by_register(reg, 1), reg & 7);
        assert_int_equal(ich9_pirq_by_register(reg, 2), (reg & 0x70) / 0x10);
        assert_int_equal(ich9_pirq_by_register(reg, 3), (reg & 0x700) / 0x100);
        assert_int_equal(ich9_pirq_by_register(reg, 4), (reg & 0x7000) / 0x1000);
    }
}

/* The boards. */

static void slots_of_the_pc_arrive_as_measured(void **state)
{
    (void)state;
    start_pc(QEMU_BOARD);

    assert_int_equal(gsi_of(0, 5, 1), 10);
    assert_int_equal(gsi_of(0, 6, 1), 10);
    assert_int_equal(gsi_of(0, 9, 1), 10);
    assert_int_equal(gsi_of(0, 3, 1), 11);
    assert_int_equal(gsi_of(0, 4, 1), 11);
}

static void every_pin_of_the_pc_follows_its_link_register(void **state)
{
    (void)state;
    start_pc(QEMU_BOARD);
    static const uint8_t routes[4] = {5, 9, 11, 10};
    memcpy(isa_bridge->bytes + 0x60, routes, 4);
    isa_lines[9].gsi = 20;

    for (uint8_t slot = 0; slot < 32; slot++) {
        for (uint8_t pin = 1; pin <= 4; pin++) {
            struct ivm_line_info line;
            uint8_t irq = routes[(slot + pin - 2 + 4) % 4];
            assert_true(route(0, slot, pin, &line));
            assert_int_equal(line.gsi, isa_lines[irq].gsi);
            assert_int_equal(line.trigger, IVM_LEVEL);
            assert_int_equal(line.polarity, irq >= 10 ? IVM_ACTIVE_HIGH : IVM_ACTIVE_LOW);
            assert_string_equal(line.known_from, "PIIX PIRQ");
        }
    }
}

static void a_disabled_link_leads_nowhere(void **state)
{
    (void)state;
    start_pc(QEMU_BOARD);
    isa_bridge->bytes[0x60] = 0x80 | 10;
    struct ivm_line_info line = {.gsi = 77};

    assert_false(route(0, 5, 1, &line));
    assert_int_equal(line.gsi, 77);
    assert_true(route(0, 6, 1, &line));
}

static void slots_of_q35_arrive_as_measured(void **state)
{
    (void)state;
    start_q35(QEMU_BOARD, RCBA | 1);

    assert_int_equal(gsi_of(0, 5, 1), 21);
    assert_int_equal(gsi_of(0, 9, 1), 21);
    assert_int_equal(gsi_of(0, 13, 1), 21);
    assert_int_equal(gsi_of(0, 4, 1), 20);
    assert_int_equal(gsi_of(0, 2, 1), 22);
    assert_int_equal(gsi_of(0, 3, 1), 23);
    assert_int_equal(gsi_of(0, 26, 1), 16);
    assert_int_equal(gsi_of(0, 31, 1), 16);
}

static void every_low_slot_of_q35_goes_to_pirq_e_to_h(void **state)
{
    (void)state;
    start_q35(QEMU_BOARD, RCBA | 1);

    for (uint8_t slot = 0; slot < 25; slot++)
        for (uint8_t pin = 1; pin <= 4; pin++)
            assert_int_equal(gsi_of(0, slot, pin), 20 + (slot + pin - 1) % 4);
    for (uint8_t pin = 1; pin <= 4; pin++)
        assert_int_equal(gsi_of(0, 30, pin), 20 + pin - 1);
}

static void each_high_slot_of_q35_has_its_own_route_register(void **state)
{
    (void)state;
    static const struct {
        uint8_t slot;
        uint16_t offset;
    } table[] = {{25, 0x3150}, {26, 0x314C}, {27, 0x3148},
                 {28, 0x3146}, {29, 0x3144}, {31, 0x3140}};
    enum { ROWS = sizeof table / sizeof table[0] };
    start_q35(QEMU_BOARD, RCBA | 1);
    for (size_t i = 0; i < ROWS; i++)
        rcrb[table[i].offset / 2] = (uint16_t)(0x0123 * (i + 1) & 0x7777);

    pci_route_start();

    for (size_t i = 0; i < ROWS; i++)
        for (uint8_t pin = 1; pin <= 4; pin++)
            assert_int_equal(gsi_of(0, table[i].slot, pin),
                             16 + (rcrb[table[i].offset / 2] >> (pin - 1) * 4 & 7));
}

static void without_its_register_block_q35_is_routed_as_after_a_reset(void **state)
{
    (void)state;
    start_q35(QEMU_BOARD, RCBA); /* not enabled */

    assert_int_equal(gsi_of(0, 31, 2), 17);
    assert_int_equal(fake_log_text_count("register block is off"), 1);
}

static void the_8259_side_of_q35_is_cut_for_all_eight_pirqs(void **state)
{
    (void)state;
    start_q35(QEMU_BOARD, RCBA | 1);

    for (unsigned offset = 0x60; offset < 0x6C; offset++)
        assert_int_equal(isa_bridge->bytes[offset],
                         offset >= 0x64 && offset < 0x68 ? 10 : 0x80);
}

/* Behind slot n of the root is bus n; behind slot n % 7 of that, bus n + 100. */
static void check_climb(uint8_t bus, uint8_t slot, uint8_t pin)
{
    unsigned once = pin - 1U + slot + bus;

    assert_int_equal(gsi_of(bus, slot, pin), 20 + once % 4);
    assert_int_equal(gsi_of((uint8_t)(bus + 100), slot, pin), 20 + (once + bus % 7U) % 4);
}

static void a_pin_climbs_every_bridge_to_the_root(void **state)
{
    (void)state;
    start_q35(QEMU_BOARD, RCBA | 1);
    for (uint8_t bus = 1; bus < 24; bus++) {
        fake_pci_add_bridge(0, bus, bus);
        fake_pci_add_bridge(bus, bus % 7, (uint8_t)(bus + 100));
    }
    pci_walk(ignore, NULL);

    for (uint8_t bus = 1; bus < 24; bus++)
        for (uint8_t slot = 0; slot < 32; slot++)
            for (uint8_t pin = 1; pin <= 4; pin++)
                check_climb(bus, slot, pin);
}

static void a_function_behind_a_high_slot_s_bridge_uses_that_slot_s_register(void **state)
{
    (void)state;
    start_q35(QEMU_BOARD, RCBA | 1);
    fake_pci_add_bridge(0, 28, 5);
    pci_walk(ignore, NULL);

    assert_int_equal(gsi_of(5, 0, 1), 16);
    assert_int_equal(gsi_of(5, 2, 3), 16); /* pin 3 turned twice: pin 1 */
}

/* What is not known. */

static void another_q35_board_is_trusted_for_its_route_registers_only(void **state)
{
    (void)state;
    start_q35(0x12341458, RCBA | 1);
    struct fake_function *f = fake_pci_add(0, 3, 0, 0x11E81234);
    f->bytes[PCI_INTERRUPT_LINE] = 11;
    struct ivm_line_info line;

    assert_true(route(0, 31, 2, &line));
    assert_int_equal(line.gsi, 17);
    assert_int_equal(line.polarity, IVM_ACTIVE_LOW);
    assert_true(route(0, 3, 1, &line));
    assert_int_equal(line.gsi, 11);
    assert_string_equal(line.known_from, "PCI line register (unproven)");
    assert_int_equal(isa_bridge->bytes[0x60], 10); /* its lines come by the 8259 side */
}

static void an_unknown_chipset_is_believed_by_its_line_registers(void **state)
{
    (void)state;
    fake_pci_add(0, 0, 0, 0x14B51022);
    fake_pci_add(0, 3, 0, 0x11E81234)->bytes[PCI_INTERRUPT_LINE] = 5;
    fake_pci_add(0, 4, 0, 0x11E81234)->bytes[PCI_INTERRUPT_LINE] = 0xFF;
    begin();
    struct ivm_line_info line;

    assert_true(route(0, 3, 4, &line));
    assert_int_equal(line.gsi, 5);
    assert_int_equal(line.trigger, IVM_LEVEL);
    assert_int_equal(line.polarity, IVM_ACTIVE_LOW);
    assert_false(route(0, 4, 1, &line));
    assert_int_equal(fake_log_text_count("chipset 1022:14b5"), 1);
}

static void an_i440fx_of_another_board_is_not_taken_for_qemu_s(void **state)
{
    (void)state;
    start_pc(0);
    fake_pci_add(0, 5, 0, 0x11E81234)->bytes[PCI_INTERRUPT_LINE] = 9;

    assert_int_equal(gsi_of(0, 5, 1), 9);
}

static void a_function_without_a_pin_has_no_line(void **state)
{
    (void)state;
    start_q35(QEMU_BOARD, RCBA | 1);
    struct ivm_line_info line;

    assert_false(route(0, 5, 0, &line));
    assert_false(route(0, 5, 5, &line));
}

int main(void)
{
#define T(test) cmocka_unit_test_setup(test, set_up)
    const struct CMUnitTest tests[] = {
        T(a_swizzle_turns_the_pins_by_the_slot),
        T(links_and_pirqs_turn_with_slot_and_pin),
        T(a_route_register_holds_four_pins_of_three_bits),
        T(slots_of_the_pc_arrive_as_measured),
        T(every_pin_of_the_pc_follows_its_link_register),
        T(a_disabled_link_leads_nowhere),
        T(slots_of_q35_arrive_as_measured),
        T(every_low_slot_of_q35_goes_to_pirq_e_to_h),
        T(each_high_slot_of_q35_has_its_own_route_register),
        T(without_its_register_block_q35_is_routed_as_after_a_reset),
        T(the_8259_side_of_q35_is_cut_for_all_eight_pirqs),
        T(a_pin_climbs_every_bridge_to_the_root),
        T(a_function_behind_a_high_slot_s_bridge_uses_that_slot_s_register),
        T(another_q35_board_is_trusted_for_its_route_registers_only),
        T(an_unknown_chipset_is_believed_by_its_line_registers),
        T(an_i440fx_of_another_board_is_not_taken_for_qemu_s),
        T(a_function_without_a_pin_has_no_line),
    };
#undef T
    return cmocka_run_group_tests_name("pci route", tests, NULL, NULL);
}
