/* operate.c: the console's commands for a device and its line: connect, fire, refuse. */
#include "operate.h"

#include <ivm/device_message.h>
#include <ivm/interrupt.h>
#include <ivm/stats.h>
#include <ivm/system.h>

#include "messages.h"
#include "report.h"
#include "stage.h"
#include "target.h"
#include "text.h"
#include "words.h"

enum { OWNERS_READ = 8 };

static const uint64_t STRAY_LIMIT_NS = 1000000000;

bool operate_connect(char *const *arguments, unsigned count)
{
    enum ivm_sharing sharing;
    if (count > 1 && text_is(arguments[1], "messages"))
        return operate_connect_messages(arguments, count);
    struct ivm_device *device = target_device(arguments[0]);
    if (device == NULL || !target_sharing(arguments, count, &sharing))
        return false;
    if (messages_are_open(device)) {
        ivm_log("%s interrupts by messages now; `disconnect %s` takes it back to its line",
                device->name, device->name);
        return false;
    }
    struct attempt attempt = {.who = device->name};
    attempt.status = ivm_device_connect(device, sharing, &attempt.refusal);
    if (attempt.status != IVM_OK) {
        target_say_refused(&attempt);
        return false;
    }
    target_say_place(device, device->name);
    return true;
}

bool operate_disconnect(char *const *arguments, unsigned count)
{
    struct ivm_device *device = target_device(arguments[0]);
    if (device == NULL)
        return false;
    if (messages_are_open(device))
        return operate_disconnect_messages(arguments, count);
    enum ivm_status status = ivm_device_disconnect(device);
    if (status == IVM_OK)
        ivm_log("%s is disconnected", device->name);
    else
        report_status(status);
    return status == IVM_OK;
}

static bool is_connected(const struct ivm_device *device)
{
    struct stage stage = target_stage(device);
    struct stage_counts place;
    struct ivm_owner_stats owners[OWNERS_READ];
    if (!stage_counts(&stage, &place))
        return false;
    size_t count = ivm_stats_owners(place.cpu, place.vector, owners, OWNERS_READ);
    for (size_t i = 0; i < count && i < OWNERS_READ; i++) {
        if (text_is(owners[i].owner.name, device->name))
            return true;
    }
    return false;
}

struct unclaimed {
    struct stage stage;
    uint64_t strays; /* before */
};

/* An edge comes once; a level comes again until the manager masks the line. */
static bool went_unclaimed(void *context)
{
    const struct unclaimed *unclaimed = context;
    struct stage_counts now;
    struct ivm_vector_stats stats;
    if (!stage_counts(&unclaimed->stage, &now) ||
        !ivm_stats_vector(now.cpu, now.vector, &stats))
        return true;
    if (unclaimed->stage.trigger == IVM_EDGE)
        return stats.strays > unclaimed->strays;
    return (stats.mask_reasons & IVM_MASKED_UNCLAIMED) != 0;
}

/* Fire a device whose own driver is not connected. */
static bool fire_at_others(struct ivm_device *device)
{
    struct unclaimed unclaimed = {.stage = target_stage(device)};
    struct stage_counts counts;
    bool has_owner = stage_counts(&unclaimed.stage, &counts);
    unclaimed.strays = has_owner ? counts.strays : 0;
    device->driver->fire(device);
    char source[WORDS_SOURCE];
    words_source(unclaimed.stage.source, source);
    if (!has_owner) {
        ivm_log("%s was fired. Nobody is connected to %s: %s", device->name, source,
                device->line.trigger == IVM_LEVEL
                    ? "it stays asserted, and interrupts whoever connects"
                    : "an edge that comes while it is masked may be lost");
        return true;
    }
    bool seen = ivm_wait_until(went_unclaimed, &unclaimed, STRAY_LIMIT_NS);
    stage_counts(&unclaimed.stage, &counts);
    ivm_log("%s was fired, and is not connected. Others on %s: taken by nobody %lu times%s",
            device->name, source, counts.strays - unclaimed.strays,
            device->line.trigger == IVM_LEVEL && seen ? "; masked (`rearm` undoes it)"
                                                      : "");
    if (device->driver->quiet != NULL)
        device->driver->quiet(device);
    return true;
}

/* A device on its line. */
static bool fire_line(struct ivm_device *device, unsigned times)
{
    if (device->driver == NULL || device->driver->fire == NULL) {
        ivm_log("%s cannot be made to interrupt: %s", device->name,
                device->driver == NULL ? "nobody drives it" : "its driver cannot fire it");
        return false;
    }
    if (!is_connected(device))
        return fire_at_others(device);

    struct player player = {0};
    player_cast(&player, PLAYER_DEVICE, device->name, device);
    uint64_t taken = player_fire(&player, times);
    ivm_log("%s was fired %u times and took %lu", device->name, times, taken);
    return taken == times;
}

bool operate_fire(char *const *arguments, unsigned count)
{
    unsigned times = 1;
    if (count > 1 && text_is(arguments[1], "message"))
        return operate_fire_message(arguments, count);
    struct ivm_device *device = target_device(arguments[0]);
    if (device == NULL)
        return false;
    if (messages_are_open(device))
        return operate_fire_messages(arguments, count);
    if (target_with_line(arguments[0]) == NULL ||
        (count > 1 && !target_times(arguments[1], &times)))
        return false;
    if (count > 2) {
        ivm_log("`%s` is one word too many for a device on its line", arguments[2]);
        return false;
    }
    return fire_line(device, times);
}

/* What the device is connected to: its first message, or its line. */
static bool find_source(const struct ivm_device *device, struct stage *out)
{
    if (messages_are_open(device)) {
        *out = (struct stage){
            .source = {.kind = IVM_MESSAGE, .number = ivm_device_message_number(device, 0)},
            .trigger = IVM_EDGE};
        return true;
    }
    if (target_with_line(device->name) == NULL)
        return false;
    *out = target_stage(device);
    return true;
}

bool operate_refuse(char *const *arguments, unsigned count)
{
    (void)count;
    struct stage stage;
    const struct ivm_device *device = target_device(arguments[0]);
    if (device == NULL || !find_source(device, &stage))
        return false;
    static struct player second;
    struct attempt attempt;
    char source[WORDS_SOURCE];
    player_cast(&second, PLAYER_LOOKS, "second owner", NULL);
    player_join(&second, &stage, IVM_EXCLUSIVE, &attempt);
    if (attempt.status != IVM_OK) {
        target_say_refused(&attempt);
        return attempt.status == IVM_ALREADY_CONNECTED;
    }
    ivm_log("nobody held %s: the second owner got it, and gives it back. Connect %s first",
            words_source(stage.source, source), device->name);
    if (player_leave(&second) != IVM_OK)
        ivm_log("... and could not be disconnected");
    return false;
}
