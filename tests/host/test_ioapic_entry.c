/* test_ioapic_entry.c: redirection entries: written in the safe order, by one writer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arch/x86_64/ioapic.h"
#include "fake/hardware.h"
#include "fake/ioapic_chip.h"
#include "fake/system.h"

static struct ioapic_chip first, second;
static struct madt madt;

static int set_up(void **state)
{
    (void)state;
    fake_hardware_reset();
    fake_system_reset();
    madt = (struct madt){.ioapic_count = 1};
    madt.ioapics[0] = (struct madt_ioapic){.address = 0xFEC00000, .id = 2};
    madt.ioapics[1] = (struct madt_ioapic){.address = 0xFEC10000, .gsi_base = 24, .id = 3};
    ioapic_chip_start(&first, 0xFEC00000, 0x00170020);
    ioapic_chip_start(&second, 0xFEC10000, 0x00170011);
    first.id = 2u << 24;
    second.id = 3u << 24;
    return 0;
}

static void start_both(void)
{
    madt.ioapic_count = 2;
    assert_int_equal(ioapic_start(&madt), IVM_OK);
    first.write_count = second.write_count = 0;
}

static const struct ivm_route to_cpu_1 = {
    .cpu = 1, .vector = 0x51, .trigger = IVM_LEVEL, .polarity = IVM_ACTIVE_LOW};

static void expect_writes(const struct ioapic_chip *chip, uint32_t pin, uint32_t high,
                          uint32_t low)
{
    assert_int_equal(chip->write_count, 3);
    assert_int_equal(chip->writes[0].index, 0x10 + 2 * pin);
    assert_int_equal(chip->writes[0].value, low | 0x10000);
    assert_int_equal(chip->writes[1].index, 0x11 + 2 * pin);
    assert_int_equal(chip->writes[1].value, high);
    assert_int_equal(chip->writes[2].index, 0x10 + 2 * pin);
    assert_int_equal(chip->writes[2].value, low);
}

static void an_entry_is_written_mask_high_low(void **state)
{
    (void)state;
    start_both();
    ioapic_controller.route(ioapic_at(0), 5, &to_cpu_1);
    expect_writes(&first, 5, 0x01000000, 0x1A051);

    first.write_count = 0;
    ioapic_controller.unmask(ioapic_at(0), 5);
    expect_writes(&first, 5, 0x01000000, 0x0A051);

    first.write_count = 0;
    ioapic_controller.mask(ioapic_at(0), 5);
    expect_writes(&first, 5, 0x01000000, 0x1A051);
    assert_int_equal(second.write_count, 0);
}

static void a_mask_is_read_back(void **state)
{
    (void)state;
    start_both();
    ioapic_controller.route(ioapic_at(0), 5, &to_cpu_1);
    ioapic_controller.unmask(ioapic_at(0), 5);
    fake_log_clear();
    ioapic_controller.mask(ioapic_at(0), 5);
    size_t last = fake_log_count() - 1;
    while (fake_log_at(last)->kind == FAKE_CPU)
        last--;
    fake_log_expect(last, FAKE_MMIO_READ, 0xFEC00010, 0x1A051);
    fake_log_expect(last - 1, FAKE_MMIO_WRITE, 0xFEC00000, 0x1A);
}

static void unroute_leaves_the_entry_as_before_the_first_route(void **state)
{
    (void)state;
    start_both();
    uint64_t before = ioapic_entry(ioapic_at(1), 3);
    ioapic_controller.route(ioapic_at(1), 3, &to_cpu_1);
    ioapic_controller.unmask(ioapic_at(1), 3);
    assert_int_not_equal(ioapic_entry(ioapic_at(1), 3), before);
    ioapic_controller.mask(ioapic_at(1), 3);
    ioapic_controller.unroute(ioapic_at(1), 3);
    assert_int_equal(ioapic_entry(ioapic_at(1), 3), before);
    ioapic_controller.unmask(ioapic_at(1), 3);
    assert_int_equal(ioapic_entry(ioapic_at(1), 3), before);
}

static void a_route_clears_a_remote_irr_nobody_will_end(void **state)
{
    (void)state;
    start_both();
    for (size_t i = 0; i < 2; i++) {
        struct ioapic_chip *chip = i == 0 ? &first : &second;
        ioapic_controller.route(ioapic_at(i), 4, &to_cpu_1);
        chip->low[4] |= 1u << 14;
        ioapic_controller.route(ioapic_at(i), 4, &to_cpu_1);
        assert_int_equal(ioapic_entry(ioapic_at(i), 4), UINT64_C(0x010000000001A051));
    }
}

static void a_mask_in_service_keeps_the_remote_irr_for_its_end(void **state)
{
    (void)state;
    start_both();
    ioapic_controller.route(ioapic_at(0), 4, &to_cpu_1);
    ioapic_controller.unmask(ioapic_at(0), 4);
    first.low[4] |= 1u << 14;
    ioapic_controller.mask(ioapic_at(0), 4);
    assert_int_equal(ioapic_entry(ioapic_at(0), 4), UINT64_C(0x010000000001E051));
    ioapic_controller.unmask(ioapic_at(0), 4);
    assert_int_equal(ioapic_entry(ioapic_at(0), 4), UINT64_C(0x010000000000E051));
}

static void a_cpu_an_entry_cannot_name_is_said_and_stays_masked(void **state)
{
    (void)state;
    start_both();
    fake_system.apic_id[1] = 0xFF;
    ioapic_controller.route(ioapic_at(0), 4, &to_cpu_1);
    ioapic_controller.unmask(ioapic_at(0), 4);
    assert_true((ioapic_entry(ioapic_at(0), 4) & 0x10000) != 0);
    assert_int_equal(fake_log_text_count("CPU 1 has APIC id 255, which an entry cannot"),
                     1);
}

static void a_redirect_writes_the_high_half_alone_masked_or_not(void **state)
{
    (void)state;
    start_both();
    for (unsigned open = 0; open < 2; open++) {
        ioapic_controller.route(ioapic_at(0), 5, &to_cpu_1);
        if (open != 0)
            ioapic_controller.unmask(ioapic_at(0), 5);
        uint32_t low = first.low[5] |= 1u << 14;
        first.write_count = 0;
        ioapic_controller.redirect(ioapic_at(0), 5, 3);
        assert_int_equal(first.write_count, 1);
        assert_int_equal(first.writes[0].index, 0x11 + 2 * 5);
        assert_int_equal(first.writes[0].value, 0x03000000);
        assert_int_equal(first.low[5], low);
        first.low[5] &= ~(1u << 14);
    }
    assert_int_equal(second.write_count, 0);
}

static void a_redirect_is_read_back(void **state)
{
    (void)state;
    start_both();
    ioapic_controller.route(ioapic_at(0), 5, &to_cpu_1);
    fake_log_clear();
    ioapic_controller.redirect(ioapic_at(0), 5, 3);
    size_t last = fake_log_count() - 1;
    while (fake_log_at(last)->kind == FAKE_CPU)
        last--;
    fake_log_expect(last, FAKE_MMIO_READ, 0xFEC00010, 0x03000000);
    fake_log_expect(last - 1, FAKE_MMIO_WRITE, 0xFEC00000, 0x1B);
}

static void what_is_written_after_a_redirect_keeps_the_new_cpu(void **state)
{
    (void)state;
    start_both();
    ioapic_controller.route(ioapic_at(0), 5, &to_cpu_1);
    ioapic_controller.redirect(ioapic_at(0), 5, 3);
    ioapic_controller.unmask(ioapic_at(0), 5);
    assert_int_equal(ioapic_entry(ioapic_at(0), 5), UINT64_C(0x030000000000A051));
    ioapic_controller.mask(ioapic_at(0), 5);
    assert_int_equal(ioapic_entry(ioapic_at(0), 5), UINT64_C(0x030000000001A051));
}

static void a_redirect_to_what_cannot_be_named_changes_nothing(void **state)
{
    (void)state;
    start_both();
    ioapic_controller.route(ioapic_at(0), 5, &to_cpu_1);
    first.write_count = 0;
    fake_system.apic_id[3] = 0xFF;
    ioapic_controller.redirect(ioapic_at(0), 5, 3);
    ioapic_controller.redirect(ioapic_at(0), 24, 2);
    assert_int_equal(first.write_count, 0);
    assert_int_equal(ioapic_entry(ioapic_at(0), 5), UINT64_C(0x010000000001A051));
}

static void inputs_that_do_not_exist_are_never_touched(void **state)
{
    (void)state;
    start_both();
    ioapic_controller.route(ioapic_at(0), 24, &to_cpu_1);
    ioapic_controller.unmask(ioapic_at(0), 24);
    ioapic_controller.mask(ioapic_at(0), 24);
    ioapic_controller.unroute(ioapic_at(0), 24);
    assert_int_equal(first.write_count, 0);
    assert_int_equal(ioapic_entry(ioapic_at(0), 24), 0);
}

static void interrupts_are_as_before_after_every_operation(void **state)
{
    (void)state;
    start_both();
    for (int on = 0; on < 2; on++) {
        fake_cpu.interrupts_on = on == 1;
        ioapic_controller.route(ioapic_at(0), 4, &to_cpu_1);
        assert_int_equal(fake_cpu.interrupts_on, on);
        ioapic_controller.unmask(ioapic_at(0), 4);
        assert_int_equal(fake_cpu.interrupts_on, on);
        ioapic_controller.mask(ioapic_at(0), 4);
        assert_int_equal(fake_cpu.interrupts_on, on);
        ioapic_controller.redirect(ioapic_at(0), 4, 2);
        assert_int_equal(fake_cpu.interrupts_on, on);
        ioapic_controller.unroute(ioapic_at(0), 4);
        assert_int_equal(fake_cpu.interrupts_on, on);
        (void)ioapic_entry(ioapic_at(0), 4);
        assert_int_equal(fake_cpu.interrupts_on, on);
    }
}

/* The chip asks this of every open entry after every write. */
static bool belong_together(uint8_t destination, uint8_t vector)
{
    return destination == (uint8_t)(vector % 7 + 1);
}

/* A route names a CPU by its index; the CPU of a vector is the one whose id agrees. */
static struct ivm_route random_route(void)
{
    uint8_t vector = (uint8_t)(0x30 + rand() % 0xA0);
    return (struct ivm_route){.cpu = vector % 7,
                              .vector = vector,
                              .trigger = rand() % 2 == 0 ? IVM_EDGE : IVM_LEVEL,
                              .polarity =
                                  rand() % 2 == 0 ? IVM_ACTIVE_HIGH : IVM_ACTIVE_LOW};
}

/* Routes change even while the entry is open, which the manager never does: the writer must
 * be right by itself. */
static void an_entry_is_never_open_while_its_halves_disagree(void **state)
{
    (void)state;
    start_both();
    first.agrees = second.agrees = belong_together;
    for (uint32_t cpu = 0; cpu < 7; cpu++)
        fake_system.apic_id[cpu] = cpu + 1;
    srand(1);
    for (unsigned step = 0; step < 50000; step++) {
        struct ioapic *ioapic = ioapic_at((size_t)(rand() % 2));
        uint32_t pin = (uint32_t)(rand() % 24);
        const struct ivm_route route = random_route();
        switch (rand() % 4) {
        case 0:
            ioapic_controller.route(ioapic, pin, &route);
            break;
        case 1:
            ioapic_controller.unmask(ioapic, pin);
            break;
        case 2:
            ioapic_controller.mask(ioapic, pin);
            break;
        default:
            ioapic_controller.unroute(ioapic, pin);
            break;
        }
        if (step % 1024 == 0)
            fake_log_clear();
    }
    assert_true(first.opened > 1000);
    assert_true(second.opened > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_entry_is_written_mask_high_low, set_up),
        cmocka_unit_test_setup(a_mask_is_read_back, set_up),
        cmocka_unit_test_setup(unroute_leaves_the_entry_as_before_the_first_route, set_up),
        cmocka_unit_test_setup(a_route_clears_a_remote_irr_nobody_will_end, set_up),
        cmocka_unit_test_setup(a_mask_in_service_keeps_the_remote_irr_for_its_end, set_up),
        cmocka_unit_test_setup(a_cpu_an_entry_cannot_name_is_said_and_stays_masked, set_up),
        cmocka_unit_test_setup(a_redirect_writes_the_high_half_alone_masked_or_not, set_up),
        cmocka_unit_test_setup(a_redirect_is_read_back, set_up),
        cmocka_unit_test_setup(what_is_written_after_a_redirect_keeps_the_new_cpu, set_up),
        cmocka_unit_test_setup(a_redirect_to_what_cannot_be_named_changes_nothing, set_up),
        cmocka_unit_test_setup(inputs_that_do_not_exist_are_never_touched, set_up),
        cmocka_unit_test_setup(interrupts_are_as_before_after_every_operation, set_up),
        cmocka_unit_test_setup(an_entry_is_never_open_while_its_halves_disagree, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
