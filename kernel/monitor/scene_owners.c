/* scene_owners.c: one owner; a second owner, refused with 763; owners in a chain. */
#include "scenes.h"

#include <stdatomic.h>

#include <ivm/level.h>
#include <ivm/system.h>

#include "kernel/format.h"
#include "report.h"

enum { FIRINGS = 5, WORD = 16 };

static void say_place(const struct story *story)
{
    struct stage_counts counts;
    if (stage_counts(&story->stage, &counts))
        ivm_log("  placed: vector 0x%02x of CPU %u, level %u", counts.vector, counts.cpu,
                ivm_vector_level(counts.vector));
}

void scene_one_owner(struct story *story)
{
    struct player *owner = &story->players[0];
    expect_scene(&story->expectations, "One driver connects to an interrupt, alone");
    stage_set_busiest(&story->stage);
    scene_introduce(story, 1);
    player_cast_device(owner, &story->stage, 0);

    scene_join(story, 0, IVM_EXCLUSIVE);
    say_place(story);
    struct stage_counts before = {0}, after = {0};
    stage_counts(&story->stage, &before);
    scene_fire(story, 0, FIRINGS);
    stage_counts(&story->stage, &after);
    expect_at_least(&story->expectations, "delivered", player_can_fire(owner, FIRINGS),
                    after.delivered - before.delivered);
    scene_leave(story, 1);
    expect_end(&story->expectations);
}

/* The numbers that callers compare with are part of the promise. */
static void expect_forms_of_763(struct expectations *expectations, enum ivm_status status)
{
    const struct ivm_status_forms *forms = ivm_status_forms(status);
    char hresult[WORD], ntstatus[WORD];
    format_text(hresult, sizeof hresult, "0x%08X", forms->hresult);
    format_text(ntstatus, sizeof ntstatus, "0x%08X", forms->ntstatus);
    expect_count(expectations, "Win32", 763, forms->win32);
    expect_text(expectations, "HRESULT", "0x800702FB", hresult);
    expect_text(expectations, "NTSTATUS", "0xC00702FB", ntstatus);
}

void scene_second_owner(struct story *story)
{
    struct player *owner = &story->players[0], *intruder = &story->players[1];
    expect_scene(&story->expectations, "A second driver wants the same interrupt");
    stage_set_busiest(&story->stage);
    scene_introduce(story, 1);
    player_cast_device(owner, &story->stage, 0);
    player_cast(intruder, PLAYER_LOOKS, "intruder", NULL);

    scene_join(story, 0, IVM_EXCLUSIVE);

    scene_join_refused(story, 1, IVM_EXCLUSIVE, IVM_RULE_OWNER_EXCLUSIVE);
    report_refusal(&story->attempt.refusal);
    expect_forms_of_763(&story->expectations, story->attempt.status);
    expect_holder(&story->expectations, owner->name, &story->attempt);

    ivm_log("The intruder would share. The owner still does not:");
    scene_join_refused(story, 1, IVM_SHARED, IVM_RULE_OWNER_EXCLUSIVE);
    scene_fire(story, 0, FIRINGS);
    expect_count(&story->expectations, "intruder called", 0,
                 atomic_load_explicit(&intruder->calls, memory_order_relaxed));
    scene_leave(story, 1);
    expect_end(&story->expectations);
}

void scene_chain(struct story *story)
{
    expect_scene(&story->expectations, "Two, then three devices share one line");
    stage_set_busiest(&story->stage);
    scene_introduce(story, STAGE_DEVICES);
    for (unsigned i = 0; i < STAGE_DEVICES; i++)
        player_cast_device(&story->players[i], &story->stage, i);

    ivm_log("Two owners in a chain: fired one after the other, then at the same moment.");
    scene_join(story, 0, IVM_SHARED);
    scene_join(story, 1, IVM_SHARED);
    scene_fire_round(story, 2);
    ivm_log("Three owners in a chain: the same again.");
    scene_join(story, 2, IVM_SHARED);
    scene_fire_round(story, STAGE_DEVICES);
    scene_leave(story, STAGE_DEVICES);
    expect_end(&story->expectations);
}
