/* test_firmware_mp.c: the MP table of a machine: where it is found, and what it is used for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <ivm/bus.h>

#include "arch/x86_64/firmware.h"
#include "arch/x86_64/firmware_mp.h"
#include "arch/x86_64/ioapic.h"
#include "arch/x86_64/routing.h"
#include "fake/hardware.h"
#include "fake/ioapic_chip.h"
#include "fake/mp_bytes.h"
#include "fake/physical.h"
#include "fake/system.h"

enum { TABLE_AT = 0x9F000, EBDA = 0x9FC00, LAST_KIB = 0x9FC00, BIOS = 0xF0000 };

static struct table table;
static uint8_t area[0x10000];
static struct ioapic_chip chip;
static struct ivm_line_info line;

static int set_up(void **state)
{
    (void)state;
    fake_hardware_reset();
    fake_system_reset();
    physical_reset();
    fake_ports_default_to_ones();
    mp_table_of_pc(&table);
    memset(area, 0, sizeof area);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    physical_reset();
    return 0;
}

/* The BIOS data area's words, the table, and a pointer to it at an offset of [first, ...). */
static void put(uint16_t ebda_segment, uint64_t first, size_t size, size_t offset)
{
    uint8_t data[0x100] = {0};
    data[0x0E] = (uint8_t)ebda_segment;
    data[0x0F] = (uint8_t)(ebda_segment >> 8);
    data[0x13] = 640 & 0xFF;
    data[0x14] = 640 >> 8;
    physical_put(0x400, data, sizeof data);
    physical_put(TABLE_AT, table.bytes, table.length);
    if (area[offset] == 0)
        mp_pointer(area + offset, TABLE_AT);
    physical_put(first, area, size);
}

static void it_is_found_in_each_place_that_the_specification_names(void **state)
{
    (void)state;
    put(EBDA >> 4, EBDA, 1024, 1024 - 16);
    assert_int_equal(firmware_mp_start(&physical_memory), IVM_OK);

    tear_down(NULL), set_up(NULL);
    put(0, LAST_KIB, 1024, 0);
    assert_int_equal(firmware_mp_start(&physical_memory), IVM_OK);

    for (size_t offset = 0; offset <= 0xFFF0; offset += 0x3330) {
        tear_down(NULL), set_up(NULL);
        put(EBDA >> 4, BIOS, 0x10000, offset);
        assert_int_equal(firmware_mp_start(&physical_memory), IVM_OK);
    }
    assert_int_equal(fake_log_text_count("2 processors, 1 I/O APICs, 13 wires"), 1);
}

static void it_is_not_found_at_odd_places_nor_where_nothing_is(void **state)
{
    (void)state;
    assert_int_equal(firmware_mp_start(&physical_memory), IVM_NOT_FOUND);
    put(EBDA >> 4, BIOS, 0x10000, 8);
    assert_int_equal(firmware_mp_start(&physical_memory), IVM_NOT_FOUND);
    assert_false(ivm_mp_line(0, 5, 1, &line));
}

static uint64_t highest_asked;

static const void *map_and_note(void *context, uint64_t physical, size_t size)
{
    if (physical > highest_asked)
        highest_asked = physical;
    return physical_memory.map(context, physical, size);
}

static void
what_the_bios_data_area_says_of_memory_is_searched_only_where_it_can_be(void **state)
{
    static const uint16_t kib[] = {0, 1, 2, 640, 641, 0xFFFF};
    for (size_t i = 0; i < sizeof kib / sizeof kib[0]; i++) {
        tear_down(state), set_up(state);
        put(0, BIOS, 0x10000, 0);
        uint8_t data[0x100] = {[0x13] = (uint8_t)kib[i], [0x14] = (uint8_t)(kib[i] >> 8)};
        physical_put(0x400, data, sizeof data);
        struct acpi_memory memory = physical_memory;
        memory.map = map_and_note;
        highest_asked = 0;

        assert_int_equal(firmware_mp_start(&memory), IVM_OK);

        assert_int_equal(highest_asked, BIOS);
    }
}

static void a_damaged_pointer_is_named_and_the_next_one_counts(void **state)
{
    (void)state;
    memcpy(area, "_MP_", 4);
    put(EBDA >> 4, BIOS, 0x10000, 0x100);
    assert_int_equal(firmware_mp_start(&physical_memory), IVM_OK);
    assert_int_equal(fake_log_text_count("MP table: at 0xf0000: _MP_, offset 0x8"), 1);
}

static void a_damaged_table_is_named_and_not_used(void **state)
{
    (void)state;
    table.bytes[50]++;
    put(EBDA >> 4, BIOS, 0x10000, 0);
    assert_int_equal(firmware_mp_start(&physical_memory), IVM_BAD_ARGUMENT);
    assert_int_equal(fake_log_text_count("MP table: at 0x9f000: MP, offset 0x7: a wrong"),
                     1);

    mp_pointer(area, 0x1000);
    physical_put(BIOS, area, sizeof area);
    assert_int_equal(firmware_mp_start(&physical_memory), IVM_BAD_ARGUMENT);
    assert_int_equal(fake_log_text_count("0x1000, where nothing can be read"), 1);
}

static void a_default_configuration_is_named_as_not_supported(void **state)
{
    (void)state;
    mp_pointer(area, 0);
    area[11] = 5;
    mp_pointer_sum(area);
    put(EBDA >> 4, BIOS, 0x10000, 0);
    assert_int_equal(firmware_mp_start(&physical_memory), IVM_UNSUPPORTED);
    assert_int_equal(fake_log_text_count("default configuration 5, which is not"), 1);
}

static void what_is_doubtful_is_named_with_its_offset(void **state)
{
    (void)state;
    size_t at = table.length;
    char text[64];
    mp_add_wire(&table, 3, (const uint8_t[]){0, 0, 9, 3, 0, 3});
    mp_table_finish(&table);
    put(EBDA >> 4, BIOS, 0x10000, 0);
    assert_int_equal(firmware_mp_start(&physical_memory), IVM_OK);
    snprintf(text, sizeof text, "MP table, offset 0x%zx: a wire from a bus", at);
    assert_int_equal(fake_log_text_count(text), 1);
}

/* In the place of a MADT. */

static void start_machine(void)
{
    put(EBDA >> 4, BIOS, 0x10000, 0);
    ioapic_chip_start(&chip, 0xFEC00000, 0x00170020);
    assert_int_equal(firmware_start(NULL, 0, &physical_memory), IVM_OK);
    assert_int_equal(ioapic_start(firmware_madt()), IVM_OK);
    routing_start(firmware_madt());
}

static void without_a_madt_the_machine_is_known_from_it(void **state)
{
    (void)state;
    start_machine();

    assert_int_equal(firmware_madt()->cpu_count, 2);
    assert_int_equal(fake_log_text_count("known from it, not from a MADT"), 1);
    assert_true(ivm_isa_line(0, &line));
    assert_int_equal(line.gsi, 2);
    assert_string_equal(line.known_from, "MP table");
    assert_true(ivm_isa_line(10, &line));
    assert_int_equal(line.trigger, IVM_LEVEL);
    assert_true(ivm_mp_line(0, 5, 1, &line));
    assert_int_equal(line.gsi, 10);
    assert_int_equal(line.trigger, IVM_LEVEL);
    assert_int_equal(line.polarity, IVM_ACTIVE_HIGH);
    assert_string_equal(line.known_from, "MP table");
    assert_false(ivm_mp_line(0, 5, 2, &line));
    assert_int_equal(fake_log_count_of(FAKE_PORT_WRITE, 0x22), 0);
}

static void a_wire_to_an_input_that_no_ioapic_has_is_no_line(void **state)
{
    (void)state;
    mp_add_wire(&table, 3, (const uint8_t[]){0, 0, 0, 9 << 2, 0, 23});
    mp_add_wire(&table, 3, (const uint8_t[]){0, 0, 0, 10 << 2, 0, 24});
    mp_add_wire(&table, 3, (const uint8_t[]){0, MP_EDGE_HIGH, 0, 11 << 2, 0, 22});
    mp_table_finish(&table);
    start_machine();

    assert_true(ivm_mp_line(0, 9, 1, &line));
    assert_int_equal(line.polarity, IVM_ACTIVE_LOW);
    assert_false(ivm_mp_line(0, 10, 1, &line));
    assert_true(ivm_mp_line(0, 11, 1, &line));
    assert_int_equal(line.trigger, IVM_EDGE);
}

static void a_machine_in_pic_mode_is_led_through_its_apics(void **state)
{
    (void)state;
    mp_pointer(area, TABLE_AT);
    area[12] = 0x80;
    mp_pointer_sum(area);
    start_machine();

    size_t at = fake_log_find(0, FAKE_PORT_WRITE, 0x22);
    fake_log_expect(at, FAKE_PORT_WRITE, 0x22, 0x70);
    fake_log_expect(at + 1, FAKE_PORT_WRITE, 0x23, 0x01);
}

static void several_ioapics_are_asked_for_the_number_of_their_inputs(void **state)
{
    (void)state;
    mp_add_ioapic(&table, 5, 0xFEC01000);
    mp_add_wire(&table, 3, (const uint8_t[]){0, 0, 0, 9 << 2, 5, 3});
    mp_table_finish(&table);
    static struct ioapic_chip second;
    ioapic_chip_start(&second, 0xFEC01000, 0x000F0020);
    second.id = 5 << 24;
    put(EBDA >> 4, BIOS, 0x10000, 0);
    ioapic_chip_start(&chip, 0xFEC00000, 0x000B0020); /* twelve inputs */
    assert_int_equal(firmware_start(NULL, 0, &physical_memory), IVM_OK);
    assert_int_equal(ioapic_start(firmware_madt()), IVM_OK);

    assert_int_equal(firmware_madt()->ioapics[1].gsi_base, 12);
    assert_true(ivm_mp_line(0, 9, 1, &line));
    assert_int_equal(line.gsi, 15);

    chip.is_dead = true;
    assert_int_equal(firmware_start(NULL, 0, &physical_memory), IVM_OK);
    assert_int_equal(firmware_madt()->ioapics[1].gsi_base, 24);
    assert_int_equal(fake_log_text_count("does not say how many inputs it has"), 1);
}

/* Beside a MADT. */

static void
where_both_disagree_about_a_line_the_madt_counts_and_both_are_named(void **state)
{
    (void)state;
    static struct table madt, xsdt;
    uint8_t rsdp[36];
    put(EBDA >> 4, BIOS, 0x10000, 0);
    table_start(&madt, "APIC");
    table_add_number(&madt, 0xFEE00000, 4);
    table_add_number(&madt, 1, 4);
    table_add(&madt, "\1\14\0\0\0\0\300\376\0\0\0\0", 12);
    table_add(&madt, "\2\12\0\0\2\0\0\0\0\0", 10);   /* irq 0 at gsi 2: as the MP table */
    table_add(&madt, "\2\12\0\10\24\0\0\0\0\0", 10); /* irq 8 at gsi 20 */
    physical_put_table(0x3000, &madt);
    table_start(&xsdt, "XSDT");
    table_add_number(&xsdt, 0x3000, 8);
    physical_put_table(0x4000, &xsdt);
    table_root_pointer(rsdp, 2, 0, 0x4000);
    assert_int_equal(firmware_start(rsdp, sizeof rsdp, &physical_memory), IVM_OK);

    assert_int_equal(fake_log_text_count("the MADT counts"), 1);
    assert_int_equal(
        fake_log_text_count("ISA irq 8: the MADT says gsi 20, the MP table gsi 8"), 1);
    assert_false(firmware_madt()->from_mp_table);
    assert_int_equal(firmware_madt()->override_count, 2);

    table_add(&madt, "\1\14\0", 3); /* a MADT that ends in an entry: the MP table counts */
    physical_put_table(0x3000, &madt);
    assert_int_equal(firmware_start(rsdp, sizeof rsdp, &physical_memory), IVM_OK);
    assert_true(firmware_madt()->from_mp_table);
    assert_int_equal(firmware_madt()->cpu_count, 2);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(it_is_found_in_each_place_that_the_specification_names),
        T(it_is_not_found_at_odd_places_nor_where_nothing_is),
        T(what_the_bios_data_area_says_of_memory_is_searched_only_where_it_can_be),
        T(a_damaged_pointer_is_named_and_the_next_one_counts),
        T(a_damaged_table_is_named_and_not_used),
        T(a_default_configuration_is_named_as_not_supported),
        T(what_is_doubtful_is_named_with_its_offset),
        T(without_a_madt_the_machine_is_known_from_it),
        T(a_wire_to_an_input_that_no_ioapic_has_is_no_line),
        T(a_machine_in_pic_mode_is_led_through_its_apics),
        T(several_ioapics_are_asked_for_the_number_of_their_inputs),
        T(where_both_disagree_about_a_line_the_madt_counts_and_both_are_named),
    };
#undef T
    return cmocka_run_group_tests_name("firmware mp", tests, NULL, NULL);
}
