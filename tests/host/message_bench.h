/* message_bench.h: a function's messages as a test wants them, in the place of device_message.h's own: which
 * kind, how many, and whether they can be had.
 */
#ifndef TEST_MESSAGE_BENCH_H
#define TEST_MESSAGE_BENCH_H

#include "fake/world.h"

#include <string.h>

#include <ivm/device_message.h>
#include <ivm/message.h>

enum { ROOM = 16, STORAGE = 512 };

static struct {
    enum ivm_message_kind kind;
    uint32_t offered, free;
    enum ivm_status status; /* not IVM_OK: they cannot be opened */
    uint32_t open, opens, asked[4];
    bool are_connected;
    uint32_t numbers[ROOM];
} messages;
static _Alignas(64) unsigned char storage[ROOM][STORAGE];

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static struct ivm_input input_of(uint32_t index)
{
    return (struct ivm_input){&model_controller, &world.messages, index};
}

enum ivm_status ivm_device_messages_open(struct ivm_device *device,
                                         const struct ivm_message_wish *wish,
                                         struct ivm_grant *grant)
{
    (void)device;
    messages.asked[messages.opens++ % 4] = wish->count;
    *grant = (struct ivm_grant){.kind = messages.kind, .offered = messages.offered};
    if (messages.status != IVM_OK)
        return messages.status;
    assert_int_equal(messages.open, 0);
    grant->granted = least(wish->count, least(messages.offered, messages.free));
    memset(storage, 0, sizeof storage);
    struct ivm_message *first = (struct ivm_message *)(void *)storage;
    struct ivm_input input = input_of(0);
    if (messages.kind == IVM_MSI) {
        while ((grant->granted & (grant->granted - 1)) != 0)
            grant->granted &= grant->granted - 1;
        const struct ivm_block_wish block = {.count = grant->granted};
        assert_int_equal(
            ivm_message_register_block(first, &input, &block, messages.numbers), IVM_OK);
    }
    for (uint32_t i = 0; i < grant->granted; i++) {
        input = input_of(i);
        if (messages.kind == IVM_MSI)
            messages.numbers[i] = messages.numbers[0] + i;
        else
            assert_int_equal(ivm_message_register((struct ivm_message *)(void *)storage[i],
                                                  &input, &messages.numbers[i]),
                             IVM_OK);
    }
    messages.open = grant->granted;
    return IVM_OK;
}

enum ivm_status ivm_device_messages_close(struct ivm_device *device)
{
    (void)device;
    if (messages.open == 0)
        return IVM_NOT_FOUND;
    if (messages.are_connected)
        return IVM_STILL_CONNECTED;
    uint32_t blocks = messages.kind == IVM_MSI ? 1 : messages.open;
    for (uint32_t i = 0; i < blocks; i++)
        assert_int_equal(ivm_message_unregister(messages.numbers[i]), IVM_OK);
    messages.open = 0;
    return IVM_OK;
}

uint32_t ivm_device_message_number(const struct ivm_device *device, uint32_t index)
{
    (void)device;
    return index < messages.open ? messages.numbers[index] : 0;
}

#endif
