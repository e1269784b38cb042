/* memory_calls.h: the calls about addresses, device memory and MDLs, as images import them. Meanings and
 * levels are those of the documentation [WDM]; what differs is in exports.h.
 */
#ifndef WDM_MEMORY_CALLS_H
#define WDM_MEMORY_CALLS_H

#include "nt_mdl.h"
#include "nt_object.h"

/* NULL: it cannot be mapped; named in the log. */
NT_API void *MmMapIoSpace(uint64_t physical, size_t size, uint32_t caching);
NT_API void *MmMapIoSpaceEx(uint64_t physical, size_t size, uint32_t protection);
NT_API void MmUnmapIoSpace(void *address, size_t size);

/* 0: the address is not one of memory that is mapped where it lies. */
NT_API uint64_t MmGetPhysicalAddress(const void *address);

/* NULL: there is no such export. */
NT_API void *MmGetSystemRoutineAddress(const struct nt_string *name);

/* NULL: no memory, or more than an MDL can tell. irp: may be NULL */
NT_API struct nt_mdl *IoAllocateMdl(void *address, uint32_t size, nt_boolean secondary,
                                    nt_boolean charge, struct nt_irp *irp);
NT_API void IoFreeMdl(struct nt_mdl *mdl);
NT_API void MmBuildMdlForNonPagedPool(struct nt_mdl *mdl);
NT_API void MmProbeAndLockPages(struct nt_mdl *mdl, int8_t mode, uint32_t operation);
NT_API void MmUnlockPages(struct nt_mdl *mdl);
NT_API void *MmMapLockedPages(struct nt_mdl *mdl, int8_t mode);
NT_API void *MmMapLockedPagesSpecifyCache(struct nt_mdl *mdl, int8_t mode, uint32_t caching,
                                          void *address, uint32_t stop, uint32_t priority);
NT_API void MmUnmapLockedPages(void *address, struct nt_mdl *mdl);

#endif
