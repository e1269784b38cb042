/* test_wdm.c: driver images at work: their devices interrupt, what they connected is in the tables, and
 * who is refused is told by whom.
 */
#include <stddef.h>

#include <ivm/bus.h>
#include <ivm/stats.h>

#include "door.h"
#include "kernel/wdm/objects.h"
#include "suite.h"

enum { ROUNDS = 200, BY_MESSAGES = 3, PER_INTERRUPT = 10, OWNERS = 16 };

static bool same_text(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b)
        a++, b++;
    return *a == *b;
}

/* How many connections carry this name, over all vectors of all CPUs. */
static uint32_t connections_of(const char *name)
{
    struct ivm_owner_stats owners[OWNERS];
    struct ivm_totals totals;
    uint32_t found = 0;
    ivm_stats_totals(&totals);
    for (uint32_t cpu = 0; cpu < totals.cpus; cpu++) {
        for (unsigned vector = 0; vector < 256; vector++) {
            size_t count = ivm_stats_owners(cpu, (uint8_t)vector, owners, OWNERS);
            for (size_t i = 0; i < count && i < OWNERS; i++)
                found += same_text(owners[i].owner.name, name);
        }
    }
    return found;
}

GUEST_TEST(wdm, each_device_of_an_image_has_one_connection_in_its_name)
{
    struct image *edu = door_have("edu.sys");
    if (edu == NULL)
        return;
    uint32_t devices = door_devices(edu);
    CHECK(devices != 0);
    CHECK(edu->state == IMAGE_STARTED);
    CHECK_EQUAL(edu->devices, devices);
    CHECK_EQUAL(edu->interrupts, devices);
    CHECK_EQUAL(connections_of("edu.sys"), devices);
}

GUEST_TEST(wdm, each_interrupt_of_its_device_is_taken_once_and_deferred)
{
    struct image *edu = door_have("edu.sys");
    if (edu == NULL)
        return;
    for (uint32_t i = 0; i < door_devices(edu); i++) {
        uint64_t deferred = door_ask(edu, DOOR_DEFERRED, i);
        CHECK(door_fire(edu, i, ROUNDS));
        CHECK(door_ask(edu, DOOR_DEFERRED, i) >= deferred + ROUNDS);
    }
}

GUEST_TEST(wdm, floating_point_in_an_interrupt_routine_loses_nothing)
{
    struct image *edu = door_have("edu.sys");
    if (edu == NULL)
        return;
    CHECK(door_fire(edu, 0, ROUNDS));
    CHECK_EQUAL(door_ask(edu, DOOR_SUM, 0),
                PER_INTERRUPT * door_ask(edu, DOOR_INTERRUPTS, 0));
}

GUEST_TEST(wdm, a_device_whose_inf_asks_for_messages_has_messages)
{
    struct image *edu = door_have("edu.sys");
    if (edu == NULL)
        return;
    for (uint32_t i = 0; i < door_devices(edu); i++)
        CHECK_EQUAL(door_ask(edu, DOOR_VERSION, i), BY_MESSAGES);
}

GUEST_TEST(wdm, a_port_on_isa_interrupts_by_the_vector_that_it_was_given)
{
    struct image *uart = door_have("uart.sys");
    if (uart == NULL)
        return;
    struct ivm_vector_stats stats = {0};
    uint64_t vector = door_ask(uart, DOOR_VECTOR, 0);
    REQUIRE(vector != 0);
    CHECK(door_fire(uart, 0, ROUNDS));
    uint32_t cpu = 0;
    while (ivm_stats_vector(cpu, (uint8_t)vector, &stats) && !stats.connected)
        cpu++; /* it holds the vector on each CPU, and is on one */
    CHECK(stats.connected && stats.delivered >= ROUNDS);
    /* An edge that comes while its cause is being served finds nothing when its turn comes: no more of
     * these than there were deliveries beyond the firings. */
    CHECK(stats.strays <= stats.delivered - ROUNDS);
    CHECK_EQUAL(stats.trigger, IVM_EDGE);
}

GUEST_TEST(wdm, an_image_that_wants_a_vector_of_another_is_told_whose_it_is)
{
    struct image *uart = door_have("uart.sys"), *legacy = image_find("legacy.sys");
    if (uart == NULL)
        return;
    if (legacy == NULL) {
        suite_skip("legacy.sys");
        return;
    }
    CHECK(image_load(legacy) == IVM_UNSUPPORTED);
    CHECK_EQUAL(legacy->state, IMAGE_BROKEN);
    CHECK_EQUAL(legacy->refusals, 1);
    CHECK_EQUAL(legacy->refusal.rule, IVM_RULE_OWNER_EXCLUSIVE);
    CHECK(same_text(legacy->refusal.owners[0].name, "uart.sys"));
    CHECK(same_text(legacy->refusal.requester, "legacy.sys"));
    CHECK_EQUAL(legacy->refusal.vector, door_ask(uart, DOOR_VECTOR, 0));
    CHECK_EQUAL(legacy->interrupts, 0);
    CHECK_EQUAL(legacy->pool_blocks, 0);
}

GUEST_TEST(wdm, a_driver_of_the_old_kind_connects_when_it_is_loaded)
{
    struct image *uart = door_have("uart.sys"), *legacy = image_find("legacy.sys");
    if (uart == NULL)
        return;
    if (legacy == NULL) {
        suite_skip("legacy.sys");
        return;
    }
    REQUIRE(image_unload(uart) == IVM_OK);
    CHECK(image_load(legacy) == IVM_OK);
    CHECK_EQUAL(legacy->state, IMAGE_LOADED);
    CHECK_EQUAL(legacy->interrupts, 1);
    CHECK(door_fire(legacy, 0, ROUNDS));
    CHECK(image_unload(legacy) == IVM_OK);
    CHECK(image_load(uart) == IVM_OK);
    CHECK(door_fire(uart, 0, 1));
}

GUEST_TEST(wdm, a_native_driver_has_its_device_back_when_the_image_is_unloaded)
{
    struct image *edu = door_have("edu.sys");
    if (edu == NULL)
        return;
    struct ivm_device *device = ivm_device_find("edu0");
    REQUIRE(image_unload(edu) == IVM_OK);
    CHECK(device != NULL && device->driver != NULL);
    CHECK(image_load(edu) == IVM_OK);
    CHECK(device != NULL && device->driver == NULL);
    CHECK(door_fire(edu, 0, 1));
}
