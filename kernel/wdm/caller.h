/* caller.h: what an image is called in the log. */
#ifndef WDM_CALLER_H
#define WDM_CALLER_H

#include "image.h"

static inline const char *caller_name(const struct image *image)
{
    return image != NULL ? image->name : "somebody";
}

#endif
