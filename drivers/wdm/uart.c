/* uart.c: a Windows driver for a 16550 port: on the ISA bus, where its line is its own and edge-triggered,
 * or on PCI, where it is shared and level-triggered.
 *
 * It connects fully specified, with what its translated resources say. To interrupt, a byte is sent in
 * loopback; what is received is the deferred call's to count.
 * Source: [UART16550] "Interrupt Identification Register", "Modem Control Register", [WDM] "Using the
 * CONNECT_FULLY_SPECIFIED Version of IoConnectInterruptEx".
 */
#include <wdm.h>

/* clang-format off */
enum {
    UART_DATA        = 0,
    UART_ENABLE      = 1,
    UART_IDENTIFY    = 2,      /* read */
    UART_FIFO        = 2,      /* written */
    UART_LINE        = 3,
    UART_MODEM       = 4,
    UART_LINE_STATUS = 5,
    UART_PORTS       = 8,

    ENABLE_RECEIVED  = 0x01,
    NONE_PENDING     = 0x01,
    FIFO_OFF         = 0x00,   /* one byte at a time is all there is */
    LINE_8N1         = 0x03,
    MODEM_READY      = 0x0B,   /* DTR, RTS and OUT2, which lets the interrupt out */
    MODEM_LOOP       = 0x1B,   /* the same in loopback */
    RECEIVED         = 0x01,

    UART_LIMIT       = 4,      /* ports */
    LOOP_TRIES       = 1000,   /* of 10 us: a byte takes 87 us at 115200 */
};
/* clang-format on */

struct uart {
    PDEVICE_OBJECT self, below, physical;
    ULONG_PTR ports; /* the first; 0: not started */
    CM_PARTIAL_RESOURCE_DESCRIPTOR line;
    PKINTERRUPT interrupt;   /* NULL: not connected */
    UCHAR last;              /* byte received; the routine's */
    ULONG pending;           /* shared by the routine and the deferred call */
    ULONG64 received, calls; /* the deferred call's */
    KEVENT served;
};

static struct uart *devices[UART_LIMIT];

DRIVER_INITIALIZE DriverEntry;
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path);

/* ---- the port --------------------------------------------------------------------------- */

static UCHAR get(const struct uart *uart, ULONG number)
{
    return READ_PORT_UCHAR((PUCHAR)(uart->ports + number));
}

static void put(const struct uart *uart, ULONG number, UCHAR value)
{
    WRITE_PORT_UCHAR((PUCHAR)(uart->ports + number), value);
}

static void quiet(const struct uart *uart)
{
    put(uart, UART_ENABLE, 0);
    put(uart, UART_LINE, LINE_8N1);
    put(uart, UART_FIFO, FIFO_OFF);
    (void)get(uart, UART_IDENTIFY);
    put(uart, UART_MODEM, MODEM_READY);
}

/* Until nothing is pending: an edge does not come twice. */
static BOOLEAN NTAPI routine(PKINTERRUPT interrupt, PVOID context)
{
    struct uart *uart = context;
    BOOLEAN is_mine = FALSE;
    UNREFERENCED_PARAMETER(interrupt);
    while ((get(uart, UART_IDENTIFY) & NONE_PENDING) == 0) {
        while ((get(uart, UART_LINE_STATUS) & RECEIVED) != 0) {
            uart->last = get(uart, UART_DATA);
            uart->pending++;
        }
        is_mine = TRUE;
    }
    if (is_mine)
        IoRequestDpc(uart->self, NULL, NULL);
    return is_mine;
}

static VOID NTAPI deferred(PKDPC dpc, PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    struct uart *uart = device->DeviceExtension;
    UNREFERENCED_PARAMETER(dpc);
    UNREFERENCED_PARAMETER(irp);
    UNREFERENCED_PARAMETER(context);
    KIRQL found = KeAcquireInterruptSpinLock(uart->interrupt);
    ULONG count = uart->pending;
    uart->pending = 0;
    KeReleaseInterruptSpinLock(uart->interrupt, found);
    uart->calls++;
    uart->received += count;
    if (count != 0)
        KeSetEvent(&uart->served, IO_NO_INCREMENT, FALSE);
}

/* A byte to itself: it is received in loopback, and let out as an interrupt after it, since loopback
 * cuts a PC's port off from its line. */
static BOOLEAN fire(const struct uart *uart)
{
    put(uart, UART_ENABLE, 0);
    put(uart, UART_MODEM, MODEM_LOOP);
    put(uart, UART_DATA, 0x5A);
    ULONG tries = 0;
    while ((get(uart, UART_LINE_STATUS) & RECEIVED) == 0 && tries++ < LOOP_TRIES)
        KeStallExecutionProcessor(10);
    put(uart, UART_MODEM, MODEM_READY);
    put(uart, UART_ENABLE, ENABLE_RECEIVED);
    return tries < LOOP_TRIES;
}

/* ---- started and stopped ---------------------------------------------------------------- */

static NTSTATUS connect(struct uart *uart)
{
    const CM_PARTIAL_RESOURCE_DESCRIPTOR *line = &uart->line;
    IO_CONNECT_INTERRUPT_PARAMETERS parameters;
    RtlZeroMemory(&parameters, sizeof parameters);
    parameters.Version = CONNECT_FULLY_SPECIFIED;
    parameters.FullySpecified.PhysicalDeviceObject = uart->physical;
    parameters.FullySpecified.InterruptObject = &uart->interrupt;
    parameters.FullySpecified.ServiceRoutine = routine;
    parameters.FullySpecified.ServiceContext = uart;
    parameters.FullySpecified.Vector = line->u.Interrupt.Vector;
    parameters.FullySpecified.Irql = (KIRQL)line->u.Interrupt.Level;
    parameters.FullySpecified.SynchronizeIrql = (KIRQL)line->u.Interrupt.Level;
    parameters.FullySpecified.ProcessorEnableMask = line->u.Interrupt.Affinity;
    parameters.FullySpecified.InterruptMode =
        (line->Flags & CM_RESOURCE_INTERRUPT_LATCHED) != 0 ? Latched : LevelSensitive;
    parameters.FullySpecified.ShareVector = line->ShareDisposition == CmResourceShareShared;
    return IoConnectInterruptEx(&parameters);
}

static void stop(struct uart *uart)
{
    if (uart->ports == 0)
        return;
    quiet(uart);
    if (uart->interrupt != NULL) {
        IO_DISCONNECT_INTERRUPT_PARAMETERS parameters;
        parameters.Version = CONNECT_FULLY_SPECIFIED;
        parameters.ConnectionContext.InterruptObject = uart->interrupt;
        IoDisconnectInterruptEx(&parameters);
        uart->interrupt = NULL;
    }
    KeFlushQueuedDpcs();
    uart->ports = 0;
}

static void try_it(struct uart *uart)
{
    LARGE_INTEGER second = {.QuadPart = -10000000};
    KeClearEvent(&uart->served);
    const char *said = "nothing came back in loopback";
    if (fire(uart)) {
        NTSTATUS status =
            KeWaitForSingleObject(&uart->served, Executive, KernelMode, FALSE, &second);
        said = status == STATUS_SUCCESS ? "received" : "no interrupt in a second";
    }
    DbgPrint("uart: ports 0x%x, vector 0x%x; a byte sent to itself: %s\n",
             (ULONG)uart->ports, uart->line.u.Interrupt.Vector, said);
}

static NTSTATUS start(struct uart *uart, const CM_RESOURCE_LIST *list)
{
    ULONG_PTR ports = 0;
    uart->line.Type = CmResourceTypeNull;
    if (list == NULL)
        return STATUS_DEVICE_CONFIGURATION_ERROR;
    const CM_PARTIAL_RESOURCE_LIST *partial = &list->List[0].PartialResourceList;
    for (ULONG i = 0; i < partial->Count; i++) {
        const CM_PARTIAL_RESOURCE_DESCRIPTOR *each = &partial->PartialDescriptors[i];
        if (each->Type == CmResourceTypePort && each->u.Port.Length >= UART_PORTS)
            ports = (ULONG_PTR)each->u.Port.Start.QuadPart;
        else if (each->Type == CmResourceTypeInterrupt)
            uart->line = *each;
    }
    if (ports == 0 || uart->line.Type != CmResourceTypeInterrupt)
        return STATUS_DEVICE_CONFIGURATION_ERROR;
    uart->ports = ports;
    quiet(uart);
    NTSTATUS status = connect(uart);
    if (NT_SUCCESS(status))
        try_it(uart);
    else
        stop(uart);
    return status;
}

static NTSTATUS NTAPI is_started_below(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(irp);
    KeSetEvent(context, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS start_request(struct uart *uart, PIRP irp)
{
    KEVENT done;
    KeInitializeEvent(&done, NotificationEvent, FALSE);
    IoCopyCurrentIrpStackLocationToNext(irp);
    IoSetCompletionRoutine(irp, is_started_below, &done, TRUE, TRUE, TRUE);
    if (IoCallDriver(uart->below, irp) == STATUS_PENDING)
        KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, NULL);
    NTSTATUS status = irp->IoStatus.Status;
    if (NT_SUCCESS(status))
        status = start(uart, IoGetCurrentIrpStackLocation(irp)
                                 ->Parameters.StartDevice.AllocatedResourcesTranslated);
    irp->IoStatus.Status = status;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

static NTSTATUS pass_down(struct uart *uart, PIRP irp)
{
    IoSkipCurrentIrpStackLocation(irp);
    return IoCallDriver(uart->below, irp);
}

static NTSTATUS remove_request(struct uart *uart, PIRP irp)
{
    stop(uart);
    irp->IoStatus.Status = STATUS_SUCCESS;
    NTSTATUS status = pass_down(uart, irp);
    for (ULONG i = 0; i < UART_LIMIT; i++) {
        if (devices[i] == uart)
            devices[i] = NULL;
    }
    IoDetachDevice(uart->below);
    IoDeleteDevice(uart->self);
    return status;
}

static NTSTATUS NTAPI pnp(PDEVICE_OBJECT device, PIRP irp)
{
    struct uart *uart = device->DeviceExtension;
    switch (IoGetCurrentIrpStackLocation(irp)->MinorFunction) {
    case IRP_MN_START_DEVICE:
        return start_request(uart, irp);
    case IRP_MN_REMOVE_DEVICE:
        return remove_request(uart, irp);
    case IRP_MN_STOP_DEVICE:
    case IRP_MN_SURPRISE_REMOVAL:
        stop(uart);
        irp->IoStatus.Status = STATUS_SUCCESS;
        return pass_down(uart, irp);
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
        irp->IoStatus.Status = STATUS_SUCCESS;
        return pass_down(uart, irp);
    default:
        return pass_down(uart, irp);
    }
}

static NTSTATUS NTAPI power(PDEVICE_OBJECT device, PIRP irp)
{
    struct uart *uart = device->DeviceExtension;
    PoStartNextPowerIrp(irp);
    IoSkipCurrentIrpStackLocation(irp);
    return PoCallDriver(uart->below, irp);
}

static NTSTATUS NTAPI add_device(PDRIVER_OBJECT driver, PDEVICE_OBJECT physical)
{
    PDEVICE_OBJECT device;
    ULONG i = 0;
    while (i < UART_LIMIT && devices[i] != NULL)
        i++;
    if (i == UART_LIMIT)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS status = IoCreateDevice(driver, sizeof(struct uart), NULL,
                                     FILE_DEVICE_SERIAL_PORT, 0, FALSE, &device);
    if (!NT_SUCCESS(status))
        return status;
    struct uart *uart = device->DeviceExtension;
    RtlZeroMemory(uart, sizeof *uart);
    uart->self = device;
    uart->physical = physical;
    uart->below = IoAttachDeviceToDeviceStack(device, physical);
    if (uart->below == NULL) {
        IoDeleteDevice(device);
        return STATUS_NO_SUCH_DEVICE;
    }
    KeInitializeEvent(&uart->served, SynchronizationEvent, FALSE);
    IoInitializeDpcRequest(device, deferred);
    devices[i] = uart;
    device->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

/* ---- what a test asks ------------------------------------------------------------------- */

enum { ASK_STARTED = 0, ASK_INTERRUPTS, ASK_DEFERRED, ASK_LAST, ASK_VECTOR, ASK_FIRE };

static ULONG64 NTAPI answer(ULONG64 question, ULONG64 which)
{
    const struct uart *uart = which < UART_LIMIT ? devices[which] : NULL;
    if (uart == NULL || uart->ports == 0)
        return 0;
    switch (question) {
    case ASK_STARTED:
        return 1;
    case ASK_INTERRUPTS:
        return uart->received;
    case ASK_DEFERRED:
        return uart->calls;
    case ASK_LAST:
        return uart->last;
    case ASK_VECTOR:
        return uart->line.u.Interrupt.Vector;
    case ASK_FIRE:
        return fire(uart);
    default:
        return 0;
    }
}

/* A test finds this by its first words in the image's memory. */
static struct {
    CHAR sign[16];
    ULONG64(NTAPI *answer)(ULONG64 question, ULONG64 which);
} door __attribute__((used)) = {"a driver's door", answer};

/* ---- loaded and unloaded ---------------------------------------------------------------- */

static VOID NTAPI unload(PDRIVER_OBJECT driver)
{
    UNREFERENCED_PARAMETER(driver);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    UNREFERENCED_PARAMETER(path);
    driver->DriverUnload = unload;
    driver->DriverExtension->AddDevice = add_device;
    driver->MajorFunction[IRP_MJ_PNP] = pnp;
    driver->MajorFunction[IRP_MJ_POWER] = power;
    return STATUS_SUCCESS;
}
