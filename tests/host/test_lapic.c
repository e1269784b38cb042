/* test_lapic.c: the local APIC in both modes: taken over, asked, ended, its errors named.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arch/x86_64/apic_mode.h"
#include "arch/x86_64/lapic.h"
#include "arch/x86_64/machine/hot.h"
#include "fake/hardware.h"
#include "fake/lapic_chip.h"
#include "fake/system.h"

static struct lapic_chip chip;

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

/* The start. */

static void check_started(bool x2apic)
{
    static const unsigned masked[] = {0x2F, 0x32, 0x33, 0x34, 0x36};
    assert_int_equal(chip.registers[0x0F], 0x1FF);
    for (size_t i = 0; i < sizeof masked / sizeof masked[0]; i++)
        assert_true((chip.registers[masked[i]] & LAPIC_LVT_MASKED) != 0);
    assert_int_equal(chip.registers[0x35], LAPIC_LVT_MASKED | LAPIC_LVT_EXTINT);
    assert_int_equal(chip.registers[0x37], 0xFE);
    assert_int_equal(chip.registers[0x38], 0);
    assert_int_equal(chip.errors, 0);
    assert_int_equal(chip.registers[0x28], 0);
    assert_int_equal(fake_cpu.cr8, 0);
    assert_int_equal(lapic_id(), x2apic ? 0x12345 : 0x21);
    assert_string_equal(lapic_mode_name(), x2apic ? "x2APIC" : "xAPIC");
    assert_int_equal(machine_eoi_register, x2apic ? 0 : lapic_chip_page + 0xB0);
    assert_int_equal(apic_mode_base(), lapic_chip_page);
}

static void the_start_masks_all_but_errors(void **state)
{
    (void)state;
    in_both_modes(check_started);
}

static void the_start_lowers_cr8_that_firmware_left_high(void **state)
{
    (void)state;
    fake_cpu.cr8 = 9;
    assert_int_equal(lapic_start(), IVM_OK);
    assert_int_equal(fake_cpu.cr8, 0);
}

static void errors_are_masked_first_and_opened_last(void **state)
{
    (void)state;
    assert_int_equal(lapic_start(), IVM_OK);

    size_t first = 0;
    while (fake_log_at(first)->kind != FAKE_MMIO_WRITE)
        first++;
    fake_log_expect(first, FAKE_MMIO_WRITE, lapic_chip_page + 0x370, 0x100FE);
    size_t opened = first;
    while (fake_log_at(opened)->address != lapic_chip_page + 0x370 ||
           fake_log_at(opened)->value != 0xFE)
        opened++;
    for (size_t i = opened + 1; i < fake_log_count(); i++)
        assert_int_not_equal(fake_log_at(i)->kind, FAKE_MMIO_WRITE);
}

static void the_start_works_while_software_disabled(void **state)
{
    (void)state;
    chip.registers[0x0F] = 0xFF;
    assert_int_equal(lapic_start(), IVM_OK);
    assert_int_equal(chip.registers[0x37], 0xFE);
    assert_int_equal(chip.registers[0x0F], 0x1FF);
}

static void entries_that_do_not_exist_are_left_alone(void **state)
{
    (void)state;
    for (uint32_t last = 3; last <= 6; last++) {
        begin(false);
        chip.registers[3] = last << 16 | 0x14;
        assert_int_equal(lapic_start(), IVM_OK);
        uint32_t value;
        assert_int_equal(lapic_register_read(LAPIC_LVT_PERFORMANCE, &value), last >= 4);
        assert_int_equal(lapic_register_read(LAPIC_LVT_THERMAL, &value), last >= 5);
        assert_int_equal(lapic_register_read(LAPIC_LVT_CMCI, &value), last >= 6);
    }
}

static void an_entry_of_system_management_is_left_to_firmware(void **state)
{
    (void)state;
    chip.registers[0x33] = 0x200;
    chip.registers[0x34] = 0x10200;
    assert_int_equal(lapic_start(), IVM_OK);
    assert_int_equal(chip.registers[0x33], 0x200);
    assert_int_equal(chip.registers[0x34], 0x100FE);
    assert_int_equal(fake_log_text_count("entry 0x330 is firmware's"), 1);
}

static void check_drained(bool x2apic)
{
    begin(x2apic);
    for (unsigned vector = 16; vector < 256; vector += 3)
        lapic_chip_set(&chip, LAPIC_ISR, (uint8_t)vector, true);
    assert_int_equal(lapic_start(), IVM_OK);
    assert_int_equal(chip.eois, 80);
    for (unsigned vector = 0; vector < 256; vector++)
        assert_false(lapic_in_service((uint8_t)vector));
    assert_int_equal(fake_log_text_count("80 interrupts that firmware left in service"), 1);
}

static void what_firmware_left_in_service_is_ended(void **state)
{
    (void)state;
    in_both_modes(check_drained);
}

static void a_vector_that_stays_in_service_is_named_after_a_bound(void **state)
{
    (void)state;
    lapic_chip_set(&chip, LAPIC_ISR, 0x61, true);
    chip.in_service_sticks = true;
    assert_int_equal(lapic_start(), IVM_UNSUPPORTED);
    assert_int_equal(fake_log_text_count("vector 0x61 stays in service"), 1);
    assert_in_range(chip.eois, 256, 512);
}

static void what_is_requested_already_is_counted_and_named(void **state)
{
    (void)state;
    lapic_chip_set(&chip, LAPIC_IRR, 0x31, true);
    lapic_chip_set(&chip, LAPIC_IRR, 0xEF, true);
    assert_int_equal(lapic_start(), IVM_OK);
    assert_int_equal(fake_log_text_count("2 interrupts are requested already: 0x31 0xef\n"),
                     1);
}

static void many_requests_are_counted_and_some_named(void **state)
{
    (void)state;
    memset(&chip.registers[0x20], 0xFF, 8 * sizeof chip.registers[0]);
    assert_int_equal(lapic_start(), IVM_OK);
    assert_int_equal(fake_log_text_count("256 interrupts are requested already: 0x00"), 1);
    assert_int_equal(fake_log_text_count("0x07 ...\n"), 1);
}

static void old_errors_are_named_and_cleared(void **state)
{
    (void)state;
    chip.errors = 1u << 5;
    assert_int_equal(lapic_start(), IVM_OK);
    assert_int_equal(fake_log_text_count("before the start: illegal vector sent"), 1);
    assert_int_equal(chip.errors, 0);
}

static void a_separate_chip_of_old_is_refused_by_name(void **state)
{
    (void)state;
    chip.registers[3] = 0x00030004;
    assert_int_equal(lapic_start(), IVM_UNSUPPORTED);
    assert_int_equal(fake_log_text_count("82489DX"), 1);
}

static void check_banks(bool x2apic)
{
    (void)x2apic;
    for (unsigned set = 0; set < 256; set++) {
        lapic_chip_set(&chip, LAPIC_ISR, (uint8_t)set, true);
        lapic_chip_set(&chip, LAPIC_TMR, (uint8_t)(255 - set), true);
        lapic_chip_set(&chip, LAPIC_IRR, (uint8_t)(set ^ 0x55), true);
        for (unsigned asked = 0; asked < 256; asked++) {
            assert_int_equal(lapic_in_service((uint8_t)asked), asked == set);
            assert_int_equal(lapic_is_level_triggered((uint8_t)asked), asked == 255 - set);
            assert_int_equal(lapic_pending((uint8_t)asked), asked == (set ^ 0x55));
        }
        memset(&chip.registers[0x10], 0, 24 * sizeof chip.registers[0]);
        fake_log_clear();
    }
}

static void each_vector_has_its_own_bit_in_each_bank(void **state)
{
    (void)state;
    in_both_modes(check_banks);
}

static void check_end(bool x2apic)
{
    lapic_chip_set(&chip, LAPIC_ISR, 0x51, true);
    lapic_chip_set(&chip, LAPIC_ISR, 0x41, true);
    machine_end();
    assert_false(lapic_in_service(0x51));
    assert_true(lapic_in_service(0x41));
    fake_log_expect(0, x2apic ? FAKE_MSR_WRITE : FAKE_MMIO_WRITE,
                    x2apic ? 0x80B : lapic_chip_page + 0xB0, 0);
}

static void an_end_ends_the_highest(void **state)
{
    (void)state;
    in_both_modes(check_end);
}

static void check_level(bool x2apic)
{
    (void)x2apic;
    for (unsigned ppr = 0; ppr < 256; ppr++) {
        chip.registers[0x0A] = ppr;
        assert_int_equal(lapic_level(), ppr / 16);
    }
}

static void the_level_is_the_class_of_the_ppr(void **state)
{
    (void)state;
    in_both_modes(check_level);
}

static void check_nmi(bool x2apic)
{
    (void)x2apic;
    for (uint8_t lint = 0; lint < 2; lint++) {
        uint32_t *entry = &chip.registers[0x35 + lint];
        assert_int_equal(lapic_set_nmi(lint, IVM_ACTIVE_HIGH, IVM_EDGE), IVM_OK);
        assert_int_equal(*entry, 0x400);
        assert_int_equal(lapic_set_nmi(lint, IVM_ACTIVE_LOW, IVM_EDGE), IVM_OK);
        assert_int_equal(*entry, 0x2400);
        assert_int_equal(lapic_set_nmi(lint, IVM_ACTIVE_HIGH, IVM_LEVEL), IVM_OK);
        assert_int_equal(*entry, 0x8400);
    }
    fake_log_clear();
    assert_int_equal(lapic_set_nmi(2, IVM_ACTIVE_HIGH, IVM_EDGE), IVM_BAD_ARGUMENT);
    assert_int_equal(fake_log_count(), 0);
}

static void an_nmi_input_is_set_as_it_is_wired(void **state)
{
    (void)state;
    in_both_modes(check_nmi);
}

/* Errors. */

static void every_error_bit_has_its_text(void **state)
{
    (void)state;
    static const char *const texts[LAPIC_ERROR_COUNT] = {
        "send checksum error",
        "receive checksum error",
        "send accept error: no CPU took the message",
        "receive accept error: this CPU did not take a message",
        "redirectable message sent, and it is not supported",
        "illegal vector sent",
        "illegal vector received",
        "illegal register address",
    };
    char text[512];
    for (unsigned bit = 0; bit < LAPIC_ERROR_COUNT; bit++) {
        assert_int_equal(lapic_error_text(1u << bit, text, sizeof text),
                         strlen(texts[bit]));
        assert_string_equal(text, texts[bit]);
    }
    for (unsigned bit = LAPIC_ERROR_COUNT; bit < 32; bit++) {
        lapic_error_text(1u << bit, text, sizeof text);
        assert_non_null(strstr(text, "reserved bit"));
        assert_int_equal(strtoul(text + 13, NULL, 10), bit);
    }
    lapic_error_text(0, text, sizeof text);
    assert_string_equal(text, "no error");
    lapic_error_text(0x60, text, sizeof text);
    assert_string_equal(text, "illegal vector sent; illegal vector received");
}

static void an_error_text_is_cut_to_its_room(void **state)
{
    (void)state;
    char whole[1024], part[1024];
    size_t length = lapic_error_text(UINT32_MAX, whole, sizeof whole);
    assert_int_equal(length, strlen(whole));
    for (size_t size = 1; size <= length + 1; size++) {
        char *room = malloc(size);
        assert_non_null(room);
        assert_int_equal(lapic_error_text(UINT32_MAX, room, size), length);
        memcpy(part, whole, size - 1);
        part[size - 1] = '\0';
        assert_string_equal(room, part);
        free(room);
    }
}

static void check_service(bool x2apic)
{
    (void)x2apic;
    for (unsigned bit = 0; bit < LAPIC_ERROR_COUNT; bit++) {
        uint32_t before = lapic_error_count(bit);
        chip.errors = 1u << bit;
        assert_int_equal(lapic_error_service(), 1u << bit);
        assert_int_equal(lapic_error_count(bit), before + 1);
        chip.errors = 1u << bit;
        assert_int_equal(lapic_error_service(), 1u << bit);
        assert_int_equal(lapic_error_count(bit), before + 2);
        assert_int_equal(lapic_error_service(), 0);
        assert_int_equal(lapic_error_count(bit), before + 2);
    }
    assert_int_equal(lapic_error_count(LAPIC_ERROR_COUNT), 0);
    /* Each kind is logged the first time it is ever seen: here, in the first mode. */
    assert_int_equal(fake_log_text_count("logged once"), x2apic ? 0 : LAPIC_ERROR_COUNT);
}

static void each_error_is_counted_and_logged_once(void **state)
{
    (void)state;
    in_both_modes(check_service);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_start_masks_all_but_errors, set_up),
        cmocka_unit_test_setup(the_start_lowers_cr8_that_firmware_left_high, set_up),
        cmocka_unit_test_setup(errors_are_masked_first_and_opened_last, set_up),
        cmocka_unit_test_setup(the_start_works_while_software_disabled, set_up),
        cmocka_unit_test_setup(entries_that_do_not_exist_are_left_alone, set_up),
        cmocka_unit_test_setup(an_entry_of_system_management_is_left_to_firmware, set_up),
        cmocka_unit_test_setup(what_firmware_left_in_service_is_ended, set_up),
        cmocka_unit_test_setup(a_vector_that_stays_in_service_is_named_after_a_bound,
                               set_up),
        cmocka_unit_test_setup(what_is_requested_already_is_counted_and_named, set_up),
        cmocka_unit_test_setup(many_requests_are_counted_and_some_named, set_up),
        cmocka_unit_test_setup(old_errors_are_named_and_cleared, set_up),
        cmocka_unit_test_setup(a_separate_chip_of_old_is_refused_by_name, set_up),
        cmocka_unit_test_setup(each_vector_has_its_own_bit_in_each_bank, set_up),
        cmocka_unit_test_setup(an_end_ends_the_highest, set_up),
        cmocka_unit_test_setup(the_level_is_the_class_of_the_ppr, set_up),
        cmocka_unit_test_setup(an_nmi_input_is_set_as_it_is_wired, set_up),
        cmocka_unit_test_setup(every_error_bit_has_its_text, set_up),
        cmocka_unit_test_setup(an_error_text_is_cut_to_its_room, set_up),
        cmocka_unit_test_setup(each_error_is_counted_and_logged_once, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
