/* conform_chain.c: a driver that checks how its interrupt routines are called: in which order, how often, at
 * which level, under which lock, and what becomes of what they return.
 *
 * Source: [WDM] "InterruptService routine", "KeSynchronizeExecution", "Managing Hardware Priorities".
 */
#include <ntddk.h>

#include "claim.h"
#include "raise.h"

enum { LOW = 5, HIGH = 9, ROUTINES = 3 };

static ULONG low_vector, high_vector;

/* One routine of a chain: what it answers, and what it saw. */
struct member {
    ULONG64 answers
        [4]; /* at its first run, its second, ...; then 0: all 64 bits of the register */
    volatile LONG runs;
    PKINTERRUPT object, given;
    KIRQL irql;
    PKSPIN_LOCK lock; /* to look at; may be NULL */
    BOOLEAN lock_was_held;
    ULONG raises;       /* a vector to raise while it runs; 0: none */
    LONG runs_of_other; /* of `other`, when it has done so */
    const struct member *other;
};

static struct member members[ROUTINES];

/* A BOOLEAN is the low byte of the register: the rest may be anything, and here is. */
static ULONG64 NTAPI routine(PKINTERRUPT interrupt, PVOID context)
{
    struct member *member = context;
    LONG run = member->runs++;
    member->given = interrupt;
    member->irql = KeGetCurrentIrql();
    if (member->lock != NULL)
        member->lock_was_held = !KeTestSpinLock(member->lock);
    if (member->raises != 0) {
        raise(member->raises);
        KeStallExecutionProcessor(20); /* time for it to come in, if it could */
        member->runs_of_other = member->other->runs;
    }
    return run < 4 ? member->answers[run] : 0;
}

static NTSTATUS connect(struct member *member, KINTERRUPT_MODE mode, KIRQL irql,
                        KIRQL synchronize)
{
    ULONG vector = irql == LOW ? low_vector : high_vector;
    return claim_seen(IoConnectInterrupt(
        &member->object, (PKSERVICE_ROUTINE)(ULONG_PTR)routine, member, member->lock,
        vector, irql, synchronize, mode, TRUE, raise_here(), FALSE));
}

static void forget(void)
{
    RtlZeroMemory(members, sizeof members);
}

/* ---- chains ------------------------------------------------------------------------------ */

#define GARBAGE 0xDEADBEEFCAFE0000 /* above AL */

struct chain {
    const char *says;
    KINTERRUPT_MODE mode;
    ULONG count;
    ULONG64 answers[ROUTINES][4];
    LONG runs[ROUTINES];
};

static const struct chain chains[] = {
    {"level-sensitive: the first that says TRUE is the last asked",
     LevelSensitive,
     3,
     {{FALSE}, {TRUE}, {TRUE}},
     {1, 1, 0}},
    {"level-sensitive: if nobody says TRUE, each is asked once",
     LevelSensitive,
     3,
     {{FALSE}, {FALSE}, {FALSE}},
     {1, 1, 1}},
    {"latched: after a TRUE all are asked again, until nobody says TRUE",
     Latched,
     3,
     {{FALSE}, {TRUE, TRUE}, {FALSE}},
     {3, 3, 3}},
    {"latched: if nobody says TRUE, each is asked once",
     Latched,
     3,
     {{FALSE}, {FALSE}, {FALSE}},
     {1, 1, 1}},
    {"latched: alone it is asked once, whatever it says", Latched, 1, {{TRUE, TRUE}}, {1}},
    {"a result of 2 is a TRUE", LevelSensitive, 2, {{2}, {TRUE}}, {1, 0}},
    {"garbage above AL does not make a FALSE true",
     LevelSensitive,
     2,
     {{GARBAGE | FALSE}, {TRUE}},
     {1, 1}},
    {"garbage above AL does not make a TRUE false",
     LevelSensitive,
     2,
     {{GARBAGE | TRUE}, {TRUE}},
     {1, 0}},
};

enum { CHAINS = sizeof chains / sizeof chains[0] };

static void check_chain(const struct chain *chain)
{
    forget();
    BOOLEAN holds = TRUE;
    for (ULONG i = 0; i < chain->count; i++) {
        RtlCopyMemory(members[i].answers, chain->answers[i], sizeof members[i].answers);
        holds &= connect(&members[i], chain->mode, LOW, LOW) == STATUS_SUCCESS;
    }
    raise(low_vector);
    holds &= raise_fence();
    for (ULONG i = 0; i < chain->count; i++) {
        holds &= claim_same((ULONG)members[i].runs, (ULONG)chain->runs[i]);
        if (members[i].object != NULL)
            IoDisconnectInterrupt(members[i].object);
    }
    CLAIM(holds, "%s", chain->says);
}

/* ---- level and lock ---------------------------------------------------------------------- */

static KSPIN_LOCK lock;

struct execution {
    ULONG64 answer;
    KIRQL irql;
    BOOLEAN lock_was_held;
};

static ULONG64 NTAPI synchronized(PVOID context)
{
    struct execution *execution = context;
    execution->irql = KeGetCurrentIrql();
    execution->lock_was_held = !KeTestSpinLock(&lock);
    return execution->answer;
}

static ULONG execute(PKINTERRUPT interrupt, struct execution *execution)
{
    return KeSynchronizeExecution(interrupt, (PKSYNCHRONIZE_ROUTINE)(ULONG_PTR)synchronized,
                                  execution);
}

static void check_level(void)
{
    struct member *member = &members[0];
    forget();
    KeInitializeSpinLock(&lock);
    member->lock = &lock;
    member->answers[0] = TRUE;
    NTSTATUS status = connect(member, Latched, LOW, HIGH);
    raise(low_vector);
    BOOLEAN ran = raise_wait(&member->runs, 1);
    CLAIM(status == STATUS_SUCCESS && ran && member->given == member->object,
          "the routine is given its own object");
    CLAIM_EQUAL(member->irql, HIGH, "it runs at SynchronizeIrql, above its vector's level");
    CLAIM(member->lock_was_held, "and with the driver's own spin lock held");
    CLAIM_EQUAL(KeGetCurrentIrql(), PASSIVE_LEVEL, "afterwards the level is as before");

    struct execution execution = {.answer = TRUE};
    execute(member->object, &execution);
    CLAIM_EQUAL(execution.irql, HIGH, "KeSynchronizeExecution runs at SynchronizeIrql");
    CLAIM(execution.lock_was_held, "and holds the same lock");
    CLAIM(KeTestSpinLock(&lock) && KeGetCurrentIrql() == PASSIVE_LEVEL,
          "and gives lock and level back");
    for (ULONG answer = 0; answer < 3; answer++) {
        execution.answer = GARBAGE | answer;
        CLAIM_EQUAL(execute(member->object, &execution), answer,
                    "a result of %u comes back unchanged", answer);
    }
    KIRQL before = KeRaiseIrqlToDpcLevel();
    execution.irql = 0;
    execute(member->object, &execution);
    CLAIM(execution.irql == HIGH && KeGetCurrentIrql() == DISPATCH_LEVEL,
          "called at DISPATCH_LEVEL it gives DISPATCH_LEVEL back");
    KeLowerIrql(before);

    KIRQL found = KeAcquireInterruptSpinLock(member->object);
    BOOLEAN is_held = !KeTestSpinLock(&lock) && KeGetCurrentIrql() == HIGH;
    raise(low_vector);
    KeStallExecutionProcessor(20);
    LONG runs_inside = member->runs;
    KeReleaseInterruptSpinLock(member->object, found);
    CLAIM(is_held && found == PASSIVE_LEVEL, "KeAcquireInterruptSpinLock takes that lock");
    CLAIM(runs_inside == 1 && raise_wait(&member->runs, 2),
          "and keeps the routine out until it is released");
    IoDisconnectInterrupt(member->object);
}

/* Two vectors of one driver: one lock, and both at the higher level. */
static void check_two_vectors(void)
{
    struct member *low = &members[0], *high = &members[1];
    forget();
    KeInitializeSpinLock(&lock);
    low->lock = high->lock = &lock;
    low->answers[0] = high->answers[0] = TRUE;
    low->raises = high_vector;
    low->other = high;
    BOOLEAN connected = connect(low, Latched, LOW, HIGH) == STATUS_SUCCESS &&
                        connect(high, Latched, HIGH, HIGH) == STATUS_SUCCESS;
    CLAIM(connected, "one lock over two vectors, SynchronizeIrql the higher: accepted");
    raise(low_vector);
    BOOLEAN ran = raise_wait(&high->runs, 1);
    CLAIM(ran && low->irql == HIGH && high->irql == HIGH && low->lock_was_held &&
              high->lock_was_held,
          "both routines run at that level, with that lock");
    CLAIM_EQUAL((ULONG)low->runs_of_other, 0,
                "the higher vector waits until the lower one's routine has ended");
    IoDisconnectInterrupt(high->object);
    IoDisconnectInterrupt(low->object);
}

/* Without that, the higher level comes in. */
static void check_nesting(void)
{
    struct member *low = &members[0], *high = &members[1];
    forget();
    low->answers[0] = high->answers[0] = TRUE;
    low->raises = high_vector;
    low->other = high;
    BOOLEAN connected = connect(low, Latched, LOW, LOW) == STATUS_SUCCESS &&
                        connect(high, Latched, HIGH, HIGH) == STATUS_SUCCESS;
    raise(low_vector);
    BOOLEAN ran = raise_wait(&low->runs, 1) && raise_fence();
    CLAIM(connected && ran && low->runs_of_other == 1 && low->irql == LOW &&
              high->irql == HIGH,
          "a higher level interrupts a lower one");
    IoDisconnectInterrupt(high->object);
    IoDisconnectInterrupt(low->object);
}

/* ---- active and inactive ----------------------------------------------------------------- */

/* The DDK's import library is older than these. */
typedef VOID(NTAPI *report)(PIO_DISCONNECT_INTERRUPT_PARAMETERS parameters);

static report find(PCWSTR text)
{
    UNICODE_STRING name;
    RtlInitUnicodeString(&name, text);
    return (report)(ULONG_PTR)MmGetSystemRoutineAddress(&name);
}

static void check_inactive(void)
{
    struct member *member = &members[0], *other = &members[1];
    report inactive = find(L"IoReportInterruptInactive");
    report active = find(L"IoReportInterruptActive");
    forget();
    other->answers[0] = other->answers[1] = other->answers[2] = TRUE;
    BOOLEAN holds = inactive != NULL && active != NULL &&
                    connect(member, LevelSensitive, LOW, LOW) == STATUS_SUCCESS &&
                    connect(other, LevelSensitive, LOW, LOW) == STATUS_SUCCESS;
    CLAIM(holds, "IoReportInterruptActive and IoReportInterruptInactive are found by name");
    if (!holds) {
        CLAIM(FALSE, "reported inactive, its routine is not asked");
        CLAIM(FALSE, "reported active again, it is");
        return;
    }
    IO_DISCONNECT_INTERRUPT_PARAMETERS parameters = {.Version = CONNECT_FULLY_SPECIFIED,
                                                     .ConnectionContext.InterruptObject =
                                                         member->object};
    inactive(&parameters);
    inactive(&parameters);
    raise(low_vector);
    holds = raise_wait(&other->runs, 1);
    CLAIM(holds && member->runs == 0, "reported inactive, its routine is not asked");
    active(&parameters);
    active(&parameters);
    IoDisconnectInterrupt(other->object); /* which was before it now */
    raise(low_vector);
    CLAIM(raise_wait(&member->runs, 1), "reported active again, it is");
    IoDisconnectInterrupt(member->object);
}

enum { CLAIMS = 1 + CHAINS + 4 + 3 + 3 + 3 + 3 + 1 + 3 + 1 };

static void check(void)
{
    claim_plan(CLAIMS);
    BOOLEAN started = raise_start();
    low_vector = raise_find(LOW, MAXULONG);
    high_vector = raise_find(HIGH, MAXULONG);
    CLAIM(started && low_vector != 0 && high_vector != 0,
          "there are free vectors at two levels, and they can be raised");
    for (ULONG i = 0; i < CHAINS; i++)
        check_chain(&chains[i]);
    check_level();
    check_two_vectors();
    check_nesting();
    check_inactive();
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
