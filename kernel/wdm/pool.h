/* pool.h: the arena that drivers' memory comes from, behind objects.h and the calls of images. */
#ifndef WDM_POOL_H
#define WDM_POOL_H

#include "image.h"

enum { POOL_ALIGNMENT = 16, POOL_PAGE = 4096, POOL_BYTES = 1024 * POOL_PAGE };

/* Begin with [first, first + bytes), all of it free; what was given out before is forgotten. The pool does
 * so by itself, with pages of foreign_pages(), when it is first asked below IVM_DISPATCH.
 *
 * first  at a multiple of POOL_ALIGNMENT
 * bytes  [256, 2^31); a multiple of POOL_ALIGNMENT
 */
void pool_start(void *first, size_t bytes);

struct pool_wish {
    struct image *image; /* who it is counted for; NULL: nobody */
    size_t bytes;        /* 0: a block with no byte to write to */
    uint32_t tag;
    uint32_t alignment; /* POOL_ALIGNMENT, or a greater power of 2 up to POOL_PAGE */
};

/* A block as wished, not zeroed; NULL: there is no room. A free block whose header was overwritten stops
 * the kernel, which tells what that says. In bounded time, interrupts off. Any level. */
void *pool_give(const struct pool_wish *wish);

/* Take a block back for `caller`, who freed it with `tag`; 0: any. Another tag is named. What is no block,
 * was freed before, or was written past its end stops the kernel by BAD_POOL_CALLER, and names both. Timers
 * that still run in it are cancelled, and named. */
void pool_take(void *bytes, const struct image *caller, uint32_t tag);

/* A tag as it is written in source: "Tag1". */
struct pool_tag_text {
    char text[5];
};
struct pool_tag_text pool_tag_text(uint32_t tag);

#endif
