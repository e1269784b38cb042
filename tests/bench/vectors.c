/* vectors.c: taking a vector, and an aligned block of them, at every fill; how many there are. */
#include <ivm/cpu.h>
#include <ivm/level.h>
#include <ivm/vector.h>

#include "bench.h"
#include "kernel/vector.h"
#include "means.h"
#include "timed.h"

enum { DEVICE_VECTORS = IVM_VECTOR_DEVICE_END - IVM_VECTOR_DEVICE_FIRST, ASKED = 256 };

static struct bench_series taking, giving;
static struct vector_pool pool;
static struct ivm_connection connections[ASKED];

/* vector_allocate() has a fourth argument more than is timed. */
static enum ivm_status allocate(uint8_t *vector)
{
    return vector_allocate(&pool, NULL, 0, vector);
}

static enum ivm_status allocate_block(unsigned count, uint8_t *first)
{
    return vector_allocate_block(&pool, 0, count, first);
}

static void measure_single(void)
{
    vector_pool_start(&pool);
    uint8_t vector = 0;
    for (size_t i = 0; i < DEVICE_VECTORS; i++) {
        struct bench_call call = {.function = (uintptr_t)allocate, .a = (uintptr_t)&vector};
        bench_add(&taking, BENCH_WARM_UP, timed_call(&call));
        BENCH_CLAIM(call.result == IVM_OK);
        struct bench_call give = {
            .function = (uintptr_t)vector_free, .a = (uintptr_t)&pool, .b = vector};
        bench_add(&giving, BENCH_WARM_UP, timed_call(&give));
        BENCH_CLAIM(allocate(&vector) == IVM_OK);
    }
    bench_tell(&taking, BENCH_VARIES, "vectors.allocate");
    bench_tell(&giving, BENCH_VARIES, "vectors.free");
}

static void measure_block(unsigned count)
{
    vector_pool_start(&pool);
    uint8_t first = 0;
    for (size_t i = 0; i < DEVICE_VECTORS / count; i++) {
        struct bench_call call = {
            .function = (uintptr_t)allocate_block, .a = count, .b = (uintptr_t)&first};
        bench_add(&taking, BENCH_WARM_UP, timed_call(&call));
        BENCH_CLAIM(call.result == IVM_OK);
    }
    bench_tell(&taking, BENCH_VARIES, "vectors.block%u", count);
}

void bench_vectors(void)
{
    measure_single();
    for (unsigned count = 2; count <= 16; count *= 2)
        measure_block(count);
}

/* Sources that are really connected on this CPU until one is refused. */
static uint32_t connect_all(uint8_t level)
{
    struct ivm_request request = {.owner = "bench",
                                  .routine = bench_refuse,
                                  .source = {.kind = IVM_BARE},
                                  .cpus = &means_here,
                                  .level = level};
    struct ivm_refusal refusal = {.rule = IVM_RULE_NONE};
    uint32_t count = 0;
    while (count < ASKED && ivm_connect(&request, &connections[count], &refusal) == IVM_OK)
        count++;
    BENCH_CLAIM(refusal.rule == IVM_RULE_VECTORS_EXHAUSTED);
    for (uint32_t i = 0; i < count; i++)
        BENCH_CLAIM(ivm_disconnect(&connections[i]) == IVM_OK);
    return count;
}

void bench_capacity(void)
{
    bench_tell_one(connect_all(IVM_ANY_LEVEL), "capacity.per_cpu");
    bench_tell_one(connect_all(0), "capacity.device-levels");
}
