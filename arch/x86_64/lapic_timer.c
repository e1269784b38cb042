/* lapic_timer.c: the timer of this CPU's local APIC. */
#include "lapic_timer.h"

#include <stddef.h>

#include <ivm/system.h>
#include <ivm/vector.h>

#include "lapic.h"

enum {
    MEASURE_NS = 10000000,
    READS = 8,        /* to find one that nothing came between */
    MEASUREMENTS = 6, /* at the most, until two neighbours agree */
    AGREE = 200,      /* by one part in so many */
    MASKED = LAPIC_LVT_MASKED | LAPIC_LVT_FIXED | IVM_VECTOR_ERROR, /* a legal vector */
};
static const uint64_t second_ns = 1000000000;

/* Counts per second; 0: not measured. Written by lapic_timer_measure(). */
static uint64_t rate;

struct sample {
    uint64_t ns;
    uint64_t width; /* the count is of [ns - width / 2, ns + width / 2] */
    uint32_t count;
};

static struct sample take_sample(void)
{
    struct sample best = {.width = UINT64_MAX};
    for (int i = 0; i < READS; i++) {
        uint32_t count = 0;
        uint64_t before = ivm_clock_ns();
        (void)lapic_register_read(LAPIC_TIMER_CURRENT, &count);
        uint64_t width = ivm_clock_ns() - before;
        if (width < best.width)
            best = (struct sample){before + width / 2, width, count};
    }
    return best;
}

static bool never(void *context)
{
    (void)context;
    return false;
}

/* Counts per second; 0: it does not count, or was at its end before it was looked at. */
static uint64_t measure(void)
{
    lapic_register_write(LAPIC_TIMER_INITIAL, UINT32_MAX);
    struct sample first = take_sample();
    (void)ivm_wait_until(never, NULL, MEASURE_NS);
    struct sample last = take_sample();
    lapic_register_write(LAPIC_TIMER_INITIAL, 0);
    if (last.count == 0 || last.count >= first.count || last.ns <= first.ns)
        return 0;
    return (first.count - last.count) * second_ns / (last.ns - first.ns);
}

/* A pause of a virtual machine can make one measurement wrong, not two alike. */
static bool agree(uint64_t a, uint64_t b)
{
    return (a > b ? a - b : b - a) <= a / AGREE;
}

bool lapic_timer_measure(void)
{
    lapic_register_write(LAPIC_LVT_TIMER, MASKED);
    lapic_register_write(LAPIC_TIMER_DIVIDE, LAPIC_TIMER_BY_16);
    uint64_t before = measure();
    for (int i = 1; i < MEASUREMENTS; i++) {
        uint64_t now = measure();
        if (now != 0 && agree(now, before)) {
            rate = now;
            ivm_log("local APIC timer: %lu.%06lu MHz", now / 1000000, now % 1000000);
            return true;
        }
        before = now;
    }
    rate = 0;
    ivm_log("local APIC timer: it does not count%s",
            before == 0 ? "" : " steadily: no two measurements agree");
    return false;
}

enum ivm_status lapic_timer_start(uint64_t ns, uint8_t vector)
{
    if (rate == 0)
        return IVM_UNSUPPORTED;
    if (vector < LAPIC_VECTOR_LEGAL_FIRST || ns > UINT32_MAX * second_ns / rate)
        return IVM_BAD_ARGUMENT;
    uint64_t count = (ns * rate + second_ns / 2) / second_ns;
    if (count == 0 || count > UINT32_MAX)
        return IVM_BAD_ARGUMENT;
    lapic_register_write(LAPIC_TIMER_INITIAL, 0);
    lapic_register_write(LAPIC_LVT_TIMER,
                         LAPIC_LVT_TIMER_PERIODIC | LAPIC_LVT_FIXED | vector);
    lapic_register_write(LAPIC_TIMER_INITIAL, (uint32_t)count);
    return IVM_OK;
}

void lapic_timer_stop(void)
{
    lapic_register_write(LAPIC_LVT_TIMER, MASKED);
    lapic_register_write(LAPIC_TIMER_INITIAL, 0);
}
