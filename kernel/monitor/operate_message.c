/* operate_message.c: the console's commands for a device and its messages. */
#include "operate.h"

#include <ivm/device_message.h>
#include <ivm/level.h>
#include <ivm/stats.h>
#include <ivm/system.h>

#include "messages.h"
#include "target.h"
#include "text.h"
#include "words.h"

enum { MESSAGES_LIMIT = 2048 }; /* no function has more */

static bool read_wish(const struct ivm_device *device, char *const *arguments,
                      unsigned count, uint32_t *wanted)
{
    uint64_t number = device->driver->message_count;
    if (number == 0 || device->driver->message_routine == NULL) {
        ivm_log("%s: its driver, %s, uses no messages", device->name, device->driver->name);
        return false;
    }
    if (count > 2 && (!text_number(arguments[2], MESSAGES_LIMIT, &number) || number == 0)) {
        ivm_log("`%s` is no number of messages: 1 to %u", arguments[2],
                (unsigned)MESSAGES_LIMIT);
        return false;
    }
    *wanted = (uint32_t)number;
    return true;
}

static void say_places(struct ivm_device *device)
{
    struct message_counts at;
    for (uint32_t i = 0; messages_counts(device, i, &at); i++)
        ivm_log("%s message %u: vector 0x%02x of CPU %u, level %u", device->name, i,
                at.vector, at.cpu, ivm_vector_level(at.vector));
}

bool operate_connect_messages(char *const *arguments, unsigned count)
{
    uint32_t wanted;
    struct ivm_grant grant;
    struct attempt attempt;
    struct ivm_device *device = target_with_driver(arguments[0]);
    if (device == NULL || !read_wish(device, arguments, count, &wanted))
        return false;
    enum ivm_status status = messages_connect(device, wanted, &grant, &attempt);
    if (grant.offered > 0)
        messages_say_grant(device, wanted, &grant);
    if (status != IVM_OK) {
        target_say_refused(&attempt);
        return false;
    }
    say_places(device);
    if (grant.granted > device->driver->message_count)
        ivm_log("%s: its driver has a use for the first %u only", device->name,
                device->driver->message_count);
    return true;
}

bool operate_disconnect_messages(char *const *arguments, unsigned count)
{
    (void)count;
    struct ivm_device *device = target_with_driver(arguments[0]);
    if (device == NULL || !target_is_ok(device, messages_disconnect(device)))
        return false;
    ivm_log("%s is disconnected, its messages are closed%s", device->name,
            device->has_line ? "; it is back to its line" : "");
    return true;
}

/* A masked message is sent when it is unmasked, or never. */
static bool fire_masked(struct ivm_device *device, uint32_t index, unsigned times,
                        uint8_t reasons)
{
    char why[WORDS_MASK];
    for (unsigned i = 0; i < times; i++)
        device->driver->fire_message(device, index);
    bool is_pending = ivm_device_message_pending(device, index);
    ivm_log("%s message %u was fired %u times, and is masked (%s): %s", device->name, index,
            times, words_mask(reasons, why),
            is_pending ? "it is pending, and comes once when unmasked"
                       : "nothing is pending");
    return true;
}

static bool fire_one(struct ivm_device *device, uint32_t index, unsigned times)
{
    struct message_counts at;
    if (!messages_counts(device, index, &at)) {
        ivm_log("%s message %u: nobody is connected to it", device->name, index);
        return false;
    }
    if (at.mask_reasons != 0)
        return fire_masked(device, index, times, at.mask_reasons);
    uint64_t taken = messages_fire(device, index, times);
    ivm_log("%s message %u was fired %u times and took %lu", device->name, index, times,
            taken);
    return taken == times;
}

static bool can_fire(const struct ivm_device *device)
{
    if (device->driver->fire_message != NULL)
        return true;
    ivm_log("%s: its driver, %s, cannot make it send a message", device->name,
            device->driver->name);
    return false;
}

bool operate_fire_message(char *const *arguments, unsigned count)
{
    uint32_t index;
    unsigned times = 1;
    struct ivm_device *device = target_with_driver(arguments[0]);
    if (device == NULL)
        return false;
    if (count < 3) {
        ivm_log("which message of %s? fire NAME message I [COUNT]", device->name);
        return false;
    }
    if (!target_message(device, arguments + 1, &index) || !can_fire(device) ||
        (count > 3 && !target_times(arguments[3], &times)))
        return false;
    return fire_one(device, index, times);
}

bool operate_fire_messages(char *const *arguments, unsigned count)
{
    unsigned times = 1;
    struct ivm_device *device = target_with_driver(arguments[0]);
    if (device == NULL || !can_fire(device) ||
        (count > 1 && !target_times(arguments[1], &times)))
        return false;
    bool all = true;
    for (uint32_t i = 0; messages_has(device, i); i++)
        all = fire_one(device, i, times) && all;
    return all;
}

static void say_mask(struct ivm_device *device, uint32_t index)
{
    struct message_counts at;
    char why[WORDS_MASK];
    if (messages_counts(device, index, &at))
        ivm_log("%s message %u: masked: %s; pending: %s; taken so far: %lu", device->name,
                index, words_mask(at.mask_reasons, why),
                ivm_device_message_pending(device, index) ? "yes" : "no", at.claimed);
}

bool operate_mask(char *const *arguments, unsigned count)
{
    (void)count;
    uint32_t index;
    struct ivm_device *device = target_with_driver(arguments[0]);
    if (device == NULL || !target_message(device, arguments + 1, &index) ||
        !target_is_ok(device,
                      ivm_message_mask(ivm_device_message_connection(device, index))))
        return false;
    say_mask(device, index);
    return true;
}

/* What was pending comes now, perhaps on another CPU: it is waited for. */
bool operate_unmask(char *const *arguments, unsigned count)
{
    (void)count;
    uint32_t index;
    struct ivm_device *device = target_with_driver(arguments[0]);
    if (device == NULL || !target_message(device, arguments + 1, &index))
        return false;
    struct ivm_connection *connection = ivm_device_message_connection(device, index);
    bool was_pending = ivm_device_message_pending(device, index);
    uint64_t before = ivm_stats_claimed(connection);
    if (!target_is_ok(device, ivm_message_unmask(connection)))
        return false;
    bool came = !was_pending || stage_await_claims(connection, before + 1);
    say_mask(device, index);
    if (!came)
        ivm_log("%s message %u was pending, and did not come", device->name, index);
    return came;
}
