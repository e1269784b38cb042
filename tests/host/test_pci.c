/* test_pci.c: PCI configuration space and the walk over its buses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "drivers/pci.h"
#include "fake/hardware.h"
#include "fake/pci_space.h"
#include "fake/system.h"

enum { HOST_BRIDGE = 0x12378086, CLASS_HOST = 0x06000000 };

static struct ivm_pci seen[600];
static size_t seen_count;

static int set_up(void **state)
{
    (void)state;
    fake_hardware_reset();
    fake_system_reset();
    fake_cpu.interrupts_on = true;
    seen_count = 0;
    return 0;
}

static void remember(const struct ivm_pci *pci, void *context)
{
    assert_ptr_equal(context, &seen_count);
    assert_true(seen_count < sizeof seen / sizeof seen[0]);
    seen[seen_count++] = *pci;
}

static size_t walk(void)
{
    return pci_walk(remember, &seen_count);
}

static bool was_seen(uint8_t bus, uint8_t slot, uint8_t function)
{
    size_t times = 0;
    for (size_t i = 0; i < seen_count; i++)
        times += seen[i].bus == bus && seen[i].slot == slot && seen[i].function == function;
    assert_true(times <= 1);
    return times == 1;
}

/* Configuration space. */

static void a_machine_without_the_ports_has_no_pci(void **state)
{
    (void)state;
    fake_ports_default_to_ones();

    assert_false(pci_present());
}

static void a_machine_with_the_ports_and_nothing_behind_them_has_no_pci(void **state)
{
    (void)state;
    fake_pci_start();

    assert_false(pci_present());
}

static void a_machine_with_a_function_on_bus_0_has_pci(void **state)
{
    (void)state;
    fake_pci_start();
    fake_pci_add(0, 31, 0, HOST_BRIDGE);

    assert_true(pci_present());
    assert_true(fake_cpu.interrupts_on);
}

static void each_width_reads_and_writes_its_own_bytes(void **state)
{
    (void)state;
    fake_pci_start();
    struct fake_function *f = fake_pci_add(3, 17, 5, 0x11E81234);
    struct pci_address at = {3, 17, 5};
    for (unsigned i = 0x40; i < 0x100; i++)
        f->bytes[i] = (uint8_t)i;

    assert_int_equal(pci_read16(at, PCI_VENDOR_ID), 0x1234);
    assert_int_equal(pci_read16(at, PCI_DEVICE_ID), 0x11E8);
    for (unsigned i = 0x40; i < 0x100; i++)
        assert_int_equal(pci_read8(at, (uint8_t)i), i);
    assert_int_equal(pci_read32(at, 0xFC), 0xFFFEFDFC);
    pci_write8(at, 0x43, 0xA1);
    pci_write16(at, 0x46, 0xB2B1);
    pci_write32(at, 0x48, 0xC4C3C2C1);

    assert_int_equal(fake_pci_get32(f, 0x40), 0xA1424140);
    assert_int_equal(fake_pci_get32(f, 0x44), 0xB2B14544);
    assert_int_equal(fake_pci_get32(f, 0x48), 0xC4C3C2C1);
    assert_true(fake_cpu.interrupts_on);
}

static void a_caller_with_interrupts_off_keeps_them_off(void **state)
{
    (void)state;
    fake_pci_start();
    fake_pci_add(0, 0, 0, HOST_BRIDGE);
    fake_cpu.interrupts_on = false;

    pci_command((struct pci_address){0, 0, 0}, PCI_COMMAND_MEMORY, 0);

    assert_false(fake_cpu.interrupts_on);
}

static void a_command_changes_the_named_bits_only(void **state)
{
    (void)state;
    fake_pci_start();
    struct fake_function *f = fake_pci_add(0, 4, 0, 0x11E81234);
    fake_pci_put16(f, PCI_COMMAND, 0x0541);

    pci_command((struct pci_address){0, 4, 0}, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER,
                PCI_COMMAND_INTX_DISABLE | PCI_COMMAND_IO);

    assert_int_equal(fake_pci_get16(f, PCI_COMMAND), 0x0146);
}

static void a_function_of_the_root_bus_is_found_by_its_ids(void **state)
{
    (void)state;
    fake_pci_start();
    fake_pci_add(0, 0, 0, HOST_BRIDGE);
    fake_pci_add(0, 1, 3, 0x71138086);
    struct pci_address at = {9, 9, 9};

    assert_false(pci_find_on_root(0x8086, 0x7110, &at));
    assert_int_equal(at.bus, 9);
    assert_true(pci_find_on_root(0x8086, 0x7113, &at));
    assert_int_equal(at.slot, 1);
    assert_int_equal(at.function, 3);
}

/* The walk. */

static void every_function_behind_bridges_is_met_once(void **state)
{
    (void)state;
    fake_pci_start();
    fake_pci_add(0, 0, 0, HOST_BRIDGE);
    fake_pci_add_bridge(0, 2, 1);
    fake_pci_add_bridge(1, 31, 2);
    fake_pci_add_bridge(0, 3, 200);
    fake_pci_add(1, 0, 0, 0x11E81234);
    fake_pci_add(2, 9, 0, 0x11E81234);
    fake_pci_add(200, 31, 0, 0x11E81234);
    fake_pci_add(7, 0, 0, 0x11E81234); /* no bridge leads there */

    assert_int_equal(walk(), 7);

    assert_true(was_seen(0, 0, 0) && was_seen(0, 2, 0) && was_seen(1, 31, 0));
    assert_true(was_seen(0, 3, 0) && was_seen(1, 0, 0) && was_seen(2, 9, 0));
    assert_true(was_seen(200, 31, 0));
    assert_false(was_seen(7, 0, 0));
}

static void a_bus_knows_the_bridge_that_leads_to_it(void **state)
{
    (void)state;
    fake_pci_start();
    fake_pci_add_bridge(0, 2, 1);
    fake_pci_add_bridge(1, 31, 2);
    walk();
    struct pci_address bridge = {9, 9, 9};

    assert_false(pci_bridge_to(0, &bridge));
    assert_false(pci_bridge_to(3, &bridge));
    assert_true(pci_bridge_to(2, &bridge));
    assert_int_equal(bridge.bus, 1);
    assert_int_equal(bridge.slot, 31);
}

static void functions_above_0_are_asked_for_only_where_the_header_says_so(void **state)
{
    (void)state;
    fake_pci_start();
    struct fake_function *several = fake_pci_add(0, 5, 0, 0x11E81234);
    several->bytes[PCI_HEADER_TYPE] = 0x80;
    fake_pci_add(0, 5, 7, 0x11E81234);
    fake_pci_add(0, 6, 0, 0x11E81234);
    fake_pci_add(0, 6, 1, 0x11E81234); /* an echo of function 0 */
    fake_pci_add(0, 7, 1, 0x11E81234); /* without a function 0 there is no device */

    assert_int_equal(walk(), 3);

    assert_true(was_seen(0, 5, 0) && was_seen(0, 5, 7) && was_seen(0, 6, 0));
}

static void bridges_in_a_loop_end_the_walk(void **state)
{
    (void)state;
    fake_pci_start();
    fake_pci_add_bridge(0, 1, 1);
    fake_pci_add_bridge(1, 1, 1); /* to itself */
    fake_pci_add_bridge(1, 2, 0); /* not set up, or back to the root */
    fake_pci_add_bridge(0, 2, 1); /* to a bus that is known */

    assert_int_equal(walk(), 4);

    assert_int_equal(fake_log_text_count("not followed"), 3);
    assert_int_equal(fake_log_text_count("pci 01:01.0: a bridge to bus 1"), 1);
    assert_int_equal(fake_log_text_count("not set up"), 1);
}

static void a_chain_of_255_bridges_is_walked_to_its_end(void **state)
{
    (void)state;
    fake_pci_start();
    for (unsigned bus = 0; bus < 255; bus++)
        fake_pci_add_bridge((uint8_t)bus, 3, (uint8_t)(bus + 1));
    fake_pci_add(255, 1, 0, 0x11E81234);

    assert_int_equal(walk(), 256);

    assert_true(was_seen(255, 1, 0));
}

static void a_function_s_members_are_what_its_header_says(void **state)
{
    (void)state;
    fake_pci_start();
    struct fake_function *f = fake_pci_add(0, 9, 0, 0x11E81234);
    fake_pci_put32(f, PCI_CLASS_REVISION, 0x00FF0010);
    f->bytes[PCI_INTERRUPT_PIN] = 3;
    fake_pci_bar(f, 0, 0xFEB00000, 0xFFF00000);
    fake_pci_put16(f, PCI_COMMAND, PCI_COMMAND_IO | PCI_COMMAND_MEMORY);

    walk();

    assert_int_equal(seen[0].vendor, 0x1234);
    assert_int_equal(seen[0].device, 0x11E8);
    assert_int_equal(seen[0].class_code, 0x00FF00);
    assert_int_equal(seen[0].pin, 3);
    assert_int_equal(seen[0].bars[0].base, 0xFEB00000);
    assert_int_equal(seen[0].bars[0].size, 0x100000);
}

static void sizing_leaves_registers_and_decoding_as_they_were(void **state)
{
    (void)state;
    fake_pci_start();
    struct fake_function *f = fake_pci_add(0, 9, 0, 0x11E81234);
    fake_pci_bar(f, 0, 0xFEB00000, 0xFFF00000);
    fake_pci_bar(f, 2, 0xC001, 0xFFFFFFE1);
    fake_pci_put16(f, PCI_COMMAND, 0x0107);

    walk();

    assert_int_equal(fake_pci_get32(f, 0x10), 0xFEB00000);
    assert_int_equal(fake_pci_get32(f, 0x18), 0xC001);
    assert_int_equal(fake_pci_get16(f, PCI_COMMAND), 0x0107);
    assert_true(fake_cpu.interrupts_on);
}

static void bridges_and_unknown_layouts_are_never_sized(void **state)
{
    (void)state;
    fake_pci_start();
    struct fake_function *host = fake_pci_add(0, 0, 0, HOST_BRIDGE);
    fake_pci_put32(host, PCI_CLASS_REVISION, CLASS_HOST);
    fake_pci_bar(host, 0, 0xF8000000, 0xFC000000);
    fake_pci_add_bridge(0, 1, 1);
    struct fake_function *odd = fake_pci_add(0, 2, 0, 0x00011234);
    odd->bytes[PCI_HEADER_TYPE] = 0x7E;

    assert_int_equal(walk(), 3);

    assert_int_equal(fake_log_count_of(FAKE_PORT_WRITE, 0xCFC), 0);
    assert_int_equal(fake_log_text_count("header layout 126"), 1);
}

static void an_impossible_pin_is_named_and_left_out(void **state)
{
    (void)state;
    fake_pci_start();
    struct fake_function *f = fake_pci_add(0, 9, 0, 0x11E81234);
    f->bytes[PCI_INTERRUPT_PIN] = 5;

    walk();

    assert_int_equal(seen[0].pin, 0);
    assert_int_equal(fake_log_text_count("pci 00:09.0: interrupt pin 5"), 1);
}

static void a_senseless_base_address_is_named_and_left_out(void **state)
{
    (void)state;
    fake_pci_start();
    struct fake_function *f = fake_pci_add(0, 9, 0, 0x11E81234);
    fake_pci_bar(f, 1, 0xFEB00000, 0xFFF0F000);

    walk();

    assert_int_equal(seen[0].bars[1].size, 0);
    assert_int_equal(fake_log_text_count("pci 00:09.0: base address 1 makes no sense"), 1);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup(test, set_up)
    const struct CMUnitTest tests[] = {
        T(a_machine_without_the_ports_has_no_pci),
        T(a_machine_with_the_ports_and_nothing_behind_them_has_no_pci),
        T(a_machine_with_a_function_on_bus_0_has_pci),
        T(each_width_reads_and_writes_its_own_bytes),
        T(a_caller_with_interrupts_off_keeps_them_off),
        T(a_command_changes_the_named_bits_only),
        T(a_function_of_the_root_bus_is_found_by_its_ids),
        T(every_function_behind_bridges_is_met_once),
        T(a_bus_knows_the_bridge_that_leads_to_it),
        T(functions_above_0_are_asked_for_only_where_the_header_says_so),
        T(bridges_in_a_loop_end_the_walk),
        T(a_chain_of_255_bridges_is_walked_to_its_end),
        T(a_function_s_members_are_what_its_header_says),
        T(sizing_leaves_registers_and_decoding_as_they_were),
        T(bridges_and_unknown_layouts_are_never_sized),
        T(an_impossible_pin_is_named_and_left_out),
        T(a_senseless_base_address_is_named_and_left_out),
    };
#undef T
    return cmocka_run_group_tests_name("pci", tests, NULL, NULL);
}
