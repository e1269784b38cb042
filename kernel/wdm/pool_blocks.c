/* pool_blocks.c: a row of blocks, given and taken in bounded time. */
#include "pool_blocks.h"

enum {
    HEADER_UNITS = sizeof(struct block) / BLOCK_UNIT,
    LEAST_UNITS = HEADER_UNITS + 1, /* with room for links */
    TRIES = 16,                     /* blocks of one class that are looked at */
    CHECK_SALT = 0x5EA1B10C,
    GUARD_BYTE = 0xFD,
};

static struct links *links_of(struct block *block)
{
    return (struct links *)block_bytes(block);
}

/* Headers. */

static uint32_t mixed(uint32_t sum, uint64_t word)
{
    uint64_t product = (sum ^ word) * 0x9E3779B97F4A7C15u;
    return (uint32_t)(product >> 32 ^ product);
}

/* Of all that is in the header, and where it is; of a free block, its links, too. */
static uint32_t check_of(struct block *block)
{
    uint32_t sum = mixed(CHECK_SALT, (uintptr_t)block);
    sum = mixed(sum, (uint64_t)block->tag << 32 | block->bytes);
    sum = mixed(sum, (uint64_t)block->units << 32 | block->units_before);
    sum = mixed(sum, block->state);
    sum = mixed(sum, (uintptr_t)block->image);
    if (block->state != BLOCK_FREE)
        return sum;
    sum = mixed(sum, (uintptr_t)links_of(block)->next);
    return mixed(sum, (uintptr_t)links_of(block)->previous);
}

void block_seal(struct block *block)
{
    block->check = check_of(block);
}

static bool is_sound(struct block *block)
{
    bool is_state = block->state >= BLOCK_FREE && block->state <= BLOCK_END;
    return is_state && block->check == check_of(block);
}

/* A block that is not sound is noted: nothing it says is used. */
static bool check(struct arena *arena, struct block *block)
{
    if (block != NULL && !is_sound(block))
        arena->damaged = block;
    return arena->damaged == NULL;
}

static struct block *block_before(struct block *block)
{
    return (struct block *)(void *)((char *)block -
                                    (size_t)block->units_before * BLOCK_UNIT);
}

static void write_guard(struct block *block)
{
    uint8_t *end = (uint8_t *)block_bytes(block) + block->bytes;
    for (unsigned i = 0; i < BLOCK_GUARD; i++)
        end[i] = GUARD_BYTE;
}

static bool guard_is_whole(struct block *block)
{
    const uint8_t *end = (const uint8_t *)block_bytes(block) + block->bytes;
    unsigned whole = 0;
    while (whole < BLOCK_GUARD && end[whole] == GUARD_BYTE)
        whole++;
    return whole == BLOCK_GUARD;
}

/* Free blocks by size: two classes for each power of two. */

static unsigned class_of(uint32_t units)
{
    if (units < 4)
        return units;
    unsigned power = 31 - (unsigned)__builtin_clz(units);
    return 2 * power + (units >> (power - 1) & 1);
}

static void set_links(struct block *block, struct links links)
{
    *links_of(block) = links;
    block_seal(block);
}

/* False, and nothing done: a neighbour in the list is damaged. */
static bool leave_list(struct arena *arena, struct block *block)
{
    struct links links = *links_of(block);
    if (!check(arena, links.next) || !check(arena, links.previous))
        return false;
    if (links.next != NULL)
        set_links(links.next, (struct links){.next = links_of(links.next)->next,
                                             .previous = links.previous});
    if (links.previous != NULL) {
        set_links(links.previous,
                  (struct links){.next = links.next,
                                 .previous = links_of(links.previous)->previous});
        return true;
    }
    unsigned class = class_of(block->units);
    arena->free[class] = links.next;
    if (links.next == NULL)
        arena->classes &= ~(UINT64_C(1) << class);
    return true;
}

static void enter_list(struct arena *arena, struct block *block)
{
    unsigned class = class_of(block->units);
    struct block *next = arena->free[class];
    block->state = BLOCK_FREE;
    set_links(block, (struct links){.next = next});
    if (next != NULL)
        set_links(next, (struct links){.next = links_of(next)->next, .previous = block});
    arena->free[class] = block;
    arena->classes |= UINT64_C(1) << class;
}

/* All blocks of a higher class fit; of its own class, the first few are looked at. */
static struct block *find(struct arena *arena, uint32_t units)
{
    unsigned class = class_of(units), tries = 0;
    struct block *block = arena->free[class];
    for (; block != NULL && tries < TRIES; block = links_of(block)->next, tries++) {
        if (!check(arena, block))
            return NULL;
        if (block->units >= units)
            return block;
    }
    uint64_t above = arena->classes & ~((UINT64_C(2) << class) - 1);
    if (above == 0)
        return NULL;
    block = arena->free[__builtin_ctzll(above)];
    return check(arena, block) ? block : NULL;
}

/* The row. */

static void set_units(struct block *block, uint32_t units)
{
    block->units = units;
    block_seal(block);
    struct block *after = block_after(block);
    after->units_before = units;
    block_seal(after);
}

/* Cut a block in two; the second is returned. Neither is in a list, or sealed. */
static struct block *split(struct block *block, uint32_t units)
{
    uint32_t rest = block->units - units;
    struct block *end = block_after(block);
    block->units = units;
    struct block *second = block_after(block);
    *second = (struct block){.units = rest, .units_before = units};
    end->units_before = rest;
    block_seal(end);
    return second;
}

void arena_begin(struct arena *arena, void *first, size_t bytes)
{
    *arena = (struct arena){.first = first};
    arena->end = (struct block *)(void *)((char *)first + bytes - sizeof(struct block));
    *arena->end = (struct block){.units = HEADER_UNITS, .state = BLOCK_END};
    *arena->first = (struct block){.tag = 0};
    set_units(arena->first, (uint32_t)(bytes / BLOCK_UNIT) - HEADER_UNITS);
    enter_list(arena, arena->first);
}

static uint32_t units_for(const struct block_wish *wish)
{
    uint32_t bytes = wish->bytes + BLOCK_GUARD;
    return HEADER_UNITS + (bytes + BLOCK_UNIT - 1) / BLOCK_UNIT;
}

/* Units to leave free before a block so that its bytes are aligned: none, or a whole block. */
static uint32_t gap_before(struct block *block, uint32_t alignment)
{
    uintptr_t bytes = (uintptr_t)block_bytes(block);
    uintptr_t gap = -bytes & (alignment - 1);
    while (gap != 0 && gap < LEAST_UNITS * BLOCK_UNIT)
        gap += alignment;
    return (uint32_t)(gap / BLOCK_UNIT);
}

/* The most that gap_before() can say. */
static uint32_t most_gap(uint32_t alignment)
{
    return alignment == BLOCK_UNIT ? 0 : alignment / BLOCK_UNIT + LEAST_UNITS;
}

struct block *arena_give(struct arena *arena, const struct block_wish *wish)
{
    uint32_t units = units_for(wish);
    struct block *block = find(arena, units + most_gap(wish->alignment));
    if (block == NULL || !check(arena, block_after(block)) || !leave_list(arena, block))
        return NULL;
    uint32_t gap = gap_before(block, wish->alignment);
    if (gap != 0) {
        struct block *before = block;
        block = split(block, gap);
        enter_list(arena, before);
    }
    if (block->units - units >= LEAST_UNITS)
        enter_list(arena, split(block, units));
    block->state = BLOCK_USED;
    block->bytes = wish->bytes;
    write_guard(block);
    block_seal(block);
    return block;
}

enum block_fault arena_examine(struct arena *arena, void *bytes, struct block **block)
{
    uintptr_t at = (uintptr_t)bytes, first = (uintptr_t)block_bytes(arena->first);
    if (arena->first == NULL || at % BLOCK_UNIT != 0 || at < first ||
        at > (uintptr_t)arena->end)
        return BLOCK_NOWHERE;
    struct block *found = (struct block *)bytes - 1;
    *block = found;
    if (!is_sound(found) || found->state == BLOCK_END)
        return BLOCK_OVERWRITTEN;
    if (found->state == BLOCK_FREE)
        return BLOCK_FREED_BEFORE;
    if (!guard_is_whole(found))
        return BLOCK_OVERRUN;
    struct block *before = found->units_before != 0 ? block_before(found) : NULL;
    if (!check(arena, block_after(found)) || !check(arena, before))
        return BLOCK_NEIGHBOUR;
    return BLOCK_SOUND;
}

struct block *arena_take(struct arena *arena, struct block *block)
{
    struct block *after = block_after(block);
    struct block *before = block->units_before != 0 ? block_before(block) : NULL;
    block->state = BLOCK_FREE;
    set_links(block, (struct links){NULL, NULL}); /* to be known if it is freed again */
    if (after->state == BLOCK_FREE && leave_list(arena, after))
        set_units(block, block->units + after->units);
    if (before != NULL && before->state == BLOCK_FREE && leave_list(arena, before)) {
        set_units(before, before->units + block->units);
        block = before;
    }
    enter_list(arena, block);
    return block;
}
