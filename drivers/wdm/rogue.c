/* rogue.c: a driver that misbehaves on request, to see who is blamed for what.
 *
 * It drives QEMU's educational device where it is given one; most of what it does wrong needs none.
 */
#include <ntddk.h>

#include "card.h"
#include "raise.h"
#include "rogue.h"

enum { LEVEL = 5, TAG = 0x75676F72, DONE = 1, LATE_MS = 30 };

#define MILLISECONDS(n) (-10000LL * (n))

static PKINTERRUPT theirs, storming, forgotten;
static volatile LONG calls, claims_left, runs;
static ULONG64 usual_answer;
static KIRQL wrong_level;
static KTIMER timer;
static KDPC dpc;
static BOOLEAN unloads_late;
static volatile LONG late_began, late_ended;

/* ---- interrupts --------------------------------------------------------------------------- */

static ULONG64 NTAPI routine(PKINTERRUPT interrupt, PVOID context)
{
    UNREFERENCED_PARAMETER(interrupt);
    UNREFERENCED_PARAMETER(context);
    calls++;
    return claims_left-- > 0 ? TRUE : usual_answer;
}

static NTSTATUS connect(PKINTERRUPT *interrupt, ULONG vector, BOOLEAN share)
{
    KIRQL irql = (KIRQL)(vector >> 4);
    return IoConnectInterrupt(interrupt, (PKSERVICE_ROUTINE)(ULONG_PTR)routine, NULL, NULL,
                              vector, irql, irql, LevelSensitive, share,
                              share ? ~(KAFFINITY)0 : raise_here(), FALSE);
}

static NTSTATUS connect_twice(void)
{
    PKINTERRUPT first, second;
    ULONG vector = raise_find(LEVEL, MAXULONG);
    NTSTATUS status = connect(&first, vector, FALSE);
    if (status != STATUS_SUCCESS)
        return status;
    status = connect(&second, vector, FALSE);
    if (NT_SUCCESS(status))
        IoDisconnectInterrupt(second);
    IoDisconnectInterrupt(first);
    return status;
}

static NTSTATUS storm(void)
{
    struct card *card = card_find(FALSE);
    if (card == NULL)
        return STATUS_NO_SUCH_DEVICE;
    calls = 0;
    claims_left = 0;
    usual_answer = FALSE;
    NTSTATUS status = connect(&storming, card->line.u.Interrupt.Vector, TRUE);
    if (status == STATUS_SUCCESS)
        card_raise(card);
    return status;
}

static ULONG64 end_storm(void)
{
    card_take(card_find(FALSE));
    IoDisconnectInterrupt(storming);
    return (ULONG64)calls;
}

/* ---- levels ------------------------------------------------------------------------------- */

static BOOLEAN NTAPI leveling_routine(PKINTERRUPT interrupt, PVOID context)
{
    UNREFERENCED_PARAMETER(interrupt);
    UNREFERENCED_PARAMETER(context);
    runs++;
    KeLowerIrql(wrong_level); /* or raise: it is a write to CR8 */
    return TRUE;
}

static BOOLEAN NTAPI leveling_call(PVOID context)
{
    UNREFERENCED_PARAMETER(context);
    KeLowerIrql(wrong_level);
    return TRUE;
}

static VOID NTAPI leveling_deferred(PKDPC object, PVOID context, PVOID first, PVOID second)
{
    UNREFERENCED_PARAMETER(object);
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(first);
    UNREFERENCED_PARAMETER(second);
    runs++;
    KeLowerIrql(wrong_level);
}

static ULONG64 level_of_interrupt(ULONG64 question)
{
    PKINTERRUPT interrupt;
    ULONG vector = raise_find(LEVEL, MAXULONG);
    NTSTATUS status = IoConnectInterrupt(&interrupt, leveling_routine, NULL, NULL, vector,
                                         LEVEL, LEVEL, Latched, FALSE, raise_here(), FALSE);
    if (status != STATUS_SUCCESS)
        return 0;
    runs = 0;
    if (question == ROGUE_ROUTINE_LEVEL) {
        raise(vector);
        raise_wait(&runs, 1);
    } else {
        runs = KeSynchronizeExecution(interrupt, leveling_call, NULL);
    }
    KIRQL level = KeGetCurrentIrql();
    IoDisconnectInterrupt(interrupt);
    return runs == 1 && level == PASSIVE_LEVEL;
}

static ULONG64 level_of_deferred(void)
{
    runs = 0;
    KeInitializeDpc(&dpc, leveling_deferred, NULL);
    KeInsertQueueDpc(&dpc, NULL, NULL);
    KeFlushQueuedDpcs();
    return runs == 1 && KeGetCurrentIrql() == PASSIVE_LEVEL;
}

/* ---- left behind -------------------------------------------------------------------------- */

static VOID NTAPI counting(PKDPC object, PVOID context, PVOID first, PVOID second)
{
    UNREFERENCED_PARAMETER(object);
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(first);
    UNREFERENCED_PARAMETER(second);
    runs++;
}

static ULONG64 forget(PDRIVER_OBJECT driver, ULONG64 question, ULONG64 which)
{
    PHYSICAL_ADDRESS local_apic = {.QuadPart = 0xFEE00000};
    LARGE_INTEGER soon = {.QuadPart = MILLISECONDS(20)};
    PDEVICE_OBJECT device;
    switch (question) {
    case ROGUE_FORGET_INTERRUPT:
        return connect(&forgotten, raise_find(LEVEL, MAXULONG), FALSE) == STATUS_SUCCESS;
    case ROGUE_FORGET_MEMORY:
        while (which-- > 0) {
            if (ExAllocatePoolWithTag(NonPagedPool, 100, TAG) == NULL)
                return 0;
        }
        return DONE;
    case ROGUE_FORGET_MAPPING:
        return MmMapIoSpace(local_apic, PAGE_SIZE, MmNonCached) != NULL;
    case ROGUE_FORGET_DEVICE:
        return IoCreateDevice(driver, 16, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &device) ==
               STATUS_SUCCESS;
    default:
        KeInitializeTimer(&timer);
        KeInitializeDpc(&dpc, counting, NULL);
        KeSetTimerEx(&timer, soon, 20, &dpc);
        return DONE;
    }
}

/* It runs while DriverUnload returns: nobody may take its code away meanwhile. */
static VOID NTAPI late(PKDPC object, PVOID context, PVOID first, PVOID second)
{
    UNREFERENCED_PARAMETER(object);
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(first);
    UNREFERENCED_PARAMETER(second);
    late_began = 1;
    for (ULONG ms = 0; ms < LATE_MS; ms++)
        KeStallExecutionProcessor(1000);
    late_ended = 1;
}

static void queue_late(void)
{
    KeInitializeDpc(&dpc, late, NULL);
    KeSetTargetProcessorDpc(&dpc, (CCHAR)(KeQueryActiveProcessorCount(NULL) - 1));
    KeInsertQueueDpc(&dpc, NULL, NULL);
    raise_wait(&late_began, 1);
}

/* ---- the kernel stops --------------------------------------------------------------------- */

static volatile UCHAR data[] = {0xC3}; /* a return */

static ULONG64 stop(ULONG64 question, ULONG64 which)
{
    PKINTERRUPT interrupt = NULL;
    PVOID block = ExAllocatePoolWithTag(NonPagedPool, 100, TAG);
    KIRQL found;
    switch (question) {
    case ROGUE_FREE_TWICE:
        ExFreePoolWithTag(block, TAG);
        ExFreePoolWithTag(block, TAG);
        break;
    case ROGUE_DISCONNECT_TWICE:
        if (connect(&interrupt, raise_find(LEVEL, MAXULONG), FALSE) == STATUS_SUCCESS)
            IoDisconnectInterrupt(interrupt);
        IoDisconnectInterrupt(interrupt);
        break;
    case ROGUE_DISCONNECT_ABOVE:
        if (connect(&interrupt, raise_find(LEVEL, MAXULONG), FALSE) != STATUS_SUCCESS)
            break;
        found = KeRaiseIrqlToDpcLevel();
        IoDisconnectInterrupt(interrupt);
        KeLowerIrql(found);
        break;
    case ROGUE_WRITE_CODE:
        *(volatile UCHAR *)(ULONG_PTR)routine = 0xCC;
        break;
    case ROGUE_RUN_DATA:
        ((void(NTAPI *)(void))(ULONG_PTR)data)();
        break;
    default:
        KeBugCheckEx((ULONG)which, 1, 2, 3, 4);
    }
    return DONE; /* it went on */
}

/* ---- what a test asks --------------------------------------------------------------------- */

static PDRIVER_OBJECT own;

static ULONG64 NTAPI answer(ULONG64 question, ULONG64 which)
{
    wrong_level = (KIRQL)which;
    if (question < ROGUE_CONNECT_TWICE || question > ROGUE_STOP)
        return 0;
    switch (question) {
    case ROGUE_CONNECT_TWICE:
        return (ULONG)connect_twice();
    case ROGUE_CONNECT_THEIRS:
        return (ULONG)connect(&theirs, (ULONG)which, FALSE);
    case ROGUE_JOIN_THEIRS:
        calls = 0;
        usual_answer = FALSE;
        return (ULONG)connect(&theirs, (ULONG)which, TRUE);
    case ROGUE_CLAIM_THEIRS:
        claims_left = (LONG)which;
        return DONE;
    case ROGUE_ANSWER_GARBAGE:
        usual_answer = 0xDEADBEEFCAFE0000;
        return DONE;
    case ROGUE_LEAVE_THEIRS:
        IoDisconnectInterrupt(theirs);
        return DONE;
    case ROGUE_CALLS:
        return (ULONG64)calls;
    case ROGUE_ROUTINE_LEVEL:
    case ROGUE_SYNCHRONIZED_LEVEL:
        return level_of_interrupt(question);
    case ROGUE_DEFERRED_LEVEL:
        return level_of_deferred();
    case ROGUE_RETURN_LEVEL:
        KeLowerIrql(wrong_level);
        return DONE;
    case ROGUE_STORM:
        return (ULONG)storm();
    case ROGUE_END_STORM:
        return end_storm();
    case ROGUE_UNLOAD_LATE:
        unloads_late = TRUE;
        return DONE;
    default:
        return question >= ROGUE_FREE_TWICE ? stop(question, which)
                                            : forget(own, question, which);
    }
}

static struct door door __attribute__((used)) = {DOOR_SIGN, answer};

static VOID NTAPI unload(PDRIVER_OBJECT driver)
{
    UNREFERENCED_PARAMETER(driver);
    raise_stop();
    if (unloads_late)
        queue_late();
}

DRIVER_INITIALIZE DriverEntry;
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    UNREFERENCED_PARAMETER(path);
    own = driver;
    card_drive(driver);
    driver->DriverUnload = unload;
    return raise_start() ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}
