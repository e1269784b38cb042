/* grant_bench.h: a function without capabilities, to be given some and asked for messages: included by
 * the tests of what is granted, once each. */
#ifndef HOST_GRANT_BENCH_H
#define HOST_GRANT_BENCH_H

#include <stdint.h>
#include <string.h>

#include <ivm/device_message.h>

#include "drivers/pci_message.h"
#include "fake/sender.h"

static struct ivm_grant grant;

static inline int set_up(void **state)
{
    (void)state;
    sender_start(1);
    return 0;
}

static inline enum ivm_status open_as(const struct ivm_message_wish *wish)
{
    memset(&grant, 0xA5, sizeof grant);
    return ivm_device_messages_open(&sender.device, wish, &grant);
}

static inline uint16_t command(void)
{
    return fake_pci_get16(sender.config, PCI_COMMAND);
}

#endif
