/* timed.c: calls of the public API, timed. */
#include "timed.h"

#include "bench.h"

uint32_t timed_call(struct bench_call *call)
{
    bench_call(call);
    return bench_span(call->began, call->ended, BENCH_EMPTY_CALL);
}

enum ivm_status timed_connect(const struct ivm_request *request,
                              struct ivm_connection *connection,
                              struct ivm_refusal *refusal, uint32_t *cost)
{
    struct bench_call call = {.function = (uintptr_t)ivm_connect,
                              .a = (uintptr_t)request,
                              .b = (uintptr_t)connection,
                              .c = (uintptr_t)refusal};
    *cost = timed_call(&call);
    return (enum ivm_status)call.result;
}

enum ivm_status timed_disconnect(struct ivm_connection *connection, uint32_t *cost)
{
    struct bench_call call = {.function = (uintptr_t)ivm_disconnect,
                              .a = (uintptr_t)connection};
    *cost = timed_call(&call);
    return (enum ivm_status)call.result;
}
