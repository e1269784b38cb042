/* series.c: the unit, and a figure's one line out of its samples. */
#include <stdarg.h>

#include <ivm/system.h>

#include "bench.h"
#include "kernel/format.h"
#include "shot.h"

enum { HISTOGRAM_ROWS = 8, HISTOGRAM_WIDTH = 40, CLAIMS_TOLD = 20 };

/* Ticks of the counter for one instruction; 0: it counts cycles. */
static uint32_t ticks_each;
static bool all_held = true;

bool bench_unit_start(void)
{
    uint32_t least = UINT32_MAX, greatest = 0;
    for (size_t i = 0; i < BENCH_SAMPLES; i++) {
        uint32_t pair = bench_pair();
        least = pair < least ? pair : least;
        greatest = pair > greatest ? pair : greatest;
    }
    uint32_t each = least / 2;
    bool counts = least == greatest && (each & (each - 1)) == 0 && each != 0;
    ticks_each = counts && each <= 1024 ? each : 0;
    if (ticks_each != 0)
        ivm_log("bench: the counter counts instructions, %u tick%s each: figures are "
                "instructions of all CPUs",
                ticks_each, ticks_each == 1 ? "" : "s");
    else
        ivm_log("bench: figures are cycles on this machine: two readings are %u to %u "
                "apart, which is in them; delivery is, too",
                least, greatest);
    return greatest != 0;
}

bool bench_counts_instructions(void)
{
    return ticks_each != 0;
}

uint32_t bench_span(uint32_t from, uint32_t to, uint32_t overhead)
{
    uint32_t ticks = to - from;
    if (ticks_each == 0)
        return ticks;
    BENCH_CLAIM(ticks % ticks_each == 0 && ticks / ticks_each >= overhead);
    return ticks / ticks_each - overhead;
}

uint64_t bench_time(uint64_t ticks)
{
    return ticks_each == 0 ? ticks : ticks / ticks_each;
}

size_t bench_rounds(void)
{
    return BENCH_WARM_UP + BENCH_SAMPLES;
}

void bench_clear(struct bench_series *series)
{
    series->count = 0;
}

void bench_add(struct bench_series *series, size_t round, uint32_t value)
{
    if (round >= BENCH_WARM_UP && series->count < BENCH_SAMPLES)
        series->values[series->count++] = value;
}

static void sift(uint32_t *values, size_t at, size_t count)
{
    for (size_t child = 2 * at + 1; child < count; child = 2 * at + 1) {
        if (child + 1 < count && values[child + 1] > values[child])
            child++;
        if (values[at] >= values[child])
            return;
        uint32_t value = values[at];
        values[at] = values[child];
        values[child] = value;
        at = child;
    }
}

/* By heap: no recursion, and as many steps whatever the samples are. */
static void sort(uint32_t *values, size_t count)
{
    for (size_t at = count / 2; at-- > 0;)
        sift(values, at, count);
    for (size_t end = count; end-- > 1;) {
        uint32_t greatest = values[0];
        values[0] = values[end];
        values[end] = greatest;
        sift(values, 0, end);
    }
}

static size_t samples_between(const struct bench_series *series, uint32_t first,
                              uint32_t end)
{
    size_t found = 0;
    for (size_t i = 0; i < series->count; i++)
        found += series->values[i] >= first && series->values[i] < end;
    return found;
}

/* Of cycles, from the least to the 90th percentile; what is above is told by the line. */
static void draw(const struct bench_series *series)
{
    static const char bar[HISTOGRAM_WIDTH + 1] = "########################################";
    uint32_t first = series->values[0];
    uint32_t width = (series->values[series->count * 9 / 10] - first) / HISTOGRAM_ROWS + 1;
    for (uint32_t row = 0; row < HISTOGRAM_ROWS; row++) {
        uint32_t from = first + row * width;
        size_t here = samples_between(series, from, from + width);
        size_t length = here * HISTOGRAM_WIDTH / series->count;
        ivm_log("  %8u.. %4zu %s", from, here, bar + HISTOGRAM_WIDTH - length);
    }
}

static void tell(struct bench_series *series, enum bench_kind kind, const char *name)
{
    if (series->count == 0)
        return;
    sort(series->values, series->count);
    const uint32_t *values = series->values;
    size_t count = series->count;
    ivm_log("GB %s n=%zu min=%u med=%u p90=%u max=%u", name, count, values[0],
            values[count / 2], values[count * 9 / 10], values[count - 1]);
    if (ticks_each == 0 && count > 1)
        draw(series);
    else if (kind == BENCH_EXACT && values[0] != values[count - 1])
        bench_claim(false, name, "every sample of this figure is the same", 0);
}

void bench_tell(struct bench_series *series, enum bench_kind kind, const char *name, ...)
{
    char text[BENCH_NAME];
    va_list list;
    va_start(list, name);
    format_text_list(text, sizeof text, name, list);
    va_end(list);
    tell(series, kind, text);
    bench_clear(series);
}

void bench_tell_one(uint64_t value, const char *name, ...)
{
    char text[BENCH_NAME];
    va_list list;
    va_start(list, name);
    format_text_list(text, sizeof text, name, list);
    va_end(list);
    ivm_log("GB %s n=1 min=%llu med=%llu p90=%llu max=%llu", text,
            (unsigned long long)value, (unsigned long long)value, (unsigned long long)value,
            (unsigned long long)value);
}

bool bench_claim(bool holds, const char *expression, const char *file, int line)
{
    static unsigned told;
    if (!holds && told++ < CLAIMS_TOLD)
        ivm_log("bench: does not hold: %s (%s:%d)", expression, file, line);
    all_held &= holds;
    return holds;
}

void bench_lacks(const char *what)
{
    ivm_log("bench: lacking: %s", what);
}

bool bench_all_held(void)
{
    return all_held;
}
