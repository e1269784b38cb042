/* card.h: the devices of a driver that checks its surroundings: PCI functions that interrupt when told to,
 * added, started and removed as a driver's devices are.
 *
 * Two kinds: QEMU's educational device, told by its memory, and a 16550 port, told by its ports.
 * Source: [EDU] "MMIO area spec", [UART16550] "Interrupt Enable Register".
 */
#ifndef WDM_CARD_H
#define WDM_CARD_H

/* clang-format off */
enum {
    CARD_LIMIT      = 8,

    EDU_STATUS      = 0x24,
    EDU_RAISE       = 0x60,
    EDU_ACKNOWLEDGE = 0x64,

    UART_ENABLE     = 1,
    UART_IDENTIFY   = 2,
    UART_MODEM      = 4,
    ENABLE_SENT     = 0x02,    /* the transmitter is empty: at once, and sends nothing */
    NONE_PENDING    = 0x01,
    MODEM_READY     = 0x0B,
};
/* clang-format on */

struct card {
    PDEVICE_OBJECT self, below, physical;
    BOOLEAN is_started;
    PUCHAR memory;
    ULONG memory_length;
    LONGLONG memory_start;
    ULONG_PTR ports;
    ULONG raw_count, translated_count, interrupts; /* of descriptors */
    CM_PARTIAL_RESOURCE_DESCRIPTOR raw, line;      /* the interrupt's */
};

static struct card *cards[CARD_LIMIT];
static ULONG card_count;

/* ---- the device ------------------------------------------------------------------------- */

static __inline PULONG card_register(const struct card *card, ULONG offset)
{
    return (PULONG)(card->memory + offset);
}

static __inline UCHAR card_get(const struct card *card, ULONG number)
{
    return READ_PORT_UCHAR((PUCHAR)(card->ports + number));
}

static __inline void card_put(const struct card *card, ULONG number, UCHAR value)
{
    WRITE_PORT_UCHAR((PUCHAR)(card->ports + number), value);
}

static __inline void card_raise(const struct card *card)
{
    if (card->memory != NULL) {
        WRITE_REGISTER_ULONG(card_register(card, EDU_RAISE), 1);
        return;
    }
    card_put(card, UART_ENABLE, 0);
    card_put(card, UART_ENABLE, ENABLE_SENT);
}

/* Quiet it; TRUE: it was interrupting. */
static __inline BOOLEAN card_take(const struct card *card)
{
    if (card->memory != NULL) {
        ULONG status = READ_REGISTER_ULONG(card_register(card, EDU_STATUS));
        if (status != 0)
            WRITE_REGISTER_ULONG(card_register(card, EDU_ACKNOWLEDGE), status);
        return status != 0;
    }
    BOOLEAN is_pending = (card_get(card, UART_IDENTIFY) & NONE_PENDING) == 0;
    if (is_pending)
        card_put(card, UART_ENABLE, 0);
    return is_pending;
}

static __inline BOOLEAN card_has_messages(const struct card *card)
{
    return (card->line.Flags & CM_RESOURCE_INTERRUPT_MESSAGE) != 0;
}

/* The first with a line, or with messages; NULL: there is none. */
static __inline struct card *card_find(BOOLEAN with_messages)
{
    for (ULONG i = 0; i < card_count; i++) {
        if (cards[i]->is_started && cards[i]->interrupts != 0 &&
            card_has_messages(cards[i]) == with_messages)
            return cards[i];
    }
    return NULL;
}

/* The first that has no interrupt at all; NULL: there is none. */
static __inline struct card *card_find_silent(void)
{
    for (ULONG i = 0; i < card_count; i++) {
        if (cards[i]->is_started && cards[i]->interrupts == 0)
            return cards[i];
    }
    return NULL;
}

/* ---- started and stopped ---------------------------------------------------------------- */

static __inline void card_read_resources(struct card *card, const CM_RESOURCE_LIST *list)
{
    const CM_PARTIAL_RESOURCE_LIST *partial = &list->List[0].PartialResourceList;
    card->translated_count = partial->Count;
    card->interrupts = 0;
    for (ULONG i = 0; i < partial->Count; i++) {
        const CM_PARTIAL_RESOURCE_DESCRIPTOR *each = &partial->PartialDescriptors[i];
        if (each->Type == CmResourceTypeInterrupt && card->interrupts++ == 0)
            card->line = *each;
        else if (each->Type == CmResourceTypePort && card->ports == 0)
            card->ports = (ULONG_PTR)each->u.Port.Start.QuadPart;
        else if (each->Type == CmResourceTypeMemory && card->memory == NULL) {
            card->memory_length = each->u.Memory.Length;
            card->memory_start = each->u.Memory.Start.QuadPart;
            card->memory =
                MmMapIoSpace(each->u.Memory.Start, each->u.Memory.Length, MmNonCached);
        }
    }
}

static __inline void card_read_raw(struct card *card, const CM_RESOURCE_LIST *list)
{
    const CM_PARTIAL_RESOURCE_LIST *partial = &list->List[0].PartialResourceList;
    card->raw_count = partial->Count;
    for (ULONG i = partial->Count; i-- > 0;) {
        if (partial->PartialDescriptors[i].Type == CmResourceTypeInterrupt)
            card->raw = partial->PartialDescriptors[i];
    }
}

static __inline NTSTATUS card_start(struct card *card, const IO_STACK_LOCATION *location)
{
    const CM_RESOURCE_LIST *raw = location->Parameters.StartDevice.AllocatedResources;
    const CM_RESOURCE_LIST *translated =
        location->Parameters.StartDevice.AllocatedResourcesTranslated;
    if (raw != NULL && translated != NULL) {
        card_read_raw(card, raw);
        card_read_resources(card, translated);
    }
    card->is_started = TRUE;
    if (card->interrupts == 0)
        return STATUS_SUCCESS;
    if (card->memory == NULL && card->ports == 0)
        return STATUS_DEVICE_CONFIGURATION_ERROR;
    if (card->memory == NULL)
        card_put(card, UART_MODEM, MODEM_READY);
    card_take(card);
    return STATUS_SUCCESS;
}

static __inline void card_stop(struct card *card)
{
    if (card->is_started && card->interrupts != 0)
        card_take(card);
    if (card->memory != NULL)
        MmUnmapIoSpace(card->memory, card->memory_length);
    card->memory = NULL;
    card->ports = 0;
    card->is_started = FALSE;
}

/* ---- requests ----------------------------------------------------------------------------- */

static NTSTATUS NTAPI card_is_done(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(irp);
    KeSetEvent(context, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static __inline NTSTATUS card_start_request(struct card *card, PIRP irp)
{
    KEVENT done;
    KeInitializeEvent(&done, NotificationEvent, FALSE);
    IoCopyCurrentIrpStackLocationToNext(irp);
    IoSetCompletionRoutine(irp, card_is_done, &done, TRUE, TRUE, TRUE);
    if (IoCallDriver(card->below, irp) == STATUS_PENDING)
        KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, NULL);
    NTSTATUS status = irp->IoStatus.Status;
    if (NT_SUCCESS(status))
        status = card_start(card, IoGetCurrentIrpStackLocation(irp));
    irp->IoStatus.Status = status;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

static __inline NTSTATUS card_pass_down(struct card *card, PIRP irp)
{
    IoSkipCurrentIrpStackLocation(irp);
    return IoCallDriver(card->below, irp);
}

static __inline NTSTATUS card_remove(struct card *card, PIRP irp)
{
    card_stop(card);
    for (ULONG i = 0; i < card_count; i++) {
        if (cards[i] == card)
            cards[i] = cards[--card_count];
    }
    irp->IoStatus.Status = STATUS_SUCCESS;
    NTSTATUS status = card_pass_down(card, irp);
    IoDetachDevice(card->below);
    IoDeleteDevice(card->self);
    return status;
}

static NTSTATUS NTAPI card_pnp(PDEVICE_OBJECT device, PIRP irp)
{
    struct card *card = device->DeviceExtension;
    switch (IoGetCurrentIrpStackLocation(irp)->MinorFunction) {
    case IRP_MN_START_DEVICE:
        return card_start_request(card, irp);
    case IRP_MN_REMOVE_DEVICE:
        return card_remove(card, irp);
    case IRP_MN_STOP_DEVICE:
    case IRP_MN_SURPRISE_REMOVAL:
        card_stop(card);
        irp->IoStatus.Status = STATUS_SUCCESS;
        return card_pass_down(card, irp);
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
        irp->IoStatus.Status = STATUS_SUCCESS;
        return card_pass_down(card, irp);
    default:
        return card_pass_down(card, irp);
    }
}

static NTSTATUS NTAPI card_add(PDRIVER_OBJECT driver, PDEVICE_OBJECT physical)
{
    PDEVICE_OBJECT device;
    if (card_count == CARD_LIMIT)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS status = IoCreateDevice(driver, sizeof(struct card), NULL, FILE_DEVICE_UNKNOWN,
                                     0, FALSE, &device);
    if (!NT_SUCCESS(status))
        return status;
    struct card *card = device->DeviceExtension;
    RtlZeroMemory(card, sizeof *card);
    card->self = device;
    card->physical = physical;
    card->below = IoAttachDeviceToDeviceStack(device, physical);
    if (card->below == NULL) {
        IoDeleteDevice(device);
        return STATUS_NO_SUCH_DEVICE;
    }
    cards[card_count++] = card;
    device->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

static VOID NTAPI card_unload(PDRIVER_OBJECT driver)
{
    UNREFERENCED_PARAMETER(driver);
}

static __inline void card_drive(PDRIVER_OBJECT driver)
{
    driver->DriverUnload = card_unload;
    driver->DriverExtension->AddDevice = card_add;
    driver->MajorFunction[IRP_MJ_PNP] = card_pnp;
}

/* ---- what a test asks ------------------------------------------------------------------- */

/* A test finds this by its first words in the image's memory. */
struct door {
    CHAR sign[16];
    ULONG64(NTAPI *answer)(ULONG64 question, ULONG64 which);
};
#define DOOR_SIGN "a driver's door"

#endif
