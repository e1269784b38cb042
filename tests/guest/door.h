/* door.h: into a driver image: what the samples of drivers/wdm/ are asked, and how. */
#ifndef GUEST_DOOR_H
#define GUEST_DOOR_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/wdm/image.h"

/* What every sample answers; `which` counts its devices, from 0. */
enum door_question {
    DOOR_STARTED = 0,
    DOOR_INTERRUPTS = 1, /* that it took */
    DOOR_DEFERRED = 2,   /* deferred calls that ran */
    DOOR_SUM = 3,        /* edu: of a vector of four floats, 10 more for each interrupt */
    DOOR_VERSION = 4,    /* edu: by which its connect came back */
    DOOR_VECTOR = 4,     /* uart: that it was given */
    DOOR_FIRE = 5,       /* interrupt, at once */
    DOOR_RUN = 7,        /* conform_*: check all; how many claims do not hold */
};

/* The image of this name when it is in memory; else NULL, and the test is skipped. */
struct image *door_have(const char *name);

/* Ask; 0 when it has no door, which is noted as a failure. */
uint64_t door_ask(struct image *image, uint64_t question, uint64_t which);

/* How many devices it has started. */
uint32_t door_devices(struct image *image);

/* Wait, bounded, until an answer is at least so much; false when it is not. */
bool door_wait(struct image *image, uint64_t question, uint64_t which, uint64_t value);

/* Fire a device so often, each time waiting for it to be taken and for its deferred call; false at the
 * first that is not. */
bool door_fire(struct image *image, uint64_t which, unsigned times);

#endif
