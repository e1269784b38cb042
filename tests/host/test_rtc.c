/* test_rtc.c: the RTC driver against a model of the MC146818. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake/hardware.h"
#include "fake/system.h"

/* NOLINTNEXTLINE(bugprone-suspicious-include): a driver has no name outside its file */
#include "drivers/rtc.c"

static uint8_t registers[128];
static uint8_t selected;
static bool is_selected;
static unsigned edges;     /* rising edges of the line */
static unsigned tick_late; /* periods that end right after a read of C */
static struct ivm_device device;

static bool asserted(void)
{
    return (registers[0x0C] & 0x80) != 0;
}

/* IRQF, bit 7 of C, is the and of C's flags and B's enables. */
static void update(bool was)
{
    bool is = (registers[0x0C] & registers[0x0B] & 0x70) != 0;
    registers[0x0C] = (uint8_t)((registers[0x0C] & 0x7F) | (is ? 0x80 : 0));
    edges += is && !was;
}

static void tick(void)
{
    bool was = asserted();
    registers[0x0C] |= C_PERIODIC;
    update(was);
}

static uint64_t read_model(void *context, uint64_t offset, unsigned width)
{
    (void)context;
    if (offset != 1 || width != 1 || !is_selected)
        fake_complain("a read of the RTC without an index before it");
    if (fake_cpu.interrupts_on)
        fake_complain("the RTC's index and data with interrupts on");
    is_selected = false;
    uint8_t value = registers[selected];
    if (selected == 0x0C) {
        registers[0x0C] = 0;
        while (tick_late > 0) {
            tick_late--;
            tick();
        }
    }
    return value;
}

static void write_model(void *context, uint64_t offset, unsigned width, uint64_t value)
{
    (void)context;
    (void)width;
    if (fake_cpu.interrupts_on)
        fake_complain("the RTC's index and data with interrupts on");
    if (offset == 0) {
        if ((value & 0x80) != 0)
            fake_complain("NMI masked by the RTC's index");
        selected = (uint8_t)value;
        is_selected = true;
        return;
    }
    if (!is_selected || selected == 0x0C || selected == 0x0D)
        fake_complain("a write to RTC register 0x%02x", selected);
    is_selected = false;
    bool was = asserted();
    registers[selected] = (uint8_t)value;
    update(was);
}

static int set_up(void **unused)
{
    (void)unused;
    fake_hardware_reset();
    fake_system_reset();
    fake_cpu.interrupts_on = true;
    fake_port_device(0x70, 2, read_model, write_model, NULL);
    for (size_t i = 0; i < sizeof registers; i++)
        registers[i] = 0;
    registers[0x0A] = 0x26;
    registers[0x0B] = 0x02;
    registers[0x0D] = 0x80;
    is_selected = false;
    edges = tick_late = 0;
    device = (struct ivm_device){.name = "rtc"};
    return 0;
}

static int set_up_probed(void **unused)
{
    int failed = set_up(unused);
    return failed != 0 ? failed : rtc.probe(&device) != IVM_OK;
}

static void an_rtc_that_is_not_there_is_said_missing(void **unused)
{
    (void)unused;
    fake_hardware_reset();
    fake_ports_default_to_ones();

    assert_int_equal(rtc.probe(&device), IVM_NO_SUCH_DEVICE);
}

static void a_probe_takes_firmware_s_enables_and_flags_away(void **unused)
{
    (void)unused;
    registers[0x0B] = 0x72;
    registers[0x0C] = 0xF0;

    assert_int_equal(rtc.probe(&device), IVM_OK);

    assert_int_equal(registers[0x0B], 0x02);
    assert_false(asserted());
    assert_true(fake_cpu.interrupts_on);
}

static void a_probe_sets_the_rate_to_8_hz_and_keeps_the_divider(void **unused)
{
    (void)unused;
    static const uint8_t found[] = {0x20, 0x26, 0x2F, 0xA6, 0x13};
    for (size_t i = 0; i < sizeof found; i++) {
        registers[0x0A] = found[i];
        assert_int_equal(rtc.probe(&device), IVM_OK);
        assert_int_equal(registers[0x0A], (found[i] & 0x70) | 0x0D);
    }
}

static void one_fire_is_one_edge_however_many_periods_end(void **unused)
{
    (void)unused;
    rtc.fire(&device);
    tick();
    tick();
    tick_late = 3;

    assert_int_equal(rtc.routine(&device), IVM_HANDLED);
    tick();

    assert_int_equal(edges, 1);
    assert_false(asserted());
    assert_int_equal(rtc.routine(&device), IVM_NOT_MINE);
}

static void a_period_that_ended_before_the_fire_does_not_count(void **unused)
{
    (void)unused;
    tick();

    rtc.fire(&device);

    assert_int_equal(edges, 0);
    tick();
    assert_int_equal(edges, 1);
}

static void somebody_else_s_interrupt_leaves_the_fire_standing(void **unused)
{
    (void)unused;
    rtc.fire(&device);

    assert_int_equal(rtc.routine(&device), IVM_NOT_MINE);

    tick();
    assert_int_equal(edges, 1);
    assert_int_equal(rtc.routine(&device), IVM_HANDLED);
}

static void an_unfired_rtc_says_not_mine_and_is_not_acknowledged(void **unused)
{
    (void)unused;
    tick();

    assert_int_equal(rtc.routine(&device), IVM_NOT_MINE);

    assert_int_equal(registers[0x0C], C_PERIODIC);
}

static void a_second_fire_before_the_first_came_is_one(void **unused)
{
    (void)unused;
    rtc.fire(&device);
    tick();

    rtc.fire(&device);

    assert_true(asserted());
    assert_int_equal(rtc.routine(&device), IVM_HANDLED);
    assert_int_equal(edges, 1);
}

static void quiet_takes_a_fire_back(void **unused)
{
    (void)unused;
    rtc.fire(&device);
    tick();

    rtc.quiet(&device);
    tick();

    assert_false(asserted());
    assert_int_equal(rtc.routine(&device), IVM_NOT_MINE);
    assert_true(fake_cpu.interrupts_on);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup(test, set_up_probed)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_rtc_that_is_not_there_is_said_missing, set_up),
        cmocka_unit_test_setup(a_probe_takes_firmware_s_enables_and_flags_away, set_up),
        cmocka_unit_test_setup(a_probe_sets_the_rate_to_8_hz_and_keeps_the_divider, set_up),
        T(one_fire_is_one_edge_however_many_periods_end),
        T(a_period_that_ended_before_the_fire_does_not_count),
        T(somebody_else_s_interrupt_leaves_the_fire_standing),
        T(an_unfired_rtc_says_not_mine_and_is_not_acknowledged),
        T(a_second_fire_before_the_first_came_is_one),
        T(quiet_takes_a_fire_back),
    };
#undef T
    return cmocka_run_group_tests_name("rtc", tests, NULL, NULL);
}
