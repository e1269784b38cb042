/* test_messages.c: messages of real functions: edu by MSI without masks, rocker by MSI-X with them. */
#include <stddef.h>

#include <ivm/affinity.h>
#include <ivm/bus.h>
#include <ivm/cpu.h>
#include <ivm/message.h>
#include <ivm/stats.h>
#include <ivm/system.h>

#include "drivers/pci.h"
#include "drivers/rocker.h"
#include "fire.h"
#include "probe.h"
#include "sender.h"
#include "suite.h"

enum {
    TIMES = 20,
    MOVES = 200,
    FIRINGS = 5000,
    FIRINGS_LIMIT = 1000000,
};

/* MSI without masks. */

static uint16_t command_of(const struct ivm_device *device)
{
    return pci_read16(pci_address(&device->pci), PCI_COMMAND);
}

GUEST_TEST(messages, an_edu_s_message_comes_as_often_as_it_is_fired_and_its_line_is_silent)
{
    struct ivm_device *edu = sender_find("edu0");
    if (edu == NULL)
        return;
    uint16_t command = command_of(edu);
    struct probe line = probe_device(edu, IVM_SHARED);
    REQUIRE(probe_connect(&line));
    REQUIRE(sender_connect(edu, 1));
    CHECK((command_of(edu) & PCI_COMMAND_INTX_DISABLE) != 0);
    CHECK((command_of(edu) & PCI_COMMAND_MASTER) != 0);

    for (unsigned round = 0; round < TIMES; round++)
        CHECK(sender_fire(edu, 0));

    CHECK(probe_fence());
    CHECK_EQUAL(sender_claimed(edu, 0), TIMES);
    CHECK_EQUAL(line.runs, 0);
    sender_close(edu);
    CHECK_EQUAL(command_of(edu), command);
    CHECK(probe_disconnect(&line));
}

GUEST_TEST(messages, after_its_messages_are_closed_an_edu_s_line_works_again)
{
    struct ivm_device *edu = sender_find("edu0");
    if (edu == NULL)
        return;
    REQUIRE(sender_connect(edu, 1));
    CHECK(sender_fire(edu, 0));
    sender_close(edu);

    struct probe line = probe_device(edu, IVM_SHARED);
    REQUIRE(probe_connect(&line));
    for (uint32_t round = 1; round <= TIMES; round++) {
        edu->driver->fire(edu);
        CHECK(probe_wait(&line, round));
    }

    CHECK(probe_fence());
    CHECK_EQUAL(line.runs, TIMES);
    CHECK(probe_disconnect(&line));
}

GUEST_TEST(messages, without_a_mask_of_its_own_what_is_sent_under_the_mask_is_lost)
{
    struct ivm_device *edu = sender_find("edu0");
    if (edu == NULL)
        return;
    struct ivm_grant grant;
    REQUIRE(sender_open(edu, 1, &grant));
    CHECK(!grant.has_masks);
    CHECK_EQUAL(grant.kind, IVM_MSI);
    CHECK_EQUAL(ivm_device_message_connect(edu, 0, NULL, NULL), IVM_OK);
    struct ivm_connection *connection = ivm_device_message_connection(edu, 0);

    CHECK_EQUAL(ivm_message_mask(connection), IVM_OK);
    edu->driver->fire_message(edu, 0);
    CHECK(!ivm_device_message_pending(edu, 0));
    CHECK_EQUAL(ivm_message_unmask(connection), IVM_OK);

    CHECK(probe_fence());
    CHECK_EQUAL(ivm_stats_claimed(connection), 0);
    edu->driver->quiet(edu);
    CHECK(sender_fire(edu, 0));
    CHECK_EQUAL(ivm_device_messages_hold(edu), IVM_UNSUPPORTED);
    sender_close(edu);
}

/* What a mask kept off the line must not come back to it: somebody else listens there. */
GUEST_TEST(messages, an_edu_closed_under_its_mask_leaves_its_line_silent)
{
    struct ivm_device *edu = sender_find("edu0");
    if (edu == NULL)
        return;
    REQUIRE(sender_connect(edu, 1));
    CHECK_EQUAL(ivm_message_mask(ivm_device_message_connection(edu, 0)), IVM_OK);
    edu->driver->fire_message(edu, 0);
    struct probe line = probe_device(edu, IVM_SHARED);
    REQUIRE(probe_connect(&line));

    sender_close(edu);

    CHECK(probe_fence());
    CHECK_EQUAL(line.runs, 0);
    CHECK(probe_disconnect(&line));
}

/* MSI-X. */

GUEST_TEST(messages, each_message_of_a_table_has_a_vector_and_a_count_of_its_own)
{
    struct ivm_device *rocker = sender_find("rocker0");
    if (rocker == NULL)
        return;
    uint32_t before[ROCKER_MESSAGES];
    uint8_t vectors[ROCKER_MESSAGES];
    REQUIRE(sender_connect(rocker, ROCKER_MESSAGES));
    for (uint32_t i = 0; i < ROCKER_MESSAGES; i++) {
        uint32_t cpu;
        struct ivm_source_id id = {IVM_MESSAGE, ivm_device_message_number(rocker, i)};
        REQUIRE(ivm_stats_place(id, &cpu, &vectors[i]));
        for (uint32_t other = 0; other < i; other++)
            CHECK(vectors[other] != vectors[i]);
        before[i] = rocker_count(rocker, i);
    }

    for (uint32_t i = 0; i < ROCKER_MESSAGES; i++)
        for (uint32_t n = 0; n < TIMES + i; n++)
            CHECK(sender_fire(rocker, i));

    CHECK(probe_fence());
    for (uint32_t i = 0; i < ROCKER_MESSAGES; i++) {
        CHECK_EQUAL(rocker_count(rocker, i) - before[i], TIMES + i);
        CHECK_EQUAL(sender_claimed(rocker, i), TIMES + i);
    }
    sender_close(rocker);
}

GUEST_TEST(messages, a_masked_message_is_pending_and_comes_once_when_it_is_let_through)
{
    struct ivm_device *rocker = sender_find("rocker0");
    if (rocker == NULL)
        return;
    REQUIRE(sender_connect(rocker, ROCKER_MESSAGES));
    struct ivm_connection *connection = ivm_device_message_connection(rocker, 2);
    CHECK_EQUAL(ivm_message_mask(connection), IVM_OK);
    CHECK(!ivm_device_message_pending(rocker, 2));

    for (unsigned n = 0; n < 3; n++)
        rocker->driver->fire_message(rocker, 2);
    CHECK(sender_fire(rocker, 1));

    CHECK(probe_fence());
    CHECK_EQUAL(sender_claimed(rocker, 2), 0);
    CHECK(ivm_device_message_pending(rocker, 2));
    CHECK(!ivm_device_message_pending(rocker, 1));
    CHECK_EQUAL(ivm_message_unmask(connection), IVM_OK);
    CHECK(probe_fence());
    CHECK_EQUAL(sender_claimed(rocker, 2), 1);
    CHECK(!ivm_device_message_pending(rocker, 2));
    sender_close(rocker);
}

GUEST_TEST(messages, a_function_that_is_held_keeps_all_its_messages_pending)
{
    struct ivm_device *rocker = sender_find("rocker0");
    if (rocker == NULL)
        return;
    REQUIRE(sender_connect(rocker, ROCKER_MESSAGES));
    CHECK_EQUAL(ivm_device_messages_hold(rocker), IVM_OK);

    for (uint32_t i = 0; i < ROCKER_MESSAGES; i++)
        rocker->driver->fire_message(rocker, i);

    CHECK(probe_fence());
    for (uint32_t i = 0; i < ROCKER_MESSAGES; i++) {
        CHECK_EQUAL(sender_claimed(rocker, i), 0);
        CHECK(ivm_device_message_pending(rocker, i));
    }
    CHECK_EQUAL(ivm_device_messages_release(rocker), IVM_OK);
    CHECK(probe_fence());
    for (uint32_t i = 0; i < ROCKER_MESSAGES; i++)
        CHECK_EQUAL(sender_claimed(rocker, i), 1);
    sender_close(rocker);
}

/* Asking. */

GUEST_TEST(messages, of_a_hundred_messages_four_are_granted_and_the_device_is_named)
{
    struct ivm_device *rocker = sender_find("rocker0");
    if (rocker == NULL)
        return;
    struct ivm_grant grant;
    REQUIRE(sender_open(rocker, 100, &grant));

    CHECK_EQUAL(grant.granted, 4);
    CHECK_EQUAL(grant.offered, 4);
    CHECK_EQUAL(grant.limit, IVM_GRANT_DEVICE);
    CHECK_EQUAL(grant.kind, IVM_MSIX);
    CHECK(grant.has_masks);
    CHECK(ivm_device_message_number(rocker, 3) != 0);
    CHECK_EQUAL(ivm_device_message_number(rocker, 4), 0);
    sender_close(rocker);
}

GUEST_TEST(messages, messages_are_opened_once_and_closed_when_nobody_is_connected)
{
    struct ivm_device *rocker = sender_find("rocker0");
    struct ivm_device *edu = sender_find("edu0");
    if (rocker == NULL || edu == NULL)
        return;
    struct ivm_grant grant;
    struct ivm_message_wish wish = {.count = 1};
    CHECK_EQUAL(ivm_device_messages_close(rocker), IVM_NOT_FOUND);
    REQUIRE(sender_connect(rocker, 1));

    CHECK_EQUAL(ivm_device_messages_open(rocker, &wish, &grant), IVM_ALREADY_CONNECTED);
    CHECK_EQUAL(ivm_device_messages_close(rocker), IVM_STILL_CONNECTED);
    CHECK(sender_fire(rocker, 0));
    sender_close(rocker);

    REQUIRE(ivm_device_connect(edu, IVM_SHARED, NULL) == IVM_OK);
    CHECK_EQUAL(ivm_device_messages_open(edu, &wish, &grant), IVM_STILL_CONNECTED);
    CHECK_EQUAL(ivm_device_disconnect(edu), IVM_OK);
}

GUEST_TEST(messages, a_second_owner_of_a_message_is_refused_and_told_of_the_first)
{
    struct ivm_device *rocker = sender_find("rocker0");
    if (rocker == NULL)
        return;
    REQUIRE(sender_connect(rocker, 1));
    struct probe second = probe_bare(0, 0);
    second.request.source =
        (struct ivm_source_id){IVM_MESSAGE, ivm_device_message_number(rocker, 0)};
    second.request.context = &second;

    enum ivm_status status =
        ivm_connect(&second.request, &second.connection, &second.refusal);

    CHECK_EQUAL(status, IVM_ALREADY_CONNECTED);
    CHECK_EQUAL(second.refusal.key, IVM_KEY_MESSAGE);
    CHECK_EQUAL(second.refusal.rule, IVM_RULE_OWNER_EXCLUSIVE);
    CHECK_EQUAL(second.refusal.owner_count, 1);
    for (size_t i = 0; i < sizeof rocker->name; i++)
        CHECK_EQUAL(second.refusal.owners[0].name[i], rocker->name[i]);
    CHECK(sender_fire(rocker, 0));
    sender_close(rocker);
}

/* Several CPUs. */

static bool is_alone(void)
{
    if (ivm_cpu_count() > 1)
        return false;
    suite_skip("only one CPU");
    return true;
}

GUEST_TEST(messages, each_message_of_a_table_may_have_a_cpu_of_its_own)
{
    struct ivm_device *rocker = sender_find("rocker0");
    if (rocker == NULL || is_alone())
        return;
    struct ivm_grant grant;
    REQUIRE(sender_open(rocker, ROCKER_MESSAGES, &grant));
    for (uint32_t i = 0; i < ROCKER_MESSAGES; i++) {
        struct ivm_cpu_set there = probe_cpu(i % ivm_cpu_count());
        CHECK_EQUAL(ivm_device_message_connect(rocker, i, &there, NULL), IVM_OK);
    }

    for (uint32_t i = 0; i < ROCKER_MESSAGES; i++) {
        struct ivm_source_id id = {IVM_MESSAGE, ivm_device_message_number(rocker, i)};
        struct ivm_vector_stats stats = {0};
        uint32_t cpu = UINT32_MAX;
        uint8_t vector = 0;
        CHECK(ivm_stats_place(id, &cpu, &vector));
        CHECK_EQUAL(cpu, i % ivm_cpu_count());
        CHECK(sender_fire(rocker, i));
        CHECK(ivm_stats_vector(cpu, vector, &stats));
        CHECK(stats.delivered >= 1 && stats.owner_count == 1);
    }
    sender_close(rocker);
}

static void fire_while_it_moves(struct ivm_device *device)
{
    REQUIRE(sender_connect(device, 1));
    struct mover mover = {.source = {IVM_MESSAGE, ivm_device_message_number(device, 0)}};
    REQUIRE(mover_start(&mover));

    uint32_t fired = 0;
    bool all_came = true;
    while (all_came && fired < FIRINGS_LIMIT && (fired < FIRINGS || mover.moves < MOVES)) {
        all_came = sender_fire(device, 0);
        fired++;
    }

    CHECK(mover_stop(&mover));
    CHECK_EQUAL(sender_claimed(device, 0), fired);
    CHECK_EQUAL(mover.failures, 0);
    CHECK(mover.moves >= MOVES);
    sender_close(device);
}

GUEST_TEST(messages, a_message_of_a_table_that_moves_under_fire_loses_and_doubles_nothing)
{
    struct ivm_device *rocker = sender_find("rocker0");
    if (rocker != NULL && !is_alone())
        fire_while_it_moves(rocker);
}

GUEST_TEST(messages,
           a_message_without_a_mask_that_moves_under_fire_loses_and_doubles_nothing)
{
    struct ivm_device *edu = sender_find("edu0");
    if (edu != NULL && !is_alone())
        fire_while_it_moves(edu);
}
