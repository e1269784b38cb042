/* virtio_pci.c: the modern interface of a virtio device on PCI: start, notify, acknowledge.
 *
 * Source: [VIRTIO] "Common configuration structure layout", "Driver Requirements: Device
 * Initialization", "PCI-specific Initialization And Device Operation".
 */
#include "virtio_pci.h"

#include <stddef.h>

#include <ivm/system.h>

#include <hw/mmio.h>

#include "pci.h"
#include "virtio_layout.h"

/* clang-format off */
enum {
    DEVICE_FEATURE_SELECT = 0x00,
    DEVICE_FEATURE        = 0x04,
    DRIVER_FEATURE_SELECT = 0x08,
    DRIVER_FEATURE        = 0x0C,
    CONFIG_MSIX_VECTOR    = 0x10, /* 16 bits, as all below but the status and the addresses */
    NUM_QUEUES            = 0x12,
    DEVICE_STATUS         = 0x14, /* 8 bits */
    QUEUE_SELECT          = 0x16,
    QUEUE_SIZE            = 0x18,
    QUEUE_MSIX_VECTOR     = 0x1A,
    QUEUE_ENABLE          = 0x1C,
    QUEUE_NOTIFY_OFF      = 0x1E,
    QUEUE_DESC            = 0x20, /* 64 bits each, in two halves */
    QUEUE_DRIVER          = 0x28,
    QUEUE_DEVICE          = 0x30,

    STATUS_ACKNOWLEDGE    = 1 << 0,
    STATUS_DRIVER         = 1 << 1,
    STATUS_DRIVER_OK      = 1 << 2,
    STATUS_FEATURES_OK    = 1 << 3,
    STATUS_NEEDS_RESET    = 1 << 6,
    STATUS_FAILED         = 1 << 7,
    STATUS_SILENT         = 0xFF,   /* nobody answers */

    FEATURES_HIGH         = 1,      /* select: bits 32 to 63 */
    FEATURE_VERSION_1     = 1 << 0, /* 32: the modern interface */
    FEATURE_PLATFORM      = 1 << 1, /* 33: memory as the platform gives it to this device */

    MESSAGE               = 0,
    NO_VECTOR             = 0xFFFF,
    NOTIFY_SIZE           = 2,
};
#define RESET_LIMIT_NS UINT64_C(1000000000)
/* clang-format on */

static uintptr_t map_window(const struct ivm_device *device,
                            const struct virtio_window *window)
{
    uint64_t at = device->pci.bars[window->bar].base + window->offset;
    uintptr_t mapped = ivm_map_device(at, window->length);
    if (mapped == 0)
        ivm_log("%s: its registers at 0x%llx cannot be mapped", device->name,
                (unsigned long long)at);
    return mapped;
}

enum ivm_status virtio_open(const struct ivm_device *device, struct virtio *out)
{
    struct pci_space space;
    struct virtio_layout layout;
    pci_space_read(&device->pci, &space);
    struct virtio_fault fault = virtio_layout_read(&space, &layout);
    if (fault.what != NULL) {
        ivm_log("%s: virtio at 0x%02x of its configuration space: %s", device->name,
                fault.at, fault.what);
        return IVM_UNSUPPORTED;
    }
    *out = (struct virtio){
        .common = map_window(device, &layout.windows[VIRTIO_COMMON]),
        .notify = map_window(device, &layout.windows[VIRTIO_NOTIFY]),
        .isr = map_window(device, &layout.windows[VIRTIO_ISR]),
        .notify_length = layout.windows[VIRTIO_NOTIFY].length,
        .notify_multiplier = layout.notify_multiplier,
    };
    bool mapped = out->common != 0 && out->notify != 0 && out->isr != 0;
    return mapped ? IVM_OK : IVM_UNSUPPORTED;
}

static uint8_t status_of(const struct virtio *virtio)
{
    return mmio_read8(virtio->common + DEVICE_STATUS);
}

static void add_status(const struct virtio *virtio, uint8_t bits)
{
    mmio_write8(virtio->common + DEVICE_STATUS, (uint8_t)(status_of(virtio) | bits));
}

static bool is_reset_or_gone(void *context)
{
    uint8_t status = status_of(context);
    return status == 0 || status == STATUS_SILENT;
}

enum ivm_status virtio_reset(const struct ivm_device *device, struct virtio *virtio)
{
    virtio_give_up(virtio);
    if (ivm_wait_until(is_reset_or_gone, virtio, RESET_LIMIT_NS) && status_of(virtio) == 0)
        return IVM_OK;
    ivm_log("%s: it does not reset: its status stays 0x%02x", device->name,
            (unsigned)status_of(virtio));
    return IVM_UNSUPPORTED;
}

void virtio_give_up(const struct virtio *virtio)
{
    mmio_write8(virtio->common + DEVICE_STATUS, 0);
}

static enum ivm_status fail(const struct ivm_device *device, const struct virtio *virtio,
                            const char *what)
{
    ivm_log("%s: %s", device->name, what);
    add_status(virtio, STATUS_FAILED);
    return IVM_UNSUPPORTED;
}

/* Nothing is accepted but what the modern interface needs: no notification is then left out in
 * either direction, and one answer is one interrupt. */
static bool agree_on_features(const struct virtio *virtio)
{
    uintptr_t common = virtio->common;
    mmio_write32(common + DEVICE_FEATURE_SELECT, FEATURES_HIGH);
    uint32_t high = mmio_read32(common + DEVICE_FEATURE);
    if ((high & FEATURE_VERSION_1) == 0)
        return false;
    mmio_write32(common + DRIVER_FEATURE_SELECT, 0);
    mmio_write32(common + DRIVER_FEATURE, 0);
    mmio_write32(common + DRIVER_FEATURE_SELECT, FEATURES_HIGH);
    mmio_write32(common + DRIVER_FEATURE, high & (FEATURE_VERSION_1 | FEATURE_PLATFORM));
    add_status(virtio, STATUS_FEATURES_OK);
    return (status_of(virtio) & STATUS_FEATURES_OK) != 0;
}

/* What is read back is what the device could do: NO_VECTOR where it had no room. */
static bool set_messages(const struct virtio *virtio, enum ivm_means means)
{
    uint16_t vector = means == IVM_BY_MESSAGES ? MESSAGE : NO_VECTOR;
    mmio_write16(virtio->common + CONFIG_MSIX_VECTOR, vector);
    mmio_write16(virtio->common + QUEUE_MSIX_VECTOR, vector);
    return mmio_read16(virtio->common + CONFIG_MSIX_VECTOR) == vector &&
           mmio_read16(virtio->common + QUEUE_MSIX_VECTOR) == vector;
}

static void write_address(uintptr_t at, const void *memory)
{
    mmio_write32(at, (uint32_t)(uintptr_t)memory);
    mmio_write32(at + 4, (uint32_t)((uint64_t)(uintptr_t)memory >> 32));
}

/* The selected queue gets the ring, with as many of its entries as the device can use; NULL, or
 * what is wrong. */
static const char *set_queue(struct virtio *virtio, struct virtio_ring *ring)
{
    uintptr_t common = virtio->common;
    uint16_t size = mmio_read16(common + QUEUE_SIZE);
    if (size == 0 || (size & (size - 1)) != 0)
        return "the size of its queue is 0, or no power of two";
    uint64_t offset =
        (uint64_t)mmio_read16(common + QUEUE_NOTIFY_OFF) * virtio->notify_multiplier;
    if (offset % NOTIFY_SIZE != 0 || offset + NOTIFY_SIZE > virtio->notify_length)
        return "its queue would be notified outside of the notification structure";
    if (size > VIRTIO_QUEUE_SIZE)
        size = VIRTIO_QUEUE_SIZE;
    virtio->queue_size = size;
    virtio->doorbell = virtio->notify + (uintptr_t)offset;
    mmio_write16(common + QUEUE_SIZE, size);
    write_address(common + QUEUE_DESC, ring->descriptors);
    write_address(common + QUEUE_DRIVER, &ring->available_flags);
    write_address(common + QUEUE_DEVICE, &ring->used_flags);
    return NULL;
}

enum ivm_status virtio_start(const struct ivm_device *device, struct virtio *virtio,
                             struct virtio_ring *ring, enum ivm_means means)
{
    if (virtio_reset(device, virtio) != IVM_OK)
        return IVM_UNSUPPORTED;
    *ring = (struct virtio_ring){0};
    add_status(virtio, STATUS_ACKNOWLEDGE);
    add_status(virtio, STATUS_DRIVER);
    if (!agree_on_features(virtio))
        return fail(device, virtio, "it does not agree to the modern interface");
    if (mmio_read16(virtio->common + NUM_QUEUES) == 0)
        return fail(device, virtio, "it has no queue");
    mmio_write16(virtio->common + QUEUE_SELECT, 0);
    if (!set_messages(virtio, means))
        return fail(device, virtio, "it refuses the message: no vector is left in it");
    const char *wrong = set_queue(virtio, ring);
    if (wrong != NULL)
        return fail(device, virtio, wrong);
    mmio_write16(virtio->common + QUEUE_ENABLE, 1);
    add_status(virtio, STATUS_DRIVER_OK);
    return IVM_OK;
}

void virtio_notify(const struct virtio *virtio)
{
    /* What was stored to the ring is visible before the device is told to look. */
    atomic_thread_fence(memory_order_seq_cst);
    mmio_write16(virtio->doorbell, 0);
}

uint8_t virtio_acknowledge(const struct virtio *virtio)
{
    uint8_t why = mmio_read8(virtio->isr);
    return why == UINT8_MAX ? 0 : why; /* a device that was taken out answers all ones */
}

bool virtio_needs_reset(const struct virtio *virtio)
{
    return (status_of(virtio) & STATUS_NEEDS_RESET) != 0;
}
