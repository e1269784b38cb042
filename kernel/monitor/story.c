/* story.c: the whole product shown on this machine: the order of the scenes, and what they
 * share. */
#include "story.h"

#include <ivm/bus.h>
#include <ivm/system.h>

#include "kernel/format.h"
#include "messages.h"
#include "scenes.h"
#include "table.h"
#include "text.h"
#include "words.h"

enum { APART = 4, TOGETHER = 3, SUBJECT = 48 };

/* Static, since the connections of a player must outlive everything that could go wrong.
 * Written by story_tell()'s one caller, and by its players' routines. */
static struct story the_story;

static void say_attempt(const struct story *story, enum ivm_sharing sharing)
{
    const struct attempt *attempt = &story->attempt;
    char result[ATTEMPT_TEXT];
    expect_describe(attempt, result);
    bool names_holder = attempt->status != IVM_OK && attempt->refusal.owner_count > 0;
    ivm_log("  %s asks for it, %s: %s%s%s", attempt->who, words_sharing(sharing), result,
            names_holder ? ", held by " : "",
            names_holder ? attempt->refusal.owners[0].name : "");
}

void scene_introduce(struct story *story, unsigned wanted)
{
    stage_introduce(&story->stage, wanted);
    if (story->stage.device_count == 0)
        expect_lacking(&story->expectations);
}

void scene_join(struct story *story, unsigned player, enum ivm_sharing sharing)
{
    player_join(&story->players[player], &story->stage, sharing, &story->attempt);
    say_attempt(story, sharing);
    expect_connected(&story->expectations, &story->attempt);
}

void scene_join_refused(struct story *story, unsigned player, enum ivm_sharing sharing,
                        enum ivm_rule rule)
{
    player_join(&story->players[player], &story->stage, sharing, &story->attempt);
    say_attempt(story, sharing);
    expect_refused(&story->expectations, rule, &story->attempt);
    if (story->attempt.status == IVM_OK && player_leave(&story->players[player]) != IVM_OK)
        ivm_log("... and it could not be disconnected");
}

void scene_leave_one(struct story *story, unsigned player)
{
    expect_step(&story->expectations, "disconnect", player_leave(&story->players[player]));
}

void scene_leave(struct story *story, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        scene_leave_one(story, i);
}

static void note_claims(const struct story *story, unsigned count, uint64_t *claims)
{
    for (unsigned i = 0; i < count; i++)
        claims[i] = player_claimed(&story->players[i]);
}

static void state_gains(struct story *story, unsigned count, const uint64_t *before,
                        unsigned times)
{
    const char *how = times == APART ? "apart" : "together";
    char line[TABLE_LINE];
    struct text text = {.out = line, .size = sizeof line};
    text_add(&text, "  fired %s, %u times each:", how, times);
    for (unsigned i = 0; i < count; i++) {
        const struct player *player = &story->players[i];
        uint64_t gained = player_claimed(player) - before[i];
        char subject[SUBJECT];
        format_text(subject, sizeof subject, "%s %s", player->name, how);
        expect_count(&story->expectations, subject, player_can_fire(player, times), gained);
        text_add(&text, "%s %s took %lu", i == 0 ? "" : ",", player->name, gained);
    }
    ivm_log("%s", line);
}

void scene_fire(struct story *story, unsigned player, unsigned times)
{
    struct player *fired = &story->players[player];
    unsigned expected = player_can_fire(fired, times);
    uint64_t taken = player_fire(fired, times);
    ivm_log("  fired %u times: %s took %lu", expected, fired->name, taken);
    expect_count(&story->expectations, fired->name, expected, taken);
}

void scene_fire_round(struct story *story, unsigned count)
{
    uint64_t before[STORY_PLAYERS] = {0};
    note_claims(story, count, before);
    for (unsigned i = 0; i < count; i++)
        player_fire(&story->players[i], APART);
    state_gains(story, count, before, APART);

    note_claims(story, count, before);
    player_fire_together(story->players, count, TOGETHER);
    state_gains(story, count, before, TOGETHER);
}

/* Begin with free lines: what a console connected before is disconnected. */
static void clear_stage(void)
{
    for (size_t i = 0; i < ivm_device_count(); i++) {
        struct ivm_device *device = ivm_device_at(i);
        if (device->driver == NULL || device->is_gone)
            continue;
        enum ivm_status status = messages_are_open(device) ? messages_disconnect(device)
                                                           : ivm_device_disconnect(device);
        if (status == IVM_OK)
            ivm_log("%s was connected; disconnected for the story", device->name);
    }
}

static void tell_topology(void)
{
    ivm_log("%s", "");
    ivm_log("--- This machine");
    table_totals();
    table_devices();
}

bool story_tell(void)
{
    static void (*const scenes[])(struct story * story) = {
        scene_one_owner, scene_second_owner, scene_chain,  scene_messages, scene_legacy,
        scene_reconnect, scene_firmware,     scene_models, scene_filters,  scene_everyone,
    };
    struct story *story = &the_story;
    story->expectations = (struct expectations){0};

    clear_stage();
    tell_topology();
    for (size_t i = 0; i < sizeof scenes / sizeof scenes[0]; i++)
        scenes[i](story);
    ivm_log("%s", "");
    return expect_verdict(&story->expectations);
}
