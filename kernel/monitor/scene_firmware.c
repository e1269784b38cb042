/* scene_firmware.c: scenario 3: firmware gives one vector to two devices. */
#include "scenes.h"

#include <ivm/stats.h>
#include <ivm/system.h>
#include <ivm/vector.h>

#include "words.h"

/* One row of the sharing matrix: what the first has, and what the second asks for. */
struct row {
    enum ivm_sharing first_sharing, second_sharing;
    enum ivm_trigger first_trigger, second_trigger;
};

enum { MATRIX_ROWS = 16 };

static struct row matrix_row(unsigned index)
{
    return (struct row){
        .first_sharing = (index & 8) != 0 ? IVM_SHARED : IVM_EXCLUSIVE,
        .second_sharing = (index & 4) != 0 ? IVM_SHARED : IVM_EXCLUSIVE,
        .first_trigger = (index & 2) != 0 ? IVM_LEVEL : IVM_EDGE,
        .second_trigger = (index & 1) != 0 ? IVM_LEVEL : IVM_EDGE,
    };
}

/* Both must share, and with the same trigger. */
static enum ivm_rule rule_of_row(const struct row *row)
{
    if (row->first_sharing == IVM_EXCLUSIVE)
        return IVM_RULE_OWNER_EXCLUSIVE;
    if (row->second_sharing == IVM_EXCLUSIVE)
        return IVM_RULE_REQUESTER_EXCLUSIVE;
    return row->first_trigger == row->second_trigger ? IVM_RULE_NONE
                                                     : IVM_RULE_TRIGGER_DIFFERS;
}

/* Play one row; whether it ended as the rule says. */
static bool play_row(struct story *story, const struct row *row)
{
    struct player *first = &story->players[0], *second = &story->players[1];
    struct stage stage = story->stage;
    stage.trigger = row->first_trigger;
    player_join(first, &stage, row->first_sharing, &story->attempt);
    if (story->attempt.status != IVM_OK)
        return false;

    stage.trigger = row->second_trigger;
    player_join(second, &stage, row->second_sharing, &story->attempt);
    enum ivm_rule expected = rule_of_row(row);
    bool is_right = story->attempt.status == ivm_rule_status(expected) &&
                    story->attempt.refusal.rule == expected;
    if (story->attempt.status == IVM_OK && player_leave(second) != IVM_OK)
        is_right = false;
    return player_leave(first) == IVM_OK && is_right;
}

static void play_matrix(struct story *story)
{
    unsigned right = 0, accepted = 0;
    player_cast(&story->players[0], PLAYER_LOOKS, "device A", NULL);
    player_cast(&story->players[1], PLAYER_LOOKS, "device B", NULL);
    for (unsigned i = 0; i < MATRIX_ROWS; i++) {
        struct row row = matrix_row(i);
        bool is_right = play_row(story, &row);
        bool is_accepted = story->attempt.status == IVM_OK;
        right += is_right;
        accepted += is_accepted;
        ivm_log("  A %s %s, B %s %s: %s%s", words_sharing(row.first_sharing),
                words_trigger(row.first_trigger), words_sharing(row.second_sharing),
                words_trigger(row.second_trigger),
                is_accepted ? "a chain"
                            : ivm_rule_word((enum ivm_rule)story->attempt.refusal.rule),
                is_right ? "" : " (wrong)");
    }
    expect_count(&story->expectations, "rows right", MATRIX_ROWS, right);
    expect_count(&story->expectations, "rows accepted", 2, accepted);
}

/* Each CPU has vectors of its own: there is a conflict only on the CPU of A. */
static struct ivm_cpu_set cpu_of(const struct stage *line)
{
    uint32_t cpu = 0;
    uint8_t vector;
    (void)ivm_stats_place(line->source, &cpu, &vector);
    return (struct ivm_cpu_set){.mask = UINT64_C(1) << cpu % 64,
                                .group = (uint16_t)(cpu / 64)};
}

/* One vector for two lines: B, on another line, asks for the vector that A's line has. */
static void play_one_vector(struct story *story, uint8_t vector)
{
    struct stage line = story->stage;
    if (!stage_other_line(&line, &story->stage)) {
        ivm_log("Lacking: a second line to give the same vector to.");
        story->stage = line;
        return;
    }
    story->stage.vector = vector;
    story->stage.cpus = cpu_of(&line);
    ivm_log("B, on line %u, is told the vector of A, 0x%02x:", story->stage.source.number,
            vector);
    scene_join_refused(story, 1, IVM_SHARED, IVM_RULE_SOURCE_DIFFERS);
    story->stage = line;
}

/* Two vectors for one line. */
static void play_two_vectors(struct story *story, uint8_t vector)
{
    struct stage line = story->stage;
    bool is_last = vector + 1 == IVM_VECTOR_DEVICE_END;
    story->stage.vector = (uint8_t)(is_last ? vector - 1 : vector + 1);
    ivm_log("B is told the line of A, but vector 0x%02x for it (NTSTATUS 0x%08X):",
            story->stage.vector, ivm_status_forms(IVM_LINE_IN_USE)->ntstatus);
    scene_join_refused(story, 1, IVM_SHARED, IVM_RULE_LINE_ROUTED_ELSEWHERE);
    story->stage = line;
}

static void play_wrong_tables(struct story *story)
{
    if (story->stage.source.kind != IVM_LINE)
        return;
    struct stage_counts counts = {0};
    player_cast(&story->players[0], PLAYER_LOOKS, "device A", NULL);
    player_cast(&story->players[1], PLAYER_LOOKS, "device B", NULL);
    scene_join(story, 0, IVM_SHARED);
    stage_counts(&story->stage, &counts);
    play_one_vector(story, counts.vector);
    play_two_vectors(story, counts.vector);
    scene_leave(story, 1);
}

void scene_firmware(struct story *story)
{
    expect_scene(&story->expectations,
                 "Scenario 3: firmware gives one vector to two devices");
    stage_set_busiest(&story->stage);
    scene_introduce(story, 2);
    ivm_log("Every way in which two devices can be told the same vector:");
    play_matrix(story);
    play_wrong_tables(story);

    ivm_log("Both shared, with the trigger the line has: the chain works.");
    player_cast_device(&story->players[0], &story->stage, 0);
    player_cast_device(&story->players[1], &story->stage, 1);
    scene_join(story, 0, IVM_SHARED);
    scene_join(story, 1, IVM_SHARED);
    scene_fire_round(story, 2);
    scene_leave(story, 2);
    expect_end(&story->expectations);
}
