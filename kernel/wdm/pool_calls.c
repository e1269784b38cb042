/* pool_calls.c: the pool as images know it.
 *
 * A block of a page or more begins at a page. There are no exceptions: who asks to have one raised stops the
 * kernel when there is no memory.
 * Source: [WDM] "ExAllocatePoolWithTag", "ExAllocatePool2", "POOL_FLAGS".
 */
#include "pool_calls.h"

#include <stdatomic.h>
#include <stdbool.h>

#include <ivm/level.h>
#include <ivm/system.h>

#include "caller.h"
#include "objects.h"
#include "pool.h"
#include "stop.h"

/* clang-format off */
/* [WDM] "POOL_TYPE" */
enum {
    TYPE_CACHE_ALIGNED = 4,
    TYPE_RAISE         = 16,
};

/* [WDM] "POOL_FLAGS"; those above bit 31 may be ignored by who does not know them */
enum {
    FLAG_USE_QUOTA     = 0x001,
    FLAG_UNINITIALIZED = 0x002,
    FLAG_SESSION       = 0x004,
    FLAG_CACHE_ALIGNED = 0x008,
    FLAG_RAISE         = 0x020,
    FLAG_KINDS         = 0x1C0, /* NON_PAGED, NON_PAGED_EXECUTE, PAGED: one of them */
    FLAGS_KNOWN        = FLAG_USE_QUOTA | FLAG_UNINITIALIZED | FLAG_SESSION |
                         FLAG_CACHE_ALIGNED | FLAG_RAISE | FLAG_KINDS,
};

/* BAD_POOL_CALLER's first parameter */
enum { ALLOCATED_AT_LEVEL = 0x08, FREED_AT_LEVEL = 0x09 };
/* clang-format on */

enum { CACHE_LINE = 64, TAG_NONE = 0x656E6F4E /* "None" */, COMPLAINT_NS = 10000000 };

static const uint32_t insufficient_resources = 0xC000009A;

/* When the next refusal may be told of: a driver that tries again at once would fill the log. */
static _Atomic uint64_t next_complaint;

struct request {
    struct pool_wish wish;
    uint64_t kind; /* type or flags, as given */
    bool must_raise;
};

static void check_level(const struct image *image, uint64_t violation, uint64_t kind,
                        uint64_t what)
{
    uint8_t level = ivm_level_now();
    const uint64_t parameters[4] = {violation, level, kind, what};
    if (level <= IVM_DISPATCH)
        return;
    ivm_log("%s: %s memory at level %u: from DISPATCH level down it may be done",
            caller_name(image), violation == FREED_AT_LEVEL ? "frees" : "allocates", level);
    bug_check(image, BUG_BAD_POOL_CALLER, parameters);
}

static bool may_complain(void)
{
    uint64_t now = ivm_clock_ns();
    if (now < atomic_load_explicit(&next_complaint, memory_order_relaxed))
        return false;
    atomic_store_explicit(&next_complaint, now + COMPLAINT_NS, memory_order_relaxed);
    return true;
}

static void refuse(const struct request *request, const char *why)
{
    const struct image *image = request->wish.image;
    if (may_complain())
        ivm_log("%s: gets no %lu bytes of memory, tag \"%s\": %s", caller_name(image),
                request->wish.bytes, pool_tag_text(request->wish.tag).text, why);
    if (!request->must_raise)
        return;
    const uint64_t parameters[4] = {insufficient_resources};
    bug_check(image, BUG_KMODE_EXCEPTION_NOT_HANDLED, parameters);
}

static void *allocate(struct request *request)
{
    struct pool_wish *wish = &request->wish;
    check_level(wish->image, ALLOCATED_AT_LEVEL, request->kind, wish->bytes);
    if (wish->bytes >= POOL_PAGE)
        wish->alignment = POOL_PAGE;
    void *block = wish->tag != 0 ? pool_give(wish) : NULL;
    if (block == NULL)
        refuse(request, wish->tag == 0 ? "a tag of 0 cannot be told from others"
                                       : "there is no block of this size");
    return block;
}

static void *allocate_typed(struct image *image, uint32_t type, size_t bytes, uint32_t tag)
{
    bool is_line = (type & TYPE_CACHE_ALIGNED) != 0;
    struct request request = {
        .wish = {.image = image,
                 .bytes = bytes,
                 .tag = tag,
                 .alignment = is_line ? (uint32_t)CACHE_LINE : (uint32_t)POOL_ALIGNMENT},
        .kind = type,
        .must_raise = (type & TYPE_RAISE) != 0};
    return allocate(&request);
}

NT_API void *ExAllocatePool(uint32_t type, size_t bytes)
{
    return allocate_typed(image_of(__builtin_return_address(0)), type, bytes, TAG_NONE);
}

NT_API void *ExAllocatePoolWithTag(uint32_t type, size_t bytes, uint32_t tag)
{
    return allocate_typed(image_of(__builtin_return_address(0)), type, bytes, tag);
}

static bool flags_are_valid(uint64_t flags)
{
    uint32_t required = (uint32_t)flags, kinds = required & FLAG_KINDS;
    return (required & ~(uint32_t)FLAGS_KNOWN) == 0 && kinds != 0 &&
           (kinds & (kinds - 1)) == 0;
}

NT_API void *ExAllocatePool2(uint64_t flags, size_t bytes, uint32_t tag)
{
    bool is_line = (flags & FLAG_CACHE_ALIGNED) != 0;
    struct request request = {
        .wish = {.image = image_of(__builtin_return_address(0)),
                 .bytes = bytes,
                 .tag = tag,
                 .alignment = is_line ? (uint32_t)CACHE_LINE : (uint32_t)POOL_ALIGNMENT},
        .kind = flags,
        .must_raise = (flags & FLAG_RAISE) != 0};
    if (bytes == 0 || !flags_are_valid(flags)) {
        refuse(&request, bytes == 0 ? "none are asked for" : "its flags are not valid");
        return NULL;
    }
    void *block = allocate(&request);
    if (block != NULL && (flags & FLAG_UNINITIALIZED) == 0)
        __builtin_memset(block, 0, bytes);
    return block;
}

static void free_block(void *block, const struct image *image, uint32_t tag)
{
    check_level(image, FREED_AT_LEVEL, 0, (uintptr_t)block);
    pool_take(block, image, tag);
}

NT_API void ExFreePool(void *block)
{
    free_block(block, image_of(__builtin_return_address(0)), 0);
}

NT_API void ExFreePoolWithTag(void *block, uint32_t tag)
{
    free_block(block, image_of(__builtin_return_address(0)), tag);
}

NT_API void *MmAllocateContiguousMemory(size_t bytes, uint64_t highest)
{
    struct request request = {.wish = {.image = image_of(__builtin_return_address(0)),
                                       .bytes = bytes,
                                       .tag = TAG_NONE,
                                       .alignment = POOL_PAGE}};
    void *block = allocate(&request);
    if (block == NULL || bytes == 0 || (uintptr_t)block + (bytes - 1) <= highest)
        return block;
    refuse(&request, "the arena lies above the highest address asked for");
    pool_free(block);
    return NULL;
}

NT_API void MmFreeContiguousMemory(void *block)
{
    free_block(block, image_of(__builtin_return_address(0)), 0);
}
