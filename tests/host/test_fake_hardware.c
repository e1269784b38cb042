/* test_fake_hardware.c: the host tests' own machine: right use works, wrong use is caught.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <hw/cpu.h>
#include <hw/mmio.h>
#include <hw/msr.h>
#include <hw/port.h>
#include <ivm/system.h>

#include "fake/hardware.h"
#include "fake/system.h"

static int set_up(void **state)
{
    (void)state;
    fake_hardware_reset();
    fake_system_reset();
    return 0;
}

struct seen {
    uint64_t offset, value;
    unsigned width;
};

static uint64_t remember_read(void *context, uint64_t offset, unsigned width)
{
    struct seen *seen = context;
    *seen = (struct seen){.offset = offset, .width = width, .value = seen->value};
    return seen->value;
}

static void remember_write(void *context, uint64_t offset, unsigned width, uint64_t value)
{
    struct seen *seen = context;
    *seen = (struct seen){.offset = offset, .width = width, .value = value};
}

static void a_model_sees_offset_width_and_value(void **state)
{
    (void)state;
    struct seen seen = {0};
    fake_mmio_device(0x1000, 0x100, remember_read, remember_write, &seen);

    mmio_write16(0x1010, 0xBEEF);

    assert_int_equal(seen.offset, 0x10);
    assert_int_equal(seen.width, 2);
    assert_int_equal(seen.value, 0xBEEF);
}

static void a_read_is_cut_to_its_width(void **state)
{
    (void)state;
    struct seen seen = {.value = 0x1122334455667788};
    fake_mmio_device(0x1000, 0x100, remember_read, remember_write, &seen);

    assert_int_equal(mmio_read8(0x1001), 0x88);
    assert_int_equal(mmio_read16(0x1002), 0x7788);
    assert_int_equal(mmio_read32(0x1004), 0x55667788);
    assert_int_equal(mmio_read64(0x1008), 0x1122334455667788);
}

static void memory_holds_what_each_width_wrote(void **state)
{
    (void)state;
    uint8_t bytes[16] = {0}, ports[4] = {0};
    fake_mmio_memory(0x2000, bytes, sizeof bytes);
    fake_port_memory(0x60, ports, sizeof ports);

    mmio_write64(0x2000, 0x0807060504030201);
    mmio_write32(0x2008, 0xAABBCCDD);
    mmio_write8(0x200F, 0x5A);
    port_write16(0x60, 0x1234);
    port_write32(0x60, 0x01020304);

    assert_int_equal(bytes[7], 8);
    assert_int_equal(mmio_read32(0x2008), 0xAABBCCDD);
    assert_int_equal(mmio_read8(0x200F), 0x5A);
    assert_int_equal(port_read8(0x63), 0x01);
    assert_int_equal(port_read16(0x60), 0x0304);
}

static void the_last_byte_of_a_model_is_its_own(void **state)
{
    (void)state;
    uint8_t bytes[8] = {0};
    uint8_t neighbour[1] = {0};
    fake_mmio_memory(0x3000, bytes, sizeof bytes);
    fake_mmio_memory(0x3008, neighbour, sizeof neighbour);

    mmio_write8(0x3007, 1);
    mmio_write8(0x3008, 2);

    assert_int_equal(bytes[7], 1);
    assert_int_equal(neighbour[0], 2);
    expect_assert_failure(mmio_write8(0x3009, 1));
}

static void msrs_are_counted_from_the_base_of_their_range(void **state)
{
    (void)state;
    struct seen seen = {0};
    fake_msr_device(0x800, 0x40, remember_read, remember_write, &seen);

    msr_write(0x83F, 0x55);

    assert_int_equal(seen.offset, 0x3F);
    assert_int_equal(seen.width, 8);
    expect_assert_failure((void)msr_read(0x840));
}

static void an_access_to_nothing_fails_the_test(void **state)
{
    (void)state;
    expect_assert_failure((void)mmio_read32(0x4000));
    expect_assert_failure(mmio_write32(0x4000, 1));
    expect_assert_failure((void)port_read8(0x80));
    expect_assert_failure(port_write8(0x80, 1));
    expect_assert_failure((void)msr_read(0x1B));
    expect_assert_failure(msr_write(0x1B, 1));
}

static void an_access_out_of_line_fails_the_test(void **state)
{
    (void)state;
    uint8_t bytes[16] = {0};
    fake_mmio_memory(0x2000, bytes, sizeof bytes);

    expect_assert_failure((void)mmio_read32(0x2002));
    expect_assert_failure(mmio_write64(0x2004, 1));
}

static void an_access_across_the_end_fails_the_test(void **state)
{
    (void)state;
    uint8_t bytes[6] = {0};
    fake_mmio_memory(0x2000, bytes, sizeof bytes);

    expect_assert_failure((void)mmio_read32(0x2004));
}

static void a_half_that_a_model_lacks_fails_the_test(void **state)
{
    (void)state;
    struct seen seen = {0};
    fake_mmio_device(0x1000, 4, NULL, remember_write, &seen);
    fake_mmio_device(0x1004, 4, remember_read, NULL, &seen);

    expect_assert_failure((void)mmio_read32(0x1000));
    expect_assert_failure(mmio_write32(0x1004, 1));
}

static void two_models_at_one_address_fail_the_test(void **state)
{
    (void)state;
    fake_mmio_device(0x1000, 0x100, remember_read, remember_write, NULL);

    expect_assert_failure(fake_mmio_device(0x10FF, 1, remember_read, NULL, NULL));
    expect_assert_failure(fake_mmio_device(0x0FFF, 2, remember_read, NULL, NULL));
    fake_mmio_device(0x1100, 1, remember_read, NULL, NULL);
    fake_port_device(0x1000, 0x100, remember_read, remember_write, NULL);
}

static void ports_read_as_ones_when_told_so(void **state)
{
    (void)state;
    fake_ports_default_to_ones();

    port_write8(0x80, 1);

    assert_int_equal(port_read8(0x80), 0xFF);
    assert_int_equal(port_read16(0x80), 0xFFFF);
    assert_int_equal(port_read32(0xCFC), 0xFFFFFFFF);
    expect_assert_failure((void)mmio_read8(0x80));
}

static void the_log_holds_every_access_in_order(void **state)
{
    (void)state;
    uint8_t bytes[16] = {0};
    fake_mmio_memory(0x2000, bytes, sizeof bytes);
    fake_ports_default_to_ones();

    mmio_write32(0x2004, 7);
    cpu_sti();
    port_write8(0x20, 0x11);
    cpu_cli();
    (void)mmio_read32(0x2004);

    assert_int_equal(fake_log_count(), 5);
    fake_log_expect(0, FAKE_MMIO_WRITE, 0x2004, 7);
    fake_log_expect(1, FAKE_CPU, FAKE_STI, 0);
    fake_log_expect(2, FAKE_PORT_WRITE, 0x20, 0x11);
    fake_log_expect(4, FAKE_MMIO_READ, 0x2004, 7);
    assert_true(fake_log_at(2)->interrupts_on);
    assert_false(fake_log_at(4)->interrupts_on);
    assert_int_equal(fake_log_at(2)->width, 1);
    assert_int_equal(fake_log_find(1, FAKE_MMIO_READ, 0x2004), 4);
    assert_int_equal(fake_log_find(1, FAKE_MMIO_WRITE, 0x2004), 5);
    assert_int_equal(fake_log_count_of(FAKE_MMIO_WRITE, 0x2004), 1);
}

static void an_expectation_that_does_not_hold_fails_the_test(void **state)
{
    (void)state;
    cpu_sti();

    expect_assert_failure(fake_log_expect(0, FAKE_CPU, FAKE_CLI, 0));
    expect_assert_failure(fake_log_expect(0, FAKE_CPU, FAKE_STI, 1));
    expect_assert_failure(fake_log_expect(0, FAKE_PORT_READ, FAKE_STI, 0));
    expect_assert_failure((void)fake_log_at(1));
}

static void a_reset_forgets_models_log_and_cpu(void **state)
{
    (void)state;
    uint8_t bytes[16] = {0};
    fake_mmio_memory(0x2000, bytes, sizeof bytes);
    fake_ports_default_to_ones();
    cpu_sti();

    fake_hardware_reset();

    assert_int_equal(fake_log_count(), 0);
    assert_false(cpu_interrupts_enabled());
    expect_assert_failure((void)mmio_read8(0x2000));
    expect_assert_failure((void)port_read8(0x80));
}

static void cpuid_answers_what_was_set_and_zeros_elsewhere(void **state)
{
    (void)state;
    fake_cpuid_set(1, 0, (struct cpu_leaf){.ecx = 1 << 21});
    fake_cpuid_set(1, 0, (struct cpu_leaf){.ecx = 1 << 20});

    assert_int_equal(cpu_cpuid(1, 0).ecx, 1 << 20);
    assert_int_equal(cpu_cpuid(1, 1).ecx, 0);
}

static void the_interrupt_flag_follows_cli_and_sti(void **state)
{
    (void)state;
    cpu_sti();
    bool were_on = cpu_interrupts_save();

    assert_true(were_on);
    assert_false(cpu_interrupts_enabled());
    assert_int_equal(cpu_read_flags() & CPU_FLAG_INTERRUPTS, 0);
    cpu_interrupts_restore(were_on);
    assert_true(cpu_interrupts_enabled());
}

static void wrong_instructions_fail_the_test(void **state)
{
    (void)state;
    expect_assert_failure(cpu_hlt());
    expect_assert_failure(cpu_ud2());
    expect_assert_failure(cpu_write_cr8(16));
    expect_assert_failure((void)cpu_gs_read32(2));
    expect_assert_failure((void)cpu_gs_read32(sizeof fake_cpu.gs));
}

static void advance_cr2(void)
{
    fake_cpu.cr2++;
}

static void the_world_moves_on_while_the_cpu_waits(void **state)
{
    (void)state;
    fake_cpu.on_wait = advance_cr2;

    cpu_pause();
    cpu_sti_hlt();

    assert_int_equal(cpu_read_cr2(), 2);
    assert_int_equal(fake_cpu.pauses, 1);
}

static void the_time_stamp_counter_advances_at_each_read(void **state)
{
    (void)state;
    fake_cpu.tsc_step = 10;
    uint64_t before = cpu_rdtsc();

    assert_int_equal(cpu_rdtsc() - before, 10);
}

static bool never(void *context)
{
    (*(unsigned *)context)++;
    return false;
}

static bool on_third_call(void *context)
{
    return ++*(unsigned *)context == 3;
}

static void a_wait_ends_by_its_event_or_by_its_bound(void **state)
{
    (void)state;
    unsigned asked = 0, asked_again = 0;

    assert_false(ivm_wait_until(never, &asked, 10000));
    assert_true(ivm_wait_until(on_third_call, &asked_again, 10000));

    assert_in_range(asked, 9, 12);
    assert_int_equal(asked_again, 3);
}

static void the_log_text_is_captured_line_by_line(void **state)
{
    (void)state;
    ivm_log("pin %u", 5u);
    ivm_log("pin %u", 6u);

    assert_string_equal(fake_log_text(), "pin 5\npin 6\n");
    assert_int_equal(fake_log_text_count("pin"), 2);
    expect_assert_failure(ivm_log("two\nlines"));
}

static void device_memory_is_where_it_is_unless_refused(void **state)
{
    (void)state;
    assert_int_equal(ivm_map_device(0xFEC00000, 0x1000), 0xFEC00000);
    assert_int_equal(ivm_map_device(UINT64_MAX, 2), 0);
    fake_system.refuse_to_map = true;
    assert_int_equal(ivm_map_device(0xFEC00000, 0x1000), 0);
    assert_int_equal(fake_system.maps, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_model_sees_offset_width_and_value, set_up),
        cmocka_unit_test_setup(a_read_is_cut_to_its_width, set_up),
        cmocka_unit_test_setup(memory_holds_what_each_width_wrote, set_up),
        cmocka_unit_test_setup(the_last_byte_of_a_model_is_its_own, set_up),
        cmocka_unit_test_setup(msrs_are_counted_from_the_base_of_their_range, set_up),
        cmocka_unit_test_setup(an_access_to_nothing_fails_the_test, set_up),
        cmocka_unit_test_setup(an_access_out_of_line_fails_the_test, set_up),
        cmocka_unit_test_setup(an_access_across_the_end_fails_the_test, set_up),
        cmocka_unit_test_setup(a_half_that_a_model_lacks_fails_the_test, set_up),
        cmocka_unit_test_setup(two_models_at_one_address_fail_the_test, set_up),
        cmocka_unit_test_setup(ports_read_as_ones_when_told_so, set_up),
        cmocka_unit_test_setup(the_log_holds_every_access_in_order, set_up),
        cmocka_unit_test_setup(an_expectation_that_does_not_hold_fails_the_test, set_up),
        cmocka_unit_test_setup(a_reset_forgets_models_log_and_cpu, set_up),
        cmocka_unit_test_setup(cpuid_answers_what_was_set_and_zeros_elsewhere, set_up),
        cmocka_unit_test_setup(the_interrupt_flag_follows_cli_and_sti, set_up),
        cmocka_unit_test_setup(wrong_instructions_fail_the_test, set_up),
        cmocka_unit_test_setup(the_world_moves_on_while_the_cpu_waits, set_up),
        cmocka_unit_test_setup(the_time_stamp_counter_advances_at_each_read, set_up),
        cmocka_unit_test_setup(a_wait_ends_by_its_event_or_by_its_bound, set_up),
        cmocka_unit_test_setup(the_log_text_is_captured_line_by_line, set_up),
        cmocka_unit_test_setup(device_memory_is_where_it_is_unless_refused, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
