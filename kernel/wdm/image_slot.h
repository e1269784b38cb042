/* image_slot.h: an image's place in a table with one entry for each. */
#ifndef WDM_IMAGE_SLOT_H
#define WDM_IMAGE_SLOT_H

#include "image.h"

/* Entry 0 is for what no image owns. */
enum { IMAGE_SLOTS = WDM_IMAGE_LIMIT + 1 };

static inline size_t image_slot(const struct image *image)
{
    size_t index = 0;
    while (image != NULL && index < WDM_IMAGE_LIMIT) {
        if (image_at(index++) == image)
            return index;
    }
    return 0;
}

#endif
