/* measure.c: which line a device raises, found out by firing it.
 *
 * Every line that nobody is connected to gets a listener. What is asserted already, or fires unasked,
 * shows itself before anybody is fired; it is masked and left out. Then the device is fired, and the
 * listener that is called asks the device's own routine: what it claims, and so quiets, came from it.
 *
 * A device can raise two lines, where its pin is led to an I/O APIC and to the 8259 pair's inputs: the
 * listener that is called first quiets it. And a line that fires unasked so seldom that it was not left
 * out may come just then, and claim what another line told. So where not only the line that routing knows was
 * called, the device is fired again, with one line listening alone: first with that one, then with each that
 * was called. The first that answers counts.
 *
 * The listeners are placed on the CPU that measures, so that a line that is asserted when its listener
 * is connected has been heard, and masked by the manager, when the connect returns or soon after.
 */
#include "measure.h"

#include <stdatomic.h>

#include <ivm/bus.h>
#include <ivm/cpu.h>
#include <ivm/stats.h>
#include <ivm/system.h>

#include "device.h"
#include "measure_line.h"
#include "pci_route.h"

enum {
    LISTENER_LIMIT =
        128, /* where there are more lines, the device is fired once for so many */
    LISTENER_LEAST = 32, /* with fewer vectors than that, measuring would take too long */
    CALLED_LIMIT = 4,
};

/* What has not come by then fires too seldom to be told from the device that is fired. */
#define UNASKED_NS UINT64_C(1000000)
/* The slowest, the RTC, ends its period within 125 ms. */
#define ANSWER_NS UINT64_C(250000000)
/* Longer than it took the first time nothing is waited for the second time, and as long before: what
 * fires unasked that often is no answer. */
#define SLACK_NS UINT64_C(10000000)

struct listener {
    struct ivm_connection connection;
    uint32_t gsi;
    _Atomic uint32_t
        unasked; /* calls before the device was fired, or that were not its own */
    _Atomic uint32_t answers; /* calls that the device's routine claimed */
};

/* One measurement at a time, under devices_lock(). `fired` is set as the device is about to be fired, and
 * read by the listeners. */
static struct {
    struct ivm_device *device;
    atomic_bool fired;
    _Atomic uint32_t answers; /* of all listeners */
    struct listener listeners[LISTENER_LIMIT];
    size_t count;
    uint32_t called[CALLED_LIMIT]; /* lines, when it was fired first */
    size_t called_count;
} bench;

static enum ivm_verdict listen(void *context)
{
    struct listener *listener = context;
    /* Acquire: pairs with the release in fire(). */
    bool fired = atomic_load_explicit(&bench.fired, memory_order_acquire);
    if (!fired || bench.device->driver->routine(bench.device) == IVM_NOT_MINE) {
        atomic_fetch_add_explicit(&listener->unasked, 1, memory_order_relaxed);
        return IVM_NOT_MINE;
    }
    atomic_fetch_add_explicit(&listener->answers, 1, memory_order_relaxed);
    /* Release: pairs with the acquire in has_answered(). */
    atomic_fetch_add_explicit(&bench.answers, 1, memory_order_release);
    return IVM_HANDLED;
}

static bool is_connected(uint32_t gsi)
{
    uint32_t cpu;
    uint8_t vector;
    return ivm_stats_place((struct ivm_source_id){.kind = IVM_LINE, .number = gsi}, &cpu,
                           &vector);
}

static enum ivm_status add_listener(uint32_t gsi)
{
    struct listener *listener = &bench.listeners[bench.count];
    *listener = (struct listener){.gsi = gsi};
    uint32_t cpu = ivm_cpu_now();
    const struct ivm_cpu_set here = {.mask = UINT64_C(1) << cpu % 64,
                                     .group = (uint16_t)(cpu / 64)};
    struct ivm_line_info line = measure_line(bench.device, gsi);
    const struct ivm_request request = {
        .owner = "measuring",
        .routine = listen,
        .context = listener,
        .cpus = &here,
        .source = {.kind = IVM_LINE, .number = gsi},
        .trigger = line.trigger,
        .polarity = line.polarity,
    };
    enum ivm_status status = ivm_connect(&request, &listener->connection, NULL);
    if (status == IVM_OK)
        bench.count++;
    return status;
}

/* Listen on the lines from `gsi` on; returns the first one that there was no listener left for. Of the
 * refusals only that one matters: a line that cannot be had otherwise is left out. */
static uint32_t add_listeners(uint32_t gsi, uint32_t end)
{
    for (; gsi < end && bench.count < LISTENER_LIMIT; gsi++)
        if (!is_connected(gsi) && add_listener(gsi) == IVM_EXHAUSTED)
            break;
    return gsi;
}

/* It was connected by this file, from the right context: it can be disconnected. */
static void remove_listener(size_t index)
{
    if (ivm_disconnect(&bench.listeners[index].connection) != IVM_OK)
        ivm_log("measuring: the listener on line %u stays", bench.listeners[index].gsi);
}

static void remove_listeners(void)
{
    for (size_t i = 0; i < bench.count; i++)
        if (bench.listeners[i].connection.source != NULL)
            remove_listener(i);
}

static uint32_t unasked_of(const struct listener *listener)
{
    return atomic_load_explicit(&listener->unasked, memory_order_relaxed);
}

static bool was_called(void *context)
{
    (void)context;
    return unasked_of(&bench.listeners[0]) != 0;
}

static bool never(void *context)
{
    (void)context;
    return false;
}

/* Nothing tells that a line will not fire: a moment is listened for it. */
static void leave_restless_out(struct ivm_measurement *out)
{
    (void)ivm_wait_until(never, NULL, UNASKED_NS);
    out->listening += (uint32_t)bench.count;
    for (size_t i = 0; i < bench.count; i++) {
        const struct listener *listener = &bench.listeners[i];
        uint32_t times = unasked_of(listener);
        if (times == 0)
            continue;
        remove_listener(i); /* which masks it */
        out->listening--;
        if (out->restless++ == 0)
            out->first_restless = listener->gsi;
        measure_log_restless(bench.device, listener->gsi, times);
    }
}

static bool has_answered(void *context)
{
    (void)context;
    return atomic_load_explicit(&bench.answers, memory_order_acquire) != 0;
}

static void begin(void)
{
    atomic_store_explicit(&bench.fired, false, memory_order_relaxed);
    atomic_store_explicit(&bench.answers, 0, memory_order_relaxed);
    bench.count = 0;
}

/* Returns how long it took. */
static uint64_t fire_and_wait(uint64_t limit_ns)
{
    struct ivm_device *device = bench.device;
    uint64_t start = ivm_clock_ns();
    atomic_store_explicit(&bench.fired, true, memory_order_release);
    device->driver->fire(device);
    (void)ivm_wait_until(has_answered, NULL, limit_ns);
    uint64_t took = ivm_clock_ns() - start;
    /* Before the listeners go: unheard, it may still assert a line, or be about to. */
    if (device->driver->quiet != NULL)
        device->driver->quiet(device);
    return took;
}

/* All that were silent before, and were called now; one of the calls was claimed, or none. */
static void hear(struct ivm_measurement *out)
{
    bench.called_count = 0;
    for (size_t i = 0; i < bench.count; i++) {
        const struct listener *listener = &bench.listeners[i];
        bool claimed = atomic_load_explicit(&listener->answers, memory_order_relaxed) != 0;
        if (listener->connection.source == NULL || (!claimed && unasked_of(listener) == 0))
            continue;
        if (claimed && !out->heard)
            out->gsi = listener->gsi;
        out->heard |= claimed;
        if (bench.called_count < CALLED_LIMIT)
            bench.called[bench.called_count++] = listener->gsi;
    }
}

/* Whether a line answers when nobody else can, about as quickly. */
static bool answers_alone(uint32_t gsi, uint64_t took)
{
    uint64_t limit_ns = 2 * took + SLACK_NS;
    begin();
    if (is_connected(gsi) || add_listener(gsi) != IVM_OK)
        return false;
    (void)ivm_wait_until(was_called, NULL, limit_ns);
    uint32_t times = unasked_of(&bench.listeners[0]);
    if (times != 0)
        measure_log_restless(bench.device, gsi, times);
    else
        (void)fire_and_wait(limit_ns);
    remove_listeners();
    return times == 0 && has_answered(NULL);
}

/* Of several lines that were called, or of one that routing does not know: which it is. Where none answers
 * alone it stays the one whose call was claimed. */
static void settle(struct ivm_measurement *out, uint64_t took)
{
    bool is_sure =
        bench.called_count == 1 && (!out->was_known || out->gsi == out->known_gsi);
    if (!out->heard || is_sure)
        return;
    if (out->was_known && answers_alone(out->known_gsi, took)) {
        out->gsi = out->known_gsi;
        return;
    }
    for (size_t i = 0; i < bench.called_count; i++) {
        bool was_asked = out->was_known && bench.called[i] == out->known_gsi;
        if (was_asked || !answers_alone(bench.called[i], took))
            continue;
        out->gsi = bench.called[i];
        return;
    }
}

static void name_others(const struct ivm_measurement *out)
{
    for (size_t i = 0; i < bench.called_count; i++)
        if (!out->heard || bench.called[i] != out->gsi)
            ivm_log("%s: line %u was called when it was fired, too", bench.device->name,
                    bench.called[i]);
}

static enum ivm_status check(const struct ivm_device *device)
{
    if (device == NULL || device->is_gone || device->driver == NULL ||
        device->driver->fire == NULL || device->driver->routine == NULL)
        return IVM_NO_SUCH_DEVICE;
    if (device_is_connected(device) || (device->has_line && is_connected(device->line.gsi)))
        return IVM_STILL_CONNECTED;
    return IVM_OK;
}

/* Listen on as many lines as there are listeners for, and fire. Stored in `next`: the first line that
 * was not listened on. */
static enum ivm_status measure_some(uint32_t *next, uint32_t end,
                                    struct ivm_measurement *out)
{
    begin();
    *next = add_listeners(*next, end);
    if (*next < end && bench.count < LISTENER_LEAST) {
        remove_listeners();
        return IVM_EXHAUSTED;
    }
    leave_restless_out(out);
    uint64_t took = fire_and_wait(ANSWER_NS);
    hear(out);
    remove_listeners();
    settle(out, took);
    name_others(out);
    out->agrees = out->heard && out->was_known && out->gsi == out->known_gsi;
    return IVM_OK;
}

static enum ivm_status measure(struct ivm_device *device, struct ivm_measurement *out)
{
    struct ivm_totals totals;
    ivm_stats_totals(&totals);
    bench.device = device;
    struct ivm_measurement measured = {
        .was_known = device->has_line,
        .known_gsi = device->has_line ? device->line.gsi : 0,
        .known_from = device->has_line ? device->line.known_from : NULL,
    };
    for (uint32_t next = 0; !measured.heard && next < totals.line_end;) {
        enum ivm_status status = measure_some(&next, totals.line_end, &measured);
        if (status != IVM_OK)
            return status;
    }
    measure_log(device, &measured);
    *out = measured;
    return IVM_OK;
}

/* Under the lock of whoever takes drivers from devices, or finds out that they are gone. */
enum ivm_status ivm_device_measure(struct ivm_device *device, struct ivm_measurement *out)
{
    enum ivm_status status = devices_lock();
    if (status != IVM_OK)
        return status;
    status = check(device);
    if (status == IVM_OK)
        status = measure(device, out);
    devices_unlock();
    return status;
}

static enum ivm_status use(struct ivm_device *device, uint32_t gsi)
{
    if (device->is_gone)
        return IVM_DEVICE_GONE;
    if (device_is_connected(device))
        return IVM_STILL_CONNECTED;
    device->line = measure_heard_line(device, gsi);
    device->has_line = true;
    return IVM_OK;
}

enum ivm_status ivm_device_use_measured(struct ivm_device *device,
                                        const struct ivm_measurement *measured)
{
    if (!measured->heard)
        return IVM_NOT_FOUND;
    enum ivm_status status = devices_lock();
    if (status != IVM_OK)
        return status;
    status = use(device, measured->gsi);
    devices_unlock();
    return status;
}

void devices_measure(void)
{
    for (size_t i = 0; i < ivm_device_count(); i++) {
        struct ivm_device *device = ivm_device_at(i);
        struct ivm_measurement measured;
        if (!device->has_line || !pci_route_is_unproven(&device->line) ||
            ivm_device_measure(device, &measured) != IVM_OK)
            continue;
        if (ivm_device_use_measured(device, &measured) != IVM_OK)
            ivm_log("%s: its line stays unproven", device->name);
    }
}
