/* conform_full.c: a driver that checks what its devices on PCI lines are given, and what a fully specified
 * connect makes of it: a table, a row for each condition.
 *
 * It checks when it is asked, once all its devices are started.
 * Source: [WDM] "CM_PARTIAL_RESOURCE_DESCRIPTOR", "IoConnectInterruptEx".
 */
#include <ntddk.h>

#include "card.h"
#include "claim.h"
#include "seen.h"

static struct seen one;

/* ---- what it was given -------------------------------------------------------------------- */

static void check_resources(const struct card *card)
{
    const CM_PARTIAL_RESOURCE_DESCRIPTOR *line = &card->line;
    KAFFINITY processors = line->u.Interrupt.Affinity;
    ULONG identity = 0, bus = 0, address = 0, length = 0;
    static WCHAR id[1024]; /* several, each longer than the next */
    CLAIM(card->raw_count == card->translated_count && card->interrupts == 1,
          "raw and translated resources are as many, with one interrupt");
    CLAIM_EQUAL(line->u.Interrupt.Level, line->u.Interrupt.Vector >> 4,
                "the interrupt's translated level is its vector's");
    CLAIM(processors != 0 && (processors & ~KeQueryActiveProcessors()) == 0,
          "its processors run");
    CLAIM(line->Flags == CM_RESOURCE_INTERRUPT_LEVEL_SENSITIVE &&
              line->ShareDisposition == CmResourceShareShared,
          "a line of PCI is level-sensitive, and shared");
    CLAIM(card->raw.Flags == line->Flags &&
              card->raw.ShareDisposition == line->ShareDisposition,
          "raw it says the same");
    NTSTATUS status = IoGetDeviceProperty(card->physical, DevicePropertyBusNumber,
                                          sizeof bus, &bus, &length);
    if (NT_SUCCESS(status))
        status = IoGetDeviceProperty(card->physical, DevicePropertyAddress, sizeof address,
                                     &address, &length);
    PCI_SLOT_NUMBER slot = {
        .u.bits = {.DeviceNumber = address >> 16, .FunctionNumber = address & 7}};
    HalGetBusDataByOffset(PCIConfiguration, bus, slot.u.AsULONG, &identity, 0,
                          sizeof identity);
    CLAIM(status == STATUS_SUCCESS && (identity == 0x11E81234 || identity == 0x00021B36),
          "at its bus number and address is the device that it is for");
    status = IoGetDeviceProperty(card->physical, DevicePropertyHardwareID, sizeof id, id,
                                 &length);
    CLAIM(status == STATUS_SUCCESS && id[0] == 'P' && id[1] == 'C' && id[2] == 'I' &&
              id[3] == '\\',
          "its hardware ids begin with PCI\\");
}

/* ---- fully specified: a table -------------------------------------------------------------- */

#define GIVEN(value) ((value) | 0x100000)
#define VALUE(given) ((given)&0xFFFFF)

enum mask { MASK_OWN = 0, MASK_ALL, MASK_EMPTY, MASK_NOT_RUNNING };

struct row {
    const char *when;
    ULONG version, vector, irql, synchronize, group;
    enum mask mask;
    BOOLEAN has_no_routine, has_lock;
    NTSTATUS expected;
};

static const struct row rows[] = {
    {"all is as translated", .expected = STATUS_SUCCESS},
    {"every processor is asked for", .mask = MASK_ALL, .expected = STATUS_SUCCESS},
    {"a group is named that does not count", .group = 9, .expected = STATUS_SUCCESS},
    {"group 0 is named", .version = CONNECT_FULLY_SPECIFIED_GROUP,
     .expected = STATUS_SUCCESS},
    {"group 9 is named, which has no processor", .group = 9,
     .version = CONNECT_FULLY_SPECIFIED_GROUP, .expected = STATUS_INVALID_PARAMETER_10},
    {"the mask is empty", .mask = MASK_EMPTY, .expected = STATUS_INVALID_PARAMETER_10},
    {"no processor of the mask runs", .mask = MASK_NOT_RUNNING,
     .expected = STATUS_INVALID_PARAMETER_10},
    {"the vector is assigned to no device", .vector = GIVEN(0x3F), .irql = GIVEN(3),
     .synchronize = GIVEN(3), .expected = STATUS_NOT_FOUND},
    {"Irql is not the vector's", .irql = GIVEN(4), .vector = GIVEN(0x5F),
     .expected = STATUS_INVALID_PARAMETER},
    {"SynchronizeIrql is below Irql", .synchronize = GIVEN(1),
     .expected = STATUS_INVALID_PARAMETER},
    {"there is no routine", .has_no_routine = TRUE, .expected = STATUS_INVALID_PARAMETER},
    {"passive-level, with a spin lock", .irql = GIVEN(0), .synchronize = GIVEN(0),
     .has_lock = TRUE, .expected = STATUS_INVALID_PARAMETER},
};

enum { ROWS = sizeof rows / sizeof rows[0] };

static ULONG or_else(ULONG given, ULONG usual)
{
    return given != 0 ? VALUE(given) : usual;
}

static KAFFINITY mask_of(enum mask mask, KAFFINITY own)
{
    switch (mask) {
    case MASK_ALL:
        return ~(KAFFINITY)0;
    case MASK_EMPTY:
        return 0;
    case MASK_NOT_RUNNING:
        return (KAFFINITY)1 << 63;
    case MASK_OWN:
        break;
    }
    return own;
}

static void check_row(const struct row *row, struct card *card)
{
    const CM_PARTIAL_RESOURCE_DESCRIPTOR *line = &card->line;
    KSPIN_LOCK lock = 0;
    IO_CONNECT_INTERRUPT_PARAMETERS parameters;
    seen_look(&one, card);
    RtlZeroMemory(&parameters, sizeof parameters);
    parameters.Version = row->version != 0 ? row->version : CONNECT_FULLY_SPECIFIED;
    parameters.FullySpecified.PhysicalDeviceObject = card->physical;
    parameters.FullySpecified.InterruptObject = &one.object;
    parameters.FullySpecified.ServiceRoutine = row->has_no_routine ? NULL : seen_routine;
    parameters.FullySpecified.ServiceContext = &one;
    parameters.FullySpecified.SpinLock = row->has_lock ? &lock : NULL;
    parameters.FullySpecified.Vector = or_else(row->vector, line->u.Interrupt.Vector);
    parameters.FullySpecified.Irql = (KIRQL)or_else(row->irql, line->u.Interrupt.Level);
    parameters.FullySpecified.SynchronizeIrql =
        (KIRQL)or_else(row->synchronize, parameters.FullySpecified.Irql);
    parameters.FullySpecified.InterruptMode = LevelSensitive;
    parameters.FullySpecified.ShareVector = TRUE;
    parameters.FullySpecified.ProcessorEnableMask =
        mask_of(row->mask, line->u.Interrupt.Affinity);
    parameters.FullySpecified.Group = (USHORT)row->group;
    NTSTATUS status = claim_seen(IoConnectInterruptEx(&parameters));
    BOOLEAN holds = claim_same((ULONG)status, (ULONG)row->expected);
    if (NT_SUCCESS(status)) {
        holds &= seen_served(&one) && one.given == one.object;
        seen_disconnect(&one, parameters.Version);
    } else {
        holds &= claim_same((ULONG_PTR)one.object, 0);
    }
    CLAIM(holds, "fully specified, when %s: 0x%x", row->when, (ULONG)row->expected);
}

/* ---- a device without an interrupt --------------------------------------------------------- */

static BOOLEAN NTAPI message_routine(PKINTERRUPT interrupt, PVOID context, ULONG message)
{
    UNREFERENCED_PARAMETER(message);
    return seen_routine(interrupt, context);
}

static void check_silent(struct card *card)
{
    IO_CONNECT_INTERRUPT_PARAMETERS parameters;
    CLAIM(card != NULL, "a device without an interrupt is started, too");
    if (card == NULL)
        return;
    seen_look(&one, card);
    RtlZeroMemory(&parameters, sizeof parameters);
    parameters.Version = CONNECT_LINE_BASED;
    parameters.LineBased.PhysicalDeviceObject = card->physical;
    parameters.LineBased.InterruptObject = &one.object;
    parameters.LineBased.ServiceRoutine = seen_routine;
    NTSTATUS status = claim_seen(IoConnectInterruptEx(&parameters));
    CLAIM(claim_same((ULONG)status, (ULONG)STATUS_NOT_FOUND) && one.object == NULL,
          "line-based, of a device without an interrupt: 0xC0000225");
    seen_look(&one, card);
    RtlZeroMemory(&parameters, sizeof parameters);
    parameters.Version = CONNECT_MESSAGE_BASED;
    parameters.MessageBased.PhysicalDeviceObject = card->physical;
    parameters.MessageBased.ConnectionContext.InterruptObject = &one.object;
    parameters.MessageBased.MessageServiceRoutine = message_routine;
    parameters.MessageBased.FallBackServiceRoutine = seen_routine;
    status = claim_seen(IoConnectInterruptEx(&parameters));
    CLAIM(claim_same((ULONG)status, (ULONG)STATUS_NOT_FOUND) && one.object == NULL &&
              parameters.Version == CONNECT_MESSAGE_BASED,
          "message-based with a fallback, of such a device: 0xC0000225");
}

enum { CLAIMS = 7 + ROWS + 3 + 1, ASK_RUN = 7 };

/* Returns how many claims do not hold. */
static ULONG check(void)
{
    struct card *card = card_find(FALSE);
    claim_plan(card != NULL ? CLAIMS : 1);
    if (card == NULL) {
        CLAIM(FALSE, "there is a device with a line");
        return 1;
    }
    check_resources(card);
    for (ULONG i = 0; i < ROWS; i++)
        check_row(&rows[i], card);
    check_silent(card_find_silent());
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
