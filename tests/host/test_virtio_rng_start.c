/* test_virtio_rng_start.c: how the virtio entropy driver starts a device, or refuses to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "rng_bench.h"

/* The place in the log of the n-th write of this value. */
static size_t written(uint64_t address, uint64_t value, unsigned n)
{
    for (size_t at = 0; at < fake_log_count(); at++) {
        const struct fake_access *access = fake_log_at(at);
        if (access->kind == FAKE_MMIO_WRITE && access->address == address &&
            access->value == value && n-- == 0)
            return at;
    }
    fail_msg("0x%llx is not written to 0x%llx so often", (unsigned long long)value,
             (unsigned long long)address);
    return 0;
}

static void a_probe_goes_through_the_stages_in_their_order(void **unused)
{
    (void)unused;
    assert_int_equal(virtio_rng.probe(&device), IVM_OK);

    size_t stages[] = {
        written(COMMON(0x14), 0, 1), /* reset, once before it may use memory, once after */
        written(COMMON(0x14), 0x01, 0), /* acknowledge */
        written(COMMON(0x14), 0x03, 0), /* driver */
        written(COMMON(0x0C), 1, 0),    /* version 1, and nothing else */
        written(COMMON(0x14), 0x0B, 0), /* features are agreed on */
        written(COMMON(0x1A), 0xFFFF, 0),
        written(COMMON(0x18), 8, 0),
        written(COMMON(0x20), (uint32_t)(uintptr_t)state.ring.descriptors, 0),
        written(COMMON(0x1C), 1, 0),
        written(COMMON(0x14), 0x0F, 0), /* it may work */
    };
    for (size_t i = 1; i < sizeof stages / sizeof stages[0]; i++)
        assert_true(stages[i - 1] < stages[i]);
    assert_int_equal(chip.accepted[0], 0);
    assert_int_equal(chip.accepted[1], 1);
    assert_int_equal(fake_log_text_count("rng0: virtio entropy device at pci 00:11.0"), 1);
}

static void reset_at_last(void)
{
    chip.never_resets = false;
    chip.status = 0;
    fake_cpu.on_wait = NULL;
}

static void a_device_that_takes_its_time_to_reset_is_waited_for(void **unused)
{
    (void)unused;
    chip.never_resets = true;
    chip.status = 0x0F;
    fake_cpu.on_wait = reset_at_last;

    assert_int_equal(virtio_rng.probe(&device), IVM_OK);
}

static void a_probe_lets_memory_mastering_and_the_line_through(void **unused)
{
    (void)unused;
    fake_pci_put16(function, PCI_COMMAND, PCI_COMMAND_INTX_DISABLE);

    assert_int_equal(virtio_rng.probe(&device), IVM_OK);

    assert_int_equal(fake_pci_get16(function, PCI_COMMAND),
                     PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
}

static void the_queue_lies_in_the_driver_s_pages(void **unused)
{
    (void)unused;
    assert_int_equal(virtio_rng.state_size % PAGE_SIZE, 0);
    assert_int_equal(virtio_rng.probe(&device), IVM_OK);

    const uint8_t *ring = (const uint8_t *)&state.ring;
    uint64_t descriptors = chip.addresses[0] | (uint64_t)chip.addresses[1] << 32;
    uint64_t available = chip.addresses[2] | (uint64_t)chip.addresses[3] << 32;
    uint64_t used = chip.addresses[4] | (uint64_t)chip.addresses[5] << 32;
    assert_true(descriptors == (uintptr_t)ring);
    assert_true(available == (uintptr_t)ring + 128 && available % 2 == 0);
    assert_true(used == (uintptr_t)ring + 128 + 6 + 16 + 2 && used % 4 == 0);
}

static void a_device_that_cannot_be_started_is_named_and_works_on_nothing(void **unused)
{
    static const char *const says[] = {
        "does not reset",
        "does not agree",
        "does not agree",
        "has no queue",
        "size of its",
        "size of its",
        "outside of the notification",
    };
    for (unsigned i = 0; i < sizeof says / sizeof says[0]; i++) {
        set_up(unused);
        chip.never_resets = i == 0, chip.status = i == 0 ? 0x0F : 0;
        chip.features[1] = i == 1 ? 2 : 3;
        chip.denies_features = i == 2;
        chip.queues = i == 3 ? 0 : 1;
        chip.size = chip.queue_size = i == 4 ? 0 : i == 5 ? 12 : 256;
        chip.notify_offset = i == 6 ? 0x400 : 0x3FF;

        assert_int_equal(virtio_rng.probe(&device), IVM_UNSUPPORTED);

        assert_int_equal(fake_log_text_count(says[i]), 1);
        assert_int_equal(fake_log_count_of(FAKE_MMIO_WRITE, COMMON(0x1C)), 0);
        assert_int_equal(fake_pci_get16(function, PCI_COMMAND) & PCI_COMMAND_MASTER, 0);
    }
}

static void a_large_queue_is_made_small_and_a_small_one_is_used_as_it_is(void **unused)
{
    (void)unused;
    chip.queue_size = 1024;
    assert_int_equal(virtio_rng.probe(&device), IVM_OK);
    assert_int_equal(chip.size, VIRTIO_QUEUE_SIZE);

    chip.queue_size = 2;
    assert_int_equal(virtio_rng.probe(&device), IVM_OK);
    assert_int_equal(chip.size, 2);
    for (unsigned i = 1; i <= 5; i++) {
        virtio_rng.fire(&device);
        virtio_chip_answer(&chip);
        assert_int_equal(virtio_rng.routine(&device), IVM_HANDLED);
        assert_int_equal(state.bytes[0], i);
    }
}

static void a_capability_outside_of_its_base_address_is_not_driven(void **unused)
{
    (void)unused;
    device.pci.bars[CHIP_BAR].size = CHIP_NOTIFY;

    assert_int_equal(virtio_rng.probe(&device), IVM_UNSUPPORTED);

    assert_int_equal(fake_log_text_count("rng0: virtio at 0x70 of its configuration space: "
                                         "the structure is larger"),
                     1);
    assert_int_equal(fake_log_count_of(FAKE_MMIO_WRITE, COMMON(0x14)), 0);
}

static void registers_that_cannot_be_mapped_and_memory_askew_are_refused(void **unused)
{
    (void)unused;
    fake_system.refuse_to_map = true;
    assert_int_equal(virtio_rng.probe(&device), IVM_UNSUPPORTED);
    assert_int_equal(fake_log_text_count("cannot be mapped"), 3);

    fake_system.refuse_to_map = false;
    device.state = (uint8_t *)&state + 2048;
    assert_int_equal(virtio_rng.probe(&device), IVM_UNSUPPORTED);
    assert_int_equal(fake_log_text_count("not a page's"), 1);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup(test, set_up)
    const struct CMUnitTest tests[] = {
        T(a_probe_goes_through_the_stages_in_their_order),
        T(a_device_that_takes_its_time_to_reset_is_waited_for),
        T(a_probe_lets_memory_mastering_and_the_line_through),
        T(the_queue_lies_in_the_driver_s_pages),
        T(a_device_that_cannot_be_started_is_named_and_works_on_nothing),
        T(a_large_queue_is_made_small_and_a_small_one_is_used_as_it_is),
        T(a_capability_outside_of_its_base_address_is_not_driven),
        T(registers_that_cannot_be_mapped_and_memory_askew_are_refused),
    };
#undef T
    return cmocka_run_group_tests_name("virtio_rng_start", tests, NULL, NULL);
}
