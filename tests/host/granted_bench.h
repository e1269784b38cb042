/* granted_bench.h: in place of PCI's own, messages of which as many are granted as a test says: included
 * by the tests of drivers that use them, once each. */
#ifndef HOST_GRANTED_BENCH_H
#define HOST_GRANTED_BENCH_H

#include <stdint.h>

#include <ivm/device_message.h>

#include "driver_bench.h"

static uint32_t messages_granted;

uint32_t ivm_device_message_number(const struct ivm_device *device, uint32_t index)
{
    (void)device;
    return index < messages_granted ? 70 + index : 0;
}

/* driver_bench_start(), and none is granted. */
static inline void granted_bench_start(void)
{
    driver_bench_start();
    messages_granted = 0;
}

#endif
