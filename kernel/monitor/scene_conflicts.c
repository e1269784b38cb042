/* scene_conflicts.c: scenarios 1 and 2: legacy hardware without sharing; connecting twice.
 */
#include "scenes.h"

#include <stdatomic.h>

#include <ivm/stats.h>
#include <ivm/system.h>

enum { FIRINGS = 5, AFTERWARDS = 3, CYCLES = 20 };

static void expect_calls(struct story *story, const char *subject, unsigned player)
{
    uint32_t calls =
        atomic_load_explicit(&story->players[player].calls, memory_order_relaxed);
    expect_count(&story->expectations, subject, 0, calls);
}

void scene_legacy(struct story *story)
{
    struct player *card = &story->players[0], *second = &story->players[1];
    expect_scene(&story->expectations,
                 "Scenario 1: legacy hardware, one ISA line, no sharing");
    stage_set_legacy(&story->stage);
    scene_introduce(story, 1);
    player_cast_device(card, &story->stage, 0);
    player_cast(second, PLAYER_DRIVES, "second card", story->stage.devices[0]);

    ivm_log("Two cards are set to the same ISA line. Each driver wants it alone.");
    scene_join(story, 0, IVM_EXCLUSIVE);
    scene_join_refused(story, 1, IVM_EXCLUSIVE, IVM_RULE_OWNER_EXCLUSIVE);
    expect_holder(&story->expectations, card->name, &story->attempt);
    scene_fire(story, 0, FIRINGS);
    expect_calls(story, "second card called", 1);

    ivm_log("%s is taken off; now the second card may have the line.", card->name);
    scene_leave(story, 1);
    scene_join(story, 1, IVM_EXCLUSIVE);
    scene_fire(story, 1, AFTERWARDS);
    scene_leave_one(story, 1);
    expect_end(&story->expectations);
}

static void connect_twice(struct story *story)
{
    struct player *driver = &story->players[0];
    scene_join(story, 0, IVM_EXCLUSIVE);
    ivm_log("The driver starts again and connects, without having disconnected: first with "
            "the storage of its first connect, then with fresh storage.");
    scene_join_refused(story, 0, IVM_EXCLUSIVE, IVM_RULE_STORAGE_CONNECTED);
    scene_join_refused(story, 1, IVM_EXCLUSIVE, IVM_RULE_OWNER_EXCLUSIVE);
    expect_holder(&story->expectations, driver->name, &story->attempt);
    scene_fire(story, 0, AFTERWARDS);
    expect_calls(story, "the copy called", 1);
}

/* Connect, interrupt once, disconnect; how many of the rounds went well. */
static unsigned cycle(struct story *story)
{
    struct player *driver = &story->players[0];
    unsigned good = 0;
    for (unsigned i = 0; i < CYCLES; i++) {
        player_join(driver, &story->stage, IVM_EXCLUSIVE, &story->attempt);
        uint64_t taken = player_fire(driver, 1);
        if (story->attempt.status == IVM_OK && taken == player_can_fire(driver, 1) &&
            player_leave(driver) == IVM_OK)
            good++;
    }
    return good;
}

static void expect_no_leak(struct story *story)
{
    struct ivm_totals before, after;
    ivm_stats_totals(&before);
    unsigned good = cycle(story);
    ivm_stats_totals(&after);
    ivm_log("  %u times over: connect, interrupt, disconnect; %u went well",
            (unsigned)CYCLES, good);
    expect_count(&story->expectations, "good rounds", CYCLES, good);
    expect_count(&story->expectations, "free vectors", before.vectors_free,
                 after.vectors_free);
}

void scene_reconnect(struct story *story)
{
    expect_scene(&story->expectations,
                 "Scenario 2: connecting twice without disconnecting");
    stage_set_busiest(&story->stage);
    scene_introduce(story, 1);
    struct ivm_device *device = story->stage.devices[0];
    const char *name = device != NULL ? device->name : "driver";
    player_cast(&story->players[0], PLAYER_DRIVES, name, device);
    player_cast(&story->players[1], PLAYER_DRIVES, name, device);

    connect_twice(story);
    ivm_log("The right way: disconnect first. To disconnect twice is refused too (764).");
    scene_leave_one(story, 0);
    expect_status(&story->expectations, "second disconnect", IVM_NOT_CONNECTED,
                  player_leave(&story->players[0]));
    scene_join(story, 0, IVM_EXCLUSIVE);
    scene_fire(story, 0, AFTERWARDS);
    scene_leave(story, 1);
    expect_no_leak(story);
    expect_end(&story->expectations);
}
