/* images.c: what surrounds the images in the host tests. */
#include "images.h"

#include <stdio.h>
#include <string.h>

#include "kernel/wdm/objects.h"

struct fake_images fake_images;

void fake_images_reset(void)
{
    memset(&fake_images, 0, sizeof fake_images);
}

void fake_images_trace(const char *word)
{
    size_t length = strlen(fake_images.trace);
    snprintf(fake_images.trace + length, sizeof fake_images.trace - length, "%s ", word);
}

static uint32_t take(const char *word, uint32_t *left)
{
    uint32_t found = *left;
    *left = 0;
    fake_images_trace(word);
    return found;
}

uint32_t interrupts_drop(struct image *image)
{
    (void)image;
    return take("interrupts", &fake_images.left_interrupts);
}

uint32_t timers_drop(struct image *image)
{
    (void)image;
    return take("timers", &fake_images.left_timers);
}

uint32_t dpcs_drop(struct image *image)
{
    (void)image;
    uint32_t found = take("calls", &fake_images.left_calls);
    if (found == 0)
        return take("again", &fake_images.calls_after);
    return found;
}

uint32_t mappings_drop(struct image *image)
{
    image->mappings = 0;
    fake_images_trace("mappings");
    return 0;
}

void time_start(void)
{
    fake_images.time_starts++;
}

void pool_report(const struct image *image)
{
    (void)image;
    fake_images_trace("report");
}

void pool_free_all(struct image *image)
{
    image->pool_blocks = 0;
    fake_images_trace("pool");
}

void pnp_start(struct image *image)
{
    (void)image;
    fake_images_trace("pnp_start");
}

void pnp_claim(struct image *image)
{
    (void)image;
    fake_images_trace("pnp_claim");
}

void pnp_stop(struct image *image)
{
    (void)image;
    fake_images_trace("pnp_stop");
}

void pnp_release(struct image *image)
{
    image->devices = 0;
    fake_images_trace("pnp_release");
}

void pnp_remove(struct image *image)
{
    (void)image;
    fake_images_trace("pnp_remove");
}

struct image *image_at(size_t index)
{
    return index < fake_images.count ? &fake_images.images[index] : NULL;
}

struct image *image_find(const char *name)
{
    for (size_t i = 0; i < fake_images.count; i++) {
        if (strcmp(fake_images.images[i].name, name) == 0)
            return &fake_images.images[i];
    }
    return NULL;
}

enum ivm_status image_load(struct image *image)
{
    fake_images_trace("load");
    if (fake_images.load_status == IVM_OK)
        image->state = IMAGE_LOADED;
    return fake_images.load_status;
}

enum ivm_status image_unload(struct image *image)
{
    fake_images_trace("unload");
    if (fake_images.unload_status == IVM_OK)
        image->state = IMAGE_UNLOADED;
    return fake_images.unload_status;
}

enum ivm_status image_stop(struct image *image)
{
    fake_images_trace("stop");
    if (fake_images.unload_status == IVM_OK)
        image->state = IMAGE_LOADED;
    return fake_images.unload_status;
}

enum ivm_status image_start(struct image *image)
{
    fake_images_trace("start");
    if (fake_images.load_status == IVM_OK)
        image->state = IMAGE_STARTED;
    return fake_images.load_status;
}
