/* scene_filters.c: scenario 5: filter drivers layered on one vector. */
#include "scenes.h"

#include <stdatomic.h>

#include <ivm/stats.h>
#include <ivm/system.h>

#include "kernel/format.h"
#include "text.h"

enum {
    DRIVER = 0, /* the players */
    FILTER_A,
    FILTER_B,
    STRICT,
    LAYERS = 3, /* of them in the chain */
    FIRINGS = 4,
    WRONG_CLAIMS = 3,
    ORDER = 96,
    SUBJECT = 48,
};

/* The owners of the stage's vector in chain order, as text. */
static void read_order(const struct story *story, char out[ORDER])
{
    struct ivm_owner_stats owners[LAYERS];
    struct stage_counts place;
    struct text text = {.out = out, .size = ORDER};
    text_add(&text, "%s", "");
    if (!stage_counts(&story->stage, &place))
        return;
    size_t count = ivm_stats_owners(place.cpu, place.vector, owners, LAYERS);
    for (size_t i = 0; i < count && i < LAYERS; i++)
        text_add(&text, "%s%s", i == 0 ? "" : " > ", owners[i].owner.name);
}

/* The chain holds these players in this order. */
static void expect_order(struct story *story, const unsigned *order, unsigned count)
{
    char expected[ORDER], happened[ORDER];
    struct text text = {.out = expected, .size = sizeof expected};
    for (unsigned i = 0; i < count; i++)
        text_add(&text, "%s%s", i == 0 ? "" : " > ", story->players[order[i]].name);
    read_order(story, happened);
    ivm_log("  the chain is %s", happened);
    expect_text(&story->expectations, "chain", expected, happened);
}

/* How often a filter was asked: for each interrupt when it stands before the driver, and
 * not at all when it stands behind. Deliveries that nobody took (some emulators repeat one)
 * pass by all. On an edge all are asked, again and again, until a whole pass takes nothing.
 */
static void expect_asked(struct story *story, unsigned filter, uint64_t expected)
{
    const struct player *player = &story->players[filter];
    uint32_t calls = atomic_load_explicit(&player->calls, memory_order_relaxed);
    char subject[SUBJECT];
    format_text(subject, sizeof subject, "%s asked", player->name);
    ivm_log("  %s was asked %u times", player->name, calls);
    if (story->stage.trigger == IVM_LEVEL)
        expect_count(&story->expectations, subject, expected, calls);
    else
        expect_at_least(&story->expectations, subject, expected, calls);
}

static uint64_t strays_of(const struct story *story)
{
    struct stage_counts counts;
    return stage_counts(&story->stage, &counts) ? counts.strays : 0;
}

/* Connect in this order, fire the driver's device, and see who was asked. */
static void play_order(struct story *story, const unsigned order[LAYERS])
{
    struct player *driver = &story->players[DRIVER];
    player_cast_device(driver, &story->stage, 0);
    player_cast(&story->players[FILTER_A], PLAYER_LOOKS, "filter A", NULL);
    player_cast(&story->players[FILTER_B], PLAYER_LOOKS, "filter B", NULL);
    for (unsigned i = 0; i < LAYERS; i++)
        scene_join(story, order[i], IVM_SHARED);

    uint64_t before = strays_of(story);
    scene_fire(story, DRIVER, FIRINGS);
    uint64_t strays = strays_of(story) - before;
    unsigned times = player_can_fire(driver, FIRINGS);
    bool is_before = true;
    for (unsigned i = 0; i < LAYERS; i++) {
        if (order[i] == DRIVER)
            is_before = false;
        else
            expect_asked(story, order[i], (is_before ? times : 0) + strays);
    }
}

static void play_positions(struct story *story)
{
    static const unsigned orders[LAYERS][LAYERS] = {{DRIVER, FILTER_A, FILTER_B},
                                                    {FILTER_A, DRIVER, FILTER_B},
                                                    {FILTER_A, FILTER_B, DRIVER}};
    for (unsigned i = 0; i < LAYERS; i++) {
        ivm_log("A driver that takes and two filters that look; the driver is number %u.",
                i + 1);
        play_order(story, orders[i]);
        if (i + 1 < LAYERS)
            scene_leave(story, LAYERS);
    }
}

static void play_strict(struct story *story)
{
    ivm_log("A filter that does not share is refused; the chain stays as it is.");
    player_cast(&story->players[STRICT], PLAYER_LOOKS, "strict filter", NULL);
    scene_join_refused(story, STRICT, IVM_EXCLUSIVE, IVM_RULE_REQUESTER_EXCLUSIVE);
    expect_order(story, (const unsigned[]){FILTER_A, FILTER_B, DRIVER}, LAYERS);
}

static void play_removals(struct story *story)
{
    ivm_log("Filters come and go: the order of the others stays.");
    scene_leave_one(story, FILTER_B);
    expect_order(story, (const unsigned[]){FILTER_A, DRIVER}, 2);
    scene_join(story, FILTER_B, IVM_SHARED);
    scene_leave_one(story, FILTER_A);
    expect_order(story, (const unsigned[]){DRIVER, FILTER_B}, 2);
}

/* A filter that claims what is not its own delays the driver: the line stays asserted, so
 * the interrupt comes again until the driver is asked. */
static void play_wrong_claims(struct story *story)
{
    struct player *driver = &story->players[DRIVER], *filter = &story->players[FILTER_A];
    ivm_log("A filter claims %u interrupts that are not its own. The driver still gets its "
            "one.",
            (unsigned)WRONG_CLAIMS);
    player_cast(filter, PLAYER_LOOKS, "greedy filter", NULL);
    unsigned wrong = player_can_fire(driver, WRONG_CLAIMS);
    atomic_store_explicit(&filter->wrong_claims, wrong, memory_order_relaxed);
    scene_leave_one(story, DRIVER);
    scene_leave_one(story, FILTER_B);
    scene_join(story, FILTER_A, IVM_SHARED);
    scene_join(story, DRIVER, IVM_SHARED);
    scene_fire(story, DRIVER, 1);
    ivm_log("  %s claimed %lu", filter->name, player_claimed(filter));
    expect_count(&story->expectations, filter->name, wrong, player_claimed(filter));
    scene_leave(story, 2);
}

void scene_filters(struct story *story)
{
    expect_scene(&story->expectations, "Scenario 5: filters layered on one vector");
    stage_set_busiest(&story->stage);
    scene_introduce(story, 1);
    play_positions(story);
    play_strict(story);
    play_removals(story);
    play_wrong_claims(story);
    expect_end(&story->expectations);
}
