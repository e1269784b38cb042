/* player.c: who plays in a scene: connects, leaves, interrupts. */
#include "stage.h"

#include <stdatomic.h>

#include <ivm/level.h>
#include <ivm/stats.h>
#include <ivm/system.h>

#include "kernel/format.h"

/* The bound of one interrupt: a slow emulator, and a clock chip that ticks once a second.
 */
static const uint64_t INTERRUPT_LIMIT_NS = 2000000000;

static enum ivm_verdict play(void *context)
{
    struct player *player = context;
    atomic_fetch_add_explicit(&player->calls, 1, memory_order_relaxed);
    if (player->part == PLAYER_DRIVES && player->device != NULL)
        return player->device->driver->routine(player->device);
    if (atomic_load_explicit(&player->wrong_claims, memory_order_relaxed) == 0)
        return IVM_NOT_MINE;
    atomic_fetch_sub_explicit(&player->wrong_claims, 1, memory_order_relaxed);
    return IVM_HANDLED;
}

void player_cast(struct player *player, enum player_part part, const char *name,
                 struct ivm_device *device)
{
    if (player->holds_own && player_leave(player) != IVM_OK) {
        ivm_log("%s could not be disconnected, and goes on as it is", player->name);
        return;
    }
    *player = (struct player){.part = part, .device = device};
    format_text(player->name, sizeof player->name, "%s", name);
}

void player_cast_device(struct player *player, const struct stage *stage, unsigned index)
{
    static const char *const stand_ins[STAGE_DEVICES] = {"first owner", "second owner",
                                                         "third owner"};
    if (index < stage->device_count)
        player_cast(player, PLAYER_DEVICE, stage->devices[index]->name,
                    stage->devices[index]);
    else
        player_cast(player, PLAYER_LOOKS, stand_ins[index % STAGE_DEVICES], NULL);
}

static struct ivm_connection *connection_of(struct player *player)
{
    return player->part == PLAYER_DEVICE ? &player->device->connection : &player->own;
}

static enum ivm_status join_itself(struct player *player, const struct stage *stage,
                                   enum ivm_sharing sharing, struct ivm_refusal *refusal)
{
    struct ivm_request request = {.routine = play,
                                  .cpus = stage->cpus.mask != 0 ? &stage->cpus : NULL,
                                  .context = player,
                                  .source = stage->source,
                                  .trigger = stage->trigger,
                                  .polarity = stage->polarity,
                                  .sharing = sharing,
                                  .vector = stage->vector};
    format_text(request.owner, sizeof request.owner, "%s", player->name);
    enum ivm_status status = ivm_connect(&request, &player->own, refusal);
    player->holds_own = player->holds_own || status == IVM_OK;
    return status;
}

void player_join(struct player *player, const struct stage *stage, enum ivm_sharing sharing,
                 struct attempt *out)
{
    *out = (struct attempt){.who = player->name};
    out->status = player->part == PLAYER_DEVICE
                      ? ivm_device_connect(player->device, sharing, &out->refusal)
                      : join_itself(player, stage, sharing, &out->refusal);
}

enum ivm_status player_leave(struct player *player)
{
    if (player->part == PLAYER_DEVICE)
        return ivm_device_disconnect(player->device);
    if (player->device != NULL && player->device->driver->quiet != NULL)
        player->device->driver->quiet(player->device);
    enum ivm_status status = ivm_disconnect(&player->own);
    player->holds_own = player->holds_own && status != IVM_OK;
    return status;
}

uint64_t player_claimed(const struct player *player)
{
    return ivm_stats_claimed(player->part == PLAYER_DEVICE ? &player->device->connection
                                                           : &player->own);
}

struct awaited {
    const struct ivm_connection *connection;
    uint64_t claims;
};

static bool has_claimed(void *context)
{
    const struct awaited *awaited = context;
    return ivm_stats_claimed(awaited->connection) >= awaited->claims;
}

bool stage_await_claims(const struct ivm_connection *connection, uint64_t claims)
{
    struct awaited awaited = {.connection = connection, .claims = claims};
    return ivm_wait_until(has_claimed, &awaited, INTERRUPT_LIMIT_NS);
}

static bool wait_for_claims(struct player *player, uint64_t claims)
{
    return stage_await_claims(connection_of(player), claims);
}

unsigned player_can_fire(const struct player *player, unsigned times)
{
    return player->device != NULL ? times : 0;
}

uint64_t player_fire(struct player *player, unsigned times)
{
    uint64_t before = player_claimed(player);
    for (unsigned i = 1; i <= player_can_fire(player, times); i++) {
        player->device->driver->fire(player->device);
        if (!wait_for_claims(player, before + i)) {
            ivm_log("%s was fired and did not take its interrupt", player->name);
            break;
        }
    }
    return player_claimed(player) - before;
}

void player_fire_together(struct player *players, unsigned count, unsigned times)
{
    for (unsigned round = 0; round < times; round++) {
        uint64_t before[STAGE_DEVICES];
        uint8_t found = ivm_level_raise(IVM_HIGH);
        for (unsigned i = 0; i < count && i < STAGE_DEVICES; i++) {
            before[i] = player_claimed(&players[i]);
            if (players[i].device != NULL)
                players[i].device->driver->fire(players[i].device);
        }
        ivm_level_lower(found);
        for (unsigned i = 0; i < count && i < STAGE_DEVICES; i++) {
            if (players[i].device != NULL && !wait_for_claims(&players[i], before[i] + 1))
                ivm_log("%s was fired and did not take its interrupt", players[i].name);
        }
    }
}
