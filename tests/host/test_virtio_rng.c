/* test_virtio_rng.c: the virtio entropy driver at work, against a model of the device. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "rng_bench.h"

static struct ivm_device_message message = {.device = &device, .index = 0};

/* By line. */

static void a_fire_brings_random_bytes_and_one_interrupt(void **unused)
{
    (void)unused;
    uint8_t bytes[VIRTIO_RNG_BYTES + 1] = {0};
    assert_int_equal(virtio_rng_read(&device, bytes, sizeof bytes), 0);
    for (unsigned i = 1; i <= 3 * VIRTIO_QUEUE_SIZE; i++) {
        virtio_rng.fire(&device);
        assert_int_equal(virtio_rng_read(&device, bytes, sizeof bytes), 0);
        virtio_chip_answer(&chip);
        assert_int_equal(chip.isr, 1);

        assert_int_equal(virtio_rng.routine(&device), IVM_HANDLED);

        assert_int_equal(chip.isr, 0);
        assert_int_equal(virtio_rng.routine(&device), IVM_NOT_MINE);
        assert_int_equal(virtio_rng_read(&device, bytes, sizeof bytes), VIRTIO_RNG_BYTES);
        assert_int_equal(bytes[0], i);
        assert_int_equal(bytes[VIRTIO_RNG_BYTES - 1], i);
        assert_int_equal(chip.notified, i);
    }
}

static void a_silent_device_says_not_mine_by_one_read(void **unused)
{
    (void)unused;
    fake_log_clear();

    assert_int_equal(virtio_rng.routine(&device), IVM_NOT_MINE);

    assert_int_equal(fake_log_count(), 1);
    fake_log_expect(0, FAKE_MMIO_READ, CHIP_BASE + CHIP_ISR, 0);
}

static void a_fire_before_the_answer_is_taken_adds_nothing(void **unused)
{
    (void)unused;
    virtio_rng.fire(&device);
    virtio_rng.fire(&device);
    virtio_chip_answer(&chip);
    virtio_rng.fire(&device);

    assert_int_equal(chip.notified, 1);
    assert_int_equal(virtio_rng.routine(&device), IVM_HANDLED);
    assert_int_equal(virtio_rng.routine(&device), IVM_NOT_MINE);
}

static void the_indices_wrap_and_nothing_is_lost(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < 65536 + 3; i++) {
        virtio_rng.fire(&device);
        virtio_chip_answer(&chip);
        fake_log_clear();
        assert_int_equal(virtio_rng.routine(&device), IVM_HANDLED);
    }
    assert_int_equal(chip.given, 3);
    assert_int_equal(fake_log_text_count("given up"), 0);
}

static void expect_given_up(const char *why)
{
    assert_int_equal(virtio_rng.routine(&device), IVM_HANDLED);
    assert_int_equal(fake_log_text_count(why), 1);
    assert_int_equal(chip.status, 0); /* reset: it is silent and writes no memory */
    assert_int_equal(chip.isr, 0);

    unsigned before = chip.notified;
    virtio_rng.fire(&device);
    assert_int_equal(chip.notified, before);
    assert_int_equal(virtio_rng.routine(&device), IVM_NOT_MINE);
    virtio_rng.quiet(&device);
    assert_int_equal(fake_log_text_count("given up"), 1);
    assert_int_equal(virtio_rng.use(&device, IVM_BY_LINE), IVM_OK);
    virtio_rng.fire(&device);
    assert_int_equal(chip.notified, before + 1);
}

static void a_used_index_that_runs_away_is_named_and_the_device_reset(void **unused)
{
    static const uint16_t steps[] = {2, 100, 0x8000, 0xFFFF};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        assert_int_equal(set_up_probed(unused), 0);
        virtio_rng.fire(&device);
        virtio_chip_run_away(&chip, steps[i]);
        expect_given_up("used index runs away");
    }
}

static void an_answer_that_cannot_be_is_named_and_the_device_reset(void **unused)
{
    static const struct {
        uint32_t id, length;
        bool asked;
        const char *why;
    } bad[] = {{1, VIRTIO_RNG_BYTES, true, "a descriptor that it was not given"},
               {UINT32_MAX, VIRTIO_RNG_BYTES, true, "a descriptor that it was not given"},
               {0, 0, true, "empty, or longer"},
               {0, VIRTIO_RNG_BYTES + 1, true, "empty, or longer"},
               {0, VIRTIO_RNG_BYTES, false, "what nobody asked"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(set_up_probed(unused), 0);
        if (bad[i].asked)
            virtio_rng.fire(&device);
        virtio_chip_answer_with(&chip, bad[i].id, bad[i].length);
        expect_given_up(bad[i].why);
    }
}

static void a_device_that_cannot_go_on_is_heard_by_its_line(void **unused)
{
    (void)unused;
    virtio_chip_complain(&chip);

    expect_given_up("asks for a reset");
}

/* By messages. */

static void by_messages_both_registers_name_message_0_and_are_read_back(void **unused)
{
    (void)unused;
    assert_int_equal(chip.config_vector, 0);
    assert_int_equal(chip.queue_vector, 0);
    virtio_rng.fire_message(&device, 0);
    virtio_chip_answer(&chip);
    fake_log_clear();

    assert_int_equal(chip.messages, 1);
    assert_int_equal(virtio_rng.message_routine(&message), IVM_HANDLED);
    assert_int_equal(fake_log_count(), 0); /* there is nothing to acknowledge */
    assert_int_equal(virtio_rng.message_routine(&message), IVM_NOT_MINE);
}

static void a_vector_that_reads_back_as_none_is_refused_and_the_line_is_kept(void **unused)
{
    (void)unused;
    messages_granted = 1;
    chip.refuses_config_vector = true;
    assert_int_equal(virtio_rng.use(&device, IVM_BY_MESSAGES), IVM_UNSUPPORTED);
    chip.refuses_config_vector = false;
    chip.refuses_queue_vector = true;
    assert_int_equal(virtio_rng.use(&device, IVM_BY_MESSAGES), IVM_UNSUPPORTED);

    assert_int_equal(fake_log_text_count("refuses the message"), 2);
    assert_int_equal(chip.queue_vector, 0xFFFF);
    virtio_rng.fire(&device);
    virtio_chip_answer(&chip);
    assert_int_equal(virtio_rng.routine(&device), IVM_HANDLED);
}

static void without_a_granted_message_nothing_is_changed(void **unused)
{
    (void)unused;
    fake_log_clear();

    assert_int_equal(virtio_rng.use(&device, IVM_BY_MESSAGES), IVM_UNSUPPORTED);

    assert_int_equal(fake_log_count(), 0);
    assert_int_equal(fake_log_text_count("none is granted"), 1);
}

static void a_device_that_cannot_go_on_is_heard_by_its_message(void **unused)
{
    (void)unused;
    virtio_chip_complain(&chip);

    assert_int_equal(chip.messages, 1);
    assert_int_equal(virtio_rng.message_routine(&message), IVM_HANDLED);
    assert_int_equal(fake_log_text_count("asks for a reset"), 1);
    assert_int_equal(chip.status, 0);
}

static void back_to_the_line_no_message_is_named(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < 3; i++) {
        virtio_rng.fire_message(&device, 0);
        virtio_chip_answer(&chip);
        assert_int_equal(virtio_rng.message_routine(&message), IVM_HANDLED);
    }
    chip.by_messages = false;

    assert_int_equal(virtio_rng.use(&device, IVM_BY_LINE), IVM_OK);

    assert_int_equal(chip.config_vector, 0xFFFF);
    assert_int_equal(chip.queue_vector, 0xFFFF);
    virtio_rng.fire(&device);
    virtio_chip_answer(&chip);
    assert_int_equal(chip.given, 1);
    assert_int_equal(virtio_rng.routine(&device), IVM_HANDLED);
}

/* Quiet and stop. */

static void answer_now(void)
{
    virtio_chip_answer(&chip);
}

static void quiet_waits_for_the_answer_and_takes_it(void **unused)
{
    (void)unused;
    virtio_rng.fire(&device);
    fake_cpu.on_wait = answer_now;

    virtio_rng.quiet(&device);

    assert_int_equal(chip.isr, 0);
    assert_int_equal(virtio_rng.routine(&device), IVM_NOT_MINE);
    fake_cpu.on_wait = NULL;
    virtio_rng.fire(&device);
    assert_int_equal(chip.notified, 2);
}

static void quiet_takes_an_answer_whose_message_was_not_delivered(void **unused)
{
    (void)unused;
    virtio_rng.fire_message(&device, 0);
    virtio_chip_answer(&chip);
    fake_log_clear();

    virtio_rng.quiet(&device);

    assert_int_equal(fake_log_count(), 0);
    assert_int_equal(virtio_rng.message_routine(&message), IVM_NOT_MINE);
}

static void a_device_that_never_answers_is_started_anew_by_quiet(void **unused)
{
    (void)unused;
    virtio_rng.fire(&device);

    virtio_rng.quiet(&device);

    assert_int_equal(fake_log_text_count("no answer within a second"), 1);
    assert_int_equal(chip.status, 0x0F);
    virtio_rng.fire(&device);
    virtio_chip_answer(&chip);
    assert_int_equal(virtio_rng.routine(&device), IVM_HANDLED);
}

static void a_stopped_device_is_reset_and_probes_again(void **unused)
{
    (void)unused;
    virtio_rng.fire(&device);

    virtio_rng.stop(&device);

    assert_int_equal(chip.status, 0);
    assert_int_equal(fake_pci_get16(function, PCI_COMMAND) & PCI_COMMAND_MASTER, 0);
    memset(&state, 0, sizeof state);
    assert_int_equal(virtio_rng.probe(&device), IVM_OK);
    virtio_rng.fire(&device);
    virtio_chip_answer(&chip);
    assert_int_equal(virtio_rng.routine(&device), IVM_HANDLED);
}

int main(void)
{
#define P(test) cmocka_unit_test_setup(test, set_up_probed)
#define M(test) cmocka_unit_test_setup(test, set_up_with_messages)
    const struct CMUnitTest tests[] = {
        P(a_fire_brings_random_bytes_and_one_interrupt),
        P(a_silent_device_says_not_mine_by_one_read),
        P(a_fire_before_the_answer_is_taken_adds_nothing),
        P(the_indices_wrap_and_nothing_is_lost),
        P(a_used_index_that_runs_away_is_named_and_the_device_reset),
        P(an_answer_that_cannot_be_is_named_and_the_device_reset),
        P(a_device_that_cannot_go_on_is_heard_by_its_line),
        M(by_messages_both_registers_name_message_0_and_are_read_back),
        P(a_vector_that_reads_back_as_none_is_refused_and_the_line_is_kept),
        P(without_a_granted_message_nothing_is_changed),
        M(a_device_that_cannot_go_on_is_heard_by_its_message),
        M(back_to_the_line_no_message_is_named),
        P(quiet_waits_for_the_answer_and_takes_it),
        M(quiet_takes_an_answer_whose_message_was_not_delivered),
        P(a_device_that_never_answers_is_started_anew_by_quiet),
        P(a_stopped_device_is_reset_and_probes_again),
    };
#undef P
#undef M
    return cmocka_run_group_tests_name("virtio_rng", tests, NULL, NULL);
}
