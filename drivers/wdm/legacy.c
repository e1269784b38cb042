/* legacy.c: a driver of the older kind: it knows where its device is, and connects in DriverEntry.
 *
 * Its device is the second serial port of a PC, ports 0x2F8 to 0x2FF on ISA line 3. It asks the HAL for
 * the line's vector and connects by IoConnectInterrupt(), unshared, as such drivers did.
 * Source: [UART16550] "Interrupt Identification Register", [WDM] "IoConnectInterrupt".
 */
#include <ntddk.h>

/* clang-format off */
enum {
    PORTS           = 0x2F8,
    LINE            = 3,

    UART_DATA        = 0,
    UART_ENABLE      = 1,
    UART_IDENTIFY    = 2,      /* read */
    UART_FIFO        = 2,      /* written */
    UART_LINE        = 3,
    UART_MODEM       = 4,
    UART_LINE_STATUS = 5,

    ENABLE_RECEIVED  = 0x01,
    NONE_PENDING     = 0x01,
    FIFO_OFF         = 0x00,   /* one byte at a time is all there is */
    LINE_8N1         = 0x03,
    MODEM_READY      = 0x0B,   /* DTR, RTS and OUT2, which lets the interrupt out */
    MODEM_LOOP       = 0x1B,   /* the same in loopback */
    RECEIVED         = 0x01,

    LOOP_TRIES       = 1000,   /* of 10 us: a byte takes 87 us at 115200 */
};
/* clang-format on */

static PKINTERRUPT interrupt;
static KDPC call;
static KEVENT served;
static ULONG pending;           /* shared by the routine and the deferred call */
static ULONG64 received, calls; /* the deferred call's */

/* Some DDKs' headers no longer have it. */
NTHALAPI ULONG NTAPI HalGetInterruptVector(INTERFACE_TYPE bus_type, ULONG bus, ULONG level,
                                           ULONG vector, PKIRQL irql,
                                           PKAFFINITY processors);

DRIVER_INITIALIZE DriverEntry;
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path);

static UCHAR get(ULONG_PTR number)
{
    return READ_PORT_UCHAR((PUCHAR)(PORTS + number));
}

static void put(ULONG_PTR number, UCHAR value)
{
    WRITE_PORT_UCHAR((PUCHAR)(PORTS + number), value);
}

static void quiet(void)
{
    put(UART_ENABLE, 0);
    put(UART_LINE, LINE_8N1);
    put(UART_FIFO, FIFO_OFF);
    (void)get(UART_IDENTIFY);
    put(UART_MODEM, MODEM_READY);
}

static BOOLEAN NTAPI routine(PKINTERRUPT object, PVOID context)
{
    BOOLEAN is_mine = FALSE;
    UNREFERENCED_PARAMETER(object);
    UNREFERENCED_PARAMETER(context);
    while ((get(UART_IDENTIFY) & NONE_PENDING) == 0) {
        while ((get(UART_LINE_STATUS) & RECEIVED) != 0) {
            (void)get(UART_DATA);
            pending++;
        }
        is_mine = TRUE;
    }
    if (is_mine)
        KeInsertQueueDpc(&call, NULL, NULL);
    return is_mine;
}

static VOID NTAPI deferred(PKDPC dpc, PVOID context, PVOID first, PVOID second)
{
    UNREFERENCED_PARAMETER(dpc);
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(first);
    UNREFERENCED_PARAMETER(second);
    KIRQL found = KeAcquireInterruptSpinLock(interrupt);
    ULONG count = pending;
    pending = 0;
    KeReleaseInterruptSpinLock(interrupt, found);
    calls++;
    received += count;
    if (count != 0)
        KeSetEvent(&served, IO_NO_INCREMENT, FALSE);
}

static BOOLEAN fire(void)
{
    put(UART_ENABLE, 0);
    put(UART_MODEM, MODEM_LOOP);
    put(UART_DATA, 0x5A);
    ULONG tries = 0;
    while ((get(UART_LINE_STATUS) & RECEIVED) == 0 && tries++ < LOOP_TRIES)
        KeStallExecutionProcessor(10);
    put(UART_MODEM, MODEM_READY);
    put(UART_ENABLE, ENABLE_RECEIVED);
    return tries < LOOP_TRIES;
}

/* In loopback the outputs come back as inputs: nothing else on a PC does that. */
static BOOLEAN is_there(void)
{
    put(UART_MODEM, MODEM_LOOP);
    UCHAR inputs = get(UART_LINE_STATUS + 1) & 0xF0;
    put(UART_MODEM, MODEM_READY);
    return inputs == 0xB0; /* OUT2, DTR and RTS */
}

static VOID NTAPI unload(PDRIVER_OBJECT driver)
{
    UNREFERENCED_PARAMETER(driver);
    quiet();
    IoDisconnectInterrupt(interrupt);
    KeFlushQueuedDpcs();
}

/* ---- what a test asks ------------------------------------------------------------------- */

enum { ASK_STARTED = 0, ASK_INTERRUPTS, ASK_DEFERRED, ASK_FIRE = 5 };

static ULONG64 NTAPI answer(ULONG64 question, ULONG64 which)
{
    UNREFERENCED_PARAMETER(which);
    switch (question) {
    case ASK_STARTED:
        return interrupt != NULL;
    case ASK_INTERRUPTS:
        return received;
    case ASK_DEFERRED:
        return calls;
    case ASK_FIRE:
        return fire();
    default:
        return 0;
    }
}

/* A test finds this by its first words in the image's memory. */
static struct {
    CHAR sign[16];
    ULONG64(NTAPI *answer)(ULONG64 question, ULONG64 which);
} door __attribute__((used)) = {"a driver's door", answer};

/* ---- loaded ----------------------------------------------------------------------------- */

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    LARGE_INTEGER second = {.QuadPart = -10000000};
    KIRQL irql;
    KAFFINITY processors;
    UNREFERENCED_PARAMETER(path);
    if (!is_there())
        return STATUS_NO_SUCH_DEVICE;
    quiet();
    KeInitializeEvent(&served, SynchronizationEvent, FALSE);
    KeInitializeDpc(&call, deferred, NULL);
    ULONG vector = HalGetInterruptVector(Isa, 0, LINE, LINE, &irql, &processors);
    NTSTATUS status = IoConnectInterrupt(&interrupt, routine, NULL, NULL, vector, irql,
                                         irql, Latched, FALSE, processors, FALSE);
    if (!NT_SUCCESS(status)) {
        DbgPrint("legacy: vector 0x%x: IoConnectInterrupt says 0x%x\n", vector,
                 (ULONG)status);
        return status;
    }
    driver->DriverUnload = unload;
    BOOLEAN is_served = fire() && KeWaitForSingleObject(&served, Executive, KernelMode,
                                                        FALSE, &second) == STATUS_SUCCESS;
    DbgPrint("legacy: vector 0x%x, level %u; a byte sent to itself: %s\n", vector, irql,
             is_served ? "received" : "no interrupt in a second");
    return STATUS_SUCCESS;
}
