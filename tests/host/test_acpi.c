/* test_acpi.c: the ACPI tables: found from the root, checked, damage named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <ivm/bus.h>

#include "arch/x86_64/acpi.h"
#include "fake/hardware.h"
#include "fake/physical.h"
#include "fake/system.h"

enum { XSDT = 0x7FE0000, RSDT = 0x7FE1000, FIRST = 0x7FE2000, SECOND = 0x7FE3000 };

static uint8_t rsdp[36];
static uint8_t bios[0x20000];
static struct table table;

/* Two tables, an XSDT and an RSDT that list both, a root pointer of revision 2. */
static int set_up(void **state)
{
    (void)state;
    fake_hardware_reset();
    fake_system_reset();
    physical_reset();
    table_start(&table, "APIC");
    table_add(&table, "first", 6);
    physical_put_table(FIRST, &table);
    table_start(&table, "FACP");
    physical_put_table(SECOND, &table);
    table_start(&table, "XSDT");
    table_add_number(&table, FIRST, 8);
    table_add_number(&table, SECOND, 8);
    physical_put_table(XSDT, &table);
    table_start(&table, "RSDT");
    table_add_number(&table, SECOND, 4);
    physical_put_table(RSDT, &table);
    table_root_pointer(rsdp, 2, RSDT, XSDT);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    physical_reset();
    return 0;
}

static enum ivm_status start(void)
{
    return acpi_start(rsdp, sizeof rsdp, &physical_memory);
}

static void tables_are_handed_out_by_signature(void **state)
{
    (void)state;
    const void *bytes;
    size_t length;
    assert_int_equal(start(), IVM_OK);
    assert_int_equal(acpi_table_count(), 2);
    assert_string_equal(acpi_root(), "XSDT");
    assert_true(ivm_acpi_table("APIC", &bytes, &length));
    assert_int_equal(length, 42);
    assert_memory_equal((const uint8_t *)bytes + 36, "first", 6);
    assert_true(ivm_acpi_table("FACP", &bytes, &length));
    assert_false(ivm_acpi_table("HPET", &bytes, &length));
    assert_int_equal(acpi_table_at(1)->physical, SECOND);
    assert_null(acpi_table_at(2));
}

static void a_damaged_xsdt_leaves_the_rsdt(void **state)
{
    (void)state;
    table_root_pointer(rsdp, 2, RSDT, XSDT + 8);
    assert_int_equal(start(), IVM_OK);
    assert_string_equal(acpi_root(), "RSDT");
    assert_int_equal(acpi_table_count(), 1);
}

static void revision_0_uses_the_rsdt(void **state)
{
    (void)state;
    table_root_pointer(rsdp, 0, RSDT, XSDT);
    assert_int_equal(acpi_start(rsdp, 20, &physical_memory), IVM_OK);
    assert_string_equal(acpi_root(), "RSDT");
}

static void no_root_that_can_be_read_is_an_error(void **state)
{
    (void)state;
    table_root_pointer(rsdp, 2, 0x1000, 0x2000);
    assert_int_equal(start(), IVM_BAD_ARGUMENT);
    assert_int_equal(acpi_table_count(), 0);
    assert_int_equal(fake_log_text_count("the table at 0x1000 lies where nothing"), 1);
    assert_int_equal(fake_log_text_count("neither the XSDT nor the RSDT"), 1);
}

static void a_root_of_another_signature_is_named(void **state)
{
    (void)state;
    table_root_pointer(rsdp, 2, RSDT, FIRST);
    assert_int_equal(start(), IVM_OK);
    assert_string_equal(acpi_root(), "RSDT");
    assert_int_equal(fake_log_text_count("at 0x7fe2000: XSDT, offset 0x0: another sig"), 1);
}

static void a_copy_that_is_damaged_is_named_and_searched_for(void **state)
{
    (void)state;
    memcpy(bios + 0x40, rsdp, 36);
    physical_put(0xE0000, bios, sizeof bios);
    rsdp[8]++;
    assert_int_equal(start(), IVM_OK);
    assert_int_equal(fake_log_text_count("RSDP, offset 0x8"), 1);
    assert_int_equal(acpi_table_count(), 2);
}

static void no_copy_and_no_find_is_an_error(void **state)
{
    (void)state;
    assert_int_equal(acpi_start(NULL, 0, &physical_memory), IVM_NOT_FOUND);
    assert_int_equal(fake_log_text_count("no root pointer"), 1);
    assert_int_equal(acpi_table_count(), 0);
}

/* Start with an XSDT that lists one address. */
static void start_with(uint64_t address)
{
    table_start(&table, "XSDT");
    table_add_number(&table, address, 8);
    table_add_number(&table, FIRST, 8);
    physical_put_table(0x5000, &table);
    table_root_pointer(rsdp, 2, 0, 0x5000);
    assert_int_equal(start(), IVM_OK);
}

static void a_damaged_table_is_named_and_the_others_stay(void **state)
{
    (void)state;
    table_start(&table, "HPET");
    table_finish(&table);
    table.bytes[20]++;
    physical_put(0x6000, table.bytes, table.length);
    start_with(0x6000);
    assert_int_equal(acpi_table_count(), 1);
    assert_int_equal(fake_log_text_count("at 0x6000: HPET, offset 0x9: a wrong checksum"),
                     1);
}

static void tables_that_lie_nowhere_are_named(void **state)
{
    (void)state;
    start_with(0);
    assert_int_equal(fake_log_text_count("XSDT has an entry that points nowhere"), 1);
    start_with(UINT64_MAX - 8);
    assert_int_equal(fake_log_text_count("0xfffffffffffffff7 lies where nothing"), 1);
    assert_int_equal(acpi_table_count(), 1);
}

static void tables_of_absurd_length_are_named(void **state)
{
    (void)state;
    const uint32_t lengths[] = {0, 35, 17 << 20, UINT32_MAX};
    for (size_t i = 0; i < 4; i++) {
        set_up(NULL);
        table_start(&table, "HPET");
        table_put(&table, 4, lengths[i], 4);
        physical_put(0x6000, table.bytes, table.length);
        start_with(0x6000);
        assert_int_equal(fake_log_text_count("0x6000, offset 0x4: its length cannot be"),
                         1);
        assert_int_equal(acpi_table_count(), 1);
    }
    set_up(NULL);
    table_start(&table, "HPET");
    table_put(&table, 4, 37, 4);
    physical_put(0x6000, table.bytes, table.length);
    start_with(0x6000);
    assert_int_equal(fake_log_text_count("reaches, with 37 bytes, where nothing"), 1);
}

static void half_an_entry_at_the_end_is_named_and_not_read(void **state)
{
    (void)state;
    table_start(&table, "XSDT");
    table_add_number(&table, FIRST, 8);
    table_add_number(&table, SECOND, 4);
    physical_put_table(0x5000, &table);
    table_root_pointer(rsdp, 2, 0, 0x5000);
    assert_int_equal(start(), IVM_OK);
    assert_int_equal(acpi_table_count(), 1);
    assert_int_equal(fake_log_text_count("XSDT, offset 0x2c: half an entry"), 1);
}

static void more_tables_than_fit_are_named(void **state)
{
    (void)state;
    table_start(&table, "XSDT");
    for (unsigned i = 0; i < ACPI_TABLE_LIMIT + 2; i++)
        table_add_number(&table, FIRST, 8);
    physical_put_table(0x5000, &table);
    table_root_pointer(rsdp, 2, 0, 0x5000);
    assert_int_equal(start(), IVM_OK);
    assert_int_equal(acpi_table_count(), ACPI_TABLE_LIMIT);
    assert_int_equal(fake_log_text_count("APIC at 0x7fe2000 is left out"), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(tables_are_handed_out_by_signature, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_damaged_xsdt_leaves_the_rsdt, set_up, tear_down),
        cmocka_unit_test_setup_teardown(revision_0_uses_the_rsdt, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_root_that_can_be_read_is_an_error, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_root_of_another_signature_is_named, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_copy_that_is_damaged_is_named_and_searched_for,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_copy_and_no_find_is_an_error, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_damaged_table_is_named_and_the_others_stay,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(tables_that_lie_nowhere_are_named, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(tables_of_absurd_length_are_named, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(half_an_entry_at_the_end_is_named_and_not_read,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(more_tables_than_fit_are_named, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
