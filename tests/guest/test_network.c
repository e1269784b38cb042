/* test_network.c: a network controller that software can make interrupt, by its line and by five
 * MSI-X messages: each cause its vector, each vector its routine, each on a CPU of its own.
 */
#include <stddef.h>

#include <ivm/bus.h>
#include <ivm/cpu.h>
#include <ivm/device_message.h>
#include <ivm/stats.h>
#include <ivm/system.h>

#include <hw/cpu.h>

#include "fire.h"
#include "probe.h"
#include "suite.h"

enum { MESSAGES = 5, ROUNDS = 200 };

static struct ivm_device *nic(void)
{
    struct ivm_device *device = ivm_device_find("e1000e0");
    if (device == NULL || device->driver == NULL)
        suite_skip("no e1000e device");
    return device != NULL && device->driver != NULL ? device : NULL;
}

static uint64_t claims(struct ivm_device *device, uint32_t index)
{
    return ivm_stats_claimed(ivm_device_message_connection(device, index));
}

/* Where a message goes; 0 when it goes nowhere. */
static uint8_t vector_of(struct ivm_device *device, uint32_t index, uint32_t *cpu)
{
    struct ivm_source_id source = {IVM_MESSAGE, ivm_device_message_number(device, index)};
    uint8_t vector = 0;
    return ivm_stats_place(source, cpu, &vector) ? vector : 0;
}

GUEST_TEST(network, by_its_line_it_interrupts_as_often_as_it_is_fired)
{
    struct ivm_device *device = nic();
    struct ivm_refusal refusal;
    if (device == NULL)
        return;
    REQUIRE(ivm_device_connect(device, IVM_EXCLUSIVE, &refusal) == IVM_OK);

    for (unsigned round = 0; round < ROUNDS; round++)
        REQUIRE(fire_line(device));

    CHECK(probe_fence());
    CHECK_EQUAL(ivm_stats_claimed(&device->connection), ROUNDS);
    CHECK_EQUAL(ivm_device_disconnect(device), IVM_OK);
}

GUEST_TEST(network, five_messages_are_granted_and_not_one_more)
{
    struct ivm_device *device = nic();
    if (device == NULL)
        return;
    struct ivm_message_wish wish = {.count = 8};
    struct ivm_grant grant;

    REQUIRE(ivm_device_messages_open(device, &wish, &grant) == IVM_OK);

    CHECK_EQUAL(grant.kind, IVM_MSIX);
    CHECK_EQUAL(grant.offered, MESSAGES);
    CHECK_EQUAL(grant.granted, MESSAGES);
    CHECK_EQUAL(grant.limit, IVM_GRANT_DEVICE);
    CHECK(grant.has_masks);
    CHECK_EQUAL(ivm_device_messages_close(device), IVM_OK);
}

/* Each is fired alone, and all the others stay as they were. */
GUEST_TEST(network, each_cause_comes_by_its_own_vector_and_by_no_other)
{
    struct ivm_device *device = nic();
    if (device == NULL)
        return;
    REQUIRE(messages_begin(device, MESSAGES));
    uint8_t vectors[MESSAGES];
    uint32_t cpu;
    for (uint32_t i = 0; i < MESSAGES; i++) {
        vectors[i] = vector_of(device, i, &cpu);
        CHECK(vectors[i] != 0);
        for (uint32_t j = 0; j < i; j++)
            CHECK(ivm_cpu_count() > 1 || vectors[j] != vectors[i]);
    }

    for (uint32_t i = 0; i < MESSAGES; i++) {
        for (unsigned round = 0; round < ROUNDS; round++)
            REQUIRE(fire_message(device, i));
        CHECK(probe_fence());
        for (uint32_t j = 0; j < MESSAGES; j++)
            CHECK_EQUAL(claims(device, j), j <= i ? ROUNDS : 0);
    }
    CHECK(messages_end(device, MESSAGES));
}

GUEST_TEST(network, causes_that_come_together_are_each_served_once)
{
    struct ivm_device *device = nic();
    if (device == NULL)
        return;
    REQUIRE(messages_begin(device, MESSAGES));

    for (unsigned round = 1; round <= ROUNDS; round++) {
        cpu_cli();
        for (uint32_t i = 0; i < MESSAGES; i++)
            device->driver->fire_message(device, i);
        cpu_sti();
        for (uint32_t i = 0; i < MESSAGES; i++)
            REQUIRE(await_claims(ivm_device_message_connection(device, i), round));
    }

    CHECK(probe_fence());
    for (uint32_t i = 0; i < MESSAGES; i++)
        CHECK_EQUAL(claims(device, i), ROUNDS);
    CHECK(messages_end(device, MESSAGES));
}

/* The neighbour's message is the fence: it is sent after the masked one, by the same device. */
GUEST_TEST(network, a_masked_vector_is_kept_pending_while_its_neighbours_go_on)
{
    struct ivm_device *device = nic();
    if (device == NULL)
        return;
    REQUIRE(messages_begin(device, MESSAGES));
    struct ivm_connection *masked = ivm_device_message_connection(device, 2);
    CHECK_EQUAL(ivm_message_mask(masked), IVM_OK);

    device->driver->fire_message(device, 2);
    CHECK(fire_message(device, 1) && fire_message(device, 3));
    CHECK(probe_fence());
    CHECK_EQUAL(claims(device, 2), 0);
    CHECK(ivm_device_message_pending(device, 2));
    CHECK(!ivm_device_message_pending(device, 1));

    CHECK_EQUAL(ivm_message_unmask(masked), IVM_OK);
    CHECK(await_claims(masked, 1));
    CHECK(probe_fence());
    CHECK_EQUAL(claims(device, 2), 1);
    CHECK(!ivm_device_message_pending(device, 2));
    CHECK(messages_end(device, MESSAGES));
}

GUEST_TEST(network, a_function_that_is_held_sends_all_it_owes_when_it_is_released)
{
    struct ivm_device *device = nic();
    if (device == NULL)
        return;
    REQUIRE(messages_begin(device, MESSAGES));
    CHECK_EQUAL(ivm_device_messages_hold(device), IVM_OK);

    for (uint32_t i = 0; i < MESSAGES; i++)
        device->driver->fire_message(device, i);
    CHECK(probe_fence());
    for (uint32_t i = 0; i < MESSAGES; i++)
        CHECK(claims(device, i) == 0 && ivm_device_message_pending(device, i));

    CHECK_EQUAL(ivm_device_messages_release(device), IVM_OK);
    for (uint32_t i = 0; i < MESSAGES; i++)
        CHECK(await_claims(ivm_device_message_connection(device, i), 1));
    CHECK(messages_end(device, MESSAGES));
}

GUEST_TEST(network, by_msi_one_message_stands_for_all_causes)
{
    struct ivm_device *device = nic();
    if (device == NULL)
        return;
    struct ivm_message_wish wish = {.count = MESSAGES, .kind = IVM_MSI};
    struct ivm_grant grant;
    REQUIRE(ivm_device_messages_open(device, &wish, &grant) == IVM_OK);
    CHECK_EQUAL(grant.granted, 1);
    CHECK_EQUAL(device->driver->use(device, IVM_BY_MESSAGES), IVM_OK);
    CHECK_EQUAL(ivm_device_message_connect(device, 0, NULL, NULL), IVM_OK);

    for (unsigned round = 0; round < ROUNDS; round++)
        REQUIRE(fire_message(device, 0));

    CHECK(probe_fence());
    CHECK_EQUAL(claims(device, 0), ROUNDS);
    CHECK(messages_end(device, 1));
}

GUEST_TEST(network, when_its_messages_are_closed_its_line_works_again)
{
    struct ivm_device *device = nic();
    if (device == NULL)
        return;
    REQUIRE(messages_begin(device, MESSAGES));
    CHECK(fire_message(device, 4));
    CHECK(messages_end(device, MESSAGES));

    REQUIRE(ivm_device_connect(device, IVM_EXCLUSIVE, NULL) == IVM_OK);
    CHECK(fire_line(device));
    CHECK(probe_fence());
    CHECK_EQUAL(ivm_stats_claimed(&device->connection), 1);
    CHECK_EQUAL(ivm_device_disconnect(device), IVM_OK);
}

static uint64_t delivered(uint32_t cpu, uint8_t vector)
{
    struct ivm_vector_stats stats = {0};
    CHECK(ivm_stats_vector(cpu, vector, &stats));
    return stats.delivered;
}

/* Place the five on the CPUs in turn. */
static bool spread(struct ivm_device *device)
{
    if (!messages_begin(device, MESSAGES))
        return false;
    for (uint32_t i = 0; i < MESSAGES; i++) {
        struct ivm_cpu_set there = probe_cpu(i % ivm_cpu_count());
        if (ivm_device_message_disconnect(device, i) != IVM_OK ||
            ivm_device_message_connect(device, i, &there, NULL) != IVM_OK)
            return false;
    }
    return true;
}

GUEST_TEST(network, each_vector_is_served_on_the_cpu_it_was_given)
{
    struct ivm_device *device = nic();
    if (device == NULL)
        return;
    if (ivm_cpu_count() == 1) {
        suite_skip("only one CPU");
        return;
    }
    REQUIRE(spread(device));

    for (uint32_t i = 0; i < MESSAGES; i++) {
        uint32_t cpu = 0;
        uint8_t vector = vector_of(device, i, &cpu);
        CHECK_EQUAL(cpu, i % ivm_cpu_count());
        uint64_t before = delivered(cpu, vector);
        for (unsigned round = 0; round < ROUNDS; round++)
            REQUIRE(fire_message(device, i));
        CHECK(delivered(cpu, vector) >= before + ROUNDS);
        CHECK_EQUAL(claims(device, i), ROUNDS);
    }
    CHECK(messages_end(device, MESSAGES));
}
