/* test_timers.c: a timer that sends a message of its own: a source whose controller is no PCI
 * function's, behind the same interface.
 */
#include <stddef.h>

#include <ivm/affinity.h>
#include <ivm/audit.h>
#include <ivm/bus.h>
#include <ivm/cpu.h>
#include <ivm/message.h>
#include <ivm/stats.h>
#include <ivm/system.h>

#include <hw/mmio.h>

#include "drivers/hpet_block.h"
#include "drivers/hpet_timer.h"
#include "fire.h"
#include "probe.h"
#include "suite.h"

enum { TIMES = 50, RELOADS = 20, MOVES = 200 };

/* The timer by message; NULL, and skipped, where the HPET has none. */
static struct ivm_device *by_message(void)
{
    struct ivm_device *device = ivm_device_find("hpet2");
    if (device != NULL && device->driver != NULL && device->own_message != 0)
        return device;
    suite_skip("no HPET by message");
    return NULL;
}

static struct ivm_source_id source_of(const struct ivm_device *device)
{
    return (struct ivm_source_id){IVM_MESSAGE, device->own_message};
}

static bool connect(struct ivm_device *device)
{
    struct ivm_refusal refusal;
    return ivm_device_connect(device, IVM_EXCLUSIVE, &refusal) == IVM_OK;
}

GUEST_TEST(timers, the_hpet_by_message_interrupts_as_often_as_it_is_fired)
{
    struct ivm_device *device = by_message();
    if (device == NULL)
        return;
    REQUIRE(connect(device));

    for (unsigned round = 0; round < TIMES; round++)
        REQUIRE(fire_line(device));

    CHECK(probe_fence());
    CHECK_EQUAL(ivm_stats_claimed(&device->connection), TIMES);
    CHECK_EQUAL(ivm_device_disconnect(device), IVM_OK);
}

GUEST_TEST(timers, the_table_shows_its_message_and_its_controller)
{
    struct ivm_device *device = by_message();
    if (device == NULL)
        return;
    REQUIRE(connect(device));
    uint32_t cpu = 0;
    uint8_t vector = 0;
    struct ivm_vector_stats stats = {0};

    CHECK(ivm_stats_place(source_of(device), &cpu, &vector));
    CHECK(ivm_stats_vector(cpu, vector, &stats));

    CHECK_EQUAL(stats.source.kind, IVM_MESSAGE);
    CHECK_EQUAL(stats.source.number, device->own_message);
    CHECK_EQUAL(stats.trigger, IVM_EDGE);
    CHECK_EQUAL(stats.mask_reasons, 0);
    CHECK(stats.controller != NULL && stats.controller[0] == 'H');
    CHECK_EQUAL(ivm_device_disconnect(device), IVM_OK);
}

GUEST_TEST(timers, a_second_owner_of_the_timers_message_is_refused)
{
    struct ivm_device *device = by_message();
    if (device == NULL)
        return;
    REQUIRE(connect(device));
    struct probe second = probe_bare(0, 0);
    second.request.source = source_of(device);
    second.request.context = &second;

    CHECK_EQUAL(ivm_connect(&second.request, &second.connection, &second.refusal),
                IVM_ALREADY_CONNECTED);

    CHECK_EQUAL(second.refusal.rule, IVM_RULE_OWNER_EXCLUSIVE);
    CHECK_EQUAL(second.refusal.key, IVM_KEY_MESSAGE);
    CHECK(fire_line(device));
    CHECK_EQUAL(second.runs, 0);
    CHECK_EQUAL(ivm_device_disconnect(device), IVM_OK);
}

/* The other timer is the fence: fired later, it matches later. */
GUEST_TEST(timers, a_match_while_its_message_is_masked_is_made_up_for)
{
    struct ivm_device *device = by_message(), *fence = ivm_device_find("hpet0");
    if (device == NULL)
        return;
    REQUIRE(connect(device) && fence != NULL && connect(fence));
    CHECK_EQUAL(ivm_message_mask(&device->connection), IVM_OK);

    device->driver->fire(device);
    CHECK(fire_line(fence));
    CHECK(probe_fence());
    CHECK_EQUAL(ivm_stats_claimed(&device->connection), 0);

    CHECK_EQUAL(ivm_message_unmask(&device->connection), IVM_OK);
    CHECK(await_claims(&device->connection, 1));
    CHECK(fire_line(fence));
    CHECK(probe_fence());
    CHECK_EQUAL(ivm_stats_claimed(&device->connection), 1);
    CHECK_EQUAL(ivm_device_disconnect(fence), IVM_OK);
    CHECK_EQUAL(ivm_device_disconnect(device), IVM_OK);
}

/* The first difference that is this source's; false: none is. */
static bool find_difference(struct ivm_source_id source, struct ivm_difference *out)
{
    struct ivm_difference found[8];
    size_t count = ivm_audit(found, 8);
    for (size_t i = 0; i < count && i < 8; i++) {
        if (found[i].source.kind == source.kind &&
            found[i].source.number == source.number) {
            *out = found[i];
            return true;
        }
    }
    return false;
}

GUEST_TEST(timers, an_audit_names_a_foreign_write_to_the_timers_words)
{
    struct ivm_device *device = by_message();
    if (device == NULL)
        return;
    REQUIRE(connect(device));
    const struct hpet_timer *timer = device->state;
    struct ivm_difference difference = {0};
    CHECK(!find_difference(source_of(device), &difference));

    uint32_t words = mmio_read32(timer->registers + TIMER_DATA);
    mmio_write32(timer->registers + TIMER_DATA, words ^ 1);
    CHECK(find_difference(source_of(device), &difference));
    CHECK_EQUAL(difference.kind, IVM_DIFFERS_VECTOR);
    CHECK_EQUAL(difference.expected, words & 0xFF);
    CHECK_EQUAL(difference.found, (words ^ 1) & 0xFF);

    mmio_write32(timer->registers + TIMER_DATA, words);
    CHECK(!find_difference(source_of(device), &difference));
    CHECK(fire_line(device));
    CHECK_EQUAL(ivm_device_disconnect(device), IVM_OK);
}

GUEST_TEST(timers, a_timer_that_is_unloaded_and_loaded_sends_its_message_again)
{
    struct ivm_device *device = by_message();
    if (device == NULL)
        return;
    struct ivm_totals before, after;
    ivm_stats_totals(&before);

    for (unsigned round = 0; round < RELOADS; round++) {
        REQUIRE(ivm_device_unload(device) == IVM_OK);
        REQUIRE(ivm_device_load(device) == IVM_OK);
    }

    REQUIRE(connect(device));
    CHECK(fire_line(device));
    CHECK_EQUAL(ivm_device_disconnect(device), IVM_OK);
    ivm_stats_totals(&after);
    CHECK_EQUAL(after.vectors_free, before.vectors_free);
}

GUEST_TEST(timers, a_message_that_moves_from_cpu_to_cpu_loses_and_doubles_nothing)
{
    struct ivm_device *device = by_message();
    if (device == NULL)
        return;
    if (ivm_cpu_count() == 1) {
        suite_skip("only one CPU");
        return;
    }
    REQUIRE(connect(device));

    for (uint32_t round = 1; round <= MOVES; round++) {
        uint32_t cpu = round % ivm_cpu_count(), at = 0;
        uint8_t vector;
        struct ivm_cpu_set there = {.mask = UINT64_C(1) << cpu % 64,
                                    .group = (uint16_t)(cpu / 64)};
        device->driver->fire(device);
        CHECK_EQUAL(ivm_set_affinity(source_of(device), &there), IVM_OK);
        REQUIRE(await_claims(&device->connection, round));
        CHECK(ivm_stats_place(source_of(device), &at, &vector) && at == cpu);
    }

    CHECK(probe_fence());
    CHECK_EQUAL(ivm_stats_claimed(&device->connection), MOVES);
    CHECK_EQUAL(ivm_device_disconnect(device), IVM_OK);
}
