/* times_page.c: times as three words each, so written that no reader sees half a change. */
#include "times_page.h"

#include <hw/cpu.h>

enum { SECOND_HIGH = 8 };

/* The second high word says first that a change begins: a reader takes it last. Low and high are one
 * store, which none of the three places has cross a cache line. */
static void write_time(uint8_t *at, uint64_t time)
{
    cpu_store32(at + SECOND_HIGH, (uint32_t)(time >> 32));
    cpu_store64(at, time);
}

void times_page_write(void *page, const struct times *times)
{
    uint8_t *bytes = page;
    write_time(bytes + TIMES_PAGE_INTERRUPT, times->interrupt);
    write_time(bytes + TIMES_PAGE_SYSTEM, times->system);
    write_time(bytes + TIMES_PAGE_TICKS, times->ticks);
}
