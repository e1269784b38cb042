/* conform_share.c: a driver that checks who may share a vector with whom, and what the refused one is told.
 *
 * Source: [WDM] "IoConnectInterrupt".
 */
#include <ntddk.h>

#include "claim.h"
#include "ivm_wdm.h"
#include "raise.h"

enum { LEVEL = 6 };

static ULONG vector;
static volatile LONG runs_of_first, runs_of_second;
static LONG first_claims; /* so many interrupts more */

static BOOLEAN NTAPI first_routine(PKINTERRUPT interrupt, PVOID context)
{
    UNREFERENCED_PARAMETER(interrupt);
    UNREFERENCED_PARAMETER(context);
    runs_of_first++;
    return first_claims-- > 0;
}

static BOOLEAN NTAPI second_routine(PKINTERRUPT interrupt, PVOID context)
{
    UNREFERENCED_PARAMETER(interrupt);
    UNREFERENCED_PARAMETER(context);
    runs_of_second++;
    return FALSE;
}

/* How one of the two asks. */
struct wish {
    BOOLEAN share;
    KINTERRUPT_MODE mode;
};

static NTSTATUS connect(PKINTERRUPT *interrupt, PKSERVICE_ROUTINE routine, struct wish wish)
{
    *interrupt = (PKINTERRUPT)(ULONG_PTR)0x5A5A5A5A5A5A5A5A;
    return claim_seen(IoConnectInterrupt(interrupt, routine, NULL, NULL, vector, LEVEL,
                                         LEVEL, wish.mode, wish.share, raise_here(),
                                         FALSE));
}

static BOOLEAN is_refused(NTSTATUS status, PKINTERRUPT interrupt)
{
    return claim_same((ULONG)status, (ULONG)CLAIM_STATUS_CONFLICT) &&
           claim_same((ULONG_PTR)interrupt, 0);
}

static const char *share_word(struct wish wish)
{
    return wish.share ? "shared" : "unshared";
}

static const char *mode_word(struct wish wish)
{
    return wish.mode == Latched ? "latched" : "level-sensitive";
}

/* One of sixteen: who came first, and who comes. */
static void check_pair(struct wish owner, struct wish other)
{
    PKINTERRUPT first, second;
    BOOLEAN may = owner.share && other.share && owner.mode == other.mode;
    BOOLEAN holds = connect(&first, first_routine, owner) == STATUS_SUCCESS;
    if (holds) {
        NTSTATUS status = connect(&second, second_routine, other);
        holds =
            may ? claim_same((ULONG)status, STATUS_SUCCESS) : is_refused(status, second);
        LONG before = runs_of_first;
        first_claims = 1;
        raise(vector);
        holds &= raise_wait(&runs_of_first, before + 1);
        if (NT_SUCCESS(status) && second != NULL)
            IoDisconnectInterrupt(second);
        IoDisconnectInterrupt(first);
    }
    CLAIM(holds, "owner %s and %s, then another, %s and %s: %s", share_word(owner),
          mode_word(owner), share_word(other), mode_word(other),
          may ? "both" : "0xC00702FB, and the owner still gets its interrupts");
}

static struct wish wish_of(ULONG bits)
{
    return (struct wish){.share = (BOOLEAN)(bits & 1),
                         .mode = (bits & 2) != 0 ? Latched : LevelSensitive};
}

static void check_matrix(void)
{
    for (ULONG owner = 0; owner < 4; owner++) {
        for (ULONG other = 0; other < 4; other++)
            check_pair(wish_of(owner), wish_of(other));
    }
}

static const struct wish alone = {FALSE, Latched}, shared = {TRUE, Latched};

static void check_again(void)
{
    PKINTERRUPT first, second;
    BOOLEAN holds = connect(&first, first_routine, alone) == STATUS_SUCCESS;
    NTSTATUS status = connect(&second, first_routine, alone);
    CLAIM(holds && is_refused(status, second),
          "the same routine twice, unshared: 0xC00702FB");
    IoDisconnectInterrupt(first);

    holds = connect(&first, second_routine, shared) == STATUS_SUCCESS &&
            connect(&second, second_routine, shared) == STATUS_SUCCESS;
    CLAIM(holds, "the same routine and context twice, shared: accepted, as Windows does");
    LONG before = runs_of_second;
    raise(vector);
    CLAIM(raise_wait(&runs_of_second, before + 2) && raise_fence() &&
              claim_same((ULONG)(runs_of_second - before), 2),
          "and called twice for one interrupt");
    IoDisconnectInterrupt(second);
    IoDisconnectInterrupt(first);
}

static void check_all_or_nothing(void)
{
    PKINTERRUPT first, second = (PKINTERRUPT)(ULONG_PTR)1, third;
    if (KeQueryActiveProcessorCount(NULL) < 2) {
        CLAIM_SKIP("one processor",
                   "one of the processors asked for is taken: none is got");
        return;
    }
    KAFFINITY one = (KAFFINITY)1 << 1;
    NTSTATUS status =
        claim_seen(IoConnectInterrupt(&first, first_routine, NULL, NULL, vector, LEVEL,
                                      LEVEL, Latched, FALSE, one, FALSE));
    BOOLEAN holds = status == STATUS_SUCCESS;
    status =
        claim_seen(IoConnectInterrupt(&second, second_routine, NULL, NULL, vector, LEVEL,
                                      LEVEL, Latched, FALSE, ~(KAFFINITY)0, FALSE));
    holds &= is_refused(status, second);
    holds &= connect(&third, second_routine, alone) == STATUS_SUCCESS;
    CLAIM(holds, "one of the processors asked for is taken: none is got");
    IoDisconnectInterrupt(third);
    IoDisconnectInterrupt(first);
}

static BOOLEAN same_text(const CHAR *text, const CHAR *other)
{
    while (*text != '\0' && *text == *other)
        text++, other++;
    return *text == *other;
}

static void check_record(void)
{
    PKINTERRUPT first, second;
    struct ivm_wdm_refusal refusal;
    RtlZeroMemory(&refusal, sizeof refusal);
    BOOLEAN holds = connect(&first, first_routine, alone) == STATUS_SUCCESS;
    NTSTATUS status = connect(&second, second_routine, shared);
    holds &= is_refused(status, second);
    status = IvmWdmLastRefusal(&refusal);
    CLAIM(holds && status == STATUS_SUCCESS, "the record of a refusal can be had");
    CLAIM(refusal.owner_count == 1 &&
              same_text(refusal.u.owners[0].name, refusal.requester) &&
              refusal.u.owners[0].name[0] != '\0',
          "it names the owner, and who asked: both are this driver");
    CLAIM(refusal.rule == IVM_WDM_OWNER_EXCLUSIVE && refusal.key == IVM_WDM_KEY_VECTOR &&
              refusal.vector == vector,
          "it says the rule, the owner does not share, and the vector");
    IoDisconnectInterrupt(first);
}

enum { CLAIMS = 1 + 16 + 3 + 1 + 3 + 1 };

static void check(void)
{
    claim_plan(CLAIMS);
    BOOLEAN started = raise_start();
    vector = raise_find(LEVEL, MAXULONG);
    CLAIM(started && vector != 0, "there is a free vector, and it can be raised");
    check_matrix();
    check_again();
    check_all_or_nothing();
    check_record();
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
