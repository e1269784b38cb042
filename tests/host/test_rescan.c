/* test_rescan.c: functions that were put in, taken out, and exchanged. */
#include "fake/toys.h"

#define BASE UINT32_C(0xFE000000)

static struct fake_function *function, *bridge;
static struct ivm_device *toy0;
static struct ivm_rescan rescan;

static struct fake_function *add_with_registers(uint8_t bus, uint8_t slot, uint32_t base)
{
    struct fake_function *f = toys_add(bus, slot);
    fake_pci_bar(f, 0, base, 0xFFFFF000);
    return f;
}

static int set_up(void **unused)
{
    (void)unused;
    toys_start();
    function = add_with_registers(0, 4, BASE);
    bridge = fake_pci_add_bridge(0, 6, 1);
    fake_pci_put32(bridge, 0x20, 0xFD00FD00); /* memory [0xFD000000, 0xFD100000) */
    devices_find();
    toy0 = ivm_device_find("toy0");
    return toy0 == NULL;
}

static size_t writes_of_data(void)
{
    size_t writes = 0;
    for (uint64_t port = 0xCFC; port < 0xD00; port++)
        writes += fake_log_count_of(FAKE_PORT_WRITE, port);
    return writes;
}

static void expect(uint32_t found, uint32_t gone)
{
    ivm_devices_rescan(&rescan);
    assert_int_equal(rescan.found, found);
    assert_int_equal(rescan.gone, gone);
}

/* Put in. */

static void where_nothing_changed_nothing_is_written(void **unused)
{
    (void)unused;
    size_t count = ivm_device_count();
    fake_log_clear();

    expect(0, 0);

    assert_int_equal(writes_of_data(), 0);
    assert_int_equal(ivm_device_count(), count);
    assert_non_null(toy0->driver);
}

static void
a_function_that_was_put_in_gets_addresses_and_a_driver_and_the_next_name(void **unused)
{
    (void)unused;
    struct fake_function *f = add_with_registers(0, 9, 0);

    expect(1, 0);

    struct ivm_device *device = ivm_device_find("toy1");
    assert_non_null(device);
    assert_ptr_equal(device->driver, &toy);
    assert_int_equal(device->line.gsi, 11);
    assert_int_equal(device->pci.bars[0].base, 0xFEBFF000);
    assert_int_equal(fake_pci_get32(f, 0x10), 0xFEBFF000);
    assert_int_equal(fake_pci_get16(f, PCI_COMMAND),
                     PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    assert_int_equal(fake_log_text_count("pci 00:09.0: 1234:11e8 was put in\n"), 1);
    expect(0, 0);
}

static void a_function_that_nobody_drives_is_kept_as_well(void **unused)
{
    (void)unused;
    fake_pci_add(0, 9, 0, 0x00017777);

    expect(1, 0);

    assert_null(ivm_device_find("pci 00:09.0")->driver);
    expect(0, 0);
}

static void a_function_without_room_is_named_and_not_offered(void **unused)
{
    (void)unused;
    struct fake_function *f = add_with_registers(1, 0, 0);
    fake_pci_put32(bridge, 0x20, 0xFD00FD10); /* limit below base: closed */
    unsigned probes = toys.probes;

    expect(1, 0);

    assert_int_equal(toys.probes, probes);
    assert_null(ivm_device_find("pci 01:00.0")->driver);
    assert_int_equal(fake_pci_get16(f, PCI_COMMAND), PCI_COMMAND_INTX_DISABLE);
    assert_int_equal(
        fake_log_text_count("pci 01:00.0: no room for base address 0, 0x1000 of memory, "
                            "on bus 01; it gets no addresses"),
        1);

    fake_pci_put32(bridge, 0x20, 0xFD00FD00);
    assert_int_equal(ivm_device_load(ivm_device_find("pci 01:00.0")), IVM_OK);
    assert_int_equal(fake_pci_get32(f, 0x10), 0xFD0FF000);
}

static void functions_above_0_come_with_function_0(void **unused)
{
    (void)unused;
    fake_pci_add(0, 9, 3, 0x00017777);
    expect(0, 0);
    toys_add(0, 9)->bytes[PCI_HEADER_TYPE] = 0x80;

    expect(2, 0);

    assert_non_null(ivm_device_find("pci 00:09.3"));
}

static void a_bridge_that_was_put_in_is_found_and_not_followed(void **unused)
{
    (void)unused;
    fake_pci_add_bridge(0, 9, 2);
    toys_add(2, 0);

    expect(1, 0);

    assert_null(ivm_device_find("toy1"));
    assert_int_equal(fake_log_text_count("pci 00:09.0: a bridge that was put in later"), 1);
}

static void a_full_table_takes_nothing_in_and_says_so(void **unused)
{
    (void)unused;
    for (unsigned i = 0; ivm_device_count() < DEVICE_LIMIT; i++) {
        fake_pci_add((uint8_t)(i / 200), (uint8_t)(10 + i % 200 / 8), i % 8, 0x00017777)
            ->bytes[PCI_HEADER_TYPE] = 0x80;
        if (i % 8 == 7)
            ivm_devices_rescan(&rescan);
    }
    toys_add(0, 9);

    expect(0, 0);

    assert_null(ivm_device_find("toy1"));
    assert_int_equal(fake_log_text_count("no room after 256"), 1);
}

/* Taken out. */

static void
a_function_that_vanished_loses_its_connections_and_its_driver_is_not_asked(void **unused)
{
    (void)unused;
    toys.line_is_connected = true;
    toys.open = TOY_MESSAGES;
    function->is_gone = true;

    expect(0, 1);

    assert_true(toy0->is_gone);
    assert_null(toy0->driver);
    assert_false(toys.line_is_connected);
    assert_int_equal(toys.message_disconnects, TOY_MESSAGES);
    assert_int_equal(toys.closes, 1);
    assert_string_equal(toys.calls, "");
    assert_int_equal(fake_log_text_count("toy0: gone: 1234:11e8 was taken out"), 1);
    assert_int_equal(fake_log_text_count("toy0: its routine was taken off gsi 11"), 1);
    assert_int_equal(
        fake_log_text_count("toy0: its messages are closed, 1 of them were connected"), 1);
    assert_ptr_equal(ivm_device_find("toy0"), toy0);
    assert_false(device_uses_line(11));
    expect(0, 0);
}

static void who_is_connected_in_its_name_is_said_and_can_still_ask_its_driver(void **unused)
{
    (void)unused;
    function->is_gone = true;
    toys.owner = "toy0";
    toys.number = 11;

    expect(0, 1);

    assert_true(toy0->is_gone);
    assert_non_null(toy0->driver);
    assert_int_equal(fake_log_text_count("toy0: somebody is still connected in its name"),
                     1);
    assert_int_equal(ivm_device_unload(toy0), IVM_DEVICE_GONE);
}

static void messages_that_cannot_be_closed_are_said_to_stay(void **unused)
{
    (void)unused;
    function->is_gone = true;
    toys.open = 1;
    toys.messages_stay = true;

    expect(0, 1);

    assert_int_equal(fake_log_text_count("toy0: somebody is still connected in its name; "
                                         "its messages stay open"),
                     1);
    assert_true(toy0->is_gone);
    assert_non_null(toy0->driver);
}

static void what_stayed_open_is_closed_by_a_later_rescan(void **unused)
{
    (void)unused;
    function->is_gone = true;
    toys.open = 2;
    toys.messages_stay = true;
    expect(0, 1);
    expect(0, 0);
    assert_int_equal(toys.closes, 2);
    toys.messages_stay = false;

    expect(0, 0);

    assert_int_equal(toys.open, 0);
    assert_null(toy0->driver);
    assert_int_equal(fake_log_text_count("toy0: its messages are closed"), 1);
    assert_int_equal(fake_log_text_count("toy0: nobody is connected in its name any more"),
                     1);
    assert_string_equal(toys.calls, "");
    expect(0, 0);
    assert_int_equal(toys.closes, 3);
}

static void messages_of_what_nobody_drives_are_closed_by_a_later_rescan_too(void **unused)
{
    (void)unused;
    toy0->driver = NULL;
    function->is_gone = true;
    toys.open = 1;
    toys.messages_stay = true;
    expect(0, 1);
    toys.messages_stay = false;

    expect(0, 0);

    assert_int_equal(toys.open, 0);
}

static void what_is_behind_a_bridge_goes_with_it(void **unused)
{
    (void)unused;
    struct fake_function *behind = add_with_registers(1, 0, 0);
    expect(1, 0);
    bridge->is_gone = behind->is_gone = true;

    expect(0, 2);

    assert_true(ivm_device_find("toy1")->is_gone);
    assert_true(ivm_device_find("pci 00:06.0")->is_gone);
    assert_false(toy0->is_gone);
}

static void without_pci_a_rescan_finds_nothing(void **unused)
{
    (void)unused;
    fake_hardware_reset();
    fake_cpu.interrupts_on = true;
    fake_ports_default_to_ones();

    expect(0, 0);

    assert_false(toy0->is_gone);
}

/* Calls. */

static void a_device_that_is_gone_is_not_connected_and_not_quieted(void **unused)
{
    (void)unused;
    struct ivm_refusal refusal;
    function->is_gone = true;
    expect(0, 1);
    unsigned disconnects = toys.line_disconnects;

    assert_int_equal(ivm_device_connect(toy0, IVM_SHARED, &refusal), IVM_DEVICE_GONE);
    assert_int_equal(ivm_device_disconnect(toy0), IVM_DEVICE_GONE);

    assert_string_equal(refusal.requester, "toy0");
    assert_int_equal(toys.line_disconnects, disconnects);
    assert_string_equal(toys.calls, "");
}

int main(void)
{
#define T(test) cmocka_unit_test_setup(test, set_up)
    const struct CMUnitTest tests[] = {
        T(where_nothing_changed_nothing_is_written),
        T(a_function_that_was_put_in_gets_addresses_and_a_driver_and_the_next_name),
        T(a_function_that_nobody_drives_is_kept_as_well),
        T(a_function_without_room_is_named_and_not_offered),
        T(functions_above_0_come_with_function_0),
        T(a_bridge_that_was_put_in_is_found_and_not_followed),
        T(a_full_table_takes_nothing_in_and_says_so),
        T(a_function_that_vanished_loses_its_connections_and_its_driver_is_not_asked),
        T(who_is_connected_in_its_name_is_said_and_can_still_ask_its_driver),
        T(messages_that_cannot_be_closed_are_said_to_stay),
        T(what_stayed_open_is_closed_by_a_later_rescan),
        T(messages_of_what_nobody_drives_are_closed_by_a_later_rescan_too),
        T(what_is_behind_a_bridge_goes_with_it),
        T(without_pci_a_rescan_finds_nothing),
        T(a_device_that_is_gone_is_not_connected_and_not_quieted),
    };
#undef T
    return cmocka_run_group_tests_name("rescan", tests, NULL, NULL);
}
