/* test_cmos_time.c: the date of the battery-backed clock, against the host's own calendar. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "arch/x86_64/cmos_time.h"
#include "fake/hardware.h"
#include "fake/system.h"

enum { BINARY = 1 << 2, HOURS_24 = 1 << 1, PM = 0x80 };

/* Seconds from 1601 to 1970. */
static const uint64_t unix_epoch = UINT64_C(11644473600);

static uint8_t registers[128];
static uint8_t selected;
static unsigned reads_of_a;       /* while an update is going on */
static unsigned reads_until_tick; /* then a minute begins; 0: never */

static uint64_t read_model(void *context, uint64_t offset, unsigned width)
{
    (void)context, (void)width;
    assert_int_equal(offset, 1);
    if (fake_cpu.interrupts_on)
        fake_complain("the clock's index and data with interrupts on");
    if (reads_until_tick > 0 && --reads_until_tick == 0) {
        registers[0] = 0;
        registers[2]++;
    }
    if (selected == 0x0A && reads_of_a > 0) {
        reads_of_a--;
        return registers[0x0A] | 0x80;
    }
    return registers[selected];
}

static void write_model(void *context, uint64_t offset, unsigned width, uint64_t value)
{
    (void)context, (void)width;
    assert_int_equal(offset, 0);
    if ((value & 0x80) != 0)
        fake_complain("NMI masked by the clock's index");
    selected = (uint8_t)value;
}

static int set_up(void **state)
{
    (void)state;
    static const struct {
        uint8_t index, value;
    } begin[] = {{0, 0x56}, {2, 0x34},   {4, 0x12},       {7, 0x29},  {8, 0x02},
                 {9, 0x24}, {0xA, 0x26}, {0xB, HOURS_24}, {0xD, 0x80}};
    fake_hardware_reset();
    fake_system_reset();
    fake_cpu.interrupts_on = true;
    fake_port_device(0x70, 2, read_model, write_model, NULL);
    memset(registers, 0, sizeof registers);
    for (size_t i = 0; i < sizeof begin / sizeof begin[0]; i++)
        registers[begin[i].index] = begin[i].value;
    reads_of_a = reads_until_tick = 0;
    return 0;
}

static const uint64_t begin_time = /* 2024-02-29 12:34:56 */
    (UINT64_C(1709210096) + UINT64_C(11644473600)) * 10000000;

/* Conversion. */

static uint8_t bcd(int value)
{
    return (uint8_t)(value / 10 * 16 + value % 10);
}

static struct cmos_time binary_of(const struct tm *tm)
{
    return (struct cmos_time){.second = (uint8_t)tm->tm_sec,
                              .minute = (uint8_t)tm->tm_min,
                              .hour = (uint8_t)tm->tm_hour,
                              .day = (uint8_t)tm->tm_mday,
                              .month = (uint8_t)(tm->tm_mon + 1),
                              .year = (uint8_t)(tm->tm_year % 100),
                              .mode = BINARY | HOURS_24};
}

static void every_day_of_a_hundred_years_is_what_the_host_says(void **state)
{
    (void)state;
    const time_t first = 315532800, day = 86400; /* 1980-01-01 */
    for (time_t t = first + 45296; t < first + 100 * 365 * day; t += day) {
        struct tm tm;
        uint64_t time = 0;
        assert_non_null(gmtime_r(&t, &tm));
        struct cmos_time binary = binary_of(&tm);
        struct cmos_time decimal = {.second = bcd(tm.tm_sec),
                                    .minute = bcd(tm.tm_min),
                                    .hour = bcd(tm.tm_hour),
                                    .day = bcd(tm.tm_mday),
                                    .month = bcd(tm.tm_mon + 1),
                                    .year = bcd(tm.tm_year % 100),
                                    .mode = HOURS_24};

        assert_true(cmos_time_convert(&binary, &time));
        assert_int_equal(time, ((uint64_t)t + unix_epoch) * 10000000);
        time = 0;
        assert_true(cmos_time_convert(&decimal, &time));
        assert_int_equal(time, ((uint64_t)t + unix_epoch) * 10000000);
    }
}

static void every_hour_of_twelve_is_one_of_twenty_four(void **state)
{
    (void)state;
    for (unsigned hour = 0; hour < 24; hour++) {
        struct cmos_time long_day = {
            .hour = bcd((int)hour), .day = 1, .month = 1, .mode = HOURS_24};
        struct cmos_time half_day = long_day;
        uint64_t expected = 0, time = 0;
        unsigned shown = hour % 12 == 0 ? 12 : hour % 12;
        half_day.hour = (uint8_t)(bcd((int)shown) | (hour >= 12 ? PM : 0));
        half_day.mode = 0;

        assert_true(cmos_time_convert(&long_day, &expected));
        assert_true(cmos_time_convert(&half_day, &time));

        assert_int_equal(time, expected);
    }
}

static void what_is_no_date_is_refused(void **state)
{
    (void)state;
    const struct cmos_time good = {.second = 59,
                                   .minute = 59,
                                   .hour = 23,
                                   .day = 31,
                                   .month = 12,
                                   .year = 99,
                                   .mode = BINARY | HOURS_24};
    uint64_t time = 1;
    assert_true(cmos_time_convert(&good, &time));
    struct cmos_time wrong[14];
    size_t count = 0;
#define WRONG(member, value) (wrong[count] = good, wrong[count++].member = (value))
    WRONG(second, 60);
    WRONG(minute, 60);
    WRONG(hour, 24);
    WRONG(day, 0);
    WRONG(day, 32);
    WRONG(month, 0);
    WRONG(month, 13);
    WRONG(month, 255);
    WRONG(year, 100);
    WRONG(month, 11); /* has 30 days */
    WRONG(month, 2);
#undef WRONG
    wrong[count++] = (struct cmos_time){.day = 29, .month = 2, .year = 23, .mode = BINARY};
    wrong[count++] = (struct cmos_time){.hour = 0, .day = 1, .month = 1, .mode = BINARY};
    wrong[count++] = (struct cmos_time){.hour = 13, .day = 1, .month = 1, .mode = BINARY};
    time = 1;

    for (size_t i = 0; i < count; i++)
        assert_false(cmos_time_convert(&wrong[i], &time));

    assert_int_equal(time, 1);
}

/* Reading. */

static void the_clock_is_read(void **state)
{
    (void)state;
    uint64_t time = 0;
    assert_true(cmos_time_read(&time));
    assert_int_equal(time, begin_time);
    assert_true(fake_cpu.interrupts_on);
}

static void an_update_is_waited_for(void **state)
{
    (void)state;
    uint64_t time = 0;
    reads_of_a = 20;
    assert_true(cmos_time_read(&time));
    assert_int_equal(reads_of_a, 0);
    assert_int_equal(time, begin_time);
}

static void a_minute_that_begins_meanwhile_is_read_as_one_or_the_other(void **state)
{
    (void)state;
    const uint64_t minute_begins = begin_time + 4 * 10000000;
    for (unsigned reads = 1; reads < 40; reads++) {
        uint64_t time = 0;
        registers[0] = 0x59;
        registers[2] = 0x34;
        reads_until_tick = reads;

        assert_true(cmos_time_read(&time));

        assert_true(time == minute_begins || time == minute_begins - 10000000);
    }
}

static void a_clock_that_updates_for_ever_is_given_up(void **state)
{
    (void)state;
    uint64_t time = 7;
    reads_of_a = UINT32_MAX;
    assert_false(cmos_time_read(&time));
    assert_int_equal(time, 7);
    assert_int_equal(fake_log_text_count("does not stand still"), 1);
}

static void an_empty_battery_and_a_missing_clock_are_said(void **state)
{
    (void)state;
    uint64_t time = 7;
    registers[0x0D] = 0;
    assert_false(cmos_time_read(&time));
    assert_int_equal(fake_log_text_count("battery was empty"), 1);
    registers[0x0D] = 0x80;
    registers[8] = 0;
    assert_false(cmos_time_read(&time));
    assert_int_equal(fake_log_text_count("does not know it"), 2);

    fake_hardware_reset();
    fake_ports_default_to_ones();
    assert_false(cmos_time_read(&time));
    assert_int_equal(fake_log_text_count("there is no clock"), 1);
    assert_int_equal(time, 7);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, set_up)
    const struct CMUnitTest tests[] = {
        TEST(every_day_of_a_hundred_years_is_what_the_host_says),
        TEST(every_hour_of_twelve_is_one_of_twenty_four),
        TEST(what_is_no_date_is_refused),
        TEST(the_clock_is_read),
        TEST(an_update_is_waited_for),
        TEST(a_minute_that_begins_meanwhile_is_read_as_one_or_the_other),
        TEST(a_clock_that_updates_for_ever_is_given_up),
        TEST(an_empty_battery_and_a_missing_clock_are_said),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
