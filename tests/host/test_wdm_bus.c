/* test_wdm_bus.c: what the bus answers: requests, configuration space, properties, power. */
#include "fake/world.h"

#include <string.h>

#include "fake/board.h"
#include "fake/board_config.h"
#include "fake/system.h"
#include "fake/wdm.h"
#include "kernel/wdm/bus_calls.h"
#include "kernel/wdm/device.h"
#include "kernel/wdm/pnp.h"
#include "kernel/wdm/request.h"
#include "kernel/wdm/resources.h"

enum { PCI = 4, SLOT = 1 | 2 << 5 }; /* slot 1, function 2 */

static struct ivm_device *device;
static struct pnp_node *node;
static struct nt_device *pdo;

static int start(void **state)
{
    world_one_cpu(state);
    board_start();
    board_config_start();
    fake_wdm_reset();
    (void)board_add_undriven("pci 00:00.0", 9);
    device = board_add(BOARD_EDU, "edu0", 7);
    device->pci = (struct ivm_pci){.bus = 3,
                                   .slot = 1,
                                   .function = 2,
                                   .vendor = 0x1234,
                                   .device = 0x11E8,
                                   .class_code = 0x00FF00};
    uint8_t *config = board_config(device);
    for (unsigned i = 0; i < 256; i++)
        config[i] = (uint8_t)i;
    config[0x0E] = 0; /* of one function, no bridge */
    node = pnp_node_take(&fake_wdm.image, device);
    assert_int_equal(pnp_bus_make(node), NT_SUCCESS);
    pdo = node->pdo;
    assert_int_equal(resources_acquire(node), NT_SUCCESS);
    return 0;
}

static int end(void **state)
{
    device->bus = IVM_BUS_PCI;
    resources_release(node);
    device_object_unmake(pdo);
    pnp_node_free(node);
    assert_int_equal(fake_wdm.blocks, 0);
    return world_end(state);
}

static nt_status ask(uint8_t major, uint8_t minor, const void *parameters)
{
    struct request_plan plan = {.major = major, .minor = minor};
    if (parameters != NULL)
        memcpy(plan.parameters, parameters, sizeof plan.parameters);
    return request_send(&fake_wdm.image, pdo, &plan);
}

/* ---- requests --------------------------------------------------------------------------- */

static void a_pdo_is_of_the_bus_and_ready(void **state)
{
    (void)state;
    assert_int_equal(pdo->flags, 0x3040); /* of a bus, pageable power, named */
    assert_int_equal(pdo->stack_size, 1);
    assert_ptr_not_equal(pdo->driver, &fake_wdm.image.driver);
    assert_int_equal(fake_wdm.image.devices, 0);
}

static void what_the_bus_knows_it_does(void **state)
{
    (void)state;
    static const uint8_t minors[] = {
        NT_PNP_START, NT_PNP_QUERY_REMOVE, NT_PNP_REMOVE,      NT_PNP_CANCEL_REMOVE,
        NT_PNP_STOP,  NT_PNP_QUERY_STOP,   NT_PNP_CANCEL_STOP, NT_PNP_SURPRISE_REMOVAL};
    for (size_t i = 0; i < sizeof minors; i++)
        assert_int_equal(ask(NT_MAJOR_PNP, minors[i], NULL), NT_SUCCESS);
    assert_int_equal(ask(NT_MAJOR_POWER, 2, NULL), NT_SUCCESS);
    assert_int_equal(ask(NT_MAJOR_POWER, 3, NULL), NT_SUCCESS);
}

/* Requests begin with "not supported". */
static void what_it_does_not_know_it_leaves_as_it_came(void **state)
{
    (void)state;
    assert_int_equal(ask(NT_MAJOR_PNP, NT_PNP_QUERY_RELATIONS, NULL), NT_NOT_SUPPORTED);
    assert_int_equal(ask(NT_MAJOR_PNP, NT_PNP_QUERY_INTERFACE, NULL), NT_NOT_SUPPORTED);
    assert_int_equal(ask(NT_MAJOR_PNP, 0x77, NULL), NT_NOT_SUPPORTED);
    assert_int_equal(ask(NT_MAJOR_POWER, 0, NULL), NT_NOT_SUPPORTED);
    assert_int_equal(ask(0x17, 0, NULL), NT_NOT_SUPPORTED);
    assert_int_equal(ask(NT_MAJOR_CREATE, 0, NULL), NT_INVALID_DEVICE_REQUEST);
}

static void capabilities_are_none(void **state)
{
    (void)state;
    uint8_t capabilities[80];
    void *parameters[4] = {capabilities};
    memset(capabilities, 0xEE, sizeof capabilities);
    memcpy(capabilities, (uint8_t[]){64, 0, 1, 0}, 4);
    assert_int_equal(ask(NT_MAJOR_PNP, NT_PNP_QUERY_CAPABILITIES, parameters), NT_SUCCESS);
    assert_memory_equal(capabilities, ((uint8_t[]){64, 0, 1, 0}), 4);
    for (size_t i = 4; i < sizeof capabilities; i++)
        assert_int_equal(capabilities[i], i < 64 ? 0 : 0xEE);
    capabilities[0] = 8; /* too small to be one */
    capabilities[4] = 0xEE;
    assert_int_equal(ask(NT_MAJOR_PNP, NT_PNP_QUERY_CAPABILITIES, parameters),
                     NT_NOT_SUPPORTED);
    assert_int_equal(capabilities[4], 0xEE);
    assert_int_equal(ask(NT_MAJOR_PNP, NT_PNP_QUERY_CAPABILITIES, NULL), NT_NOT_SUPPORTED);
}

static void a_request_reads_and_writes_configuration_space(void **state)
{
    (void)state;
    uint8_t bytes[4] = {0};
    uint64_t parameters[4] = {0, (uintptr_t)bytes, 0x40, 4};
    assert_int_equal(ask(NT_MAJOR_PNP, 0x0F, parameters), NT_SUCCESS);
    assert_memory_equal(bytes, ((uint8_t[]){0x40, 0x41, 0x42, 0x43}), 4);
    bytes[0] = 0x99;
    assert_int_equal(ask(NT_MAJOR_PNP, 0x10, parameters), NT_SUCCESS);
    assert_int_equal(board_config(device)[0x40], 0x99);
    parameters[2] = 254;
    assert_int_equal(ask(NT_MAJOR_PNP, 0x0F, parameters), NT_INVALID_DEVICE_REQUEST);
    parameters[0] = 1; /* another space */
    assert_int_equal(ask(NT_MAJOR_PNP, 0x0F, parameters), NT_NOT_SUPPORTED);
}

/* ---- configuration space by bus and slot ------------------------------------------------ */

static void a_slot_number_is_a_slot_and_a_function(void **state)
{
    (void)state;
    uint8_t bytes[256] = {0};
    assert_int_equal(HalGetBusDataByOffset(PCI, 3, SLOT, bytes, 0, 256), 256);
    assert_memory_equal(bytes, board_config(device), 256);
    assert_int_equal(HalGetBusDataByOffset(PCI, 3, SLOT | 0xFFFFFF00, bytes, 8, 4), 4);
    assert_int_equal(bytes[0], 8);
}

static void what_lies_beyond_the_end_is_cut(void **state)
{
    (void)state;
    uint8_t bytes[16] = {0};
    assert_int_equal(HalGetBusDataByOffset(PCI, 3, SLOT, bytes, 250, 16), 6);
    assert_int_equal(bytes[5], 255);
    assert_int_equal(bytes[6], 0);
    assert_int_equal(HalGetBusDataByOffset(PCI, 3, SLOT, bytes, 256, 4), 0);
    assert_int_equal(HalGetBusDataByOffset(PCI, 3, SLOT, bytes, UINT32_MAX, 4), 0);
    assert_int_equal(HalSetBusDataByOffset(PCI, 3, SLOT, bytes, 254, 8), 2);
}

static void an_empty_slot_says_that_nobody_is_there(void **state)
{
    (void)state;
    uint8_t bytes[4] = {1, 2, 3, 4};
    assert_int_equal(HalGetBusDataByOffset(PCI, 3, 9, bytes, 0, 4), 2);
    assert_memory_equal(bytes, ((uint8_t[]){0xFF, 0xFF, 3, 4}), 4);
    assert_int_equal(HalGetBusDataByOffset(PCI, 3, 9, bytes, 8, 4), 0);
    assert_int_equal(HalGetBusDataByOffset(PCI, 4, SLOT, bytes, 0, 4), 0); /* no such bus */
    assert_int_equal(HalSetBusDataByOffset(PCI, 3, 9, bytes, 0, 4), 0);
    device->is_gone = true;
    assert_int_equal(HalGetBusDataByOffset(PCI, 3, SLOT, bytes, 0, 4), 0);
    device->is_gone = false;
}

static void only_pci_has_bus_data(void **state)
{
    (void)state;
    uint8_t bytes[4] = {1, 2, 3, 4};
    for (uint32_t kind = 0; kind < 12; kind++) {
        uint32_t wanted = kind == PCI ? 4 : 0;
        assert_int_equal(HalGetBusDataByOffset(kind, 3, SLOT, bytes, 0x40, 4), wanted);
        assert_int_equal(HalSetBusDataByOffset(kind, 3, SLOT, bytes, 0x40, 4), wanted);
    }
    assert_int_equal(HalGetBusDataByOffset(PCI, 3, SLOT, NULL, 0, 4), 0);
    bytes[0] = 0x77;
    assert_int_equal(HalSetBusDataByOffset(PCI, 3, SLOT, bytes, 0x44, 1), 1);
    assert_int_equal(board_config(device)[0x44], 0x77);
    assert_int_equal(board_config(device)[0x45], 0x45);
}

/* ---- properties ------------------------------------------------------------------------- */

/* A property that is text, as ASCII; the texts of a list separated by |. */
static const char *text_of(uint32_t property)
{
    static uint16_t wide[600];
    static char text[600];
    uint32_t needed = 0;
    assert_int_equal(IoGetDeviceProperty(pdo, property, sizeof wide, wide, &needed), 0);
    assert_int_equal(wide[needed / 2 - 1], 0);
    for (uint32_t i = 0; i < needed / 2; i++)
        text[i] = wide[i] == 0 ? '|' : (char)wide[i];
    text[needed / 2 - 1] = '\0';
    return text;
}

static uint32_t number_of(uint32_t property)
{
    uint32_t number = 0, needed = 0;
    assert_int_equal(IoGetDeviceProperty(pdo, property, 4, &number, &needed), NT_SUCCESS);
    assert_int_equal(needed, 4);
    return number;
}

static void a_device_tells_what_it_is(void **state)
{
    (void)state;
    assert_string_equal(text_of(0x00), "edu0");
    assert_string_equal(text_of(0x01),
                        "PCI\\VEN_1234&DEV_11E8&SUBSYS_2F2E2D2C&REV_08|"
                        "PCI\\VEN_1234&DEV_11E8&SUBSYS_2F2E2D2C|"
                        "PCI\\VEN_1234&DEV_11E8&REV_08|PCI\\VEN_1234&DEV_11E8|"
                        "PCI\\VEN_1234&DEV_11E8&CC_00FF00|PCI\\VEN_1234&DEV_11E8&CC_00FF|");
    assert_string_equal(text_of(0x02),
                        "PCI\\VEN_1234&CC_00FF00|PCI\\VEN_1234&CC_00FF|PCI\\VEN_1234|"
                        "PCI\\CC_00FF00|PCI\\CC_00FF|");
    assert_string_equal(text_of(0x0A), "PCI bus 3, device 1, function 2");
    assert_memory_equal(text_of(0x0B), "\\Device\\0", 9);
    assert_string_equal(text_of(0x0F), "PCI");
    assert_int_equal(number_of(0x0D), NT_INTERFACE_PCI);
    assert_int_equal(number_of(0x0E), 3);
    assert_int_equal(number_of(0x10), 1 << 16 | 2);
    device->bus = IVM_BUS_ISA;
    assert_int_equal(number_of(0x0D), NT_INTERFACE_ISA);
    assert_int_equal(number_of(0x10), UINT32_MAX);
    assert_string_equal(text_of(0x0F), "ISA");
}

static void a_device_tells_what_it_was_given(void **state)
{
    (void)state;
    uint8_t list[64];
    uint32_t needed = 0;
    assert_int_equal(IoGetDeviceProperty(pdo, 0x15, sizeof list, list, &needed), 0);
    assert_int_equal(needed, 40);
    assert_memory_equal(list, node->raw, 40);
}

static void a_buffer_that_is_too_small_is_told_how_much(void **state)
{
    (void)state;
    uint16_t wide[5] = {0, 0, 0, 0, 0xEEEE};
    uint32_t needed = 0;
    assert_int_equal(IoGetDeviceProperty(pdo, 0, 8, wide, &needed), NT_BUFFER_TOO_SMALL);
    assert_int_equal(needed, 10);
    assert_int_equal(wide[4], 0xEEEE);
    assert_int_equal(IoGetDeviceProperty(pdo, 0, 0, NULL, &needed), NT_BUFFER_TOO_SMALL);
    assert_int_equal(IoGetDeviceProperty(pdo, 0, 99, NULL, &needed), NT_BUFFER_TOO_SMALL);
    assert_int_equal(IoGetDeviceProperty(pdo, 0, 10, wide, NULL), NT_SUCCESS);
    assert_int_equal(wide[3], '0');
    assert_int_equal(wide[4], 0);
}

static void what_a_device_has_not_is_not_found(void **state)
{
    (void)state;
    uint32_t needed = 0;
    uint8_t buffer[64];
    static const uint32_t absent[] = {0x03, 0x05, 0x06, 0x0C, 0x11, 0x16};
    for (size_t i = 0; i < sizeof absent / sizeof absent[0]; i++)
        assert_int_equal(IoGetDeviceProperty(pdo, absent[i], 64, buffer, &needed),
                         NT_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(IoGetDeviceProperty(pdo, 0x17, 64, buffer, &needed),
                     NT_INVALID_PARAMETER_2);
    struct nt_device other = {0};
    assert_int_equal(IoGetDeviceProperty(&other, 0, 64, buffer, &needed),
                     NT_INVALID_DEVICE_REQUEST);
    assert_int_equal(IoGetDeviceProperty(NULL, 0, 64, buffer, &needed),
                     NT_INVALID_DEVICE_REQUEST);
}

/* ---- the rest --------------------------------------------------------------------------- */

static void calls_that_do_nothing_say_so_as_documented(void **state)
{
    (void)state;
    struct nt_irp *irp = (void *)&irp;
    void *key = &key;
    const struct nt_string name = {0};
    PoStartNextPowerIrp(NULL);
    IoInvalidateDeviceState(pdo);
    assert_int_equal(PoSetPowerState(pdo, 1, 4), 1);
    assert_int_equal(PoRequestPowerIrp(pdo, 2, 1, 0, NULL, &irp), NT_NOT_SUPPORTED);
    assert_null(irp);
    assert_int_equal(PoRequestPowerIrp(pdo, 2, 1, 0, NULL, NULL), NT_NOT_SUPPORTED);
    assert_int_equal(IoCreateSymbolicLink(&name, &name), NT_SUCCESS);
    assert_int_equal(IoDeleteSymbolicLink(&name), NT_SUCCESS);
    assert_int_equal(IoOpenDeviceRegistryKey(pdo, 1, 0, &key), NT_NOT_SUPPORTED);
    assert_null(key);
    assert_int_equal(ZwClose(NULL), NT_SUCCESS);
}

int main(void)
{
#define TEST(claim) cmocka_unit_test_setup_teardown(claim, start, end)
    const struct CMUnitTest tests[] = {
        TEST(a_pdo_is_of_the_bus_and_ready),
        TEST(what_the_bus_knows_it_does),
        TEST(what_it_does_not_know_it_leaves_as_it_came),
        TEST(capabilities_are_none),
        TEST(a_request_reads_and_writes_configuration_space),
        TEST(a_slot_number_is_a_slot_and_a_function),
        TEST(what_lies_beyond_the_end_is_cut),
        TEST(an_empty_slot_says_that_nobody_is_there),
        TEST(only_pci_has_bus_data),
        TEST(a_device_tells_what_it_is),
        TEST(a_device_tells_what_it_was_given),
        TEST(a_buffer_that_is_too_small_is_told_how_much),
        TEST(what_a_device_has_not_is_not_found),
        TEST(calls_that_do_nothing_say_so_as_documented),
    };
    return cmocka_run_group_tests_name("wdm_bus", tests, NULL, NULL);
}
