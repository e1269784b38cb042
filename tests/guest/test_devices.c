/* test_devices.c: each device that can be fired interrupts exactly as often as it is fired.
 */
#include <stddef.h>

#include <ivm/bus.h>
#include <ivm/stats.h>
#include <ivm/system.h>

#include "probe.h"
#include "suite.h"

enum { TIMES = 20, FIVE_SECONDS = 5 };

struct awaited_claims {
    const struct ivm_device *device;
    uint64_t claims;
};

static bool has_claimed(void *context)
{
    const struct awaited_claims *awaited = context;
    return ivm_stats_claimed(&awaited->device->connection) >= awaited->claims;
}

/* Connect the device's own routine, fire it again and again, and count. */
static void fire_and_count(const char *name)
{
    struct ivm_device *device = ivm_device_find(name);
    if (device == NULL || device->driver == NULL || !device->has_line) {
        suite_skip(name);
        return;
    }
    struct ivm_refusal refusal;
    REQUIRE(ivm_device_connect(device, IVM_EXCLUSIVE, &refusal) == IVM_OK);
    for (unsigned round = 1; round <= TIMES; round++) {
        struct awaited_claims awaited = {.device = device, .claims = round};
        device->driver->fire(device);
        CHECK(ivm_wait_until(has_claimed, &awaited, FIVE_SECONDS * 1000000000ull));
    }
    CHECK(probe_fence());
    CHECK_EQUAL(ivm_stats_claimed(&device->connection), TIMES);
    CHECK_EQUAL(ivm_device_disconnect(device), IVM_OK);
}

GUEST_TEST(devices, com1_interrupts_as_often_as_it_is_fired)
{
    fire_and_count("com1");
}

GUEST_TEST(devices, com2_interrupts_as_often_as_it_is_fired)
{
    fire_and_count("com2");
}

GUEST_TEST(devices, the_pit_interrupts_as_often_as_it_is_fired)
{
    fire_and_count("pit");
}

GUEST_TEST(devices, the_rtc_interrupts_as_often_as_it_is_fired)
{
    fire_and_count("rtc");
}

GUEST_TEST(devices, the_hpet_by_edge_interrupts_as_often_as_it_is_fired)
{
    fire_and_count("hpet0");
}

GUEST_TEST(devices, the_hpet_by_level_interrupts_as_often_as_it_is_fired)
{
    fire_and_count("hpet1");
}

GUEST_TEST(devices, the_edu_interrupts_as_often_as_it_is_fired)
{
    fire_and_count("edu0");
}

GUEST_TEST(devices, a_missing_device_is_not_found_and_nothing_crashes)
{
    CHECK(ivm_device_find("no such device") == NULL);
    CHECK(ivm_device_at(ivm_device_count()) == NULL);
}
