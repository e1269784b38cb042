/* msi_bench.h: a function with MSI, and its registers: included by the tests of MSI as a controller,
 * once each. */
#ifndef HOST_MSI_BENCH_H
#define HOST_MSI_BENCH_H

#include <stdint.h>

#include <ivm/device_message.h>

#include "fake/sender.h"

/* Message controls: 64 bits without masks, 64 bits with masks, 32 bits with masks. */
enum {
    PLAIN = 0x0080,
    MASKS = 0x0180,
    MASKS_32 = 0x0100,
    OF_4 = 2 << 1,
    CONTROL_AT = SENDER_MSI + 2,
    ADDRESS_AT = SENDER_MSI + 4,
    HIGH_AT = SENDER_MSI + 8,
    DATA_AT = SENDER_MSI + 12,
    MASK_AT = SENDER_MSI + 16,
    DATA_32_AT = SENDER_MSI + 8,
    MASK_32_AT = SENDER_MSI + 12,
    ON = 1,
};

static inline void start_with(uint16_t control)
{
    sender_start(2);
    sender_add_msi(control);
}

static inline int set_up(void **state)
{
    (void)state;
    sender_start(2);
    return 0;
}

static inline struct ivm_connection *connection(uint32_t index)
{
    return ivm_device_message_connection(&sender.device, index);
}

static inline uint16_t get16(unsigned at)
{
    return fake_pci_get16(sender.config, at);
}

static uint32_t get32(unsigned at)
{
    return fake_pci_get32(sender.config, at);
}

#endif
