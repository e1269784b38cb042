/* conform_smp.c: a driver that checks its interrupts on several processors: each has its own, a disconnect
 * waits for a routine that runs elsewhere, and what is done in step with a routine is.
 *
 * On one processor there is nothing to check, and it says so.
 * Source: [WDM] "IoDisconnectInterrupt", "KeSynchronizeExecution".
 */
#include <ntddk.h>

#include "claim.h"
#include "raise.h"

enum { LEVEL = 7, PROCESSOR_LIMIT = 64, ROUNDS = 20000 };

#define MILLISECONDS(n) (-10000LL * (n))

static ULONG vector;
static ULONG processor_count;

/* What is claimed, in order. */
static const char *const names[] = {
    "connected on all processors, each runs the routine for its own interrupts",
    "a disconnect returns only when the routine, on another processor, has ended",
    "and it does not run again",
    "a routine runs on one processor while another synchronizes with it",
    "no update of either is lost, and neither sees the other half-way",
};

enum { NAMES = sizeof names / sizeof names[0] };

/* A deferred call on another processor that raises a vector there, so often. */
struct raiser {
    KDPC dpc;
    LONG times;
    volatile LONG raised;
};

static VOID NTAPI raise_there(PKDPC dpc, PVOID context, PVOID first, PVOID second)
{
    struct raiser *raiser = context;
    UNREFERENCED_PARAMETER(dpc);
    UNREFERENCED_PARAMETER(first);
    UNREFERENCED_PARAMETER(second);
    for (LONG i = 0; i < raiser->times; i++) {
        raise(vector);
        raiser->raised = i + 1;
    }
}

static void start_raising(struct raiser *raiser, ULONG processor, LONG times)
{
    raiser->times = times;
    raiser->raised = 0;
    KeInitializeDpc(&raiser->dpc, raise_there, raiser);
    KeSetTargetProcessorDpc(&raiser->dpc, (CCHAR)processor);
    KeInsertQueueDpc(&raiser->dpc, NULL, NULL);
}

/* ---- each processor has its own ------------------------------------------------------------- */

static volatile LONG runs_on[PROCESSOR_LIMIT];

static BOOLEAN NTAPI count_here(PKINTERRUPT interrupt, PVOID context)
{
    UNREFERENCED_PARAMETER(interrupt);
    UNREFERENCED_PARAMETER(context);
    runs_on[KeGetCurrentProcessorNumberEx(NULL) % PROCESSOR_LIMIT]++;
    return TRUE;
}

static void check_each(void)
{
    PKINTERRUPT interrupt;
    struct raiser raiser;
    KAFFINITY all = KeQueryActiveProcessors();
    BOOLEAN holds =
        claim_seen(IoConnectInterrupt(&interrupt, count_here, NULL, NULL, vector, LEVEL,
                                      LEVEL, Latched, FALSE, all, FALSE)) == STATUS_SUCCESS;
    for (ULONG i = 0; i < processor_count && holds; i++) {
        start_raising(&raiser, i, 1);
        KeFlushQueuedDpcs();
        holds = raise_wait(&runs_on[i], 1) && claim_same((ULONG)runs_on[i], 1);
    }
    CLAIM(holds, "%s", names[0]);
    IoDisconnectInterrupt(interrupt);
}

/* ---- a disconnect waits ----------------------------------------------------------------------- */

static volatile LONG entered, may_leave, has_left, returned, returned_too_soon;

static BOOLEAN NTAPI linger(PKINTERRUPT interrupt, PVOID context)
{
    UNREFERENCED_PARAMETER(interrupt);
    UNREFERENCED_PARAMETER(context);
    entered = 1;
    raise_wait(&may_leave, 1);
    has_left = 1;
    return TRUE;
}

/* The disconnect has begun by now, and must not have come back. */
static VOID NTAPI let_it_leave(PKDPC dpc, PVOID context, PVOID first, PVOID second)
{
    UNREFERENCED_PARAMETER(dpc);
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(first);
    UNREFERENCED_PARAMETER(second);
    returned_too_soon = returned;
    may_leave = 1;
}

static void check_wait(void)
{
    PKINTERRUPT interrupt;
    struct raiser raiser;
    KTIMER timer;
    KDPC dpc;
    LARGE_INTEGER soon = {.QuadPart = MILLISECONDS(50)};
    NTSTATUS status = claim_seen(IoConnectInterrupt(
        &interrupt, linger, NULL, NULL, vector, LEVEL, LEVEL, Latched, FALSE, 2, FALSE));
    start_raising(&raiser, 1, 1);
    BOOLEAN runs = raise_wait(&entered, 1);
    KeInitializeTimer(&timer);
    KeInitializeDpc(&dpc, let_it_leave, NULL);
    KeSetTargetProcessorDpc(&dpc, 0);
    KeSetTimer(&timer, soon, &dpc);
    IoDisconnectInterrupt(interrupt);
    returned = 1;
    LONG had_left = has_left;
    KeCancelTimer(&timer);
    KeFlushQueuedDpcs();
    CLAIM(status == STATUS_SUCCESS && runs && had_left && !returned_too_soon, "%s", "%s",
          names[1]);
    start_raising(&raiser, 1, 1);
    entered = 0;
    KeFlushQueuedDpcs();
    CLAIM(raiser.raised == 1 && entered == 0, "%s", names[2]);
}

/* ---- in step ----------------------------------------------------------------------------------- */

/* Two counters that are equal whenever nobody is between them. */
static volatile LONG one, other, torn;
static volatile LONG routine_runs;

static void count_both(void)
{
    if (one != other)
        torn++;
    one = one + 1;
    for (ULONG i = 0; i < 8; i++)
        YieldProcessor();
    other = other + 1;
}

static BOOLEAN NTAPI counting_routine(PKINTERRUPT interrupt, PVOID context)
{
    UNREFERENCED_PARAMETER(interrupt);
    UNREFERENCED_PARAMETER(context);
    count_both();
    routine_runs++;
    return TRUE;
}

static BOOLEAN NTAPI count_in_step(PVOID context)
{
    UNREFERENCED_PARAMETER(context);
    count_both();
    return TRUE;
}

static void check_step(void)
{
    PKINTERRUPT interrupt;
    struct raiser raiser;
    NTSTATUS status =
        claim_seen(IoConnectInterrupt(&interrupt, counting_routine, NULL, NULL, vector,
                                      LEVEL, LEVEL + 2, Latched, FALSE, 2, FALSE));
    LONG mine = 0;
    start_raising(&raiser, 1, ROUNDS);
    while (raiser.raised < ROUNDS && mine < 100 * ROUNDS)
        mine += KeSynchronizeExecution(interrupt, count_in_step, NULL);
    KeFlushQueuedDpcs();
    IoDisconnectInterrupt(interrupt);
    CLAIM(status == STATUS_SUCCESS && routine_runs > 0 && mine > 0, "%s", names[3]);
    CLAIM(torn == 0 && one == other && claim_same((ULONG)one, (ULONG)(routine_runs + mine)),
          "%s", names[4]);
}

static void check(void)
{
    claim_plan(1 + NAMES + 1);
    BOOLEAN started = raise_start();
    processor_count = KeQueryActiveProcessorCount(NULL);
    vector = raise_find(LEVEL, MAXULONG);
    CLAIM(started && vector != 0, "there is a free vector, and it can be raised");
    if (processor_count < 2) {
        for (ULONG i = 0; i < NAMES; i++)
            CLAIM_SKIP("one processor", "%s", names[i]);
    } else {
        check_each();
        check_wait();
        check_step();
    }
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
