/* trial.c: trials for devices that interrupt by a line and by messages: see trial.h. */
#include "trial.h"

#include <stddef.h>

#include <ivm/bus.h>
#include <ivm/cpu.h>
#include <ivm/system.h>

#include "fire.h"
#include "kernel/monitor/text.h"
#include "probe.h"
#include "suite.h"

enum { ONE_SECOND = 1000000000 };

struct ivm_device *trial_device(const char *driver, unsigned n)
{
    for (size_t i = 0; i < ivm_device_count(); i++) {
        struct ivm_device *device = ivm_device_at(i);
        if (device->driver != NULL && text_is(device->driver->name, driver) && n-- == 0)
            return device;
    }
    return NULL;
}

struct ivm_device *trial_have(const char *driver, unsigned n)
{
    struct ivm_device *device = trial_device(driver, n);
    if (device != NULL && device->has_line && device->driver->message_count != 0)
        return device;
    suite_skip(driver);
    return NULL;
}

bool trial_wait(const struct ivm_connection *connection, uint64_t claims)
{
    return suite_check(await_claims(connection, claims), "the interrupt is taken", __FILE__,
                       __LINE__);
}

static bool tell(struct ivm_device *device, enum ivm_means means)
{
    enum ivm_status status =
        device->driver->use != NULL ? device->driver->use(device, means) : IVM_OK;
    return suite_check(status == IVM_OK, "the driver can use it", __FILE__, __LINE__);
}

bool trial_connect(struct ivm_device *device, uint32_t count, enum trial_place place)
{
    struct ivm_message_wish wish = {.count = count};
    struct ivm_grant grant;
    enum ivm_status status = ivm_device_messages_open(device, &wish, &grant);
    bool opened = status == IVM_OK && grant.granted == count;
    if (!suite_check(opened, "the messages are granted", __FILE__, __LINE__) ||
        !tell(device, IVM_BY_MESSAGES))
        return false;
    for (uint32_t i = 0; i < count; i++) {
        struct ivm_refusal refusal;
        struct ivm_cpu_set cpu =
            probe_cpu(place == TRIAL_HERE ? ivm_cpu_now() : i % ivm_cpu_count());
        status = ivm_device_message_connect(device, i, &cpu, &refusal);
        if (!suite_check(status == IVM_OK, "the message is connected", __FILE__, __LINE__))
            return false;
    }
    return probe_fence();
}

bool trial_disconnect(struct ivm_device *device)
{
    bool done = true;
    device->driver->quiet(device);
    for (uint32_t i = 0; ivm_device_message_number(device, i) != 0; i++)
        done = ivm_device_message_disconnect(device, i) == IVM_OK && done;
    done = ivm_device_messages_close(device) == IVM_OK && done;
    return suite_check(done, "the messages are closed", __FILE__, __LINE__) &&
           tell(device, IVM_BY_LINE);
}

struct ivm_vector_stats trial_stats(const struct ivm_device *device, uint32_t index)
{
    struct ivm_source_id source = {IVM_MESSAGE, ivm_device_message_number(device, index)};
    struct ivm_vector_stats stats = {0};
    uint32_t cpu;
    uint8_t vector;
    bool placed =
        ivm_stats_place(source, &cpu, &vector) && ivm_stats_vector(cpu, vector, &stats);
    suite_check(placed, "the message is placed", __FILE__, __LINE__);
    return stats;
}

void trial_line(struct ivm_device *device, unsigned times,
                void (*after)(struct ivm_device *device, unsigned round))
{
    struct ivm_refusal refusal;
    REQUIRE(ivm_device_connect(device, IVM_EXCLUSIVE, &refusal) == IVM_OK);
    for (unsigned round = 0; round < times; round++) {
        device->driver->fire(device);
        if (!trial_wait(&device->connection, round + 1))
            break;
        if (after != NULL)
            after(device, round);
    }
    CHECK(probe_fence());
    CHECK_EQUAL(ivm_stats_claimed(&device->connection), times);
    CHECK_EQUAL(ivm_device_disconnect(device), IVM_OK);
}

void trial_message(struct ivm_device *device, uint32_t index, unsigned times,
                   void (*after)(struct ivm_device *device, unsigned round))
{
    const struct ivm_connection *connection = ivm_device_message_connection(device, index);
    REQUIRE(connection != NULL);
    uint64_t claims = ivm_stats_claimed(connection);
    struct ivm_vector_stats before = trial_stats(device, index);
    for (unsigned round = 0; round < times; round++) {
        device->driver->fire_message(device, index);
        if (!trial_wait(connection, claims + round + 1))
            break;
        if (after != NULL)
            after(device, round);
    }
    CHECK(probe_fence());
    struct ivm_vector_stats stats = trial_stats(device, index);
    CHECK_EQUAL(ivm_stats_claimed(connection), claims + times);
    CHECK_EQUAL(stats.delivered - before.delivered, times);
    CHECK_EQUAL(stats.strays, before.strays);
}

static struct ivm_device *edu_on_line(uint32_t gsi)
{
    struct ivm_device *edu;
    for (unsigned n = 0; (edu = trial_device("edu", n)) != NULL; n++)
        if (edu->has_line && edu->line.gsi == gsi)
            return edu;
    return NULL;
}

/* A level that two assert at once is one delivery or two: each of them takes its own. */
void trial_share(struct ivm_device *device, unsigned times)
{
    struct ivm_device *edu = edu_on_line(device->line.gsi);
    struct ivm_refusal refusal;
    if (edu == NULL) {
        suite_skip("no edu on its line");
        return;
    }
    REQUIRE(ivm_device_connect(edu, IVM_SHARED, &refusal) == IVM_OK);
    REQUIRE(ivm_device_connect(device, IVM_SHARED, &refusal) == IVM_OK);
    for (unsigned round = 0; round < times; round++) {
        device->driver->fire(device);
        CHECK(trial_wait(&device->connection, 2 * round + 1));
        CHECK_EQUAL(ivm_stats_claimed(&edu->connection), 2 * round);
        edu->driver->fire(edu);
        CHECK(trial_wait(&edu->connection, 2 * round + 1));
        device->driver->fire(device);
        edu->driver->fire(edu);
        CHECK(trial_wait(&device->connection, 2 * round + 2));
        REQUIRE(trial_wait(&edu->connection, 2 * round + 2));
    }
    CHECK(probe_fence());
    CHECK_EQUAL(ivm_stats_claimed(&device->connection), 2 * times);
    CHECK_EQUAL(ivm_stats_claimed(&edu->connection), 2 * times);
    CHECK_EQUAL(ivm_device_disconnect(device), IVM_OK);
    CHECK_EQUAL(ivm_device_disconnect(edu), IVM_OK);
}

void trial_change(struct ivm_device *device, unsigned times)
{
    for (unsigned round = 0; round < times; round++) {
        REQUIRE(trial_connect(device, 1, TRIAL_HERE));
        trial_message(device, 0, 2, NULL);
        REQUIRE(trial_disconnect(device));
        trial_line(device, 2, NULL);
    }
}

struct awaited_pending {
    const struct ivm_device *device;
    uint32_t index;
};

static bool is_pending(void *context)
{
    const struct awaited_pending *awaited = context;
    return ivm_device_message_pending(awaited->device, awaited->index);
}

void trial_mask(struct ivm_device *device, uint32_t index)
{
    struct ivm_connection *connection = ivm_device_message_connection(device, index);
    struct awaited_pending awaited = {.device = device, .index = index};
    REQUIRE(connection != NULL);
    uint64_t claims = ivm_stats_claimed(connection);
    CHECK_EQUAL(ivm_message_mask(connection), IVM_OK);

    device->driver->fire_message(device, index);

    CHECK(ivm_wait_until(is_pending, &awaited, ONE_SECOND));
    CHECK(probe_fence());
    CHECK_EQUAL(ivm_stats_claimed(connection), claims);
    CHECK_EQUAL(ivm_message_unmask(connection), IVM_OK);
    CHECK(trial_wait(connection, claims + 1));
    CHECK(probe_fence());
    CHECK_EQUAL(ivm_stats_claimed(connection), claims + 1);
    CHECK(!ivm_device_message_pending(device, index));
}

void trial_reload(struct ivm_device *device, unsigned times)
{
    struct ivm_refusal refusal;
    REQUIRE(ivm_device_connect(device, IVM_EXCLUSIVE, &refusal) == IVM_OK);
    CHECK_EQUAL(ivm_device_unload(device), IVM_STILL_CONNECTED);
    CHECK_EQUAL(ivm_device_disconnect(device), IVM_OK);
    for (unsigned round = 0; round < times; round++) {
        REQUIRE(ivm_device_unload(device) == IVM_OK);
        CHECK(device->driver == NULL);
        REQUIRE(ivm_device_load(device) == IVM_OK);
        trial_line(device, 2, NULL);
    }
    trial_change(device, 1);
}
