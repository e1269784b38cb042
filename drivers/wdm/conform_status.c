/* conform_status.c: a driver that checks what IoConnectInterrupt() and IoConnectInterruptEx() answer, one
 * row of a table for each condition; those that need a device are conform_edu.c's.
 *
 * After every failure the object's pointer is NULL, which each row looks at.
 * Source: [WDM] "IoConnectInterrupt", "IoConnectInterruptEx".
 */
#include <ntddk.h>

#include "claim.h"
#include "raise.h"

enum { LEVEL = 5, OTHER_LEVEL = 9, NO_PROCESSOR = 63 };

/* A member of a row: 0 is "as it should be", anything else is given so. */
#define GIVEN(value) ((value) | 0x100000)
#define VALUE(given) ((given)&0xFFFFF)

enum mask { MASK_HERE = 0, MASK_ALL, MASK_EMPTY, MASK_NOT_RUNNING };

struct row {
    const char *when;
    ULONG vector, irql, synchronize, mode;
    enum mask mask;
    BOOLEAN has_no_routine, floating_save;
    NTSTATUS expected;
};

static const struct row rows[] = {
    {"all is right", .expected = STATUS_SUCCESS},
    {"FloatingSave is TRUE", .floating_save = TRUE, .expected = STATUS_SUCCESS},
    {"every processor is asked for", .mask = MASK_ALL, .expected = STATUS_SUCCESS},
    {"it synchronizes at the highest level", .synchronize = GIVEN(12),
     .expected = STATUS_SUCCESS},
    {"it is level-sensitive", .mode = GIVEN(LevelSensitive), .expected = STATUS_SUCCESS},
    {"there is no routine", .has_no_routine = TRUE, .expected = STATUS_INVALID_PARAMETER},
    {"the mask is empty", .mask = MASK_EMPTY, .expected = STATUS_INVALID_PARAMETER},
    {"no processor of the mask runs", .mask = MASK_NOT_RUNNING,
     .expected = STATUS_INVALID_PARAMETER},
    {"vector and Irql are 0", .vector = GIVEN(0), .irql = GIVEN(0), .mask = MASK_ALL,
     .expected = STATUS_INVALID_PARAMETER},
    {"Irql is DISPATCH_LEVEL", .vector = GIVEN(0x25), .irql = GIVEN(2),
     .synchronize = GIVEN(2), .expected = STATUS_INVALID_PARAMETER},
    {"Irql is CLOCK_LEVEL", .vector = GIVEN(0xD5), .irql = GIVEN(13),
     .synchronize = GIVEN(13), .expected = STATUS_INVALID_PARAMETER},
    {"Irql is HIGH_LEVEL", .vector = GIVEN(0xF5), .irql = GIVEN(15),
     .synchronize = GIVEN(15), .expected = STATUS_INVALID_PARAMETER},
    {"Irql is not the vector's", .irql = GIVEN(LEVEL + 1), .synchronize = GIVEN(LEVEL + 1),
     .expected = STATUS_INVALID_PARAMETER},
    {"the vector is beyond 255", .vector = GIVEN(0x100 + LEVEL * 16),
     .expected = STATUS_INVALID_PARAMETER},
    {"the vector is an exception's", .vector = GIVEN(14), .irql = GIVEN(0),
     .synchronize = GIVEN(0), .expected = STATUS_INVALID_PARAMETER},
    {"SynchronizeIrql is below Irql", .synchronize = GIVEN(LEVEL - 1),
     .expected = STATUS_INVALID_PARAMETER},
    {"SynchronizeIrql is no device's", .synchronize = GIVEN(13),
     .expected = STATUS_INVALID_PARAMETER},
    {"the mode is neither", .mode = GIVEN(2), .expected = STATUS_INVALID_PARAMETER},
};

enum { ROWS = sizeof rows / sizeof rows[0] };

static KAFFINITY mask_of(enum mask mask)
{
    switch (mask) {
    case MASK_ALL:
        return ~(KAFFINITY)0;
    case MASK_EMPTY:
        return 0;
    case MASK_NOT_RUNNING:
        return (KAFFINITY)1 << NO_PROCESSOR;
    case MASK_HERE:
        break;
    }
    return raise_here();
}

static ULONG or_else(ULONG given, ULONG usual)
{
    return given != 0 ? VALUE(given) : usual;
}

static void check_row(const struct row *row, ULONG vector)
{
    PKINTERRUPT interrupt = (PKINTERRUPT)(ULONG_PTR)0x5A5A5A5A5A5A5A5A;
    KIRQL irql = (KIRQL)or_else(row->irql, LEVEL);
    NTSTATUS status = claim_seen(IoConnectInterrupt(
        &interrupt, row->has_no_routine ? NULL : raise_nothing, NULL, NULL,
        or_else(row->vector, vector), irql, (KIRQL)or_else(row->synchronize, irql),
        (KINTERRUPT_MODE)or_else(row->mode, Latched), FALSE, mask_of(row->mask),
        row->floating_save));
    BOOLEAN is_same = claim_same((ULONG)status, (ULONG)row->expected);
    if (!NT_SUCCESS(status))
        is_same &= claim_same((ULONG_PTR)interrupt, 0);
    else
        IoDisconnectInterrupt(interrupt);
    CLAIM(is_same, "IoConnectInterrupt when %s: 0x%x", row->when, (ULONG)row->expected);
}

/* ---- IoConnectInterruptEx ---------------------------------------------------------------- */

static BOOLEAN NTAPI message_routine(PKINTERRUPT interrupt, PVOID context, ULONG message)
{
    UNREFERENCED_PARAMETER(message);
    return raise_nothing(interrupt, context);
}

struct ex_row {
    const char *when;
    ULONG version;
    BOOLEAN has_own_device; /* a device object, and not one that a bus driver made */
    NTSTATUS expected;
};

static const struct ex_row ex_rows[] = {
    {"Version is 0", 0, FALSE, STATUS_INVALID_PARAMETER_1},
    {"Version is 6", 6, FALSE, STATUS_INVALID_PARAMETER_1},
    {"Version is 0x80000002", 0x80000002, FALSE, STATUS_INVALID_PARAMETER_1},
    {"Version is that of passive-level messages", 5, FALSE, STATUS_NOT_SUPPORTED},
    {"fully specified, without a device", CONNECT_FULLY_SPECIFIED, FALSE,
     STATUS_INVALID_PARAMETER},
    {"with a group, without a device", CONNECT_FULLY_SPECIFIED_GROUP, FALSE,
     STATUS_INVALID_PARAMETER},
    {"line-based, without a device", CONNECT_LINE_BASED, FALSE, STATUS_INVALID_PARAMETER},
    {"message-based, without a device", CONNECT_MESSAGE_BASED, FALSE,
     STATUS_INVALID_PARAMETER},
    {"fully specified, for what is no bus driver's device", CONNECT_FULLY_SPECIFIED, TRUE,
     STATUS_INVALID_PARAMETER},
    {"line-based, for what is no bus driver's device", CONNECT_LINE_BASED, TRUE,
     STATUS_INVALID_PARAMETER},
    {"message-based, for what is no bus driver's device", CONNECT_MESSAGE_BASED, TRUE,
     STATUS_INVALID_PARAMETER},
};

enum { EX_ROWS = sizeof ex_rows / sizeof ex_rows[0] };

static BOOLEAN is_known(ULONG version)
{
    return version >= CONNECT_FULLY_SPECIFIED && version <= CONNECT_FULLY_SPECIFIED_GROUP;
}

/* The object's pointer and the routine lie at the same place in all three. */
static void check_ex_row(const struct ex_row *row, ULONG vector, PDEVICE_OBJECT device)
{
    PKINTERRUPT interrupt = (PKINTERRUPT)(ULONG_PTR)0x5A5A5A5A5A5A5A5A;
    IO_CONNECT_INTERRUPT_PARAMETERS parameters;
    RtlZeroMemory(&parameters, sizeof parameters);
    parameters.Version = row->version;
    parameters.FullySpecified.PhysicalDeviceObject = row->has_own_device ? device : NULL;
    parameters.FullySpecified.InterruptObject = &interrupt;
    parameters.FullySpecified.ServiceRoutine = raise_nothing;
    if (row->version == CONNECT_MESSAGE_BASED) {
        parameters.MessageBased.MessageServiceRoutine = message_routine;
    } else if (row->version != CONNECT_LINE_BASED) {
        parameters.FullySpecified.Vector = vector;
        parameters.FullySpecified.Irql = LEVEL;
        parameters.FullySpecified.SynchronizeIrql = LEVEL;
        parameters.FullySpecified.InterruptMode = Latched;
        parameters.FullySpecified.ProcessorEnableMask = raise_here();
    }
    NTSTATUS status = claim_seen(IoConnectInterruptEx(&parameters));
    BOOLEAN is_same = claim_same((ULONG)status, (ULONG)row->expected);
    is_same &= claim_same(parameters.Version, row->version);
    if (is_known(row->version))
        is_same &= claim_same((ULONG_PTR)interrupt, 0);
    CLAIM(is_same, "IoConnectInterruptEx when %s: 0x%x", row->when, (ULONG)row->expected);
}

/* ---- calls that are no connects ---------------------------------------------------------- */

/* Some DDKs' headers no longer have it. */
NTHALAPI ULONG NTAPI HalGetInterruptVector(INTERFACE_TYPE bus_type, ULONG bus, ULONG level,
                                           ULONG vector, PKIRQL irql,
                                           PKAFFINITY processors);

static void check_hal(void)
{
    enum { FREE_LINE = 7 };
    KIRQL irql = 0;
    KAFFINITY processors = 0;
    ULONG vector = HalGetInterruptVector(Isa, 0, FREE_LINE, FREE_LINE, &irql, &processors);
    CLAIM_EQUAL(irql, vector >> 4, "HalGetInterruptVector gives the vector's level");
    CLAIM((processors & raise_here()) != 0, "and processors that run");
    CLAIM_EQUAL(HalGetInterruptVector(Isa, 0, FREE_LINE, FREE_LINE, &irql, &processors),
                vector, "and the same vector for the same line");
    PKINTERRUPT interrupt = NULL;
    NTSTATUS status =
        claim_seen(IoConnectInterrupt(&interrupt, raise_nothing, NULL, NULL, vector, irql,
                                      irql, Latched, FALSE, processors, FALSE));
    CLAIM_STATUS(status, STATUS_SUCCESS, "and it can be connected on them");
    if (status == STATUS_SUCCESS)
        IoDisconnectInterrupt(interrupt);
}

enum { OTHERS = 4 + 2 };

static void check(PDRIVER_OBJECT driver)
{
    PDEVICE_OBJECT device = NULL;
    NTSTATUS made = IoCreateDevice(driver, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
    claim_plan(ROWS + EX_ROWS + OTHERS);
    ULONG vector = raise_find(LEVEL, MAXULONG);
    CLAIM(vector != 0 && made == STATUS_SUCCESS, "there is a free vector, and a device");
    for (ULONG i = 0; i < ROWS; i++)
        check_row(&rows[i], vector);
    for (ULONG i = 0; i < EX_ROWS; i++)
        check_ex_row(&ex_rows[i], vector, device);
    check_hal();
    claim_never();
    claim_end();
    if (device != NULL)
        IoDeleteDevice(device);
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
    check(driver);
    return STATUS_SUCCESS;
}
