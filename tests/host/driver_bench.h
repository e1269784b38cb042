/* driver_bench.h: what the tests of PCI drivers have in common: included by each, once. */
#ifndef HOST_DRIVER_BENCH_H
#define HOST_DRIVER_BENCH_H

#include <stdint.h>

#include <ivm/driver.h>

#include "fake/hardware.h"
#include "fake/pci_space.h"
#include "fake/system.h"

/* A machine with interrupts on, and PCI with nothing on it. */
static inline void driver_bench_start(void)
{
    fake_hardware_reset();
    fake_system_reset();
    fake_cpu.interrupts_on = true;
    fake_pci_start();
}

/* The driver leaves a device alone whose base address 0 is absent, one of ports, shorter than its
 * registers, or not to be mapped: no register is touched. */
static inline void expect_registers_needed(const struct ivm_driver *driver,
                                           struct ivm_device *device, uint64_t too_short)
{
    struct ivm_bar *bar = &device->pci.bars[0], good = *bar;
    const struct ivm_bar bad[] = {
        {.base = 0, .size = good.size},
        {.base = 0xC000, .size = good.size, .is_port = true},
        {.base = good.base, .size = too_short},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        *bar = bad[i];
        assert_int_equal(driver->probe(device), IVM_UNSUPPORTED);
    }
    *bar = good;
    fake_system.refuse_to_map = true;
    assert_int_equal(driver->probe(device), IVM_UNSUPPORTED);
    assert_int_equal(fake_log_text_count("cannot be mapped"), 1);
    for (size_t at = 0; at < fake_log_count(); at++) {
        assert_int_not_equal(fake_log_at(at)->kind, FAKE_MMIO_READ);
        assert_int_not_equal(fake_log_at(at)->kind, FAKE_MMIO_WRITE);
    }
}

#endif
