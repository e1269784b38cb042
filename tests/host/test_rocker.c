/* test_rocker.c: the driver of the test switch against a model of the device. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "driver_bench.h"

/* NOLINTNEXTLINE(bugprone-suspicious-include): a driver has no name outside its file */
#include "drivers/rocker.c"

#define BASE UINT32_C(0xFEB00000)

static uint32_t test_register, last_fired, fired;
static bool is_broken;
static struct rocker state;
static struct ivm_device device;
static struct fake_function *function;

static uint64_t read_model(void *context, uint64_t offset, unsigned width)
{
    (void)context;
    if (width != 4)
        fake_complain("4-byte registers take one 4-byte access");
    return offset == 0x10 ? test_register * (is_broken ? 1U : 2U) : 0xDEADBABE;
}

static void write_model(void *context, uint64_t offset, unsigned width, uint64_t value)
{
    (void)context;
    if (width != 4)
        fake_complain("4-byte registers take one 4-byte access");
    if (offset == 0x10)
        test_register = (uint32_t)value;
    else if (offset == 0x20)
        fired++, last_fired = (uint32_t)value;
    else
        fake_complain("nothing is to be written at 0x%llx", (unsigned long long)offset);
}

static int set_up(void **unused)
{
    (void)unused;
    driver_bench_start();
    function = fake_pci_add(0, 6, 0, 0x00061B36);
    fake_mmio_device(BASE, 0x2000, read_model, write_model, NULL);
    fired = 0;
    is_broken = false;
    state = (struct rocker){0};
    device = (struct ivm_device){
        .name = "rocker0",
        .state = &state,
        .pci = {.slot = 6, .bars = {{.base = BASE, .size = 0x2000}}},
    };
    return 0;
}

static void a_switch_is_known_by_its_test_register(void **unused)
{
    (void)unused;
    assert_int_equal(rocker.probe(&device), IVM_OK);

    assert_int_equal(fake_pci_get16(function, PCI_COMMAND), PCI_COMMAND_MEMORY);
    assert_int_equal(fired, 0);
    assert_false(device.has_line);
}

static void another_answer_is_not_driven(void **unused)
{
    (void)unused;
    is_broken = true;

    assert_int_equal(rocker.probe(&device), IVM_UNSUPPORTED);

    assert_int_equal(fake_log_text_count("answers 0x12345678"), 1);
}

static void registers_that_are_not_there_are_not_driven(void **unused)
{
    (void)unused;
    expect_registers_needed(&rocker, &device, 0x1000);
}

static void each_message_is_fired_by_its_number(void **unused)
{
    (void)unused;
    assert_int_equal(rocker.probe(&device), IVM_OK);

    for (uint32_t i = 0; i < rocker.message_count; i++) {
        rocker.fire_message(&device, i);
        assert_int_equal(last_fired, i);
    }
    assert_int_equal(fired, 4);
}

static void each_message_is_counted_by_itself_and_touches_no_register(void **unused)
{
    (void)unused;
    assert_int_equal(rocker.probe(&device), IVM_OK);
    fake_log_clear();

    for (uint32_t i = 0; i < rocker.message_count; i++)
        for (uint32_t n = 0; n <= i; n++) {
            struct ivm_device_message message = {.device = &device, .index = i};
            assert_int_equal(rocker.message_routine(&message), IVM_HANDLED);
        }

    for (uint32_t i = 0; i < rocker.message_count; i++)
        assert_int_equal(rocker_count(&device, i), i + 1);
    assert_int_equal(rocker_count(&device, rocker.message_count), 0);
    assert_int_equal(fake_log_count(), 0);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup(test, set_up)
    const struct CMUnitTest tests[] = {
        T(a_switch_is_known_by_its_test_register),
        T(another_answer_is_not_driven),
        T(registers_that_are_not_there_are_not_driven),
        T(each_message_is_fired_by_its_number),
        T(each_message_is_counted_by_itself_and_touches_no_register),
    };
#undef T
    return cmocka_run_group_tests_name("rocker", tests, NULL, NULL);
}
