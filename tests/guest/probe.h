/* probe.h: a connection that writes down what its routine saw: the fixture of the guest
 * suites. */
#ifndef GUEST_PROBE_H
#define GUEST_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include <ivm/driver.h>
#include <ivm/interrupt.h>
#include <ivm/refusal.h>

struct probe {
    struct ivm_connection connection;
    struct ivm_request request;
    struct ivm_refusal refusal;
    _Atomic uint32_t runs; /* times the routine was asked */
    uint32_t refuse_first; /* answer IVM_NOT_MINE this often, then claim */
    uint8_t level;         /* at its last run */
    bool interrupts_on;    /* at its last run */
    uint8_t lower_gsi;     /* testdev line to lower when asked; with `lowers` */
    bool lowers;
    uint32_t lower_after; /* lower at this run, not before */
    uint8_t raise_vector; /* self-interrupt to send when asked; 0: none */
    struct ivm_device
        *acknowledges; /* the device whose routine to ask; NULL: claims at once */
    char mark;         /* written to the trace on entry, in upper case on return */
};

/* The set of this one CPU. */
struct ivm_cpu_set probe_cpu(uint32_t cpu);

/* A request for a bare vector, or any of a level when vector is 0. */
struct probe probe_bare(uint8_t vector, uint8_t level);

/* A request for a line as routing knows it. */
struct probe probe_line(const struct ivm_line_info *line, enum ivm_sharing sharing);

/* A request for a device's line, whose own routine decides. */
struct probe probe_device(struct ivm_device *device, enum ivm_sharing sharing);

/* Connect, on this CPU unless the request has `cpus`, and disconnect; a failure is noted
 * with the refusal's line. */
bool probe_connect(struct probe *probe);
bool probe_disconnect(struct probe *probe);

/* The vector a connected probe is on. */
uint8_t probe_vector(const struct probe *probe);

/* Wait, bounded, until the probe ran so often; false when it did not. */
bool probe_wait(struct probe *probe, uint32_t runs);

/* Interrupt this CPU with that vector. */
void probe_send(uint8_t vector);

/* When this returns, every interrupt that was pending on this CPU has been served: a
 * self-interrupt of the lowest device level came through.
 */
bool probe_fence(void);

/* The marks of the routines in the order in which they began and ended. */
void trace_clear(void);
const char *trace_text(void);
bool trace_is(const char *expected);

#endif
