/* test_removal.c: a device is taken from its driver and given back, a thousand times over, and nothing
 * is lost on the way: no vector, no page, no interrupt.
 */
#include <stddef.h>

#include <ivm/bus.h>
#include <ivm/cpu.h>
#include <ivm/device_message.h>
#include <ivm/stats.h>
#include <ivm/vector.h>

#include "drivers/pci.h"
#include "fire.h"
#include "kernel/system/pages.h"
#include "probe.h"
#include "suite.h"

enum { CYCLES = 1000, FIXED_CYCLES = 3, STILL_CONNECTED = 764 };

/* What there is of everything. */
struct ledger {
    uint64_t pages, generations, delivered, strays;
    uint32_t vectors_free, vectors_used;
    size_t devices;
};

static struct ledger count_all(void)
{
    struct ivm_totals totals;
    ivm_stats_totals(&totals);
    struct ledger all = {.pages = pages_free(),
                         .vectors_free = totals.vectors_free,
                         .vectors_used = totals.vectors_used,
                         .devices = ivm_device_count()};
    for (uint32_t cpu = 0; cpu < ivm_cpu_count(); cpu++) {
        for (unsigned v = IVM_VECTOR_DEVICE_FIRST; v < IVM_VECTOR_DEVICE_END; v++) {
            struct ivm_vector_stats vector;
            if (!ivm_stats_vector(cpu, (uint8_t)v, &vector))
                continue;
            all.generations += vector.generation;
            all.delivered += vector.delivered;
            all.strays += vector.strays;
        }
    }
    return all;
}

/* `interrupts` were made, by as many vectors, each of which was taken and given back for it; and so many
 * `unclaimed`, which nobody took. */
static void check_nothing_lost(const struct ledger *before, uint64_t interrupts,
                               uint64_t unclaimed)
{
    struct ledger after = count_all();
    CHECK_EQUAL(after.pages, before->pages);
    CHECK_EQUAL(after.vectors_free, before->vectors_free);
    CHECK_EQUAL(after.vectors_used, before->vectors_used);
    CHECK_EQUAL(after.devices, before->devices);
    CHECK_EQUAL(after.strays - before->strays, unclaimed);
    CHECK_EQUAL(after.delivered - before->delivered, interrupts + unclaimed);
    CHECK_EQUAL(after.generations - before->generations, interrupts);
}

static bool by_line(struct ivm_device *device)
{
    struct ivm_refusal refusal;
    return ivm_device_connect(device, IVM_EXCLUSIVE, &refusal) == IVM_OK &&
           fire_line(device) && ivm_device_disconnect(device) == IVM_OK;
}

static bool by_messages(struct ivm_device *device)
{
    uint32_t count = device->driver->message_count;
    bool good = messages_begin(device, count);
    for (uint32_t i = 0; good && i < count; i++)
        good = fire_message(device, i);
    return good && messages_end(device, count);
}

static bool again(struct ivm_device *device)
{
    return ivm_device_unload(device) == IVM_OK && device->driver == NULL &&
           ivm_device_load(device) == IVM_OK && device->driver != NULL;
}

/* How a device is used, and what comes of it each time. */
struct use {
    bool (*by)(struct ivm_device *device);
    uint32_t interrupts, unclaimed;
};

/* The first time may take memory that is kept for the next. */
static void run_cycles(struct ivm_device *device, const struct use *use)
{
    char name[IVM_NAME_SIZE];
    for (size_t i = 0; i < sizeof name; i++)
        name[i] = device->name[i];
    REQUIRE(use->by(device) && again(device));
    struct ledger before = count_all();
    for (unsigned cycle = 0; cycle < CYCLES; cycle++)
        REQUIRE(use->by(device) && again(device));
    check_nothing_lost(&before, (uint64_t)CYCLES * use->interrupts,
                       (uint64_t)CYCLES * use->unclaimed);
    CHECK(ivm_device_find(name) == device);
}

static struct ivm_device *find(const char *name)
{
    struct ivm_device *device = ivm_device_find(name);
    if (device == NULL || device->driver == NULL) {
        suite_skip(name);
        return NULL;
    }
    return device;
}

static void run_all_messages(const char *name, uint32_t unclaimed)
{
    struct ivm_device *device = find(name);
    if (device == NULL)
        return;
    const struct use use = {.by = by_messages,
                            .interrupts = device->driver->message_count,
                            .unclaimed = unclaimed};
    run_cycles(device, &use);
}

GUEST_TEST(removal, an_edu_on_its_line_comes_back_a_thousand_times_and_nothing_is_lost)
{
    struct ivm_device *edu = find("edu0");
    const struct use use = {.by = by_line, .interrupts = 1};
    if (edu != NULL)
        run_cycles(edu, &use);
}

GUEST_TEST(removal, an_edu_by_message_comes_back_a_thousand_times_and_nothing_is_lost)
{
    run_all_messages("edu0", 0);
}

GUEST_TEST(removal, a_rocker_by_all_its_messages_comes_back_as_often_and_nothing_is_lost)
{
    run_all_messages("rocker0", 0);
}

GUEST_TEST(removal, an_e1000e_by_all_its_messages_comes_back_as_often_and_nothing_is_lost)
{
    run_all_messages("e1000e0", 0);
}

GUEST_TEST(removal, a_virtio_rng_by_message_comes_back_as_often_and_nothing_is_lost)
{
    run_all_messages("rng0", 0);
}

/* What its driver asked for to make the queues is announced when message 0 is connected: test_storage.c. */
GUEST_TEST(removal, an_nvme_by_all_its_messages_comes_back_as_often_and_nothing_is_lost)
{
    run_all_messages("nvme0", 1);
}

GUEST_TEST(removal, a_device_that_is_connected_is_not_unloaded_and_goes_on_working)
{
    struct ivm_device *edu = find("edu0");
    if (edu == NULL)
        return;
    struct ivm_refusal refusal;
    REQUIRE(ivm_device_connect(edu, IVM_EXCLUSIVE, &refusal) == IVM_OK);

    CHECK_EQUAL(ivm_device_unload(edu), IVM_STILL_CONNECTED);
    CHECK_EQUAL(ivm_status_forms(IVM_STILL_CONNECTED)->win32, STILL_CONNECTED);

    CHECK(fire_line(edu));
    CHECK_EQUAL(ivm_device_disconnect(edu), IVM_OK);
}

GUEST_TEST(removal, a_device_that_another_has_connected_in_its_name_is_not_unloaded)
{
    struct ivm_device *edu = find("edu0");
    if (edu == NULL)
        return;
    struct probe probe = probe_device(edu, IVM_SHARED);
    REQUIRE(probe_connect(&probe));

    CHECK_EQUAL(ivm_device_unload(edu), IVM_STILL_CONNECTED);

    CHECK(probe_disconnect(&probe));
}

GUEST_TEST(removal, a_device_whose_messages_are_open_is_not_unloaded)
{
    struct ivm_device *edu = find("edu0");
    if (edu == NULL)
        return;
    REQUIRE(messages_begin(edu, 1));
    CHECK_EQUAL(ivm_device_unload(edu), IVM_STILL_CONNECTED);
    CHECK_EQUAL(ivm_device_message_disconnect(edu, 0), IVM_OK);
    CHECK_EQUAL(ivm_device_unload(edu), IVM_STILL_CONNECTED);
    CHECK_EQUAL(ivm_device_messages_close(edu), IVM_OK);

    CHECK(again(edu));
}

GUEST_TEST(removal, nothing_is_unloaded_or_loaded_twice)
{
    struct ivm_device *edu = find("edu0");
    if (edu == NULL)
        return;
    CHECK_EQUAL(ivm_device_load(edu), IVM_ALREADY_CONNECTED);
    CHECK_EQUAL(ivm_device_unload(edu), IVM_OK);
    CHECK_EQUAL(ivm_device_unload(edu), IVM_NO_SUCH_DEVICE);
    CHECK_EQUAL(ivm_device_load(edu), IVM_OK);
    CHECK_EQUAL(ivm_device_load(edu), IVM_ALREADY_CONNECTED);
    CHECK(by_line(edu));
}

GUEST_TEST(removal, an_unloaded_function_is_silent_and_connects_nothing)
{
    struct ivm_device *edu = find("edu0");
    if (edu == NULL)
        return;
    REQUIRE(ivm_device_unload(edu) == IVM_OK);
    uint16_t command = pci_read16(pci_address(&edu->pci), PCI_COMMAND);

    CHECK_EQUAL(command & PCI_COMMAND_MASTER, 0);
    CHECK_EQUAL(command & PCI_COMMAND_INTX_DISABLE, PCI_COMMAND_INTX_DISABLE);
    struct ivm_refusal refusal;
    CHECK_EQUAL(ivm_device_connect(edu, IVM_SHARED, &refusal), IVM_NO_SUCH_DEVICE);

    CHECK_EQUAL(ivm_device_load(edu), IVM_OK);
}

GUEST_TEST(removal, devices_that_are_not_pci_come_back_as_well)
{
    static const char *const names[] = {"com2", "pit", "rtc", "hpet0", "hpet1"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct ivm_device *device = find(names[i]);
        REQUIRE(device != NULL);
        for (unsigned cycle = 0; cycle < FIXED_CYCLES; cycle++)
            REQUIRE(by_line(device) && again(device));
        CHECK(ivm_device_find(names[i]) == device);
    }
}

GUEST_TEST(removal, a_rescan_where_nothing_changed_changes_nothing)
{
    struct ivm_device *edu = find("edu0");
    if (edu == NULL)
        return;
    struct ledger before = count_all();
    struct ivm_rescan rescan;
    struct ivm_refusal refusal;
    REQUIRE(ivm_device_connect(edu, IVM_EXCLUSIVE, &refusal) == IVM_OK);

    ivm_devices_rescan(&rescan);

    CHECK_EQUAL(rescan.found, 0);
    CHECK_EQUAL(rescan.gone, 0);
    CHECK(fire_line(edu));
    CHECK_EQUAL(ivm_device_disconnect(edu), IVM_OK);
    check_nothing_lost(&before, 1, 0);
}
