/* exports.h: everything an image can import, one line each: its name, how it compares with Windows, and
 * what differs. exports.c makes the table, a test checks that each is documented, and each part's header
 * has the prototypes. A name that is not here is a missing import.
 */
#ifndef WDM_EXPORTS_H
#define WDM_EXPORTS_H

/* SAME: as Windows documents it. DIFFERS: as the third column says. NOTHING: does nothing, where a driver
 * cannot notice. REFUSED: always fails, with the documented status for "not supported". */
enum export_kind { EXPORT_SAME = 0, EXPORT_DIFFERS, EXPORT_NOTHING, EXPORT_REFUSED };

/* clang-format off */

/* connect.c, disconnect.c, synchronize.c: interrupts */
#define WDM_INTERRUPT_EXPORTS(X)                                                                 \
    X(IoConnectInterrupt,            DIFFERS, "a conflict is 0xC00702FB; documentation names none") \
    X(IoConnectInterruptEx,          DIFFERS, "a conflict is 0xC00702FB; passive-level routines are refused") \
    X(IoDisconnectInterrupt,         SAME,    "")                                                \
    X(IoDisconnectInterruptEx,       SAME,    "")                                                \
    X(IoReportInterruptActive,       SAME,    "")                                                \
    X(IoReportInterruptInactive,     SAME,    "")                                                \
    X(KeSynchronizeExecution,        SAME,    "")                                                \
    X(KeAcquireInterruptSpinLock,    SAME,    "")                                                \
    X(KeReleaseInterruptSpinLock,    SAME,    "")                                                \
    X(HalGetInterruptVector,         SAME,    "")                                                \
    X(IvmGetLastRefusal,             DIFFERS, "ours: the record of the caller's last refusal")

/* lock.c, level.c, dpc.c: levels, locks, deferred calls, processors */
#define WDM_LEVEL_EXPORTS(X)                                                                     \
    X(KfRaiseIrql,                   SAME,    "")                                                \
    X(KeRaiseIrqlToDpcLevel,         SAME,    "")                                                \
    X(KeLowerIrql,                   SAME,    "")                                                \
    X(KeGetCurrentIrql,              SAME,    "")                                                \
    X(KeInitializeSpinLock,          SAME,    "")                                                \
    X(KeAcquireSpinLockRaiseToDpc,   SAME,    "")                                                \
    X(KeReleaseSpinLock,             SAME,    "")                                                \
    X(KeAcquireSpinLockAtDpcLevel,   SAME,    "")                                                \
    X(KeReleaseSpinLockFromDpcLevel, SAME,    "")                                                \
    X(KeTryToAcquireSpinLockAtDpcLevel, SAME, "")                                                \
    X(KeTestSpinLock,                SAME,    "")                                                \
    X(KeAcquireInStackQueuedSpinLock, DIFFERS, "not queued: whoever comes first gets it")        \
    X(KeReleaseInStackQueuedSpinLock, SAME,   "")                                                \
    X(KeInitializeDpc,               SAME,    "")                                                \
    X(KeInsertQueueDpc,              SAME,    "")                                                \
    X(KeRemoveQueueDpc,              SAME,    "")                                                \
    X(KeSetTargetProcessorDpc,       SAME,    "")                                                \
    X(KeSetTargetProcessorDpcEx,     SAME,    "")                                                \
    X(KeSetImportanceDpc,            DIFFERS, "low and medium are the same: both run at once")   \
    X(KeFlushQueuedDpcs,             SAME,    "")                                                \
    X(KeQueryActiveProcessors,       SAME,    "")                                                \
    X(KeQueryActiveProcessorCount,   SAME,    "")                                                \
    X(KeQueryActiveProcessorCountEx, SAME,    "")                                                \
    X(KeQueryMaximumProcessorCount,  SAME,    "")                                                \
    X(KeQueryMaximumProcessorCountEx, SAME,   "")                                                \
    X(KeQueryActiveGroupCount,       SAME,    "")                                                \
    X(KeQueryGroupAffinity,          SAME,    "")                                                \
    X(KeGetCurrentProcessorNumberEx, SAME,    "")                                                \
    X(KeGetProcessorNumberFromIndex, SAME,    "")                                                \
    X(KeGetProcessorIndexFromNumber, SAME,    "")                                                \
    X(KeSetSystemAffinityThread,     DIFFERS, "there is one thread: refused, and named, for another CPU") \
    X(KeRevertToUserAffinityThread,  NOTHING, "there is one thread")

/* event.c, mutex.c, wait.c, timer.c, time.c: waiting */
#define WDM_WAIT_EXPORTS(X)                                                                      \
    X(KeInitializeEvent,               SAME,    "")                                              \
    X(KeSetEvent,                      SAME,    "")                                              \
    X(KeResetEvent,                    SAME,    "")                                              \
    X(KeClearEvent,                    SAME,    "")                                              \
    X(KeReadStateEvent,                SAME,    "")                                              \
    X(KeInitializeMutex,               SAME,    "")                                              \
    X(KeReleaseMutex,                  DIFFERS, "a CPU is the owner; releasing another's stops the kernel") \
    X(KeReadStateMutex,                SAME,    "")                                              \
    X(KeInitializeSemaphore,           SAME,    "")                                              \
    X(KeReleaseSemaphore,              DIFFERS, "beyond its limit stops the kernel: there are no exceptions") \
    X(KeReadStateSemaphore,            SAME,    "")                                              \
    X(KeWaitForSingleObject,           DIFFERS, "no scheduler: the CPU sleeps between interrupts; never alerted") \
    X(KeWaitForMultipleObjects,        DIFFERS, "no scheduler: the CPU sleeps between interrupts; never alerted") \
    X(KeDelayExecutionThread,          DIFFERS, "no scheduler: the CPU sleeps between interrupts; never alerted") \
    X(KeEnterCriticalRegion,           NOTHING, "there are no APCs")                             \
    X(KeLeaveCriticalRegion,           NOTHING, "there are no APCs")                             \
    X(KeInitializeTimer,               SAME,    "")                                              \
    X(KeInitializeTimerEx,             SAME,    "")                                              \
    X(KeSetTimer,                      SAME,    "")                                              \
    X(KeSetTimerEx,                    SAME,    "")                                              \
    X(KeCancelTimer,                   SAME,    "")                                              \
    X(KeReadStateTimer,                SAME,    "")                                              \
    X(KeStallExecutionProcessor,       SAME,    "")                                              \
    X(KeQueryPerformanceCounter,       SAME,    "")                                              \
    X(KeQueryInterruptTime,            SAME,    "")                                              \
    X(KeQueryTimeIncrement,            SAME,    "")                                              \
    X(KeQuerySystemTimePrecise,        SAME,    "")

/* pool_calls.c, memory.c, mdl.c, text.c, print.c, stop.c, list.c, slist.c: what interrupt code leans
 * on */
#define WDM_SUPPORT_EXPORTS(X)                                                                   \
    X(ExAllocatePool,                  DIFFERS, "from one bounded arena, never executable; counted for each image") \
    X(ExAllocatePoolWithTag,           DIFFERS, "from one bounded arena, never executable; counted for each image") \
    X(ExAllocatePool2,                 DIFFERS, "from one bounded arena, never executable; counted for each image; to raise on failure stops the kernel") \
    X(ExFreePool,                      DIFFERS, "a block that is not one, or was written past its end, stops the kernel by name") \
    X(ExFreePoolWithTag,               DIFFERS, "as ExFreePool; a wrong tag is named, and the block is freed") \
    X(MmAllocateContiguousMemory,      DIFFERS, "from the pool's arena")                         \
    X(MmFreeContiguousMemory,          SAME,    "")                                              \
    X(MmMapIoSpace,                    DIFFERS, "always uncached; not RAM")                      \
    X(MmMapIoSpaceEx,                  DIFFERS, "always uncached, writable and not executable; not RAM; below DISPATCH_LEVEL") \
    X(MmUnmapIoSpace,                  DIFFERS, "the mapping is forgotten, its page table entries stay") \
    X(MmGetPhysicalAddress,            SAME,    "")                                              \
    X(MmGetSystemRoutineAddress,       SAME,    "")                                              \
    X(IoAllocateMdl,                   SAME,    "")                                              \
    X(IoFreeMdl,                       SAME,    "")                                              \
    X(MmBuildMdlForNonPagedPool,       SAME,    "")                                              \
    X(MmProbeAndLockPages,             DIFFERS, "nothing is paged: nothing is probed")           \
    X(MmUnlockPages,                   SAME,    "")                                              \
    X(MmMapLockedPages,                SAME,    "")                                              \
    X(MmMapLockedPagesSpecifyCache,    DIFFERS, "always cached, as the memory is")               \
    X(MmUnmapLockedPages,              SAME,    "")                                              \
    X(RtlInitUnicodeString,            SAME,    "")                                              \
    X(RtlInitAnsiString,               SAME,    "")                                              \
    X(RtlInitString,                   SAME,    "")                                              \
    X(RtlCopyUnicodeString,            SAME,    "")                                              \
    X(RtlCompareUnicodeString,         DIFFERS, "upper case is ASCII's")                         \
    X(RtlEqualUnicodeString,           DIFFERS, "upper case is ASCII's")                         \
    X(RtlCompareMemory,                SAME,    "")                                              \
    X(RtlCopyMemory,                   SAME,    "")                                              \
    X(RtlMoveMemory,                   SAME,    "")                                              \
    X(RtlZeroMemory,                   SAME,    "")                                              \
    X(RtlFillMemory,                   SAME,    "")                                              \
    X(DbgPrint,                        DIFFERS, "to the log, line by line, behind the image's name") \
    X(DbgPrintEx,                      DIFFERS, "to the log, whatever its component and level")  \
    X(vDbgPrintEx,                     DIFFERS, "to the log, whatever its component and level")  \
    X(vDbgPrintExWithPrefix,           DIFFERS, "to the log, whatever its component and level")  \
    X(RtlAssert,                       DIFFERS, "stops the kernel: there is nobody to ask")      \
    X(KeBugCheck,                      SAME,    "")                                              \
    X(KeBugCheckEx,                    SAME,    "")                                              \
    X(ExInterlockedInsertHeadList,     SAME,    "")                                              \
    X(ExInterlockedInsertTailList,     SAME,    "")                                              \
    X(ExInterlockedRemoveHeadList,     SAME,    "")                                              \
    X(ExInterlockedPushEntryList,      SAME,    "")                                              \
    X(ExInterlockedPopEntryList,       SAME,    "")                                              \
    X(InitializeSListHead,             DIFFERS, "a header that is not aligned stops the kernel: there are no exceptions") \
    X(ExpInterlockedPushEntrySList,    SAME,    "")                                              \
    X(ExpInterlockedPopEntrySList,     SAME,    "")                                              \
    X(ExpInterlockedFlushSList,        SAME,    "")                                              \
    X(ExQueryDepthSList,               SAME,    "")                                              \
    X(FirstEntrySList,                 SAME,    "")

/* runtime.c: of these, the functions are called wdm_memcpy() and so on: the kernel and the host have their
 * own, by the other convention. */
#define WDM_RUNTIME_EXPORTS(X)                                                                   \
    X(memcpy,                          SAME,    "")                                              \
    X(memmove,                         SAME,    "")                                              \
    X(memset,                          SAME,    "")                                              \
    X(memcmp,                          SAME,    "")                                              \
    X(strlen,                          SAME,    "")                                              \
    X(strcmp,                          SAME,    "")                                              \
    X(strncmp,                         SAME,    "")                                              \
    X(strcpy,                          SAME,    "")                                              \
    X(wcslen,                          SAME,    "")                                              \
    X(_snprintf,                       DIFFERS, "no floating point")                             \
    X(_vsnprintf,                      DIFFERS, "no floating point")

/* device.c, request.c, pnp.c, bus.c: devices and requests */
#define WDM_DEVICE_EXPORTS(X)                                                                    \
    X(IoCreateDevice,                DIFFERS, "names are kept and compared, not opened")         \
    X(IoDeleteDevice,                SAME,    "")                                                \
    X(IoAttachDeviceToDeviceStack,   SAME,    "")                                                \
    X(IoDetachDevice,                SAME,    "")                                                \
    X(IoGetAttachedDeviceReference,  SAME,    "")                                                \
    X(IofCallDriver,                 SAME,    "")                                                \
    X(IofCompleteRequest,            SAME,    "")                                                \
    X(IoAllocateIrp,                 SAME,    "")                                                \
    X(IoFreeIrp,                     SAME,    "")                                                \
    X(IoStartNextPacket,             SAME,    "")                                                \
    X(IoStartPacket,                 DIFFERS, "nothing is ever cancelled")                       \
    X(IoGetDeviceProperty,           DIFFERS, "those of the INF, class and GUIDs are not found") \
    X(IoCreateSymbolicLink,          NOTHING, "there is no name space to link in")               \
    X(IoDeleteSymbolicLink,          NOTHING, "there is no name space to link in")               \
    X(IoInvalidateDeviceState,       NOTHING, "nobody asks again")                               \
    X(IoOpenDeviceRegistryKey,       REFUSED, "there is no registry")                            \
    X(ZwClose,                       NOTHING, "no handle is ever given")                         \
    X(ObfReferenceObject,            DIFFERS, "only device objects are counted")                 \
    X(ObfDereferenceObject,          DIFFERS, "only device objects are counted")                 \
    X(PoStartNextPowerIrp,           NOTHING, "power does not change")                           \
    X(PoCallDriver,                  SAME,    "")                                                \
    X(PoSetPowerState,               DIFFERS, "always answers that it was working")              \
    X(PoRequestPowerIrp,             REFUSED, "power does not change")                           \
    X(HalGetBusDataByOffset,         DIFFERS, "PCI configuration space only")                    \
    X(HalSetBusDataByOffset,         DIFFERS, "PCI configuration space only")

/* clang-format on */

/* All of them; of those of WDM_RUNTIME_EXPORTS the functions have other names. */
#define WDM_EXPORTS(X)                                                                     \
    WDM_INTERRUPT_EXPORTS(X)                                                               \
    WDM_LEVEL_EXPORTS(X)                                                                   \
    WDM_WAIT_EXPORTS(X)                                                                    \
    WDM_SUPPORT_EXPORTS(X)                                                                 \
    WDM_RUNTIME_EXPORTS(X)                                                                 \
    WDM_DEVICE_EXPORTS(X)

#endif
