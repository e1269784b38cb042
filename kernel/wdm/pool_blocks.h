/* pool_blocks.h: the blocks of an arena: in use or free, side by side, each with its header.
 *
 * The arena is a row of blocks, from its beginning to its end. A header says how long its block is and how
 * long the one before it is; its check word says whether anybody has written over it. Behind the bytes that
 * were asked for stands a guard. Free blocks are also in lists by size, so that one that fits is found, and
 * two neighbours become one, in a bounded time.
 */
#ifndef WDM_POOL_BLOCKS_H
#define WDM_POOL_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct image;

enum { BLOCK_UNIT = 16, BLOCK_GUARD = 8, BLOCK_CLASSES = 64 };

enum block_state { BLOCK_FREE = 1, BLOCK_USED, BLOCK_END };

/* All sizes but `bytes` are in units, headers included. A free block keeps tag, bytes and image of who had
 * it last; two links follow its header. */
struct block {
    uint32_t check;
    uint32_t tag;
    uint32_t units;
    uint32_t units_before; /* of the block before it; 0: it is the first */
    uint32_t bytes;
    uint32_t state; /* enum block_state */
    struct image *image;
};

struct links {
    struct block *next, *previous;
};

/* Somebody's lock protects it. */
struct arena {
    struct block *first; /* NULL: there is none yet */
    struct block *end;   /* a header alone, never free */
    uint64_t classes;    /* a bit for each list that is not empty */
    struct block *free[BLOCK_CLASSES];
    struct block *damaged; /* found overwritten; the operation was not done */
};

struct block_wish {
    uint32_t bytes;
    uint32_t alignment; /* of the bytes; a power of 2, from BLOCK_UNIT on */
};

/* What may be wrong with a pointer that is freed. */
enum block_fault {
    BLOCK_SOUND = 0,
    BLOCK_NOWHERE,      /* no block could begin there */
    BLOCK_OVERWRITTEN,  /* none does, or its header was written over */
    BLOCK_FREED_BEFORE, /* and nothing else was made of it yet */
    BLOCK_OVERRUN,      /* its user wrote past its end */
    BLOCK_NEIGHBOUR,    /* the header of a neighbour was written over: arena->damaged */
};

void arena_begin(struct arena *arena, void *first, size_t bytes);

/* A block in use; NULL: none fits, or arena->damaged. */
struct block *arena_give(struct arena *arena, const struct block_wish *wish);

/* What is in the header of a used block changed: write its check word. */
void block_seal(struct block *block);

/* The block that begins before `bytes`, when it is sound or has another fault than its place. */
enum block_fault arena_examine(struct arena *arena, void *bytes, struct block **block);

/* Make a sound block free, and one with its neighbours. Returns the free block. */
struct block *arena_take(struct arena *arena, struct block *block);

static inline void *block_bytes(struct block *block)
{
    return block + 1;
}

static inline struct block *block_after(struct block *block)
{
    return (struct block *)(void *)((char *)block + (size_t)block->units * BLOCK_UNIT);
}

_Static_assert(sizeof(struct block) == 2 * BLOCK_UNIT, "headers keep blocks aligned");
_Static_assert(sizeof(struct links) == BLOCK_UNIT, "links fit in the smallest block");

#endif
