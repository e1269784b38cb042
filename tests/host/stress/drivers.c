/* drivers.c: the devices of the stress, and what their drivers do: see drivers.h. */
#include "drivers.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <ivm/affinity.h>
#include <ivm/level.h>
#include <ivm/message.h>
#include <ivm/stats.h>
#include <machine/hot.h>

#include "calls.h"
#include "cpus.h"
#include "kernel/machine.h"
#include "kernel/source.h"
#include "report.h"

enum { ALIVE = 0x600D11FE, POISON = 0x0DEAD0DE, SECONDS_TO_CLAIM = 10 };

struct device devices[DEVICES];
struct ivm_lock shared_locks[LOCKS];

/* Written under the lock of the same index, and nothing else. */
static uint64_t guarded[LOCKS];
static struct ivm_message message_storage[MESSAGES];

static struct device *make(unsigned *index, unsigned pin, struct ivm_source_id source)
{
    struct device *device = &devices[*index];
    device->index = (*index)++;
    device->pin = &pins[pin];
    device->source = source;
    device->is_patient = device->index % 2 == 0;
    return device;
}

static struct ivm_source_id make_message(unsigned pin)
{
    struct ivm_source_id id = {.kind = IVM_MESSAGE};
    const struct ivm_input input = {&pins_controller, pins, pin};
    insist(CLAIM_STATUS, ivm_message_register(&message_storage[pin - LINES], &input,
                                              &id.number) == IVM_OK);
    return id;
}

void drivers_start(void)
{
    unsigned index = 0;
    for (unsigned gsi = 0; gsi < LINES; gsi++) {
        bool is_level = gsi < LEVEL_LINES;
        unsigned sharers = is_level ? 3 : 1 + gsi % 3;
        for (unsigned i = 0; i < sharers; i++) {
            struct ivm_source_id line = {.kind = IVM_LINE, .number = gsi};
            struct device *device = make(&index, gsi, line);
            device->trigger = is_level ? IVM_LEVEL : IVM_EDGE;
            device->sharing = sharers > 1 ? IVM_SHARED : IVM_EXCLUSIVE;
        }
    }
    for (unsigned pin = LINES; pin < LINES + MESSAGES; pin++)
        make(&index, pin, make_message(pin));
    for (unsigned pin = LINES + MESSAGES; pin < LINES + MESSAGES + BARE; pin++)
        make(&index, pin, (struct ivm_source_id){.kind = IVM_BARE});
    insist(CLAIM_AMOUNT, index == DEVICES);
}

static struct device *choose(struct chance *chance)
{
    return &devices[chance_below(chance, DEVICES)];
}

static bool take(struct device *device)
{
    return !atomic_exchange_explicit(&device->taken, true, memory_order_acquire);
}

static void release(struct device *device)
{
    atomic_store_explicit(&device->taken, false, memory_order_release);
}

/* The device. */

/* False when it may not fire now. */
static bool fire(struct device *device)
{
    pin_take(device->pin);
    bool fires = device->enabled && !(device->is_patient && device->pending != 0);
    if (fires) {
        device->pending++;
        device->fired++;
        if (device->source.kind == IVM_BARE)
            cpus_send(device->bare_cpu, device->bare_vector, IVM_EDGE);
        else
            pin_assert(device->pin, device->index);
        if (device->source.kind == IVM_MESSAGE)
            pin_deassert(device->pin, device->index);
        count_one(fired);
    }
    pin_release(device->pin);
    return fires;
}

/* What it has fired since it was asked last; its wire falls. */
static uint32_t acknowledge(struct device *device)
{
    pin_take(device->pin);
    uint32_t taken = device->pending;
    device->pending = 0;
    device->claimed += taken;
    if (device->source.kind != IVM_BARE)
        pin_deassert(device->pin, device->index);
    pin_release(device->pin);
    return taken;
}

void drivers_fire(struct chance *chance)
{
    for (unsigned tries = 0; tries < 4 && !fire(choose(chance)); tries++)
        ;
}

/* The driver. */

static void touch_guarded(struct life *life)
{
    if (life->lock == NULL)
        return;
    insist(CLAIM_LOCKS, life->lock->holder == machine_cpu() + 1);
    if (life->guarded != NULL)
        ++*life->guarded;
}

static enum ivm_verdict routine(void *context)
{
    struct life *life = context;
    insist(CLAIM_GONE, life->magic == ALIVE);
    uint32_t others = atomic_fetch_add_explicit(&life->inside, 1, memory_order_relaxed);
    insist(CLAIM_ONE_CPU, others == 0);
    insist(CLAIM_MACHINE, machine_level() >= IVM_DEVICE_FIRST);
    insist(CLAIM_MACHINE, machine_interrupts_enabled());
    life->calls++;
    touch_guarded(life);

    struct chance *chance = cpus_chance();
    if (chance_one_in(chance, 8))
        calls_queue_any(chance);
    if (chance_one_in(chance, 8))
        (void)fire(choose(chance));
    if (chance_one_in(chance, 4))
        cpus_poll();
    cpus_stagger();
    enum ivm_verdict verdict = acknowledge(life->device) != 0 ? IVM_HANDLED : IVM_NOT_MINE;

    touch_guarded(life);
    life->handled += verdict == IVM_HANDLED;
    life->returns++;
    insist(CLAIM_GONE, life->magic == ALIVE);
    atomic_fetch_sub_explicit(&life->inside, 1, memory_order_relaxed);
    return verdict;
}

static void choose_lock(struct device *device, struct life *life,
                        struct ivm_request *request, struct chance *chance)
{
    uint32_t which = chance_below(chance, 2 * LOCKS);
    if (which < LOCKS) {
        life->lock = &shared_locks[which];
        life->guarded = &guarded[which];
    } else if (which == LOCKS) {
        life->lock = &device->connection.own_lock;
    }
    request->lock = life->lock;
}

static struct ivm_request request_of(struct device *device, struct life *life,
                                     struct chance *chance)
{
    struct ivm_request request = {.routine = routine,
                                  .context = life,
                                  .source = device->source,
                                  .trigger = device->trigger,
                                  .sharing = device->sharing};
    snprintf(request.owner, sizeof request.owner, "device %u", device->index);
    if (chance_one_in(chance, 4))
        request.level = (uint8_t)(3 + chance_below(chance, 10));
    else if (chance_one_in(chance, 8))
        request.vector = (uint8_t)(0x30 + chance_below(chance, 0xA0));
    if (request.level == 0 && request.vector == 0 && chance_one_in(chance, 4))
        request.synchronize_level = (uint8_t)(3 + chance_below(chance, 10));
    choose_lock(device, life, &request, chance);
    return request;
}

static bool may_be_refused_so(enum ivm_rule rule, bool is_shared)
{
    switch (rule) {
    case IVM_RULE_TRIGGER_DIFFERS:
    case IVM_RULE_POLARITY_DIFFERS:
    case IVM_RULE_STORAGE_CONNECTED:
    case IVM_RULE_VECTOR_RESERVED:
    case IVM_RULE_NO_SUCH_SOURCE:
    case IVM_RULE_BAD_OWNER_NAME:
    case IVM_RULE_NO_ROUTINE:
    case IVM_RULE_BAD_LEVEL:
    case IVM_RULE_BAD_VALUE:
    case IVM_RULE_WRONG_CONTEXT:
    case IVM_RULE_NONE:
    case IVM_RULE_COUNT:
        return false;
    case IVM_RULE_CLASS_DIFFERS:
    case IVM_RULE_CPUS_DISJOINT:
    case IVM_RULE_LINE_ROUTED_ELSEWHERE:
        return is_shared;
    default:
        return true;
    }
}

/* From here the device may fire. */
static void enable(struct device *device)
{
    pin_take(device->pin);
    device->enabled = true;
    if (device->source.kind == IVM_BARE) {
        device->bare_cpu = device->connection.source->cpu;
        device->bare_vector = device->connection.source->vector;
    }
    pin_release(device->pin);
}

static void connect(struct device *device, struct chance *chance)
{
    struct life *life = &device->life[device->lives++ % LIVES];
    *life = (struct life){.magic = ALIVE, .device = device};
    memset(&device->connection, 0, sizeof device->connection);
    struct ivm_request request = request_of(device, life, chance);
    const struct ivm_cpu_set cpus = {.mask = 1 + chance_below(chance, (1 << CPUS) - 1)};
    if (chance_one_in(chance, 2))
        request.cpus = &cpus;
    struct ivm_refusal refusal;
    enum ivm_status status = ivm_connect(&request, &device->connection, &refusal);
    if (status == IVM_OK) {
        count_one(connects);
        enable(device);
        return;
    }
    count_one(refusals);
    insist(CLAIM_STATUS, status == ivm_rule_status(refusal.rule));
    if (!may_be_refused_so(refusal.rule, device->sharing == IVM_SHARED))
        report_failure(CLAIM_STATUS, "%s was refused: %s", request.owner,
                       ivm_rule_word(refusal.rule));
    insist(CLAIM_GONE, life->calls == 0);
    life->magic = POISON;
}

static bool has_pending(struct device *device)
{
    pin_take(device->pin);
    bool pending = device->pending != 0;
    pin_release(device->pin);
    return pending;
}

/* What it has fired must come. */
static void await_claims(struct device *device)
{
    time_t begin = time(NULL);
    while (has_pending(device)) {
        machine_relax();
        if (time(NULL) > begin + SECONDS_TO_CLAIM)
            report_failure(CLAIM_LOST, "device %u: its last firings never came",
                           device->index);
    }
}

/* Stop it. Some wait for what it has fired, the others take it back: but not on an edge that is
 * shared, where another one's assertion may lie in the shadow of this. */
static void quiet(struct device *device, struct chance *chance)
{
    pin_take(device->pin);
    device->enabled = false;
    pin_release(device->pin);
    bool is_shared_edge = device->trigger == IVM_EDGE && device->sharing == IVM_SHARED;
    if (is_shared_edge || chance_one_in(chance, 2))
        await_claims(device);
    pin_take(device->pin);
    device->withdrawn += device->pending;
    device->pending = 0;
    if (device->source.kind != IVM_BARE)
        pin_deassert(device->pin, device->index);
    pin_release(device->pin);
}

static void disconnect(struct device *device, struct chance *chance)
{
    struct ivm_connection *connection = &device->connection;
    struct life *life = connection->request.context;
    quiet(device, chance);
    insist(CLAIM_STATUS, ivm_disconnect(connection) == IVM_OK);
    insist(CLAIM_GONE, atomic_load_explicit(&life->inside, memory_order_relaxed) == 0);
    insist(CLAIM_COUNTS, life->calls == life->returns);
    insist(CLAIM_COUNTS, life->handled == ivm_stats_claimed(connection));
    insist(CLAIM_STATUS, ivm_disconnect(connection) == IVM_NOT_CONNECTED);
    count_one(disconnects);
    life->magic = POISON;
    memset(connection, 0xDB, sizeof *connection);
    memset(connection, 0, sizeof *connection);
}

void drivers_toggle(struct chance *chance)
{
    struct device *device = choose(chance);
    if (!take(device))
        return;
    if (device->connection.source == NULL)
        connect(device, chance);
    else
        disconnect(device, chance);
    release(device);
}

static uint8_t in_step(void *context)
{
    struct life *life = context;
    cpus_stagger();
    insist(CLAIM_LOCKS, atomic_load_explicit(&life->inside, memory_order_relaxed) == 0);
    touch_guarded(life);
    life->calls++;
    life->returns++;
    if (chance_one_in(cpus_chance(), 4))
        cpus_poll();
    touch_guarded(life);
    insist(CLAIM_LOCKS, atomic_load_explicit(&life->inside, memory_order_relaxed) == 0);
    return (uint8_t)life->device->index;
}

void drivers_synchronize(struct chance *chance)
{
    struct device *device = choose(chance);
    if (!take(device))
        return;
    struct ivm_connection *connection = &device->connection;
    bool is_connected = connection->source != NULL;
    uint8_t result = 0;
    enum ivm_status status =
        ivm_synchronize(connection, in_step, connection->request.context, &result);
    if (!is_connected)
        insist(CLAIM_STATUS, status == IVM_NOT_CONNECTED);
    else if (status == IVM_OK)
        insist(CLAIM_STATUS, result == (uint8_t)device->index);
    else
        insist(CLAIM_STATUS, status == IVM_UNSUPPORTED && connection->request.lock == NULL);
    if (status == IVM_OK)
        count_one(synchronized);
    else
        count_one(not_synchronized);
    insist(CLAIM_MACHINE, machine_level() == 0);
    release(device);
}

/* Sources are moved by anybody, whatever their drivers do at the moment. */
void drivers_move(struct chance *chance)
{
    struct device *device = choose(chance);
    const struct ivm_cpu_set cpus = {.mask = 1 + chance_below(chance, (1 << CPUS) - 1)};
    enum ivm_status status = ivm_set_affinity(device->source, &cpus);
    bool is_bare = device->source.kind == IVM_BARE;
    insist(CLAIM_STATUS, (status == IVM_UNSUPPORTED) == is_bare);
    if (status == IVM_OK)
        return;
    insist(CLAIM_STATUS, is_bare || status == IVM_EXHAUSTED ||
                             status == IVM_NOT_CONNECTED || status == IVM_BAD_ARGUMENT);
    count_one(moves_refused);
}

void drivers_check(void)
{
    for (unsigned i = 0; i < DEVICES; i++) {
        const struct device *device = &devices[i];
        if (device->pending != 0)
            report_failure(CLAIM_LOST, "device %u: its last %u of %llu firings never came",
                           i, device->pending, (unsigned long long)device->fired);
        insist(CLAIM_COUNTS, device->fired == device->claimed + device->withdrawn);
        insist(CLAIM_COUNTS, !device->taken);
    }
}
