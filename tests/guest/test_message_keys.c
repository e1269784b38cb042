/* test_message_keys.c: a message asked onto a (CPU, vector) that another source has, or is kept: who is
 * refused, and is told whom.
 */
#include <stddef.h>

#include <ivm/cpu.h>
#include <ivm/hold.h>
#include <ivm/stats.h>
#include <ivm/vector.h>

#include "kernel/monitor/text.h"
#include "probe.h"
#include "sender.h"
#include "suite.h"

struct place {
    uint32_t cpu;
    uint8_t vector;
};

static struct ivm_source_id message_of(const struct ivm_device *device, uint32_t index)
{
    return (struct ivm_source_id){IVM_MESSAGE, ivm_device_message_number(device, index)};
}

/* Ask for message 0 of an open function, by a routine of its own, on just that vector. */
static enum ivm_status ask(struct probe *probe, const struct ivm_device *device,
                           struct place place)
{
    struct ivm_cpu_set there = probe_cpu(place.cpu);
    *probe = probe_bare(0, 0);
    probe->request.source = message_of(device, 0);
    probe->request.vector = place.vector;
    probe->request.cpus = &there;
    probe->request.context = probe;
    enum ivm_status status =
        ivm_connect(&probe->request, &probe->connection, &probe->refusal);
    probe->request.cpus = NULL;
    return status;
}

/* Refused by 763: the vector has this source, and this owner or none yet. */
static void expect_told(struct probe *probe, struct place place,
                        struct ivm_source_id holder, const char *owner)
{
    const struct ivm_refusal *refusal = &probe->refusal;
    CHECK_EQUAL(ivm_status_forms(ivm_rule_status((enum ivm_rule)refusal->rule))->win32,
                763);
    CHECK_EQUAL(refusal->rule,
                owner != NULL ? IVM_RULE_OWNER_EXCLUSIVE : IVM_RULE_SOURCE_DIFFERS);
    CHECK_EQUAL(refusal->key, IVM_KEY_VECTOR);
    CHECK_EQUAL(refusal->cpu, place.cpu);
    CHECK_EQUAL(refusal->vector, place.vector);
    CHECK_EQUAL(refusal->holder_kind, holder.kind);
    CHECK_EQUAL(refusal->holder_number, holder.number);
    CHECK_EQUAL(refusal->owner_count, owner != NULL);
    CHECK(owner == NULL || text_is(refusal->owners[0].name, owner));
    CHECK_EQUAL(probe->runs, 0);
}

GUEST_TEST(messages, two_functions_are_not_given_one_vector_of_one_cpu)
{
    struct ivm_device *first = sender_find("rocker0");
    struct ivm_device *second = sender_find("rocker1");
    struct ivm_grant grant;
    struct probe probe;
    struct place place = {0};
    if (first == NULL || second == NULL)
        return;
    REQUIRE(sender_connect(first, 1));
    REQUIRE(ivm_stats_place(message_of(first, 0), &place.cpu, &place.vector));
    REQUIRE(sender_open(second, 1, &grant));

    CHECK_EQUAL(ask(&probe, second, place), IVM_ALREADY_CONNECTED);

    expect_told(&probe, place, message_of(first, 0), "rocker0");
    CHECK(sender_fire(first, 0));
    CHECK_EQUAL(sender_claimed(first, 0), 1);
    /* Anywhere else it is welcome. */
    CHECK_EQUAL(ivm_device_message_connect(second, 0, NULL, NULL), IVM_OK);
    CHECK(sender_fire(second, 0));
    CHECK_EQUAL(sender_claimed(first, 0), 1);
    sender_close(second);
    sender_close(first);
}

/* Where a source that nobody is connected to has its vector; false: nowhere. */
static bool find_kept(struct ivm_source_id source, struct place *out)
{
    for (uint32_t cpu = 0; cpu < ivm_cpu_count(); cpu++) {
        for (unsigned v = IVM_VECTOR_DEVICE_FIRST; v < IVM_VECTOR_DEVICE_END; v++) {
            struct ivm_source_id holder;
            if (!ivm_vector_holder(cpu, (uint8_t)v, &holder, NULL) ||
                holder.kind != source.kind || holder.number != source.number)
                continue;
            *out = (struct place){cpu, (uint8_t)v};
            return true;
        }
    }
    return false;
}

/* The vector of an MSI message is taken when it is opened. */
GUEST_TEST(messages, a_vector_of_an_open_msi_message_is_refused_though_nobody_is_connected)
{
    struct ivm_device *edu = sender_find("edu0");
    struct ivm_device *rocker = sender_find("rocker0");
    struct ivm_grant grant;
    struct probe probe;
    struct place place = {0};
    if (edu == NULL || rocker == NULL)
        return;
    REQUIRE(sender_open(edu, 1, &grant));
    REQUIRE(sender_open(rocker, 1, &grant));
    REQUIRE(find_kept(message_of(edu, 0), &place));

    CHECK_EQUAL(ask(&probe, rocker, place), IVM_ALREADY_CONNECTED);

    expect_told(&probe, place, message_of(edu, 0), NULL);
    CHECK_EQUAL(ivm_device_message_connect(edu, 0, NULL, NULL), IVM_OK);
    CHECK(sender_fire(edu, 0));
    sender_close(rocker);
    sender_close(edu);
}

GUEST_TEST(messages, a_vector_that_is_held_for_a_line_is_refused_until_it_is_released)
{
    struct ivm_device *edu = sender_find("edu0");
    struct ivm_device *rocker = sender_find("rocker0");
    struct ivm_grant grant;
    struct ivm_held held;
    struct probe probe;
    if (edu == NULL || rocker == NULL)
        return;
    struct ivm_cpu_set here = probe_cpu(ivm_cpu_now());
    struct ivm_hold_wish wish = {.cpus = &here, .trigger = edu->line.trigger};
    REQUIRE(sender_open(rocker, 1, &grant));
    REQUIRE(ivm_line_hold(edu->line.gsi, &wish, &held) == IVM_OK);
    struct place place = {ivm_cpu_now(), held.vector};

    CHECK_EQUAL(ask(&probe, rocker, place), IVM_ALREADY_CONNECTED);

    expect_told(&probe, place, (struct ivm_source_id){IVM_LINE, edu->line.gsi}, NULL);
    CHECK_EQUAL(ivm_line_release(edu->line.gsi), IVM_OK);
    CHECK_EQUAL(ask(&probe, rocker, place), IVM_OK);
    CHECK(probe_disconnect(&probe));
    sender_close(rocker);
}
