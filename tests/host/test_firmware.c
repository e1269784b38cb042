/* test_firmware.c: FADT, DMAR, and what is made of the tables together at the start. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arch/x86_64/acpi_fadt.h"
#include "arch/x86_64/dmar.h"
#include "arch/x86_64/firmware.h"
#include "arch/x86_64/lapic.h"
#include "fake/hardware.h"
#include "fake/lapic_chip.h"
#include "fake/physical.h"
#include "fake/system.h"

static struct table fadt, dmar, madt;
static struct acpi_fadt read_fadt;
static struct table_fault fault;

/* An FADT of revision 6 with everything, a DMAR with one unit, a MADT. */
static int set_up(void **state)
{
    (void)state;
    fake_hardware_reset();
    fake_system_reset();
    physical_reset();
    table_start(&fadt, "FACP");
    for (unsigned i = 36; i < 276; i++)
        table_add_number(&fadt, 0, 1);
    table_put(&fadt, 76, 0x608, 4);
    table_put(&fadt, 91, 4, 1);
    table_put(&fadt, 109, 1 << 0 | 1 << 1, 2);
    table_put(&fadt, 112, 1 << 8, 4);
    table_start(&dmar, "DMAR");
    table_add_number(&dmar, 38, 1);
    table_add_number(&dmar, 1, 1);
    table_add(&dmar, "\0\0\0\0\0\0\0\0\0\0", 10);
    table_add_number(&dmar, 0, 2); /* DRHD */
    table_add_number(&dmar, 16, 2);
    table_add_number(&dmar, 1, 4);
    table_add_number(&dmar, 0xFED90000, 8);
    table_start(&madt, "APIC");
    table_add_number(&madt, 0xFEE00000, 4);
    table_add_number(&madt, 1, 4);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    physical_reset();
    return 0;
}

static enum ivm_status parse_fadt(void)
{
    table_finish(&fadt);
    uint8_t *copy = table_copy(&fadt, fadt.length);
    enum ivm_status status = acpi_fadt_parse(copy, fadt.length, &read_fadt, &fault);
    free(copy);
    return status;
}

/* FADT. */

static void the_pm_timer_is_found_with_its_width(void **state)
{
    (void)state;
    assert_int_equal(parse_fadt(), IVM_OK);
    assert_int_equal(read_fadt.pm_timer_port, 0x608);
    assert_int_equal(read_fadt.pm_timer_width, 32);
    table_put(&fadt, 112, 0, 4);
    assert_int_equal(parse_fadt(), IVM_OK);
    assert_int_equal(read_fadt.pm_timer_width, 24);
}

static void the_extended_address_counts_when_it_is_a_port(void **state)
{
    (void)state;
    table_put(&fadt, 208, 1, 1);
    table_put(&fadt, 212, 0xB008, 8);
    assert_int_equal(parse_fadt(), IVM_OK);
    assert_int_equal(read_fadt.pm_timer_port, 0xB008);
    table_put(&fadt, 208, 0, 1);
    assert_int_equal(parse_fadt(), IVM_OK);
    assert_int_equal(read_fadt.pm_timer_port, 0x608);
    table_put(&fadt, 208, 1, 1);
    table_put(&fadt, 212, 0x10000, 8);
    assert_int_equal(parse_fadt(), IVM_OK);
    assert_int_equal(read_fadt.pm_timer_port, 0x608);
}

static void no_pm_timer_is_no_port(void **state)
{
    (void)state;
    table_put(&fadt, 91, 0, 1);
    assert_int_equal(parse_fadt(), IVM_OK);
    assert_int_equal(read_fadt.pm_timer_port | read_fadt.pm_timer_width, 0);
    table_put(&fadt, 91, 4, 1);
    table_put(&fadt, 112, 1 << 20, 4);
    assert_int_equal(parse_fadt(), IVM_OK);
    assert_int_equal(read_fadt.pm_timer_port, 0);
    assert_true(read_fadt.hardware_reduced);
    table_put(&fadt, 112, 0, 4);
    table_put(&fadt, 76, 0x20000, 4);
    assert_int_equal(parse_fadt(), IVM_OK);
    assert_int_equal(read_fadt.pm_timer_port, 0);
}

static void each_boot_flag_is_its_own_bit(void **state)
{
    (void)state;
    for (unsigned bit = 0; bit < 16; bit++) {
        table_put(&fadt, 109, 1u << bit, 2);
        assert_int_equal(parse_fadt(), IVM_OK);
        assert_true(read_fadt.has_boot_flags);
        assert_int_equal(read_fadt.legacy_devices, bit == 0);
        assert_int_equal(read_fadt.keyboard_8042, bit == 1);
        assert_int_equal(read_fadt.msi_forbidden, bit == 3);
        assert_int_equal(read_fadt.rtc_absent, bit == 5);
    }
}

static void revision_1_has_no_boot_flags(void **state)
{
    (void)state;
    fadt.length = 116;
    table_put(&fadt, 8, 1, 1);
    table_put(&fadt, 109, 0xFFFF, 2);
    assert_int_equal(parse_fadt(), IVM_OK);
    assert_false(read_fadt.has_boot_flags);
    assert_true(read_fadt.legacy_devices && read_fadt.keyboard_8042);
    assert_false(read_fadt.msi_forbidden || read_fadt.rtc_absent);
    assert_int_equal(read_fadt.pm_timer_port, 0x608);
}

static void a_short_fadt_is_a_fault_and_leaves_the_defaults(void **state)
{
    (void)state;
    fadt.length = 115;
    assert_int_equal(parse_fadt(), IVM_BAD_ARGUMENT);
    assert_string_equal(fault.table, "FACP");
    assert_int_equal(fault.offset, 4);
    assert_true(read_fadt.legacy_devices);
}

/* DMAR. */

static enum ivm_status parse_dmar(struct dmar *out)
{
    table_finish(&dmar);
    uint8_t *copy = table_copy(&dmar, dmar.length);
    enum ivm_status status = dmar_parse(copy, dmar.length, out, &fault);
    free(copy);
    return status;
}

static void units_and_flags_of_a_dmar_are_read(void **state)
{
    (void)state;
    struct dmar out;
    assert_int_equal(parse_dmar(&out), IVM_OK);
    assert_true(out.can_remap);
    assert_false(out.x2apic_opt_out);
    assert_int_equal(out.unit_count, 1);
    assert_int_equal(out.units[0], 0xFED90000);
    table_put(&dmar, 37, 2, 1);
    assert_int_equal(parse_dmar(&out), IVM_OK);
    assert_true(!out.can_remap && out.x2apic_opt_out);
}

static void a_malformed_dmar_is_a_fault_at_its_structure(void **state)
{
    (void)state;
    struct dmar out;
    const struct {
        uint16_t length;
        const char *what;
    } cases[] = {{0, "without a length"},
                 {3, "without a length"},
                 {15, "shorter than its type"},
                 {17, "beyond the end"}};
    for (size_t i = 0; i < 4; i++) {
        table_put(&dmar, 50, cases[i].length, 2);
        assert_int_equal(parse_dmar(&out), IVM_BAD_ARGUMENT);
        assert_int_equal(fault.offset, 48);
        assert_non_null(strstr(fault.what, cases[i].what));
    }
    table_put(&dmar, 50, 16, 2);
    table_add_number(&dmar, 0, 3);
    assert_int_equal(parse_dmar(&out), IVM_BAD_ARGUMENT);
    assert_int_equal(fault.offset, 64);
    assert_non_null(strstr(fault.what, "cut off"));
}

static void more_units_than_fit_are_counted(void **state)
{
    (void)state;
    struct dmar out;
    for (unsigned i = 0; i < 20; i++)
        table_add(&dmar, (const uint8_t[]){0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0},
                  16);
    assert_int_equal(parse_dmar(&out), IVM_OK);
    assert_int_equal(out.unit_count, DMAR_UNIT_LIMIT);
    assert_int_equal(out.units_left_out, 21 - DMAR_UNIT_LIMIT);
}

/* All together. */

static enum ivm_status start(void)
{
    static struct table xsdt;
    uint8_t rsdp[36];
    physical_put_table(0x1000, &fadt);
    physical_put_table(0x2000, &dmar);
    physical_put_table(0x3000, &madt);
    table_start(&xsdt, "XSDT");
    for (uint64_t at = 0x1000; at <= 0x3000; at += 0x1000)
        table_add_number(&xsdt, at, 8);
    physical_put_table(0x4000, &xsdt);
    table_root_pointer(rsdp, 2, 0, 0x4000);
    return firmware_start(rsdp, sizeof rsdp, &physical_memory);
}

static void enabled_interrupt_remapping_is_named(void **state)
{
    (void)state;
    uint8_t unit[0x1000] = {[0x1F] = 0x03};
    fake_mmio_memory(0xFED90000, unit, sizeof unit);
    assert_int_equal(start(), IVM_OK);
    assert_true(firmware_remaps_interrupts());
    assert_int_equal(fake_log_text_count("0xfed90000 has interrupt remapping enabled"), 1);
    assert_int_equal(fake_log_text_count("may be blocked"), 1);

    set_up(NULL);
    unit[0x1F] = 0x01;
    fake_mmio_memory(0xFED90000, unit, sizeof unit);
    assert_int_equal(start(), IVM_OK);
    assert_false(firmware_remaps_interrupts());
    assert_int_equal(fake_log_text_count("remapping supported"), 1);
}

static void a_unit_that_does_not_answer_is_named(void **state)
{
    (void)state;
    uint8_t unit[0x1000];
    memset(unit, 0xFF, sizeof unit);
    fake_mmio_memory(0xFED90000, unit, sizeof unit);
    assert_int_equal(start(), IVM_OK);
    assert_false(firmware_remaps_interrupts());
    assert_int_equal(fake_log_text_count("no unit answers at 0xfed90000"), 1);

    set_up(NULL);
    fake_system.refuse_to_map = true;
    assert_int_equal(start(), IVM_OK);
    assert_int_equal(fake_log_text_count("0xfed90000 cannot be mapped"), 1);
}

/* No IOMMU in the rest. */
static enum ivm_status start_plain(void)
{
    dmar.length = 48;
    return start();
}

static void a_malformed_madt_is_named_with_its_offset(void **state)
{
    (void)state;
    table_add(&madt, "\1\14\0", 3);
    assert_int_equal(start_plain(), IVM_BAD_ARGUMENT);
    assert_int_equal(fake_log_text_count("MADT, offset 0x2c: an entry beyond the end"), 1);
}

static void a_missing_madt_is_named(void **state)
{
    (void)state;
    memcpy(madt.bytes, "XXXX", 4);
    assert_int_equal(start_plain(), IVM_NOT_FOUND);
    assert_int_equal(fake_log_text_count("there is no MADT"), 1);
    assert_int_equal(firmware_madt()->cpu_count, 0);
}

static void notes_and_forbidden_messages_reach_the_log(void **state)
{
    (void)state;
    table_add(&madt, "\2\12\0\5\5\0\0\0\2\0", 10);
    table_add(&madt, "\177\2", 2);
    table_put(&fadt, 109, 1 << 3, 2);
    assert_int_equal(start_plain(), IVM_OK);
    assert_int_equal(fake_log_text_count("MADT, offset 0x2c: reserved polarity"), 1);
    assert_int_equal(fake_log_text_count("1 entries of types unknown"), 1);
    assert_int_equal(fake_log_text_count("(MSI) must not be enabled"), 1);
    assert_true(firmware_fadt()->msi_forbidden);
}

static void the_madts_nmi_inputs_are_set_for_this_cpu_only(void **state)
{
    (void)state;
    static struct lapic_chip chip;
    lapic_chip_start(&chip, false);
    chip.id = 4;
    assert_int_equal(lapic_start(), IVM_OK);
    table_add(&madt, "\0\10\7\4\1\0\0\0", 8); /* uid 7 is APIC id 4 */
    table_add(&madt, "\4\6\7\5\0\1", 6);
    table_add(&madt, "\4\6\10\5\0\0", 6);
    assert_int_equal(start_plain(), IVM_OK);
    firmware_apply_to_lapic();
    assert_int_equal(chip.registers[0x36], 0x400);
    assert_int_equal(chip.registers[0x35], 0x10700);

    set_up(NULL);
    lapic_chip_start(&chip, false);
    assert_int_equal(lapic_start(), IVM_OK);
    table_add(&madt, "\0\10\7\4\1\0\0\0", 8);
    table_add(&madt, "\4\6\377\7\0\1", 6);
    table_put(&madt, 36, 0xFEE10000, 4);
    assert_int_equal(start_plain(), IVM_OK);
    firmware_apply_to_lapic();
    assert_int_equal(chip.registers[0x36], 0x2400);
    assert_int_equal(fake_log_text_count("it does not list this CPU, APIC id 0"), 1);
    assert_int_equal(fake_log_text_count("at 0xfee10000; it is at 0xfee00000"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_pm_timer_is_found_with_its_width, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_extended_address_counts_when_it_is_a_port,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_pm_timer_is_no_port, set_up, tear_down),
        cmocka_unit_test_setup_teardown(each_boot_flag_is_its_own_bit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(revision_1_has_no_boot_flags, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_short_fadt_is_a_fault_and_leaves_the_defaults,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(units_and_flags_of_a_dmar_are_read, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_malformed_dmar_is_a_fault_at_its_structure,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(more_units_than_fit_are_counted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(enabled_interrupt_remapping_is_named, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_unit_that_does_not_answer_is_named, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_malformed_madt_is_named_with_its_offset, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_missing_madt_is_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(notes_and_forbidden_messages_reach_the_log, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_madts_nmi_inputs_are_set_for_this_cpu_only,
                                        set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
