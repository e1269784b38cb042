/* nvme.c: an NVMe controller: each fire is a command, each completion interrupts.
 *
 * Fired by line, or by message 0, it is asked for its identity through the admin queues; fired by
 * message n, the n-th of its other queues gets a Flush, and each of them completes by a message of
 * its own. A completion shows by its phase bit in the queue, which tells the routine that it is
 * this device's; moving the head doorbell past it acknowledges, and takes the line back. One
 * command of a queue is on its way at a time: a fire before its completion is taken adds nothing,
 * as a raise of what is raised already.
 * Source: [NVME] "Interrupts", "Pin Based, Single MSI, and Multiple MSI Behavior", "MSI-X Based
 * Behavior", "Identify command", "Flush command".
 */
#include "nvme.h"

#include <ivm/device_message.h>
#include <ivm/system.h>

#include "nvme_controller.h"
#include "pci.h"

/* clang-format off */
enum {
    NVME_CLASS          = 0x010802, /* mass storage, non-volatile memory, NVM Express */
    FLUSH               = 0x00,
    FIRST_NAME_SPACE    = 1,
    IDENTITY_SERIAL     = 4,        /* [23:4] */
    IDENTITY_MODEL      = 24,       /* [63:24] */
};
/* clang-format on */

static struct nvme *nvme_of(const struct ivm_device *device)
{
    return device->state;
}

static bool is_broken(const struct nvme *nvme)
{
    return atomic_load_explicit(&nvme->broken, memory_order_acquire);
}

static void give_up(const struct ivm_device *device, const char *what, uint32_t value)
{
    if (!atomic_exchange_explicit(&nvme_of(device)->broken, true, memory_order_relaxed))
        ivm_log("%s: %s (0x%x); given up until it is started again", device->name, what,
                value);
}

/* Take what a queue holds, bounded by its size; false: nothing. A completion of what was not asked
 * is the controller's all the same: its place must be freed, or the line stays asserted. */
static bool take(const struct ivm_device *device, uint32_t pair)
{
    struct nvme *nvme = nvme_of(device);
    struct nvme_result result;
    bool taken = false;
    if (pair >= nvme->pairs)
        return false;
    for (unsigned n = 0; n < NVME_DEPTH && nvme_queue_take(&nvme->queues[pair], &result);
         n++) {
        taken = true;
        if (result.is_foreign)
            give_up(device, "it completed a command that it was not given", result.id);
    }
    return taken;
}

/* Reading a register pushes the doorbell's write out, so that the line is down before the end of
 * the interrupt; the register says whether the controller is still there. */
static enum ivm_verdict routine(void *context)
{
    const struct ivm_device *device = context;
    if (!take(device, 0))
        return IVM_NOT_MINE;
    if (nvme_has_failed(nvme_of(device)))
        give_up(device, "it has failed for good", 0);
    return IVM_HANDLED;
}

static enum ivm_verdict message_routine(void *context)
{
    const struct ivm_device_message *message = context;
    return take(message->device, message->index) ? IVM_HANDLED : IVM_NOT_MINE;
}

static void fire_message(struct ivm_device *device, uint32_t index)
{
    struct nvme *nvme = nvme_of(device);
    if (is_broken(nvme) || index >= nvme->pairs ||
        !nvme_queue_reserve(&nvme->queues[index]))
        return;
    struct nvme_command command = {.opcode = FLUSH, .name_space = FIRST_NAME_SPACE};
    if (index == 0)
        command = nvme_identify(nvme);
    nvme_queue_submit(&nvme->queues[index], &command);
}

static void fire(struct ivm_device *device)
{
    fire_message(device, 0);
}

static bool is_silent(void *context)
{
    const struct ivm_device *device = context;
    struct nvme *nvme = nvme_of(device);
    bool silent = true;
    for (uint32_t pair = 0; pair < nvme->pairs; pair++) {
        (void)take(device, pair);
        silent = silent && !nvme_queue_is_busy(&nvme->queues[pair]);
    }
    if (!silent && nvme_has_failed(nvme))
        give_up(device, "it has failed for good", 0);
    return silent || is_broken(nvme);
}

/* By line it interrupts from now on. */
static enum ivm_status start(const struct ivm_device *device, enum ivm_means means,
                             uint32_t pairs)
{
    struct nvme *nvme = nvme_of(device);
    enum ivm_status status = nvme_start(device, nvme, means, pairs);
    if (status == IVM_OK && means == IVM_BY_LINE)
        nvme_unmask_line(nvme);
    return status;
}

/* A command cannot be taken back: its completion is waited for, and where none comes the controller
 * is started anew. One that is broken keeps its line masked. */
static void quiet(struct ivm_device *device)
{
    struct nvme *nvme = nvme_of(device);
    uint32_t pairs = nvme->pairs;
    if (nvme->means == IVM_BY_LINE)
        nvme_mask_line(nvme);
    if (!ivm_wait_until(is_silent, device, nvme->limit_ns)) {
        ivm_log("%s: a command is not completed; it is started anew", device->name);
        (void)start(device, nvme->means, pairs);
    } else if (nvme->means == IVM_BY_LINE && !is_broken(nvme)) {
        nvme_unmask_line(nvme);
    }
}

static uint32_t granted(const struct ivm_device *device)
{
    uint32_t count = 0;
    while (count < NVME_PAIR_LIMIT && ivm_device_message_number(device, count) != 0)
        count++;
    return count;
}

static enum ivm_status use(struct ivm_device *device, enum ivm_means means)
{
    struct nvme *nvme = nvme_of(device);
    uint32_t pairs = means == IVM_BY_LINE ? 1 : granted(device);
    if (pairs == 0) {
        ivm_log("%s: it needs one message, and none is granted", device->name);
        return IVM_UNSUPPORTED;
    }
    enum ivm_means means_before = nvme->means;
    uint32_t pairs_before = nvme->pairs == 0 ? 1 : nvme->pairs;
    enum ivm_status status = start(device, means, pairs);
    if (status != IVM_OK)
        (void)start(device, means_before, pairs_before);
    return status;
}

static void stop(struct ivm_device *device)
{
    nvme_stop(device, nvme_of(device));
    pci_command(pci_address(&device->pci), 0, PCI_COMMAND_MASTER);
}

/* A field of the identity as text: ASCII, filled with blanks. */
static void copy_text(const uint8_t *field, size_t length, char *out)
{
    while (length > 0 && (field[length - 1] == ' ' || field[length - 1] == '\0'))
        length--;
    for (size_t i = 0; i < length; i++)
        out[i] = field[i] >= ' ' && field[i] <= '~' ? (char)field[i] : '?';
    out[length] = '\0';
}

void nvme_serial(const struct ivm_device *device, char out[NVME_SERIAL_SIZE])
{
    copy_text(nvme_of(device)->identity + IDENTITY_SERIAL, NVME_SERIAL_SIZE - 1, out);
}

static enum ivm_status start_and_identify(const struct ivm_device *device)
{
    struct nvme *nvme = nvme_of(device);
    enum ivm_status status = nvme_start(device, nvme, IVM_BY_LINE, 1);
    if (status != IVM_OK)
        return status;
    struct nvme_command identify = nvme_identify(nvme);
    status = nvme_run(device, nvme, &identify, NULL);
    if (status == IVM_OK)
        nvme_unmask_line(nvme);
    else
        nvme_stop(device, nvme);
    return status;
}

static enum ivm_status probe(struct ivm_device *device)
{
    struct nvme *nvme = nvme_of(device);
    if ((uintptr_t)nvme % NVME_PAGE != 0) {
        ivm_log("%s: its memory at %p is not a page's", device->name, (void *)nvme);
        return IVM_UNSUPPORTED;
    }
    struct pci_address address = pci_address(&device->pci);
    pci_command(address, PCI_COMMAND_MEMORY, PCI_COMMAND_INTX_DISABLE);
    if (nvme_open(device, nvme) != IVM_OK)
        return IVM_UNSUPPORTED;
    pci_command(address, PCI_COMMAND_MASTER, 0);
    if (start_and_identify(device) != IVM_OK) {
        pci_command(address, 0, PCI_COMMAND_MASTER);
        return IVM_UNSUPPORTED;
    }
    char serial[NVME_SERIAL_SIZE], model[NVME_MODEL_SIZE];
    nvme_serial(device, serial);
    copy_text(nvme->identity + IDENTITY_MODEL, NVME_MODEL_SIZE - 1, model);
    ivm_log("%s: \"%s\", serial number \"%s\", at pci %02x:%02x.%u", device->name, model,
            serial, device->pci.bus, device->pci.slot, device->pci.function);
    return IVM_OK;
}

static const struct ivm_match matches[] = {
    {.bus = IVM_BUS_PCI,
     .vendor = IVM_ANY_ID,
     .device = IVM_ANY_ID,
     .class_code = NVME_CLASS,
     .name = "nvme"},
};

IVM_DRIVER(nvme)
= {
    .name = "nvme",
    .matches = matches,
    .match_count = sizeof matches / sizeof matches[0],
    .state_size = sizeof(struct nvme),
    .probe = probe,
    .routine = routine,
    .fire = fire,
    .quiet = quiet,
    .message_count = NVME_PAIR_LIMIT,
    .message_routine = message_routine,
    .fire_message = fire_message,
    .use = use,
    .stop = stop,
};
