/* test_pci_msix.c: the MSI-X table as a controller: nothing is written to an open entry, nothing is lost
 * under a mask, everything is left as it was found.
 */
#include "fake/world.h"

#include <string.h>

#include <ivm/affinity.h>
#include <ivm/audit.h>
#include <ivm/device_message.h>

#include "drivers/pci_message.h"
#include "fake/hardware.h"
#include "fake/sender.h"
#include "fake/system.h"

enum { ADDRESS = 0, DATA = 2, CONTROL = 3, CONTROL_AT = SENDER_MSIX + 2 };

static int set_up(void **state)
{
    (void)state;
    sender_start(2);
    sender_add_msix(8);
    return 0;
}

static uint32_t word(uint32_t entry, unsigned n)
{
    return sender.words[4 * entry + n];
}

static bool is_masked(uint32_t entry)
{
    return (word(entry, CONTROL) & 1) != 0;
}

static struct ivm_source_id source(uint32_t index)
{
    return (struct ivm_source_id){IVM_MESSAGE,
                                  ivm_device_message_number(&sender.device, index)};
}

static struct ivm_connection *connection(uint32_t index)
{
    return ivm_device_message_connection(&sender.device, index);
}

static uint16_t control(void)
{
    return fake_pci_get16(sender.config, CONTROL_AT);
}

static struct ivm_difference found[4];

static size_t audit(void)
{
    return ivm_audit(found, 4);
}

/* The first write of this register of configuration space at or after `from`; the log's end: none. */
static size_t config_write(size_t from, unsigned at, uint64_t *value)
{
    for (size_t i = from + 1; i < fake_log_count(); i++) {
        const struct fake_access *select = fake_log_at(i - 1), *data = fake_log_at(i);
        if (select->kind == FAKE_PORT_WRITE && select->address == 0xCF8 &&
            (select->value & 0xFC) == (at & 0xFC) && data->kind == FAKE_PORT_WRITE &&
            data->address == 0xCFC + (at & 3)) {
            *value = data->value;
            return i;
        }
    }
    return fake_log_count();
}

/* Open and close. */

static void
the_function_is_enabled_masked_and_let_through_when_all_entries_are_masked(void **state)
{
    (void)state;
    struct ivm_grant grant;
    fake_log_clear();

    assert_int_equal(sender_open(2, &grant), IVM_OK);

    uint64_t first = 0, second = 0;
    size_t at = config_write(0, CONTROL_AT, &first);
    assert_int_equal(first, 0xC007);
    size_t last_entry = 0;
    for (uint32_t i = 0; i < 8; i++) {
        size_t masked =
            fake_log_find(0, FAKE_MMIO_WRITE, SENDER_TABLE + 16 * i + 4 * CONTROL);
        assert_true(masked > at && masked < fake_log_count());
        assert_true(is_masked(i));
        last_entry = masked > last_entry ? masked : last_entry;
    }
    assert_true(config_write(last_entry, CONTROL_AT, &second) < fake_log_count());
    assert_int_equal(second, 0x8007);
    uint64_t command = 0;
    assert_true(config_write(0, PCI_COMMAND, &command) < at);
    assert_int_equal(command,
                     PCI_COMMAND_INTX_DISABLE | PCI_COMMAND_MASTER | PCI_COMMAND_MEMORY);
}

static void an_interrupt_before_the_connect_is_pending_and_comes_with_it(void **state)
{
    (void)state;
    struct ivm_grant grant;
    assert_int_equal(sender_open(2, &grant), IVM_OK);
    sender_fire(1);
    assert_int_equal(sender.sent, 0);
    assert_true(ivm_device_message_pending(&sender.device, 1));

    assert_int_equal(ivm_device_message_connect(&sender.device, 1, NULL, NULL), IVM_OK);

    assert_int_equal(sender.runs[1], 1);
    assert_false(ivm_device_message_pending(&sender.device, 1));
    sender_disconnect();
}

static void everything_is_left_as_it_was_found(void **state)
{
    static const uint16_t controls[] = {0x0007, 0x4007, 0x8007, 0xC007};
    for (size_t i = 0; i < sizeof controls / sizeof controls[0]; i++) {
        set_up(state);
        uint32_t before[SENDER_ENTRIES * 4];
        memcpy(before, sender.words, sizeof before);
        fake_pci_put16(sender.config, CONTROL_AT, controls[i]);

        sender_connect(5);
        for (uint32_t n = 0; n < 5; n++)
            assert_int_not_equal(word(n, DATA), before[4 * n + DATA]);
        sender_disconnect();

        assert_memory_equal(sender.words, before, sizeof before);
        assert_int_equal(control(), controls[i] & 0x7FFF);
    }
}

/* Entries. */

static void each_entry_holds_the_words_of_its_own_vector(void **state)
{
    (void)state;
    sender_connect(8);

    for (uint32_t i = 0; i < 8; i++) {
        uint32_t cpu;
        uint8_t vector = world_place(source(i), &cpu);
        assert_int_equal(word(i, ADDRESS), 0xFEE00000 | cpu << 12);
        assert_int_equal(word(i, ADDRESS + 1), 0);
        assert_int_equal(word(i, DATA) & 0xFF, vector);
        assert_int_equal(word(i, CONTROL), 0xABC0);
        sender_fire(i);
        assert_int_equal(sender.runs[i], 1);
    }
    assert_int_equal(sender.sent, 8);
    sender_disconnect();
}

/* The model fails the test when an open entry's words are written; here, what comes just then. */
static void fire_after_the_address(uint32_t entry, unsigned n)
{
    if (n == ADDRESS)
        sender_fire(entry);
}

static void a_message_sent_in_the_middle_of_a_move_comes_once_and_whole(void **state)
{
    (void)state;
    sender_connect(1);
    uint32_t from, to;
    uint8_t vector = world_place(source(0), &from);
    sender.on_entry_write = fire_after_the_address;
    struct ivm_cpu_set other = {.mask = UINT64_C(1) << (1 - from)};

    assert_int_equal(ivm_set_affinity(source(0), &other), IVM_OK);

    assert_int_equal(world_place(source(0), &to), vector);
    assert_int_equal(to, 1 - from);
    assert_int_equal(sender.sent, 1);
    assert_int_equal(sender.last.address, 0xFEE00000 | to << 12);
    assert_int_equal(sender.last.data & 0xFF, vector);
    assert_int_equal(sender.runs[0], 1);
    assert_false(is_masked(0));
    sender.on_entry_write = NULL;
    sender_disconnect();
}

static void a_masked_message_stays_masked_when_it_moves(void **state)
{
    (void)state;
    sender_connect(1);
    uint32_t from;
    world_place(source(0), &from);
    assert_int_equal(ivm_message_mask(connection(0)), IVM_OK);
    struct ivm_cpu_set other = {.mask = UINT64_C(1) << (1 - from)};

    assert_int_equal(ivm_set_affinity(source(0), &other), IVM_OK);

    assert_true(is_masked(0));
    assert_int_equal(word(0, ADDRESS), 0xFEE00000 | (1 - from) << 12);
    sender_disconnect();
}

static void a_masked_message_is_pending_and_comes_once(void **state)
{
    (void)state;
    sender_connect(8);
    assert_int_equal(ivm_message_mask(connection(7)), IVM_OK);

    for (unsigned n = 0; n < 3; n++)
        sender_fire(7);
    sender_fire(6);

    assert_int_equal(sender.runs[7], 0);
    assert_int_equal(sender.runs[6], 1);
    for (uint32_t i = 0; i < 8; i++)
        assert_int_equal(ivm_device_message_pending(&sender.device, i), i == 7);
    assert_int_equal(ivm_message_unmask(connection(7)), IVM_OK);
    assert_int_equal(sender.runs[7], 1);
    assert_false(ivm_device_message_pending(&sender.device, 7));
    sender_disconnect();
}

static void a_mask_is_read_back(void **state)
{
    (void)state;
    sender_connect(1);
    fake_log_clear();

    assert_int_equal(ivm_message_mask(connection(0)), IVM_OK);

    const uint64_t at = SENDER_TABLE + 4 * CONTROL;
    size_t written = fake_log_find(0, FAKE_MMIO_WRITE, at);
    size_t read = fake_log_find(written, FAKE_MMIO_READ, at);
    assert_true(written < read && read < fake_log_count());
    assert_false(fake_log_at(written)->interrupts_on);
    sender_disconnect();
}

/* The function mask. */

static void a_held_function_keeps_everything_pending(void **state)
{
    (void)state;
    sender_connect(3);
    assert_int_equal(ivm_message_mask(connection(2)), IVM_OK);
    assert_int_equal(ivm_device_messages_hold(&sender.device), IVM_OK);
    assert_int_equal(control(), 0xC007);

    for (uint32_t i = 0; i < 3; i++)
        sender_fire(i);

    assert_int_equal(sender.sent, 0);
    assert_int_equal(audit(), 0);
    assert_int_equal(ivm_device_messages_release(&sender.device), IVM_OK);
    assert_int_equal(control(), 0x8007);
    sender_settle();
    assert_int_equal(sender.runs[0] + sender.runs[1], 2);
    assert_int_equal(sender.runs[2], 0);
    sender_disconnect();
}

static void a_new_open_holds_nothing(void **state)
{
    (void)state;
    sender_connect(1);
    assert_int_equal(ivm_device_messages_hold(&sender.device), IVM_OK);
    sender_disconnect();

    sender_connect(1);

    assert_int_equal(control(), 0x8007);
    fake_pci_put16(sender.config, CONTROL_AT, 0xC007);
    assert_int_equal(audit(), 1);
    sender_disconnect();
}

/* A foreign hand. */

static void expect_difference(enum ivm_difference_kind kind, uint32_t index)
{
    assert_int_equal(audit(), 1);
    assert_int_equal(found[0].kind, kind);
    assert_int_equal(found[0].source.number, source(index).number);
    assert_string_equal(found[0].controller, "MSI-X");
}

static void each_kind_of_foreign_write_is_found(void **state)
{
    (void)state;
    sender_connect(3);
    uint32_t address = word(1, ADDRESS), data = word(1, DATA);
    assert_int_equal(audit(), 0);

    sender.words[4 + DATA] = data ^ 0x80;
    expect_difference(IVM_DIFFERS_VECTOR, 1);
    assert_string_equal(found[0].owner, "sender0");
    sender.words[4 + DATA] = data | 1 << 15;
    expect_difference(IVM_DIFFERS_TRIGGER, 1);
    sender.words[4 + DATA] = data | 2 << 8;
    expect_difference(IVM_DIFFERS_FOREIGN, 1);
    sender.words[4 + DATA] = data;
    sender.words[4 + ADDRESS] = address ^ 1 << 12;
    expect_difference(IVM_DIFFERS_CPU, 1);
    sender.words[4 + ADDRESS] = 0x1000;
    expect_difference(IVM_DIFFERS_FOREIGN, 1);
    sender.words[4 + ADDRESS] = address;
    sender.words[4 + CONTROL] |= 1;
    expect_difference(IVM_DIFFERS_MASKED, 1);
    sender.words[4 + CONTROL] &= ~UINT32_C(1);
    assert_int_equal(audit(), 0);

    fake_pci_put16(sender.config, CONTROL_AT, 0x0007);
    assert_int_equal(audit(), 3);
    assert_int_equal(found[0].kind, IVM_DIFFERS_MASKED);
    fake_pci_put16(sender.config, CONTROL_AT, 0x8007);
    assert_int_equal(ivm_device_message_disconnect(&sender.device, 2), IVM_OK);
    sender.words[8 + CONTROL] &= ~UINT32_C(1);
    expect_difference(IVM_DIFFERS_UNMASKED, 2);
    sender_disconnect();
}

/* A function that is gone. */

static void nothing_is_touched_of_a_function_that_is_gone(void **state)
{
    (void)state;
    sender_connect(4);
    sender_take_out();
    sender.device.is_gone = true;
    fake_log_clear();

    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(ivm_message_mask(connection(i)), IVM_OK);
        assert_int_equal(ivm_message_unmask(connection(i)), IVM_OK);
        assert_false(ivm_device_message_pending(&sender.device, i));
    }
    assert_int_equal(ivm_device_messages_hold(&sender.device), IVM_UNSUPPORTED);
    sender_disconnect();

    assert_int_equal(sender.quiets, 0);
    for (size_t i = 0; i < fake_log_count(); i++)
        assert_int_equal(fake_log_at(i)->kind, FAKE_CPU);
}

static void
a_function_that_vanished_unseen_is_read_as_all_ones_and_comes_to_an_end(void **state)
{
    (void)state;
    sender_connect(4);
    sender_take_out();

    assert_true(audit() >= 4);
    assert_true(ivm_device_message_pending(&sender.device, 0));
    assert_int_equal(ivm_device_messages_hold(&sender.device), IVM_OK);
    sender_disconnect();
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, set_up, world_end)
    const struct CMUnitTest tests[] = {
        T(the_function_is_enabled_masked_and_let_through_when_all_entries_are_masked),
        T(an_interrupt_before_the_connect_is_pending_and_comes_with_it),
        T(everything_is_left_as_it_was_found),
        T(each_entry_holds_the_words_of_its_own_vector),
        T(a_message_sent_in_the_middle_of_a_move_comes_once_and_whole),
        T(a_masked_message_stays_masked_when_it_moves),
        T(a_masked_message_is_pending_and_comes_once),
        T(a_mask_is_read_back),
        T(a_held_function_keeps_everything_pending),
        T(a_new_open_holds_nothing),
        T(each_kind_of_foreign_write_is_found),
        T(nothing_is_touched_of_a_function_that_is_gone),
        T(a_function_that_vanished_unseen_is_read_as_all_ones_and_comes_to_an_end),
    };
#undef T
    return cmocka_run_group_tests_name("pci_msix", tests, NULL, NULL);
}
