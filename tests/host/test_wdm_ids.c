/* test_wdm_ids.c: the names by which an INF knows a device, and the patterns that name it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fake/board.h"
#include "fake/board_config.h"
#include "kernel/wdm/ids.h"

static struct ivm_device *edu, *com;
static struct ivm_match com_row;

static int start(void **state)
{
    (void)state;
    board_start();
    board_config_start();
    edu = board_add(BOARD_EDU, "edu0", 7);
    edu->pci.vendor = 0x1234;
    edu->pci.device = 0x11E8;
    edu->pci.class_code = 0x00FF00;
    uint8_t *config = board_config(edu);
    config[0x08] = 0x10; /* its revision */
    memcpy(config + 0x2C, (uint8_t[]){0xF4, 0x1A, 0x00, 0x11}, 4);
    com = board_add(BOARD_PORT, "com1", 4);
    com_row = (struct ivm_match){.bus = IVM_BUS_ISA, .port = 0x3F8, .irq = 4};
    com->match = &com_row;
    return 0;
}

static void a_pci_function_has_these_ids_in_this_order(void **state)
{
    (void)state;
    static const char *const wanted[] = {
        "PCI\\VEN_1234&DEV_11E8&SUBSYS_11001AF4&REV_10",
        "PCI\\VEN_1234&DEV_11E8&SUBSYS_11001AF4",
        "PCI\\VEN_1234&DEV_11E8&REV_10",
        "PCI\\VEN_1234&DEV_11E8",
        "PCI\\VEN_1234&DEV_11E8&CC_00FF00",
        "PCI\\VEN_1234&DEV_11E8&CC_00FF",
        "PCI\\VEN_1234&CC_00FF00",
        "PCI\\VEN_1234&CC_00FF",
        "PCI\\VEN_1234",
        "PCI\\CC_00FF00",
        "PCI\\CC_00FF",
    };
    struct device_ids ids;
    ids_of(edu, &ids);
    assert_int_equal(ids.count, sizeof wanted / sizeof wanted[0]);
    assert_int_equal(ids.hardware, 6);
    for (uint32_t i = 0; i < ids.count; i++)
        assert_string_equal(ids.text[i], wanted[i]);
}

static void a_bridge_has_no_subsystem(void **state)
{
    (void)state;
    struct device_ids ids;
    board_config(edu)[0x0E] = 0x81; /* of several functions, a bridge */
    ids_of(edu, &ids);
    assert_string_equal(ids.text[1], "PCI\\VEN_1234&DEV_11E8&SUBSYS_00000000");
}

static void an_isa_device_has_ids_by_its_name(void **state)
{
    (void)state;
    static const char *const wanted[] = {"ISA\\COM1", "ISA\\PNP0501", "*PNP0501",
                                         "*PNP0500"};
    struct device_ids ids;
    ids_of(com, &ids);
    assert_int_equal(ids.count, 4);
    assert_int_equal(ids.hardware, 3);
    for (uint32_t i = 0; i < 4; i++)
        assert_string_equal(ids.text[i], wanted[i]);
    assert_int_equal(ids_isa_ports(com), 8);
    strcpy(com->name, "rtc");
    ids_of(com, &ids);
    assert_string_equal(ids.text[2], "*PNP0B00");
    assert_int_equal(ids_isa_ports(com), 2);
    strcpy(com->name, "comet"); /* is none of com1, com2, ... */
    ids_of(com, &ids);
    assert_int_equal(ids.count, 1);
    assert_string_equal(ids.text[0], "ISA\\COMET");
    assert_int_equal(ids_isa_ports(com), 1);
}

static void others_have_none(void **state)
{
    (void)state;
    struct device_ids ids;
    com->bus = IVM_BUS_ACPI;
    ids_of(com, &ids);
    assert_int_equal(ids.count, 0);
}

/* 0: no match; else the messages wished for, plus one. */
static uint32_t match(const struct ivm_device *device, const char *pattern)
{
    struct device_ids ids;
    uint32_t messages = 77;
    ids_of(device, &ids);
    if (ids_match(&ids, pattern, &messages))
        return messages + 1;
    assert_int_equal(messages, 77);
    return 0;
}

static void every_id_matches_whatever_its_case(void **state)
{
    (void)state;
    struct device_ids ids;
    ids_of(edu, &ids);
    for (uint32_t i = 0; i < ids.count; i++) {
        char small[IDS_SIZE];
        for (size_t at = 0; at < IDS_SIZE; at++) {
            char letter = ids.text[i][at];
            small[at] = letter >= 'A' && letter <= 'Z' ? (char)(letter + 32) : letter;
        }
        assert_int_equal(match(edu, ids.text[i]), 1);
        assert_int_equal(match(edu, small), 1);
    }
    assert_int_equal(match(com, "isa\\com1"), 1);
}

static void a_part_of_an_id_or_more_than_one_does_not_match(void **state)
{
    (void)state;
    assert_int_equal(match(edu, ""), 0);
    assert_int_equal(match(edu, "PCI"), 0);
    assert_int_equal(match(edu, "PCI\\VEN_1234&DEV_11E"), 0);
    assert_int_equal(match(edu, "PCI\\VEN_1234&DEV_11E80"), 0);
    assert_int_equal(match(edu, "PCI\\VEN_1234&DEV_11E9"), 0);
    assert_int_equal(match(com, "ISA\\COM11"), 0);
}

static void a_suffix_says_how_many_messages(void **state)
{
    (void)state;
    static const struct {
        const char *pattern;
        uint32_t answer;
    } cases[] = {
        {"PCI\\VEN_1234&DEV_11E8|MSI=4", 4 + 1},
        {"pci\\ven_1234|msi=1", 1 + 1},
        {"PCI\\VEN_1234|MSI=2048", 2048 + 1},
        {"PCI\\VEN_1234|MSI=65535", 65535 + 1},
        {"PCI\\VEN_1234|MSI", IDS_ALL_MESSAGES + 1},
        {"PCI\\VEN_1234|MSI=", 0},
        {"PCI\\VEN_1234|MSI=0", 0},
        {"PCI\\VEN_1234|MSI=65536", 0},
        {"PCI\\VEN_1234|MSI=99999999999999999999", 0},
        {"PCI\\VEN_1234|MSI=4x", 0},
        {"PCI\\VEN_1234|MSIX", 0},
        {"PCI\\VEN_1234|MS", 0},
        {"PCI\\VEN_1234|", 0},
        {"|MSI=4", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *pattern = cases[i].pattern;
        assert_int_equal(match(edu, pattern), cases[i].answer);
        if (pattern[0] != '|')
            assert_int_equal(ids_pattern_is_sound(pattern), cases[i].answer != 0);
    }
}

int main(void)
{
#define TEST(claim) cmocka_unit_test_setup(claim, start)
    const struct CMUnitTest tests[] = {
        TEST(a_pci_function_has_these_ids_in_this_order),
        TEST(a_bridge_has_no_subsystem),
        TEST(an_isa_device_has_ids_by_its_name),
        TEST(others_have_none),
        TEST(every_id_matches_whatever_its_case),
        TEST(a_part_of_an_id_or_more_than_one_does_not_match),
        TEST(a_suffix_says_how_many_messages),
    };
    return cmocka_run_group_tests_name("wdm_ids", tests, NULL, NULL);
}
