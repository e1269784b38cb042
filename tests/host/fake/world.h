/* world.h: what most tests of the manager begin with: a machine, the manager, some devices.
 */
#ifndef FAKE_WORLD_H
#define FAKE_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ivm/interrupt.h>
#include <ivm/refusal.h>
#include <ivm/stats.h>

#include "kernel/manager.h"
#include "machine.h"

enum {
    WORLD_LINES = 200,     /* gsis [0, WORLD_LINES) are inputs of world.io */
    WORLD_GSI_COUNT = 210, /* the rest belong to no controller */
    WORLD_DEVICES = 12,
    WORLD_CALLS = 512, /* remembered, of all devices together */
};

/* A device and its driver. Its wire stays asserted from device_fire() until its routine,
 * asked, finds it pending and quiets it. */
struct device {
    struct model_unit *unit;
    uint32_t input;
    unsigned index;   /* its driver number on the wire, and its place in world.devices */
    unsigned pending; /* interrupts it wants; each claim takes one */
    bool stuck;       /* its routine never takes anything */
    bool greedy;      /* its routine takes everything, pending or not */
    bool keeps_wire;  /* claiming does not quiet it: it wants another one */
    void (*inside)(struct device *device); /* called first thing in its routine */
    unsigned calls;
    unsigned claims;
    uint8_t level_seen; /* in the last call, as are all below */
    uint8_t priority_seen;
    uint32_t cpu_seen;
    bool interrupts_seen;
    struct ivm_connection connection;
};

struct world {
    struct source lines[WORLD_GSI_COUNT];
    struct cpu_slots *tables[MODEL_CPUS + 1]; /* the last lies past the limit */
    struct cpu_slots cpus[MODEL_CPUS];
    struct model_unit io;       /* the I/O APIC */
    struct model_unit messages; /* a function that sends messages */
    struct device devices[WORLD_DEVICES];
    unsigned calls[WORLD_CALLS]; /* indices of devices, as their routines were called */
    size_t call_count;
    struct ivm_refusal refusal;
};

extern struct world world;

/* Set-ups and the tear-down of a test; the tear-down fails on any violation left. */
int world_one_cpu(void **state);
int world_two_cpus(void **state);
int world_four_cpus(void **state);
int world_end(void **state);

#define WORLD_TEST(claim) cmocka_unit_test_setup_teardown(claim, world_one_cpu, world_end)
#define WORLD_TEST_SMP(claim)                                                              \
    cmocka_unit_test_setup_teardown(claim, world_two_cpus, world_end)
#define WORLD_TEST_FOUR(claim)                                                             \
    cmocka_unit_test_setup_teardown(claim, world_four_cpus, world_end)

/* A request for a line: device `index`'s name ("dev0") and routine, level-triggered, active
 * low, shared, anything else chosen by the manager. */
struct ivm_request world_line(unsigned index, uint32_t gsi);

/* The same for an exclusive edge, and for a bare vector, exclusive, edge. */
struct ivm_request world_edge(unsigned index, uint32_t gsi);
struct ivm_request world_bare(unsigned index, uint8_t vector);

/* Register input `input` of world.messages, and ask for it: exclusive, edge. */
struct ivm_request world_message(unsigned index, uint32_t input);

/* Connect device `index` as the request says; the device then drives the request's input.
 * The refusal is in world.refusal. */
enum ivm_status world_connect(unsigned index, const struct ivm_request *request);
enum ivm_status world_disconnect(unsigned index);

/* Connect, and fail the test when it is refused; returns the vector. */
uint8_t world_must_connect(unsigned index, const struct ivm_request *request);
void world_must_disconnect(unsigned index);

/* The request must be refused, with this rule; nothing may have changed. */
void world_must_refuse(unsigned index, const struct ivm_request *request,
                       enum ivm_rule rule);

/* Make device `index` interrupt once more. */
void device_fire(unsigned index);

/* A device's routine; the context is the device. */
ivm_routine device_routine;

/* The calls so far as text: "0 1 1" for dev0, dev1, dev1. */
const char *world_calls(void);
void world_calls_clear(void);

/* A picture of all tables and all inputs, to be compared later. Four are kept. */
struct world_picture;
struct world_picture *world_take_picture(void);

/* All must be bit for bit as in the picture. */
void world_same_picture(const struct world_picture *picture);

/* Statistics of a vector on a CPU. */
struct ivm_vector_stats world_vector(uint32_t cpu, uint8_t vector);
struct ivm_totals world_totals(void);

/* Where a source is placed; the test fails when it is not. */
uint8_t world_place(struct ivm_source_id source, uint32_t *cpu);

#endif
