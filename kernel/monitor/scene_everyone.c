/* scene_everyone.c: the end: every device connected, the table, and the five questions. */
#include "scenes.h"

#include <ivm/bus.h>
#include <ivm/stats.h>
#include <ivm/system.h>

#include "messages.h"
#include "report.h"
#include "table.h"
#include "words.h"

struct crowd {
    unsigned alone_before; /* owners without sharing, who were there already */
    unsigned connected;    /* devices */
    unsigned messages;     /* of those that are connected by messages */
    unsigned fired;
    unsigned exact;           /* of the fired: took exactly one, of each message */
    struct ivm_device *first; /* by its line; one that shares it, if any does */
};

static bool can_connect(const struct ivm_device *device)
{
    return device->driver != NULL && device->driver->routine != NULL &&
           (device->has_line || device->own_message != 0) && !device->is_gone &&
           !messages_are_open(device);
}

/* A device with several messages uses them, and so does one without a line. */
static bool prefers_messages(struct ivm_device *device)
{
    return device->driver != NULL && messages_can_play(device) &&
           (device->driver->message_count > 1 || !device->has_line);
}

static void connect_messages(struct story *story, struct ivm_device *device,
                             struct crowd *crowd)
{
    struct ivm_grant grant;
    if (messages_connect(device, device->driver->message_count, &grant, &story->attempt) !=
        IVM_OK) {
        ivm_log("  %s is not connected by messages: %s", device->name,
                ivm_status_forms(story->attempt.status)->text);
        return;
    }
    uint32_t count = messages_count(device);
    uint64_t taken = 0;
    for (uint32_t i = 0; i < count; i++)
        taken += messages_fire(device, i, 1);
    crowd->connected++;
    crowd->messages += count;
    crowd->fired++;
    crowd->exact += taken == count;
}

static void connect_line(struct story *story, struct ivm_device *device,
                         struct crowd *crowd)
{
    struct player *player = &story->players[0];
    player_cast(player, PLAYER_DEVICE, device->name, device);
    player_join(player, &story->stage, IVM_SHARED, &story->attempt);
    if (story->attempt.status != IVM_OK) {
        ivm_log("  %s is not connected: %s", device->name,
                ivm_rule_text((enum ivm_rule)story->attempt.refusal.rule));
        return;
    }
    crowd->connected++;
    if (crowd->first == NULL)
        crowd->first = device;
    if (device->driver->fire == NULL)
        return;
    crowd->fired++;
    crowd->exact += player_fire(player, 1) == 1;
}

/* Two devices that were connected to the same line share a vector. */
static bool shares_a_line(const struct ivm_device *device)
{
    uint32_t cpu;
    uint8_t vector;
    return ivm_stats_place(words_device_source(device), &cpu, &vector) &&
           ivm_stats_owners(cpu, vector, NULL, 0) > 1;
}

static void gather_crowd(struct story *story, struct crowd *crowd)
{
    struct report_answers answers;
    report_gather(&answers);
    crowd->alone_before = answers.owners_alone;
    for (size_t i = 0; i < ivm_device_count(); i++) {
        struct ivm_device *device = ivm_device_at(i);
        if (prefers_messages(device))
            connect_messages(story, device, crowd);
        else if (can_connect(device))
            connect_line(story, device, crowd);
    }
    for (size_t i = ivm_device_count(); i-- > 0;) {
        struct ivm_device *device = ivm_device_at(i);
        if (can_connect(device) && shares_a_line(device))
            crowd->first = device;
    }
    if (crowd->first != NULL)
        return;
    ivm_log("Lacking: a device with a line. Somebody without a device connects instead.");
    stage_set_busiest(&story->stage);
    player_cast_device(&story->players[0], &story->stage, 0);
    scene_join(story, 0, IVM_SHARED);
}

/* A driver is loaded a second time, and was not told to share. */
static void reload(struct story *story, const struct crowd *crowd)
{
    const char *name = crowd->first != NULL ? crowd->first->name : story->players[0].name;
    struct player *copy = &story->players[1];
    player_cast(copy, PLAYER_LOOKS, name, NULL);
    if (crowd->first != NULL) {
        story->stage = (struct stage){.source = words_device_source(crowd->first),
                                      .trigger = crowd->first->line.trigger,
                                      .polarity = crowd->first->line.polarity};
    }
    ivm_log("The driver of %s is loaded again. It does not disconnect, and does not share:",
            name);
    scene_join_refused(story, 1, IVM_EXCLUSIVE, IVM_RULE_REQUESTER_EXCLUSIVE);
    report_refusal(&story->attempt.refusal);
}

static unsigned count_sharers(void)
{
    unsigned sharers = 0;
    for (size_t i = 0; i < ivm_device_count(); i++) {
        const struct ivm_device *device = ivm_device_at(i);
        sharers += can_connect(device) && shares_a_line(device);
    }
    return sharers;
}

static void expect_answers(struct story *story, const struct crowd *crowd)
{
    struct report_answers answers;
    report_gather(&answers);
    const char *triggered = answers.has_conflict ? answers.conflict.requester : "nobody";
    expect_text(&story->expectations, "triggered by", story->players[1].name, triggered);
    expect_at_least(&story->expectations, "conflicts", 1, answers.conflicts);
    expect_at_least(&story->expectations, "sharing owners", 1, answers.owners_shared);
    expect_count(&story->expectations, "owners alone", crowd->alone_before,
                 answers.owners_alone);
    expect_at_least(&story->expectations, "earlier connects of it", 1,
                    answers.requester_connects);
    expect_text(&story->expectations, "a vector is shared",
                count_sharers() > 1 ? "yes" : "no",
                answers.shared_vectors > 0 ? "yes" : "no");
}

void scene_everyone(struct story *story)
{
    struct crowd crowd = {0};
    expect_scene(&story->expectations, "Everyone connects, and the five questions");
    gather_crowd(story, &crowd);
    ivm_log("%u devices are connected: on lines each is willing to share; %u messages have "
            "one owner each.",
            crowd.connected, crowd.messages);
    ivm_log("Those that can be were fired once, with each message.");
    if (crowd.fired == 0)
        expect_lacking(&story->expectations);
    expect_count(&story->expectations, "devices that took their one", crowd.fired,
                 crowd.exact);
    reload(story, &crowd);

    ivm_log("%s", "");
    table_vectors();
    table_totals();
    ivm_log("%s", "");
    report_questions();
    expect_answers(story, &crowd);
    if (crowd.first == NULL)
        scene_leave(story, 1);
    expect_end(&story->expectations);
}
