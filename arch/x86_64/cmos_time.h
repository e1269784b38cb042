/* cmos_time.h: the date and time that the battery-backed clock has. */
#ifndef ARCH_CMOS_TIME_H
#define ARCH_CMOS_TIME_H

#include <stdbool.h>
#include <stdint.h>

/* Its registers, as they are read. */
struct cmos_time {
    uint8_t second, minute, hour, day, month, year;
    uint8_t mode; /* register B */
};

/* 100 ns since the first of January 1601, taking it for UTC. A year below 80 is of the 21st century.
 *
 * time     written when true is returned
 * returns  false: that is no date, or no time of a day
 * context  any
 * source   [MC146818] "Time, Calendar, and Alarm Locations", "Register B"
 */
bool cmos_time_convert(const struct cmos_time *registers, uint64_t *time);

/* Read it now; false, and logged: there is none, or it does not tell a time.
 * context  at the start, when nobody else uses it; may take some milliseconds
 */
bool cmos_time_read(uint64_t *time);

#endif
