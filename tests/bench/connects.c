/* connects.c: what it costs to get on and off: alone or joining, in an empty or a full table. */
#include <ivm/stats.h>
#include <ivm/vector.h>

#include "bench.h"
#include "kernel/format.h"
#include "means.h"
#include "timed.h"

enum { FILL_LIMIT = IVM_VECTOR_DEVICE_END - IVM_VECTOR_DEVICE_FIRST };

static struct bench_series connects, disconnects, pairs;
static struct ivm_connection fill[FILL_LIMIT];
static size_t filled;

/* Take vectors until `percent` of those for devices are in use on this machine's only CPU. */
static void fill_table(unsigned percent)
{
    struct ivm_request request = {
        .owner = "filler", .routine = bench_refuse, .source = {.kind = IVM_BARE}};
    for (; filled < FILL_LIMIT * percent / 100; filled++)
        if (!BENCH_CLAIM(ivm_connect(&request, &fill[filled], NULL) == IVM_OK))
            return;
}

static void empty_table(void)
{
    while (filled != 0)
        BENCH_CLAIM(ivm_disconnect(&fill[--filled]) == IVM_OK);
}

static void measure(const struct bench_means *means, size_t others, const char *name)
{
    static struct ivm_connection connection;
    static struct bench_shot shot;
    struct ivm_request request = means_request(means);
    request.routine = bench_routine;
    request.context = &shot;
    if (others == 0 && means->by == BENCH_BY_VECTOR)
        request.source.number = 0; /* the manager chooses, as it does for the others */
    for (size_t round = 0; round < bench_rounds(); round++) {
        uint32_t on = 0, off = 0;
        if (!BENCH_CLAIM(timed_connect(&request, &connection, NULL, &on) == IVM_OK) ||
            !BENCH_CLAIM(timed_disconnect(&connection, &off) == IVM_OK))
            return;
        bench_add(&connects, round, on);
        bench_add(&disconnects, round, off);
        bench_add(&pairs, round, on + off);
    }
    bench_tell(&connects, BENCH_VARIES, "%s.connect", name);
    bench_tell(&disconnects, BENCH_VARIES, "%s.disconnect", name);
    bench_tell(&pairs, BENCH_VARIES, "%s.pair", name);
}

static void measure_joining(const struct bench_means *means, size_t others)
{
    static struct bench_chain chain;
    char name[BENCH_NAME];
    if (!chain_connect(&chain, means, others, others))
        return;
    format_text(name, sizeof name, "%s.others%zu", means->name, others);
    measure(means, others, name);
    chain_disconnect(&chain);
}

static void measure_filled(const struct bench_means *means, unsigned percent)
{
    char name[BENCH_NAME];
    fill_table(percent);
    format_text(name, sizeof name, "%s.others0.full%u", means->name, percent);
    measure(means, 0, name);
    empty_table();
}

void bench_connects(void)
{
    for (unsigned by = 0; by < BENCH_MEANS; by++) {
        struct bench_means means;
        if (!means_open((enum bench_by)by, &means))
            continue;
        measure_joining(&means, 0);
        measure_joining(&means, 1);
        measure_joining(&means, 7);
        measure_filled(&means, 50);
        measure_filled(&means, 99);
        means_close(&means);
    }
}
