/* test_edu.c: the edu driver against a model of the device. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "driver_bench.h"

/* NOLINTNEXTLINE(bugprone-suspicious-include): a driver has no name outside its file */
#include "drivers/edu.c"

#define BASE UINT32_C(0xFEB00000)

static uint32_t identification, status;
static struct edu state;
static struct ivm_device device;
static struct fake_function *function;

static uint64_t read_model(void *context, uint64_t offset, unsigned width)
{
    (void)context;
    if (width != 4)
        fake_complain("edu takes 32 bits only");
    return offset == 0x00 ? identification : offset == 0x24 ? status : UINT32_MAX;
}

static void write_model(void *context, uint64_t offset, unsigned width, uint64_t value)
{
    (void)context;
    if (width != 4)
        fake_complain("edu takes 32 bits only");
    if (offset == 0x60)
        status |= (uint32_t)value;
    else if (offset == 0x64)
        status &= ~(uint32_t)value;
    else
        fake_complain("edu has nothing to write at 0x%llx", (unsigned long long)offset);
}

static int set_up(void **unused)
{
    (void)unused;
    driver_bench_start();
    function = fake_pci_add(0, 5, 0, 0x11E81234);
    fake_pci_put16(function, PCI_COMMAND, PCI_COMMAND_INTX_DISABLE | PCI_COMMAND_IO);
    fake_mmio_device(BASE, 0x1000, read_model, write_model, NULL);
    identification = 0x010000ED;
    status = 0;
    state = (struct edu){0};
    device = (struct ivm_device){
        .name = "edu0",
        .state = &state,
        .pci = {.slot = 5, .bars = {{.base = BASE, .size = 0x100000}}},
    };
    return 0;
}

static int set_up_probed(void **unused)
{
    int failed = set_up(unused);
    return failed != 0 ? failed : edu.probe(&device) != IVM_OK;
}

static void an_edu_is_known_by_its_identification(void **unused)
{
    (void)unused;
    assert_int_equal(edu.probe(&device), IVM_OK);

    assert_int_equal(fake_log_text_count("edu0: edu 1.0 at pci 00:05.0"), 1);
}

static void another_identification_is_not_driven(void **unused)
{
    (void)unused;
    identification = 0xFFFFFFFF;

    assert_int_equal(edu.probe(&device), IVM_UNSUPPORTED);

    assert_int_equal(fake_log_text_count("0xffffffff"), 1);
}

static void a_probe_lets_memory_and_the_line_through_and_nothing_else(void **unused)
{
    (void)unused;
    assert_int_equal(edu.probe(&device), IVM_OK);

    assert_int_equal(fake_pci_get16(function, PCI_COMMAND),
                     PCI_COMMAND_MEMORY | PCI_COMMAND_IO);
}

static void a_probe_silences_what_was_left_asserted(void **unused)
{
    (void)unused;
    status = 0x101;

    assert_int_equal(edu.probe(&device), IVM_OK);

    assert_int_equal(status, 0);
}

static void registers_that_are_not_there_are_not_driven(void **unused)
{
    (void)unused;
    expect_registers_needed(&edu, &device, 0x100);
}

static void an_edu_that_is_silent_says_not_mine_and_is_not_written(void **unused)
{
    (void)unused;
    fake_log_clear();

    assert_int_equal(edu.routine(&device), IVM_NOT_MINE);

    assert_int_equal(fake_log_count(), 1);
    fake_log_expect(0, FAKE_MMIO_READ, BASE + 0x24, 0);
}

/* Else it would claim every interrupt of those that share its line, and they would never be asked. */
static void an_edu_that_was_taken_out_says_not_mine(void **unused)
{
    (void)unused;
    status = UINT32_MAX;

    assert_int_equal(edu.routine(&device), IVM_NOT_MINE);
}

static void a_fired_edu_is_acknowledged_by_the_status_that_was_read(void **unused)
{
    (void)unused;
    edu.fire(&device);
    status |= 0x100;
    fake_log_clear();

    assert_int_equal(edu.routine(&device), IVM_HANDLED);

    assert_int_equal(status, 0);
    assert_int_equal(fake_log_count(), 2);
    fake_log_expect(0, FAKE_MMIO_READ, BASE + 0x24, 0x101);
    fake_log_expect(1, FAKE_MMIO_WRITE, BASE + 0x64, 0x101);
    assert_int_equal(edu.routine(&device), IVM_NOT_MINE);
}

static void quiet_takes_back_what_was_fired(void **unused)
{
    (void)unused;
    edu.fire(&device);
    assert_int_not_equal(status, 0);

    edu.quiet(&device);

    assert_int_equal(status, 0);
    assert_int_equal(edu.routine(&device), IVM_NOT_MINE);
}

static void the_message_s_routine_acknowledges_as_the_line_s_does(void **unused)
{
    (void)unused;
    struct ivm_device_message message = {.device = &device, .index = 0};
    assert_int_equal(edu.message_routine(&message), IVM_NOT_MINE);

    edu.fire_message(&device, 0);

    assert_int_equal(status, 1);
    assert_int_equal(edu.message_routine(&message), IVM_HANDLED);
    assert_int_equal(status, 0);
}

static void a_change_of_means_takes_back_what_was_raised_before(void **unused)
{
    (void)unused;
    static const enum ivm_means means[] = {IVM_BY_MESSAGES, IVM_BY_LINE};
    for (size_t i = 0; i < 2; i++) {
        edu.fire(&device);
        assert_int_equal(edu.use(&device, means[i]), IVM_OK);
        assert_int_equal(status, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_edu_is_known_by_its_identification, set_up),
        cmocka_unit_test_setup(another_identification_is_not_driven, set_up),
        cmocka_unit_test_setup(a_probe_lets_memory_and_the_line_through_and_nothing_else,
                               set_up),
        cmocka_unit_test_setup(a_probe_silences_what_was_left_asserted, set_up),
        cmocka_unit_test_setup(registers_that_are_not_there_are_not_driven, set_up),
        cmocka_unit_test_setup(an_edu_that_is_silent_says_not_mine_and_is_not_written,
                               set_up_probed),
        cmocka_unit_test_setup(an_edu_that_was_taken_out_says_not_mine, set_up_probed),
        cmocka_unit_test_setup(a_fired_edu_is_acknowledged_by_the_status_that_was_read,
                               set_up_probed),
        cmocka_unit_test_setup(quiet_takes_back_what_was_fired, set_up_probed),
        cmocka_unit_test_setup(the_message_s_routine_acknowledges_as_the_line_s_does,
                               set_up_probed),
        cmocka_unit_test_setup(a_change_of_means_takes_back_what_was_raised_before,
                               set_up_probed),
    };
    return cmocka_run_group_tests_name("edu", tests, NULL, NULL);
}
