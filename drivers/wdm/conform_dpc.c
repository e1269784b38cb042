/* conform_dpc.c: a driver that checks deferred calls, timers and events, as interrupt routines lean on them.
 *
 * Source: [WDM] "DPC Objects and DPCs", "KeInsertQueueDpc", "Timer Objects and DPCs", "Event Objects".
 */
#include <ntddk.h>

#include "claim.h"
#include "raise.h"

enum { LEVEL = 5 };

#define MILLISECONDS(n) (-10000LL * (n)) /* from now, in 100 ns */

/* What the last run saw; a run may queue its own object again. */
struct seen {
    volatile LONG runs;
    KIRQL irql;
    PVOID first, second;
    LONG order;
    LONG again; /* so often more */
    BOOLEAN was_queued_again;
};

static volatile LONG order;

static VOID NTAPI deferred(PKDPC dpc, PVOID context, PVOID first, PVOID second)
{
    struct seen *seen = context;
    seen->irql = KeGetCurrentIrql();
    seen->first = first;
    seen->second = second;
    seen->order = ++order;
    if (seen->again-- > 0)
        seen->was_queued_again = KeInsertQueueDpc(dpc, first, second);
    seen->runs++;
}

static void prepare(KDPC *dpc, struct seen *seen)
{
    RtlZeroMemory(seen, sizeof *seen);
    KeInitializeDpc(dpc, deferred, seen);
}

#define POINTER(number) ((PVOID)(ULONG_PTR)(number))

static void check_queue(void)
{
    KDPC dpc;
    struct seen seen;
    prepare(&dpc, &seen);
    KIRQL found = KeRaiseIrqlToDpcLevel();
    BOOLEAN first = KeInsertQueueDpc(&dpc, POINTER(1), POINTER(2));
    BOOLEAN second = KeInsertQueueDpc(&dpc, POINTER(3), POINTER(4));
    LONG runs_above = seen.runs;
    KeLowerIrql(found);
    CLAIM(first && !second, "queued at DISPATCH_LEVEL: TRUE; once more: FALSE");
    CLAIM(runs_above == 0 && seen.runs == 1,
          "it runs once, when the level falls below DISPATCH_LEVEL and not before");
    CLAIM_EQUAL(seen.irql, DISPATCH_LEVEL, "it runs at DISPATCH_LEVEL");
    CLAIM(seen.first == POINTER(1) && seen.second == POINTER(2),
          "with the arguments of the first time");

    prepare(&dpc, &seen);
    KeInsertQueueDpc(&dpc, NULL, NULL);
    CLAIM_EQUAL((ULONG)seen.runs, 1, "queued at PASSIVE_LEVEL it runs at once");
    prepare(&dpc, &seen);
    seen.again = 2;
    KeInsertQueueDpc(&dpc, NULL, NULL);
    CLAIM(raise_wait(&seen.runs, 3) && seen.was_queued_again,
          "while it runs it is off the queue, and can be queued again");

    prepare(&dpc, &seen);
    found = KeRaiseIrqlToDpcLevel();
    KeInsertQueueDpc(&dpc, NULL, NULL);
    first = KeRemoveQueueDpc(&dpc);
    second = KeRemoveQueueDpc(&dpc);
    KeLowerIrql(found);
    KeFlushQueuedDpcs();
    CLAIM(first && !second && seen.runs == 0, "taken out of the queue it does not run");
}

static void check_importance(void)
{
    KDPC dpcs[3];
    struct seen seen[3];
    for (ULONG i = 0; i < 3; i++)
        prepare(&dpcs[i], &seen[i]);
    KeSetImportanceDpc(&dpcs[2], HighImportance);
    KIRQL found = KeRaiseIrqlToDpcLevel();
    for (ULONG i = 0; i < 3; i++)
        KeInsertQueueDpc(&dpcs[i], NULL, NULL);
    KeLowerIrql(found);
    CLAIM(seen[2].order < seen[0].order && seen[0].order < seen[1].order,
          "one of high importance goes first, the others in their order");
}

static void check_processors(void)
{
    KDPC dpc;
    struct seen seen;
    BOOLEAN holds = TRUE;
    LONG count = (LONG)KeQueryActiveProcessorCount(NULL);
    for (LONG i = 0; i < count && holds; i++) {
        PROCESSOR_NUMBER number = {.Group = (USHORT)(i / 64), .Number = (UCHAR)(i % 64)};
        prepare(&dpc, &seen);
        holds = KeSetTargetProcessorDpcEx(&dpc, &number) == STATUS_SUCCESS &&
                KeInsertQueueDpc(&dpc, NULL, NULL);
        KeFlushQueuedDpcs();
        holds &= seen.runs == 1;
    }
    CLAIM(holds,
          "KeFlushQueuedDpcs returns when what was queued has run, on each processor");
}

/* ---- from an interrupt routine ------------------------------------------------------------ */

static KDPC routine_dpc;
static volatile LONG routine_runs, routine_queued;

static BOOLEAN NTAPI routine(PKINTERRUPT interrupt, PVOID context)
{
    UNREFERENCED_PARAMETER(interrupt);
    UNREFERENCED_PARAMETER(context);
    routine_queued += KeInsertQueueDpc(&routine_dpc, NULL, NULL);
    routine_runs++;
    return TRUE;
}

static void check_routine(ULONG vector)
{
    PKINTERRUPT interrupt;
    struct seen seen;
    prepare(&routine_dpc, &seen);
    NTSTATUS status =
        claim_seen(IoConnectInterrupt(&interrupt, routine, NULL, NULL, vector, LEVEL, LEVEL,
                                      Latched, FALSE, raise_here(), FALSE));
    KIRQL found = KeRaiseIrqlToDpcLevel();
    for (LONG i = 1; i <= 3; i++) {
        raise(vector);
        raise_wait(&routine_runs, i);
    }
    LONG runs_above = seen.runs;
    KeLowerIrql(found);
    CLAIM(
        status == STATUS_SUCCESS && routine_runs == 3 && routine_queued == 1 &&
            runs_above == 0 && seen.runs == 1,
        "three interrupts at DISPATCH_LEVEL queue one deferred call, which runs after it");
    IoDisconnectInterrupt(interrupt);
}

/* ---- timers and events --------------------------------------------------------------------- */

static void check_timer(void)
{
    KTIMER timer;
    KDPC dpc;
    struct seen seen;
    LARGE_INTEGER due = {.QuadPart = MILLISECONDS(30)};
    LARGE_INTEGER second = {.QuadPart = MILLISECONDS(1000)};
    prepare(&dpc, &seen);
    KeInitializeTimer(&timer);
    ULONG64 before = KeQueryInterruptTime();
    BOOLEAN was_set = KeSetTimer(&timer, due, &dpc);
    NTSTATUS status = KeWaitForSingleObject(&timer, Executive, KernelMode, FALSE, &second);
    ULONG64 passed = KeQueryInterruptTime() - before;
    CLAIM(!was_set && status == STATUS_SUCCESS && passed >= 290000,
          "a timer is signalled when it is due, and not before");
    CLAIM(raise_wait(&seen.runs, 1) && seen.irql == DISPATCH_LEVEL,
          "its deferred call runs, at DISPATCH_LEVEL");
    KeSetTimer(&timer, second, &dpc);
    BOOLEAN was_running = KeCancelTimer(&timer);
    CLAIM(was_running && !KeCancelTimer(&timer), "cancelled: TRUE; once more: FALSE");

    prepare(&dpc, &seen);
    KeSetTimerEx(&timer, due, 20, &dpc);
    for (ULONG i = 0; i < 100 && seen.runs < 3; i++)
        KeDelayExecutionThread(KernelMode, FALSE, &due);
    KeCancelTimer(&timer);
    KeFlushQueuedDpcs();
    LONG runs = seen.runs;
    KeDelayExecutionThread(KernelMode, FALSE, &due);
    KeDelayExecutionThread(KernelMode, FALSE, &due);
    CLAIM(runs >= 3 && seen.runs == runs,
          "a periodic one comes again until it is cancelled");
}

static VOID NTAPI set_event(PKDPC dpc, PVOID context, PVOID first, PVOID second)
{
    UNREFERENCED_PARAMETER(dpc);
    UNREFERENCED_PARAMETER(first);
    UNREFERENCED_PARAMETER(second);
    KeSetEvent(context, IO_NO_INCREMENT, FALSE);
}

static void check_event(void)
{
    KEVENT event;
    KTIMER timer;
    KDPC dpc;
    LARGE_INTEGER now = {.QuadPart = 0}, soon = {.QuadPart = MILLISECONDS(30)};
    KeInitializeEvent(&event, SynchronizationEvent, FALSE);
    CLAIM_STATUS(KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, &now),
                 STATUS_TIMEOUT, "an event that is not set, no time: STATUS_TIMEOUT");
    CLAIM_STATUS(KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, &soon),
                 STATUS_TIMEOUT, "some time: STATUS_TIMEOUT after it");
    KeInitializeTimer(&timer);
    KeInitializeDpc(&dpc, set_event, &event);
    KeSetTimer(&timer, soon, &dpc);
    CLAIM_STATUS(KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL),
                 STATUS_SUCCESS, "a deferred call sets it: the wait without an end ends");
    CLAIM_EQUAL((ULONG)KeReadStateEvent(&event), 0, "which has taken it back");
    KeInitializeEvent(&event, NotificationEvent, TRUE);
    NTSTATUS status = KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, &now);
    CLAIM(status == STATUS_SUCCESS && KeReadStateEvent(&event) != 0,
          "a notification event stays as it is");
}

enum { CLAIMS = 1 + 7 + 1 + 1 + 1 + 4 + 5 + 1 };

static void check(void)
{
    claim_plan(CLAIMS);
    BOOLEAN started = raise_start();
    ULONG vector = raise_find(LEVEL, MAXULONG);
    CLAIM(started && vector != 0, "there is a free vector, and it can be raised");
    check_queue();
    check_importance();
    check_processors();
    check_routine(vector);
    check_timer();
    check_event();
    claim_never();
    claim_end();
    raise_stop();
}

static VOID NTAPI unload(PDRIVER_OBJECT driver)
{
    UNREFERENCED_PARAMETER(driver);
}

DRIVER_INITIALIZE DriverEntry;
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    UNREFERENCED_PARAMETER(path);
    driver->DriverUnload = unload;
    check();
    return STATUS_SUCCESS;
}
