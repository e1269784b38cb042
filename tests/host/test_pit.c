/* test_pit.c: the PIT driver against a model of the 8254's counter 0. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake/hardware.h"
#include "fake/system.h"

/* NOLINTNEXTLINE(bugprone-suspicious-include): a driver has no name outside its file */
#include "drivers/pit.c"

static uint8_t control;
static bool status_latched, output, stuck;
static unsigned bytes_loaded; /* since the control word */
static uint16_t left;         /* reads of the status until the count ends */
static unsigned edges;
static struct pit state;
static struct ivm_device device;

static void raise_output(void)
{
    edges += !output;
    output = true;
}

static uint64_t read_model(void *context, uint64_t offset, unsigned width)
{
    (void)context;
    (void)width;
    if (offset != 0 || !status_latched)
        fake_complain("a read of port 0x%llx without a latched status", 0x40ULL + offset);
    status_latched = false;
    if (bytes_loaded == 2 && left > 0 && !stuck && --left == 0)
        raise_output();
    return (uint64_t)(output ? 0x80 : 0) | (control & 0x3F);
}

static void write_model(void *context, uint64_t offset, unsigned width, uint64_t value)
{
    (void)context;
    (void)width;
    if (fake_cpu.interrupts_on)
        fake_complain("an 8254 command with interrupts on");
    if (offset == 3 && value == 0xE2) {
        status_latched = true;
    } else if (offset == 3) {
        if (value >> 6 != 0)
            fake_complain("counter %u is not this driver's", (unsigned)value >> 6);
        control = (uint8_t)value;
        bytes_loaded = 0;
        output = (value & 0x0E) != 0; /* mode 0 begins low */
    } else if (offset == 0 && bytes_loaded < 2) {
        left = (uint16_t)(bytes_loaded == 0 ? value : left | value << 8);
        bytes_loaded++;
    } else {
        fake_complain("a write to port 0x%llx", 0x40ULL + offset);
    }
}

static void let_count_end(void)
{
    if (bytes_loaded == 2 && left > 0) {
        left = 0;
        raise_output();
    }
}

static int set_up(void **unused)
{
    (void)unused;
    fake_hardware_reset();
    fake_system_reset();
    fake_cpu.interrupts_on = true;
    fake_port_device(0x40, 4, read_model, write_model, NULL);
    control = 0x34; /* firmware's rate generator */
    status_latched = stuck = false;
    output = true;
    bytes_loaded = 0;
    state.armed = false;
    device = (struct ivm_device){.name = "pit", .state = &state};
    return 0;
}

static int set_up_probed(void **unused)
{
    int failed = set_up(unused);
    if (failed != 0 || pit.probe(&device) != IVM_OK)
        return -1;
    edges = 0;
    return 0;
}

static void a_pit_that_is_not_there_is_said_missing(void **unused)
{
    (void)unused;
    fake_hardware_reset();
    fake_ports_default_to_ones();

    assert_int_equal(pit.probe(&device), IVM_NO_SUCH_DEVICE);
}

static void a_counter_that_does_not_count_is_not_driven(void **unused)
{
    (void)unused;
    stuck = true;

    assert_int_equal(pit.probe(&device), IVM_UNSUPPORTED);

    assert_int_equal(fake_log_text_count("does not count"), 1);
}

static void a_probe_ends_firmware_s_ticking(void **unused)
{
    (void)unused;
    assert_int_equal(pit.probe(&device), IVM_OK);

    assert_int_equal(control, 0x30);
    assert_true(output);
    assert_int_equal(left, 0);
    assert_int_equal(pit.routine(&device), IVM_NOT_MINE);
}

static void one_fire_is_one_edge_and_one_handled(void **unused)
{
    (void)unused;
    pit.fire(&device);
    assert_int_equal(edges, 0);
    assert_int_equal(left, SHORT_COUNT);
    let_count_end();

    assert_int_equal(edges, 1);
    assert_int_equal(pit.routine(&device), IVM_HANDLED);
    assert_int_equal(pit.routine(&device), IVM_NOT_MINE);
    assert_true(fake_cpu.interrupts_on);
}

static void the_flag_is_set_before_the_count_is_loaded(void **unused)
{
    (void)unused;
    fake_hardware_reset();
    /* Without a model the first port write fails the test: it must come after the flag. */
    expect_assert_failure(pit.fire(&device));

    assert_true(state.armed);
}

static void quiet_waits_for_the_end_of_the_count(void **unused)
{
    (void)unused;
    pit.fire(&device);

    pit.quiet(&device);

    assert_true(output);
    assert_int_equal(left, 0);
    assert_int_equal(pit.routine(&device), IVM_NOT_MINE);
}

static void quiet_gives_up_on_a_count_that_never_ends(void **unused)
{
    (void)unused;
    pit.fire(&device);
    stuck = true;

    pit.quiet(&device);

    assert_int_equal(fake_log_text_count("does not end"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_pit_that_is_not_there_is_said_missing, set_up),
        cmocka_unit_test_setup(a_counter_that_does_not_count_is_not_driven, set_up),
        cmocka_unit_test_setup(a_probe_ends_firmware_s_ticking, set_up),
        cmocka_unit_test_setup(one_fire_is_one_edge_and_one_handled, set_up_probed),
        cmocka_unit_test_setup(the_flag_is_set_before_the_count_is_loaded, set_up_probed),
        cmocka_unit_test_setup(quiet_waits_for_the_end_of_the_count, set_up_probed),
        cmocka_unit_test_setup(quiet_gives_up_on_a_count_that_never_ends, set_up_probed),
    };
    return cmocka_run_group_tests_name("pit", tests, NULL, NULL);
}
