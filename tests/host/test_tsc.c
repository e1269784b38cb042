/* test_tsc.c: the rate of the TSC, measured in a world whose true rate is known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <hw/cpu.h>
#include <hw/mmio.h>
#include <hw/port.h>
#include <ivm/system.h>

#include "arch/x86_64/tsc.h"
#include "fake/system.h"

enum { PM_PORT = 0x608, HPET_BASE = 0x1000 };

/* Time goes on only when hardware is touched: a port or a register costs 700 ns. */
static struct world {
    uint64_t picoseconds;
    uint64_t tsc_hz;
    bool has_pm_timer, has_hpet, has_port_61, pit_counts, hpet_counts, pm_counts;
    uint32_t hpet_period;
    uint32_t hpet_configuration;
    uint8_t port_61;
    uint16_t pit_latch;
    bool pit_high_byte;
    bool invariant;
    uint64_t pause_at, pause; /* picoseconds: a virtual machine stopped once */
    struct cpu_leaf leaf_15, leaf_16;
} world;

static int set_up(void **state)
{
    (void)state;
    fake_system_reset();
    world = (struct world){.picoseconds = 123456789,
                           .tsc_hz = 2345678901,
                           .hpet_period = 69841279,
                           .port_61 = 0x30,
                           .pm_counts = true,
                           .hpet_counts = true,
                           .pit_counts = true,
                           .invariant = true};
    return 0;
}

static void pass(uint64_t picoseconds)
{
    world.picoseconds += picoseconds;
    if (world.pause != 0 && world.picoseconds >= world.pause_at) {
        world.picoseconds += world.pause;
        world.pause = 0;
    }
}

/* Ticks of a counter since the beginning. */
static uint64_t ticks(uint64_t hz)
{
    return (uint64_t)((long double)world.picoseconds * (long double)hz / 1e12L);
}

uint64_t cpu_rdtsc(void)
{
    pass(20000);
    return ticks(world.tsc_hz);
}

struct cpu_leaf cpu_cpuid(uint32_t leaf, uint32_t subleaf)
{
    (void)subleaf;
    switch (leaf) {
    case 0:
        return (struct cpu_leaf){.eax = 0x16};
    case 0x15:
        return world.leaf_15;
    case 0x16:
        return world.leaf_16;
    case 0x80000000:
        return (struct cpu_leaf){.eax = 0x80000008};
    case 0x80000007:
        return (struct cpu_leaf){.edx = world.invariant ? 1 << 8 : 0};
    default:
        return (struct cpu_leaf){0};
    }
}

uint32_t port_read32(uint16_t port)
{
    pass(350000);
    uint32_t value =
        world.has_pm_timer && port == PM_PORT ? ticks(3579545) & 0xFFFFFF : UINT32_MAX;
    pass(350000);
    return world.pm_counts ? value : 77;
}

uint8_t port_read8(uint16_t port)
{
    pass(700000);
    if (port == 0x61)
        return world.has_port_61 ? world.port_61 : 0xFF;
    if (port != 0x42 || !world.has_port_61)
        return 0xFF;
    world.pit_high_byte = !world.pit_high_byte;
    return (uint8_t)(world.pit_high_byte ? world.pit_latch : world.pit_latch >> 8);
}

void port_write8(uint16_t port, uint8_t value)
{
    pass(700000);
    if (port == 0x61)
        world.port_61 = (uint8_t)((world.port_61 & 0xF0) | (value & 0x0F));
    if (port == 0x43 && value == 0x80 && world.pit_counts)
        world.pit_latch = (uint16_t)(0 - ticks(1193182));
}

uint32_t mmio_read32(uintptr_t address)
{
    pass(350000);
    uint32_t value = UINT32_MAX;
    if (address == HPET_BASE + 4)
        value = world.hpet_period;
    if (address == HPET_BASE + 0x10)
        value = world.hpet_configuration;
    if (address == HPET_BASE + 0xF0)
        value = world.hpet_counts && world.hpet_configuration & 1
                    ? (uint32_t)ticks(1000000000000000 / world.hpet_period)
                    : 5;
    pass(350000);
    return value;
}

void mmio_write32(uintptr_t address, uint32_t value)
{
    pass(700000);
    if (address == HPET_BASE + 0x10)
        world.hpet_configuration = value;
}

static struct clock_source calibrate(void)
{
    struct clock_source source;
    tsc_calibrate(
        &(struct tsc_references){.pm_timer_port = world.has_pm_timer ? PM_PORT : 0,
                                 .hpet = world.has_hpet ? HPET_BASE : 0},
        &source);
    return source;
}

/* The source is this one, and as good as it says. */
static void expect_measured_by(const struct clock_source *source, const char *name)
{
    assert_non_null(strstr(source->how, name));
    unsigned long ppm;
    assert_int_equal(sscanf(source->accuracy, "within %lu ppm", &ppm), 1);
    assert_in_range(ppm, 1, 1000);
    uint64_t off = source->ticks_per_second > world.tsc_hz
                       ? source->ticks_per_second - world.tsc_hz
                       : world.tsc_hz - source->ticks_per_second;
    assert_true(off <= world.tsc_hz / 1000000 * (ppm + 1));
}

static void a_stated_crystal_is_believed(void **state)
{
    (void)state;
    world.has_pm_timer = true;
    world.leaf_15 = (struct cpu_leaf){.eax = 2, .ebx = 176, .ecx = 24000000};

    struct clock_source source = calibrate();

    assert_int_equal(source.ticks_per_second, 2112000000);
    assert_non_null(strstr(source.how, "0x15"));
}

static void a_crystal_without_its_rate_is_not(void **state)
{
    (void)state;
    world.has_pm_timer = true;
    world.leaf_15 = (struct cpu_leaf){.eax = 2, .ebx = 176};

    struct clock_source source = calibrate();

    expect_measured_by(&source, "PM timer");
}

static void the_pm_timer_comes_before_the_hpet_and_the_pit(void **state)
{
    (void)state;
    world.has_pm_timer = world.has_hpet = world.has_port_61 = true;

    struct clock_source source = calibrate();

    expect_measured_by(&source, "PM timer");
    assert_string_equal(fake_log_text(), "");
}

static void a_wrap_of_the_pm_timer_does_no_harm(void **state)
{
    (void)state;
    world.has_pm_timer = true;
    for (uint64_t before_ms = 0; before_ms < 20; before_ms++) {
        world.picoseconds =
            UINT64_C(16777216) * 1000000000000 / 3579545 - before_ms * 1000000000;
        struct clock_source source = calibrate();
        expect_measured_by(&source, "PM timer");
    }
}

static void a_pm_timer_that_stands_is_named_and_the_hpet_is_taken(void **state)
{
    (void)state;
    world.has_pm_timer = world.has_hpet = true;
    world.pm_counts = false;

    struct clock_source source = calibrate();

    expect_measured_by(&source, "HPET");
    assert_non_null(strstr(fake_log_text(), "ACPI PM timer does not count"));
}

static void a_stopped_hpet_is_started_and_stopped_again(void **state)
{
    (void)state;
    world.has_hpet = true;
    world.hpet_configuration = 2;

    struct clock_source source = calibrate();

    expect_measured_by(&source, "HPET");
    assert_int_equal(world.hpet_configuration, 2);
}

static void an_impossible_hpet_period_is_named(void **state)
{
    (void)state;
    static const uint32_t periods[] = {0, 100000001, UINT32_MAX};
    for (size_t i = 0; i < 3; i++) {
        set_up(NULL);
        world.has_hpet = world.has_port_61 = true;
        world.hpet_period = periods[i];

        struct clock_source source = calibrate();

        expect_measured_by(&source, "PIT");
        assert_non_null(strstr(fake_log_text(), "impossible period"));
    }
}

static void the_pit_leaves_the_speaker_as_it_was(void **state)
{
    (void)state;
    world.has_port_61 = true;
    world.port_61 = 0x32;

    struct clock_source source = calibrate();

    expect_measured_by(&source, "PIT");
    assert_int_equal(world.port_61 & 0x0F, 2);
}

static void without_port_61_the_base_frequency_is_taken(void **state)
{
    (void)state;
    world.leaf_16 = (struct cpu_leaf){.eax = 3100};

    struct clock_source source = calibrate();

    assert_int_equal(source.ticks_per_second, 3100000000);
    assert_non_null(strstr(fake_log_text(), "port 0x61 does not answer"));
    assert_non_null(strstr(source.accuracy, "not measured"));
}

static void a_pit_that_stands_ends_and_the_rate_is_assumed(void **state)
{
    (void)state;
    world.has_port_61 = true;
    world.pit_counts = false;

    struct clock_source source = calibrate();

    assert_non_null(strstr(source.how, "ASSUMED"));
    assert_non_null(strstr(fake_log_text(), "PIT, channel 2 does not count"));
}

static void one_pause_of_the_machine_does_not_spoil_the_rate(void **state)
{
    (void)state;
    for (uint64_t at_ms = 0; at_ms < 16; at_ms++) {
        set_up(NULL);
        world.has_pm_timer = true;
        world.pause_at = world.picoseconds + at_ms * 1000000000;
        world.pause = UINT64_C(6123456789012); /* longer than the PM timer's 4.7 s */

        struct clock_source source = calibrate();

        expect_measured_by(&source, "PM timer");
    }
}

static void a_tsc_that_may_change_its_rate_is_said_to(void **state)
{
    (void)state;
    world.has_pm_timer = true;
    assert_null(strstr(calibrate().accuracy, "does not promise"));

    world.invariant = false;
    assert_non_null(strstr(calibrate().accuracy, "does not promise"));
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_stated_crystal_is_believed),
        TEST(a_crystal_without_its_rate_is_not),
        TEST(the_pm_timer_comes_before_the_hpet_and_the_pit),
        TEST(a_wrap_of_the_pm_timer_does_no_harm),
        TEST(a_pm_timer_that_stands_is_named_and_the_hpet_is_taken),
        TEST(a_stopped_hpet_is_started_and_stopped_again),
        TEST(an_impossible_hpet_period_is_named),
        TEST(the_pit_leaves_the_speaker_as_it_was),
        TEST(without_port_61_the_base_frequency_is_taken),
        TEST(a_pit_that_stands_ends_and_the_rate_is_assumed),
        TEST(one_pause_of_the_machine_does_not_spoil_the_rate),
        TEST(a_tsc_that_may_change_its_rate_is_said_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
