/* scene_messages.c: a device with several messages: a vector for each, one owner for each,
 * masks that lose nothing, and the way back to the line. */
#include "scenes.h"

#include <ivm/audit.h>
#include <ivm/bus.h>
#include <ivm/level.h>
#include <ivm/stats.h>
#include <ivm/system.h>

#include "messages.h"
#include "text.h"
#include "words.h"

enum { PLAYED = 8, FIRINGS = 3, LINE = 200 };

static const uint64_t PENDING_LIMIT_NS = 100000000;

/* Several messages are what the scene is about; a line to go back to comes next. */
static unsigned score(const struct ivm_device *device)
{
    bool has_line = device->has_line && device->driver->fire != NULL;
    return (device->driver->message_count > 1 ? 4u : 2u) + (has_line ? 1u : 0u);
}

static struct ivm_device *find_device(void)
{
    struct ivm_device *best = NULL;
    unsigned best_score = 0;
    for (size_t i = 0; i < ivm_device_count(); i++) {
        struct ivm_device *device = ivm_device_at(i);
        if (!messages_can_play(device) || score(device) <= best_score)
            continue;
        best = device;
        best_score = score(device);
    }
    return best;
}

static bool differ(const struct message_counts *a, const struct message_counts *b)
{
    return a->cpu != b->cpu || a->vector != b->vector;
}

/* How many different (CPU, vector) the messages have; each is told. */
static uint32_t tell_places(struct ivm_device *device, uint32_t count)
{
    struct message_counts at[PLAYED] = {0};
    uint32_t different = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (!messages_counts(device, i, &at[i]))
            continue;
        ivm_log("  message %u: vector 0x%02x of CPU %u, level %u", i, at[i].vector,
                at[i].cpu, ivm_vector_level(at[i].vector));
        uint32_t j = 0;
        while (j < i && differ(&at[i], &at[j]))
            j++;
        different += j == i;
    }
    return different;
}

static uint32_t played(const struct ivm_device *device)
{
    uint32_t count = messages_count(device);
    return count < PLAYED ? count : PLAYED;
}

static bool play_connect(struct story *story, struct ivm_device *device,
                         struct ivm_grant *grant)
{
    uint32_t wanted = device->driver->message_count;
    enum ivm_status status = messages_connect(device, wanted, grant, &story->attempt);
    messages_say_grant(device, wanted, grant);
    expect_step(&story->expectations, "connect by messages", status);
    if (status != IVM_OK)
        return false;
    uint32_t count = messages_count(device);
    expect_count(&story->expectations, "messages",
                 wanted < grant->offered ? wanted : grant->offered, count);
    expect_count(&story->expectations, "vectors of their own", played(device),
                 tell_places(device, played(device)));
    expect_count(&story->expectations, "differences in an audit", 0, ivm_audit(NULL, 0));
    return true;
}

static void play_firings(struct story *story, struct ivm_device *device)
{
    char line[LINE];
    struct text text = {.out = line, .size = sizeof line};
    uint64_t all = 0;
    text_add(&text, "  each is sent %u times:", (unsigned)FIRINGS);
    for (uint32_t i = 0; i < played(device); i++) {
        uint64_t taken = messages_fire(device, i, FIRINGS);
        text_add(&text, "%s message %u took %lu", i == 0 ? "" : ",", i, taken);
        all += taken == FIRINGS;
    }
    ivm_log("%s", line);
    expect_count(&story->expectations, "messages that took exactly 3", played(device), all);
}

static void play_second_owner(struct story *story, struct ivm_device *device)
{
    struct player *second = &story->players[0];
    ivm_log(
        "The third key is the message: it has one holder, as a vector and a line have.");
    story->stage = (struct stage){
        .source = {IVM_MESSAGE, ivm_device_message_number(device, 0)}, .trigger = IVM_EDGE};
    player_cast(second, PLAYER_LOOKS, "second owner", NULL);
    scene_join_refused(story, 0, IVM_EXCLUSIVE, IVM_RULE_OWNER_EXCLUSIVE);
    expect_holder(&story->expectations, device->name, &story->attempt);
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

/* The pending bit says that the device holds it: it was not sent, however long one waits. */
static void play_mask(struct story *story, struct ivm_device *device)
{
    uint32_t last = played(device) - 1;
    struct ivm_connection *connection = ivm_device_message_connection(device, last);
    uint64_t before = ivm_stats_claimed(connection);
    expect_step(&story->expectations, "mask", ivm_message_mask(connection));
    for (unsigned i = 0; i < FIRINGS; i++)
        device->driver->fire_message(device, last);
    struct awaited_pending awaited = {.device = device, .index = last};
    bool pends = ivm_wait_until(is_pending, &awaited, PENDING_LIMIT_NS);
    uint64_t masked = ivm_stats_claimed(connection) - before;

    expect_step(&story->expectations, "unmask", ivm_message_unmask(connection));
    (void)stage_await_claims(connection, before + masked + 1);
    uint64_t unmasked = ivm_stats_claimed(connection) - before - masked;
    ivm_log("  message %u is masked and sent %u times: took %lu, %s; unmasked: took %lu",
            last, (unsigned)FIRINGS, masked, pends ? "is pending" : "nothing is pending",
            unmasked);
    expect_count(&story->expectations, "taken while masked", 0, masked);
    expect_text(&story->expectations, "pending", "yes", pends ? "yes" : "no");
    expect_count(&story->expectations, "taken once unmasked", 1, unmasked);
}

static void play_line(struct story *story, struct ivm_device *device)
{
    expect_step(&story->expectations, "close", messages_disconnect(device));
    if (!device->has_line || device->driver->fire == NULL) {
        ivm_log("The messages are given back. %s has no line to go back to.", device->name);
        return;
    }
    ivm_log("The messages are given back: %s is on line %u again.", device->name,
            device->line.gsi);
    player_cast(&story->players[0], PLAYER_DEVICE, device->name, device);
    scene_join(story, 0, IVM_SHARED);
    scene_fire(story, 0, FIRINGS);
    scene_leave(story, 1);
}

void scene_messages(struct story *story)
{
    expect_scene(&story->expectations, "A device with several messages");
    struct ivm_device *device = find_device();
    if (device == NULL) {
        ivm_log("Lacking: no device here can be made to send a message; nothing is shown.");
        expect_lacking(&story->expectations);
        expect_end(&story->expectations);
        return;
    }
    ivm_log("%s needs no line: it writes to memory, and each write is an interrupt.",
            device->name);
    if (device->driver->message_count == 1)
        ivm_log("Lacking: a device with several. One message stands in for them.");
    struct ivm_grant grant;
    if (play_connect(story, device, &grant)) {
        play_firings(story, device);
        play_second_owner(story, device);
        if (grant.has_masks)
            play_mask(story, device);
        play_line(story, device);
    }
    expect_end(&story->expectations);
}
