/* test_pci_msi_foreign.c: a function's MSI written by a foreign hand, and a function that is gone. */
#include "fake/world.h"

#include <ivm/audit.h>
#include <ivm/device_message.h>

#include "drivers/pci_message.h"
#include "fake/hardware.h"
#include "fake/system.h"
#include "msi_bench.h"

static void each_kind_of_foreign_write_is_found(void **state)
{
    (void)state;
    static const struct {
        uint16_t control;
        unsigned at;
        uint32_t toggled;
        int kind;
    } cases[] = {
        {MASKS, DATA_AT, 0x80, IVM_DIFFERS_VECTOR},
        {MASKS, DATA_AT, 0x8000, IVM_DIFFERS_TRIGGER},
        {MASKS, DATA_AT, 0x400, IVM_DIFFERS_FOREIGN},
        {MASKS, ADDRESS_AT, 0x1000, IVM_DIFFERS_CPU},
        {MASKS, HIGH_AT, 0x1, IVM_DIFFERS_FOREIGN},
        {MASKS, MASK_AT, 0x1, IVM_DIFFERS_MASKED},
        {MASKS, CONTROL_AT, ON, IVM_DIFFERS_MASKED},
        {PLAIN, CONTROL_AT, ON, IVM_DIFFERS_MASKED},
        {PLAIN, DATA_AT, 0x1, IVM_DIFFERS_VECTOR},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        start_with(cases[i].control);
        sender_connect(1);
        struct ivm_difference found;
        assert_int_equal(ivm_audit(&found, 1), 0);
        uint32_t before = get32(cases[i].at);
        fake_pci_put32(sender.config, cases[i].at, before ^ cases[i].toggled);

        assert_int_equal(ivm_audit(&found, 1), 1);

        assert_int_equal(found.kind, cases[i].kind);
        assert_string_equal(found.owner, "sender0");
        assert_string_equal(found.controller, "MSI");
        fake_pci_put32(sender.config, cases[i].at, before);
        sender_disconnect();
    }
}

static void messages_turned_on_by_others_are_found(void **state)
{
    (void)state;
    start_with(PLAIN | OF_4);
    struct ivm_grant grant;
    struct ivm_difference found[4];
    assert_int_equal(sender_open(4, &grant), IVM_OK);
    assert_int_equal(ivm_audit(found, 4), 0);

    fake_pci_put16(sender.config, CONTROL_AT, get16(CONTROL_AT) | ON);

    assert_int_equal(ivm_audit(found, 4), 4);
    assert_int_equal(found[0].kind, IVM_DIFFERS_UNMASKED);
    sender_disconnect();
}

static void nothing_is_touched_of_a_function_that_is_gone(void **state)
{
    (void)state;
    static const uint16_t controls[] = {PLAIN | OF_4, MASKS | OF_4};
    for (size_t i = 0; i < 2; i++) {
        start_with(controls[i]);
        sender_connect(4);
        sender_take_out();
        sender.device.is_gone = true;
        fake_log_clear();

        enum ivm_status can = controls[i] == (MASKS | OF_4) ? IVM_OK : IVM_UNSUPPORTED;
        assert_int_equal(ivm_message_mask(connection(1)), can);
        assert_int_equal(ivm_message_unmask(connection(1)), can);
        assert_false(ivm_device_message_pending(&sender.device, 1));
        sender_disconnect();

        for (size_t n = 0; n < fake_log_count(); n++)
            assert_int_equal(fake_log_at(n)->kind, FAKE_CPU);
    }
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, set_up, world_end)
    const struct CMUnitTest tests[] = {
        T(each_kind_of_foreign_write_is_found),
        T(messages_turned_on_by_others_are_found),
        T(nothing_is_touched_of_a_function_that_is_gone),
    };
#undef T
    return cmocka_run_group_tests_name("pci_msi_foreign", tests, NULL, NULL);
}
