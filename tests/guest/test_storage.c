/* test_storage.c: an NVMe controller: commands completed by a line, and by five messages.
 *
 * How many interrupts: by line, the controller asserts it from a completion until the doorbell has
 * passed it, and each command is given when the last one was taken: one for each command. By
 * message, each completion sends the message of its queue, once; nothing is coalesced unless it is
 * asked for ([NVME] "Interrupt Coalescing"). Message 0 has one delivery more, when it is connected:
 * the commands by which the driver made the queues are announced by it as well, and wait as one
 * pending bit ([PCI] "Per-vector Masking and Function Masking"); nobody takes that one, and it is
 * over before a trial counts.
 */
#include <stddef.h>

#include <ivm/cpu.h>
#include <ivm/system.h>

#include "drivers/nvme.h"
#include "suite.h"
#include "trial.h"

enum { COMMANDS = 40, MESSAGES = 5, DEPTH = 16 };

static const char serial_given[] =
    "ivm-0042"; /* by every row of the matrix with this suite */

static void check_serial(struct ivm_device *device, unsigned round)
{
    (void)round;
    char serial[NVME_SERIAL_SIZE];
    nvme_serial(device, serial);
    for (size_t i = 0; i < sizeof serial_given; i++)
        CHECK_EQUAL(serial[i], serial_given[i]);
}

GUEST_TEST(storage, the_controller_names_its_serial_number_by_line_once_for_each_question)
{
    struct ivm_device *nvme = trial_have("nvme", 0);
    if (nvme != NULL)
        trial_line(nvme, COMMANDS, check_serial);
}

GUEST_TEST(storage, the_controller_names_its_serial_number_by_message)
{
    struct ivm_device *nvme = trial_have("nvme", 0);
    if (nvme == NULL)
        return;
    REQUIRE(trial_connect(nvme, 1, TRIAL_HERE));
    trial_message(nvme, 0, COMMANDS, check_serial);
    CHECK(trial_disconnect(nvme));
}

GUEST_TEST(storage, each_queue_completes_by_a_message_of_its_own)
{
    struct ivm_device *nvme = trial_have("nvme", 0);
    if (nvme == NULL)
        return;
    REQUIRE(trial_connect(nvme, MESSAGES, TRIAL_HERE));
    uint64_t claims[MESSAGES];
    for (uint32_t i = 0; i < MESSAGES; i++) {
        trial_message(nvme, i, 2 * DEPTH + i, NULL);
        claims[i] = ivm_stats_claimed(ivm_device_message_connection(nvme, i));
    }
    for (uint32_t i = 0; i < MESSAGES; i++)
        CHECK_EQUAL(claims[i], ivm_stats_claimed(ivm_device_message_connection(nvme, i)));
    CHECK(trial_disconnect(nvme));
}

GUEST_TEST(storage, queues_that_complete_at_once_on_several_cpus_lose_nothing)
{
    struct ivm_device *nvme = trial_have("nvme", 0);
    if (nvme == NULL)
        return;
    if (ivm_cpu_count() < 2) {
        suite_skip("only one CPU");
        return;
    }
    REQUIRE(trial_connect(nvme, MESSAGES, TRIAL_SPREAD));
    for (unsigned round = 1; round <= COMMANDS; round++) {
        for (uint32_t i = 0; i < MESSAGES; i++)
            nvme->driver->fire_message(nvme, i);
        for (uint32_t i = 0; i < MESSAGES; i++)
            REQUIRE(trial_wait(ivm_device_message_connection(nvme, i), round));
    }
    for (uint32_t i = 0; i < MESSAGES; i++) {
        struct ivm_connection *connection = ivm_device_message_connection(nvme, i);
        uint32_t cpu = UINT32_MAX;
        uint8_t vector;
        CHECK(ivm_stats_place(connection->request.source, &cpu, &vector));
        CHECK_EQUAL(cpu, i % ivm_cpu_count());
        CHECK_EQUAL(ivm_stats_claimed(connection), COMMANDS);
    }
    CHECK(trial_disconnect(nvme));
}

GUEST_TEST(storage, with_two_messages_granted_there_are_two_queues_and_no_third)
{
    struct ivm_device *nvme = trial_have("nvme", 0);
    if (nvme == NULL)
        return;
    REQUIRE(trial_connect(nvme, 2, TRIAL_HERE));
    CHECK_EQUAL(ivm_device_message_number(nvme, 2), 0);
    nvme->driver->fire_message(nvme, 2);
    trial_message(nvme, 1, COMMANDS, NULL);
    CHECK(trial_disconnect(nvme));
}

GUEST_TEST(storage, a_controller_and_an_edu_on_one_line_each_take_their_own)
{
    struct ivm_device *nvme = trial_have("nvme", 0);
    if (nvme != NULL)
        trial_share(nvme, COMMANDS);
}

GUEST_TEST(storage, a_completion_while_its_message_is_masked_is_pending_and_comes_once)
{
    struct ivm_device *nvme = trial_have("nvme", 0);
    if (nvme == NULL)
        return;
    REQUIRE(trial_connect(nvme, MESSAGES, TRIAL_HERE));
    trial_mask(nvme, 3);
    trial_message(nvme, 4, 2, NULL);
    CHECK(trial_disconnect(nvme));
}

GUEST_TEST(storage, with_its_messages_closed_the_controller_is_back_on_its_line)
{
    struct ivm_device *nvme = trial_have("nvme", 0);
    if (nvme != NULL)
        trial_change(nvme, 10);
}

GUEST_TEST(storage, a_controller_that_was_shut_down_is_driven_again)
{
    struct ivm_device *nvme = trial_have("nvme", 0);
    if (nvme == NULL)
        return;
    trial_reload(nvme, 5);
    check_serial(nvme, 0);
}
