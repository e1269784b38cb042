/* pins.c: the model's controllers: inputs with a wire, a mask, a route and a Remote IRR. */
#include <stddef.h>
#include <string.h>

#include <machine/hot.h>

#include "kernel/machine.h"
#include "model.h"

static struct model_unit *units;
static void (*on_write)(const struct model_event *event);

void model_pins_start(void)
{
    units = NULL;
    on_write = NULL;
}

void model_unit_start(struct model_unit *unit, bool keeps_edges)
{
    memset(unit, 0, sizeof *unit);
    unit->keeps_edges = keeps_edges;
    for (unsigned i = 0; i < MODEL_INPUTS; i++)
        unit->pins[i].masked = true;
    unit->next = units;
    units = unit;
}

void model_on_write(void (*hook)(const struct model_event *event))
{
    on_write = hook;
}

static void send(struct model_pin *pin)
{
    bool level = pin->route.trigger == IVM_LEVEL;
    pin->remote_irr = level;
    pin->pending = false;
    model_request(pin->route.cpu, pin->route.vector, level);
}

/* A level-triggered input sends while it is asserted and its last message has ended. */
static void send_level(struct model_pin *pin)
{
    bool ready = pin->routed && !pin->masked && !pin->remote_irr;
    if (ready && pin->route.trigger == IVM_LEVEL && pin->wires != 0)
        send(pin);
}

static void send_edge(const struct model_unit *unit, struct model_pin *pin)
{
    if (pin->routed && pin->route.trigger == IVM_LEVEL)
        return;
    if (pin->routed && !pin->masked)
        send(pin);
    else if (pin->routed && unit->keeps_edges)
        pin->pending = true;
}

void model_assert(struct model_unit *unit, uint32_t input, unsigned driver)
{
    struct model_pin *pin = &unit->pins[input];
    bool rises = pin->wires == 0;
    pin->wires |= 1ull << driver;
    if (rises)
        send_edge(unit, pin);
    send_level(pin);
    model_settle();
}

void model_deassert(struct model_unit *unit, uint32_t input, unsigned driver)
{
    unit->pins[input].wires &= ~(1ull << driver);
}

void model_broadcast_end(uint8_t vector)
{
    for (struct model_unit *unit = units; unit != NULL; unit = unit->next) {
        for (unsigned i = 0; i < MODEL_INPUTS; i++) {
            struct model_pin *pin = &unit->pins[i];
            if (!pin->remote_irr || pin->route.vector != vector)
                continue;
            pin->remote_irr = false;
            send_level(pin);
        }
    }
}

static struct model_pin *pin_of(void *unit, uint32_t input, const char *what)
{
    static struct model_pin nowhere;
    if (input < MODEL_INPUTS)
        return &((struct model_unit *)unit)->pins[input];
    model_violate("%s of input %u", what, input);
    return &nowhere;
}

static void record(enum model_event_kind kind, uint32_t input, const struct model_pin *pin)
{
    struct model_event event = {
        .kind = kind, .cpu = machine_cpu(), .input = input, .route = pin->route};
    model_record(&event);
    if (on_write != NULL)
        on_write(&event);
}

/* Everything but mask(): below DISPATCH, and so in no delivery. */
static void check_context(const char *what)
{
    if (machine_level() >= 2)
        model_violate("%s at level %u", what, machine_level());
}

static void route(void *unit, uint32_t input, const struct ivm_route *route)
{
    struct model_pin *pin = pin_of(unit, input, "route");
    check_context("route");
    if (!pin->masked)
        model_violate("input %u is routed while unmasked", input);
    if (!ivm_vector_is_device(route->vector))
        model_violate("input %u is routed to vector 0x%x", input, route->vector);
    pin->route = *route;
    pin->routed = true;
    record(MODEL_ROUTE, input, pin);
    model_settle();
}

static void unmask(void *unit, uint32_t input)
{
    struct model_pin *pin = pin_of(unit, input, "unmask");
    check_context("unmask");
    if (!pin->routed)
        model_violate("input %u is unmasked before it is routed", input);
    pin->masked = false;
    record(MODEL_UNMASK, input, pin);
    if (pin->pending)
        send(pin);
    send_level(pin);
    model_settle();
}

static void mask(void *unit, uint32_t input)
{
    struct model_pin *pin = pin_of(unit, input, "mask");
    pin->masked = !((struct model_unit *)unit)->has_no_masks;
    record(MODEL_MASK, input, pin);
    model_settle();
}

static void unroute(void *unit, uint32_t input)
{
    struct model_pin *pin = pin_of(unit, input, "unroute");
    check_context("unroute");
    if (!pin->masked)
        model_violate("input %u is unrouted while unmasked", input);
    record(MODEL_UNROUTE, input, pin);
    pin->route = (struct ivm_route){0};
    pin->routed = pin->remote_irr = pin->pending = false;
    model_settle();
}

static void redirect(void *unit, uint32_t input, uint32_t cpu)
{
    struct model_pin *pin = pin_of(unit, input, "redirect");
    check_context("redirect");
    if (!pin->routed)
        model_violate("input %u is redirected before it is routed", input);
    pin->route.cpu = cpu;
    record(MODEL_REDIRECT, input, pin);
    model_settle();
}

static bool can_mask(void *unit, uint32_t input)
{
    (void)input;
    return !((struct model_unit *)unit)->has_no_masks;
}

static void inspect(void *unit, uint32_t input, struct ivm_input_state *out)
{
    const struct model_pin *pin = pin_of(unit, input, "inspect");
    *out = (struct ivm_input_state){.is_masked = pin->masked,
                                    .is_pending = pin->pending,
                                    .is_foreign = !pin->routed,
                                    .route = pin->route};
}

const struct ivm_controller model_controller = {
    .name = "model",
    .route = route,
    .redirect = redirect,
    .unmask = unmask,
    .mask = mask,
    .unroute = unroute,
    .can_mask = can_mask,
    .inspect = inspect,
};
