/* test_nvme.c: the NVMe driver at work, against a model of the controller. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "nvme_bench.h"

/* By line. */

static void a_fire_asks_for_the_identity_and_interrupts_once(void **unused)
{
    (void)unused;
    for (unsigned i = 1; i <= 5 * NVME_DEPTH; i++) {
        assert_int_equal(nvme.routine(&device), IVM_NOT_MINE);
        chip.serial = i % 2 != 0 ? "odd" : "even";
        nvme.fire(&device);
        assert_true(nvme_chip_asserts(&chip));

        assert_int_equal(nvme.routine(&device), IVM_HANDLED);

        assert_false(nvme_chip_asserts(&chip));
        assert_string_equal(serial(), chip.serial);
        assert_int_equal(chip.commands[0x06], 1 + i);
    }
}

static void a_silent_controller_says_not_mine_without_a_register(void **unused)
{
    (void)unused;
    fake_log_clear();

    assert_int_equal(nvme.routine(&device), IVM_NOT_MINE);

    assert_int_equal(fake_log_count(), 0);
}

static void the_doorbell_s_write_is_pushed_out_by_a_read(void **unused)
{
    (void)unused;
    nvme.fire(&device);
    fake_log_clear();

    assert_int_equal(nvme.routine(&device), IVM_HANDLED);

    assert_int_equal(fake_log_count(), 2);
    fake_log_expect(0, FAKE_MMIO_WRITE, REGISTER(0x1004), 2);
    fake_log_expect(1, FAKE_MMIO_READ, REGISTER(0x1C), 1);
}

static void a_fire_before_the_completion_is_taken_adds_nothing(void **unused)
{
    (void)unused;
    chip.waits = true;
    nvme.fire(&device);
    nvme.fire(&device);
    assert_string_equal(serial(), ""); /* the old answer is not taken for the new one */
    nvme_chip_work(&chip);
    nvme.fire(&device);
    nvme_chip_work(&chip);

    assert_int_equal(chip.commands[0x06], 2);
    assert_int_equal(nvme.routine(&device), IVM_HANDLED);
    assert_int_equal(nvme.routine(&device), IVM_NOT_MINE);
    assert_string_equal(serial(), "ivm-0042");
}

static void a_completion_of_a_foreign_command_is_named_and_acknowledged(void **unused)
{
    (void)unused;
    chip.waits = true;
    nvme.fire(&device);
    nvme_chip_complete(&chip, 0, 0x7777);
    assert_true(nvme_chip_asserts(&chip));

    assert_int_equal(nvme.routine(&device), IVM_HANDLED);

    assert_false(nvme_chip_asserts(&chip));
    expect_given_up("nvme0: it completed a command that it was not given (0x7777)", 0);
    assert_true(nvme_queue_is_busy(&state.queues[0])); /* with its own command, still */
    nvme_chip_work(&chip);
    assert_false(nvme_chip_asserts(&chip)); /* masked, since nobody may be connected */
    chip.waits = false;
    assert_int_equal(nvme.use(&device, IVM_BY_LINE), IVM_OK);
    nvme.fire(&device);
    assert_int_equal(nvme.routine(&device), IVM_HANDLED);
}

static void a_completion_that_nobody_asked_for_is_named_too(void **unused)
{
    (void)unused;
    nvme_chip_complete(&chip, 0, 1); /* the id of the probe's command, completed before */

    assert_int_equal(nvme.routine(&device), IVM_HANDLED);

    expect_given_up("it was not given (0x1)", 0);
}

static void a_controller_that_fails_at_work_is_named_once(void **unused)
{
    (void)unused;
    nvme.fire(&device);
    chip.csts |= 2;

    assert_int_equal(nvme.routine(&device), IVM_HANDLED);

    expect_given_up("it has failed for good", 0);
}

static void a_queue_full_of_nonsense_is_taken_to_its_end_and_no_further(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < NVME_DEPTH - 1; i++)
        nvme_chip_complete(&chip, 0, (uint16_t)(0x100 + i));
    fake_log_clear();

    assert_int_equal(nvme.routine(&device), IVM_HANDLED);

    assert_int_equal(fake_log_count_of(FAKE_MMIO_WRITE, REGISTER(0x1004)), NVME_DEPTH - 1);
    assert_false(nvme_chip_asserts(&chip));
    assert_int_equal(fake_log_text_count("given up"), 1);
}

/* By messages. */

static void each_pair_of_queues_interrupts_by_its_own_message(void **unused)
{
    (void)unused;
    for (uint32_t i = 0; i < NVME_PAIR_LIMIT; i++)
        chip.messages[i] = 0;
    for (unsigned round = 1; round <= 3 * NVME_DEPTH; round++)
        for (uint32_t i = 0; i < NVME_PAIR_LIMIT; i++) {
            nvme.fire_message(&device, i);
            assert_int_equal(chip.messages[i], round);
            for (uint32_t other = 0; other < NVME_PAIR_LIMIT; other++)
                if (other != i)
                    assert_int_equal(deliver(other), IVM_NOT_MINE);
            assert_int_equal(deliver(i), IVM_HANDLED);
            assert_int_equal(deliver(i), IVM_NOT_MINE);
        }
    assert_int_equal(chip.commands[0], 3 * NVME_DEPTH * NVME_IO_LIMIT);
}

static void as_many_queues_are_created_as_messages_are_granted(void **unused)
{
    for (uint32_t count = 1; count <= NVME_PAIR_LIMIT + 3; count++) {
        assert_int_equal(set_up_probed(unused), 0);
        assert_int_equal(use_messages(count), IVM_OK);
        uint32_t pairs = count < NVME_PAIR_LIMIT ? count : NVME_PAIR_LIMIT;
        assert_int_equal(chip.commands[0x05], pairs - 1);
        assert_int_equal(chip.commands[0x01], pairs - 1);
        for (uint32_t i = 0; i < NVME_PAIR_LIMIT; i++)
            assert_int_equal(chip.queues[i].depth != 0, i < pairs);

        nvme.fire_message(&device, pairs); /* which it has no queue for */
        assert_int_equal(chip.commands[0], 0);
        assert_int_equal(deliver(pairs), IVM_NOT_MINE);
    }
}

static void queues_are_as_deep_as_the_controller_allows(void **unused)
{
    static const uint32_t last[] = {1, 14, 15, 2047};
    for (size_t i = 0; i < sizeof last / sizeof last[0]; i++) {
        set_up(unused);
        chip.cap = UINT64_C(0x0000002002000000) | last[i];
        assert_int_equal(nvme.probe(&device), IVM_OK);
        assert_int_equal(use_messages(2), IVM_OK);
        assert_int_equal(chip.queues[1].depth, last[i] < 15 ? last[i] + 1 : 16);
        for (unsigned round = 0; round < 40; round++) {
            nvme.fire_message(&device, 1);
            assert_int_equal(deliver(1), IVM_HANDLED);
        }
    }
}

static void doorbells_lie_as_far_apart_as_the_controller_says(void **unused)
{
    (void)unused;
    set_up(unused);
    chip.cap |= UINT64_C(6) << 32; /* 256 bytes */
    assert_int_equal(nvme.probe(&device), IVM_OK);
    assert_int_equal(use_messages(3), IVM_OK);

    fake_log_clear();
    nvme.fire_message(&device, 2);

    assert_int_equal(fake_log_count(), 1);
    fake_log_expect(0, FAKE_MMIO_WRITE, REGISTER(0x1000 + 4 * 256), 1);
}

static void fewer_queues_than_messages_are_refused_and_the_line_is_kept(void **unused)
{
    static const uint32_t given[] = {0x003F0002, 0x0002003F, 0x00000000};
    for (size_t i = 0; i <= sizeof given / sizeof given[0]; i++) {
        assert_int_equal(set_up_probed(unused), 0);
        if (i < sizeof given / sizeof given[0])
            chip.queues_given = given[i];
        else
            state.pairs_limit = 4; /* doorbells */
        messages_granted = NVME_PAIR_LIMIT;

        assert_int_equal(nvme.use(&device, IVM_BY_MESSAGES), IVM_UNSUPPORTED);

        assert_int_equal(fake_log_text_count("4 are needed"), 1);
        assert_int_equal(chip.commands[0x05], 0);
        nvme.fire(&device);
        assert_true(nvme_chip_asserts(&chip));
        assert_int_equal(nvme.routine(&device), IVM_HANDLED);
    }
}

static void without_a_granted_message_nothing_is_changed(void **unused)
{
    (void)unused;
    fake_log_clear();

    assert_int_equal(nvme.use(&device, IVM_BY_MESSAGES), IVM_UNSUPPORTED);

    assert_int_equal(fake_log_count(), 0);
    assert_int_equal(fake_log_text_count("none is granted"), 1);
}

static void a_foreign_completion_is_named_by_its_message_too(void **unused)
{
    (void)unused;
    nvme_chip_complete(&chip, 3, 0x1234);

    assert_int_equal(deliver(3), IVM_HANDLED);

    expect_given_up("it was not given (0x1234)", 3);
}

static void back_to_the_line_only_the_admin_queues_are_left(void **unused)
{
    (void)unused;
    chip.by_messages = false;

    assert_int_equal(nvme.use(&device, IVM_BY_LINE), IVM_OK);

    for (unsigned i = 1; i < NVME_CHIP_QUEUES; i++)
        assert_int_equal(chip.queues[i].depth, 0);
    nvme.fire(&device);
    assert_true(nvme_chip_asserts(&chip));
    assert_int_equal(nvme.routine(&device), IVM_HANDLED);
    assert_false(nvme_chip_asserts(&chip));
}

int main(void)
{
#define T(test) cmocka_unit_test_setup(test, set_up)
#define P(test) cmocka_unit_test_setup(test, set_up_probed)
#define M(test) cmocka_unit_test_setup(test, set_up_with_messages)
    const struct CMUnitTest tests[] = {
        P(a_fire_asks_for_the_identity_and_interrupts_once),
        P(a_silent_controller_says_not_mine_without_a_register),
        P(the_doorbell_s_write_is_pushed_out_by_a_read),
        P(a_fire_before_the_completion_is_taken_adds_nothing),
        P(a_completion_of_a_foreign_command_is_named_and_acknowledged),
        P(a_completion_that_nobody_asked_for_is_named_too),
        P(a_controller_that_fails_at_work_is_named_once),
        P(a_queue_full_of_nonsense_is_taken_to_its_end_and_no_further),
        M(each_pair_of_queues_interrupts_by_its_own_message),
        T(as_many_queues_are_created_as_messages_are_granted),
        T(queues_are_as_deep_as_the_controller_allows),
        T(doorbells_lie_as_far_apart_as_the_controller_says),
        T(fewer_queues_than_messages_are_refused_and_the_line_is_kept),
        P(without_a_granted_message_nothing_is_changed),
        M(a_foreign_completion_is_named_by_its_message_too),
        M(back_to_the_line_only_the_admin_queues_are_left),
    };
#undef T
#undef P
#undef M
    return cmocka_run_group_tests_name("nvme", tests, NULL, NULL);
}
