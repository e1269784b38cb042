/* pins.c: the inputs of the stress: see pins.h. */
#include "pins.h"

#include <sched.h>

#include <ivm/level.h>

#include "cpus.h"
#include "kernel/machine.h"
#include "report.h"

struct pin pins[PINS];

void pins_start(unsigned first_message)
{
    for (unsigned i = 0; i < PINS; i++)
        pins[i] = (struct pin){.masked = true, .keeps_edges = i >= first_message};
}

void pin_take(struct pin *pin)
{
    while (atomic_exchange_explicit(&pin->held, true, memory_order_acquire))
        sched_yield();
}

void pin_release(struct pin *pin)
{
    atomic_store_explicit(&pin->held, false, memory_order_release);
}

static void send(struct pin *pin)
{
    pin->remote_irr = pin->route.trigger == IVM_LEVEL;
    pin->kept = false;
    cpus_send(pin->route.cpu, pin->route.vector, pin->route.trigger);
}

/* A level-triggered input sends while it is asserted and its last message has ended. */
static void send_level(struct pin *pin)
{
    bool ready = pin->routed && !pin->masked && !pin->remote_irr;
    if (ready && pin->route.trigger == IVM_LEVEL && pin->wires != 0)
        send(pin);
}

void pin_assert(struct pin *pin, unsigned device)
{
    bool rises = pin->wires == 0;
    pin->wires |= UINT64_C(1) << device;
    send_level(pin);
    if (!rises || !pin->routed || pin->route.trigger == IVM_LEVEL)
        return;
    if (!pin->masked)
        send(pin);
    else
        pin->kept = pin->keeps_edges;
}

void pin_deassert(struct pin *pin, unsigned device)
{
    pin->wires &= ~(UINT64_C(1) << device);
}

void pins_end(uint8_t vector)
{
    for (unsigned i = 0; i < PINS; i++) {
        struct pin *pin = &pins[i];
        pin_take(pin);
        if (pin->remote_irr && pin->route.vector == vector) {
            pin->remote_irr = false;
            send_level(pin);
        }
        pin_release(pin);
    }
}

static struct pin *begin(void *unit, uint32_t input)
{
    insist(CLAIM_MACHINE, unit == (void *)pins && input < PINS);
    cpus_stagger();
    pin_take(&pins[input]);
    return &pins[input];
}

static void end(struct pin *pin)
{
    pin_release(pin);
    cpus_stagger();
}

static void route(void *unit, uint32_t input, const struct ivm_route *route)
{
    struct pin *pin = begin(unit, input);
    insist(CLAIM_MACHINE, pin->masked && machine_level() < IVM_DISPATCH);
    pin->route = *route;
    pin->routed = true;
    end(pin);
}

static void redirect(void *unit, uint32_t input, uint32_t cpu)
{
    struct pin *pin = begin(unit, input);
    insist(CLAIM_MACHINE, pin->routed && machine_level() < IVM_DISPATCH);
    pin->route.cpu = cpu;
    end(pin);
    count_one(moves);
}

static void unmask(void *unit, uint32_t input)
{
    struct pin *pin = begin(unit, input);
    insist(CLAIM_MACHINE, pin->routed);
    pin->masked = false;
    if (pin->kept)
        send(pin);
    send_level(pin);
    end(pin);
}

static void mask(void *unit, uint32_t input)
{
    struct pin *pin = begin(unit, input);
    pin->masked = true;
    end(pin);
}

static void unroute(void *unit, uint32_t input)
{
    struct pin *pin = begin(unit, input);
    insist(CLAIM_MACHINE, pin->masked && machine_level() < IVM_DISPATCH);
    pin->route = (struct ivm_route){0};
    pin->routed = pin->remote_irr = pin->kept = false;
    end(pin);
}

const struct ivm_controller pins_controller = {
    .name = "stress",
    .route = route,
    .redirect = redirect,
    .unmask = unmask,
    .mask = mask,
    .unroute = unroute,
};
