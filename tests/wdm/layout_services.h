/* layout_services.h: the part of layout.h about locks, what can be waited for, memory and lists. */
/* clang-format off */

/* level_calls.h */
SIZE(struct nt_lock_handle, KLOCK_QUEUE_HANDLE)
MEMBER(struct nt_lock_handle, next, KLOCK_QUEUE_HANDLE, LockQueue.Next)
MEMBER(struct nt_lock_handle, lock, KLOCK_QUEUE_HANDLE, LockQueue.Lock)
MEMBER(struct nt_lock_handle, found, KLOCK_QUEUE_HANDLE, OldIrql)
SIZE(struct nt_group_affinity, GROUP_AFFINITY)
MEMBER(struct nt_group_affinity, mask, GROUP_AFFINITY, Mask)
MEMBER(struct nt_group_affinity, group, GROUP_AFFINITY, Group)

/* nt_wait.h */
SIZE(struct nt_mutex, KMUTEX)
MEMBER(struct nt_mutex, header, KMUTEX, Header)
MEMBER(struct nt_mutex, entry, KMUTEX, MutantListEntry)
MEMBER(struct nt_mutex, owner, KMUTEX, OwnerThread)
MEMBER(struct nt_mutex, abandoned, KMUTEX, Abandoned)
MEMBER(struct nt_mutex, apc_disable, KMUTEX, ApcDisable)
SIZE(struct nt_semaphore, KSEMAPHORE)
MEMBER(struct nt_semaphore, header, KSEMAPHORE, Header)
MEMBER(struct nt_semaphore, limit, KSEMAPHORE, Limit)
VALUE(NT_WAIT_ALL, WaitAll)
VALUE(NT_WAIT_ANY, WaitAny)
VALUE(NT_WAIT_LIMIT, MAXIMUM_WAIT_OBJECTS)
VALUE(NT_THREAD_WAIT_LIMIT, THREAD_WAIT_OBJECTS)

/* nt_mdl.h */
SIZE(struct nt_mdl, MDL)
MEMBER(struct nt_mdl, next, MDL, Next)
MEMBER(struct nt_mdl, size, MDL, Size)
MEMBER(struct nt_mdl, flags, MDL, MdlFlags)
MEMBER(struct nt_mdl, process, MDL, Process)
MEMBER(struct nt_mdl, mapped, MDL, MappedSystemVa)
MEMBER(struct nt_mdl, start, MDL, StartVa)
MEMBER(struct nt_mdl, bytes, MDL, ByteCount)
MEMBER(struct nt_mdl, offset, MDL, ByteOffset)
VALUE(NT_MDL_MAPPED, MDL_MAPPED_TO_SYSTEM_VA)
VALUE(NT_MDL_LOCKED, MDL_PAGES_LOCKED)
VALUE(NT_MDL_NONPAGED_POOL, MDL_SOURCE_IS_NONPAGED_POOL)
VALUE(NT_MDL_WRITE_OPERATION, MDL_WRITE_OPERATION)

/* list_calls.h */
/* A SLIST_ENTRY is aligned to 16 bytes and so 16 long; only its link is anybody's. */
SIZE(struct nt_single_list, SINGLE_LIST_ENTRY)
MEMBER(struct nt_single_list, next, SLIST_ENTRY, Next)
SIZE(struct nt_slist, SLIST_HEADER)
MEMBER(struct nt_slist, alignment, SLIST_HEADER, Alignment)
MEMBER(struct nt_slist, region, SLIST_HEADER, Region)

/* clang-format on */
