/* fire.c: fire a device whose own routine is connected, and wait until the routine has taken it. */
#include "fire.h"

#include <stddef.h>

#include <ivm/affinity.h>
#include <ivm/device_message.h>
#include <ivm/stats.h>
#include <ivm/system.h>

#include "probe.h"
#include "suite.h"

static const uint64_t limit_ns = UINT64_C(10000000000);

struct awaited {
    const struct ivm_connection *connection;
    uint64_t claims;
};

static bool has_claimed(void *context)
{
    const struct awaited *awaited = context;
    ivm_cpu_serve();
    return ivm_stats_claimed(awaited->connection) >= awaited->claims;
}

bool await_claims(const struct ivm_connection *connection, uint64_t claims)
{
    struct awaited awaited = {.connection = connection, .claims = claims};
    return ivm_wait_until(has_claimed, &awaited, limit_ns);
}

static bool is_done(void *context)
{
    ivm_cpu_serve();
    return ivm_work_done(context);
}

bool await_work(struct ivm_work *work)
{
    return ivm_wait_until(is_done, work, limit_ns);
}

static void keep_moving(void *context)
{
    struct mover *mover = context;
    for (uint32_t cpu = 0; !mover->stop; cpu = (cpu + 1) % ivm_cpu_count()) {
        struct ivm_cpu_set target = probe_cpu(cpu);
        if (ivm_set_affinity(mover->source, &target) == IVM_OK)
            mover->moves++;
        else
            mover->failures++;
    }
}

bool mover_start(struct mover *mover)
{
    mover->work = (struct ivm_work){.function = keep_moving, .context = mover};
    return ivm_cpu_post(1, &mover->work) == IVM_OK;
}

bool mover_stop(struct mover *mover)
{
    mover->stop = true;
    return await_work(&mover->work);
}

bool fire_line(struct ivm_device *device)
{
    uint64_t claims = ivm_stats_claimed(&device->connection);
    device->driver->fire(device);
    return await_claims(&device->connection, claims + 1);
}

bool fire_message(struct ivm_device *device, uint32_t index)
{
    const struct ivm_connection *connection = ivm_device_message_connection(device, index);
    if (connection == NULL)
        return false;
    uint64_t claims = ivm_stats_claimed(connection);
    device->driver->fire_message(device, index);
    return await_claims(connection, claims + 1);
}

static bool done(enum ivm_status status, const char *what)
{
    return suite_check(status == IVM_OK, what, __FILE__, __LINE__);
}

bool messages_begin(struct ivm_device *device, uint32_t count)
{
    struct ivm_message_wish wish = {.count = count};
    struct ivm_grant grant;
    struct ivm_refusal refusal;
    if (!done(ivm_device_messages_open(device, &wish, &grant), "the messages are opened") ||
        !suite_check(grant.granted == count, "all are granted", __FILE__, __LINE__))
        return false;
    if (device->driver->use != NULL &&
        !done(device->driver->use(device, IVM_BY_MESSAGES), "the device uses them"))
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (!done(ivm_device_message_connect(device, i, NULL, &refusal),
                  "a message is connected"))
            return false;
    return true;
}

bool messages_end(struct ivm_device *device, uint32_t count)
{
    bool good = true;
    for (uint32_t i = 0; i < count; i++)
        good &= done(ivm_device_message_disconnect(device, i), "a message is disconnected");
    good &= done(ivm_device_messages_close(device), "the messages are closed");
    if (device->driver->use != NULL)
        good &= done(device->driver->use(device, IVM_BY_LINE), "the device uses its line");
    return good;
}
