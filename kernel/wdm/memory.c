/* memory.c: device memory for images, and what an address or a name leads to.
 *
 * Virtual is physical here, but for what is mapped at the top: pages of times.
 * Source: [WDM] "MmMapIoSpace", "MmUnmapIoSpace", "MmGetPhysicalAddress", "MmGetSystemRoutineAddress".
 */
#include <ivm/level.h>
#include <ivm/system.h>

#include "caller.h"
#include "kernel/spinlock.h"
#include "memory_calls.h"
#include "objects.h"

enum { MAPPING_TAG = 0x6F496D4D /* "MmIo" */, ROUTINE_NAME_SIZE = 80, IDENTITY_BITS = 47 };

/* One that was not undone yet. */
struct mapping {
    struct mapping *next;
    struct image *image;
    void *address;
    size_t size;
};

/* Taken below IVM_DISPATCH: nobody above maps. */
static struct spinlock lock;
static struct mapping *mappings;

static void enter(struct mapping *mapping)
{
    spinlock_take(&lock);
    mapping->next = mappings;
    mappings = mapping;
    if (mapping->image != NULL)
        mapping->image->mappings++;
    spinlock_release(&lock);
}

/* Take out the first of an image, or with none the first that begins at `address`; NULL: there is none. */
static struct mapping *take_out(const struct image *image, const void *address)
{
    spinlock_take(&lock);
    struct mapping **at = &mappings;
    while (*at != NULL &&
           (image != NULL ? (*at)->image != image : (*at)->address != address))
        at = &(*at)->next;
    struct mapping *found = *at;
    if (found != NULL) {
        *at = found->next;
        if (found->image != NULL)
            found->image->mappings--;
    }
    spinlock_release(&lock);
    return found;
}

static void *map(struct image *image, uint64_t physical, size_t size)
{
    if (ivm_level_now() >= IVM_DISPATCH) {
        ivm_log("%s: maps device memory at DISPATCH level: refused", caller_name(image));
        return NULL;
    }
    struct mapping *mapping = pool_allocate(NULL, sizeof *mapping, MAPPING_TAG);
    if (mapping == NULL)
        return NULL;
    uintptr_t address = size != 0 ? ivm_map_device(physical, size) : 0;
    if (address == 0) {
        ivm_log(
            "%s: cannot map 0x%lx bytes at 0x%lx: none, past the end of memory, RAM, or "
            "no page left for tables",
            caller_name(image), size, physical);
        pool_free(mapping);
        return NULL;
    }
    *mapping = (struct mapping){.image = image, .address = (void *)address, .size = size};
    enter(mapping);
    return mapping->address;
}

NT_API void *MmMapIoSpace(uint64_t physical, size_t size, uint32_t caching)
{
    (void)caching;
    return map(image_of(__builtin_return_address(0)), physical, size);
}

NT_API void *MmMapIoSpaceEx(uint64_t physical, size_t size, uint32_t protection)
{
    (void)protection;
    return map(image_of(__builtin_return_address(0)), physical, size);
}

NT_API void MmUnmapIoSpace(void *address, size_t size)
{
    const struct image *image = image_of(__builtin_return_address(0));
    struct mapping *mapping = take_out(NULL, address);
    if (mapping == NULL) {
        ivm_log("%s: unmaps 0x%lx, which is not mapped: ignored", caller_name(image),
                (uint64_t)(uintptr_t)address);
        return;
    }
    if (mapping->size != size)
        ivm_log("%s: unmaps 0x%lx bytes at 0x%lx, mapped were 0x%lx", caller_name(image),
                size, (uint64_t)(uintptr_t)address, mapping->size);
    pool_free(mapping);
}

uint32_t mappings_drop(struct image *image)
{
    uint32_t dropped = 0;
    for (struct mapping *mapping; (mapping = take_out(image, NULL)) != NULL; dropped++) {
        ivm_log("%s: left 0x%lx bytes of device memory mapped at 0x%lx", image->name,
                mapping->size, (uint64_t)(uintptr_t)mapping->address);
        pool_free(mapping);
    }
    return dropped;
}

NT_API uint64_t MmGetPhysicalAddress(const void *address)
{
    uint64_t value = (uintptr_t)address;
    return value >> IDENTITY_BITS == 0 ? value : 0;
}

NT_API void *MmGetSystemRoutineAddress(const struct nt_string *name)
{
    char narrow[ROUTINE_NAME_SIZE];
    size_t length = name->length / sizeof *name->text;
    if (length >= sizeof narrow)
        return NULL;
    for (size_t i = 0; i < length; i++) {
        if (name->text[i] == 0 || name->text[i] >= 0x80)
            return NULL;
        narrow[i] = (char)name->text[i];
    }
    narrow[length] = '\0';
    return (void *)(uintptr_t)export_find(narrow);
}
