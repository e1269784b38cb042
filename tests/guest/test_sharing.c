/* test_sharing.c: several real devices on one level-triggered line: who is asked, who is
 * refused.
 *
 * Counts are exact under QEMU's own emulation; elsewhere a line may be delivered once more
 * than it was raised, and nobody then claims it: claims are exact everywhere.
 */
#include <stddef.h>

#include <ivm/bus.h>
#include <ivm/stats.h>
#include <ivm/system.h>

#include "fire.h"
#include "probe.h"
#include "suite.h"

enum { GROUP = 3, ROUNDS = 1000 };

static bool is_edu(const struct ivm_device *device)
{
    return device->driver != NULL && device->has_line && device->match->name[0] == 'e' &&
           device->match->name[1] == 'd' && device->match->name[2] == 'u';
}

/* Up to `room` edu devices on one line, the most that share; how many they are. */
static size_t edus_on_one_line(struct ivm_device **out, size_t room)
{
    size_t best = 0;
    for (size_t i = 0; i < ivm_device_count(); i++) {
        struct ivm_device *first = ivm_device_at(i);
        if (!is_edu(first))
            continue;
        struct ivm_device *found[GROUP];
        size_t count = 0;
        for (size_t j = 0; j < ivm_device_count() && count < GROUP; j++) {
            struct ivm_device *other = ivm_device_at(j);
            if (is_edu(other) && other->line.gsi == first->line.gsi)
                found[count++] = other;
        }
        for (size_t j = 0; count > best && j < count && j < room; j++)
            out[j] = found[j];
        best = count > best ? count : best;
    }
    return best < room ? best : room;
}

static bool have(struct ivm_device **edus, size_t needed)
{
    if (edus_on_one_line(edus, needed) == needed)
        return true;
    suite_skip(needed == 1 ? "no edu device" : "too few edu devices on one line");
    return false;
}

static uint64_t claims(const struct probe *probe)
{
    return ivm_stats_claimed(&probe->connection);
}

static void fire(struct ivm_device *device)
{
    device->driver->fire(device);
}

GUEST_TEST(sharing, an_exclusive_edu_is_counted_once_for_each_time_it_fires)
{
    struct ivm_device *edu;
    if (!have(&edu, 1))
        return;
    struct probe probe = probe_device(edu, IVM_EXCLUSIVE);
    REQUIRE(probe_connect(&probe));

    for (unsigned round = 1; round <= ROUNDS; round++) {
        fire(edu);
        REQUIRE(await_claims(&probe.connection, round));
    }

    CHECK(probe_fence());
    CHECK_EQUAL(claims(&probe), ROUNDS);
    CHECK(probe_disconnect(&probe));
}

GUEST_TEST(sharing, a_second_owner_of_an_exclusive_line_is_refused_and_told_who_holds_it)
{
    struct ivm_device *edus[2];
    if (!have(edus, 2))
        return;
    struct probe owner = probe_device(edus[0], IVM_EXCLUSIVE);
    struct probe second = probe_device(edus[1], IVM_SHARED);
    REQUIRE(probe_connect(&owner));
    second.request.context = &second;

    enum ivm_status status =
        ivm_connect(&second.request, &second.connection, &second.refusal);

    CHECK_EQUAL(status, IVM_ALREADY_CONNECTED);
    CHECK_EQUAL(ivm_status_forms(status)->win32, 763);
    CHECK_EQUAL(second.refusal.rule, IVM_RULE_OWNER_EXCLUSIVE);
    CHECK_EQUAL(second.refusal.owner_count, 1);
    CHECK_EQUAL(second.refusal.owners[0].name[3], edus[0]->name[3]);
    fire(edus[0]);
    CHECK(await_claims(&owner.connection, 1));
    CHECK_EQUAL(second.runs, 0);
    CHECK(probe_disconnect(&owner));
}

GUEST_TEST(sharing, an_exclusive_request_for_a_shared_line_is_refused)
{
    struct ivm_device *edus[2];
    if (!have(edus, 2))
        return;
    struct probe owner = probe_device(edus[0], IVM_SHARED);
    struct probe second = probe_device(edus[1], IVM_EXCLUSIVE);
    REQUIRE(probe_connect(&owner));
    second.request.context = &second;

    CHECK_EQUAL(ivm_connect(&second.request, &second.connection, &second.refusal),
                IVM_ALREADY_CONNECTED);
    CHECK_EQUAL(second.refusal.rule, IVM_RULE_REQUESTER_EXCLUSIVE);
    CHECK(probe_disconnect(&owner));
}

/* Three on one line: fired one by one, then all at once; each claims its own, exactly. */
GUEST_TEST(sharing, three_devices_on_one_line_each_claim_their_own)
{
    struct ivm_device *edus[GROUP];
    if (!have(edus, GROUP))
        return;
    struct probe probes[GROUP];
    for (size_t i = 0; i < GROUP; i++) {
        probes[i] = probe_device(edus[i], IVM_SHARED);
        REQUIRE(probe_connect(&probes[i]));
    }

    for (size_t i = 0; i < GROUP; i++) {
        fire(edus[i]);
        CHECK(await_claims(&probes[i].connection, 1));
    }
    for (unsigned round = 2; round <= ROUNDS; round++) {
        for (size_t i = 0; i < GROUP; i++)
            fire(edus[i]);
        for (size_t i = 0; i < GROUP; i++)
            REQUIRE(await_claims(&probes[i].connection, round));
    }

    CHECK(probe_fence());
    for (size_t i = 0; i < GROUP; i++)
        CHECK_EQUAL(claims(&probes[i]), ROUNDS);
    for (size_t i = 0; i < GROUP; i++)
        CHECK(probe_disconnect(&probes[i]));
}

/* Fire every device but one; each must claim its own. */
static void fire_all_but(struct probe *probes, struct ivm_device **edus, size_t gone)
{
    for (size_t i = 0; i < GROUP; i++) {
        if (i == gone)
            continue;
        fire(edus[i]);
        CHECK(await_claims(&probes[i].connection, 1));
        CHECK(probe_disconnect(&probes[i]));
    }
}

/* Connect all three, take one away, and fire the others. */
static void go_on_without(struct ivm_device **edus, size_t gone)
{
    struct probe probes[GROUP];
    for (size_t i = 0; i < GROUP; i++) {
        probes[i] = probe_device(edus[i], IVM_SHARED);
        REQUIRE(probe_connect(&probes[i]));
    }
    CHECK(probe_disconnect(&probes[gone]));
    uint32_t runs_before = probes[gone].runs;
    fire_all_but(probes, edus, gone);
    CHECK_EQUAL(probes[gone].runs, runs_before);
}

GUEST_TEST(sharing, a_chain_goes_on_without_its_head_its_middle_or_its_tail)
{
    struct ivm_device *edus[GROUP];
    if (!have(edus, GROUP))
        return;
    for (size_t gone = 0; gone < GROUP; gone++)
        go_on_without(edus, gone);
}

GUEST_TEST(sharing, a_line_asserted_before_the_connect_runs_the_routine_once)
{
    struct ivm_device *edu;
    if (!have(&edu, 1))
        return;
    struct probe probe = probe_device(edu, IVM_EXCLUSIVE);
    fire(edu);

    REQUIRE(probe_connect(&probe));

    CHECK(await_claims(&probe.connection, 1));
    CHECK(probe_fence());
    CHECK_EQUAL(claims(&probe), 1);
    CHECK(probe_disconnect(&probe));
}

GUEST_TEST(sharing, a_thousand_reconnects_lose_nothing)
{
    struct ivm_device *edu;
    if (!have(&edu, 1))
        return;
    struct probe probe = probe_device(edu, IVM_EXCLUSIVE);
    for (unsigned round = 1; round <= ROUNDS; round++) {
        REQUIRE(probe_connect(&probe));
        fire(edu);
        REQUIRE(await_claims(&probe.connection, 1));
        REQUIRE(probe_disconnect(&probe));
    }
    fire(edu);
    CHECK(probe_fence());
    CHECK_EQUAL(claims(&probe), 1);
    edu->driver->quiet(edu);
}

/* The second device is fired while nobody drives it: its line storms on its neighbour. */
GUEST_TEST(sharing, a_line_held_by_nobodys_device_is_masked_named_and_can_be_rearmed)
{
    struct ivm_device *edus[2];
    if (!have(edus, 2))
        return;
    struct probe innocent = probe_device(edus[0], IVM_SHARED);
    REQUIRE(probe_connect(&innocent));
    uint8_t vector = probe_vector(&innocent);
    struct ivm_vector_stats before, stats;
    CHECK(ivm_stats_vector(0, vector, &before));

    fire(edus[1]);
    CHECK(probe_fence());

    CHECK(ivm_stats_vector(0, vector, &stats));
    CHECK_EQUAL(stats.mask_reasons, IVM_MASKED_UNCLAIMED);
    CHECK_EQUAL(stats.strays - before.strays, IVM_UNCLAIMED_LIMIT);
    CHECK_EQUAL(claims(&innocent), 0);

    edus[1]->driver->quiet(edus[1]);
    CHECK_EQUAL(ivm_line_rearm(edus[0]->line.gsi), IVM_OK);
    fire(edus[0]);
    CHECK(await_claims(&innocent.connection, 1));
    CHECK(probe_disconnect(&innocent));
}

GUEST_TEST(sharing, edus_on_two_lines_are_owned_alone_side_by_side)
{
    struct ivm_device *one = NULL, *other = NULL;
    for (size_t i = 0; i < ivm_device_count(); i++) {
        struct ivm_device *device = ivm_device_at(i);
        if (is_edu(device) && one == NULL)
            one = device;
        else if (is_edu(device) && other == NULL && device->line.gsi != one->line.gsi)
            other = device;
    }
    if (other == NULL) {
        suite_skip("no edu devices on two lines");
        return;
    }
    struct probe first = probe_device(one, IVM_EXCLUSIVE);
    struct probe second = probe_device(other, IVM_EXCLUSIVE);
    REQUIRE(probe_connect(&first) && probe_connect(&second));
    CHECK(probe_vector(&first) != probe_vector(&second));

    fire(one);
    fire(other);

    CHECK(await_claims(&first.connection, 1) && await_claims(&second.connection, 1));
    CHECK(probe_disconnect(&first) && probe_disconnect(&second));
}
