/* test_smp.c: the manager on several CPUs: moves under fire, the disconnect as a barrier, locks,
 * deferred calls.
 */
#include <stdatomic.h>
#include <stddef.h>

#include <hw/cpu.h>
#include <ivm/affinity.h>
#include <ivm/bus.h>
#include <ivm/cpu.h>
#include <ivm/deferred.h>
#include <ivm/level.h>
#include <ivm/lock.h>
#include <ivm/stats.h>
#include <ivm/system.h>

#include "drivers/testdev.h"
#include "fire.h"
#include "kernel/machine.h"
#include "probe.h"
#include "suite.h"

enum { MOVING_FIRINGS = 100000, EDGE_IRQ = 7, ONE_SECOND = 1000000000 };

static bool is_alone(void)
{
    if (ivm_cpu_count() > 1)
        return false;
    suite_skip("only one CPU");
    return true;
}

static struct ivm_device *edu(void)
{
    struct ivm_device *device = ivm_device_find("edu0");
    if (device == NULL)
        suite_skip("no edu device");
    return device;
}

/* Fires a level-triggered line while another CPU moves it: each firing is claimed exactly once. */
GUEST_TEST(smp, a_level_line_that_moves_under_fire_loses_and_doubles_nothing)
{
    struct ivm_device *device = edu();
    if (device == NULL || is_alone())
        return;
    REQUIRE(ivm_device_connect(device, IVM_SHARED, NULL) == IVM_OK);
    struct mover mover = {.source = {IVM_LINE, device->line.gsi}};
    REQUIRE(mover_start(&mover));

    uint64_t fired = 0;
    bool all_came = true;
    while (all_came && fired < MOVING_FIRINGS) {
        device->driver->fire(device);
        all_came = await_claims(&device->connection, ++fired);
    }
    CHECK(mover_stop(&mover));

    CHECK_EQUAL(ivm_stats_claimed(&device->connection), MOVING_FIRINGS);
    CHECK_EQUAL(mover.failures, 0);
    CHECK(mover.moves >= 1000);
    CHECK_EQUAL(ivm_device_disconnect(device), IVM_OK);
}

/* The same with an edge source: a line of the test device, raised and lowered. */
GUEST_TEST(smp, an_edge_line_that_moves_under_fire_loses_and_doubles_nothing)
{
    struct ivm_line_info line;
    if (is_alone())
        return;
    if (!testdev_present()) {
        suite_skip("no pc-testdev");
        return;
    }
    REQUIRE(ivm_isa_line(EDGE_IRQ, &line) && line.trigger == IVM_EDGE);
    struct probe probe = probe_line(&line, IVM_EXCLUSIVE);
    REQUIRE(probe_connect(&probe));
    struct mover mover = {.source = {IVM_LINE, line.gsi}};
    REQUIRE(mover_start(&mover));

    uint32_t fired = 0;
    bool all_came = true;
    while (all_came && fired < MOVING_FIRINGS) {
        testdev_raise(line.gsi);
        all_came = probe_wait(&probe, ++fired);
        testdev_lower(line.gsi);
    }
    CHECK(mover_stop(&mover));

    CHECK_EQUAL(probe.runs, MOVING_FIRINGS);
    CHECK(mover.moves >= 1000);
    CHECK(probe_disconnect(&probe));
}

/* A routine that dwells on its CPU until it is let go. */
struct dweller {
    struct ivm_connection connection;
    _Atomic bool entered, go, left;
};

static enum ivm_verdict dwell(void *context)
{
    struct dweller *dweller = context;
    dweller->entered = true;
    while (!dweller->go)
        cpu_pause();
    dweller->left = true;
    return IVM_HANDLED;
}

static bool has_entered(void *context)
{
    return ((struct dweller *)context)->entered;
}

static bool is_unlinked(void *context)
{
    const struct ivm_connection *connection = &((struct dweller *)context)->connection;
    struct ivm_history latest;
    return ivm_stats_history(&latest, 1) == 1 && !latest.connected &&
           latest.connect_number == connection->number;
}

/* On a third CPU: the disconnect has unlinked the routine and waits; only now may it end. */
static void let_go(void *context)
{
    struct dweller *dweller = context;
    (void)ivm_wait_until(is_unlinked, dweller, ONE_SECOND);
    dweller->go = true;
}

GUEST_TEST(smp, a_disconnect_waits_for_the_routine_on_another_cpu)
{
    if (ivm_cpu_count() < 3) {
        suite_skip("fewer than three CPUs");
        return;
    }
    struct dweller dweller = {.entered = false};
    struct ivm_cpu_set there = probe_cpu(1);
    struct ivm_request request = {.owner = "dweller",
                                  .routine = dwell,
                                  .context = &dweller,
                                  .cpus = &there,
                                  .source = {.kind = IVM_BARE, .number = 0x77}};
    REQUIRE(ivm_connect(&request, &dweller.connection, NULL) == IVM_OK);
    struct ivm_work work = {.function = let_go, .context = &dweller};

    machine_interrupt_cpu(1, 0x77);
    CHECK(ivm_wait_until(has_entered, &dweller, ONE_SECOND));
    CHECK(ivm_cpu_post(2, &work) == IVM_OK);
    CHECK_EQUAL(ivm_disconnect(&dweller.connection), IVM_OK);

    CHECK(dweller.left);
    CHECK(await_work(&work));
}

struct counter {
    struct ivm_connection connection;
    uint32_t value; /* plain: the lock keeps it whole */
};

static enum ivm_verdict add_one(void *context)
{
    struct counter *counter = context;
    counter->value++;
    return IVM_HANDLED;
}

static uint8_t add_one_too(void *context)
{
    struct counter *counter = context;
    counter->value++;
    return 2;
}

struct adder {
    struct counter *counter;
    uint32_t times;
    uint32_t wrong;
};

static void add_many(void *context)
{
    struct adder *adder = context;
    for (uint32_t i = 0; i < adder->times; i++) {
        uint8_t result = 0;
        enum ivm_status status = ivm_synchronize(&adder->counter->connection, add_one_too,
                                                 adder->counter, &result);
        adder->wrong += status != IVM_OK || result != 2;
    }
}

GUEST_TEST(smp, a_lock_keeps_a_plain_counter_whole_across_cpus)
{
    if (is_alone())
        return;
    enum { TIMES = 20000 };
    struct counter counter = {.value = 0};
    struct ivm_cpu_set here = probe_cpu(0);
    struct ivm_request request = {.owner = "counter",
                                  .routine = add_one,
                                  .context = &counter,
                                  .cpus = &here,
                                  .source = {.kind = IVM_BARE, .number = 0x67},
                                  .lock = &counter.connection.own_lock};
    REQUIRE(ivm_connect(&request, &counter.connection, NULL) == IVM_OK);
    struct adder adder = {.counter = &counter, .times = TIMES};
    struct ivm_work work = {.function = add_many, .context = &adder};
    CHECK(ivm_cpu_post(1, &work) == IVM_OK);

    for (uint32_t i = 1; i <= TIMES; i++) {
        probe_send(0x67);
        REQUIRE(await_claims(&counter.connection, i));
    }

    CHECK(await_work(&work));
    CHECK_EQUAL(adder.wrong, 0);
    CHECK_EQUAL(counter.value, 2 * TIMES);
    CHECK_EQUAL(ivm_disconnect(&counter.connection), IVM_OK);
}

struct note {
    struct ivm_deferred call;
    _Atomic uint32_t runs;
    uint32_t again; /* queue itself so often from inside */
    uint32_t cpu;
    uint8_t level;
};

static void take_note(void *context)
{
    struct note *note = context;
    note->level = ivm_level_now();
    note->cpu = ivm_cpu_now();
    if (note->runs < note->again)
        (void)ivm_deferred_queue(&note->call);
    note->runs++;
}

GUEST_TEST(smp, a_deferred_call_waits_until_the_level_falls_and_runs_once)
{
    struct note note = {.call = {.function = take_note, .context = &note}};

    uint8_t found = ivm_level_raise(IVM_DISPATCH);
    CHECK(ivm_deferred_queue(&note.call));
    CHECK(!ivm_deferred_queue(&note.call));
    CHECK_EQUAL(note.runs, 0);
    ivm_level_lower(found);

    ivm_deferred_flush();
    CHECK_EQUAL(note.runs, 1);
    CHECK_EQUAL(note.level, IVM_DISPATCH);
    CHECK(!ivm_deferred_remove(&note.call));
}

GUEST_TEST(smp, a_deferred_call_may_queue_itself_again_and_can_be_removed)
{
    struct note note = {.call = {.function = take_note, .context = &note}, .again = 5};
    CHECK(ivm_deferred_queue(&note.call));
    ivm_deferred_flush();
    CHECK_EQUAL(note.runs, 6);

    uint8_t found = ivm_level_raise(IVM_DISPATCH);
    CHECK(ivm_deferred_queue(&note.call));
    CHECK(ivm_deferred_remove(&note.call));
    ivm_level_lower(found);
    ivm_deferred_flush();
    CHECK_EQUAL(note.runs, 6);
}

GUEST_TEST(smp, a_deferred_call_runs_on_the_cpu_it_names)
{
    for (uint32_t cpu = 0; cpu < ivm_cpu_count(); cpu++) {
        struct note note = {
            .call = {.function = take_note, .context = &note, .cpu_plus_one = cpu + 1}};
        CHECK(ivm_deferred_queue(&note.call));
        ivm_deferred_flush();
        CHECK_EQUAL(note.runs, 1);
        CHECK_EQUAL(note.cpu, cpu);
    }
    struct note nowhere = {.call = {.function = take_note,
                                    .context = &nowhere,
                                    .cpu_plus_one = ivm_cpu_count() + 1}};
    CHECK(!ivm_deferred_queue(&nowhere.call));
}

GUEST_TEST(smp, a_drained_cpu_serves_nothing_and_takes_nothing_until_it_is_reopened)
{
    struct ivm_device *device = edu();
    if (device == NULL || is_alone())
        return;
    struct ivm_drain report;
    uint32_t cpu;
    uint8_t vector;
    REQUIRE(ivm_device_connect(device, IVM_SHARED, NULL) == IVM_OK);
    struct ivm_source_id line = {IVM_LINE, device->line.gsi};
    struct ivm_cpu_set last = probe_cpu(ivm_cpu_count() - 1);
    CHECK_EQUAL(ivm_set_affinity(line, &last), IVM_OK);

    CHECK_EQUAL(ivm_cpu_drain(ivm_cpu_count() - 1, &report), IVM_OK);

    CHECK_EQUAL(report.moved, 1);
    CHECK(ivm_stats_place(line, &cpu, &vector) && cpu != ivm_cpu_count() - 1);
    CHECK_EQUAL(ivm_set_affinity(line, &last), IVM_BAD_ARGUMENT);
    device->driver->fire(device);
    CHECK(await_claims(&device->connection, 1));
    CHECK_EQUAL(ivm_cpu_reopen(ivm_cpu_count() - 1), IVM_OK);
    CHECK_EQUAL(ivm_set_affinity(line, &last), IVM_OK);
    CHECK_EQUAL(ivm_device_disconnect(device), IVM_OK);
}

GUEST_TEST(smp, a_drain_is_refused_with_what_cannot_move)
{
    if (is_alone())
        return;
    struct ivm_drain report;
    struct ivm_cpu_set one = probe_cpu(1);
    struct probe stuck = probe_bare(0x88, 0);
    stuck.request.cpus = &one;
    REQUIRE(probe_connect(&stuck));

    CHECK_EQUAL(ivm_cpu_drain(1, &report), IVM_STILL_CONNECTED);

    CHECK_EQUAL(report.stuck, 1);
    CHECK_EQUAL(report.first_stuck[0].kind, IVM_BARE);
    CHECK_EQUAL(report.first_stuck[0].number, 0x88);
    CHECK(probe_disconnect(&stuck));
}
