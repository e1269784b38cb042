/* locks.c: the path with a lock, at a raised level, both; and of an interrupt within a routine. */
#include <ivm/level.h>
#include <ivm/lock.h>

#include "path.h"

enum { LOW_VECTOR = 0x38, RAISED_LEVEL = 9 };

static struct ivm_connection connection;
static struct bench_shot shot __attribute__((aligned(64)));
static struct bench_means means;

static void measure(struct ivm_lock *lock, uint8_t level, const char *name)
{
    shot = (struct bench_shot){.verdict = IVM_HANDLED, .acknowledge = means.acknowledge};
    struct ivm_request request = means_request(&means);
    request.routine = bench_routine;
    request.context = &shot;
    request.cpus = &means_here;
    request.lock = lock;
    request.synchronize_level = level;
    connection = (struct ivm_connection){.request.owner = ""};
    if (!BENCH_CLAIM(ivm_connect(&request, &connection, NULL) == IVM_OK))
        return;
    path_measure(&means, &shot, name);
    BENCH_CLAIM(ivm_disconnect(&connection) == IVM_OK);
}

/* What was interrupted is a routine at a lower level: the same figures are taken within it. */
static enum ivm_verdict interrupted(void *context)
{
    struct bench_chain *chain = context;
    BENCH_CLAIM(ivm_level_now() == LOW_VECTOR >> 4);
    path_measure(&means, &chain->shot, "nested.k1");
    return IVM_HANDLED;
}

static void measure_nested(void)
{
    static struct bench_chain chain;
    static struct ivm_connection outer;
    struct bench_means low = means;
    low.source.number = LOW_VECTOR;
    struct ivm_request request = means_request(&low);
    request.routine = interrupted;
    request.context = &chain;
    request.cpus = &means_here;
    if (!chain_connect(&chain, &means, 1, 0))
        return;
    if (BENCH_CLAIM(ivm_connect(&request, &outer, NULL) == IVM_OK)) {
        means_interrupt_self(LOW_VECTOR);
        BENCH_CLAIM(ivm_disconnect(&outer) == IVM_OK);
    }
    chain_disconnect(&chain);
}

void bench_locks(void)
{
    if (!means_open(BENCH_BY_VECTOR, &means))
        return;
    measure(&connection.own_lock, 0, "vec.k1.locked");
    measure(NULL, RAISED_LEVEL, "vec.k1.raised");
    measure(&connection.own_lock, RAISED_LEVEL, "vec.k1.locked-raised");
    measure_nested();
    means_close(&means);
}
