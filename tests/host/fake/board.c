/* board.c: devices on the lines of world.io: see board.h. */
#include "board.h"

#include <stdio.h>
#include <string.h>

#include <ivm/bus.h>

#include "drivers/device.h"
#include "hardware.h"
#include "machine.h"
#include "system.h"
#include "world.h"

static struct ivm_device devices[BOARD_DEVICES];
static struct board_state states[BOARD_DEVICES];
static unsigned allocated;
static bool has_isa;

static void *allocate(size_t bytes)
{
    assert_true(bytes == sizeof devices[0] && allocated < BOARD_DEVICES);
    return &devices[allocated++];
}

static void let_slow_ones_interrupt(void);

void board_start(void)
{
    memset(devices, 0, sizeof devices);
    memset(states, 0, sizeof states);
    allocated = 0;
    has_isa = true;
    board_forget();
    fake_cpu.on_wait = let_slow_ones_interrupt;
    devices_start(allocate);
    board_messages_start();
    board_bus_start();
}

void board_forget(void)
{
    fake_system_reset();
    fake_system.step_ns = 100000; /* who waits in vain here waits for seconds */
}

void board_without_isa(void)
{
    has_isa = false;
}

bool ivm_isa_line(uint8_t irq, struct ivm_line_info *out)
{
    if (!has_isa || irq >= BOARD_ISA_LINES)
        return false;
    *out = (struct ivm_line_info){.gsi = irq,
                                  .trigger = IVM_EDGE,
                                  .polarity = IVM_ACTIVE_HIGH,
                                  .known_from = "ISA default"};
    return true;
}

struct board_state *board_state(const struct ivm_device *device)
{
    return device->state;
}

static void drop(struct board_state *state)
{
    state->pending = 0;
    model_deassert(&world.io, state->gsi, state->wire);
}

static enum ivm_verdict routine(void *context)
{
    struct board_state *state = board_state(context);
    if (state->pending == 0)
        return state->takes_others ? IVM_HANDLED : IVM_NOT_MINE;
    if (state->pending == 1)
        drop(state);
    else
        state->pending--;
    return IVM_HANDLED;
}

static void interrupt(struct board_state *state)
{
    state->pending += state->repeats ? 2 : 1;
    model_assert(&world.io, state->gsi, state->wire);
}

/* Time passes for whoever waits: the slow devices come to it. */
static void let_slow_ones_interrupt(void)
{
    for (unsigned i = 0; i < BOARD_DEVICES; i++) {
        unsigned owed = states[i].owed;
        states[i].owed = 0;
        for (; owed > 0; owed--)
            interrupt(&states[i]);
    }
}

static void fire(struct ivm_device *device)
{
    struct board_state *state = board_state(device);
    state->fired++;
    if (state->is_deaf)
        return;
    if (state->is_slow)
        state->owed++;
    else
        interrupt(state);
}

static void quiet(struct ivm_device *device)
{
    drop(board_state(device));
}

static enum ivm_verdict message_routine(void *context)
{
    const struct ivm_device_message *message = context;
    unsigned *sent = &board_state(message->device)->sent[message->index];
    if (*sent == 0)
        return IVM_NOT_MINE;
    --*sent;
    return IVM_HANDLED;
}

static void fire_message(struct ivm_device *device, uint32_t index)
{
    struct board_state *state = board_state(device);
    state->fired++;
    if (state->is_deaf)
        return;
    for (unsigned times = state->repeats ? 2 : 1; times > 0; times--)
        board_send(device, index);
}

static enum ivm_status use(struct ivm_device *device, enum ivm_means means)
{
    struct board_state *state = board_state(device);
    if (means == IVM_BY_MESSAGES && state->refuses_messages)
        return IVM_UNSUPPORTED;
    state->means = means;
    return IVM_OK;
}

static const struct ivm_driver drivers[BOARD_MODELS] = {
    [BOARD_EDU] = {.name = "edu", .routine = routine, .fire = fire, .quiet = quiet},
    [BOARD_CARD] = {.name = "card", .routine = routine, .fire = fire, .quiet = quiet},
    [BOARD_PORT] = {.name = "port", .routine = routine, .fire = fire, .quiet = quiet},
    [BOARD_MUTE] = {.name = "mute", .routine = routine, .quiet = quiet},
    [BOARD_SWITCH] = {.name = "switch",
                      .routine = routine,
                      .message_count = 4,
                      .message_routine = message_routine,
                      .fire_message = fire_message,
                      .use = use},
    [BOARD_NIC] = {.name = "nic",
                   .routine = routine,
                   .fire = fire,
                   .quiet = quiet,
                   .message_count = 5,
                   .message_routine = message_routine,
                   .fire_message = fire_message,
                   .use = use},
    [BOARD_SINGLE] = {.name = "single",
                      .routine = routine,
                      .fire = fire,
                      .quiet = quiet,
                      .message_count = 1,
                      .message_routine = message_routine,
                      .fire_message = fire_message},
};

static struct ivm_device *add(const char *name, uint32_t gsi)
{
    struct ivm_device *device = device_candidate();
    assert_non_null(device);
    snprintf(device->name, sizeof device->name, "%s", name);
    struct board_state *state = &states[device - devices];
    *state = (struct board_state){.gsi = gsi, .wire = (unsigned)(device - devices)};
    device->bus = IVM_BUS_PCI;
    device->pci = (struct ivm_pci){.slot = (uint8_t)(device - devices), .pin = 1};
    device->has_line = true;
    device->line = (struct ivm_line_info){.gsi = gsi,
                                          .trigger = IVM_LEVEL,
                                          .polarity = IVM_ACTIVE_LOW,
                                          .known_from = "board"};
    device->state = state;
    device_keep(device);
    return device;
}

struct ivm_device *board_add(enum board_model model, const char *name, uint32_t gsi)
{
    struct ivm_device *device = add(name, gsi);
    device->driver = &drivers[model];
    if (model == BOARD_PORT) {
        device->bus = IVM_BUS_ISA;
        device->line.trigger = IVM_EDGE;
        device->line.polarity = IVM_ACTIVE_HIGH;
    }
    device->has_line = model != BOARD_SWITCH;
    board_state(device)->offered = drivers[model].message_count;
    board_state(device)->free = BOARD_MESSAGES;
    return device;
}

struct ivm_device *board_add_undriven(const char *name, uint32_t gsi)
{
    return add(name, gsi);
}
