/* test_apic_mode.c: the two modes of the local APIC: which one, its registers, its
 * messages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arch/x86_64/apic_mode.h"
#include "arch/x86_64/lapic.h"
#include "fake/hardware.h"
#include "fake/lapic_chip.h"
#include "fake/system.h"

static struct lapic_chip chip;

static const struct {
    const char *name;
    uint32_t offset, count;
    unsigned xapic, x2apic;
} rows[] = {
#define X(name, offset, count, xapic, x2apic) {#name, offset, count, xapic, x2apic},
    LAPIC_REGISTER_LIST(X)
#undef X
};
enum { ROWS = sizeof rows / sizeof rows[0] };

static void begin(bool x2apic)
{
    fake_hardware_reset();
    fake_system_reset();
    lapic_chip_start(&chip, x2apic);
}

static int set_up(void **state)
{
    (void)state;
    begin(false);
    return 0;
}

/* Run a check in both modes, on a started local APIC. */
static void in_both_modes(void (*check_it)(bool x2apic))
{
    for (int mode = 0; mode < 2; mode++) {
        begin(mode == 1);
        chip.id = mode == 1 ? 0x12345 : 0x21;
        assert_int_equal(lapic_start(), IVM_OK);
        fake_log_clear();
        check_it(mode == 1);
    }
}

/* The table. */

static void rows_are_in_order_aligned_and_apart(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        assert_int_equal(rows[i].offset % 0x10, 0);
        assert_true(rows[i].offset + rows[i].count * 0x10 <= 0x400);
        if (i != 0)
            assert_true(rows[i - 1].offset + rows[i - 1].count * 0x10 <= rows[i].offset);
    }
}

static unsigned expected_access(uint32_t offset, bool x2apic)
{
    for (size_t i = 0; i < ROWS; i++)
        for (uint32_t k = 0; k < rows[i].count; k++)
            if (offset == rows[i].offset + k * 0x10)
                return x2apic ? rows[i].x2apic : rows[i].xapic;
    return LAPIC_NONE;
}

static void check_access(bool x2apic)
{
    const struct apic_mode *mode = x2apic ? &apic_x2apic : &apic_xapic;
    for (uint32_t offset = 0; offset < 0x1000; offset += 4)
        assert_int_equal(mode->access(offset), expected_access(offset, x2apic));
}

static void every_offset_has_the_access_of_its_row(void **state)
{
    (void)state;
    in_both_modes(check_access);
}

/* The chip complains of an access that the manual forbids: so both tables must agree. */
static void check_reaches(bool x2apic)
{
    const struct apic_mode *mode = x2apic ? &apic_x2apic : &apic_xapic;
    for (uint32_t offset = 0; offset < 0x400; offset += 0x10) {
        bool sends = offset == LAPIC_ICR_LOW || offset == LAPIC_ICR_HIGH;
        uint64_t address =
            x2apic ? 0x800 + offset / 16 : (uint64_t)lapic_chip_page + offset;
        fake_log_clear();
        if ((mode->access(offset) & LAPIC_R) != 0) {
            /* The current count is the timer's own affair. */
            bool settable = offset != LAPIC_ID && offset != LAPIC_VERSION &&
                            offset != LAPIC_TIMER_CURRENT;
            if (settable)
                chip.registers[offset / 16] = 0xA5000000 | offset;
            uint32_t value = mode->read(offset);
            fake_log_expect(0, x2apic ? FAKE_MSR_READ : FAKE_MMIO_READ, address, value);
            if (settable)
                assert_int_equal(value, chip.registers[offset / 16]);
            fake_log_clear();
        } else if (offset != LAPIC_ICR_HIGH) {
            expect_assert_failure((void)mode->read(offset));
        }
        if ((mode->access(offset) & LAPIC_W) != 0 && !sends) {
            mode->write(offset, 0);
            fake_log_expect(0, x2apic ? FAKE_MSR_WRITE : FAKE_MMIO_WRITE, address, 0);
        }
        if ((mode->access(offset) & LAPIC_W) == 0)
            expect_assert_failure(mode->write(offset, 0));
    }
}

static void every_register_is_reached_where_its_mode_has_it(void **state)
{
    (void)state;
    in_both_modes(check_reaches);
}

/* Modes. */

static void a_globally_disabled_apic_is_enabled(void **state)
{
    (void)state;
    chip.base &= ~UINT64_C(0x800);
    fake_cpuid_set(1, 0, (struct cpu_leaf){.edx = 1 << 5});
    assert_int_equal(lapic_start(), IVM_OK);
    assert_int_equal(chip.base, lapic_chip_page | 0x900);
    assert_int_equal(fake_log_text_count("globally disabled"), 1);
}

static void an_apic_that_stays_disabled_is_named(void **state)
{
    (void)state;
    chip.base &= ~UINT64_C(0x800);
    chip.enable_is_ignored = true;
    assert_int_equal(lapic_start(), IVM_UNSUPPORTED);
    assert_int_equal(fake_log_text_count("does not stay set"), 1);
}

static void states_that_cannot_be_are_named(void **state)
{
    (void)state;
    chip.base = lapic_chip_page | 1u << 10;
    assert_int_equal(lapic_start(), IVM_UNSUPPORTED);
    assert_int_equal(fake_log_text_count("x2APIC but not enabled"), 1);

    begin(false);
    fake_cpuid_set(1, 0, (struct cpu_leaf){.edx = 1 << 5});
    assert_int_equal(lapic_start(), IVM_UNSUPPORTED);
    assert_int_equal(fake_log_text_count("CPUID says that this CPU has none"), 1);

    begin(false);
    fake_cpuid_set(1, 0, (struct cpu_leaf){.edx = 1 << 9});
    assert_int_equal(lapic_start(), IVM_UNSUPPORTED);
    assert_int_equal(fake_log_text_count("no MSRs"), 1);
}

static void a_page_that_cannot_be_mapped_is_named(void **state)
{
    (void)state;
    fake_system.refuse_to_map = true;
    assert_int_equal(lapic_start(), IVM_UNSUPPORTED);
    assert_int_equal(fake_log_text_count("its page at 0xfee00000 cannot be mapped"), 1);
}

static void x2apic_mode_needs_no_page(void **state)
{
    (void)state;
    begin(true);
    fake_system.refuse_to_map = true;
    assert_int_equal(lapic_start(), IVM_OK);
    for (size_t i = 0; i < fake_log_count(); i++)
        assert_true(fake_log_at(i)->kind >= FAKE_MSR_READ);
}

static void a_locked_mode_is_named_and_kept(void **state)
{
    (void)state;
    begin(true);
    fake_cpuid_set(7, 0, (struct cpu_leaf){.edx = 1u << 29});
    chip.capabilities = 1u << 21;
    chip.lock = 1;
    assert_int_equal(lapic_start(), IVM_OK);
    assert_int_equal(fake_log_text_count("LEGACY_XAPIC_DISABLED"), 1);
    assert_int_equal(fake_log_count_of(FAKE_MSR_WRITE, 0x1B), 0);
    assert_string_equal(lapic_mode_name(), "x2APIC");
}

static void a_lock_is_asked_for_only_where_it_exists(void **state)
{
    (void)state;
    chip.lock = 1;
    assert_int_equal(lapic_start(), IVM_OK);
    assert_int_equal(fake_log_count_of(FAKE_MSR_READ, 0x10A), 0);

    fake_cpuid_set(7, 0, (struct cpu_leaf){.edx = 1u << 29});
    assert_int_equal(lapic_start(), IVM_OK);
    assert_int_equal(fake_log_count_of(FAKE_MSR_READ, 0xBD), 0);

    fake_cpuid_set(0, 0, (struct cpu_leaf){.eax = 6});
    fake_log_clear();
    assert_int_equal(lapic_start(), IVM_OK);
    assert_int_equal(fake_log_count_of(FAKE_MSR_READ, 0x10A), 0);
}

/* Messages and ends. */

static void check_self(bool x2apic)
{
    for (unsigned vector = 0; vector < 256; vector++) {
        chip.message_count = 0;
        fake_cpu.interrupts_on = vector % 2 == 0;
        enum ivm_status status = lapic_send_self((uint8_t)vector);
        assert_int_equal(fake_cpu.interrupts_on, vector % 2 == 0);
        assert_int_equal(status, vector < 16 ? IVM_BAD_ARGUMENT : IVM_OK);
        assert_int_equal(chip.message_count, vector < 16 ? 0 : 1);
        if (vector >= 16)
            assert_int_equal(chip.messages[0], 0x44000 | vector);
    }
    (void)x2apic;
}

static void a_self_interrupt_is_one_message_to_self(void **state)
{
    (void)state;
    in_both_modes(check_self);
}

static void check_destination(bool x2apic)
{
    const struct apic_mode *mode = x2apic ? &apic_x2apic : &apic_xapic;
    const struct icr far = {.destination = 0x100, .vector = 0x40};
    const struct icr near = {.destination = 0xFF, .vector = 0x40};
    enum ivm_status status = mode->icr(&far);
    assert_int_equal(status, x2apic ? IVM_OK : IVM_BAD_ARGUMENT);
    assert_int_equal(chip.message_count, x2apic ? 1 : 0);
    chip.message_count = 0;
    status = mode->icr(&near);
    assert_int_equal(status, IVM_OK);
    assert_int_equal(chip.messages[0], UINT64_C(0xFF00004040));
}

static void a_destination_the_mode_cannot_name_is_refused(void **state)
{
    (void)state;
    in_both_modes(check_destination);
}

static void a_message_waits_for_the_one_before(void **state)
{
    (void)state;
    assert_int_equal(lapic_start(), IVM_OK);
    chip.busy = 5;
    assert_int_equal(lapic_send_self(0x40), IVM_OK);
    assert_int_equal(chip.message_count, 1);
}

static void a_message_that_cannot_be_sent_ends_by_its_bound(void **state)
{
    (void)state;
    assert_int_equal(lapic_start(), IVM_OK);
    chip.busy = UINT32_MAX;
    cpu_sti();
    uint64_t before = fake_system.now_ns;
    assert_int_equal(lapic_send_self(0x40), IVM_UNSUPPORTED);
    assert_in_range(fake_system.now_ns - before, 1000000, 1100000);
    assert_int_equal(chip.message_count, 0);
    assert_true(fake_cpu.interrupts_on);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(rows_are_in_order_aligned_and_apart, set_up),
        cmocka_unit_test_setup(every_offset_has_the_access_of_its_row, set_up),
        cmocka_unit_test_setup(every_register_is_reached_where_its_mode_has_it, set_up),
        cmocka_unit_test_setup(a_globally_disabled_apic_is_enabled, set_up),
        cmocka_unit_test_setup(an_apic_that_stays_disabled_is_named, set_up),
        cmocka_unit_test_setup(states_that_cannot_be_are_named, set_up),
        cmocka_unit_test_setup(a_page_that_cannot_be_mapped_is_named, set_up),
        cmocka_unit_test_setup(x2apic_mode_needs_no_page, set_up),
        cmocka_unit_test_setup(a_locked_mode_is_named_and_kept, set_up),
        cmocka_unit_test_setup(a_lock_is_asked_for_only_where_it_exists, set_up),
        cmocka_unit_test_setup(a_self_interrupt_is_one_message_to_self, set_up),
        cmocka_unit_test_setup(a_destination_the_mode_cannot_name_is_refused, set_up),
        cmocka_unit_test_setup(a_message_waits_for_the_one_before, set_up),
        cmocka_unit_test_setup(a_message_that_cannot_be_sent_ends_by_its_bound, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
