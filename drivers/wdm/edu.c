/* edu.c: a Windows driver for QEMU's educational PCI device: messages, or else its line.
 *
 * Nothing in it knows where it runs: it includes the DDK's header alone. Its interrupt routine tells
 * whether the interrupt is its own, quiets the device, adds to a vector of four floats, and leaves the
 * rest to its deferred call, which takes over the routine's counter in step with it.
 * Source: [EDU] "MMIO area spec", [WDM] "Using the CONNECT_MESSAGE_BASED Version of
 * IoConnectInterruptEx", "Writing an ISR".
 */
#include <wdm.h>

/* clang-format off */
enum {
    EDU_STATUS      = 0x24,
    EDU_RAISE       = 0x60,
    EDU_ACKNOWLEDGE = 0x64,
    EDU_WINDOW      = 0x1000,

    EDU_LIMIT       = 8,       /* devices */
};
/* clang-format on */

typedef float four __attribute__((vector_size(16), aligned(4)));

struct edu {
    PDEVICE_OBJECT self, below, physical;
    PUCHAR registers; /* NULL: not started */
    ULONG length;
    ULONG version;         /* that the connect came back with; 0: not connected */
    PKINTERRUPT interrupt; /* for KeSynchronizeExecution() */
    PIO_INTERRUPT_MESSAGE_INFO table; /* by messages */
    four sum;                         /* the routine's own */
    ULONG pending;                    /* shared by the routine and the deferred call */
    ULONG taken;                      /* the deferred call's copy */
    ULONG64 interrupts, deferred;
    KEVENT served;
};

static struct edu *devices[EDU_LIMIT];

DRIVER_INITIALIZE DriverEntry;
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path);

/* ---- the device ------------------------------------------------------------------------- */

static PULONG at(struct edu *edu, ULONG offset)
{
    return (PULONG)(edu->registers + offset);
}

static BOOLEAN serve(struct edu *edu)
{
    ULONG status = READ_REGISTER_ULONG(at(edu, EDU_STATUS));
    if (status == 0 || status == MAXULONG)
        return FALSE;
    WRITE_REGISTER_ULONG(at(edu, EDU_ACKNOWLEDGE), status);
    edu->sum += (four){1, 2, 3, 4};
    edu->pending++;
    IoRequestDpc(edu->self, NULL, NULL);
    return TRUE;
}

static BOOLEAN NTAPI line_routine(PKINTERRUPT interrupt, PVOID context)
{
    UNREFERENCED_PARAMETER(interrupt);
    return serve(context);
}

static BOOLEAN NTAPI message_routine(PKINTERRUPT interrupt, PVOID context, ULONG message)
{
    UNREFERENCED_PARAMETER(interrupt);
    UNREFERENCED_PARAMETER(message); /* it has one */
    return serve(context);
}

/* In step with the routine: what it counted goes over to the deferred call. */
static BOOLEAN NTAPI take_pending(PVOID context)
{
    struct edu *edu = context;
    edu->taken = edu->pending;
    edu->pending = 0;
    return edu->taken != 0;
}

static VOID NTAPI deferred(PKDPC dpc, PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    struct edu *edu = device->DeviceExtension;
    UNREFERENCED_PARAMETER(dpc);
    UNREFERENCED_PARAMETER(irp);
    UNREFERENCED_PARAMETER(context);
    edu->deferred++;
    if (!KeSynchronizeExecution(edu->interrupt, take_pending, edu))
        return;
    edu->interrupts += edu->taken;
    KeSetEvent(&edu->served, IO_NO_INCREMENT, FALSE);
}

static void fire(struct edu *edu)
{
    WRITE_REGISTER_ULONG(at(edu, EDU_RAISE), 1);
}

/* ---- connected and not ------------------------------------------------------------------ */

static NTSTATUS connect(struct edu *edu)
{
    PVOID connected = NULL;
    IO_CONNECT_INTERRUPT_PARAMETERS parameters;
    RtlZeroMemory(&parameters, sizeof parameters);
    parameters.Version = CONNECT_MESSAGE_BASED;
    parameters.MessageBased.PhysicalDeviceObject = edu->physical;
    parameters.MessageBased.ConnectionContext.Generic = &connected;
    parameters.MessageBased.MessageServiceRoutine = message_routine;
    parameters.MessageBased.FallBackServiceRoutine = line_routine;
    parameters.MessageBased.ServiceContext = edu;
    NTSTATUS status = IoConnectInterruptEx(&parameters);
    if (!NT_SUCCESS(status))
        return status;
    edu->version = parameters.Version;
    if (edu->version == CONNECT_MESSAGE_BASED) {
        edu->table = connected;
        edu->interrupt = edu->table->MessageInfo[0].InterruptObject;
    } else {
        edu->interrupt = connected;
    }
    return status;
}

static void disconnect(struct edu *edu)
{
    IO_DISCONNECT_INTERRUPT_PARAMETERS parameters;
    parameters.Version = edu->version;
    if (edu->version == CONNECT_MESSAGE_BASED)
        parameters.ConnectionContext.InterruptMessageTable = edu->table;
    else
        parameters.ConnectionContext.InterruptObject = edu->interrupt;
    IoDisconnectInterruptEx(&parameters);
    edu->version = 0;
}

/* The device is told to interrupt, and the deferred call to say so. */
static void try_it(struct edu *edu)
{
    LARGE_INTEGER second = {.QuadPart = -10000000};
    KeClearEvent(&edu->served);
    fire(edu);
    NTSTATUS status =
        KeWaitForSingleObject(&edu->served, Executive, KernelMode, FALSE, &second);
    DbgPrint("edu: connected by its %s; fired once: %s\n",
             edu->version == CONNECT_MESSAGE_BASED ? "messages" : "line",
             status == STATUS_SUCCESS ? "served" : "no answer in a second");
}

/* ---- started and stopped ---------------------------------------------------------------- */

static void stop(struct edu *edu)
{
    if (edu->registers == NULL)
        return;
    WRITE_REGISTER_ULONG(at(edu, EDU_ACKNOWLEDGE), MAXULONG);
    if (edu->version != 0)
        disconnect(edu);
    KeRemoveQueueDpc(&edu->self->Dpc);
    KeFlushQueuedDpcs();
    MmUnmapIoSpace(edu->registers, edu->length);
    edu->registers = NULL;
}

static NTSTATUS start(struct edu *edu, const CM_RESOURCE_LIST *list)
{
    if (list == NULL)
        return STATUS_DEVICE_CONFIGURATION_ERROR;
    const CM_PARTIAL_RESOURCE_LIST *partial = &list->List[0].PartialResourceList;
    for (ULONG i = 0; i < partial->Count && edu->registers == NULL; i++) {
        const CM_PARTIAL_RESOURCE_DESCRIPTOR *each = &partial->PartialDescriptors[i];
        if (each->Type != CmResourceTypeMemory || each->u.Memory.Length < EDU_WINDOW)
            continue;
        edu->length = each->u.Memory.Length;
        edu->registers = MmMapIoSpace(each->u.Memory.Start, edu->length, MmNonCached);
    }
    if (edu->registers == NULL)
        return STATUS_DEVICE_CONFIGURATION_ERROR;
    WRITE_REGISTER_ULONG(at(edu, EDU_ACKNOWLEDGE), MAXULONG); /* silent until connected */
    NTSTATUS status = connect(edu);
    if (NT_SUCCESS(status))
        try_it(edu);
    else
        stop(edu);
    return status;
}

static NTSTATUS NTAPI is_started_below(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(irp);
    KeSetEvent(context, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

/* A device is started from the bus upwards. */
static NTSTATUS start_request(struct edu *edu, PIRP irp)
{
    KEVENT done;
    KeInitializeEvent(&done, NotificationEvent, FALSE);
    IoCopyCurrentIrpStackLocationToNext(irp);
    IoSetCompletionRoutine(irp, is_started_below, &done, TRUE, TRUE, TRUE);
    if (IoCallDriver(edu->below, irp) == STATUS_PENDING)
        KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, NULL);
    NTSTATUS status = irp->IoStatus.Status;
    if (NT_SUCCESS(status))
        status = start(edu, IoGetCurrentIrpStackLocation(irp)
                                ->Parameters.StartDevice.AllocatedResourcesTranslated);
    irp->IoStatus.Status = status;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

static NTSTATUS pass_down(struct edu *edu, PIRP irp)
{
    IoSkipCurrentIrpStackLocation(irp);
    return IoCallDriver(edu->below, irp);
}

static NTSTATUS remove_request(struct edu *edu, PIRP irp)
{
    stop(edu);
    irp->IoStatus.Status = STATUS_SUCCESS;
    NTSTATUS status = pass_down(edu, irp);
    for (ULONG i = 0; i < EDU_LIMIT; i++) {
        if (devices[i] == edu)
            devices[i] = NULL;
    }
    IoDetachDevice(edu->below);
    IoDeleteDevice(edu->self);
    return status;
}

static NTSTATUS NTAPI pnp(PDEVICE_OBJECT device, PIRP irp)
{
    struct edu *edu = device->DeviceExtension;
    switch (IoGetCurrentIrpStackLocation(irp)->MinorFunction) {
    case IRP_MN_START_DEVICE:
        return start_request(edu, irp);
    case IRP_MN_REMOVE_DEVICE:
        return remove_request(edu, irp);
    case IRP_MN_STOP_DEVICE:
    case IRP_MN_SURPRISE_REMOVAL:
        stop(edu);
        irp->IoStatus.Status = STATUS_SUCCESS;
        return pass_down(edu, irp);
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
        irp->IoStatus.Status = STATUS_SUCCESS;
        return pass_down(edu, irp);
    default:
        return pass_down(edu, irp);
    }
}

static NTSTATUS NTAPI power(PDEVICE_OBJECT device, PIRP irp)
{
    struct edu *edu = device->DeviceExtension;
    PoStartNextPowerIrp(irp);
    IoSkipCurrentIrpStackLocation(irp);
    return PoCallDriver(edu->below, irp);
}

static NTSTATUS NTAPI add_device(PDRIVER_OBJECT driver, PDEVICE_OBJECT physical)
{
    PDEVICE_OBJECT device;
    ULONG i = 0;
    while (i < EDU_LIMIT && devices[i] != NULL)
        i++;
    if (i == EDU_LIMIT)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS status = IoCreateDevice(driver, sizeof(struct edu), NULL, FILE_DEVICE_UNKNOWN,
                                     FILE_DEVICE_SECURE_OPEN, FALSE, &device);
    if (!NT_SUCCESS(status))
        return status;
    struct edu *edu = device->DeviceExtension;
    RtlZeroMemory(edu, sizeof *edu);
    edu->self = device;
    edu->physical = physical;
    edu->below = IoAttachDeviceToDeviceStack(device, physical);
    if (edu->below == NULL) {
        IoDeleteDevice(device);
        return STATUS_NO_SUCH_DEVICE;
    }
    KeInitializeEvent(&edu->served, SynchronizationEvent, FALSE);
    IoInitializeDpcRequest(device, deferred);
    devices[i] = edu;
    device->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

/* ---- what a test asks ------------------------------------------------------------------- */

enum { ASK_STARTED = 0, ASK_INTERRUPTS, ASK_DEFERRED, ASK_SUM, ASK_VERSION, ASK_FIRE };

static ULONG64 NTAPI answer(ULONG64 question, ULONG64 which)
{
    struct edu *edu = which < EDU_LIMIT ? devices[which] : NULL;
    if (edu == NULL || edu->registers == NULL)
        return 0;
    switch (question) {
    case ASK_STARTED:
        return 1;
    case ASK_INTERRUPTS:
        return edu->interrupts;
    case ASK_DEFERRED:
        return edu->deferred;
    case ASK_SUM:
        return (ULONG64)(edu->sum[0] + edu->sum[1] + edu->sum[2] + edu->sum[3]);
    case ASK_VERSION:
        return edu->version;
    case ASK_FIRE:
        fire(edu);
        return 1;
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
