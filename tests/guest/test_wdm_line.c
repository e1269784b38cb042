/* test_wdm_line.c: two driver images and a native driver on one level-triggered line. */
#include <stddef.h>

#include <ivm/level.h>
#include <ivm/stats.h>

#include "door.h"
#include "suite.h"
#include "trial.h"

enum { ROUNDS = 100, SHARERS = 3, PORTS = 4 };

/* The three, and which device of each it is. */
struct sharers {
    struct image *edu, *uart;
    uint64_t edu_device, uart_device;
    struct ivm_device *native;
};

static bool vector_of(const struct ivm_device *device, struct ivm_vector_stats *out)
{
    const struct ivm_source_id line = {.kind = IVM_LINE, .number = device->line.gsi};
    uint32_t cpu;
    uint8_t vector;
    return ivm_stats_place(line, &cpu, &vector) && ivm_stats_vector(cpu, vector, out);
}

/* The port of the image that is on PCI: its line is not ISA's. */
static bool find_port(struct sharers *found)
{
    struct ivm_vector_stats stats = {0};
    for (uint64_t i = 0; i < PORTS; i++) {
        uint8_t vector = (uint8_t)door_ask(found->uart, DOOR_VECTOR, i);
        for (uint32_t cpu = 0; vector != 0 && ivm_stats_vector(cpu, vector, &stats);
             cpu++) {
            found->uart_device = i;
            if (stats.connected && stats.source.kind == IVM_LINE &&
                stats.source.number == found->native->line.gsi)
                return true;
        }
    }
    return false;
}

static bool have(struct sharers *found)
{
    *found = (struct sharers){.edu = door_have("edu.sys"), .uart = door_have("uart.sys")};
    if (found->edu == NULL || found->uart == NULL)
        return false;
    found->native = trial_have("e1000e", 0);
    return found->native != NULL &&
           suite_check(find_port(found), "a port is on the native device's line", __FILE__,
                       __LINE__);
}

static bool fire_native(struct ivm_device *device)
{
    uint64_t claims = ivm_stats_claimed(&device->connection);
    device->driver->fire(device);
    return trial_wait(&device->connection, claims + 1);
}

static void check_each(const struct sharers *all)
{
    CHECK(door_fire(all->edu, all->edu_device, ROUNDS));
    CHECK(door_fire(all->uart, all->uart_device, ROUNDS));
    for (unsigned i = 0; i < ROUNDS; i++)
        REQUIRE(fire_native(all->native));
}

static void fire_all(const struct sharers *all)
{
    uint8_t found = ivm_level_raise(IVM_CLOCK); /* nobody is served before all have fired */
    door_ask(all->edu, DOOR_FIRE, all->edu_device);
    door_ask(all->uart, DOOR_FIRE, all->uart_device);
    all->native->driver->fire(all->native);
    ivm_level_lower(found);
}

GUEST_TEST(wdm_line, two_images_and_a_native_driver_each_take_their_own_from_one_line)
{
    struct sharers all;
    struct ivm_vector_stats stats = {0};
    struct ivm_refusal refusal;
    if (!have(&all))
        return;
    REQUIRE(ivm_device_connect(all.native, IVM_SHARED, &refusal) == IVM_OK);
    CHECK(vector_of(all.native, &stats));
    CHECK_EQUAL(stats.owner_count, SHARERS);
    CHECK_EQUAL(stats.trigger, IVM_LEVEL);
    check_each(&all);
    CHECK(vector_of(all.native, &stats));
    CHECK_EQUAL(stats.strays, 0);
    CHECK(ivm_device_disconnect(all.native) == IVM_OK);
}

GUEST_TEST(wdm_line, all_three_at_once_are_all_served)
{
    struct sharers all;
    struct ivm_refusal refusal;
    if (!have(&all))
        return;
    REQUIRE(ivm_device_connect(all.native, IVM_SHARED, &refusal) == IVM_OK);
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t edu = door_ask(all.edu, DOOR_INTERRUPTS, all.edu_device);
        uint64_t uart = door_ask(all.uart, DOOR_INTERRUPTS, all.uart_device);
        uint64_t native = ivm_stats_claimed(&all.native->connection);
        fire_all(&all);
        CHECK(door_wait(all.edu, DOOR_INTERRUPTS, all.edu_device, edu + 1));
        CHECK(door_wait(all.uart, DOOR_INTERRUPTS, all.uart_device, uart + 1));
        REQUIRE(trial_wait(&all.native->connection, native + 1));
    }
    CHECK(ivm_device_disconnect(all.native) == IVM_OK);
}

GUEST_TEST(wdm_line, when_one_image_is_unloaded_the_others_go_on)
{
    struct sharers all;
    struct ivm_vector_stats stats = {0};
    struct ivm_refusal refusal;
    if (!have(&all))
        return;
    REQUIRE(ivm_device_connect(all.native, IVM_SHARED, &refusal) == IVM_OK);
    CHECK(image_unload(all.edu) == IVM_OK);
    CHECK(vector_of(all.native, &stats));
    CHECK_EQUAL(stats.owner_count, SHARERS - 1);
    CHECK(door_fire(all.uart, all.uart_device, ROUNDS));
    CHECK(fire_native(all.native));
    CHECK(image_load(all.edu) == IVM_OK);
    check_each(&all);
    CHECK(ivm_device_disconnect(all.native) == IVM_OK);
    CHECK(door_fire(all.edu, all.edu_device, ROUNDS));
}
