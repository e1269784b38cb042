/* hpet_chip.c: a model of the HPET. */
#include "hpet_chip.h"

#include <string.h>

#include "drivers/hpet_block.h"
#include "hardware.h"

struct fake_hpet fake_hpet;

static uint64_t read_model(void *context, uint64_t offset, unsigned width)
{
    (void)context;
    if (width != 4)
        fake_complain("the HPET takes 32 bits only");
    if (offset == HPET_COUNTER || offset == HPET_COUNTER + 4) {
        uint64_t counter = fake_hpet.counter;
        fake_hpet.counter += fake_hpet.counter_step;
        return (uint32_t)(offset == HPET_COUNTER ? counter : counter >> 32);
    }
    return fake_hpet.words[offset / 4];
}

static void write_model(void *context, uint64_t offset, unsigned width, uint64_t value)
{
    (void)context;
    if (width != 4)
        fake_complain("the HPET takes 32 bits only");
    uint64_t at = offset / 4;
    if (offset == HPET_STATUS)
        fake_hpet.words[at] &= ~(uint32_t)value;
    else if (offset >= HPET_TIMERS && offset % HPET_TIMER_STRIDE == TIMER_ROUTES)
        fake_complain("a write to a timer's route mask");
    else
        fake_hpet.words[at] = (uint32_t)value;
}

uint32_t *fake_hpet_timer(unsigned number, unsigned offset)
{
    return &fake_hpet.words[(HPET_TIMERS + number * HPET_TIMER_STRIDE + offset) / 4];
}

void fake_hpet_can_send(unsigned number)
{
    *fake_hpet_timer(number, TIMER_CONFIGURATION) |= TIMER_CAN_MESSAGE;
}

static void match(unsigned n, uint32_t configuration)
{
    if ((configuration & TIMER_MESSAGE) != 0) {
        fake_hpet.sent[n]++;
        fake_hpet.data[n] = *fake_hpet_timer(n, TIMER_DATA);
        fake_hpet.address[n] = *fake_hpet_timer(n, TIMER_ADDRESS);
        return;
    }
    fake_hpet.fired[n]++;
    if ((configuration & TIMER_LEVEL) != 0)
        fake_hpet.words[HPET_STATUS / 4] |= UINT32_C(1) << n;
}

void fake_hpet_advance_to(uint64_t to)
{
    for (unsigned n = 0; n < FAKE_HPET_TIMERS; n++) {
        uint32_t configuration = *fake_hpet_timer(n, TIMER_CONFIGURATION);
        bool wide = (configuration & TIMER_32) == 0;
        uint64_t comparator = *fake_hpet_timer(n, TIMER_COMPARATOR) |
                              (uint64_t)*fake_hpet_timer(n, TIMER_COMPARATOR + 4) << 32;
        uint64_t from = wide ? fake_hpet.counter : (uint32_t)fake_hpet.counter;
        uint64_t end = wide ? to : from + (to - fake_hpet.counter);
        if ((configuration & TIMER_ENABLE) != 0 && comparator > from && comparator <= end)
            match(n, configuration);
    }
    fake_hpet.counter = to;
}

bool fake_hpet_table(const char signature[4], const void **out, size_t *length)
{
    if (!fake_hpet.has_table || memcmp(signature, "HPET", 4) != 0)
        return false;
    *out = fake_hpet.table;
    *length = sizeof fake_hpet.table;
    return true;
}

void fake_hpet_start(void)
{
    memset(&fake_hpet, 0, sizeof fake_hpet);
    fake_mmio_device(FAKE_HPET_BASE, HPET_WINDOW, read_model, write_model, NULL);
    fake_hpet.has_table = true;
    for (unsigned i = 0; i < 4; i++)
        fake_hpet.table[44 + i] = (uint8_t)(FAKE_HPET_BASE >> 8 * i);
    fake_hpet.words[HPET_CAPABILITIES / 4] = 0x8086A201;
    fake_hpet.words[HPET_PERIOD / 4] = FAKE_HPET_PERIOD_FS;
    fake_hpet.words[HPET_CONFIGURATION / 4] = CONF_LEGACY;
    for (unsigned n = 0; n < FAKE_HPET_TIMERS; n++) {
        *fake_hpet_timer(n, TIMER_CONFIGURATION) = TIMER_64 | 1 << 4 | TIMER_ENABLE;
        *fake_hpet_timer(n, TIMER_ROUTES) = 0x00FF0104;
    }
    fake_hpet.counter = 0x00000007FFFF0000;
}
