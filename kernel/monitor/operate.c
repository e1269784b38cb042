/* operate.c: the console's commands that change something: connect, fire, claim. */
#include "operate.h"

#include <stdatomic.h>

#include <ivm/bus.h>
#include <ivm/interrupt.h>
#include <ivm/level.h>
#include <ivm/stats.h>
#include <ivm/system.h>

#include "report.h"
#include "stage.h"
#include "text.h"

enum { FIRE_LIMIT = 1000000, OWNERS_READ = 8 };

static const uint64_t STRAY_LIMIT_NS = 1000000000;

/* The console's own connection, by `claim`. Written by the one CPU that runs the console,
 * and by its routine. */
static struct player claimer;
static bool is_claiming;

static struct ivm_device *find_device(const char *name)
{
    struct ivm_device *device = ivm_device_find(name);
    if (device == NULL)
        ivm_log("no device `%s`; `devices` lists them", name);
    return device;
}

/* A device that has a line, or NULL. */
static struct ivm_device *find_with_line(const char *name)
{
    struct ivm_device *device = find_device(name);
    if (device != NULL && !device->has_line) {
        ivm_log("%s has no interrupt line", name);
        return NULL;
    }
    return device;
}

/* The optional word `shared`; false when it is another. */
static bool read_sharing(char *const *arguments, unsigned count, enum ivm_sharing *out)
{
    *out = count > 1 ? IVM_SHARED : IVM_EXCLUSIVE;
    if (count < 2 || text_is(arguments[1], "shared"))
        return true;
    ivm_log("`%s` is not `shared`; without that word it connects alone", arguments[1]);
    return false;
}

static struct stage stage_of(const struct ivm_device *device)
{
    return (struct stage){.source = {.kind = IVM_LINE, .number = device->line.gsi},
                          .trigger = device->line.trigger,
                          .polarity = device->line.polarity};
}

static void say_place(const struct ivm_device *device, const char *who)
{
    struct stage stage = stage_of(device);
    struct stage_counts counts;
    if (stage_counts(&stage, &counts))
        ivm_log("%s is connected to line %u: vector 0x%02x of CPU %u, level %u", who,
                device->line.gsi, counts.vector, counts.cpu,
                ivm_vector_level(counts.vector));
}

/* Say why something was not done; a refusal without a rule has only its status. */
static void say_refused(const struct attempt *attempt)
{
    ivm_log("%s was refused:", attempt->who);
    if (attempt->refusal.rule != IVM_RULE_NONE)
        report_refusal(&attempt->refusal);
    else
        report_status(attempt->status);
}

bool operate_connect(char *const *arguments, unsigned count)
{
    enum ivm_sharing sharing;
    struct ivm_device *device = find_device(arguments[0]);
    if (device == NULL || !read_sharing(arguments, count, &sharing))
        return false;
    struct attempt attempt = {.who = device->name};
    attempt.status = ivm_device_connect(device, sharing, &attempt.refusal);
    if (attempt.status != IVM_OK) {
        say_refused(&attempt);
        return false;
    }
    say_place(device, device->name);
    return true;
}

bool operate_disconnect(char *const *arguments, unsigned count)
{
    (void)count;
    struct ivm_device *device = find_device(arguments[0]);
    if (device == NULL)
        return false;
    enum ivm_status status = ivm_device_disconnect(device);
    if (status == IVM_OK)
        ivm_log("%s is disconnected", device->name);
    else
        report_status(status);
    return status == IVM_OK;
}

static bool is_connected(const struct ivm_device *device)
{
    struct stage stage = stage_of(device);
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
    struct unclaimed unclaimed = {.stage = stage_of(device)};
    struct stage_counts counts;
    bool has_owner = stage_counts(&unclaimed.stage, &counts);
    unclaimed.strays = has_owner ? counts.strays : 0;
    device->driver->fire(device);
    if (!has_owner) {
        ivm_log("%s was fired. Nobody is connected to line %u: %s", device->name,
                device->line.gsi,
                device->line.trigger == IVM_LEVEL
                    ? "it stays asserted, and interrupts whoever connects"
                    : "an edge that comes while the line is masked may be lost");
        return true;
    }
    bool seen = ivm_wait_until(went_unclaimed, &unclaimed, STRAY_LIMIT_NS);
    stage_counts(&unclaimed.stage, &counts);
    ivm_log("%s was fired, and is not connected. Others on line %u: taken by nobody %lu "
            "times%s",
            device->name, device->line.gsi, counts.strays - unclaimed.strays,
            device->line.trigger == IVM_LEVEL && seen ? "; masked (`rearm` undoes it)"
                                                      : "");
    if (device->driver->quiet != NULL)
        device->driver->quiet(device);
    return true;
}

bool operate_fire(char *const *arguments, unsigned count)
{
    struct ivm_device *device = find_with_line(arguments[0]);
    uint64_t times = 1;
    if (device == NULL)
        return false;
    if (device->driver == NULL || device->driver->fire == NULL) {
        ivm_log("%s cannot be made to interrupt: %s", device->name,
                device->driver == NULL ? "nobody drives it" : "its driver cannot fire it");
        return false;
    }
    if (count > 1 && (!text_number(arguments[1], FIRE_LIMIT, &times) || times == 0)) {
        ivm_log("`%s` is no count: 1 to %u", arguments[1], (unsigned)FIRE_LIMIT);
        return false;
    }
    if (!is_connected(device))
        return fire_at_others(device);

    struct player player = {0};
    player_cast(&player, PLAYER_DEVICE, device->name, device);
    uint64_t taken = player_fire(&player, (unsigned)times);
    ivm_log("%s was fired %lu times and took %lu", device->name, times, taken);
    return taken == times;
}

bool operate_refuse(char *const *arguments, unsigned count)
{
    (void)count;
    struct ivm_device *device = find_with_line(arguments[0]);
    if (device == NULL)
        return false;
    static struct player second;
    struct stage stage = stage_of(device);
    struct attempt attempt;
    player_cast(&second, PLAYER_LOOKS, "second owner", NULL);
    player_join(&second, &stage, IVM_EXCLUSIVE, &attempt);
    if (attempt.status != IVM_OK) {
        say_refused(&attempt);
        return attempt.status == IVM_ALREADY_CONNECTED;
    }
    ivm_log(
        "nobody held line %u: the second owner got it, and gives it back. Connect %s first",
        device->line.gsi, device->name);
    if (player_leave(&second) != IVM_OK)
        ivm_log("... and could not be disconnected");
    return false;
}

bool operate_claim(char *const *arguments, unsigned count)
{
    enum ivm_sharing sharing;
    struct ivm_device *device = find_with_line(arguments[0]);
    if (device == NULL || !read_sharing(arguments, count, &sharing))
        return false;
    if (is_claiming) {
        ivm_log("the console holds a line already; `release` gives it back");
        return false;
    }
    struct stage stage = stage_of(device);
    struct attempt attempt;
    player_cast(&claimer, PLAYER_LOOKS, "console", NULL);
    player_join(&claimer, &stage, sharing, &attempt);
    if (attempt.status != IVM_OK) {
        say_refused(&attempt);
        return false;
    }
    is_claiming = true;
    say_place(device, claimer.name);
    return true;
}

bool operate_release(char *const *arguments, unsigned count)
{
    (void)arguments, (void)count;
    if (!is_claiming) {
        ivm_log("the console holds no line");
        return false;
    }
    enum ivm_status status = player_leave(&claimer);
    if (status != IVM_OK) {
        report_status(status);
        return false;
    }
    is_claiming = false;
    ivm_log("the console's routine was asked %u times; it is disconnected",
            atomic_load_explicit(&claimer.calls, memory_order_relaxed));
    return true;
}

bool operate_rearm(char *const *arguments, unsigned count)
{
    (void)count;
    uint64_t gsi;
    if (!text_number(arguments[0], UINT32_MAX, &gsi)) {
        ivm_log("`%s` is no line number", arguments[0]);
        return false;
    }
    enum ivm_status status = ivm_line_rearm((uint32_t)gsi);
    if (status == IVM_OK)
        ivm_log("line %u may interrupt again", (uint32_t)gsi);
    else
        ivm_log("line %u: %s", (uint32_t)gsi, ivm_status_forms(status)->text);
    return status == IVM_OK;
}

void operate_prepare_story(void)
{
    if (is_claiming)
        operate_release(NULL, 0);
}
