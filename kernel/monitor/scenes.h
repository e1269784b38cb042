/* scenes.h: the scenes of the story, in the order in which it tells them. */
#ifndef MONITOR_SCENES_H
#define MONITOR_SCENES_H

#include <stdint.h>

#include "expect.h"
#include "stage.h"

enum { STORY_PLAYERS = 4 };

/* What the scenes hand on. Each scene sets its own stage, casts its own players, and leaves
 * nobody connected, but for the last.
 */
struct story {
    struct expectations expectations;
    struct stage stage;
    struct player players[STORY_PLAYERS];
    struct attempt attempt;
};

void scene_one_owner(struct story *story);
void scene_second_owner(struct story *story);
void scene_chain(struct story *story);
void scene_messages(struct story *story);
void scene_legacy(struct story *story);
void scene_reconnect(struct story *story);
void scene_firmware(struct story *story);
void scene_models(struct story *story);
void scene_filters(struct story *story);
void scene_everyone(struct story *story);

/* Introduce the story's stage, with `wanted` devices; one without any lacks a device. */
void scene_introduce(struct story *story, unsigned wanted);

/* Connect a player and state that it worked. */
void scene_join(struct story *story, unsigned player, enum ivm_sharing sharing);

/* Connect a player and state that it was refused by this rule. */
void scene_join_refused(struct story *story, unsigned player, enum ivm_sharing sharing,
                        enum ivm_rule rule);

/* Disconnect a player, and state that it was connected. */
void scene_leave_one(struct story *story, unsigned player);

/* Fire a player's device and state that the player took each interrupt. */
void scene_fire(struct story *story, unsigned player, unsigned times);

/* Disconnect the first `count` players and state that each was connected. */
void scene_leave(struct story *story, unsigned count);

/* Fire the devices of the first `count` players one after the other, then at the same
 * moment, and state what each took.
 */
void scene_fire_round(struct story *story, unsigned count);

#endif
