/* pins.h: controllers for many threads: inputs with a wire, a mask, a route, a Remote IRR.
 *
 * An I/O APIC's input loses an edge under its mask, a message is kept. Each input has a lock of its
 * own, held with no safe point inside.
 */
#ifndef STRESS_PINS_H
#define STRESS_PINS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <ivm/controller.h>

enum { PINS = 40 };

/* All under the lock but the last. */
struct pin {
    atomic_bool held;
    bool masked, routed, remote_irr;
    bool keeps_edges;
    bool kept;      /* an edge that came under the mask */
    uint64_t wires; /* a bit for each device that asserts it */
    struct ivm_route route;
};

extern struct pin pins[PINS];
extern const struct ivm_controller pins_controller;

void pins_start(unsigned first_message);

void pin_take(struct pin *pin);
void pin_release(struct pin *pin);

/* A device raises its bit of the wire, or lets go; under the lock. A message is an edge that lets
 * go at once. */
void pin_assert(struct pin *pin, unsigned device);
void pin_deassert(struct pin *pin, unsigned device);

/* The end of a level-triggered vector reaches every controller. */
void pins_end(uint8_t vector);

#endif
