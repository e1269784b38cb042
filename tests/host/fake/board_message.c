/* board_message.c: the messages of the board's devices: device_message.h on a model.
 *
 * A message with a mask is an input that keeps an edge under its mask; one without loses it.
 */
#include "board.h"

#include <string.h>

#include <ivm/message.h>

#include "machine.h"
#include "world.h"

enum { STORAGE = 512 };

struct open_messages {
    struct ivm_device *device;
    uint32_t granted;
    uint32_t numbers[BOARD_MESSAGES];
    struct ivm_connection connections[BOARD_MESSAGES];
    struct ivm_device_message contexts[BOARD_MESSAGES];
};

static _Alignas(64) unsigned char storage[BOARD_DEVICES][BOARD_MESSAGES][STORAGE];
static struct open_messages opened[BOARD_DEVICES];
static struct ivm_controller msi, msix;
static struct model_unit without_masks;
static struct ivm_foreign_message foreign;
static bool has_foreign;

void board_messages_start(void)
{
    memset(storage, 0, sizeof storage);
    memset(opened, 0, sizeof opened);
    msi = msix = model_controller;
    msi.name = "msi";
    msix.name = "msi-x";
    model_unit_start(&without_masks, false);
    has_foreign = false;
}

void board_set_foreign(const struct ivm_foreign_message *found)
{
    has_foreign = found != NULL;
    if (has_foreign)
        foreign = *found;
}

size_t ivm_foreign_messages(struct ivm_foreign_message *out, size_t room)
{
    if (has_foreign && room > 0)
        out[0] = foreign;
    return has_foreign;
}

static struct open_messages *messages_of(const struct ivm_device *device)
{
    struct open_messages *messages = (struct open_messages *)(void *)device->messages;
    return messages != NULL && messages->granted > 0 ? messages : NULL;
}

/* Only several messages have masks. */
static struct ivm_input input_of(const struct ivm_device *device, uint32_t index)
{
    bool has_masks = device->driver->message_count > 1;
    return (struct ivm_input){.controller = has_masks ? &msix : &msi,
                              .unit = has_masks ? &world.messages : &without_masks,
                              .input = board_state(device)->wire * BOARD_MESSAGES + index};
}

static enum ivm_status check_open(const struct ivm_device *device,
                                  const struct ivm_message_wish *wish,
                                  const struct ivm_grant *grant)
{
    if (wish->count == 0 || device->bus != IVM_BUS_PCI)
        return IVM_BAD_ARGUMENT;
    if (grant->offered == 0)
        return IVM_UNSUPPORTED;
    if (messages_of(device) != NULL)
        return IVM_ALREADY_CONNECTED;
    if (device->connection.source != NULL)
        return IVM_STILL_CONNECTED;
    return grant->granted == 0 ? IVM_EXHAUSTED : IVM_OK;
}

enum ivm_status ivm_device_messages_open(struct ivm_device *device,
                                         const struct ivm_message_wish *wish,
                                         struct ivm_grant *grant)
{
    const struct board_state *state = board_state(device);
    struct open_messages *messages = &opened[state->wire];
    *grant = (struct ivm_grant){.kind = state->offered > 1 ? IVM_MSIX : IVM_MSI,
                                .offered = state->offered,
                                .granted = wish->count,
                                .has_masks = state->offered > 1};
    if (grant->granted > state->offered) {
        grant->granted = state->offered;
        grant->limit = IVM_GRANT_DEVICE;
    }
    if (grant->granted > state->free) {
        grant->granted = state->free;
        grant->limit = IVM_GRANT_EXHAUSTED;
    }
    enum ivm_status status = check_open(device, wish, grant);
    if (status != IVM_OK)
        return status;
    for (uint32_t i = 0; i < grant->granted; i++) {
        const struct ivm_input input = input_of(device, i);
        assert_int_equal(
            ivm_message_register((struct ivm_message *)(void *)storage[state->wire][i],
                                 &input, &messages->numbers[i]),
            IVM_OK);
        messages->contexts[i] = (struct ivm_device_message){device, i};
    }
    messages->device = device;
    messages->granted = grant->granted;
    device->messages = (struct pci_messages *)(void *)messages;
    return IVM_OK;
}

enum ivm_status ivm_device_messages_close(struct ivm_device *device)
{
    struct open_messages *messages = messages_of(device);
    if (messages == NULL)
        return IVM_NOT_FOUND;
    for (uint32_t i = 0; i < messages->granted; i++) {
        if (messages->connections[i].source != NULL)
            return IVM_STILL_CONNECTED;
    }
    for (uint32_t i = 0; i < messages->granted; i++)
        assert_int_equal(ivm_message_unregister(messages->numbers[i]), IVM_OK);
    messages->granted = 0;
    return IVM_OK;
}

uint32_t ivm_device_message_number(const struct ivm_device *device, uint32_t index)
{
    const struct open_messages *messages = messages_of(device);
    return messages != NULL && index < messages->granted ? messages->numbers[index] : 0;
}

struct ivm_connection *ivm_device_message_connection(struct ivm_device *device,
                                                     uint32_t index)
{
    struct open_messages *messages = messages_of(device);
    return messages != NULL && index < messages->granted ? &messages->connections[index]
                                                         : NULL;
}

enum ivm_status ivm_device_message_connect(struct ivm_device *device, uint32_t index,
                                           const struct ivm_cpu_set *cpus,
                                           struct ivm_refusal *refusal)
{
    struct open_messages *messages = messages_of(device);
    if (messages == NULL || index >= messages->granted)
        return IVM_NO_SUCH_DEVICE;
    struct ivm_request request = {.routine = device->driver->message_routine,
                                  .context = &messages->contexts[index],
                                  .cpus = cpus,
                                  .source = {IVM_MESSAGE, messages->numbers[index]}};
    memcpy(request.owner, device->name, sizeof request.owner);
    return ivm_connect(&request, &messages->connections[index], refusal);
}

enum ivm_status ivm_device_message_disconnect(struct ivm_device *device, uint32_t index)
{
    struct open_messages *messages = messages_of(device);
    return messages != NULL ? ivm_disconnect(&messages->connections[index])
                            : IVM_NOT_CONNECTED;
}

bool ivm_device_message_pending(const struct ivm_device *device, uint32_t index)
{
    const struct ivm_input input = input_of(device, index);
    const struct model_unit *unit = input.unit;
    return unit->pins[input.input].pending;
}

void board_send(struct ivm_device *device, uint32_t index)
{
    const struct ivm_input input = input_of(device, index);
    board_state(device)->sent[index]++;
    model_assert(input.unit, input.input, 0);
    model_deassert(input.unit, input.input, 0);
    /* Under a mask several are one, or none. */
    const struct model_unit *unit = input.unit;
    if (unit->pins[input.input].masked)
        board_state(device)->sent[index] = unit->pins[input.input].pending;
}
