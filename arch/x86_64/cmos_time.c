/* cmos_time.c: the date and time that the battery-backed clock has. */
#include "cmos_time.h"

#include <stddef.h>

#include <hw/cpu.h>
#include <hw/port.h>
#include <ivm/system.h>

/* clang-format off */
enum {
    CMOS_INDEX      = 0x70,         /* [7] NMI masked, [6:0] register */
    CMOS_DATA       = 0x71,

    CMOS_SECOND     = 0x00,
    CMOS_MINUTE     = 0x02,
    CMOS_HOUR       = 0x04,
    CMOS_DAY        = 0x07,
    CMOS_MONTH      = 0x08,
    CMOS_YEAR       = 0x09,
    CMOS_A          = 0x0A,
    CMOS_B          = 0x0B,
    CMOS_D          = 0x0D,

    A_UPDATING      = 1 << 7,
    B_24_HOURS      = 1 << 1,
    B_BINARY        = 1 << 2,
    D_VALID         = 1 << 7,       /* the battery has not been empty */
    HOUR_PM         = 1 << 7,       /* in 12-hour mode */

    UPDATE_NS       = 3000000,      /* an update takes up to 2 ms */
    READINGS        = 8,
    FIRST_YEAR      = 1601,
};
/* clang-format on */
static const uint64_t second_100ns = 10000000;

static unsigned number_of(uint8_t value, uint8_t mode)
{
    return mode & B_BINARY ? value : (value >> 4) * 10u + (value & 0xF);
}

static unsigned hour_of(const struct cmos_time *registers)
{
    if (registers->mode & B_24_HOURS)
        return number_of(registers->hour, registers->mode);
    unsigned hour = number_of((uint8_t)(registers->hour & ~HOUR_PM), registers->mode);
    if (hour == 0 || hour > 12)
        return UINT32_MAX;
    return hour % 12 + (registers->hour & HOUR_PM ? 12 : 0);
}

static bool is_leap(unsigned year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static unsigned days_in(unsigned year, unsigned month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year) ? 1u : 0);
}

/* 1601 begins 400 years of the calendar: leap days before a year are counted from there. */
static uint64_t days_before(unsigned year, unsigned month)
{
    uint64_t years = year - FIRST_YEAR;
    uint64_t days = years * 365 + years / 4 - years / 100 + years / 400;
    for (unsigned earlier = 1; earlier < month; earlier++)
        days += days_in(year, earlier);
    return days;
}

bool cmos_time_convert(const struct cmos_time *registers, uint64_t *time)
{
    uint8_t mode = registers->mode;
    unsigned second = number_of(registers->second, mode);
    unsigned minute = number_of(registers->minute, mode);
    unsigned hour = hour_of(registers);
    unsigned day = number_of(registers->day, mode);
    unsigned month = number_of(registers->month, mode);
    unsigned year = number_of(registers->year, mode);
    if (second > 59 || minute > 59 || hour > 23 || month < 1 || month > 12 || year > 99)
        return false;
    year += year < 80 ? 2000 : 1900;
    if (day < 1 || day > days_in(year, month))
        return false;
    uint64_t days = days_before(year, month) + day - 1;
    *time = (((days * 24 + hour) * 60 + minute) * 60 + second) * second_100ns;
    return true;
}

static uint8_t read_register(uint8_t index)
{
    bool were_on = cpu_interrupts_save();
    port_write8(CMOS_INDEX, index);
    uint8_t value = port_read8(CMOS_DATA);
    cpu_interrupts_restore(were_on);
    return value;
}

static bool is_still(void *context)
{
    (void)context;
    return (read_register(CMOS_A) & A_UPDATING) == 0;
}

static struct cmos_time read_all(void)
{
    return (struct cmos_time){.second = read_register(CMOS_SECOND),
                              .minute = read_register(CMOS_MINUTE),
                              .hour = read_register(CMOS_HOUR),
                              .day = read_register(CMOS_DAY),
                              .month = read_register(CMOS_MONTH),
                              .year = read_register(CMOS_YEAR),
                              .mode = read_register(CMOS_B)};
}

static bool same(const struct cmos_time *a, const struct cmos_time *b)
{
    return a->second == b->second && a->minute == b->minute && a->hour == b->hour &&
           a->day == b->day && a->month == b->month && a->year == b->year;
}

/* Twice the same, or an update came between. */
static bool read_steadily(struct cmos_time *out)
{
    for (int i = 0; i < READINGS; i++) {
        if (!ivm_wait_until(is_still, NULL, UPDATE_NS))
            return false;
        struct cmos_time first = read_all();
        *out = read_all();
        if (is_still(NULL) && same(&first, out))
            return true;
    }
    return false;
}

bool cmos_time_read(uint64_t *time)
{
    struct cmos_time registers;
    if (read_register(CMOS_A) == 0xFF && read_register(CMOS_D) == 0xFF) {
        ivm_log("date: there is no clock at port 0x%x", (unsigned)CMOS_INDEX);
        return false;
    }
    if (!read_steadily(&registers)) {
        ivm_log("date: the clock at port 0x%x does not stand still to be read",
                (unsigned)CMOS_INDEX);
        return false;
    }
    bool is_valid = (read_register(CMOS_D) & D_VALID) != 0;
    if (is_valid && cmos_time_convert(&registers, time))
        return true;
    ivm_log("date: the clock at port 0x%x does not know it%s", (unsigned)CMOS_INDEX,
            is_valid ? "" : ": its battery was empty");
    return false;
}
