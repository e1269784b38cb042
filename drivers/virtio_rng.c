/* virtio_rng.c: a virtio entropy device: each fire asks for random bytes, each answer interrupts.
 *
 * It is made to interrupt by a buffer put into its one queue; when the buffer is full the device
 * says so in the ring of used buffers and interrupts once. By line, reading the interrupt status
 * acknowledges and takes the line back; by messages nothing is to be acknowledged, and the ring
 * says what happened. One buffer is on its way at a time: a fire before the answer is taken adds
 * nothing, as a raise of what is raised already.
 *
 * It has one message, for its queue and for changes of its configuration alike. An entropy device
 * has no configuration but its status, so that the only change is that it cannot go on, which
 * nobody can make it say: a message of its own for that could not be fired.
 * Source: [VIRTIO] "Entropy Device", "Virtqueue Interrupt Suppression", "ISR status capability".
 */
#include "virtio_rng.h"

#include <stdatomic.h>

#include <ivm/device_message.h>
#include <ivm/system.h>

#include "pci.h"
#include "virtio_pci.h"

/* clang-format off */
enum {
    VIRTIO_VENDOR       = 0x1AF4,
    RNG_TRANSITIONAL    = 0x1005,
    RNG_MODERN          = 0x1044,

    PAGE_SIZE           = 4096,
    ONLY_DESCRIPTOR     = 0,
};
#define ANSWER_LIMIT_NS UINT64_C(1000000000)
/* clang-format on */

/* Whole pages: the device works in the first one by its physical address, which is the one here. */
struct rng {
    _Alignas(PAGE_SIZE) struct virtio_ring ring;
    uint8_t bytes[VIRTIO_RNG_BYTES]; /* the device's while in_flight */
    struct virtio virtio;
    enum ivm_means means;
    uint32_t length;       /* of the latest answer; written by who takes it */
    _Atomic uint16_t seen; /* answers taken: whoever steps it has taken one */
    _Atomic bool in_flight;
    _Atomic bool broken;
};

/* A device that says what cannot be is reset, so that it is silent and writes no memory. */
static void give_up(const struct ivm_device *device, const char *what)
{
    struct rng *rng = device->state;
    if (atomic_exchange_explicit(&rng->broken, true, memory_order_relaxed))
        return;
    ivm_log("%s: %s; given up until it is started again", device->name, what);
    virtio_give_up(&rng->virtio);
}

static const char *check(const struct rng *rng, const struct virtio_answer *answer)
{
    if (!atomic_load_explicit(&rng->in_flight, memory_order_acquire))
        return "it answers what nobody asked";
    if (answer->id != ONLY_DESCRIPTOR)
        return "it answers with a descriptor that it was not given";
    if (answer->length == 0 || answer->length > sizeof rng->bytes)
        return "its answer is empty, or longer than its buffer";
    return NULL;
}

/* Take an answer, if there is one. The routine and quiet() may both try: one of them has it. */
static bool take(const struct ivm_device *device)
{
    struct rng *rng = device->state;
    uint16_t seen = atomic_load_explicit(&rng->seen, memory_order_relaxed);
    /* Acquire: pairs with the device's store, after those of the answer and of the bytes. */
    uint16_t used = atomic_load_explicit(&rng->ring.used_index, memory_order_acquire);
    if (used == seen || atomic_load_explicit(&rng->broken, memory_order_relaxed))
        return false;
    if (!atomic_compare_exchange_strong_explicit(&rng->seen, &seen, (uint16_t)(seen + 1),
                                                 memory_order_relaxed,
                                                 memory_order_relaxed))
        return false;
    const struct virtio_answer *answer = &rng->ring.used[seen % rng->virtio.queue_size];
    const char *wrong = (uint16_t)(used - seen) != 1
                            ? "its used index runs away from what it was given"
                            : check(rng, answer);
    if (wrong != NULL) {
        give_up(device, wrong);
        return true;
    }
    rng->length = answer->length;
    /* Release: pairs with the exchange in fire(), which gives the buffer away again. */
    atomic_store_explicit(&rng->in_flight, false, memory_order_release);
    return true;
}

static bool take_complaint(const struct ivm_device *device)
{
    struct rng *rng = device->state;
    if (!virtio_needs_reset(&rng->virtio))
        return false;
    give_up(device, "it cannot go on and asks for a reset");
    return true;
}

static enum ivm_verdict routine(void *context)
{
    const struct ivm_device *device = context;
    struct rng *rng = device->state;
    uint8_t why = virtio_acknowledge(&rng->virtio);
    if (why == 0)
        return IVM_NOT_MINE;
    (void)take(device);
    if ((why & VIRTIO_CONFIGURATION_CHANGED) != 0)
        (void)take_complaint(device);
    return IVM_HANDLED;
}

static enum ivm_verdict message_routine(void *context)
{
    const struct ivm_device_message *message = context;
    bool mine = take(message->device) || take_complaint(message->device);
    return mine ? IVM_HANDLED : IVM_NOT_MINE;
}

static void fire(struct ivm_device *device)
{
    struct rng *rng = device->state;
    if (atomic_load_explicit(&rng->broken, memory_order_relaxed) ||
        atomic_exchange_explicit(&rng->in_flight, true, memory_order_acq_rel))
        return;
    uint16_t index = atomic_load_explicit(&rng->ring.available_index, memory_order_relaxed);
    rng->ring.available[index % rng->virtio.queue_size] = ONLY_DESCRIPTOR;
    atomic_store_explicit(&rng->ring.available_index, (uint16_t)(index + 1),
                          memory_order_release);
    virtio_notify(&rng->virtio);
}

static void fire_message(struct ivm_device *device, uint32_t index)
{
    (void)index;
    fire(device);
}

static enum ivm_status start(const struct ivm_device *device, enum ivm_means means)
{
    struct rng *rng = device->state;
    atomic_store_explicit(&rng->broken, true, memory_order_relaxed);
    if (virtio_start(device, &rng->virtio, &rng->ring, means) != IVM_OK)
        return IVM_UNSUPPORTED;
    rng->ring.descriptors[ONLY_DESCRIPTOR] =
        (struct virtio_descriptor){.address = (uintptr_t)rng->bytes,
                                   .length = sizeof rng->bytes,
                                   .flags = VIRTIO_DEVICE_WRITES};
    rng->means = means;
    rng->length = 0;
    atomic_store_explicit(&rng->seen, 0, memory_order_relaxed);
    atomic_store_explicit(&rng->in_flight, false, memory_order_relaxed);
    atomic_store_explicit(&rng->broken, false, memory_order_release);
    return IVM_OK;
}

/* By line the answer counts when the line is asserted, so that none is left behind. */
static bool is_silent(void *context)
{
    const struct ivm_device *device = context;
    struct rng *rng = device->state;
    if (rng->means == IVM_BY_MESSAGES || virtio_acknowledge(&rng->virtio) != 0)
        (void)take(device);
    return !atomic_load_explicit(&rng->in_flight, memory_order_acquire) ||
           atomic_load_explicit(&rng->broken, memory_order_relaxed);
}

/* A request cannot be taken back: its answer is waited for, and where none comes the device is
 * started anew. */
static void quiet(struct ivm_device *device)
{
    struct rng *rng = device->state;
    if (ivm_wait_until(is_silent, device, ANSWER_LIMIT_NS))
        return;
    ivm_log("%s: no answer within a second; it is started anew", device->name);
    (void)start(device, rng->means);
}

static enum ivm_status use(struct ivm_device *device, enum ivm_means means)
{
    struct rng *rng = device->state;
    if (means == IVM_BY_MESSAGES && ivm_device_message_number(device, 0) == 0) {
        ivm_log("%s: it needs one message, and none is granted", device->name);
        return IVM_UNSUPPORTED;
    }
    enum ivm_means before = rng->means;
    enum ivm_status status = start(device, means);
    if (status != IVM_OK)
        (void)start(device, before);
    return status;
}

static void stop(struct ivm_device *device)
{
    struct rng *rng = device->state;
    atomic_store_explicit(&rng->broken, true, memory_order_relaxed);
    if (virtio_reset(device, &rng->virtio) != IVM_OK)
        ivm_log("%s: its command register alone keeps it from memory", device->name);
    pci_command(pci_address(&device->pci), 0, PCI_COMMAND_MASTER);
}

static enum ivm_status probe(struct ivm_device *device)
{
    struct rng *rng = device->state;
    if ((uintptr_t)rng % PAGE_SIZE != 0) {
        ivm_log("%s: its memory at %p is not a page's", device->name, (void *)rng);
        return IVM_UNSUPPORTED;
    }
    struct pci_address address = pci_address(&device->pci);
    pci_command(address, PCI_COMMAND_MEMORY, PCI_COMMAND_MASTER | PCI_COMMAND_INTX_DISABLE);
    if (virtio_open(device, &rng->virtio) != IVM_OK ||
        virtio_reset(device, &rng->virtio) != IVM_OK)
        return IVM_UNSUPPORTED;
    pci_command(address, PCI_COMMAND_MASTER,
                0); /* reset: it has no memory of others to write */
    if (start(device, IVM_BY_LINE) != IVM_OK) {
        pci_command(address, 0, PCI_COMMAND_MASTER);
        return IVM_UNSUPPORTED;
    }
    ivm_log("%s: virtio entropy device at pci %02x:%02x.%u, %u bytes for each fire",
            device->name, device->pci.bus, device->pci.slot, device->pci.function,
            (unsigned)VIRTIO_RNG_BYTES);
    return IVM_OK;
}

size_t virtio_rng_read(const struct ivm_device *device, uint8_t *out, size_t room)
{
    const struct rng *rng = device->state;
    /* Acquire: pairs with the release in take(). */
    if (atomic_load_explicit(&rng->in_flight, memory_order_acquire))
        return 0;
    size_t count = rng->length < room ? rng->length : room;
    for (size_t i = 0; i < count; i++)
        out[i] = rng->bytes[i];
    return count;
}

static const struct ivm_match matches[] = {
    {.bus = IVM_BUS_PCI,
     .vendor = VIRTIO_VENDOR,
     .device = RNG_TRANSITIONAL,
     .name = "rng"},
    {.bus = IVM_BUS_PCI, .vendor = VIRTIO_VENDOR, .device = RNG_MODERN, .name = "rng"},
};

IVM_DRIVER(virtio_rng)
= {
    .name = "virtio_rng",
    .matches = matches,
    .match_count = sizeof matches / sizeof matches[0],
    .state_size = sizeof(struct rng),
    .probe = probe,
    .routine = routine,
    .fire = fire,
    .quiet = quiet,
    .message_count = 1,
    .message_routine = message_routine,
    .fire_message = fire_message,
    .use = use,
    .stop = stop,
};
