/* scale.c: what several CPUs cost each other: the grace period, a move, a call, the path itself.
 *
 * Where instructions are counted the counter counts those of all CPUs, so each figure is what all
 * of them together did: who asks, who answers, and who spins meanwhile. The others sleep.
 */
#include <ivm/affinity.h>
#include <ivm/cpu.h>

#include "bench.h"
#include "kernel/format.h"
#include "kernel/grace.h"
#include "path.h"
#include "timed.h"

static struct bench_series first, second, both;
static struct ivm_connection connection;
static struct bench_shot shot __attribute__((aligned(64)));

/* The same names on every number of CPUs, but for the number. */
static void tell(struct bench_series *series, const char *name)
{
    bench_tell(series, BENCH_VARIES, "cpus%u.%s", ivm_cpu_count(), name);
}

static void measure_grace(uint32_t cpu, const char *name)
{
    for (size_t round = 0; round < bench_rounds(); round++) {
        struct bench_call call = {.function = (uintptr_t)grace_pass, .a = cpu};
        bench_add(&first, round, timed_call(&call));
    }
    tell(&first, name);
}

/* On and off a source that the other CPU serves, or whichever has the fewest. */
static void measure_pair(const struct bench_means *means, const struct ivm_cpu_set *cpus,
                         const char *where)
{
    char name[BENCH_NAME];
    struct ivm_request request = means_request(means);
    request.routine = bench_routine;
    request.context = &shot;
    request.cpus = cpus;
    for (size_t round = 0; round < bench_rounds(); round++) {
        uint32_t on = 0, off = 0;
        if (!BENCH_CLAIM(timed_connect(&request, &connection, NULL, &on) == IVM_OK) ||
            !BENCH_CLAIM(timed_disconnect(&connection, &off) == IVM_OK))
            return;
        bench_add(&first, round, on);
        bench_add(&second, round, off);
        bench_add(&both, round, on + off);
    }
    format_text(name, sizeof name, "%s.%s.connect", means->name, where);
    tell(&first, name);
    format_text(name, sizeof name, "%s.%s.disconnect", means->name, where);
    tell(&second, name);
    format_text(name, sizeof name, "%s.%s.pair", means->name, where);
    tell(&both, name);
}

/* To and fro between this CPU and the next. */
static void measure_move(const struct bench_means *means)
{
    char name[BENCH_NAME];
    struct ivm_request request = means_request(means);
    request.routine = bench_routine;
    request.context = &shot;
    request.cpus = &means_here;
    if (!BENCH_CLAIM(ivm_connect(&request, &connection, NULL) == IVM_OK))
        return;
    for (size_t round = 0; round < bench_rounds(); round++) {
        /* struct ivm_source_id is passed by value, in one register. */
        uint64_t id = (uint64_t)means->source.number << 32 | means->source.kind;
        struct bench_call call = {
            .function = (uintptr_t)ivm_set_affinity,
            .a = id,
            .b = (uintptr_t)(round % 2 == 0 ? &means_there : &means_here)};
        uint32_t cost = timed_call(&call);
        BENCH_CLAIM(call.result == IVM_OK);
        bench_add(round % 2 == 0 ? &first : &second, round, cost);
    }
    format_text(name, sizeof name, "%s.move.away", means->name);
    tell(&first, name);
    format_text(name, sizeof name, "%s.move.here", means->name);
    tell(&second, name);
    BENCH_CLAIM(ivm_disconnect(&connection) == IVM_OK);
}

static void answer(void *context)
{
    (void)context;
}

static void measure_call(void)
{
    for (size_t round = 0; round < bench_rounds(); round++) {
        struct bench_call call = {
            .function = (uintptr_t)ivm_cpu_call, .a = 1, .b = (uintptr_t)answer};
        bench_add(&first, round, timed_call(&call));
        BENCH_CLAIM(call.result == IVM_OK);
    }
    tell(&first, "call");
}

static void measure_path(const struct bench_means *means)
{
    static struct bench_chain chain;
    char name[BENCH_NAME];
    if (!chain_connect(&chain, means, 1, 0))
        return;
    format_text(name, sizeof name, "cpus%u.%s.k1", ivm_cpu_count(), means->name);
    path_measure(means, &chain.shot, name);
    chain_disconnect(&chain);
}

void bench_scale(void)
{
    if (ivm_cpu_count() == 1) {
        bench_lacks("a second CPU");
        return;
    }
    measure_grace(0, "grace.here");
    measure_grace(1, "grace.there");
    measure_call();
    /* A bare vector does not move, and a single message of MSI stays where it was opened. */
    for (unsigned by = 0; by < BENCH_MEANS; by++) {
        struct bench_means means;
        if (!means_open((enum bench_by)by, &means))
            continue;
        if (by != BENCH_BY_MESSAGE) {
            measure_pair(&means, &means_there, "there");
            measure_pair(&means, NULL, "any");
        }
        if (by != BENCH_BY_VECTOR)
            measure_move(&means);
        measure_path(&means);
        means_close(&means);
    }
}
