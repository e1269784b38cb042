/* test_pci_window.c: addresses for a function that has none, among all that is in use. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <ivm/bus.h>

#include "drivers/pci.h"
#include "drivers/pci_window.h"
#include "fake/hardware.h"
#include "fake/pci_space.h"
#include "fake/system.h"

enum { MCFG_SIZE = 60, WINDOWS = 0x1C };
#define ROOT_END UINT64_C(0xFEC00000)
#define FREE_END UINT64_C(0xFE900000) /* below the window of bus 3 */

static struct ivm_device devices[8];
static size_t device_count;
static uint8_t mcfg[MCFG_SIZE];
static bool has_mcfg;
static struct fake_function *function;
static struct ivm_pci pci;

size_t ivm_device_count(void)
{
    return device_count;
}

struct ivm_device *ivm_device_at(size_t index)
{
    return &devices[index];
}

bool ivm_acpi_table(const char signature[4], const void **table, size_t *length)
{
    *table = mcfg;
    *length = sizeof mcfg;
    return has_mcfg && memcmp(signature, "MCFG", 4) == 0;
}

static void keep(const struct ivm_pci *found, void *context)
{
    (void)context;
    devices[device_count++] = (struct ivm_device){.bus = IVM_BUS_PCI, .pci = *found};
}

/* The buses: 0; behind 6 on it 1; behind 0 on that 2; behind 7 on bus 0 the empty 3. */
static struct fake_function *upper, *lower, *sibling;

static int set_up(void **unused)
{
    (void)unused;
    fake_hardware_reset();
    fake_system_reset();
    fake_cpu.interrupts_on = true;
    fake_pci_start();
    upper = fake_pci_add_bridge(0, 6, 1);
    lower = fake_pci_add_bridge(1, 0, 2);
    sibling = fake_pci_add_bridge(0, 7, 3);
    for (unsigned i = 0; i < 2; i++) {
        struct fake_function *bridge = i == 0 ? upper : lower;
        fake_pci_put32(bridge, WINDOWS, i == 0 ? 0xE0C0 : 0xD0D0);
        fake_pci_put32(bridge, 0x20, i == 0 ? 0xFE30FE00 : 0xFE10FE10);
        fake_pci_put32(bridge, 0x24, 0x0000FFF0);
    }
    fake_pci_put32(sibling, WINDOWS, 0x00F0);
    fake_pci_put32(sibling, 0x20, 0xFEB0FE90);
    fake_pci_put32(sibling, 0x24, 0x0000FFF0);
    pci_window_start();
    has_mcfg = false;
    device_count = 0;
    pci_walk(keep, NULL);
    function = fake_pci_add(0, 9, 0, 0x11E81234);
    pci = (struct ivm_pci){.slot = 9, .vendor = 0x1234, .device = 0x11E8};
    return 0;
}

static void put_on(uint8_t bus)
{
    function->bus = pci.bus = bus;
}

static void wants(unsigned bar, uint32_t size, uint32_t flags)
{
    fake_pci_bar(function, bar, flags, UINT32_MAX);
    pci.bars[bar] = (struct ivm_bar){.size = size, .is_port = (flags & 1) != 0};
}

static void other_has(uint64_t base, uint64_t size)
{
    devices[device_count++] =
        (struct ivm_device){.bus = IVM_BUS_PCI, .pci.bars[2] = {base, size, false}};
}

static uint32_t bar(unsigned number)
{
    return fake_pci_get32(function, PCI_BAR_FIRST + 4 * number);
}

static uint16_t decoding(void)
{
    return fake_pci_get16(function, PCI_COMMAND) & (PCI_COMMAND_IO | PCI_COMMAND_MEMORY);
}

static void who_has_all_its_addresses_is_left_alone(void **unused)
{
    (void)unused;
    pci.bars[0] = (struct ivm_bar){0xFE000000, 0x1000, false};
    fake_log_clear();

    assert_true(pci_give_addresses(&pci));

    assert_int_equal(fake_log_count(), 0);
}

static void a_function_decodes_when_all_its_addresses_are_written(void **unused)
{
    (void)unused;
    wants(0, 0x1000, 0);
    wants(1, 0x20, 1);
    fake_pci_put16(function, PCI_COMMAND,
                   PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_INTX_DISABLE);

    assert_true(
        pci_give_addresses(&pci)); /* the fake complains of a write while it decodes */

    assert_int_equal(bar(0), FREE_END - 0x1000);
    assert_int_equal(bar(1), 0xFFE0);
    assert_int_equal(pci.bars[0].base, FREE_END - 0x1000);
    assert_int_equal(pci.bars[1].base, 0xFFE0);
    assert_int_equal(decoding(), PCI_COMMAND_IO | PCI_COMMAND_MEMORY);
}

static void what_is_64_bits_wide_has_its_upper_half_written(void **unused)
{
    (void)unused;
    wants(2, 0x4000, 4);
    fake_pci_put32(function, PCI_BAR_FIRST + 12, 7);

    assert_true(pci_give_addresses(&pci));

    assert_int_equal(bar(2), FREE_END - 0x4000);
    assert_int_equal(bar(3), 0);
}

static void what_others_have_is_avoided(void **unused)
{
    (void)unused;
    wants(0, 0x100000, 0);
    other_has(FREE_END - 0x1000, 0x1000);
    assert_true(pci_give_addresses(&pci));
    assert_int_equal(bar(0), 0xFE700000);
}

static void what_is_gone_leaves_its_addresses(void **unused)
{
    (void)unused;
    wants(0, 0x100000, 0);
    other_has(ROOT_END - 0x1000, 0x1000);
    devices[device_count - 1].is_gone = true;
    devices[1].is_gone = true; /* the bridge to bus 3 */
    assert_true(pci_give_addresses(&pci));
    assert_int_equal(bar(0), ROOT_END - 0x100000);
}

static void ram_and_what_firmware_keeps_are_avoided(void **unused)
{
    (void)unused;
    wants(0, 0x100000, 0);
    pci_window_avoid(0, 0xC0000000);
    pci_window_avoid(0xFD000000, UINT64_C(0x100000000));
    pci_window_avoid(UINT64_C(0x100000000), UINT64_MAX);
    assert_true(pci_give_addresses(&pci));
    assert_int_equal(bar(0), 0xFCF00000);
}

static void the_enhanced_configuration_space_is_avoided(void **unused)
{
    (void)unused;
    has_mcfg = true;
    memcpy(mcfg + 44, &(uint64_t){0xB0000000}, 8);
    memcpy(mcfg + 52, (uint8_t[]){0, 0, 0, 0xFF}, 4);
    pci_window_avoid(0xC0000000, ROOT_END);
    wants(0, 0x100000, 0);
    assert_true(pci_give_addresses(&pci));
    assert_int_equal(bar(0), 0xAFF00000);
}

static void a_bridge_s_own_registers_are_avoided_as_far_as_they_can_reach(void **unused)
{
    (void)unused;
    fake_pci_put32(sibling, 0x20, 0x0000FFF0);
    fake_pci_put32(sibling, PCI_BAR_FIRST, 0xFEBF8000);
    wants(0, 0x4000, 0);
    assert_true(pci_give_addresses(&pci));
    assert_int_equal(bar(0), 0xFEBF4000);
}

static void behind_a_bridge_addresses_lie_in_its_window_and_not_in_another_s(void **unused)
{
    (void)unused;
    put_on(1);
    wants(0, 0x100000, 0);
    wants(1, 0x1000, 1);
    assert_true(pci_give_addresses(&pci));
    assert_int_equal(bar(0), 0xFE300000); /* in [0xFE000000, 0xFE400000) */
    assert_int_equal(bar(1), 0xE000);     /* in [0xC000, 0xF000) */

    wants(0, 0x200000, 0);
    pci.bars[1] = (struct ivm_bar){0};
    other_has(0xFE300000, 0x100000);
    assert_false(pci_give_addresses(&pci)); /* the lower bridge has one of the other two */
}

static void behind_two_bridges_the_upper_one_s_window_is_not_in_the_way(void **unused)
{
    (void)unused;
    put_on(2);
    wants(0, 0x100000, 0);
    wants(1, 0x1000, 1);
    assert_true(pci_give_addresses(&pci));
    assert_int_equal(bar(0), 0xFE100000);
    assert_int_equal(bar(1), 0xD000);
}

static void who_has_memory_does_without_ports(void **unused)
{
    (void)unused;
    put_on(3);
    wants(0, 0x20, 1);
    wants(1, 0x1000, 0);
    wants(4, 0x8, 1);

    assert_true(pci_give_addresses(&pci));

    assert_int_equal(pci.bars[0].base, 0);
    assert_int_equal(pci.bars[4].base, 0);
    assert_int_equal(bar(1), 0xFEBFF000);
    assert_int_equal(decoding(), PCI_COMMAND_MEMORY);
    assert_int_equal(
        fake_log_text_count("pci 03:09.0: no room for base address 0, 0x20 ports, on bus "
                            "03; it goes without ports"),
        1);
}

static void who_went_without_ports_is_given_the_rest_again_and_again(void **unused)
{
    (void)unused;
    put_on(3);
    wants(0, 0x20, 1);
    wants(1, 0x1000, 0);
    assert_true(pci_give_addresses(&pci));
    fake_log_clear();

    assert_true(pci_give_addresses(&pci));

    assert_int_equal(decoding(), PCI_COMMAND_MEMORY);
    assert_int_equal(bar(1), 0xFEBFF000);
    /* once to enable it: it is not switched off in between */
    assert_int_equal(fake_log_count_of(FAKE_PORT_WRITE, 0xCFC), 1);
    pci_command((struct pci_address){3, 9, 0}, 0, PCI_COMMAND_MEMORY);
    for (uint64_t i = 0; i <= 160; i++)
        pci_window_avoid(i * 0x1000, i * 0x1000 + 1); /* more than can be kept */
    assert_true(pci_give_addresses(&pci));
    assert_int_equal(decoding(), PCI_COMMAND_MEMORY);
}

static void who_has_only_ports_does_not(void **unused)
{
    (void)unused;
    put_on(3);
    wants(0, 0x20, 1);

    assert_false(pci_give_addresses(&pci));

    assert_int_equal(decoding(), 0);
    assert_int_equal(fake_log_text_count("it gets no addresses"), 1);
}

static void a_function_that_does_not_fit_decodes_nothing(void **unused)
{
    (void)unused;
    put_on(3);
    wants(0, 0x400000, 0);
    fake_pci_put16(function, PCI_COMMAND, PCI_COMMAND_MEMORY);

    assert_false(pci_give_addresses(&pci));

    assert_int_equal(decoding(), 0);
    assert_int_equal(pci.bars[0].base, 0);
    assert_int_equal(fake_log_text_count("no room for base address 0, 0x400000 of memory"),
                     1);
}

static void a_register_that_keeps_nothing_is_named_and_nothing_decodes(void **unused)
{
    (void)unused;
    wants(0, 0x1000, 0);
    function->bar_sizes[0] = 0;

    assert_false(pci_give_addresses(&pci));

    assert_int_equal(decoding(), 0);
    assert_int_equal(
        fake_log_text_count("pci 00:09.0: base address 0 does not keep 0xfe8ff000"), 1);
}

static void where_more_is_to_be_avoided_than_can_be_kept_nothing_is_given(void **unused)
{
    (void)unused;
    wants(0, 0x1000, 0);
    pci_window_avoid(5, 5); /* nothing */
    for (uint64_t i = 0; i < 160; i++)
        pci_window_avoid(i * 0x1000, i * 0x1000 + 1);
    assert_true(pci_give_addresses(&pci));

    pci.bars[0].base = 0;
    pci_window_avoid(0x1000000, 0x1000001);
    assert_false(pci_give_addresses(&pci));

    wants(0, 0x20, 1); /* nor what comes without its ports */
    wants(1, 0x1000, 0);
    assert_false(pci_give_addresses(&pci));
    assert_int_equal(pci.bars[1].base, 0);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup(test, set_up)
    const struct CMUnitTest tests[] = {
        T(who_has_all_its_addresses_is_left_alone),
        T(a_function_decodes_when_all_its_addresses_are_written),
        T(what_is_64_bits_wide_has_its_upper_half_written),
        T(what_others_have_is_avoided),
        T(what_is_gone_leaves_its_addresses),
        T(ram_and_what_firmware_keeps_are_avoided),
        T(the_enhanced_configuration_space_is_avoided),
        T(a_bridge_s_own_registers_are_avoided_as_far_as_they_can_reach),
        T(behind_a_bridge_addresses_lie_in_its_window_and_not_in_another_s),
        T(behind_two_bridges_the_upper_one_s_window_is_not_in_the_way),
        T(who_has_memory_does_without_ports),
        T(who_went_without_ports_is_given_the_rest_again_and_again),
        T(who_has_only_ports_does_not),
        T(a_function_that_does_not_fit_decodes_nothing),
        T(a_register_that_keeps_nothing_is_named_and_nothing_decodes),
        T(where_more_is_to_be_avoided_than_can_be_kept_nothing_is_given),
    };
#undef T
    return cmocka_run_group_tests_name("pci_window", tests, NULL, NULL);
}
