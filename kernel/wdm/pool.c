/* pool.c: memory for drivers: from one bounded arena, counted for each image, given back whole.
 *
 * Source: [WDM] "Bug Check 0xC2: BAD_POOL_CALLER".
 */
#include "pool.h"

#include <ivm/level.h>
#include <ivm/system.h>

#include "caller.h"
#include "host.h"
#include "kernel/machine.h"
#include "kernel/spinlock.h"
#include "objects.h"
#include "pool_blocks.h"
#include "stop.h"

enum { REPORT_LIMIT = 16 };

/* BAD_POOL_CALLER's first parameter. */
enum violation {
    HEADER_CORRUPTED = 0x01,
    FREED_ALREADY = 0x07,
    INVALID_ADDRESS = 0x46,
};

/* Taken with interrupts off: drivers allocate at any level. */
static struct spinlock lock;
static struct arena arena;

/* Taken below IVM_DISPATCH, for the arena's beginning. */
static struct spinlock start_lock;

static bool take_lock(void)
{
    bool were_on = machine_interrupts_save();
    spinlock_take(&lock);
    return were_on;
}

static void release_lock(bool were_on)
{
    spinlock_release(&lock);
    machine_interrupts_restore(were_on);
}

struct pool_tag_text pool_tag_text(uint32_t tag)
{
    struct pool_tag_text out = {""};
    for (unsigned i = 0; i < 4; i++) {
        char c = (char)(tag >> 8 * i);
        out.text[i] = c >= ' ' && c <= '~' ? c : '?';
    }
    return out;
}

void pool_start(void *first, size_t bytes)
{
    bool were_on = take_lock();
    arena_begin(&arena, first, bytes);
    release_lock(were_on);
}

static bool has_arena(void)
{
    bool were_on = take_lock();
    bool has = arena.first != NULL;
    release_lock(were_on);
    return has;
}

/* Whether there is an arena, from now on at the latest. */
static bool is_started(void)
{
    if (has_arena())
        return true;
    if (ivm_level_now() >= IVM_DISPATCH)
        return false;
    spinlock_take(&start_lock);
    uintptr_t pages = !has_arena() ? foreign_pages(POOL_BYTES / POOL_PAGE) : 0;
    if (pages != 0)
        pool_start((void *)pages, POOL_BYTES);
    spinlock_release(&start_lock);
    return has_arena();
}

/* What was found overwritten since this was last asked; NULL: nothing. Under the lock. */
static const struct block *take_damaged(void)
{
    const struct block *damaged = arena.damaged;
    arena.damaged = NULL;
    return damaged;
}

/* What a header says, copied: for the log, after the lock is released. */
struct tale {
    uint32_t tag;
    uint32_t bytes;
    uint64_t address;
    const struct image *image;
};

static struct tale tell(const struct block *block)
{
    return (struct tale){.tag = block->tag,
                         .bytes = block->bytes,
                         .address = (uintptr_t)(block + 1),
                         .image = block->image};
}

static _Noreturn void stop(const struct image *image, enum violation violation,
                           uint64_t address)
{
    const uint64_t parameters[4] = {violation, address, 0, address};
    bug_check(image, BUG_BAD_POOL_CALLER, parameters);
}

/* The header of a block was written over: what it says is told, and not believed. */
static _Noreturn void stop_damaged(const struct block *block)
{
    const struct tale t = tell(block);
    ivm_log(
        "pool: the header of the block at 0x%lx was written over; it says %u bytes, tag "
        "\"%s\": somebody used it after it was freed, or wrote past the one before it",
        t.address, t.bytes, pool_tag_text(t.tag).text);
    stop(NULL, HEADER_CORRUPTED, t.address);
}

void *pool_give(const struct pool_wish *wish)
{
    if (wish->bytes > POOL_BYTES || !is_started())
        return NULL;
    const struct block_wish place = {.bytes = (uint32_t)wish->bytes,
                                     .alignment = wish->alignment};
    bool were_on = take_lock();
    struct block *block = arena_give(&arena, &place);
    const struct block *damaged = take_damaged();
    if (block != NULL) {
        block->tag = wish->tag;
        block->image = wish->image;
        block_seal(block);
        if (wish->image != NULL) {
            wish->image->pool_blocks++;
            wish->image->pool_bytes += wish->bytes;
        }
    }
    release_lock(were_on);
    if (damaged != NULL)
        stop_damaged(damaged);
    return block != NULL ? block_bytes(block) : NULL;
}

static struct block *uncount_and_take(struct block *block)
{
    if (block->image != NULL) {
        block->image->pool_blocks--;
        block->image->pool_bytes -= block->bytes;
    }
    return arena_take(&arena, block);
}

/* A block that cannot be freed: who frees it is named, and whose it is or was. */
static _Noreturn void stop_bad_free(enum block_fault fault, const struct tale *t,
                                    const struct image *caller)
{
    static const char *const texts[] = {
        [BLOCK_OVERWRITTEN] = "which begins no block, or its header was written over",
        [BLOCK_FREED_BEFORE] = "which is freed already",
        [BLOCK_OVERRUN] = "and somebody wrote past its end",
    };
    if (fault == BLOCK_NOWHERE || fault == BLOCK_OVERWRITTEN)
        ivm_log("%s: frees 0x%lx, %s", caller_name(caller), t->address,
                fault == BLOCK_NOWHERE ? "which is not in the pool"
                                       : texts[BLOCK_OVERWRITTEN]);
    else
        ivm_log("%s: frees 0x%lx, %s: %u bytes, tag \"%s\", of %s", caller_name(caller),
                t->address, texts[fault], t->bytes, pool_tag_text(t->tag).text,
                caller_name(t->image));
    stop(caller,
         fault == BLOCK_FREED_BEFORE ? FREED_ALREADY
         : fault == BLOCK_OVERRUN    ? HEADER_CORRUPTED
                                     : INVALID_ADDRESS,
         t->address);
}

/* Timers in the block would tick on in memory of somebody else's. */
static void drop_timers(void *bytes, const struct image *caller)
{
    struct block *block = NULL;
    bool were_on = take_lock();
    bool is_sound = arena_examine(&arena, bytes, &block) == BLOCK_SOUND;
    const struct tale t = is_sound ? tell(block) : (struct tale){0};
    release_lock(were_on);
    uint32_t timers = is_sound ? timers_drop_in(bytes, t.bytes) : 0;
    if (timers != 0)
        ivm_log(
            "%s: frees %u bytes at 0x%lx, tag \"%s\", in which %u timers run: cancelled",
            caller_name(caller), t.bytes, t.address, pool_tag_text(t.tag).text, timers);
}

void pool_take(void *bytes, const struct image *caller, uint32_t tag)
{
    struct tale t = {.address = (uintptr_t)bytes};
    struct block *block = NULL;
    drop_timers(bytes, caller);
    bool were_on = take_lock();
    enum block_fault fault = arena_examine(&arena, bytes, &block);
    if (block != NULL) {
        t = tell(block);
        if (fault == BLOCK_SOUND)
            uncount_and_take(block);
    }
    const struct block *damaged = take_damaged();
    release_lock(were_on);
    if (damaged != NULL)
        stop_damaged(damaged);
    if (fault != BLOCK_SOUND)
        stop_bad_free(fault, &t, caller);
    if (tag != 0 && tag != t.tag)
        ivm_log("%s: frees a block with tag \"%s\" that has tag \"%s\": %u bytes, of %s",
                caller_name(caller), pool_tag_text(tag).text, pool_tag_text(t.tag).text,
                t.bytes, caller_name(t.image));
}

void *pool_allocate(struct image *image, size_t bytes, uint32_t tag)
{
    return pool_give(&(struct pool_wish){
        .image = image, .bytes = bytes, .tag = tag, .alignment = POOL_ALIGNMENT});
}

void pool_free(void *block)
{
    pool_take(block, image_of(__builtin_return_address(0)), 0);
}

/* The first block of an image from here on; NULL: none. The lock is held. */
static struct block *next_of(struct block *from, const struct image *image)
{
    struct block *at = from;
    while (at != arena.end && (at->state != BLOCK_USED || at->image != image))
        at = block_after(at);
    return at != arena.end ? at : NULL;
}

void pool_report(const struct image *image)
{
    struct tale tales[REPORT_LIMIT];
    uint32_t count = 0;
    bool were_on = take_lock();
    struct block *at = arena.first != NULL ? next_of(arena.first, image) : NULL;
    for (; at != NULL; at = next_of(block_after(at), image), count++) {
        if (count < REPORT_LIMIT)
            tales[count] = tell(at);
    }
    release_lock(were_on);
    for (uint32_t i = 0; i < count && i < REPORT_LIMIT; i++)
        ivm_log("%s: has not freed %u bytes at 0x%lx, tag \"%s\"", caller_name(image),
                tales[i].bytes, tales[i].address, pool_tag_text(tales[i].tag).text);
    if (count > REPORT_LIMIT)
        ivm_log("%s: has not freed %u more", caller_name(image), count - REPORT_LIMIT);
}

void pool_free_all(struct image *image)
{
    bool were_on = take_lock();
    struct block *at = arena.first != NULL ? next_of(arena.first, image) : NULL;
    while (at != NULL && arena.damaged == NULL) {
        timers_drop_in(block_bytes(at), at->bytes);
        at = next_of(uncount_and_take(at), image);
    }
    const struct block *damaged = take_damaged();
    release_lock(were_on);
    if (damaged != NULL)
        stop_damaged(damaged);
}
