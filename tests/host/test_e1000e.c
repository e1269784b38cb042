/* test_e1000e.c: the 82574 driver against a model of the controller's causes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "driver_bench.h"
#include "fake/nic_chip.h"

/* NOLINTNEXTLINE(bugprone-suspicious-include): a driver has no name outside its file */
#include "drivers/e1000e.c"

#define BASE UINT32_C(0xFEA00000)

static enum ivm_message_kind open_kind;

enum ivm_message_kind ivm_device_messages_kind(const struct ivm_device *device)
{
    (void)device;
    return open_kind;
}

static struct e1000e state;
static struct ivm_device device;
static struct fake_function *function;

static int set_up(void **unused)
{
    (void)unused;
    driver_bench_start();
    function = fake_pci_add(0, 13, 0, 0x10D38086);
    fake_pci_put16(function, PCI_COMMAND, PCI_COMMAND_INTX_DISABLE);
    open_kind = IVM_MESSAGES_ANY;
    fake_nic_start(BASE);
    memset(&state, 0, sizeof state);
    device = (struct ivm_device){
        .name = "e1000e0",
        .state = &state,
        .pci = {.slot = 13, .bars = {{.base = BASE, .size = 0x20000}}},
    };
    return 0;
}

static int set_up_probed(void **unused)
{
    int failed = set_up(unused);
    return failed != 0 ? failed : e1000e.probe(&device) != IVM_OK;
}

static int set_up_by_messages(void **unused)
{
    if (set_up_probed(unused) != 0)
        return -1;
    fake_nic.msix = true;
    open_kind = IVM_MSIX;
    return e1000e.use(&device, IVM_BY_MESSAGES) != IVM_OK;
}

static void a_probe_resets_it_and_leaves_it_silent(void **unused)
{
    (void)unused;
    assert_int_equal(e1000e.probe(&device), IVM_OK);

    assert_int_equal(fake_nic.resets, 1);
    assert_int_equal(fake_nic.icr, 0);
    assert_false(fake_nic.asserted);
    assert_int_equal(fake_nic.ims, CAUSE_TXDW);
    assert_int_equal(fake_pci_get16(function, PCI_COMMAND), PCI_COMMAND_MEMORY);
    assert_int_equal(fake_log_text_count("e1000e0: 82574 at pci 00:0d.0"), 1);
}

static void a_reset_is_waited_for(void **unused)
{
    (void)unused;
    fake_nic.reset_reads = 5;

    assert_int_equal(e1000e.probe(&device), IVM_OK);
}

static void a_reset_without_end_is_given_up_and_named(void **unused)
{
    (void)unused;
    fake_nic.reset_reads = UINT32_MAX;
    fake_nic.takes_writes_in_reset = true;

    assert_int_equal(e1000e.probe(&device), IVM_UNSUPPORTED);

    assert_int_equal(fake_log_text_count("does not come out of a reset"), 1);
}

static void registers_that_are_not_there_are_not_driven(void **unused)
{
    (void)unused;
    expect_registers_needed(&e1000e, &device, 0x10000);
}

static void by_line_a_fire_is_claimed_once_and_the_read_acknowledges_it(void **unused)
{
    (void)unused;
    e1000e.fire(&device);
    assert_true(fake_nic.asserted);
    fake_log_clear();

    assert_int_equal(e1000e.routine(&device), IVM_HANDLED);

    assert_false(fake_nic.asserted);
    assert_int_equal(fake_log_count(), 1);
    assert_int_equal(fake_nic.ims, CAUSE_TXDW);
    assert_int_equal(e1000e.routine(&device), IVM_NOT_MINE);
}

static void a_cause_that_is_not_let_through_is_not_taken_for_an_interrupt(void **unused)
{
    (void)unused;
    fake_nic.icr = 4;

    assert_int_equal(e1000e.routine(&device), IVM_NOT_MINE);
}

static void each_message_is_sent_by_its_own_vector_and_no_other(void **unused)
{
    (void)unused;
    for (uint32_t n = 0; n < MESSAGES; n++) {
        e1000e.fire_message(&device, n);
        for (uint32_t other = 0; other < MESSAGES; other++)
            assert_int_equal(fake_nic.sent[other], other <= n);
        assert_int_equal(fake_nic.icr, 0);
        assert_int_equal(e1000e.message_routine(&(struct ivm_device_message){&device, n}),
                         IVM_HANDLED);
    }
}

static void a_message_that_was_not_fired_is_not_claimed(void **unused)
{
    (void)unused;
    e1000e.fire_message(&device, 2);

    for (uint32_t n = 0; n < MESSAGES; n++) {
        struct ivm_device_message message = {&device, n};
        assert_int_equal(e1000e.message_routine(&message),
                         n == 2 ? IVM_HANDLED : IVM_NOT_MINE);
        assert_int_equal(e1000e.message_routine(&message), IVM_NOT_MINE);
    }
}

static void a_link_that_changes_does_not_send_other_for_ever(void **unused)
{
    (void)unused;
    fake_nic_cause(4);
    assert_int_equal(fake_nic.sent[MESSAGE_OTHER], 1);

    struct ivm_device_message other = {&device, MESSAGE_OTHER};
    assert_int_equal(e1000e.message_routine(&other), IVM_NOT_MINE);
    e1000e.fire_message(&device, 0);

    assert_int_equal(fake_nic.sent[MESSAGE_OTHER], 1);
    assert_int_equal(fake_nic.sent[0], 1);
}

static void a_message_s_routine_reads_nothing(void **unused)
{
    (void)unused;
    fake_nic.ims = 0;
    fake_nic.icr = UINT32_C(1) << CAUSE_FIRST; /* still to be sent */
    fake_log_clear();

    (void)e1000e.message_routine(&(struct ivm_device_message){&device, 1});
    (void)e1000e.message_routine(&(struct ivm_device_message){&device, MESSAGE_OTHER});

    assert_int_equal(fake_log_count_of(FAKE_MMIO_READ, BASE + REG_ICR), 0);
    assert_int_equal(fake_nic.icr, UINT32_C(1) << CAUSE_FIRST);
}

static void by_msi_its_one_message_is_acknowledged_as_the_line_is(void **unused)
{
    (void)unused;
    fake_nic.msi = true;
    open_kind = IVM_MSI;
    assert_int_equal(e1000e.use(&device, IVM_BY_MESSAGES), IVM_OK);
    e1000e.fire_message(&device, 0);
    assert_int_equal(fake_nic.sent_msi, 1);

    struct ivm_device_message only = {&device, 0};
    assert_int_equal(e1000e.message_routine(&only), IVM_HANDLED);
    assert_int_equal(fake_nic.icr, 0);
    assert_int_equal(e1000e.message_routine(&only), IVM_NOT_MINE);
}

static void after_its_messages_it_is_used_by_line_again(void **unused)
{
    (void)unused;
    e1000e.fire_message(&device, 3);
    fake_nic.msix = false;
    open_kind = IVM_MESSAGES_ANY;

    assert_int_equal(e1000e.use(&device, IVM_BY_LINE), IVM_OK);

    assert_false(fake_nic.asserted);
    e1000e.fire(&device);
    assert_true(fake_nic.asserted);
    assert_int_equal(e1000e.routine(&device), IVM_HANDLED);
}

static void quiet_takes_back_what_was_fired_by_a_whole_reset(void **unused)
{
    (void)unused;
    unsigned before = fake_nic.resets;
    e1000e.fire_message(&device, 1);
    fake_nic.moderates = true;
    fake_nic.pba = (1 << MESSAGES) - 1;

    e1000e.quiet(&device);

    assert_int_equal(fake_nic.resets, before + 1);
    assert_false(fake_nic.moderates);
    assert_int_equal(fake_nic.pba, 0);
    assert_int_equal(e1000e.message_routine(&(struct ivm_device_message){&device, 1}),
                     IVM_NOT_MINE);
    e1000e.fire_message(&device, 1);
    assert_int_equal(fake_nic.sent[1], 2);
}

static void stopped_it_lets_nothing_through(void **unused)
{
    (void)unused;
    e1000e.stop(&device);

    e1000e.fire(&device);

    assert_int_equal(fake_nic.ims, 0);
    assert_false(fake_nic.asserted);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup(test, set_up)
#define P(test) cmocka_unit_test_setup(test, set_up_probed)
#define M(test) cmocka_unit_test_setup(test, set_up_by_messages)
    const struct CMUnitTest tests[] = {
        T(a_probe_resets_it_and_leaves_it_silent),
        T(a_reset_is_waited_for),
        T(a_reset_without_end_is_given_up_and_named),
        T(registers_that_are_not_there_are_not_driven),
        P(by_line_a_fire_is_claimed_once_and_the_read_acknowledges_it),
        P(a_cause_that_is_not_let_through_is_not_taken_for_an_interrupt),
        M(each_message_is_sent_by_its_own_vector_and_no_other),
        M(a_message_that_was_not_fired_is_not_claimed),
        M(a_link_that_changes_does_not_send_other_for_ever),
        M(a_message_s_routine_reads_nothing),
        P(by_msi_its_one_message_is_acknowledged_as_the_line_is),
        M(after_its_messages_it_is_used_by_line_again),
        M(quiet_takes_back_what_was_fired_by_a_whole_reset),
        P(stopped_it_lets_nothing_through),
    };
#undef T
#undef P
#undef M
    return cmocka_run_group_tests_name("e1000e", tests, NULL, NULL);
}
