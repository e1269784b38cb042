/* virtio_pci.h: a virtio device with one queue, on PCI, by its modern interface.
 *
 * How it goes: open (where are the registers?) -> start (reset, agree on features, tell where the
 * queue is and which message it sends) -> fill the ring and notify -> the device answers in the
 * ring and interrupts -> ... -> reset, and it touches no memory any more.
 */
#ifndef DRIVERS_VIRTIO_PCI_H
#define DRIVERS_VIRTIO_PCI_H

#include <stdatomic.h>
#include <stdint.h>

#include <ivm/driver.h>

enum { VIRTIO_QUEUE_SIZE = 8 }; /* descriptors that the ring below has room for */

enum virtio_descriptor_flag { VIRTIO_DEVICE_WRITES = 1 << 1 };

struct virtio_descriptor {
    uint64_t address;
    uint32_t length;
    uint16_t flags; /* enum virtio_descriptor_flag */
    uint16_t next;
};

struct virtio_answer {
    uint32_t id;     /* the descriptor's index */
    uint32_t length; /* bytes that the device wrote */
};

/* The memory of a queue: the device reads the first half and writes the second. Each half has an
 * index that counts all entries ever put in; entry n lies at n modulo the queue's size.
 * Source: [VIRTIO] "Split Virtqueues". */
struct virtio_ring {
    _Alignas(16) struct virtio_descriptor descriptors[VIRTIO_QUEUE_SIZE];
    uint16_t available_flags;
    _Atomic uint16_t available_index; /* written by the driver */
    uint16_t available[VIRTIO_QUEUE_SIZE];
    uint16_t used_event;
    _Alignas(4) uint16_t used_flags;
    _Atomic uint16_t used_index; /* written by the device */
    struct virtio_answer used[VIRTIO_QUEUE_SIZE];
    uint16_t available_event;
};

_Static_assert(sizeof(struct virtio_descriptor) == 16 && sizeof(struct virtio_answer) == 8,
               "as the device reads them");

enum virtio_interrupt {
    VIRTIO_QUEUE_ANSWERED = 1 << 0,
    VIRTIO_CONFIGURATION_CHANGED = 1 << 1,
};

struct virtio {
    uintptr_t common, notify, isr; /* mapped registers */
    uintptr_t doorbell; /* where the queue is notified; written by virtio_start() */
    uint32_t notify_length, notify_multiplier;
    uint16_t queue_size; /* [1, VIRTIO_QUEUE_SIZE]; written by virtio_start() */
};

/* Find and map the registers of a PCI function that decodes memory.
 *
 * context  below IVM_DISPATCH
 * errors   IVM_UNSUPPORTED  it has no modern interface, or lies about it; the reason is logged
 */
IVM_MUST_CHECK enum ivm_status virtio_open(const struct ivm_device *device,
                                           struct virtio *out);

/* Reset the device and start it with `ring`, cleared, as its queue 0. By messages, everything it
 * has to say comes by message 0; by line, by its line and virtio_acknowledge().
 *
 * ring     the caller's, in memory whose addresses are physical ones; the device's as well until
 *          the next start or reset
 * context  below IVM_DISPATCH, nobody using the ring
 * errors   IVM_UNSUPPORTED  it did not reset, agree, or take the queue or the message; the reason
 *                           is logged and the device does nothing
 */
IVM_MUST_CHECK enum ivm_status virtio_start(const struct ivm_device *device,
                                            struct virtio *virtio, struct virtio_ring *ring,
                                            enum ivm_means means);

/* Reset the device and wait until it is: it reads and writes no memory any more.
 *
 * context  below IVM_DISPATCH
 * errors   IVM_UNSUPPORTED  it does not say so in time; logged
 */
IVM_MUST_CHECK enum ivm_status virtio_reset(const struct ivm_device *device,
                                            struct virtio *virtio);

/* The same, without waiting: for a device that cannot be believed any more. Any level. */
void virtio_give_up(const struct virtio *virtio);

/* Tell the device that something was made available in its ring. Any level. */
void virtio_notify(const struct virtio *virtio);

/* Why it asserts its line (enum virtio_interrupt); it stops asserting. Any level. */
uint8_t virtio_acknowledge(const struct virtio *virtio);

/* Whether the device cannot go on and says so. Any level. */
bool virtio_needs_reset(const struct virtio *virtio);

#endif
