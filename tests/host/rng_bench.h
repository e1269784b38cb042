/* rng_bench.h: the virtio entropy driver and a model of its device, set up for a test: included by
 * the tests of that driver, once each. */
#ifndef HOST_RNG_BENCH_H
#define HOST_RNG_BENCH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "fake/hardware.h"
#include "fake/pci_space.h"
#include "fake/system.h"
#include "fake/virtio_chip.h"

/* NOLINTNEXTLINE(bugprone-suspicious-include): a driver has no name outside its file */
#include "drivers/virtio_rng.c"

#define COMMON(offset) (CHIP_BASE + (offset))

static struct virtio_chip chip;
static struct rng state;
static struct fake_function *function;
static uint32_t granted; /* messages that are open */

/* Instead of PCI's: the messages are what a test says. */
uint32_t ivm_device_message_number(const struct ivm_device *device, uint32_t index)
{
    (void)device;
    return index < granted ? 70 + index : 0;
}

static struct ivm_device device;

static inline int set_up(void **unused)
{
    (void)unused;
    fake_hardware_reset();
    fake_system_reset();
    fake_cpu.interrupts_on = true;
    fake_pci_start();
    function = virtio_chip_start(&chip);
    granted = 0;
    memset(&state, 0, sizeof state);
    device = (struct ivm_device){
        .name = "rng0",
        .state = &state,
        .pci = {.slot = 0x11,
                .bars = {[CHIP_BAR] = {.base = CHIP_BASE, .size = CHIP_BAR_SIZE}}},
    };
    return 0;
}

static inline int set_up_probed(void **unused)
{
    int failed = set_up(unused);
    return failed != 0 ? failed : virtio_rng.probe(&device) != IVM_OK;
}

static inline int set_up_with_messages(void **unused)
{
    int failed = set_up_probed(unused);
    granted = 1;
    chip.by_messages = true;
    return failed != 0 ? failed : virtio_rng.use(&device, IVM_BY_MESSAGES) != IVM_OK;
}

#endif
