/* test_ipi.c: messages between CPUs, the sequence that starts one, and the mode it joins. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arch/x86_64/apic_mode.h"
#include "arch/x86_64/ipi.h"
#include "arch/x86_64/lapic.h"
#include "fake/hardware.h"
#include "fake/lapic_chip.h"
#include "fake/system.h"

enum { FAR_ID = 0x70, PAGE = 0x9E };
static const uint32_t wide_id = 0x12345;

static struct lapic_chip chip;

/* Run a check in both modes, on a started local APIC. */
static void in_both_modes(void (*check_it)(bool x2apic))
{
    for (int mode = 0; mode < 2; mode++) {
        fake_hardware_reset();
        fake_system_reset();
        lapic_chip_start(&chip, mode == 1);
        assert_int_equal(lapic_start(), IVM_OK);
        fake_log_clear();
        check_it(mode == 1);
    }
}

static void expect_message(unsigned index, uint32_t destination, uint32_t low)
{
    assert_true(index < chip.message_count);
    assert_int_equal(chip.messages[index] & UINT32_MAX, low);
    assert_int_equal(chip.messages[index] >> 32, destination);
}

static void check_vectors(bool x2apic)
{
    for (unsigned vector = 0; vector < 256; vector++) {
        chip.message_count = 0;
        enum ivm_status status = ipi_send(x2apic ? wide_id : FAR_ID, (uint8_t)vector);
        assert_int_equal(status, vector < 16 ? IVM_BAD_ARGUMENT : IVM_OK);
        assert_int_equal(chip.message_count, vector >= 16);
        if (vector >= 16)
            expect_message(0, x2apic ? wide_id : FAR_ID, 0x4000 | vector);
    }
}

static void an_interrupt_of_another_cpu_is_one_fixed_message(void **state)
{
    (void)state;
    in_both_modes(check_vectors);
}

static void check_destinations(bool x2apic)
{
    assert_int_equal(ipi_send(0xFE, 0x40), IVM_OK);
    assert_int_equal(ipi_send(0xFF, 0x40), x2apic ? IVM_OK : IVM_BAD_ARGUMENT);
    assert_int_equal(ipi_send(0x100, 0x40), x2apic ? IVM_OK : IVM_BAD_ARGUMENT);
    unsigned sent = chip.message_count;
    assert_int_equal(ipi_send(UINT32_MAX, 0x40), IVM_BAD_ARGUMENT);
    assert_int_equal(ipi_send_nmi(UINT32_MAX), IVM_BAD_ARGUMENT);
    assert_int_equal(ipi_send_init(UINT32_MAX), IVM_BAD_ARGUMENT);
    assert_int_equal(chip.message_count, sent);
}

static void no_message_reaches_every_cpu_by_mistake(void **state)
{
    (void)state;
    in_both_modes(check_destinations);
}

static void check_nmi_and_init(bool x2apic)
{
    (void)x2apic;
    assert_int_equal(ipi_send_nmi(FAR_ID), IVM_OK);
    assert_int_equal(ipi_send_init(FAR_ID), IVM_OK);
    expect_message(0, FAR_ID, 0x4400);
    expect_message(1, FAR_ID, 0x4500);
}

static void an_nmi_and_an_init_name_one_cpu(void **state)
{
    (void)state;
    in_both_modes(check_nmi_and_init);
}

/* The start. The CPU comes once so many messages were sent. */

static unsigned comes_after;

static bool has_come(void *context)
{
    (void)context;
    return chip.message_count >= comes_after;
}

static bool wake(unsigned after)
{
    comes_after = after;
    return ipi_wake(
        &(struct ipi_wake){.apic_id = FAR_ID, .page = PAGE, .has_come = has_come});
}

static void check_prompt(bool x2apic)
{
    (void)x2apic;
    assert_true(wake(1));
    assert_int_equal(chip.message_count, 1);
    expect_message(0, FAR_ID, 0x4600 | PAGE);
}

static void a_cpu_that_comes_at_once_is_sent_one_startup(void **state)
{
    (void)state;
    in_both_modes(check_prompt);
}

static void check_second(bool x2apic)
{
    (void)x2apic;
    uint64_t before = fake_system.now_ns;
    assert_true(wake(2));
    assert_int_equal(chip.message_count, 2);
    expect_message(1, FAR_ID, 0x4600 | PAGE);
    assert_in_range(fake_system.now_ns - before, 200000, 1000000);
}

static void the_second_startup_comes_200_us_after_the_first(void **state)
{
    (void)state;
    in_both_modes(check_second);
}

static void check_absent(bool x2apic)
{
    (void)x2apic;
    uint64_t before = fake_system.now_ns;
    fake_system.step_ns = 100000;
    assert_false(wake(3));
    assert_int_equal(chip.message_count, 2);
    assert_in_range(fake_system.now_ns - before, 1000000000, 1100000000);
}

static void a_cpu_that_does_not_come_is_waited_for_a_second(void **state)
{
    (void)state;
    in_both_modes(check_absent);
}

static void a_local_apic_that_sends_nothing_does_not_hold_us_up(void **state)
{
    (void)state;
    fake_hardware_reset();
    fake_system_reset();
    lapic_chip_start(&chip, false);
    assert_int_equal(lapic_start(), IVM_OK);
    chip.busy = UINT32_MAX;

    assert_false(wake(1));
    assert_int_equal(ipi_send_init(FAR_ID), IVM_UNSUPPORTED);

    assert_int_equal(chip.message_count, 0);
}

/* The mode that a CPU which was started is brought into. */

static void start_in(bool x2apic)
{
    fake_hardware_reset();
    fake_system_reset();
    lapic_chip_start(&chip, x2apic);
    assert_int_equal(lapic_start(), IVM_OK);
}

static void a_cpu_in_the_same_mode_is_left_in_it(void **state)
{
    (void)state;
    for (int mode = 0; mode < 2; mode++) {
        start_in(mode == 1);
        fake_log_clear();
        assert_int_equal(lapic_start_cpu(), IVM_OK);
        assert_int_equal(fake_log_count_of(FAKE_MSR_WRITE, 0x1B), 0);
    }
}

static void a_disabled_local_apic_is_enabled_step_by_step(void **state)
{
    (void)state;
    start_in(true);
    chip.base &= ~UINT64_C(0xC00);
    fake_log_clear();

    assert_int_equal(apic_mode_join(&apic_x2apic), IVM_OK);

    size_t first = fake_log_find(0, FAKE_MSR_WRITE, 0x1B);
    size_t second = fake_log_find(first + 1, FAKE_MSR_WRITE, 0x1B);
    assert_int_equal(fake_log_at(first)->value & 0xC00, 0x800);
    assert_int_equal(fake_log_at(second)->value & 0xC00, 0xC00);
}

static void the_page_is_moved_to_where_the_first_cpu_has_it(void **state)
{
    (void)state;
    start_in(false);
    uint64_t base = chip.base;
    chip.base = (base & 0xFFF & ~UINT64_C(0x100)) | 0xFEC80000;

    assert_int_equal(apic_mode_join(&apic_xapic), IVM_OK);

    assert_int_equal(chip.base, base & ~UINT64_C(0x100)); /* BSP is as it was found */
}

static void an_x2apic_does_not_join_an_xapic_and_is_named(void **state)
{
    (void)state;
    start_in(false);
    chip.base |= 0x400;
    fake_log_clear();

    assert_int_equal(apic_mode_join(&apic_xapic), IVM_UNSUPPORTED);

    assert_int_equal(fake_log_count_of(FAKE_MSR_WRITE, 0x1B), 0);
    assert_int_equal(fake_log_text_count("in x2APIC mode, the first CPU in xAPIC"), 1);
}

static void a_local_apic_that_does_not_stay_enabled_is_named(void **state)
{
    (void)state;
    start_in(false);
    chip.base &= ~UINT64_C(0x800);
    chip.enable_is_ignored = true;

    assert_int_equal(apic_mode_join(&apic_xapic), IVM_UNSUPPORTED);

    assert_int_equal(fake_log_text_count("IA32_APIC_BASE stays"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_interrupt_of_another_cpu_is_one_fixed_message),
        cmocka_unit_test(no_message_reaches_every_cpu_by_mistake),
        cmocka_unit_test(an_nmi_and_an_init_name_one_cpu),
        cmocka_unit_test(a_cpu_that_comes_at_once_is_sent_one_startup),
        cmocka_unit_test(the_second_startup_comes_200_us_after_the_first),
        cmocka_unit_test(a_cpu_that_does_not_come_is_waited_for_a_second),
        cmocka_unit_test(a_local_apic_that_sends_nothing_does_not_hold_us_up),
        cmocka_unit_test(a_cpu_in_the_same_mode_is_left_in_it),
        cmocka_unit_test(a_disabled_local_apic_is_enabled_step_by_step),
        cmocka_unit_test(the_page_is_moved_to_where_the_first_cpu_has_it),
        cmocka_unit_test(an_x2apic_does_not_join_an_xapic_and_is_named),
        cmocka_unit_test(a_local_apic_that_does_not_stay_enabled_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
