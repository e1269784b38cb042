/* fire.c: fire a device whose own routine is connected, and wait until the routine has taken it. */
#include "fire.h"

#include <stddef.h>

#include <ivm/device_message.h>
#include <ivm/stats.h>
#include <ivm/system.h>

#include "suite.h"

static const uint64_t limit_ns = UINT64_C(5000000000);

struct awaited {
    const struct ivm_connection *connection;
    uint64_t claims;
};

static bool has_claimed(void *context)
{
    const struct awaited *awaited = context;
    return ivm_stats_claimed(awaited->connection) >= awaited->claims;
}

bool await_claims(const struct ivm_connection *connection, uint64_t claims)
{
    struct awaited awaited = {.connection = connection, .claims = claims};
    return ivm_wait_until(has_claimed, &awaited, limit_ns);
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
