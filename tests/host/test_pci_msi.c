/* test_pci_msi.c: the MSI capability as a controller: with masks of its own, and with the enable bit as
 * the only one.
 */
#include "fake/world.h"

#include <ivm/affinity.h>
#include <ivm/audit.h>
#include <ivm/device_message.h>

#include "drivers/pci_message.h"
#include "fake/hardware.h"
#include "fake/system.h"
#include "msi_bench.h"

static struct ivm_source_id source(uint32_t index)
{
    return (struct ivm_source_id){IVM_MESSAGE,
                                  ivm_device_message_number(&sender.device, index)};
}

static bool is_on(void)
{
    return (get16(CONTROL_AT) & ON) != 0;
}

/* Writes to configuration space in the log: where, in order. */
static size_t config_writes(unsigned out[16])
{
    size_t count = 0;
    for (size_t i = 1; i < fake_log_count(); i++) {
        const struct fake_access *data = fake_log_at(i);
        if (data->kind != FAKE_PORT_WRITE || data->address < 0xCFC)
            continue;
        assert_true(count < 16);
        assert_int_equal(fake_log_at(i - 1)->address, 0xCF8);
        out[count++] = (unsigned)(fake_log_at(i - 1)->value & 0xFC) +
                       (unsigned)(data->address - 0xCFC);
    }
    return count;
}

/* Words. */

static void
the_words_name_the_block_s_first_vector_and_the_function_adds_the_index(void **state)
{
    (void)state;
    start_with(MASKS | OF_4);
    sender_connect(4);
    uint32_t cpu;
    uint8_t first = world_place(source(0), &cpu);

    assert_int_equal(first % 4, 0);
    assert_int_equal(get16(DATA_AT) & 0xFF, first);
    assert_int_equal(get32(ADDRESS_AT), 0xFEE00000 | cpu << 12);
    assert_int_equal(get16(CONTROL_AT) >> 4 & 7, 2);
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(world_place(source(i), &cpu), first + i);
        assert_true(sender_fire_msi(i));
        assert_int_equal(sender.runs[i], 1);
    }
    sender_disconnect();
}

static void
whichever_message_comes_first_writes_the_words_and_no_other_touches_them(void **state)
{
    (void)state;
    start_with(MASKS | OF_4);
    struct ivm_grant grant;
    assert_int_equal(sender_open(4, &grant), IVM_OK);
    assert_int_equal(ivm_device_message_connect(&sender.device, 3, NULL, NULL), IVM_OK);
    uint32_t cpu;
    uint8_t vector = world_place(source(3), &cpu);
    assert_int_equal(get16(DATA_AT) & 0xFF, vector - 3);

    unsigned writes[16] = {0};
    fake_log_clear();
    assert_int_equal(ivm_device_message_connect(&sender.device, 0, NULL, NULL), IVM_OK);
    assert_int_equal(ivm_device_message_disconnect(&sender.device, 0), IVM_OK);

    size_t count = config_writes(writes);
    assert_true(count > 0);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(writes[i], MASK_AT);
    assert_true(sender_fire_msi(3));
    assert_int_equal(sender.runs[3], 1);
    sender_disconnect();
}

static void a_32_bit_function_has_no_upper_half(void **state)
{
    (void)state;
    start_with(MASKS_32);
    sender_connect(1);
    uint32_t cpu;

    assert_int_equal(get16(DATA_32_AT) & 0xFF, world_place(source(0), &cpu));
    assert_int_equal(get32(ADDRESS_AT), 0xFEE00000 | cpu << 12);
    assert_int_equal(get32(MASK_32_AT), 0);
    assert_true(sender_fire_msi(0));
    assert_int_equal(sender.runs[0], 1);
    sender_disconnect();
}

static void everything_is_left_as_it_was_found(void **state)
{
    (void)state;
    static const uint16_t controls[] = {PLAIN | OF_4, MASKS | OF_4,
                                        MASKS | OF_4 | 0x20 | ON, PLAIN | OF_4 | 0x10 | ON};
    for (size_t i = 0; i < sizeof controls / sizeof controls[0]; i++) {
        start_with(controls[i]);
        fake_pci_put32(sender.config, ADDRESS_AT, 0x12345678);
        fake_pci_put32(sender.config, HIGH_AT, 0x9);
        fake_pci_put16(sender.config, DATA_AT, 0xDA7A);
        fake_pci_put32(sender.config, MASK_AT, 0xFFFFFF05);

        sender_connect(4);
        assert_int_equal(get32(HIGH_AT), 0);
        sender_disconnect();

        assert_int_equal(get32(ADDRESS_AT), 0x12345678);
        assert_int_equal(get32(HIGH_AT), 0x9);
        assert_int_equal(get16(DATA_AT), 0xDA7A);
        assert_int_equal(get32(MASK_AT), 0xFFFFFF05);
        assert_int_equal(get16(CONTROL_AT), controls[i] & ~ON);
    }
}

/* With masks. */

static void mask_bits_of_messages_that_are_not_granted_stay(void **state)
{
    (void)state;
    start_with(MASKS | OF_4);
    fake_pci_put32(sender.config, MASK_AT, 0xA);

    sender_connect(2);

    assert_int_equal(get32(MASK_AT), 0x8);
    assert_int_equal(ivm_message_mask(connection(0)), IVM_OK);
    assert_int_equal(get32(MASK_AT), 0x9);
    assert_int_equal(ivm_message_unmask(connection(0)), IVM_OK);
    assert_int_equal(get32(MASK_AT), 0x8);
    sender_disconnect();
}

static void a_masked_message_is_pending(void **state)
{
    (void)state;
    start_with(MASKS | OF_4);
    sender_connect(4);
    assert_int_equal(ivm_message_mask(connection(2)), IVM_OK);
    assert_true(sender_fire_msi(2));
    assert_true(sender_fire_msi(3));

    assert_int_equal(sender.runs[2], 0);
    assert_int_equal(sender.runs[3], 1);
    assert_true(ivm_device_message_pending(&sender.device, 2));
    assert_false(ivm_device_message_pending(&sender.device, 3));
    assert_true(is_on());
    sender_disconnect();
}

static void a_held_function_masks_each_message_and_forgets_none(void **state)
{
    (void)state;
    start_with(MASKS | OF_4);
    sender_connect(4);
    assert_int_equal(ivm_message_mask(connection(1)), IVM_OK);

    assert_int_equal(ivm_device_messages_hold(&sender.device), IVM_OK);
    assert_int_equal(get32(MASK_AT), 0xF);
    assert_int_equal(ivm_message_mask(connection(0)), IVM_OK);
    assert_int_equal(ivm_message_unmask(connection(1)), IVM_OK);
    assert_int_equal(get32(MASK_AT), 0xF);
    struct ivm_difference found;
    assert_int_equal(ivm_audit(&found, 1), 0);

    assert_int_equal(ivm_device_messages_release(&sender.device), IVM_OK);
    assert_int_equal(get32(MASK_AT), 0x1);
    sender_disconnect();
}

static void with_a_mask_a_single_message_moves_under_it(void **state)
{
    (void)state;
    start_with(MASKS);
    sender_connect(1);
    uint32_t from;
    uint8_t vector = world_place(source(0), &from);
    struct ivm_cpu_set other = {.mask = UINT64_C(1) << (1 - from)};
    unsigned writes[16] = {0};
    fake_log_clear();

    assert_int_equal(ivm_set_affinity(source(0), &other), IVM_OK);

    assert_int_equal(config_writes(writes), 3);
    assert_int_equal(writes[0], MASK_AT);
    assert_int_equal(writes[1], ADDRESS_AT);
    assert_int_equal(writes[2], MASK_AT);
    assert_int_equal(get32(MASK_AT), 0);
    assert_int_equal(get32(ADDRESS_AT), 0xFEE00000 | (1 - from) << 12);
    assert_int_equal(get16(DATA_AT) & 0xFF, vector);
    sender_disconnect();
}

static void members_of_a_block_do_not_move(void **state)
{
    (void)state;
    start_with(MASKS | OF_4);
    sender_connect(4);
    uint32_t from;
    world_place(source(0), &from);
    struct ivm_cpu_set other = {.mask = UINT64_C(1) << (1 - from)};
    fake_log_clear();

    assert_int_equal(ivm_set_affinity(source(0), &other), IVM_UNSUPPORTED);
    pci_msi_form.controller->redirect(sender.device.messages, 0, 1 - from);

    unsigned writes[16] = {0};
    assert_int_equal(config_writes(writes), 0);
    sender_disconnect();
}

/* Without. */

static void a_single_message_is_masked_by_the_enable_bit_and_lost(void **state)
{
    (void)state;
    start_with(PLAIN);
    struct ivm_grant grant;
    assert_int_equal(sender_open(1, &grant), IVM_OK);
    assert_false(grant.has_masks);
    assert_false(is_on());
    assert_int_equal(ivm_device_message_connect(&sender.device, 0, NULL, NULL), IVM_OK);
    assert_true(is_on());

    assert_int_equal(ivm_message_mask(connection(0)), IVM_OK);
    assert_false(is_on());
    assert_false(sender_fire_msi(0));
    assert_int_not_equal(get16(PCI_COMMAND) & PCI_COMMAND_INTX_DISABLE, 0);
    assert_false(ivm_device_message_pending(&sender.device, 0));
    assert_int_equal(ivm_message_unmask(connection(0)), IVM_OK);

    assert_true(is_on());
    assert_int_equal(sender.runs[0], 0);
    assert_true(sender_fire_msi(0));
    assert_int_equal(sender.runs[0], 1);
    sender_disconnect();
    assert_false(is_on());
}

static void without_a_mask_a_live_message_moves_by_one_write_of_the_low_dword(void **state)
{
    (void)state;
    start_with(PLAIN);
    sender_connect(1);
    uint32_t from;
    uint8_t vector = world_place(source(0), &from);
    struct ivm_cpu_set other = {.mask = UINT64_C(1) << (1 - from)};
    unsigned writes[16] = {0};
    fake_log_clear();

    assert_int_equal(ivm_set_affinity(source(0), &other), IVM_OK);

    assert_int_equal(config_writes(writes), 1);
    assert_int_equal(writes[0], ADDRESS_AT);
    assert_true(is_on());
    assert_int_equal(get32(ADDRESS_AT), 0xFEE00000 | (1 - from) << 12);
    assert_int_equal(get16(DATA_AT) & 0xFF, vector);
    assert_true(sender_fire_msi(0));
    assert_int_equal(sender.runs[0], 1);
    sender_disconnect();
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, set_up, world_end)
    const struct CMUnitTest tests[] = {
        T(the_words_name_the_block_s_first_vector_and_the_function_adds_the_index),
        T(whichever_message_comes_first_writes_the_words_and_no_other_touches_them),
        T(a_32_bit_function_has_no_upper_half),
        T(everything_is_left_as_it_was_found),
        T(mask_bits_of_messages_that_are_not_granted_stay),
        T(a_masked_message_is_pending),
        T(a_held_function_masks_each_message_and_forgets_none),
        T(with_a_mask_a_single_message_moves_under_it),
        T(members_of_a_block_do_not_move),
        T(a_single_message_is_masked_by_the_enable_bit_and_lost),
        T(without_a_mask_a_live_message_moves_by_one_write_of_the_low_dword),
    };
#undef T
    return cmocka_run_group_tests_name("pci_msi", tests, NULL, NULL);
}
