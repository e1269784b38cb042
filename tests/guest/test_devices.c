/* test_devices.c: each device that can be fired interrupts exactly as often as it is fired.
 */
#include <stddef.h>

#include <ivm/bus.h>
#include <ivm/stats.h>
#include <ivm/system.h>

#include "fire.h"
#include "probe.h"
#include "suite.h"

enum {
    TIMES = 20,
    RTC_TIMES = 4, /* its period ends within an eighth of a second */
};

/* Connect the device's own routine, fire it again and again, and count. */
static void fire_and_count(const char *name, unsigned times)
{
    struct ivm_device *device = ivm_device_find(name);
    if (device == NULL || device->driver == NULL || !device->has_line) {
        suite_skip(name);
        return;
    }
    struct ivm_refusal refusal;
    REQUIRE(ivm_device_connect(device, IVM_EXCLUSIVE, &refusal) == IVM_OK);
    for (unsigned round = 0; round < times; round++)
        CHECK(fire_line(device));
    CHECK(probe_fence());
    CHECK_EQUAL(ivm_stats_claimed(&device->connection), times);
    CHECK_EQUAL(ivm_device_disconnect(device), IVM_OK);
}

GUEST_TEST(devices, com1_interrupts_as_often_as_it_is_fired)
{
    fire_and_count("com1", TIMES);
}

GUEST_TEST(devices, com2_interrupts_as_often_as_it_is_fired)
{
    fire_and_count("com2", TIMES);
}

GUEST_TEST(devices, the_pit_interrupts_as_often_as_it_is_fired)
{
    fire_and_count("pit", TIMES);
}

GUEST_TEST(devices, the_rtc_interrupts_as_often_as_it_is_fired)
{
    fire_and_count("rtc", RTC_TIMES);
}

GUEST_TEST(devices, the_hpet_by_edge_interrupts_as_often_as_it_is_fired)
{
    fire_and_count("hpet0", TIMES);
}

GUEST_TEST(devices, the_hpet_by_level_interrupts_as_often_as_it_is_fired)
{
    fire_and_count("hpet1", TIMES);
}

GUEST_TEST(devices, the_edu_interrupts_as_often_as_it_is_fired)
{
    fire_and_count("edu0", TIMES);
}

GUEST_TEST(devices, a_missing_device_is_not_found_and_nothing_crashes)
{
    CHECK(ivm_device_find("no such device") == NULL);
    CHECK(ivm_device_at(ivm_device_count()) == NULL);
}
