/* test_device_load.c: devices taken from their driver and offered to it again. */
#include "fake/toys.h"

static struct fake_function *function;
static struct ivm_device *toy0;

static int set_up(void **unused)
{
    (void)unused;
    toys_start();
    function = toys_add(0, 4);
    devices_find();
    toy0 = ivm_device_find("toy0");
    return toy0 == NULL;
}

static uint16_t command(void)
{
    return fake_pci_get16(function, PCI_COMMAND);
}

static void connected_as(const char *owner, enum ivm_source_kind kind, uint32_t number)
{
    toys.owner = owner;
    toys.kind = kind;
    toys.number = number;
}

/* Unloading. */

static void an_unloaded_device_was_quieted_and_stopped_and_stays_in_the_table(void **unused)
{
    (void)unused;
    size_t count = ivm_device_count();

    assert_int_equal(ivm_device_unload(toy0), IVM_OK);

    assert_string_equal(toys.calls, "qs");
    assert_null(toy0->driver);
    assert_false(toy0->is_gone);
    assert_int_equal(ivm_device_count(), count);
    assert_ptr_equal(ivm_device_find("toy0"), toy0);
    assert_int_equal(fake_log_text_count("toy0: taken from its driver, toy"), 1);
}

static void an_unloaded_function_asserts_no_line_and_reads_no_memory(void **unused)
{
    (void)unused;
    assert_int_equal(command(), PCI_COMMAND_MASTER);

    assert_int_equal(ivm_device_unload(toy0), IVM_OK);

    assert_int_equal(command(), PCI_COMMAND_INTX_DISABLE);
}

static void an_unloaded_bridge_goes_on_working_for_what_is_behind_it(void **unused)
{
    (void)unused;
    toys_start();
    function = fake_pci_add_bridge(0, 6, 1);
    fake_pci_put32(function, PCI_VENDOR_ID, 0x000C1B36);
    devices_find();

    assert_int_equal(ivm_device_unload(ivm_device_find("port0")), IVM_OK);

    assert_int_equal(command(), PCI_COMMAND_MASTER);
}

static void nothing_that_is_connected_is_unloaded(void **unused)
{
    (void)unused;
    connected_as("toy0", IVM_LINE, 11);
    assert_int_equal(ivm_device_unload(toy0), IVM_STILL_CONNECTED);
    toys.owner_count = 3;
    assert_int_equal(ivm_device_unload(toy0), IVM_STILL_CONNECTED);
    toy0->own_message = 7;
    connected_as("toy0", IVM_MESSAGE, 7);
    assert_int_equal(ivm_device_unload(toy0), IVM_STILL_CONNECTED);
    connected_as(NULL, IVM_LINE, 0);
    toys.open = 1;
    assert_int_equal(ivm_device_unload(toy0), IVM_STILL_CONNECTED);

    assert_string_equal(toys.calls, "");
    assert_non_null(toy0->driver);
    assert_int_equal(command(), PCI_COMMAND_MASTER);
}

static void others_on_its_line_do_not_hold_a_device(void **unused)
{
    (void)unused;
    connected_as("toy1", IVM_LINE, 11);
    toys.owner_count = 2;

    assert_int_equal(ivm_device_unload(toy0), IVM_OK);
}

static void more_owners_than_can_be_looked_at_may_include_the_device(void **unused)
{
    (void)unused;
    connected_as("toy1", IVM_LINE, 11);
    toys.owner_count = 65;

    assert_int_equal(ivm_device_unload(toy0), IVM_STILL_CONNECTED);
    toys.owner_count = 64;
    assert_int_equal(ivm_device_unload(toy0), IVM_OK);
}

/* Loading. */

static void a_thousand_cycles_use_the_same_memory(void **unused)
{
    (void)unused;
    void *state = toy0->state;
    unsigned allocations = toys.allocations, probes = toys.probes;

    for (unsigned cycle = 0; cycle < 1000; cycle++) {
        memset(toys.calls, 0, sizeof toys.calls);
        fake_system_reset(); /* the log has room for some cycles only */
        assert_int_equal(ivm_device_unload(toy0), IVM_OK);
        assert_int_equal(ivm_device_load(toy0), IVM_OK);
        assert_ptr_equal(toy0->driver, &toy);
    }

    assert_int_equal(toys.probes - probes, 1000);
    assert_int_equal(toys.allocations, allocations);
    assert_ptr_equal(toy0->state, state);
    assert_string_equal(toy0->name, "toy0");
    assert_int_equal(command(), PCI_COMMAND_MASTER);
}

static void nothing_is_loaded_or_unloaded_twice(void **unused)
{
    (void)unused;
    assert_int_equal(ivm_device_load(toy0), IVM_ALREADY_CONNECTED);
    assert_int_equal(ivm_device_unload(toy0), IVM_OK);
    assert_int_equal(ivm_device_unload(toy0), IVM_NO_SUCH_DEVICE);
    assert_int_equal(ivm_device_load(toy0), IVM_OK);
    assert_int_equal(ivm_device_load(toy0), IVM_ALREADY_CONNECTED);

    assert_int_equal(toys.probes, 1 + 1 + 1 + 1); /* com1, toys0, toy0, toy0 again */
}

static void nothing_is_probed_under_somebody_s_feet(void **unused)
{
    (void)unused;
    assert_int_equal(ivm_device_unload(toy0), IVM_OK);
    unsigned probes = toys.probes;
    toys.open = 1;
    assert_int_equal(ivm_device_load(toy0), IVM_STILL_CONNECTED);
    toys.open = 0;
    connected_as("toy0", IVM_LINE, 11);
    assert_int_equal(ivm_device_load(toy0), IVM_STILL_CONNECTED);

    assert_int_equal(toys.probes, probes);
    assert_null(toy0->driver);
    connected_as("other", IVM_LINE, 11);
    assert_int_equal(ivm_device_load(toy0), IVM_OK);
}

static void what_no_driver_has_a_row_for_is_not_loaded(void **unused)
{
    (void)unused;
    struct ivm_device *host = ivm_device_find("pci 00:00.0");
    assert_non_null(host);

    assert_int_equal(ivm_device_load(host), IVM_NO_SUCH_DEVICE);

    assert_null(host->driver);
    assert_string_equal(host->name, "pci 00:00.0");
}

static void a_device_that_is_gone_is_neither_loaded_nor_unloaded(void **unused)
{
    (void)unused;
    toy0->is_gone = true;
    assert_int_equal(ivm_device_unload(toy0), IVM_DEVICE_GONE);
    assert_non_null(toy0->driver);
    toy0->driver = NULL;
    assert_int_equal(ivm_device_load(toy0), IVM_DEVICE_GONE);
    assert_string_equal(toys.calls, "");
}

static void a_probe_that_fails_leaves_the_device_undriven_silent_and_its_own(void **unused)
{
    (void)unused;
    assert_int_equal(ivm_device_unload(toy0), IVM_OK);
    toys.answer = IVM_UNSUPPORTED;

    assert_int_equal(ivm_device_load(toy0), IVM_UNSUPPORTED);

    assert_null(toy0->driver);
    assert_int_equal(command(), PCI_COMMAND_INTX_DISABLE);
    assert_ptr_equal(ivm_device_find("toy0"), toy0);
    assert_int_equal(fake_log_text_count("toy0: there, but not driven"), 1);
    toys.answer = IVM_OK;
    assert_int_equal(ivm_device_load(toy0), IVM_OK);
}

static void
a_function_refused_at_the_start_is_loaded_later_under_the_name_it_has(void **unused)
{
    (void)unused;
    toys_start();
    function = toys_add(0, 4);
    toys.answer = IVM_UNSUPPORTED;
    devices_find();
    struct ivm_device *device = ivm_device_find("pci 00:04.0");
    toys.answer = IVM_OK;
    unsigned allocations = toys.allocations;

    assert_int_equal(ivm_device_load(device), IVM_OK);

    assert_ptr_equal(device->driver, &toy);
    assert_string_equal(device->name, "pci 00:04.0");
    assert_int_equal(toys.allocations, allocations);
}

static void no_memory_for_a_state_is_said_and_nothing_is_driven(void **unused)
{
    (void)unused;
    assert_int_equal(ivm_device_unload(toy0), IVM_OK);
    toy0->state = NULL;
    toys.allocations_left = 0;

    assert_int_equal(ivm_device_load(toy0), IVM_EXHAUSTED);

    assert_null(toy0->driver);
    assert_int_equal(fake_log_text_count("no memory for the driver's state"), 1);
}

static void a_line_that_was_measured_stays_known(void **unused)
{
    (void)unused;
    toy0->line = (struct ivm_line_info){17, IVM_LEVEL, IVM_ACTIVE_LOW, "measured"};
    assert_int_equal(ivm_device_unload(toy0), IVM_OK);

    assert_int_equal(ivm_device_load(toy0), IVM_OK);

    assert_true(toy0->has_line);
    assert_int_equal(toy0->line.gsi, 17);
}

static void an_isa_device_comes_back_with_its_row_s_line(void **unused)
{
    (void)unused;
    struct ivm_device *com1 = ivm_device_find("com1");
    assert_int_equal(ivm_device_unload(com1), IVM_OK);
    assert_string_equal(toys.calls, "qs");
    com1->line.gsi = 9;

    assert_int_equal(ivm_device_load(com1), IVM_OK);

    assert_ptr_equal(com1->driver, &toy);
    assert_int_equal(com1->line.gsi, 4);
    assert_true(toys.line_at_probe);
}

/* Its probe chooses a line that nobody has: it must not find its own taken by itself. */
static void an_acpi_device_comes_to_its_probe_without_a_line(void **unused)
{
    (void)unused;
    struct ivm_device *device = ivm_device_find("toys0");
    assert_true(device_uses_line(20));
    assert_int_equal(ivm_device_unload(device), IVM_OK);

    assert_int_equal(ivm_device_load(device), IVM_OK);

    assert_false(toys.line_at_probe);
    assert_int_equal(device->line.gsi, 20);
}

static void from_the_wrong_context_nothing_is_done(void **unused)
{
    (void)unused;
    struct ivm_rescan rescan = {.found = 9, .gone = 9};
    toys.level = IVM_DISPATCH;
    assert_int_equal(ivm_device_unload(toy0), IVM_WRONG_LEVEL);
    ivm_devices_rescan(&rescan);
    toys.level = 0;
    fake_cpu.interrupts_on = false;
    assert_int_equal(ivm_device_unload(toy0), IVM_WRONG_LEVEL);
    toy0->driver = NULL;
    assert_int_equal(ivm_device_load(toy0), IVM_WRONG_LEVEL);

    assert_string_equal(toys.calls, "");
    assert_int_equal(rescan.found + rescan.gone, 0);
    fake_cpu.interrupts_on = true;
    assert_int_equal(ivm_device_load(toy0), IVM_OK); /* the lock was not left taken */
}

int main(void)
{
#define T(test) cmocka_unit_test_setup(test, set_up)
    const struct CMUnitTest tests[] = {
        T(an_unloaded_device_was_quieted_and_stopped_and_stays_in_the_table),
        T(an_unloaded_function_asserts_no_line_and_reads_no_memory),
        T(an_unloaded_bridge_goes_on_working_for_what_is_behind_it),
        T(nothing_that_is_connected_is_unloaded),
        T(others_on_its_line_do_not_hold_a_device),
        T(more_owners_than_can_be_looked_at_may_include_the_device),
        T(a_thousand_cycles_use_the_same_memory),
        T(nothing_is_loaded_or_unloaded_twice),
        T(nothing_is_probed_under_somebody_s_feet),
        T(what_no_driver_has_a_row_for_is_not_loaded),
        T(a_device_that_is_gone_is_neither_loaded_nor_unloaded),
        T(a_probe_that_fails_leaves_the_device_undriven_silent_and_its_own),
        T(a_function_refused_at_the_start_is_loaded_later_under_the_name_it_has),
        T(no_memory_for_a_state_is_said_and_nothing_is_driven),
        T(a_line_that_was_measured_stays_known),
        T(an_isa_device_comes_back_with_its_row_s_line),
        T(an_acpi_device_comes_to_its_probe_without_a_line),
        T(from_the_wrong_context_nothing_is_done),
    };
#undef T
    return cmocka_run_group_tests_name("device_load", tests, NULL, NULL);
}
