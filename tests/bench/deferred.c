/* deferred.c: a deferred call, from being queued to its function, and back. */
#include <ivm/deferred.h>
#include <ivm/interrupt.h>

#include "bench.h"
#include "means.h"
#include "timed.h"

/* bench_deferred: from its last reading to its last instruction: RDTSC, store, RET. */
enum { AFTER_FUNCTION = 3 };

static struct bench_series entries, exits;
static struct bench_shot shot;

/* From ordinary code, on this CPU: the call is over before queueing it returns. */
void bench_deferred_calls(void)
{
    struct ivm_deferred deferred = {.function = bench_deferred, .context = &shot};
    for (size_t round = 0; round < bench_rounds(); round++) {
        struct bench_call call = {.function = (uintptr_t)ivm_deferred_queue,
                                  .a = (uintptr_t)&deferred};
        shot.left = 1;
        bench_call(&call);
        BENCH_CLAIM((call.result & 1) == 1);
        if (bench_counts_instructions())
            BENCH_CLAIM(shot.left == 0);
        while (*(_Atomic uint32_t *)&shot.left != 0) {
        }
        bench_add(&entries, round, bench_span(call.began, shot.entered, BENCH_BEFORE_CALL));
        bench_add(
            &exits, round,
            bench_span(shot.returning, call.ended, AFTER_FUNCTION + BENCH_AFTER_CALL));
    }
    bench_tell(&entries, BENCH_EXACT, "dpc.queue-to-function");
    bench_tell(&exits, BENCH_EXACT, "dpc.function-to-caller");
}
