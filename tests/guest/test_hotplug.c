/* test_hotplug.c: functions that are put in and taken out while the machine runs.
 *
 * tests/run/peer_hotplug.py does what a line of the log asks of QEMU. There are two ways to notice:
 * the root port "rp1" with native hot-plug says so by its message 0, and its slot's power is ours to
 * take away; on the i440fx the chipset's ACPI registers say what is to be ejected, and a rescan finds
 * what was put in. Source: [PCIHP] "ACPI PCI hotplug interface".
 */
#include <stddef.h>

#include <hw/port.h>
#include <ivm/bus.h>
#include <ivm/device_message.h>
#include <ivm/stats.h>
#include <ivm/system.h>

#include "drivers/pci.h"
#include "drivers/root_port.h"
#include "fire.h"
#include "probe.h"
#include "suite.h"

enum {
    TIMES = 20,
    SLOT = 12,          /* on the i440fx, where nobody else is */
    ACPI_DOWN = 0xAE04, /* slots of bus 0 that are to be taken out */
    ACPI_EJECT = 0xAE08,
    I440FX = 0x1237,
};

static const uint64_t limit_ns = UINT64_C(10000000000);

/* How this machine is plugged; `port` is NULL on the i440fx. */
struct hand {
    struct ivm_device *port;
    struct root_port_seen before;
    uint8_t bus, slot;
    bool is_full; /* something was put in, found or not */
};

static void with_hand(void (*test)(struct hand *));

/* A test that is given a hand; what it leaves behind is cleared away, however it ends. */
#define HOTPLUG_TEST(claim)                                                                \
    static void claim##_by_hand(struct hand *hand);                                        \
    GUEST_TEST(hotplug, claim)                                                             \
    {                                                                                      \
        with_hand(claim##_by_hand);                                                        \
    }                                                                                      \
    static void claim##_by_hand(struct hand *hand)

/* False, and the test is skipped, where it cannot be. */
static bool hand_begin(struct hand *hand)
{
    *hand = (struct hand){.port = ivm_device_find("port0")};
    if (hand->port != NULL && hand->port->driver != NULL) {
        hand->bus = pci_read8(pci_address(&hand->port->pci), PCI_SECONDARY_BUS);
        if (messages_begin(hand->port, 2))
            return true;
        (void)messages_end(hand->port, 2);
        return false;
    }
    hand->slot = SLOT;
    if (pci_read16((struct pci_address){0, 0, 0}, PCI_DEVICE_ID) == I440FX)
        return true;
    suite_skip("no slot to plug into");
    return false;
}

static bool has_changed(void *context)
{
    const struct hand *hand = context;
    struct root_port_seen now;
    root_port_seen(hand->port, &now);
    return now.changes > hand->before.changes;
}

static bool was_pressed(void *context)
{
    const struct hand *hand = context;
    struct root_port_seen now;
    root_port_seen(hand->port, &now);
    return now.presses > hand->before.presses;
}

static bool finds_one(void *context)
{
    struct ivm_rescan *rescan = context;
    ivm_devices_rescan(rescan);
    return rescan->found != 0;
}

static bool is_to_be_ejected(void *context)
{
    (void)context;
    return (port_read32(ACPI_DOWN) >> SLOT & 1) != 0;
}

/* The function that is in the slot. */
static struct ivm_device *device_in(const struct hand *hand)
{
    for (size_t i = 0; i < ivm_device_count(); i++) {
        struct ivm_device *device = ivm_device_at(i);
        if (device->bus == IVM_BUS_PCI && device->pci.bus == hand->bus &&
            device->pci.slot == hand->slot && !device->is_gone)
            return device;
    }
    return NULL;
}

/* Ask for a device, and find it by one rescan after the port has told of it. */
static struct ivm_device *put_in(struct hand *hand, const char *driver)
{
    struct ivm_rescan rescan;
    hand->is_full = true;
    if (hand->port == NULL) {
        ivm_log("peer: {\"execute\": \"device_add\", \"arguments\": {\"driver\": \"%s\", "
                "\"id\": \"hot\", \"bus\": \"pci.0\", \"addr\": \"0x%x\"}}",
                driver, (unsigned)SLOT);
        CHECK(ivm_wait_until(finds_one, &rescan, limit_ns));
    } else {
        root_port_seen(hand->port, &hand->before);
        ivm_log("peer: {\"execute\": \"device_add\", \"arguments\": {\"driver\": \"%s\", "
                "\"id\": \"hot\", \"bus\": \"rp1\"}}",
                driver);
        CHECK(ivm_wait_until(has_changed, hand, limit_ns));
        root_port_power_on(hand->port);
        ivm_devices_rescan(&rescan);
    }
    CHECK_EQUAL(rescan.found, 1);
    CHECK_EQUAL(rescan.gone, 0);
    struct ivm_device *device = device_in(hand);
    suite_check(device != NULL && device->driver != NULL, "what was put in is driven",
                __FILE__, __LINE__);
    return device;
}

/* Let it be taken out, and miss it by one rescan. */
static void take_out(struct hand *hand)
{
    struct ivm_rescan rescan;
    hand->is_full = false;
    if (hand->port != NULL)
        root_port_seen(hand->port, &hand->before);
    ivm_log("peer: {\"execute\": \"device_del\", \"arguments\": {\"id\": \"hot\"}}");
    if (hand->port == NULL) {
        CHECK(ivm_wait_until(is_to_be_ejected, NULL, limit_ns));
        port_write32(ACPI_EJECT, UINT32_C(1) << SLOT);
    } else {
        CHECK(ivm_wait_until(was_pressed, hand, limit_ns));
        root_port_power_off(hand->port);
        CHECK(ivm_wait_until(has_changed, hand, limit_ns));
    }
    ivm_devices_rescan(&rescan);
    CHECK_EQUAL(rescan.found, 0);
    CHECK_EQUAL(rescan.gone, 1);
}

/* A rescan takes off what was connected to what is gone. */
static void with_hand(void (*test)(struct hand *))
{
    struct hand hand;
    if (!hand_begin(&hand))
        return;
    test(&hand);
    if (hand.is_full)
        take_out(&hand);
    if (hand.port != NULL)
        CHECK(messages_end(hand.port, 2));
}

static uint32_t vectors_used(void)
{
    struct ivm_totals totals;
    ivm_stats_totals(&totals);
    return totals.vectors_used;
}

static void fire_line_often(struct ivm_device *device)
{
    for (unsigned i = 0; i < TIMES; i++)
        CHECK(fire_line(device));
    CHECK(probe_fence());
    CHECK_EQUAL(ivm_stats_claimed(&device->connection), TIMES);
}

HOTPLUG_TEST(a_device_that_is_put_in_interrupts_by_its_line)
{
    struct ivm_refusal refusal;
    struct ivm_device *device = put_in(hand, "edu");
    REQUIRE(device != NULL && device->driver != NULL && device->has_line);

    REQUIRE(ivm_device_connect(device, IVM_SHARED, &refusal) == IVM_OK);
    fire_line_often(device);
    CHECK_EQUAL(ivm_device_disconnect(device), IVM_OK);

    CHECK_EQUAL(ivm_device_unload(device), IVM_OK);
}

HOTPLUG_TEST(a_device_that_is_put_in_interrupts_by_its_messages)
{
    struct ivm_device *device = put_in(hand, "edu");
    REQUIRE(device != NULL && device->driver != NULL);

    REQUIRE(messages_begin(device, 1));
    for (unsigned i = 0; i < TIMES; i++)
        CHECK(fire_message(device, 0));
    CHECK(probe_fence());
    CHECK_EQUAL(ivm_stats_claimed(ivm_device_message_connection(device, 0)), TIMES);
    CHECK(messages_end(device, 1));
}

/* It has ports as well as memory; where the bridge leads no ports it does without, at each load. */
HOTPLUG_TEST(a_device_that_is_put_in_is_unloaded_and_loaded_like_any_other)
{
    struct ivm_device *device = put_in(hand, "e1000e");
    REQUIRE(device != NULL && device->driver != NULL);
    const struct ivm_bar before = device->pci.bars[0];
    for (unsigned round = 0; round < 3; round++) {
        REQUIRE(ivm_device_unload(device) == IVM_OK);
        REQUIRE(ivm_device_load(device) == IVM_OK);

        CHECK_EQUAL(device->pci.bars[0].base, before.base);
        REQUIRE(messages_begin(device, device->driver->message_count));
        CHECK(fire_message(device, 0));
        CHECK(messages_end(device, device->driver->message_count));
    }
}

/* Everything a caller may do with a device that is not there any more. */
static void check_is_gone(struct ivm_device *device)
{
    struct ivm_refusal refusal;
    struct ivm_message_wish wish = {.count = 1};
    struct ivm_grant grant;
    CHECK(device->is_gone);
    CHECK(device->driver == NULL);
    CHECK_EQUAL(ivm_device_connect(device, IVM_SHARED, &refusal), IVM_DEVICE_GONE);
    CHECK_EQUAL(ivm_device_disconnect(device), IVM_DEVICE_GONE);
    CHECK_EQUAL(ivm_device_load(device), IVM_DEVICE_GONE);
    CHECK_EQUAL(ivm_device_unload(device), IVM_DEVICE_GONE);
    CHECK_EQUAL(ivm_device_messages_open(device, &wish, &grant), IVM_DEVICE_GONE);
}

HOTPLUG_TEST(a_device_taken_out_while_its_line_is_connected_leaves_nothing_behind)
{
    struct ivm_refusal refusal;
    uint32_t before = vectors_used();
    struct ivm_device *device = put_in(hand, "edu");
    REQUIRE(device != NULL && device->driver != NULL && device->has_line);
    REQUIRE(ivm_device_connect(device, IVM_SHARED, &refusal) == IVM_OK);
    CHECK(fire_line(device));

    take_out(hand);

    check_is_gone(device);
    CHECK_EQUAL(vectors_used(), before);
}

HOTPLUG_TEST(a_device_taken_out_while_its_messages_are_connected_leaves_nothing_behind)
{
    uint32_t before = vectors_used();
    struct ivm_device *device = put_in(hand, "e1000e");
    REQUIRE(device != NULL && device->driver != NULL);
    uint32_t count = device->driver->message_count;
    REQUIRE(messages_begin(device, count));
    for (uint32_t i = 0; i < count; i++)
        CHECK(fire_message(device, i));

    take_out(hand);

    check_is_gone(device);
    CHECK_EQUAL(ivm_device_message_number(device, 0), 0);
    CHECK_EQUAL(vectors_used(), before);
}

HOTPLUG_TEST(a_device_that_is_put_in_again_is_the_same_one)
{
    struct ivm_refusal refusal;
    char name[IVM_NAME_SIZE];
    struct ivm_device *device = put_in(hand, "edu");
    REQUIRE(device != NULL && device->driver != NULL);
    const void *state = device->state;
    size_t count = ivm_device_count();
    for (size_t i = 0; i < sizeof name; i++)
        name[i] = device->name[i];

    for (unsigned round = 0; round < 3; round++) {
        take_out(hand);
        CHECK(ivm_device_find(name) == device);
        CHECK(put_in(hand, "edu") == device);

        CHECK(ivm_device_find(name) == device);
        CHECK(device->state == state);
        CHECK_EQUAL(ivm_device_count(), count);
        REQUIRE(ivm_device_connect(device, IVM_SHARED, &refusal) == IVM_OK);
        CHECK(fire_line(device));
        CHECK_EQUAL(ivm_device_disconnect(device), IVM_OK);
    }
}

static enum ivm_verdict take(void *context)
{
    (void)context;
    return IVM_HANDLED;
}

HOTPLUG_TEST(what_a_client_holds_of_a_device_that_is_gone_is_closed_when_he_lets_go)
{
    static struct ivm_connection theirs;
    struct ivm_message_wish wish = {.count = 1};
    struct ivm_grant grant;
    struct ivm_rescan rescan;
    struct ivm_device *device = put_in(hand, "edu");
    REQUIRE(device != NULL && device->driver != NULL);
    size_t count = ivm_device_count();
    REQUIRE(ivm_device_messages_open(device, &wish, &grant) == IVM_OK);
    const struct ivm_request request = {
        .owner = "client",
        .routine = take,
        .trigger = IVM_EDGE,
        .source = {.kind = IVM_MESSAGE, .number = ivm_device_message_number(device, 0)}};
    REQUIRE(ivm_connect(&request, &theirs, NULL) == IVM_OK);

    take_out(hand);
    CHECK(ivm_device_message_number(device, 0) != 0);
    CHECK_EQUAL(ivm_disconnect(&theirs), IVM_OK);
    ivm_devices_rescan(&rescan);

    check_is_gone(device);
    CHECK_EQUAL(ivm_device_message_number(device, 0), 0);
    CHECK(put_in(hand, "edu") == device);
    CHECK_EQUAL(ivm_device_count(), count);
}

HOTPLUG_TEST(a_root_port_s_two_messages_are_neighbours_on_one_cpu)
{
    if (hand->port == NULL) {
        suite_skip("no root port");
        return;
    }
    uint32_t cpus[2];
    uint8_t vectors[2];
    for (uint32_t i = 0; i < 2; i++) {
        struct ivm_source_id source = {.kind = IVM_MESSAGE,
                                       .number = ivm_device_message_number(hand->port, i)};
        CHECK(ivm_stats_place(source, &cpus[i], &vectors[i]));
    }

    CHECK_EQUAL(cpus[1], cpus[0]);
    CHECK_EQUAL(vectors[0] % 2, 0);
    CHECK_EQUAL(vectors[1], vectors[0] + 1);
    for (unsigned i = 0; i < TIMES; i++)
        CHECK(fire_message(hand->port, 0));
    CHECK_EQUAL(ivm_stats_claimed(ivm_device_message_connection(hand->port, 1)), 0);
}

HOTPLUG_TEST(an_error_below_a_root_port_comes_by_the_other_message)
{
    struct root_port_seen seen;
    if (hand->port == NULL) {
        suite_skip("no root port");
        return;
    }
    for (unsigned i = 1; i <= 3; i++) {
        ivm_log("peer: {\"execute\": \"human-monitor-command\", \"arguments\": "
                "{\"command-line\": \"pcie_aer_inject_error rp1 DLP\"}}");
        CHECK(await_claims(ivm_device_message_connection(hand->port, 1), i));
    }

    root_port_seen(hand->port, &seen);
    CHECK_EQUAL(seen.errors, 3);
    CHECK_EQUAL(ivm_stats_claimed(ivm_device_message_connection(hand->port, 0)), 0);
}
