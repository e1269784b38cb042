/* scene_models.c: scenario 4: several device models on one virtual line. */
#include "scenes.h"

#include <ivm/system.h>
#include <ivm/vector.h>

static void introduce_models(const struct stage *stage)
{
    for (unsigned i = 0; i < stage->device_count; i++)
        ivm_log("  %s is driven by %s", stage->devices[i]->name,
                stage->devices[i]->driver->name);
    if (stage->model_count > 1)
        return;
    const char *stand_in = stage->device_count > 1
                               ? "Several of one model stand in for them."
                           : stage->device_count == 1
                               ? "One device and owners who only look stand in for them."
                               : "Owners who only look stand in for them.";
    ivm_log("Lacking: several models on one line. %s", stand_in);
}

/* Vectors that are nobody's to have: an emulator or a hypervisor that hands one out is
 * wrong. */
static void play_reserved(struct story *story)
{
    static const uint8_t reserved[] = {0x0E,
                                       IVM_VECTOR_DISPATCH,
                                       IVM_VECTOR_PIC_SPURIOUS_MASTER,
                                       IVM_VECTOR_CLOCK,
                                       IVM_VECTOR_IPI,
                                       IVM_VECTOR_ERROR,
                                       IVM_VECTOR_SPURIOUS};
    struct player *guest = &story->players[0];
    player_cast(guest, PLAYER_LOOKS, "virtual card", NULL);
    struct stage stage = {.trigger = IVM_EDGE};
    unsigned refused = 0;
    for (size_t i = 0; i < sizeof reserved; i++) {
        stage.source = (struct ivm_source_id){IVM_BARE, reserved[i]};
        player_join(guest, &stage, IVM_SHARED, &story->attempt);
        refused += story->attempt.status == IVM_ACCESS_DENIED;
        ivm_log("  vector 0x%02x (%s): %s", reserved[i], ivm_vector_reason(reserved[i]),
                ivm_status_forms(story->attempt.status)->win32_name);
        if (story->attempt.status == IVM_OK)
            scene_leave_one(story, 0);
    }
    expect_refused(&story->expectations, IVM_RULE_VECTOR_RESERVED, &story->attempt);
    expect_count(&story->expectations, "system vectors refused", sizeof reserved, refused);
}

void scene_models(struct story *story)
{
    expect_scene(&story->expectations,
                 "Scenario 4: several device models on one virtual line");
    stage_set_models(&story->stage);
    scene_introduce(story, 2);
    introduce_models(&story->stage);
    unsigned count = story->stage.device_count > 2 ? story->stage.device_count : 2;
    for (unsigned i = 0; i < count; i++) {
        player_cast_device(&story->players[i], &story->stage, i);
        scene_join(story, i, IVM_SHARED);
    }
    scene_fire_round(story, count);
    scene_leave(story, count);

    ivm_log("A virtual card is told a vector that is the system's:");
    play_reserved(story);
    expect_end(&story->expectations);
}
