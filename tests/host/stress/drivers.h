/* drivers.h: devices and their drivers: fired, connected, synchronized and moved at random.
 *
 * A device is used by one thread at a time (but for its firings and its interrupts), which takes it
 * by `taken`. Edges merge: a device counts what it fired since its routine asked last, and the routine
 * claims all of it. So claims equal firings exactly, and what must hold of the deliveries is that
 * one comes after the last firing of a batch; half of the devices are *patient*, and every firing of
 * theirs is a batch. What a driver hands to the manager as its context is poisoned as soon as
 * ivm_disconnect() has returned.
 */
#ifndef STRESS_DRIVERS_H
#define STRESS_DRIVERS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <ivm/interrupt.h>

#include "chance.h"
#include "pins.h"

enum {
    LEVEL_LINES = 10, /* gsis [0, this), three devices each */
    EDGE_LINES = 9,   /* the next; of one, two and three devices in turn */
    LINES = LEVEL_LINES + EDGE_LINES,
    MESSAGES = 8,
    BARE = 8,
    DEVICES =
        3 * LEVEL_LINES + 2 * EDGE_LINES + MESSAGES + BARE, /* at most 64: a wire's bits */
    LOCKS = 4,                                              /* shared by whoever wants */
    LIVES = 4, /* a context is used again after so many others */
};

_Static_assert(LINES + MESSAGES + BARE <= PINS, "every source has a pin");
_Static_assert(DEVICES <= 64, "every device has a bit on its wire");

struct device;

struct life {
    uint32_t magic;
    _Atomic uint32_t inside; /* routines that run with it */
    struct device *device;
    struct ivm_lock *lock;
    uint64_t *guarded; /* what the lock protects; NULL: none */
    uint64_t calls;    /* plain: at most one routine at a time touches it */
    uint64_t handled;
    uint64_t returns;
};

struct device {
    atomic_bool taken;
    struct pin *pin; /* of its line; a bare one has its own, for its lock */
    unsigned index;  /* its bit on the wire */
    struct ivm_source_id source;
    enum ivm_trigger trigger;
    enum ivm_sharing sharing;
    bool is_patient; /* never fires before its last firing was claimed */
    uint32_t lives;
    struct life life[LIVES];
    struct ivm_connection connection;

    /* Under the pin's lock. */
    bool enabled;
    uint32_t bare_cpu;
    uint8_t bare_vector;
    uint32_t pending;
    uint64_t fired, claimed, withdrawn;
};

extern struct device devices[DEVICES];
extern struct ivm_lock shared_locks[LOCKS];

/* Makes the devices; after manager_start(): it registers messages. */
void drivers_start(void);

/* One step each, on a device of chance's choice. */
void drivers_fire(struct chance *chance);
void drivers_toggle(struct chance *chance);
void drivers_synchronize(struct chance *chance);
void drivers_move(struct chance *chance);

/* Nothing fires and nothing is pending: each device got what it fired. */
void drivers_check(void);

#endif
