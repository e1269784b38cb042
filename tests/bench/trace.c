/* trace.c: single events between two marks, for tools/bench-trace to walk through; each is measured
 * before that without being walked through, so that the two can be compared. */
#include <stddef.h>

#include <ivm/cpu.h>
#include <ivm/deferred.h>

#include "bench.h"
#include "kernel/format.h"
#include "path.h"
#include "timed.h"

enum { RAISED_LEVEL = 9 };

static struct bench_chain chain;
static struct ivm_connection connection;

static void fire(const struct bench_means *means, size_t count)
{
    char name[BENCH_NAME];
    if (!chain_connect(&chain, means, count, count - 1))
        return;
    format_text(name, sizeof name, "%s.k%zu", means->name, count);
    path_measure(means, &chain.shot, name);
    format_text(name, sizeof name, "%s.k%zu.path", means->name, count);
    bench_trace_begin(name);
    path_fire(means, &chain.shot);
    bench_trace_end();
    chain_disconnect(&chain);
}

/* Alone, under a lock and at a higher level. */
static void fire_locked(const struct bench_means *means)
{
    static struct bench_shot shot __attribute__((aligned(64)));
    shot = (struct bench_shot){.verdict = IVM_HANDLED, .acknowledge = means->acknowledge};
    struct ivm_request request = means_request(means);
    request.routine = bench_routine;
    request.context = &shot;
    request.cpus = &means_here;
    request.lock = &connection.own_lock;
    request.synchronize_level = RAISED_LEVEL;
    if (!BENCH_CLAIM(ivm_connect(&request, &connection, NULL) == IVM_OK))
        return;
    path_measure(means, &shot, "vec.k1.locked-raised");
    bench_trace_begin("vec.k1.locked-raised.path");
    path_fire(means, &shot);
    bench_trace_end();
    BENCH_CLAIM(ivm_disconnect(&connection) == IVM_OK);
}

/* Queue a deferred call; it is over when the queueing returns. */
static void defer(void)
{
    static struct bench_shot shot;
    struct ivm_deferred deferred = {.function = bench_deferred, .context = &shot};
    struct bench_call call = {.function = (uintptr_t)ivm_deferred_queue,
                              .a = (uintptr_t)&deferred};
    bench_tell_one(timed_call(&call), "dpc.whole");
    bench_trace_begin("dpc.whole");
    (void)timed_call(&call);
    bench_trace_end();
}

/* The request that joins what `chain` is connected to, on this CPU. */
static struct ivm_request joining(const struct bench_means *means)
{
    struct ivm_request request = means_request(means);
    request.routine = bench_refuse;
    request.cpus = &means_here;
    return request;
}

static void connect(const struct bench_means *means, size_t others)
{
    char on[BENCH_NAME], off[BENCH_NAME];
    uint32_t cost;
    if (!chain_connect(&chain, means, others, others))
        return;
    struct ivm_request request = joining(means);
    format_text(on, sizeof on, "%s.others%zu.connect", means->name, others);
    format_text(off, sizeof off, "%s.others%zu.disconnect", means->name, others);
    BENCH_CLAIM(timed_connect(&request, &connection, NULL, &cost) == IVM_OK);
    bench_tell_one(cost, "%s", on);
    BENCH_CLAIM(timed_disconnect(&connection, &cost) == IVM_OK);
    bench_tell_one(cost, "%s", off);

    bench_trace_begin(on);
    BENCH_CLAIM(timed_connect(&request, &connection, NULL, &cost) == IVM_OK);
    bench_trace_end();
    bench_trace_begin(off);
    BENCH_CLAIM(timed_disconnect(&connection, &cost) == IVM_OK);
    bench_trace_end();
    chain_disconnect(&chain);
}

static void refuse(const struct bench_means *means)
{
    char name[BENCH_NAME];
    struct ivm_refusal refusal;
    uint32_t cost;
    if (!chain_connect(&chain, means, 1, 0))
        return;
    struct ivm_request request = joining(means);
    request.sharing = IVM_EXCLUSIVE;
    format_text(name, sizeof name, "%s.requester-does-not-share", means->name);
    BENCH_CLAIM(timed_connect(&request, &connection, &refusal, &cost) != IVM_OK);
    bench_tell_one(cost, "%s", name);
    bench_trace_begin(name);
    BENCH_CLAIM(timed_connect(&request, &connection, &refusal, &cost) != IVM_OK);
    bench_trace_end();
    chain_disconnect(&chain);
}

static void nothing(void *context)
{
    (void)context;
}

/* Who calls is stepped; who is called runs meanwhile, and is done when it is looked at again. */
static void call_other(void)
{
    struct bench_call call = {
        .function = (uintptr_t)ivm_cpu_call, .a = 1, .b = (uintptr_t)nothing};
    (void)timed_call(&call);
    bench_trace_begin("call.sender");
    (void)timed_call(&call);
    bench_trace_end();
}

void bench_traces(void)
{
    if (ivm_cpu_count() > 1)
        call_other();
    defer();
    for (unsigned by = 0; by < BENCH_MEANS; by++) {
        struct bench_means means;
        if (!means_open((enum bench_by)by, &means))
            continue;
        fire(&means, 1);
        fire(&means, 2);
        connect(&means, 0);
        connect(&means, 1);
        refuse(&means);
        if (by == BENCH_BY_VECTOR)
            fire_locked(&means);
        means_close(&means);
    }
}
