/* test_ivshmem.c: the ivshmem driver against a model of the device. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "driver_bench.h"

/* NOLINTNEXTLINE(bugprone-suspicious-include): a driver has no name outside its file */
#include "drivers/ivshmem.c"

#define REGISTERS UINT32_C(0xFEB00000)
#define MEMORY    UINT32_C(0xFE000000)

static uint32_t position;
static uint32_t rung[4];
static size_t rings;
static struct ivshmem state;
static struct ivm_device device;
static struct fake_function *function;

static uint64_t read_model(void *context, uint64_t offset, unsigned width)
{
    (void)context;
    if (width != 4 || offset != 0x08)
        fake_complain("ivshmem has nothing to read at 0x%llx", (unsigned long long)offset);
    return position;
}

static void write_model(void *context, uint64_t offset, unsigned width, uint64_t value)
{
    (void)context;
    if (width != 4 || offset != 0x0C)
        fake_complain("ivshmem has nothing to write at 0x%llx", (unsigned long long)offset);
    rung[rings++ % 4] = (uint32_t)value;
}

static int set_up(void **unused)
{
    (void)unused;
    driver_bench_start();
    function = fake_pci_add(0, 4, 0, 0x11101AF4);
    fake_pci_put32(function, PCI_CLASS_REVISION, 0x05000001);
    fake_mmio_device(REGISTERS, 0x100, read_model, write_model, NULL);
    position = 3;
    rings = 0;
    state = (struct ivshmem){0};
    device = (struct ivm_device){
        .name = "ivshmem0",
        .state = &state,
        .has_line = true,
        .pci = {.slot = 4,
                .bars = {{.base = REGISTERS, .size = 0x100},
                         {.base = 0xFEB01000, .size = 0x1000},
                         {.base = MEMORY, .size = 0x100000000}}},
    };
    return 0;
}

static void a_probe_lets_memory_through_and_takes_the_line_away(void **unused)
{
    (void)unused;
    assert_int_equal(ivshmem.probe(&device), IVM_OK);

    assert_int_equal(fake_pci_get16(function, PCI_COMMAND), PCI_COMMAND_MEMORY);
    assert_false(device.has_line);
    assert_int_equal(fake_log_text_count("peer 3, 4294967296 bytes shared"), 1);
}

static void memory_is_mapped_as_far_as_it_goes(void **unused)
{
    (void)unused;
    size_t size;
    assert_int_equal(ivshmem.probe(&device), IVM_OK);
    assert_int_equal(ivshmem_memory(&device, &size), MEMORY);
    assert_int_equal(size, IVSHMEM_MAPPED);

    device.pci.bars[2].size = 0x1000;
    assert_int_equal(ivshmem.probe(&device), IVM_OK);
    assert_int_equal(ivshmem_memory(&device, &size), MEMORY);
    assert_int_equal(size, 0x1000);
}

static void a_device_fires_itself_by_its_own_position(void **unused)
{
    (void)unused;
    assert_int_equal(ivshmem.probe(&device), IVM_OK);

    ivshmem.fire_message(&device, 0);
    ivshmem.fire_message(&device, 7);

    assert_int_equal(rings, 2);
    assert_int_equal(rung[0], 0x00030000);
    assert_int_equal(rung[1], 0x00030007);
}

static void every_peer_can_be_rung(void **unused)
{
    (void)unused;
    position = 0xFFFF;
    assert_int_equal(ivshmem.probe(&device), IVM_OK);

    ivshmem_ring(&device, 0, 0xFFFF);
    ivshmem.fire_message(&device, 1);

    assert_int_equal(rung[0], 0x0000FFFF);
    assert_int_equal(rung[1], 0xFFFF0001);
}

static void a_message_is_the_devices_own_and_touches_nothing(void **unused)
{
    (void)unused;
    struct ivm_device_message message = {.device = &device, .index = 2};
    assert_int_equal(ivshmem.probe(&device), IVM_OK);
    fake_log_clear();

    assert_int_equal(ivshmem.message_routine(&message), IVM_HANDLED);

    assert_int_equal(fake_log_count(), 0);
}

static void a_position_that_is_none_is_not_driven(void **unused)
{
    (void)unused;
    static const uint32_t bad[] = {0x10000, 0x7FFFFFFF, UINT32_MAX};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        position = bad[i];
        assert_int_equal(ivshmem.probe(&device), IVM_UNSUPPORTED);
    }
    assert_int_equal(fake_log_text_count("0xffffffff, which is none"), 1);
}

static void the_first_revision_is_not_driven_and_not_touched(void **unused)
{
    (void)unused;
    fake_pci_put32(function, PCI_CLASS_REVISION, 0x05000000);

    assert_int_equal(ivshmem.probe(&device), IVM_UNSUPPORTED);

    assert_int_equal(fake_log_text_count("revision 0"), 1);
    assert_int_equal(fake_log_count_of(FAKE_MMIO_READ, REGISTERS + 0x08), 0);
}

static void bases_that_are_not_there_are_not_driven(void **unused)
{
    (void)unused;
    static const struct ivm_bar bad[] = {
        {.base = 0, .size = 0x100},
        {.base = 0xC000, .size = 0x100, .is_port = true},
        {.base = REGISTERS, .size = 0},
    };
    for (unsigned bar = 0; bar <= 2; bar += 2) {
        struct ivm_bar good = device.pci.bars[bar];
        for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
            device.pci.bars[bar] = bad[i];
            assert_int_equal(ivshmem.probe(&device), IVM_UNSUPPORTED);
        }
        device.pci.bars[bar] = good;
    }
    assert_int_equal(fake_log_text_count("base address 0 is not memory of 256 bytes"), 3);
    assert_int_equal(fake_log_text_count("base address 2 is not memory of 1 bytes"), 3);

    fake_system.refuse_to_map = true;
    assert_int_equal(ivshmem.probe(&device), IVM_UNSUPPORTED);
    assert_int_equal(fake_log_text_count("cannot be mapped"), 2);
    assert_int_equal(fake_log_count_of(FAKE_MMIO_READ, REGISTERS + 0x08), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_probe_lets_memory_through_and_takes_the_line_away, set_up),
        cmocka_unit_test_setup(memory_is_mapped_as_far_as_it_goes, set_up),
        cmocka_unit_test_setup(a_device_fires_itself_by_its_own_position, set_up),
        cmocka_unit_test_setup(every_peer_can_be_rung, set_up),
        cmocka_unit_test_setup(a_message_is_the_devices_own_and_touches_nothing, set_up),
        cmocka_unit_test_setup(a_position_that_is_none_is_not_driven, set_up),
        cmocka_unit_test_setup(the_first_revision_is_not_driven_and_not_touched, set_up),
        cmocka_unit_test_setup(bases_that_are_not_there_are_not_driven, set_up),
    };
    return cmocka_run_group_tests_name("ivshmem", tests, NULL, NULL);
}
