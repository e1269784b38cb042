/* caller.h: who called: its name for the log, its place in a table with one entry for each image. */
#ifndef WDM_CALLER_H
#define WDM_CALLER_H

#include "image.h"

/* Entry 0 is for what no image owns. */
enum { CALLER_SLOTS = WDM_IMAGE_LIMIT + 1 };

static inline const char *caller_name(const struct image *image)
{
    return image != NULL ? image->name : "somebody";
}

static inline size_t caller_slot(const struct image *image)
{
    size_t index = 0;
    while (image != NULL && index < WDM_IMAGE_LIMIT) {
        if (image_at(index++) == image)
            return index;
    }
    return 0;
}

/* The image of an entry; NULL: of entry 0. */
static inline struct image *caller_at(size_t slot)
{
    return slot == 0 ? NULL : image_at(slot - 1);
}

#endif
