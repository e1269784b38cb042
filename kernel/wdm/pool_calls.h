/* pool_calls.h: the calls about memory from the pool, as images import them. Meanings and levels are those
 * of the documentation [WDM]; what differs is in exports.h.
 */
#ifndef WDM_POOL_CALLS_H
#define WDM_POOL_CALLS_H

#include "nt_base.h"

/* type  as POOL_TYPE: all is the one pool; the bits for cache lines and for failing loudly count */
NT_API void *ExAllocatePool(uint32_t type, size_t bytes);
NT_API void *ExAllocatePoolWithTag(uint32_t type, size_t bytes, uint32_t tag);

/* flags  as POOL_FLAGS; zeroed unless they say otherwise */
NT_API void *ExAllocatePool2(uint64_t flags, size_t bytes, uint32_t tag);
NT_API void ExFreePool(void *block);

/* tag  0: any */
NT_API void ExFreePoolWithTag(void *block, uint32_t tag);

/* At a multiple of a page. NULL also when no block lies below `highest`. */
NT_API void *MmAllocateContiguousMemory(size_t bytes, uint64_t highest);
NT_API void MmFreeContiguousMemory(void *block);

#endif
