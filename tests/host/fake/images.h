/* images.h: what loading and unloading an image asks of the other parts, and what the console asks of the
 * images: recorders, for the host tests. All of it is weak, as every fake.
 */
#ifndef FAKE_IMAGES_H
#define FAKE_IMAGES_H

#include "kernel/wdm/image.h"

enum { FAKE_IMAGES_TRACE = 1024, FAKE_IMAGES_LIMIT = 2 };

struct fake_images {
    /* Each call in order, a word and a blank: "pnp_start ", "interrupts ", "pool ". */
    char trace[FAKE_IMAGES_TRACE];
    uint32_t left_interrupts; /* what the drops find, all at once */
    uint32_t left_timers;
    uint32_t left_calls;
    uint32_t calls_after; /* deferred calls found once none was */
    uint32_t time_starts;

    /* What image_at() and image_find() know; what image_load() and image_start(), image_unload() and
     * image_stop() answer. */
    struct image images[FAKE_IMAGES_LIMIT];
    size_t count;
    enum ivm_status load_status, unload_status;
};

extern struct fake_images fake_images;

/* Forget all; first thing in every set-up. */
void fake_images_reset(void);

/* Add a word to the trace. */
void fake_images_trace(const char *word);

#endif
