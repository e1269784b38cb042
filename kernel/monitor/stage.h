/* stage.h: where a scene plays and who plays in it.
 *
 * A *stage* is one source with the devices of this machine that are wired to it and can be
 * made to interrupt. A *player* is somebody who connects there: a device's driver, a second
 * driver for the same device, a filter that only looks, or one that claims what is not its
 * own. So a scene is written once, for any machine: without a device the players still
 * connect and are refused, and what cannot be shown is said.
 */
#ifndef MONITOR_STAGE_H
#define MONITOR_STAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ivm/driver.h>
#include <ivm/interrupt.h>

#include "expect.h"

enum { STAGE_DEVICES = 3 };

struct stage {
    struct ivm_source_id source;
    enum ivm_trigger trigger;
    enum ivm_polarity polarity;
    uint8_t vector;          /* that its players ask for; 0: the manager chooses */
    struct ivm_cpu_set cpus; /* likewise; mask 0: any */
    struct ivm_device *devices[STAGE_DEVICES];
    unsigned device_count;
    unsigned model_count; /* different drivers among them */
};

/* The level-triggered line with the most devices that can be fired; failing that, the line
 * of any device that can; failing that, a bare vector. Only lines that nobody is connected
 * to.
 */
void stage_set_busiest(struct stage *stage);

/* As the busiest, but the line with the most different models first. */
void stage_set_models(struct stage *stage);

/* An edge-triggered ISA line: of a device that can be fired; failing that, of none. */
void stage_set_legacy(struct stage *stage);

/* Another line of this machine that nobody is connected to; false when none is known. */
bool stage_other_line(const struct stage *stage, struct stage *out);

/* Log which source it is and who plays there; say so when that is fewer than `wanted`
 * devices. */
void stage_introduce(const struct stage *stage, unsigned wanted);

/* Where the stage's source is placed now, and what was delivered there; false: nowhere. */
struct stage_counts {
    uint32_t cpu;
    uint8_t vector;
    uint64_t delivered;
    uint64_t strays;
};
bool stage_counts(const struct stage *stage, struct stage_counts *out);

enum player_part {
    PLAYER_LOOKS = 0, /* looks and passes on; claims wrongly while it has `wrong_claims` */
    PLAYER_DRIVES,    /* a second driver: does what the device's own routine does */
    PLAYER_DEVICE,    /* the device's own driver, by ivm_device_connect() */
};

struct player {
    struct ivm_connection own; /* of all parts but PLAYER_DEVICE */
    bool holds_own;            /* it is connected */
    enum player_part part;
    char name[IVM_NAME_SIZE];
    struct ivm_device *device;     /* NULL: none */
    _Atomic uint32_t calls;        /* of its routine; not counted for PLAYER_DEVICE */
    _Atomic uint32_t wrong_claims; /* still to come */
};

/* Cast a player; zeroed storage the first time. One whose own connection is still there is
 * disconnected first.
 */
void player_cast(struct player *player, enum player_part part, const char *name,
                 struct ivm_device *device);

/* The stage's device number `index` plays itself; where there is none, somebody who only
 * looks. */
void player_cast_device(struct player *player, const struct stage *stage, unsigned index);

/* Connect a player. PLAYER_DEVICE asks for what its device has: the stage's values do not
 * count.
 */
void player_join(struct player *player, const struct stage *stage, enum ivm_sharing sharing,
                 struct attempt *out);

/* Disconnect a player. */
enum ivm_status player_leave(struct player *player);

/* Interrupts this player took since it joined. */
uint64_t player_claimed(const struct player *player);

/* Make the player's device interrupt `times` times, each time waiting until the player took
 * it; how many it took. 0 when it has no device that can be fired.
 */
uint64_t player_fire(struct player *player, unsigned times);

/* Make the devices of several players interrupt at the same moment, `times` times. */
void player_fire_together(struct player *players, unsigned count, unsigned times);

/* Wait until a connection's routine took so many interrupts since its connect; false: it
 * did not within two seconds. */
bool stage_await_claims(const struct ivm_connection *connection, uint64_t claims);

/* How often player_fire(player, times) fires. */
unsigned player_can_fire(const struct player *player, unsigned times);

#endif
