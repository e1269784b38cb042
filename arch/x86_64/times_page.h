/* times_page.h: the page in which drivers read the time without a call. */
#ifndef ARCH_TIMES_PAGE_H
#define ARCH_TIMES_PAGE_H

#include <stdint.h>

/* Where drivers have it: an address of the upper half that their headers know. */
static const uint64_t times_page_address = UINT64_C(0xFFFFF78000000000);

/* A time is three words: its low half, its high half, and its high half again, by which a reader of
 * single words sees that it read across a change. */
enum {
    TIMES_PAGE_INTERRUPT = 0x08,
    TIMES_PAGE_SYSTEM = 0x14,
    TIMES_PAGE_TICKS = 0x320,
};

struct times {
    uint64_t interrupt; /* since the start, 100 ns */
    uint64_t system;    /* since 1601, 100 ns */
    uint64_t ticks;     /* since the start, 1/64 s */
};

/* Write all three. Who reads a time as the high, the low and the second high word, until both high ones
 * are the same, gets the old or the new one; who reads low and high with one load of 64 bits, too.
 *
 * page     of RAM, writable
 * context  one writer at a time
 * source   [WDM] "KUSER_SHARED_DATA", "KeQueryInterruptTime", "KeQueryTickCount"; [SDM3A] "Guaranteed
 *          Atomic Operations" for the last
 */
void times_page_write(void *page, const struct times *times);

#endif
