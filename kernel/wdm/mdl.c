/* mdl.c: descriptions of memory by its pages. Nothing is paged: to lock or to map only writes down that it
 * is so, and where.
 *
 * Source: [WDM] "Using MDLs", "IoAllocateMdl", "MmBuildMdlForNonPagedPool".
 */
#include "image.h"
#include "memory_calls.h"
#include "objects.h"

enum { PAGE_SHIFT = 12, PAGE_BYTES = 1 << PAGE_SHIFT, MDL_TAG = 0x206C644D /* "Mdl " */ };

static uint64_t *pages_of(struct nt_mdl *mdl)
{
    return (uint64_t *)(void *)(mdl + 1);
}

static uint64_t page_count(const struct nt_mdl *mdl)
{
    return ((uint64_t)mdl->offset + mdl->bytes + PAGE_BYTES - 1) >> PAGE_SHIFT;
}

static void *address_of(const struct nt_mdl *mdl)
{
    return (char *)mdl->start + mdl->offset;
}

static void set_flags(struct nt_mdl *mdl, int flags)
{
    mdl->flags = (int16_t)(mdl->flags | flags);
}

static void fill_pages(struct nt_mdl *mdl)
{
    for (uint64_t i = 0; i < page_count(mdl); i++)
        pages_of(mdl)[i] = ((uintptr_t)mdl->start >> PAGE_SHIFT) + i;
}

/* The IRP's own, or the last of the chain that begins there. */
static void hang_on(struct nt_irp *irp, struct nt_mdl *mdl, nt_boolean secondary)
{
    struct nt_mdl *last = irp->mdl;
    if (!secondary || last == NULL) {
        irp->mdl = mdl;
        return;
    }
    while (last->next != NULL)
        last = last->next;
    last->next = mdl;
}

NT_API struct nt_mdl *IoAllocateMdl(void *address, uint32_t size, nt_boolean secondary,
                                    nt_boolean charge, struct nt_irp *irp)
{
    (void)charge;
    struct nt_mdl made = {.start =
                              (void *)((uintptr_t)address & ~(uintptr_t)(PAGE_BYTES - 1)),
                          .offset = (uintptr_t)address & (PAGE_BYTES - 1),
                          .bytes = size};
    uint64_t bytes = sizeof made + page_count(&made) * sizeof(uint64_t);
    if (bytes > INT16_MAX)
        return NULL;
    struct nt_mdl *mdl =
        pool_allocate(image_of(__builtin_return_address(0)), bytes, MDL_TAG);
    if (mdl == NULL)
        return NULL;
    made.size = (int16_t)bytes;
    *mdl = made;
    if (irp != NULL)
        hang_on(irp, mdl, secondary);
    return mdl;
}

NT_API void IoFreeMdl(struct nt_mdl *mdl)
{
    pool_free(mdl);
}

NT_API void MmBuildMdlForNonPagedPool(struct nt_mdl *mdl)
{
    fill_pages(mdl);
    mdl->process = NULL;
    mdl->mapped = address_of(mdl);
    set_flags(mdl, NT_MDL_NONPAGED_POOL);
}

NT_API void MmProbeAndLockPages(struct nt_mdl *mdl, int8_t mode, uint32_t operation)
{
    (void)mode;
    fill_pages(mdl);
    mdl->process = NULL;
    set_flags(mdl, NT_MDL_LOCKED | (operation != 0 ? NT_MDL_WRITE_OPERATION : 0));
}

NT_API void MmUnlockPages(struct nt_mdl *mdl)
{
    mdl->flags &= (int16_t) ~(NT_MDL_LOCKED | NT_MDL_MAPPED | NT_MDL_WRITE_OPERATION);
}

NT_API void *MmMapLockedPages(struct nt_mdl *mdl, int8_t mode)
{
    (void)mode;
    mdl->mapped = address_of(mdl);
    set_flags(mdl, NT_MDL_MAPPED);
    return mdl->mapped;
}

NT_API void *MmMapLockedPagesSpecifyCache(struct nt_mdl *mdl, int8_t mode, uint32_t caching,
                                          void *address, uint32_t stop, uint32_t priority)
{
    (void)caching, (void)address, (void)stop, (void)priority;
    return MmMapLockedPages(mdl, mode);
}

NT_API void MmUnmapLockedPages(void *address, struct nt_mdl *mdl)
{
    (void)address;
    mdl->flags &= (int16_t)~NT_MDL_MAPPED;
}
