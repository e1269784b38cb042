/* conform_message.c: a driver that checks its interrupts with a device that was given messages.
 *
 * It checks when it is asked, once all its devices are started.
 * Source: [WDM] "Using the CONNECT_MESSAGE_BASED Version of IoConnectInterruptEx",
 * "IO_INTERRUPT_MESSAGE_INFO".
 */
#include <ntddk.h>

#include "card.h"
#include "claim.h"
#include "seen.h"

static struct seen one;
static ULONG message_given;

static BOOLEAN NTAPI message_routine(PKINTERRUPT interrupt, PVOID context, ULONG message)
{
    message_given = message;
    return seen_routine(interrupt, context);
}

static void prepare(IO_CONNECT_INTERRUPT_PARAMETERS *parameters, struct card *card,
                    PIO_INTERRUPT_MESSAGE_INFO *table)
{
    seen_look(&one, card);
    *table = (PIO_INTERRUPT_MESSAGE_INFO)(ULONG_PTR)0x5A5A5A5A5A5A5A5A;
    RtlZeroMemory(parameters, sizeof *parameters);
    parameters->Version = CONNECT_MESSAGE_BASED;
    parameters->MessageBased.PhysicalDeviceObject = card->physical;
    parameters->MessageBased.ConnectionContext.InterruptMessageTable = table;
    parameters->MessageBased.MessageServiceRoutine = message_routine;
    parameters->MessageBased.FallBackServiceRoutine = seen_routine;
    parameters->MessageBased.ServiceContext = &one;
}

static void disconnect(PIO_INTERRUPT_MESSAGE_INFO table)
{
    IO_DISCONNECT_INTERRUPT_PARAMETERS parameters = {
        .Version = CONNECT_MESSAGE_BASED, .ConnectionContext.InterruptMessageTable = table};
    IoDisconnectInterruptEx(&parameters);
}

static void check_resources(const struct card *card)
{
    const CM_PARTIAL_RESOURCE_DESCRIPTOR *message = &card->line;
    CLAIM((message->Flags & CM_RESOURCE_INTERRUPT_LATCHED) != 0,
          "a message is latched, and marked as a message");
    CLAIM_EQUAL(message->u.MessageInterrupt.Translated.Level,
                message->u.MessageInterrupt.Translated.Vector >> 4,
                "its translated level is its vector's");
    CLAIM(card->raw.u.MessageInterrupt.Raw.MessageCount >= 1,
          "the raw resource says how many there are");
}

static void check_entry(const IO_INTERRUPT_MESSAGE_INFO *table)
{
    const IO_INTERRUPT_MESSAGE_INFO_ENTRY *entry = &table->MessageInfo[0];
    CLAIM(table->MessageCount >= 1 && entry->InterruptObject != NULL,
          "the table has an interrupt object for its first message");
    CLAIM_EQUAL(entry->Irql, entry->Vector >> 4, "with its vector's level");
    CLAIM(entry->Mode == Latched && table->UnifiedIrql >= entry->Irql,
          "latched, and not above the level they have in common");
    CLAIM_EQUAL((ULONG64)entry->MessageAddress.QuadPart & ~0xFFFFFull, 0xFEE00000,
                "the address it writes to is a local APIC's");
}

static BOOLEAN NTAPI remember_level(PVOID context)
{
    *(KIRQL *)context = KeGetCurrentIrql();
    return TRUE;
}

static void check_messages(struct card *card)
{
    IO_CONNECT_INTERRUPT_PARAMETERS parameters;
    PIO_INTERRUPT_MESSAGE_INFO table;
    KIRQL inside = 0;
    prepare(&parameters, card, &table);
    NTSTATUS status = claim_seen(IoConnectInterruptEx(&parameters));
    CLAIM_STATUS(status, STATUS_SUCCESS, "message-based: STATUS_SUCCESS");
    CLAIM_EQUAL(parameters.Version, CONNECT_MESSAGE_BASED, "and Version stays 3");
    check_entry(table);
    const IO_INTERRUPT_MESSAGE_INFO_ENTRY *entry = &table->MessageInfo[0];
    message_given = MAXULONG;
    CLAIM(seen_served(&one) && one.calls == 1, "fired once, the routine is called once");
    CLAIM(message_given == 0 && one.given == entry->InterruptObject,
          "with the message's number and its object");
    CLAIM_EQUAL(one.irql, entry->Irql, "at the message's level");
    KeSynchronizeExecution(entry->InterruptObject, remember_level, &inside);
    CLAIM_EQUAL(inside, entry->Irql, "KeSynchronizeExecution takes the message's object");
    disconnect(table);
    LONG before = one.calls;
    card_raise(card);
    KeStallExecutionProcessor(100);
    CLAIM(card_take(card) && one.calls == before, "disconnected, it is not called");

    KSPIN_LOCK lock = 0;
    prepare(&parameters, card, &table);
    parameters.MessageBased.SpinLock = &lock;
    parameters.MessageBased.SynchronizeIrql = 12;
    status = claim_seen(IoConnectInterruptEx(&parameters));
    CLAIM(status == STATUS_SUCCESS && table->UnifiedIrql == 12 && seen_served(&one) &&
              one.irql == 12,
          "with a lock and a level of the driver's own: that level");
    disconnect(table);
}

static void check_refusals(struct card *card)
{
    IO_CONNECT_INTERRUPT_PARAMETERS parameters;
    PIO_INTERRUPT_MESSAGE_INFO table;
    seen_look(&one, card);
    RtlZeroMemory(&parameters, sizeof parameters);
    parameters.Version = CONNECT_LINE_BASED;
    parameters.LineBased.PhysicalDeviceObject = card->physical;
    parameters.LineBased.InterruptObject = &one.object;
    parameters.LineBased.ServiceRoutine = seen_routine;
    parameters.LineBased.ServiceContext = &one;
    NTSTATUS status = claim_seen(IoConnectInterruptEx(&parameters));
    CLAIM(claim_same((ULONG)status, (ULONG)STATUS_INVALID_DEVICE_REQUEST) &&
              one.object == NULL,
          "line-based, of a device that was given messages: 0xC0000010");
    prepare(&parameters, card, &table);
    parameters.MessageBased.MessageServiceRoutine = NULL;
    status = claim_seen(IoConnectInterruptEx(&parameters));
    CLAIM(claim_same((ULONG)status, (ULONG)STATUS_INVALID_PARAMETER) && table == NULL,
          "message-based without a routine: 0xC000000D");
    prepare(&parameters, card, &table);
    parameters.MessageBased.SynchronizeIrql = 13;
    status = claim_seen(IoConnectInterruptEx(&parameters));
    CLAIM(claim_same((ULONG)status, (ULONG)STATUS_INVALID_PARAMETER) && table == NULL,
          "message-based at a level that is no device's: 0xC000000D");

    PIO_INTERRUPT_MESSAGE_INFO second;
    prepare(&parameters, card, &table);
    status = claim_seen(IoConnectInterruptEx(&parameters));
    IO_CONNECT_INTERRUPT_PARAMETERS again = parameters;
    second = (PIO_INTERRUPT_MESSAGE_INFO)(ULONG_PTR)0x5A5A5A5A5A5A5A5A;
    again.MessageBased.ConnectionContext.InterruptMessageTable = &second;
    NTSTATUS refused = claim_seen(IoConnectInterruptEx(&again));
    CLAIM(status == STATUS_SUCCESS &&
              claim_same((ULONG)refused, (ULONG)CLAIM_STATUS_CONFLICT) && second == NULL,
          "connected once, once more: 0xC00702FB");
    CLAIM(seen_served(&one), "and the first still gets its interrupts");
    disconnect(table);
}

enum { CLAIMS = 3 + 2 + 4 + 6 + 5 + 1, ASK_RUN = 7 };

/* Returns how many claims do not hold. */
static ULONG check(void)
{
    struct card *card = card_find(TRUE);
    claim_plan(card != NULL ? CLAIMS : 1);
    if (card == NULL) {
        CLAIM(FALSE, "there is a device with messages");
        return 1;
    }
    check_resources(card);
    check_messages(card);
    check_refusals(card);
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
