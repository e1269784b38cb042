/* test_pci_config.c: configuration space, bounds-checked: what is read and written, and in what widths. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <ivm/bus.h>

#include "fake/hardware.h"
#include "fake/pci_space.h"
#include "fake/system.h"

static struct fake_function *function;
static struct ivm_device device;

static int start(void **state)
{
    (void)state;
    fake_hardware_reset();
    fake_system_reset();
    fake_pci_start();
    function = fake_pci_add(0, 5, 0, 0x11E81234);
    for (unsigned i = 0x40; i < 0x100; i++)
        function->bytes[i] = (uint8_t)i;
    device = (struct ivm_device){.bus = IVM_BUS_PCI, .pci = {.slot = 5}};
    return 0;
}

static void any_run_of_bytes_is_read(void **state)
{
    (void)state;
    for (uint32_t offset = 0x40; offset < 0x50; offset++) {
        for (size_t size = 0; size <= 12; size++) {
            uint8_t bytes[16];
            memset(bytes, 0xEE, sizeof bytes);
            assert_int_equal(ivm_pci_config_read(&device, offset, bytes, size), IVM_OK);
            for (size_t i = 0; i < sizeof bytes; i++)
                assert_int_equal(bytes[i], i < size ? offset + i : 0xEE);
        }
    }
}

static void any_run_of_bytes_is_written(void **state)
{
    (void)state;
    for (uint32_t offset = 0x40; offset < 0x50; offset++) {
        for (size_t size = 0; size <= 12; size++) {
            uint8_t bytes[12], before[256];
            for (size_t i = 0; i < size; i++)
                bytes[i] = (uint8_t)(0xA0 + i + size);
            memcpy(before, function->bytes, sizeof before);
            memcpy(before + offset, bytes, size);
            assert_int_equal(ivm_pci_config_write(&device, offset, bytes, size), IVM_OK);
            assert_memory_equal(function->bytes, before, sizeof before);
        }
    }
}

static void the_last_byte_is_within_and_the_next_is_not(void **state)
{
    (void)state;
    uint8_t bytes[256], untouched = 0xEE;
    assert_int_equal(ivm_pci_config_read(&device, 0, bytes, 256), IVM_OK);
    assert_int_equal(bytes[255], 255);
    assert_int_equal(ivm_pci_config_read(&device, 256, bytes, 0), IVM_OK);
    assert_int_equal(ivm_pci_config_read(&device, 256, &untouched, 1), IVM_BAD_ARGUMENT);
    assert_int_equal(ivm_pci_config_read(&device, 255, bytes, 2), IVM_BAD_ARGUMENT);
    assert_int_equal(ivm_pci_config_read(&device, UINT32_MAX, bytes, 2), IVM_BAD_ARGUMENT);
    assert_int_equal(ivm_pci_config_read(&device, 4, bytes, SIZE_MAX), IVM_BAD_ARGUMENT);
    assert_int_equal(ivm_pci_config_write(&device, 255, bytes, 2), IVM_BAD_ARGUMENT);
    assert_int_equal(function->bytes[255], 255);
    assert_int_equal(untouched, 0xEE);
}

/* The status register's bits are cleared by writing ones: a write to the command register beside it must
 * leave it alone. */
static void two_bytes_are_one_access_of_two_bytes(void **state)
{
    (void)state;
    fake_pci_put16(function, 6, 0x2200);
    const uint16_t command = 0x0006;
    fake_log_clear();
    assert_int_equal(ivm_pci_config_write(&device, 4, &command, 2), IVM_OK);
    assert_int_equal(fake_pci_get16(function, 4), 6);
    assert_int_equal(fake_pci_get16(function, 6), 0x2200);
    size_t at = fake_log_find(0, FAKE_PORT_WRITE, 0xCFC);
    assert_int_equal(fake_log_at(at)->width, 2);
    assert_int_equal(fake_log_count_of(FAKE_PORT_WRITE, 0xCFE), 0);
}

static void what_is_no_function_or_is_gone_is_not_touched(void **state)
{
    (void)state;
    uint32_t value = 0xEE;
    device.bus = IVM_BUS_ISA;
    assert_int_equal(ivm_pci_config_read(&device, 0, &value, 4), IVM_BAD_ARGUMENT);
    assert_int_equal(ivm_pci_config_write(&device, 0, &value, 4), IVM_BAD_ARGUMENT);
    assert_int_equal(ivm_pci_config_read(NULL, 0, &value, 4), IVM_BAD_ARGUMENT);
    device.bus = IVM_BUS_PCI;
    device.is_gone = true;
    assert_int_equal(ivm_pci_config_read(&device, 0, &value, 4), IVM_DEVICE_GONE);
    assert_int_equal(ivm_pci_config_write(&device, 0, &value, 4), IVM_DEVICE_GONE);
    assert_int_equal(value, 0xEE);
}

int main(void)
{
#define TEST(claim) cmocka_unit_test_setup(claim, start)
    const struct CMUnitTest tests[] = {
        TEST(any_run_of_bytes_is_read),
        TEST(any_run_of_bytes_is_written),
        TEST(the_last_byte_is_within_and_the_next_is_not),
        TEST(two_bytes_are_one_access_of_two_bytes),
        TEST(what_is_no_function_or_is_gone_is_not_touched),
    };
    return cmocka_run_group_tests_name("pci_config", tests, NULL, NULL);
}
