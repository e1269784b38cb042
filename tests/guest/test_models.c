/* test_models.c: three models of device, each with a driver of its own, on one level-triggered
 * line: who is asked, in what order, who claims, who is refused.
 *
 * Counts are exact under QEMU's own emulation; elsewhere a line may be delivered once more than it
 * was raised, and nobody then claims it: claims are exact everywhere.
 */
#include <stddef.h>

#include <ivm/bus.h>
#include <ivm/stats.h>
#include <ivm/system.h>

#include <hw/cpu.h>

#include "fire.h"
#include "kernel/monitor/text.h"
#include "probe.h"
#include "suite.h"

enum { MODELS = 3, ROUNDS = 300 };

static const char *const names[MODELS] = {"edu0", "pciser0", "e1000e0"};

/* The three, if they are on one line, silent. */
static bool have(struct ivm_device *devices[MODELS])
{
    for (size_t i = 0; i < MODELS; i++) {
        devices[i] = ivm_device_find(names[i]);
        if (devices[i] == NULL || devices[i]->driver == NULL || !devices[i]->has_line) {
            suite_skip(names[i]);
            return false;
        }
        devices[i]->driver->quiet(devices[i]);
    }
    bool one_line = devices[0]->line.gsi == devices[1]->line.gsi &&
                    devices[0]->line.gsi == devices[2]->line.gsi;
    return suite_check(one_line, "the three models are on one line", __FILE__, __LINE__);
}

static void fire(struct ivm_device *device)
{
    device->driver->fire(device);
}

/* Connect the three in this order, each with a mark of its own. */
static bool connect_all(struct probe *probes, struct ivm_device **devices)
{
    for (size_t i = 0; i < MODELS; i++) {
        probes[i] = probe_device(devices[i], IVM_SHARED);
        probes[i].mark = "esn"[i];
        if (!probe_connect(&probes[i]))
            return false;
    }
    trace_clear();
    return true;
}

static void disconnect_all(struct probe *probes, struct ivm_device **devices)
{
    for (size_t i = 0; i < MODELS; i++) {
        devices[i]->driver->quiet(devices[i]);
        CHECK(probe_disconnect(&probes[i]));
    }
}

/* The chain is asked in connect order and left at the first that takes it. */
GUEST_TEST(models, each_model_fired_alone_is_found_behind_those_connected_before_it)
{
    static const char *const expected[MODELS] = {"eE", "eEsS", "eEsSnN"};
    struct ivm_device *devices[MODELS];
    struct probe probes[MODELS];
    if (!have(devices))
        return;
    REQUIRE(connect_all(probes, devices));

    for (size_t i = 0; i < MODELS; i++) {
        trace_clear();
        fire(devices[i]);
        CHECK(await_claims(&probes[i].connection, 1));
        CHECK(probe_fence());
        CHECK(trace_is(expected[i]));
    }

    for (size_t i = 0; i < MODELS; i++)
        CHECK_EQUAL(ivm_stats_claimed(&probes[i].connection), 1);
    disconnect_all(probes, devices);
}

/* One assertion for all three: the line stays up until the last has been quieted. */
GUEST_TEST(models, fired_all_at_once_each_claims_its_own_in_turn)
{
    struct ivm_device *devices[MODELS];
    struct probe probes[MODELS];
    if (!have(devices))
        return;
    REQUIRE(connect_all(probes, devices));

    cpu_cli();
    for (size_t i = MODELS; i-- > 0;)
        fire(devices[i]);
    cpu_sti();

    for (size_t i = 0; i < MODELS; i++)
        CHECK(await_claims(&probes[i].connection, 1));
    CHECK(probe_fence());
    CHECK(trace_is("eEeEsSeEsSnN"));
    disconnect_all(probes, devices);
}

GUEST_TEST(models, hundreds_of_times_together_each_model_is_counted_exactly)
{
    struct ivm_device *devices[MODELS];
    struct probe probes[MODELS];
    if (!have(devices))
        return;
    REQUIRE(connect_all(probes, devices));

    for (unsigned round = 1; round <= ROUNDS; round++) {
        for (size_t i = 0; i < MODELS; i++)
            fire(devices[(i + round) % MODELS]);
        for (size_t i = 0; i < MODELS; i++)
            REQUIRE(await_claims(&probes[i].connection, round));
    }

    CHECK(probe_fence());
    for (size_t i = 0; i < MODELS; i++)
        CHECK_EQUAL(ivm_stats_claimed(&probes[i].connection), ROUNDS);
    disconnect_all(probes, devices);
}

GUEST_TEST(models, the_others_go_on_when_the_one_in_the_middle_is_taken_off)
{
    struct ivm_device *devices[MODELS];
    struct probe probes[MODELS];
    if (!have(devices))
        return;
    REQUIRE(connect_all(probes, devices));

    CHECK(probe_disconnect(&probes[1]));
    fire(devices[0]);
    CHECK(await_claims(&probes[0].connection, 1));
    fire(devices[2]);
    CHECK(await_claims(&probes[2].connection, 1));
    CHECK(probe_fence());
    CHECK_EQUAL(probes[1].runs, 0);

    /* On again it is the last that is asked. */
    REQUIRE(probe_connect(&probes[1]));
    trace_clear();
    fire(devices[1]);
    CHECK(await_claims(&probes[1].connection, 1));
    CHECK(probe_fence());
    CHECK(trace_is("eEnNsS"));
    disconnect_all(probes, devices);
}

GUEST_TEST(models, a_fourth_that_wants_the_line_alone_is_refused_and_told_all_three_owners)
{
    struct ivm_device *devices[MODELS];
    struct probe probes[MODELS];
    if (!have(devices))
        return;
    REQUIRE(connect_all(probes, devices));
    struct probe fourth = probe_line(&devices[0]->line, IVM_EXCLUSIVE);
    fourth.request.context = &fourth;

    enum ivm_status status =
        ivm_connect(&fourth.request, &fourth.connection, &fourth.refusal);

    CHECK_EQUAL(status, IVM_ALREADY_CONNECTED);
    CHECK_EQUAL(ivm_status_forms(status)->win32, 763);
    CHECK_EQUAL(fourth.refusal.rule, IVM_RULE_REQUESTER_EXCLUSIVE);
    CHECK_EQUAL(fourth.refusal.owner_count, MODELS);
    for (size_t i = 0; i < MODELS; i++)
        CHECK(text_is(fourth.refusal.owners[i].name, names[i]));
    for (size_t i = 0; i < MODELS; i++) {
        fire(devices[i]);
        CHECK(await_claims(&probes[i].connection, 1));
    }
    CHECK_EQUAL(fourth.runs, 0);
    disconnect_all(probes, devices);
}
