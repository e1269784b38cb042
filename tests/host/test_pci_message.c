/* test_pci_message.c: a function's messages: of which kind, opened once, closed as they were found. */
#include "fake/world.h"

#include <string.h>

#include <ivm/device_message.h>
#include <ivm/level.h>

#include "drivers/device.h"
#include "drivers/pci_message.h"
#include "fake/hardware.h"
#include "fake/system.h"
#include "grant_bench.h"

/* Which kind. */

static void any_kind_is_msix_where_there_is_both(void **state)
{
    (void)state;
    sender_add_msix(4);
    sender_add_msi(0x80);
    assert_int_equal(open_as(&(struct ivm_message_wish){.count = 1}), IVM_OK);
    assert_int_equal(grant.kind, IVM_MSIX);
    assert_int_equal(ivm_device_messages_close(&sender.device), IVM_OK);

    assert_int_equal(open_as(&(struct ivm_message_wish){.count = 1, .kind = IVM_MSI}),
                     IVM_OK);
    assert_int_equal(grant.kind, IVM_MSI);
    assert_false(grant.has_masks);
}

static void a_kind_that_the_function_lacks_is_unsupported(void **state)
{
    (void)state;
    assert_int_equal(open_as(&(struct ivm_message_wish){.count = 1}), IVM_UNSUPPORTED);
    sender_add_msi(0);
    assert_int_equal(open_as(&(struct ivm_message_wish){.count = 1, .kind = IVM_MSIX}),
                     IVM_UNSUPPORTED);
    assert_int_equal(grant.granted, 0);
    assert_int_equal(fake_log_text_count("configuration register"), 0);
    assert_int_equal(command(), 0);
}

static void a_lie_is_logged_with_its_register(void **state)
{
    (void)state;
    sender_add_msix(4);
    fake_pci_put32(sender.config, SENDER_MSIX + 4, 6);

    assert_int_equal(open_as(&(struct ivm_message_wish){.count = 1}), IVM_UNSUPPORTED);

    assert_int_equal(
        fake_log_text_count("sender0: MSI-X: the table is in base address 6 or 7"), 1);
    assert_int_equal(fake_log_text_count("(configuration register 0x74)"), 1);
}

static void msi_is_used_where_the_table_cannot_be(void **state)
{
    (void)state;
    sender_add_msix(4);
    sender_add_msi(0x80);
    fake_system.refuse_to_map = true;

    assert_int_equal(open_as(&(struct ivm_message_wish){.count = 4}), IVM_OK);

    assert_int_equal(grant.kind, IVM_MSI);
    assert_int_equal(fake_log_text_count("cannot be mapped"), 1);
}

static void a_base_address_beyond_this_cpu_s_addresses_is_named(void **state)
{
    (void)state;
    sender_add_msix(4);
    sender.device.pci.bars[1].base = UINT64_C(1) << 36;
    assert_int_equal(open_as(&(struct ivm_message_wish){.count = 1}), IVM_UNSUPPORTED);
    assert_int_equal(fake_log_text_count("lies beyond physical memory"), 1);

    fake_cpuid_set(0x80000000, 0, (struct cpu_leaf){.eax = 0x80000008});
    fake_cpuid_set(0x80000008, 0, (struct cpu_leaf){.eax = 0x3028});
    fake_mmio_device(UINT64_C(1) << 36, 0x2000, NULL, NULL, NULL);
    sender.device.pci.bars[1].base = (UINT64_C(1) << 40) - 0x1000;
    assert_int_equal(open_as(&(struct ivm_message_wish){.count = 1}), IVM_UNSUPPORTED);
    assert_int_equal(fake_log_text_count("lies beyond physical memory"), 2);
}

/* What is refused. */

static void a_malformed_wish_is_refused(void **state)
{
    (void)state;
    sender_add_msix(4);
    struct ivm_cpu_set none = {.mask = 0};
    const struct ivm_message_wish bad[] = {
        {.count = 0},
        {.count = 1, .kind = (enum ivm_message_kind)3},
        {.count = 1, .level = 2},
        {.count = 1, .level = 13},
        {.count = 1, .cpus = &none},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(open_as(&bad[i]), IVM_BAD_ARGUMENT);
    assert_int_equal(open_as(NULL), IVM_BAD_ARGUMENT);
    assert_int_equal(grant.granted, 0);
    const struct ivm_message_wish good = {.count = 1};
    assert_int_equal(ivm_device_messages_open(NULL, &good, &grant), IVM_BAD_ARGUMENT);
    sender.device.bus = IVM_BUS_ISA;
    assert_int_equal(open_as(&good), IVM_BAD_ARGUMENT);
    assert_int_equal(sender.allocations, 0);
}

static void messages_are_open_once(void **state)
{
    (void)state;
    sender_add_msix(4);
    assert_int_equal(open_as(&(struct ivm_message_wish){.count = 2}), IVM_OK);
    uint32_t number = ivm_device_message_number(&sender.device, 1);

    assert_int_equal(open_as(&(struct ivm_message_wish){.count = 4}),
                     IVM_ALREADY_CONNECTED);

    assert_int_equal(ivm_device_message_number(&sender.device, 1), number);
    assert_int_equal(ivm_device_message_number(&sender.device, 2), 0);
}

static void a_device_that_is_connected_to_its_line_does_not_open(void **state)
{
    (void)state;
    sender_add_msix(4);
    sender.device.connection.source = &world.lines[3];

    assert_int_equal(open_as(&(struct ivm_message_wish){.count = 1}), IVM_STILL_CONNECTED);

    assert_int_equal(command(), 0);
}

static void a_device_that_is_gone_or_silent_does_not_open(void **state)
{
    (void)state;
    sender_add_msix(4);
    sender_take_out();
    fake_log_clear();
    assert_int_equal(open_as(&(struct ivm_message_wish){.count = 1}), IVM_UNSUPPORTED);
    assert_int_equal(fake_log_text_count("sender0: MSI-X: the function does not answer"),
                     1);
    assert_int_equal(fake_log_count_of(FAKE_PORT_WRITE, 0xCFC), 0);

    sender.device.is_gone = true;
    fake_log_clear();
    assert_int_equal(open_as(&(struct ivm_message_wish){.count = 1}), IVM_DEVICE_GONE);
    assert_int_equal(fake_log_count_of(FAKE_PORT_WRITE, 0xCF8), 0);
}

static void nothing_is_opened_from_the_wrong_context(void **state)
{
    (void)state;
    sender_add_msix(4);
    fake_cpu.interrupts_on = false;
    assert_int_equal(open_as(&(struct ivm_message_wish){.count = 1}), IVM_WRONG_LEVEL);
    fake_cpu.interrupts_on = true;
    assert_int_equal(sender.allocations, 0);
}

static void what_is_not_open_is_not_closed(void **state)
{
    (void)state;
    assert_int_equal(ivm_device_messages_close(NULL), IVM_NOT_FOUND);
    assert_int_equal(ivm_device_messages_close(&sender.device), IVM_NOT_FOUND);
    sender_add_msix(4);
    assert_int_equal(open_as(&(struct ivm_message_wish){.count = 1}), IVM_OK);
    assert_int_equal(ivm_device_messages_close(&sender.device), IVM_OK);
    assert_int_equal(ivm_device_messages_close(&sender.device), IVM_NOT_FOUND);
}

static void nothing_is_closed_from_the_wrong_context(void **state)
{
    (void)state;
    sender_add_msix(4);
    assert_int_equal(open_as(&(struct ivm_message_wish){.count = 1}), IVM_OK);
    uint16_t before = command();
    fake_cpu.interrupts_on = false;
    assert_int_equal(ivm_device_messages_close(&sender.device), IVM_WRONG_LEVEL);
    fake_cpu.interrupts_on = true;
    uint8_t level = ivm_level_raise(IVM_DISPATCH);
    assert_int_equal(ivm_device_messages_close(&sender.device), IVM_WRONG_LEVEL);
    ivm_level_lower(level);

    assert_int_equal(command(), before);
    assert_int_equal(sender.quiets, 0);
    assert_int_equal(ivm_device_messages_close(&sender.device), IVM_OK);
}

static unsigned waits;

static void let_go(void)
{
    assert_int_not_equal(ivm_device_message_number(&sender.device, 0), 0);
    if (++waits == 3)
        devices_unlock();
}

static void a_close_waits_for_whoever_changes_devices(void **state)
{
    (void)state;
    sender_add_msix(4);
    assert_int_equal(open_as(&(struct ivm_message_wish){.count = 1}), IVM_OK);
    assert_int_equal(devices_lock(), IVM_OK);
    waits = 0;
    fake_cpu.on_wait = let_go;

    assert_int_equal(ivm_device_messages_close(&sender.device), IVM_OK);

    assert_int_equal(waits, 3);
    assert_int_equal(devices_lock(), IVM_OK); /* it was given back */
    devices_unlock();
}

static void whoever_is_connected_keeps_all_of_them_open(void **state)
{
    (void)state;
    sender_add_msix(4);
    sender_connect(4);
    for (uint32_t i = 0; i < 4; i++)
        if (i != 2)
            assert_int_equal(ivm_device_message_disconnect(&sender.device, i), IVM_OK);
    uint16_t control = fake_pci_get16(sender.config, SENDER_MSIX + 2);

    assert_int_equal(ivm_device_messages_close(&sender.device), IVM_STILL_CONNECTED);

    assert_int_equal(fake_pci_get16(sender.config, SENDER_MSIX + 2), control);
    assert_int_not_equal(ivm_device_message_number(&sender.device, 3), 0);
    sender_fire(2);
    assert_int_equal(sender.runs[2], 1);
    sender_disconnect();
}

/* The function. */

static void intx_is_off_and_the_bus_master_on_from_open_to_close(void **state)
{
    static const uint16_t found[] = {0x0002, 0x0006, 0x0402, 0x0547, 0x0001, 0x0405};
    const uint16_t ours = PCI_COMMAND_MASTER | PCI_COMMAND_INTX_DISABLE;
    for (unsigned i = 0; i < 12; i++) {
        set_up(state);
        i % 2 == 0 ? sender_add_msix(4) : sender_add_msi(0x80);
        fake_pci_put16(sender.config, PCI_COMMAND, found[i / 2]);

        assert_int_equal(open_as(&(struct ivm_message_wish){.count = 1}), IVM_OK);
        assert_int_equal(command() & ours, ours);
        uint16_t table = i % 2 == 0 ? PCI_COMMAND_MEMORY : 0;
        assert_int_equal(command() & ~ours, (found[i / 2] & ~ours) | table);
        assert_int_equal(ivm_device_messages_close(&sender.device), IVM_OK);

        assert_int_equal(command(), found[i / 2]);
    }
}

static void bits_that_a_driver_sets_meanwhile_stay(void **state)
{
    (void)state;
    sender_add_msix(4);
    assert_int_equal(open_as(&(struct ivm_message_wish){.count = 1}), IVM_OK);
    pci_command((struct pci_address){0, 3, 0}, PCI_COMMAND_IO, 0);

    assert_int_equal(ivm_device_messages_close(&sender.device), IVM_OK);

    assert_int_equal(command(), PCI_COMMAND_IO);
}

static void
a_device_is_quieted_before_its_messages_end_and_before_its_line_begins(void **state)
{
    (void)state;
    sender_add_msix(4);
    assert_int_equal(open_as(&(struct ivm_message_wish){.count = 1}), IVM_OK);
    assert_int_equal(sender.quiets, 0);

    assert_int_equal(ivm_device_messages_close(&sender.device), IVM_OK);

    assert_int_equal(sender.quiets, 2);
    assert_int_equal(sender.quiets_with_msix, 1);
    assert_int_equal(sender.quiets_with_intx, 0);
}

static void a_thousand_opens_take_memory_once(void **state)
{
    (void)state;
    sender_add_msix(4);
    uint32_t free = ivm_stats_free(NULL, 0);
    sender_connect(4);
    sender_disconnect();
    size_t used = sender.memory_used;

    for (unsigned n = 0; n < 1000; n++) {
        sender_connect(1 + n % 4);
        sender_fire(n % 4 % (1 + n % 4));
        sender_disconnect();
    }

    assert_int_equal(sender.memory_used, used);
    assert_int_equal(sender.sent, 1000);
    assert_int_equal(ivm_stats_free(NULL, 0), free);
}

static void memory_that_is_outgrown_is_less_than_what_is_in_use(void **state)
{
    (void)state;
    sender_add_msix(128);
    for (uint32_t count = 1; count <= 128; count++) {
        sender_connect(count);
        sender_disconnect();
    }
    size_t each = sizeof(struct pci_message) + ivm_message_size();

    assert_true(sender.memory_used < sizeof(struct pci_messages) + 2 * 128 * each + 1024);
    assert_int_equal(sender.allocations, 1 + 8);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, set_up, world_end)
    const struct CMUnitTest tests[] = {
        T(any_kind_is_msix_where_there_is_both),
        T(a_kind_that_the_function_lacks_is_unsupported),
        T(a_lie_is_logged_with_its_register),
        T(msi_is_used_where_the_table_cannot_be),
        T(a_base_address_beyond_this_cpu_s_addresses_is_named),
        T(a_malformed_wish_is_refused),
        T(messages_are_open_once),
        T(a_device_that_is_connected_to_its_line_does_not_open),
        T(a_device_that_is_gone_or_silent_does_not_open),
        T(nothing_is_opened_from_the_wrong_context),
        T(what_is_not_open_is_not_closed),
        T(nothing_is_closed_from_the_wrong_context),
        T(a_close_waits_for_whoever_changes_devices),
        T(whoever_is_connected_keeps_all_of_them_open),
        T(intx_is_off_and_the_bus_master_on_from_open_to_close),
        T(bits_that_a_driver_sets_meanwhile_stay),
        T(a_device_is_quieted_before_its_messages_end_and_before_its_line_begins),
        T(a_thousand_opens_take_memory_once),
        T(memory_that_is_outgrown_is_less_than_what_is_in_use),
    };
#undef T
    return cmocka_run_group_tests_name("pci_message", tests, NULL, NULL);
}
