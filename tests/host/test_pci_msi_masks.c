/* test_pci_msi_masks.c: which MSI messages can be masked, and what is said of those that cannot. */
#include "fake/world.h"

#include <ivm/audit.h>
#include <ivm/device_message.h>

#include "drivers/pci_message.h"
#include "fake/hardware.h"
#include "fake/system.h"
#include "msi_bench.h"

static bool is_on(void)
{
    return (get16(CONTROL_AT) & ON) != 0;
}

static bool reads_masked(uint32_t index)
{
    struct ivm_input_state found;
    pci_msi_form.controller->inspect(sender.device.messages, index, &found);
    return found.is_masked;
}

static void of_several_none_can_be_masked_alone_and_the_grant_says_so(void **state)
{
    (void)state;
    start_with(PLAIN | OF_4);
    struct ivm_grant grant;
    struct ivm_difference found;
    assert_int_equal(sender_open(4, &grant), IVM_OK);
    assert_false(grant.has_masks);
    assert_int_equal(fake_log_text_count("its 4 messages have no masks"), 1);
    assert_int_equal(ivm_device_message_connect(&sender.device, 0, NULL, NULL), IVM_OK);
    assert_int_equal(ivm_device_message_connect(&sender.device, 3, NULL, NULL), IVM_OK);

    assert_int_equal(ivm_message_mask(connection(0)), IVM_UNSUPPORTED);
    assert_int_equal(ivm_message_unmask(connection(0)), IVM_UNSUPPORTED);

    assert_true(is_on());
    assert_int_equal(ivm_audit(&found, 1), 0);
    assert_int_equal(ivm_device_message_disconnect(&sender.device, 3), IVM_OK);
    assert_true(is_on());
    sender_disconnect();
    assert_false(is_on());
}

/* What a storm does, which has no device to ask: the message goes on, and is said to. */
static void a_message_of_several_without_masks_is_never_said_to_be_masked(void **state)
{
    (void)state;
    start_with(PLAIN | OF_4);
    sender_connect(4);
    const struct ivm_controller *controller = pci_msi_form.controller;
    struct ivm_difference found;

    controller->mask(sender.device.messages, 1);

    assert_false(controller->can_mask(sender.device.messages, 1));
    assert_false(reads_masked(1));
    assert_true(sender_fire_msi(1));
    assert_int_equal(sender.runs[1], 1);
    assert_int_equal(ivm_audit(&found, 1), 0);
    fake_pci_put16(sender.config, CONTROL_AT, get16(CONTROL_AT) ^ ON);
    assert_true(reads_masked(1));
    assert_int_equal(ivm_audit(&found, 1), 4);
    assert_int_equal(found.kind, IVM_DIFFERS_MASKED);
    sender_disconnect();
}

static void one_message_and_each_that_has_a_mask_can_be_masked(void **state)
{
    (void)state;
    static const uint16_t controls[] = {PLAIN, MASKS, PLAIN | OF_4, MASKS | OF_4};
    for (size_t i = 0; i < sizeof controls / sizeof controls[0]; i++) {
        start_with(controls[i]);
        sender_connect(1);
        const struct ivm_controller *controller = pci_msi_form.controller;

        assert_true(controller->can_mask(sender.device.messages, 0));
        assert_false(reads_masked(0));
        assert_int_equal(ivm_message_mask(connection(0)), IVM_OK);
        assert_true(reads_masked(0));
        sender_disconnect();
    }
}

/* Message 3 of a block of four is nobody's. */
static void what_a_block_has_beyond_the_grant_is_masked_and_passes_the_audit(void **state)
{
    (void)state;
    static const uint16_t controls[] = {PLAIN | OF_4, MASKS | OF_4};
    for (size_t i = 0; i < sizeof controls / sizeof controls[0]; i++) {
        start_with(controls[i]);
        fake_pci_put32(sender.config, MASK_AT, 0);
        struct ivm_difference found;
        sender_connect(3);

        assert_int_equal(get16(CONTROL_AT) >> 4 & 7, 2);
        assert_int_equal(ivm_audit(&found, 1), 0);
        if (controls[i] == (MASKS | OF_4)) {
            assert_int_equal(get32(MASK_AT), 0x8);
            fake_pci_put32(sender.config, MASK_AT, 0);
            assert_int_equal(ivm_audit(&found, 1), 1);
            assert_int_equal(found.kind, IVM_DIFFERS_UNMASKED);
        }
        for (uint32_t n = 0; n < 3; n++) {
            assert_true(sender_fire_msi(n));
            assert_int_equal(sender.runs[n], 1);
        }
        assert_int_equal(ivm_device_message_number(&sender.device, 3), 0);
        sender_disconnect();
        assert_int_equal(get32(MASK_AT), 0);
    }
}

static void what_has_no_masks_is_not_held(void **state)
{
    (void)state;
    start_with(PLAIN);
    assert_int_equal(ivm_device_messages_hold(&sender.device), IVM_UNSUPPORTED);
    sender_connect(1);

    assert_int_equal(ivm_device_messages_hold(&sender.device), IVM_UNSUPPORTED);
    assert_int_equal(ivm_device_messages_release(&sender.device), IVM_UNSUPPORTED);

    assert_true(is_on());
    sender_disconnect();
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, set_up, world_end)
    const struct CMUnitTest tests[] = {
        T(of_several_none_can_be_masked_alone_and_the_grant_says_so),
        T(a_message_of_several_without_masks_is_never_said_to_be_masked),
        T(one_message_and_each_that_has_a_mask_can_be_masked),
        T(what_a_block_has_beyond_the_grant_is_masked_and_passes_the_audit),
        T(what_has_no_masks_is_not_held),
    };
#undef T
    return cmocka_run_group_tests_name("pci_msi_masks", tests, NULL, NULL);
}
