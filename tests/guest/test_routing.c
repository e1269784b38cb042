/* test_routing.c: what routing says of a line, and what firing the device says.
 */
#include <stddef.h>

#include <ivm/bus.h>
#include <ivm/stats.h>
#include <ivm/system.h>

#include "drivers/measure.h"
#include "drivers/pci.h"
#include "drivers/pci_route.h"
#include "drivers/pci_route_provider.h"
#include "fire.h"
#include "kernel/monitor/text.h"
#include "probe.h"
#include "suite.h"

enum { FALSE_IRQ = 7, TWICE = 2, ROOM = 8 };

static struct ivm_device *edu(const char *name)
{
    struct ivm_device *device = ivm_device_find(name);
    if (device != NULL && device->driver != NULL && device->has_line)
        return device;
    suite_skip("no edu device");
    return NULL;
}

/* The first edu, and another one on the same line. */
static bool find_pair(struct ivm_device **first, struct ivm_device **second)
{
    *first = edu("edu0");
    for (size_t i = 0; *first != NULL && i < ivm_device_count(); i++) {
        *second = ivm_device_at(i);
        if (*second != *first && (*second)->driver == (*first)->driver &&
            (*second)->has_line && (*second)->line.gsi == (*first)->line.gsi)
            return true;
    }
    suite_skip("no edu device");
    return false;
}

static struct ivm_measurement measure(struct ivm_device *device)
{
    struct ivm_measurement measured = {0};
    CHECK_EQUAL(ivm_device_measure(device, &measured), IVM_OK);
    return measured;
}

static void expect_as_known(struct ivm_device *device)
{
    struct ivm_measurement measured = measure(device);
    CHECK(measured.heard);
    CHECK(measured.agrees);
    CHECK_EQUAL(measured.gsi, device->line.gsi);
    CHECK_EQUAL(measured.restless, 0);
}

static bool can_be_measured(const struct ivm_device *device)
{
    return !device->is_gone && device->driver != NULL && device->driver->fire != NULL &&
           device->has_line;
}

GUEST_TEST(routing, every_device_that_can_be_fired_raises_the_line_that_routing_knows)
{
    unsigned measured = 0;
    for (size_t i = 0; i < ivm_device_count(); i++) {
        if (!can_be_measured(ivm_device_at(i)))
            continue;
        expect_as_known(ivm_device_at(i));
        measured++;
    }
    CHECK(measured >= 4); /* both ports, the RTC and the PIT are in every machine here */
}

static struct ivm_line_info put_on_false_line(struct ivm_device *device)
{
    struct ivm_line_info real = device->line;
    CHECK(ivm_isa_line(FALSE_IRQ, &device->line));
    CHECK(device->line.gsi != real.gsi);
    return real;
}

static void expect_to_work(struct ivm_device *device)
{
    REQUIRE(ivm_device_connect(device, IVM_EXCLUSIVE, NULL) == IVM_OK);
    for (unsigned round = 1; round <= TWICE; round++) {
        CHECK(fire_line(device));
    }
    CHECK(probe_fence());
    CHECK_EQUAL(ivm_stats_claimed(&device->connection), TWICE);
    CHECK_EQUAL(ivm_device_disconnect(device), IVM_OK);
}

GUEST_TEST(routing, an_edu_on_record_with_a_false_line_is_heard_on_the_real_one)
{
    struct ivm_device *device = edu("edu0");
    if (device == NULL)
        return;
    struct ivm_line_info real = put_on_false_line(device);
    uint32_t false_gsi = device->line.gsi;

    struct ivm_measurement measured = measure(device);

    CHECK(measured.heard && measured.was_known && !measured.agrees);
    CHECK_EQUAL(measured.gsi, real.gsi);
    CHECK_EQUAL(measured.known_gsi, false_gsi);
    CHECK_EQUAL(device->line.gsi, false_gsi);
    CHECK_EQUAL(ivm_device_use_measured(device, &measured), IVM_OK);
    CHECK_EQUAL(device->line.gsi, real.gsi);
    CHECK_EQUAL(device->line.trigger, IVM_LEVEL);
    CHECK(text_is(device->line.known_from, "measured"));
    expect_to_work(device);
    device->line = real;
}

GUEST_TEST(routing, a_line_that_is_only_a_register_s_word_is_measured_at_the_start)
{
    struct ivm_device *device = edu("edu0");
    if (device == NULL)
        return;
    struct ivm_line_info real = put_on_false_line(device);
    device->line.known_from = pci_route_register.name;

    devices_measure();

    CHECK(!pci_route_is_unproven(&device->line));
    CHECK_EQUAL(device->line.gsi, real.gsi);
    CHECK(text_is(device->line.known_from, "measured"));
    device->line = real;
}

GUEST_TEST(routing, a_line_that_is_asserted_already_is_masked_and_left_out_and_works_again)
{
    struct ivm_device *first, *restless, *other = ivm_device_find("com1");
    if (!find_pair(&first, &restless))
        return;
    restless->driver->fire(restless);

    struct ivm_measurement measured = measure(first);
    CHECK(!measured.heard);
    CHECK_EQUAL(measured.restless, 1);
    CHECK_EQUAL(measured.first_restless, first->line.gsi);
    REQUIRE(other != NULL && other->driver != NULL);
    measured = measure(other);
    CHECK(measured.agrees);
    CHECK_EQUAL(measured.restless, 1);

    restless->driver->quiet(restless);
    expect_as_known(first);
    expect_as_known(restless);
    expect_to_work(restless);
}

GUEST_TEST(routing, a_device_whose_line_is_in_use_is_not_measured)
{
    struct ivm_device *first, *second;
    struct ivm_measurement measured;
    if (!find_pair(&first, &second))
        return;
    REQUIRE(ivm_device_connect(first, IVM_EXCLUSIVE, NULL) == IVM_OK);

    CHECK_EQUAL(ivm_device_measure(first, &measured), IVM_STILL_CONNECTED);
    CHECK_EQUAL(ivm_device_measure(second, &measured), IVM_STILL_CONNECTED);

    CHECK_EQUAL(ivm_device_disconnect(first), IVM_OK);
    expect_as_known(second);
}

static bool suspects_hold(const struct ivm_device *device)
{
    struct ivm_device *suspects[ROOM];
    size_t count = ivm_line_suspects(device->line.gsi, suspects, ROOM);
    for (size_t i = 0; i < count && i < ROOM; i++)
        if (suspects[i] == device)
            return true;
    return false;
}

GUEST_TEST(routing, a_function_that_asserts_its_line_is_named_though_nobody_drives_it)
{
    struct ivm_device *device = edu("edu0");
    if (device == NULL)
        return;
    const struct ivm_driver *driver = device->driver;
    struct pci_address at = pci_address(&device->pci);
    CHECK(!suspects_hold(device));

    driver->fire(device);
    device->driver = NULL;
    CHECK(suspects_hold(device));
    CHECK_EQUAL(ivm_line_suspects(FALSE_IRQ, NULL, 0), 0);
    pci_command(at, PCI_COMMAND_INTX_DISABLE, 0);
    CHECK(!suspects_hold(device));
    pci_command(at, 0, PCI_COMMAND_INTX_DISABLE);
    device->driver = driver;
    driver->quiet(device);
    CHECK(!suspects_hold(device));
}
