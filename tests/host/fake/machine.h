/* machine.h: a machine for the manager on the host: CPUs with local APICs, pins, messages.
 *
 * The model has for each CPU an IRR, an ISR, a TMR, CR8 and an interrupt flag; for each
 * controller (struct model_unit) inputs with a wire, a mask, a route and a Remote IRR. It
 * delivers as the hardware would: at once, as soon as a CPU's interrupts are on and the
 * class of a pending vector is above the greater of CR8 and the class in service; so also
 * inside machine_interrupts_on(), that is, nested in a routine. To deliver is to do what
 * entry.S does: turn interrupts off, set the in-service bit, call the slot's `dispatch`,
 * return to interrupts on. All CPUs live in one thread: a delivery to another CPU happens
 * between two operations of the current one.
 *
 * The model checks its callers. What it finds wrong is a violation, kept until it is taken;
 * a test ends with none (world_end() in world.h sees to that).
 */
#ifndef FAKE_MACHINE_H
#define FAKE_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ivm/controller.h>

#include "kernel/slot.h"

enum {
    MODEL_CPUS = 4,
    MODEL_INPUTS = 256,
    MODEL_EVENTS = 4096,
    MODEL_NOTICES = 32,
    MODEL_TEXT = 512,
    MODEL_DELIVERY_LIMIT = 200000, /* more than this in a test is an endless storm */
};

/* One input of a controller. */
struct model_pin {
    bool masked;
    bool routed;
    bool remote_irr; /* a level-triggered delivery is not ended yet */
    bool pending;    /* keeps_edges: an edge came under the mask */
    uint64_t wires;  /* who asserts it now, one bit each: a wired or */
    struct ivm_route route;
};

/* What `unit` points to: an I/O APIC, or a function that sends messages. */
struct model_unit {
    bool keeps_edges;  /* MSI-X keeps an edge under its mask, an I/O APIC loses it */
    bool has_no_masks; /* several MSI messages: mask() does nothing */
    struct model_pin pins[MODEL_INPUTS];
    struct model_unit *next; /* the model's own list */
};

extern const struct ivm_controller model_controller;

enum model_event_kind {
    MODEL_ROUTE = 0,
    MODEL_UNMASK,
    MODEL_MASK,
    MODEL_UNROUTE,
    MODEL_DELIVER,
    MODEL_END,
    MODEL_REDIRECT,
};

struct model_event {
    enum model_event_kind kind;
    uint32_t cpu;   /* that did it, or got it */
    uint32_t input; /* of a controller write */
    uint8_t vector; /* delivered or ended */
    struct ivm_route route;
};

/* Forget everything and begin with `cpus` CPUs, interrupts on, CR8 0; CPU 0 is current. */
void model_start(uint32_t cpus);

/* The slots that deliveries to a CPU are dispatched through. */
void model_attach(uint32_t cpu, struct slot *slots);

/* Make a controller's instance known, all inputs masked and unrouted. The caller keeps it.
 */
void model_unit_start(struct model_unit *unit, bool keeps_edges);

/* Drive an input: the wire is asserted while any of 64 drivers asserts it. A message is
 * sent by asserting and deasserting. */
void model_assert(struct model_unit *unit, uint32_t input, unsigned driver);
void model_deassert(struct model_unit *unit, uint32_t input, unsigned driver);

/* Make a vector pending on a CPU as an edge from elsewhere (a message, another CPU). */
void model_raise(uint32_t cpu, uint8_t vector);

/* Call a slot's dispatch with nothing in service, on the current CPU: the local APIC's
 * spurious vector, an 8259's interrupt, INT n. */
void model_call(uint8_t vector);

/* Make the current CPU another one. Only between deliveries. */
void model_become(uint32_t cpu);

/* Turn the current CPU's interrupts off or on, as a caller might have done. */
void model_interrupts(bool on);

/* The same for any CPU, whoever is current. */
void model_interrupts_of(uint32_t cpu, bool on);

/* The next calls of machine_pic_spurious() find the 8259's input in service. */
void model_pic_in_service(bool in_service);

/* Whether a vector waits in a CPU's IRR. */
bool model_pending(uint32_t cpu, uint8_t vector);

/* Deliveries under way on the current CPU: 0 outside of all dispatches. */
unsigned model_depth(void);

/* Called after each controller write took effect, before anything it lets through. */
void model_on_write(void (*hook)(const struct model_event *event));

/* Called in each machine_relax() with their number so far, from 1: what the others do while the
 * current CPU waits. Without a hook a caller that waits long has failed. */
void model_on_relax(void (*hook)(unsigned spins));

/* How often a vector was delivered to a CPU, among the events kept. */
size_t model_deliveries_of(uint32_t cpu, uint8_t vector);

/* The events so far, oldest first, and of one kind. */
size_t model_event_count(void);
const struct model_event *model_event_at(size_t index);
size_t model_count_of(enum model_event_kind kind);
void model_events_clear(void);

/* Controller writes among the events: route, unmask, mask, unroute. */
size_t model_write_count(void);

/* machine_notice()'s lines, oldest first; NULL past the last. */
const char *model_notice(size_t index);

/* How often machine_line_masked() was called, and its first line, when there is one. */
size_t model_masked_lines(uint32_t *first);

/* Take the oldest violation; NULL: none. The text stays until the next is taken. */
const char *model_violation(void);

#endif
