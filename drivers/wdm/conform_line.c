/* conform_line.c: a driver that checks its interrupts with real devices and their shared, level-triggered
 * lines: connects by the line, the fallback to it, two devices on one, and a storm.
 *
 * It checks when it is asked, once all its devices are started.
 * Source: [WDM] "IoConnectInterruptEx", "Using the CONNECT_LINE_BASED Version of IoConnectInterruptEx".
 */
#include <ntddk.h>

#include "card.h"
#include "claim.h"
#include "seen.h"

enum { STORM_LIMIT = 100000 };

static struct seen one, other;

static BOOLEAN NTAPI message_routine(PKINTERRUPT interrupt, PVOID context, ULONG message)
{
    UNREFERENCED_PARAMETER(interrupt);
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(message);
    return FALSE;
}

/* ---- by the line --------------------------------------------------------------------------- */

static NTSTATUS connect_line(struct seen *seen, KIRQL synchronize)
{
    IO_CONNECT_INTERRUPT_PARAMETERS parameters;
    RtlZeroMemory(&parameters, sizeof parameters);
    parameters.Version = CONNECT_LINE_BASED;
    parameters.LineBased.PhysicalDeviceObject = seen->card->physical;
    parameters.LineBased.InterruptObject = &seen->object;
    parameters.LineBased.ServiceRoutine = seen_routine;
    parameters.LineBased.ServiceContext = seen;
    parameters.LineBased.SynchronizeIrql = synchronize;
    return claim_seen(IoConnectInterruptEx(&parameters));
}

static void check_line(struct card *card)
{
    KIRQL level = (KIRQL)card->line.u.Interrupt.Level;
    seen_look(&one, card);
    CLAIM_STATUS(connect_line(&one, 0), STATUS_SUCCESS, "line-based: STATUS_SUCCESS");
    CLAIM(seen_served(&one) && one.given == one.object && one.calls == 1,
          "fired once, its routine is called once, with its object");
    CLAIM_EQUAL(one.irql, level, "at the line's level");
    seen_disconnect(&one, CONNECT_LINE_BASED);
    LONG before = one.calls;
    card_raise(card);
    KeStallExecutionProcessor(100);
    CLAIM(card_take(card) && one.calls == before,
          "disconnected, it is not called, though the line is asserted");

    seen_look(&one, card);
    NTSTATUS status = connect_line(&one, 1);
    CLAIM(status == STATUS_SUCCESS && seen_served(&one) && one.irql == level,
          "with a SynchronizeIrql below it: the line's level all the same");
    seen_disconnect(&one, CONNECT_LINE_BASED);
    seen_look(&one, card);
    status = connect_line(&one, 12);
    CLAIM(status == STATUS_SUCCESS && seen_served(&one) && one.irql == 12,
          "with one above it: that level");
    seen_disconnect(&one, CONNECT_LINE_BASED);

    seen_look(&one, card);
    card_raise(card);
    status = connect_line(&one, 0);
    CLAIM(status == STATUS_SUCCESS && seen_wait(&one.taken, 1) && one.given == one.object,
          "a line asserted before the connect is taken, once, with a valid object");
    seen_disconnect(&one, CONNECT_LINE_BASED);
}

static void check_conflict(struct card *card)
{
    const CM_PARTIAL_RESOURCE_DESCRIPTOR *line = &card->line;
    KIRQL level = (KIRQL)line->u.Interrupt.Level;
    seen_look(&one, card);
    seen_look(&other, card);
    NTSTATUS status = claim_seen(IoConnectInterrupt(
        &one.object, seen_routine, &one, NULL, line->u.Interrupt.Vector, level, level,
        LevelSensitive, FALSE, line->u.Interrupt.Affinity, FALSE));
    CLAIM(status == STATUS_SUCCESS && seen_served(&one),
          "IoConnectInterrupt with the translated vector gets the line");
    status = connect_line(&other, 0);
    CLAIM(claim_same((ULONG)status, (ULONG)CLAIM_STATUS_CONFLICT) && other.object == NULL,
          "a line-based connect to a line that is not shared: 0xC00702FB");
    CLAIM(seen_served(&one), "and its owner still gets its interrupts");
    IoDisconnectInterrupt(one.object);
}

static void check_fallback(struct card *card)
{
    IO_CONNECT_INTERRUPT_PARAMETERS parameters;
    seen_look(&one, card);
    RtlZeroMemory(&parameters, sizeof parameters);
    parameters.Version = CONNECT_MESSAGE_BASED;
    parameters.MessageBased.PhysicalDeviceObject = card->physical;
    parameters.MessageBased.ConnectionContext.InterruptObject = &one.object;
    parameters.MessageBased.MessageServiceRoutine = message_routine;
    parameters.MessageBased.ServiceContext = &one;
    NTSTATUS status = claim_seen(IoConnectInterruptEx(&parameters));
    CLAIM(claim_same((ULONG)status, (ULONG)STATUS_NOT_FOUND) && one.object == NULL &&
              parameters.Version == CONNECT_MESSAGE_BASED,
          "message-based without messages and without a fallback: 0xC0000225");
    parameters.MessageBased.FallBackServiceRoutine = seen_routine;
    status = claim_seen(IoConnectInterruptEx(&parameters));
    CLAIM(status == STATUS_SUCCESS && claim_same(parameters.Version, CONNECT_LINE_BASED),
          "with a fallback routine: STATUS_SUCCESS, and Version is 2");
    CLAIM(seen_served(&one) && one.given == one.object,
          "and the fallback routine takes the line's interrupts");
    seen_disconnect(&one, parameters.Version);
    parameters.Version = CONNECT_MESSAGE_BASED;
    parameters.MessageBased.ConnectionContext.Generic = NULL;
    CLAIM_STATUS(claim_seen(IoConnectInterruptEx(&parameters)), STATUS_INVALID_PARAMETER,
                 "message-based with nowhere to put the table: 0xC000000D");
}

/* ---- two on one line, and a storm ------------------------------------------------------------ */

static struct card *beside(const struct card *card)
{
    for (ULONG i = 0; i < card_count; i++) {
        if (cards[i] != card && cards[i]->is_started && !card_has_messages(cards[i]) &&
            cards[i]->line.u.Interrupt.Vector == card->line.u.Interrupt.Vector)
            return cards[i];
    }
    return NULL;
}

static void check_pair(struct card *card, struct card *second)
{
    seen_look(&one, card);
    seen_look(&other, second);
    BOOLEAN holds = connect_line(&one, 0) == STATUS_SUCCESS &&
                    connect_line(&other, 0) == STATUS_SUCCESS;
    CLAIM(holds, "two devices on one line: STATUS_SUCCESS for both");
    holds = seen_served(&one) && seen_served(&other) && one.taken == 1 && other.taken == 1;
    CLAIM(holds, "each takes its own");
    KIRQL found = KeRaiseIrqlToDpcLevel();
    card_raise(card);
    card_raise(second);
    KeLowerIrql(found);
    CLAIM(seen_wait(&one.taken, 2) && seen_wait(&other.taken, 2),
          "and both when both interrupt");
    seen_disconnect(&one, CONNECT_LINE_BASED);
    CLAIM(seen_served(&other), "when one is disconnected the other goes on");
    seen_disconnect(&other, CONNECT_LINE_BASED);
}

static void check_storm(struct card *card)
{
    seen_look(&one, card);
    one.refuses = TRUE;
    NTSTATUS status = connect_line(&one, 0);
    card_raise(card);
    LONG calls = 0;
    for (ULONG us = 0; us < WAIT_US && (calls != one.calls || calls == 0); us += 1000) {
        calls = one.calls;
        KeStallExecutionProcessor(1000);
    }
    CLAIM(status == STATUS_SUCCESS && calls > 1 && calls < STORM_LIMIT &&
              calls == one.calls,
          "a storm that nobody claims is ended by a mask");
    DbgPrint("the storm had %d interrupts\n", calls);
    card_take(card);
    seen_disconnect(&one, CONNECT_LINE_BASED);
    seen_look(&one, card);
    status = connect_line(&one, 0);
    CLAIM(status == STATUS_SUCCESS && seen_served(&one),
          "connected anew, the device interrupts again");
    seen_disconnect(&one, CONNECT_LINE_BASED);
}

enum { CLAIMS = 7 + 3 + 4 + 4 + 2 + 1, ASK_RUN = 7 };

/* Returns how many claims do not hold. */
static ULONG check(void)
{
    struct card *card = card_find(FALSE);
    struct card *second = card != NULL ? beside(card) : NULL;
    claim_plan(card != NULL ? CLAIMS : 1);
    if (card == NULL) {
        CLAIM(FALSE, "there is a device with a line");
        return 1;
    }
    check_line(card);
    check_conflict(card);
    check_fallback(card);
    if (second != NULL) {
        check_pair(card, second);
    } else {
        for (ULONG i = 0; i < 4; i++)
            CLAIM_SKIP("no two devices on one line", "two devices on one line");
    }
    check_storm(card);
    claim_never();
    claim_end();
    return claims_failed;
}

static ULONG64 NTAPI answer(ULONG64 question, ULONG64 which)
{
    UNREFERENCED_PARAMETER(which);
    return question == ASK_RUN ? check() : 0;
}

static struct door door __attribute__((used)) = {DOOR_SIGN, answer};

DRIVER_INITIALIZE DriverEntry;
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    UNREFERENCED_PARAMETER(path);
    card_drive(driver);
    return STATUS_SUCCESS;
}
