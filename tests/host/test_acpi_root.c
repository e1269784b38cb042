/* test_acpi_root.c: the ACPI root pointer: parsed, searched for, damage named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arch/x86_64/acpi.h"
#include "fake/hardware.h"
#include "fake/physical.h"
#include "fake/system.h"

enum { RSDT = 0x7FE1000, XSDT = 0x7FE0000 };

static uint8_t rsdp[36];
static uint8_t bios[0x20000];

static int set_up(void **state)
{
    (void)state;
    fake_hardware_reset();
    fake_system_reset();
    physical_reset();
    memset(bios, 0, sizeof bios);
    table_root_pointer(rsdp, 2, RSDT, XSDT);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    physical_reset();
    return 0;
}

/* The root pointer is parsed from memory that ends where it ends. */
static enum ivm_status parse(size_t length, struct acpi_rsdp *out,
                             struct table_fault *fault)
{
    uint8_t *copy = malloc(length == 0 ? 1 : length);
    assert_non_null(copy);
    memcpy(copy, rsdp, length);
    enum ivm_status status = acpi_rsdp_parse(copy, length, out, fault);
    free(copy);
    return status;
}

static void expect_fault(size_t length, size_t offset, const char *what)
{
    struct acpi_rsdp out;
    struct table_fault fault;
    assert_int_equal(parse(length, &out, &fault), IVM_BAD_ARGUMENT);
    assert_string_equal(fault.table, "RSDP");
    assert_int_equal(fault.offset, offset);
    assert_non_null(strstr(fault.what, what));
}

static void both_revisions_are_read(void **state)
{
    (void)state;
    struct acpi_rsdp out;
    struct table_fault fault;
    assert_int_equal(parse(36, &out, &fault), IVM_OK);
    assert_int_equal(out.revision, 2);
    assert_int_equal(out.xsdt, XSDT);
    assert_int_equal(out.rsdt, RSDT);
    assert_string_equal(out.oem, "MAKER ");

    table_root_pointer(rsdp, 0, RSDT, XSDT);
    assert_int_equal(parse(20, &out, &fault), IVM_OK);
    assert_int_equal(out.xsdt, 0);
    assert_int_equal(out.rsdt, RSDT);
}

static void every_cut_root_pointer_is_a_fault(void **state)
{
    (void)state;
    for (size_t length = 0; length < 20; length++)
        expect_fault(length, 0, "shorter");
    for (size_t length = 20; length < 36; length++)
        expect_fault(length, 15, "cut off");
}

static void every_flipped_byte_of_a_root_pointer_is_a_fault(void **state)
{
    (void)state;
    struct acpi_rsdp out;
    struct table_fault fault;
    for (size_t at = 0; at < 36; at++) {
        rsdp[at] ^= 0x40;
        assert_int_equal(parse(36, &out, &fault), IVM_BAD_ARGUMENT);
        rsdp[at] ^= 0x40;
    }
    rsdp[8]++;
    expect_fault(36, 8, "checksum");
}

static void the_extended_checksum_counts_by_itself(void **state)
{
    (void)state;
    rsdp[33] ^= 1;
    expect_fault(36, 32, "extended checksum");
}

static void a_root_pointers_length_is_checked(void **state)
{
    (void)state;
    const uint32_t lengths[] = {0, 35, 37, UINT32_MAX};
    for (size_t i = 0; i < 4; i++) {
        for (unsigned k = 0; k < 4; k++)
            rsdp[20 + k] = (uint8_t)(lengths[i] >> 8 * k);
        table_sum_root_pointer(rsdp);
        expect_fault(36, 20, "length");
    }
}

static void a_root_pointer_to_nowhere_is_a_fault(void **state)
{
    (void)state;
    table_root_pointer(rsdp, 0, 0, 0);
    expect_fault(36, 16, "no RSDT");
    table_root_pointer(rsdp, 2, 0, 0);
    expect_fault(36, 24, "neither");
}

/* The search. */

static void put_bios(void)
{
    uint8_t segment[2] = {0xC0, 0x9F}; /* an EBDA at 0x9FC00 */
    physical_put(0x40E, segment, 2);
    physical_put(0xE0000, bios, sizeof bios);
}

static void the_search_finds_it_at_every_16th_byte_of_the_bios(void **state)
{
    (void)state;
    struct acpi_rsdp out;
    static const uint32_t places[] = {0, 16, 0x12340, 0x1FFD0};
    for (size_t i = 0; i < 4; i++) {
        physical_reset();
        memset(bios, 0, sizeof bios);
        memcpy(bios + places[i], rsdp, 36);
        put_bios();
        assert_int_equal(acpi_rsdp_search(&physical_memory, &out), IVM_OK);
        assert_int_equal(out.xsdt, XSDT);
    }
}

static void the_search_does_not_find_it_elsewhere(void **state)
{
    (void)state;
    struct acpi_rsdp out;
    memset(bios, 0, sizeof bios);
    memcpy(bios + 8, rsdp, 36);
    put_bios();
    assert_int_equal(acpi_rsdp_search(&physical_memory, &out), IVM_NOT_FOUND);
}

static void the_search_looks_in_the_ebda_first(void **state)
{
    (void)state;
    struct acpi_rsdp out;
    static uint8_t ebda[1024];
    memcpy(ebda + 1024 - 48, rsdp, 36);
    memset(bios, 0, sizeof bios);
    put_bios();
    physical_put(0x9FC00, ebda, sizeof ebda);
    assert_int_equal(acpi_rsdp_search(&physical_memory, &out), IVM_OK);
}

static void the_search_passes_damage_and_the_end_of_memory(void **state)
{
    (void)state;
    struct acpi_rsdp out;
    memset(bios, 0, sizeof bios);
    memcpy(bios + 0x100, rsdp, 36);
    bios[0x100 + 8]++;
    memcpy(bios + 0x20000 - 16, "RSD PTR ", 8);
    put_bios();
    assert_int_equal(acpi_rsdp_search(&physical_memory, &out), IVM_NOT_FOUND);
    assert_int_equal(fake_log_text_count("at 0xe0100: RSDP, offset 0x8"), 1);
    assert_int_equal(fake_log_text_count("RSDP"), 1);
    memcpy(bios + 0x200, rsdp, 36);
    physical_reset();
    put_bios();
    assert_int_equal(acpi_rsdp_search(&physical_memory, &out), IVM_OK);
}

static void memory_that_cannot_be_read_is_no_find(void **state)
{
    (void)state;
    struct acpi_rsdp out;
    physical_reset();
    assert_int_equal(acpi_rsdp_search(&physical_memory, &out), IVM_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(both_revisions_are_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_cut_root_pointer_is_a_fault, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(every_flipped_byte_of_a_root_pointer_is_a_fault,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_extended_checksum_counts_by_itself, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_root_pointers_length_is_checked, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_root_pointer_to_nowhere_is_a_fault, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_search_finds_it_at_every_16th_byte_of_the_bios,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_search_does_not_find_it_elsewhere, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_search_looks_in_the_ebda_first, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_search_passes_damage_and_the_end_of_memory,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(memory_that_cannot_be_read_is_no_find, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
