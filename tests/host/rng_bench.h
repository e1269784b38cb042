/* rng_bench.h: the virtio entropy driver and a model of its device, set up for a test: included by
 * the tests of that driver, once each. */
#ifndef HOST_RNG_BENCH_H
#define HOST_RNG_BENCH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "fake/virtio_chip.h"
#include "granted_bench.h"

/* NOLINTNEXTLINE(bugprone-suspicious-include): a driver has no name outside its file */
#include "drivers/virtio_rng.c"

#define COMMON(offset) (CHIP_BASE + (offset))

static struct virtio_chip chip;
static struct rng state;
static struct fake_function *function;

static struct ivm_device device;

static inline int set_up(void **unused)
{
    (void)unused;
    granted_bench_start();
    function = virtio_chip_start(&chip);
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
    messages_granted = 1;
    chip.by_messages = true;
    return failed != 0 ? failed : virtio_rng.use(&device, IVM_BY_MESSAGES) != IVM_OK;
}

#endif
