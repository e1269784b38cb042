/* means.h: how an interrupt is raised: by this CPU itself, by a message, by a line. */
#ifndef BENCH_MEANS_H
#define BENCH_MEANS_H

#include <stdbool.h>
#include <stdint.h>

#include <ivm/driver.h>
#include <ivm/interrupt.h>

#include "shot.h"

enum bench_by { BENCH_BY_VECTOR = 0, BENCH_BY_MESSAGE = 1, BENCH_BY_LINE = 2, BENCH_MEANS };

enum { BENCH_CHAIN = 8, BENCH_VECTOR = 0x58 };

struct bench_means {
    enum bench_by by;
    const char *name; /* "vec", "msi", "intx" */
    struct ivm_source_id source;
    enum ivm_trigger trigger;
    enum ivm_polarity polarity;
    bench_raise *raise;
    uintptr_t address; /* writing `value` there raises it */
    uint32_t value;
    uintptr_t acknowledge;     /* writing 1 there quiets it */
    struct ivm_device *device; /* NULL: none */
};

/* Make it ready; false: the machine lacks it, which is told. */
bool means_open(enum bench_by by, struct bench_means *out);
void means_close(struct bench_means *means);

/* Interrupt this CPU with a vector, untimed. */
void means_interrupt_self(uint8_t vector);

/* The registers of an edu device, or 0. */
uintptr_t means_edu(const struct ivm_device *device);

/* The CPU that measures, and the next one. */
extern const struct ivm_cpu_set means_here, means_there;

/* What a request for it is, on any CPU, to be completed by a routine and its context. */
struct ivm_request means_request(const struct bench_means *means);

/* Connections of one source, in their order. */
struct bench_chain {
    struct bench_shot shot;
    size_t count;
    struct ivm_connection connections[BENCH_CHAIN];
} __attribute__((aligned(64)));

/* Connect `count` routines here, of which the one at `taker` takes what comes, and the others say no. */
bool chain_connect(struct bench_chain *chain, const struct bench_means *means, size_t count,
                   size_t taker);
void chain_disconnect(struct bench_chain *chain);

#endif
