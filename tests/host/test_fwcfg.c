/* test_fwcfg.c: fw_cfg's files, and the test device that is looked for only behind it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/debug_exit.h"
#include "drivers/fwcfg.h"
#include "fake/hardware.h"
#include "fake/system.h"

/* NOLINTNEXTLINE(bugprone-suspicious-include): a driver has no name outside its file */
#include "drivers/testdev.c"

enum { DIRECTORY = 0x19, ITEM = 0x2B };

static char signature[5];
static uint8_t directory[4 + 64 * 8];
static size_t directory_size;
static uint8_t content[] = "run=tables,quit";
static const uint8_t *item;
static size_t item_size, position;
static size_t reads;

static void write_selector(void *context, uint64_t offset, unsigned width, uint64_t value)
{
    (void)context;
    if (offset != 0 || width != 2)
        fake_complain("the selector takes 16 bits only");
    if (fake_cpu.interrupts_on)
        fake_complain("fw_cfg selected with interrupts on");
    item = value == 0           ? (const uint8_t *)signature
           : value == DIRECTORY ? directory
           : value == ITEM      ? content
                                : NULL;
    item_size = value == 0           ? 4
                : value == DIRECTORY ? directory_size
                : value == ITEM      ? sizeof content - 1
                                     : 0;
    position = 0;
}

static uint64_t read_data(void *context, uint64_t offset, unsigned width)
{
    (void)context;
    if (offset != 1 || width != 1)
        fake_complain("fw_cfg's data come by bytes from port 0x511");
    reads++;
    return position < item_size ? item[position++] : 0;
}

static void put_file(unsigned index, uint32_t size, uint16_t number, const char *name)
{
    uint8_t *entry = directory + 4 + 64 * index;
    for (unsigned i = 0; i < 4; i++)
        entry[i] = (uint8_t)(size >> (24 - 8 * i));
    entry[4] = (uint8_t)(number >> 8);
    entry[5] = (uint8_t)number;
    memcpy(entry + 8, name, strlen(name) < 56 ? strlen(name) + 1 : 56);
    directory[3] = (uint8_t)(index + 1);
    directory_size = 4 + 64 * (index + 1);
}

static int set_up(void **unused)
{
    (void)unused;
    fake_hardware_reset();
    fake_system_reset();
    fake_cpu.interrupts_on = true;
    fake_cpuid_set(1, 0, (struct cpu_leaf){.ecx = 1u << 31});
    fake_ports_default_to_ones();
    fake_port_device(0x510, 2, read_data, write_selector, NULL);
    memcpy(signature, "QEMU", 5);
    memset(directory, 0, sizeof directory);
    put_file(0, 5, 0x20, "etc/boot-menu-wait");
    put_file(1, sizeof content - 1, ITEM, "opt/ivm/cmdline");
    put_file(2, 9, 0x21, "opt/ivm/cmdline2");
    reads = 0;
    return 0;
}

static void a_machine_without_the_ports_has_no_fw_cfg(void **unused)
{
    (void)unused;
    fake_hardware_reset();
    fake_ports_default_to_ones();
    char out[8];
    size_t length = 77;

    assert_false(fwcfg_present());
    assert_int_equal(fwcfg_read("opt/ivm/cmdline", out, sizeof out, &length),
                     IVM_NO_SUCH_DEVICE);
    assert_int_equal(length, 77);
}

static void another_signature_is_not_fw_cfg(void **unused)
{
    (void)unused;
    memcpy(signature, "QEMV", 5);

    assert_false(fwcfg_present());
}

static void a_file_is_read_by_its_whole_name(void **unused)
{
    (void)unused;
    char out[64] = {0};
    size_t length = 0;

    assert_int_equal(fwcfg_read("opt/ivm/cmdline", out, sizeof out, &length), IVM_OK);

    assert_int_equal(length, sizeof content - 1);
    assert_string_equal(out, "run=tables,quit");
    assert_int_equal(fwcfg_read("opt/ivm/cmd", out, sizeof out, &length), IVM_NOT_FOUND);
    assert_int_equal(fwcfg_read("opt/ivm/cmdline23", out, sizeof out, &length),
                     IVM_NOT_FOUND);
    assert_true(fake_cpu.interrupts_on);
}

static void a_file_is_cut_to_the_room_and_its_length_told(void **unused)
{
    (void)unused;
    char out[8] = "aaaaaaa";
    size_t length = 0;

    assert_int_equal(fwcfg_read("opt/ivm/cmdline", out, 4, &length), IVM_OK);

    assert_int_equal(length, sizeof content - 1);
    assert_string_equal(out, "run=aaa");
}

static void a_name_without_its_end_is_no_file(void **unused)
{
    (void)unused;
    static const char name[] =
        "opt/an-endless-name-of-more-than-fifty-six-characters-abcdef";
    char out[4];
    size_t length;
    put_file(2, 4, ITEM, name);

    assert_int_equal(fwcfg_read(name, out, sizeof out, &length), IVM_NOT_FOUND);
}

static void a_directory_of_absurd_size_ends(void **unused)
{
    (void)unused;
    memset(directory, 0xFF, 4);
    char out[4];
    size_t length;

    assert_int_equal(fwcfg_read("no/such/file", out, sizeof out, &length), IVM_NOT_FOUND);

    assert_true(reads <= 4 + 4 + 4096 * 64);
}

/* pc-testdev. */

static uint8_t word[4];
static uint8_t lines[24];
static struct ivm_device device = {.name = "testdev"};

static void add_testdev(void)
{
    memset(word, 0x99, sizeof word);
    memset(lines, 0, sizeof lines);
    fake_port_memory(0xE0, word, 4);
    fake_port_memory(0xE8, word, 4);
    fake_port_memory(0x2000, lines, 24);
}

static void the_test_device_is_known_by_its_mirrored_word(void **unused)
{
    (void)unused;
    add_testdev();

    assert_int_equal(testdev.probe(&device), IVM_OK);

    assert_true(testdev_present());
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(word[i], 0x99);
}

static void ports_that_only_hold_what_is_written_are_no_test_device(void **unused)
{
    (void)unused;
    uint8_t mirror[4] = {0};
    memset(lines, 0, sizeof lines);
    fake_port_memory(0xE0, word, 4);
    fake_port_memory(0xE8, mirror, 4);
    fake_port_memory(0x2000, lines, 24);

    assert_int_equal(testdev.probe(&device), IVM_NO_SUCH_DEVICE);
    assert_false(testdev_present());
}

static void without_fw_cfg_nothing_is_written_to_find_a_test_device(void **unused)
{
    (void)unused;
    add_testdev();
    memcpy(signature, "....", 5);
    fake_log_clear();

    assert_int_equal(testdev.probe(&device), IVM_NO_SUCH_DEVICE);

    assert_int_equal(fake_log_count_of(FAKE_PORT_WRITE, 0xE0), 0);
}

static void an_empty_bus_is_no_test_device_and_is_not_written(void **unused)
{
    (void)unused;
    assert_int_equal(testdev.probe(&device), IVM_NO_SUCH_DEVICE);

    assert_int_equal(fake_log_count_of(FAKE_PORT_WRITE, 0xE0), 0);
}

static void the_test_device_drives_isa_lines_but_0_and_no_others(void **unused)
{
    (void)unused;
    add_testdev();
    assert_int_equal(testdev.probe(&device), IVM_OK);

    for (uint32_t gsi = 0; gsi < 64; gsi++) {
        testdev_raise(gsi);
        for (uint32_t n = 0; n < 24; n++)
            assert_int_equal(lines[n], n == gsi && gsi > 0 && gsi < 16);
        testdev_lower(gsi);
        assert_int_equal(lines[gsi % 24], 0);
    }
}

static void a_test_device_that_is_not_there_is_not_written(void **unused)
{
    (void)unused;
    assert_int_equal(testdev.probe(&device), IVM_NO_SUCH_DEVICE);
    fake_log_clear();

    testdev_raise(5);
    testdev_lower(5);

    assert_int_equal(fake_log_count(), 0);
}

static void leaving_is_one_byte_to_port_f4(void **unused)
{
    (void)unused;
    debug_exit(0x21);

    assert_int_equal(fake_log_count(), 1);
    fake_log_expect(0, FAKE_PORT_WRITE, 0xF4, 0x21);
    assert_int_equal(fake_log_at(0)->width, 1);
}

/* Port 0x510 of a real machine may be anything. */
static void a_real_machine_is_not_touched(void **unused)
{
    (void)unused;
    fake_cpuid_set(1, 0, (struct cpu_leaf){.ecx = 0});
    fake_log_clear();

    assert_false(fwcfg_present());
    assert_int_equal(fake_log_count_of(FAKE_PORT_WRITE, 0x510), 0);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup(test, set_up)
    const struct CMUnitTest tests[] = {
        T(a_machine_without_the_ports_has_no_fw_cfg),
        T(another_signature_is_not_fw_cfg),
        T(a_real_machine_is_not_touched),
        T(a_file_is_read_by_its_whole_name),
        T(a_file_is_cut_to_the_room_and_its_length_told),
        T(a_name_without_its_end_is_no_file),
        T(a_directory_of_absurd_size_ends),
        T(the_test_device_is_known_by_its_mirrored_word),
        T(ports_that_only_hold_what_is_written_are_no_test_device),
        T(without_fw_cfg_nothing_is_written_to_find_a_test_device),
        T(an_empty_bus_is_no_test_device_and_is_not_written),
        T(the_test_device_drives_isa_lines_but_0_and_no_others),
        T(a_test_device_that_is_not_there_is_not_written),
        T(leaving_is_one_byte_to_port_f4),
    };
#undef T
    return cmocka_run_group_tests_name("fw_cfg and test devices", tests, NULL, NULL);
}
