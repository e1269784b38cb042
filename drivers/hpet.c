/* hpet.c: three timers of the HPET: "hpet0" raises its line as an edge, "hpet1" as a level, and
 * "hpet2" sends a message, where the block can.
 *
 * A fire sets a comparator a little ahead of the main counter, once. A level is acknowledged by its
 * status bit; an edge or a message by nothing. The message is no PCI function's: its controller is
 * hpet_message.c, and what names it in a request is the device's `own_message`.
 */
#include "hpet.h"

#include <stddef.h>

#include <ivm/driver.h>
#include <ivm/system.h>

#include "hpet_block.h"
#include "hpet_message.h"
#include "hpet_timer.h"

enum { FIRST_GSI_OF_PCI = 16 };

enum { EDGE_ROW = 0, LEVEL_ROW, MESSAGE_ROW, ROW_COUNT };
static const struct ivm_match matches[ROW_COUNT] = {
    [EDGE_ROW] = {.bus = IVM_BUS_ACPI, .name = "HPET"},
    [LEVEL_ROW] = {.bus = IVM_BUS_ACPI, .name = "HPET"},
    [MESSAGE_ROW] = {.bus = IVM_BUS_ACPI, .name = "HPET"},
};

static void quiet(struct ivm_device *device)
{
    hpet_timer_disarm(device->state);
}

static enum ivm_status probe_line(struct ivm_device *device)
{
    struct hpet_timer *timer = device->state;
    bool level = device->match == &matches[LEVEL_ROW];
    uint32_t number;
    if (!hpet_take_for_line(&number, &device->line.gsi)) {
        ivm_log("%s: no timer is left with a line to be routed to", device->name);
        return IVM_UNSUPPORTED;
    }
    device->has_line = true;
    device->line.known_from = "HPET route mask";
    device->line.trigger = level ? IVM_LEVEL : IVM_EDGE;
    /* A level goes where PCI's lines do, and they are active low. */
    device->line.polarity =
        level && device->line.gsi >= FIRST_GSI_OF_PCI ? IVM_ACTIVE_LOW : IVM_ACTIVE_HIGH;
    hpet_timer_set_up(timer, number, &device->line);
    ivm_log("%s: timer %u of the HPET, %s, %u bits", device->name, number,
            level ? "level" : "edge", timer->wide ? 64U : 32U);
    return IVM_OK;
}

static enum ivm_status probe_message(struct ivm_device *device)
{
    struct hpet_timer *timer = device->state;
    uint32_t number;
    if (!hpet_take_for_message(&number)) {
        ivm_log("%s: no timer is left that can send messages", device->name);
        return IVM_UNSUPPORTED;
    }
    hpet_timer_set_up(timer, number, NULL);
    enum ivm_status status = hpet_message_register(timer, &device->own_message);
    if (status != IVM_OK) {
        hpet_give_back(number);
        ivm_log("%s: its message cannot be registered: %s", device->name,
                ivm_status_forms(status)->text);
        return IVM_UNSUPPORTED;
    }
    ivm_log("%s: timer %u of the HPET, by message, %u bits", device->name, number,
            timer->wide ? 64U : 32U);
    return IVM_OK;
}

static enum ivm_status probe(struct ivm_device *device)
{
    enum ivm_status status = hpet_find(device);
    if (status != IVM_OK)
        return status;
    return device->match == &matches[MESSAGE_ROW] ? probe_message(device)
                                                  : probe_line(device);
}

static enum ivm_verdict routine(void *context)
{
    const struct ivm_device *device = context;
    return hpet_timer_answer(device->state) ? IVM_HANDLED : IVM_NOT_MINE;
}

static void fire(struct ivm_device *device)
{
    hpet_timer_arm(device->state);
}

static void stop(struct ivm_device *device)
{
    struct hpet_timer *timer = device->state;
    hpet_timer_disarm(timer);
    if (device->own_message != 0)
        hpet_message_unregister(device->own_message);
    device->own_message = 0;
    hpet_give_back(timer->number);
}

IVM_DRIVER(hpet)
= {
    .name = "hpet",
    .matches = matches,
    .match_count = ROW_COUNT,
    .state_size = sizeof(struct hpet_timer),
    .probe = probe,
    .routine = routine,
    .fire = fire,
    .quiet = quiet,
    .stop = stop,
};
