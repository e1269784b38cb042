/* nvme_bench.h: the NVMe driver and a model of its controller, set up for a test: included by the
 * tests of that driver, once each. */
#ifndef HOST_NVME_BENCH_H
#define HOST_NVME_BENCH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "fake/nvme_chip.h"
#include "granted_bench.h"

/* NOLINTNEXTLINE(bugprone-suspicious-include): a driver has no name outside its file */
#include "drivers/nvme.c"

#define REGISTER(offset) (NVME_CHIP_BASE + (offset))

static struct nvme_chip chip;
static struct nvme state;
static struct fake_function *function;

static struct ivm_device device;

static inline int set_up(void **unused)
{
    (void)unused;
    granted_bench_start();
    fake_system.step_ns = 1000000;
    function = fake_pci_add(0, 9, 0, 0x00101B36);
    nvme_chip_start(&chip);
    memset(&state, 0, sizeof state);
    device = (struct ivm_device){
        .name = "nvme0",
        .state = &state,
        .pci = {.slot = 9, .bars = {{.base = NVME_CHIP_BASE, .size = NVME_CHIP_SIZE}}},
    };
    return 0;
}

static inline int set_up_probed(void **unused)
{
    int failed = set_up(unused);
    return failed != 0 ? failed : nvme.probe(&device) != IVM_OK;
}

static inline enum ivm_status use_messages(uint32_t count)
{
    messages_granted = count;
    chip.by_messages = true;
    return nvme.use(&device, IVM_BY_MESSAGES);
}

static inline int set_up_with_messages(void **unused)
{
    int failed = set_up_probed(unused);
    return failed != 0 ? failed : use_messages(NVME_PAIR_LIMIT) != IVM_OK;
}

static inline enum ivm_verdict deliver(uint32_t index)
{
    struct ivm_device_message message = {.device = &device, .index = index};
    return nvme.message_routine(&message);
}

static inline const char *serial(void)
{
    static char text[NVME_SERIAL_SIZE];
    nvme_serial(&device, text);
    return text;
}

/* The place in the log of the first write of this value. */
static inline size_t written(uint64_t offset, uint64_t value)
{
    for (size_t at = 0; at < fake_log_count(); at++) {
        const struct fake_access *access = fake_log_at(at);
        if (access->kind == FAKE_MMIO_WRITE && access->address == REGISTER(offset) &&
            access->value == value)
            return at;
    }
    fail_msg("0x%llx is not written to register 0x%llx", (unsigned long long)value,
             (unsigned long long)offset);
    return 0;
}

/* It was said why, once; it is not asked any more, and is silent. */
static inline void expect_given_up(const char *why, uint32_t index)
{
    assert_int_equal(fake_log_text_count(why), 1);
    fake_log_clear();
    nvme.fire_message(&device, index);
    assert_int_equal(fake_log_count(), 0);
    nvme.quiet(&device);
    assert_int_equal(fake_log_text_count("given up"), 1);
    assert_false(nvme_chip_asserts(&chip));
}

#endif
