/* test_entropy.c: virtio entropy devices: random bytes arrive, by a line and by a message.
 *
 * How many interrupts: the device answers each request once, and each answer interrupts once,
 * because nothing was agreed on that would let it leave interrupts out ([VIRTIO] "Virtqueue
 * Interrupt Suppression"), and the next request is made when the last answer was taken. So there
 * are exactly as many as requests.
 */
#include <stddef.h>

#include <ivm/system.h>

#include "drivers/virtio_rng.h"
#include "suite.h"
#include "trial.h"

enum { REQUESTS = 32, DEVICES = 2 };

static uint8_t answers[REQUESTS][VIRTIO_RNG_BYTES];

static void keep(struct ivm_device *device, unsigned round)
{
    CHECK_EQUAL(virtio_rng_read(device, answers[round], VIRTIO_RNG_BYTES),
                VIRTIO_RNG_BYTES);
}

static bool same_bytes(const uint8_t *a, const uint8_t *b)
{
    for (unsigned i = 0; i < VIRTIO_RNG_BYTES; i++)
        if (a[i] != b[i])
            return false;
    return true;
}

/* 64 random bytes are never equal to others in this world. */
static void check_answers(void)
{
    static const uint8_t zeros[VIRTIO_RNG_BYTES];
    for (unsigned i = 0; i < REQUESTS; i++) {
        CHECK(!same_bytes(answers[i], zeros));
        for (unsigned j = 0; j < i; j++)
            CHECK(!same_bytes(answers[i], answers[j]));
    }
}

static void forget_answers(void)
{
    for (unsigned i = 0; i < REQUESTS; i++)
        for (unsigned at = 0; at < VIRTIO_RNG_BYTES; at++)
            answers[i][at] = 0;
}

GUEST_TEST(entropy, random_bytes_arrive_by_line_with_one_interrupt_for_each_request)
{
    struct ivm_device *rng;
    for (unsigned n = 0; n < DEVICES; n++) {
        if ((rng = trial_have("virtio_rng", n)) == NULL)
            return;
        forget_answers();
        trial_line(rng, REQUESTS, keep);
        check_answers();
    }
}

GUEST_TEST(entropy, random_bytes_arrive_by_message_with_one_interrupt_for_each_request)
{
    struct ivm_device *rng;
    for (unsigned n = 0; n < DEVICES; n++) {
        if ((rng = trial_have("virtio_rng", n)) == NULL)
            return;
        forget_answers();
        REQUIRE(trial_connect(rng, 1, TRIAL_HERE));
        trial_message(rng, 0, REQUESTS, keep);
        REQUIRE(trial_disconnect(rng));
        check_answers();
    }
}

GUEST_TEST(entropy, two_devices_by_message_are_heard_each_by_its_own)
{
    struct ivm_device *first = trial_have("virtio_rng", 0);
    struct ivm_device *second = trial_device("virtio_rng", 1);
    if (first == NULL)
        return;
    REQUIRE(second != NULL);
    REQUIRE(trial_connect(first, 1, TRIAL_HERE) && trial_connect(second, 1, TRIAL_HERE));
    for (unsigned round = 0; round < REQUESTS; round++) {
        first->driver->fire_message(first, 0);
        second->driver->fire_message(second, 0);
        CHECK(trial_wait(ivm_device_message_connection(first, 0), round + 1));
        REQUIRE(trial_wait(ivm_device_message_connection(second, 0), round + 1));
    }
    CHECK_EQUAL(ivm_stats_claimed(ivm_device_message_connection(first, 0)), REQUESTS);
    CHECK_EQUAL(ivm_stats_claimed(ivm_device_message_connection(second, 0)), REQUESTS);
    CHECK(trial_disconnect(first) && trial_disconnect(second));
}

GUEST_TEST(entropy, an_entropy_device_and_an_edu_on_one_line_each_take_their_own)
{
    struct ivm_device *rng = trial_have("virtio_rng", 0);
    if (rng != NULL)
        trial_share(rng, REQUESTS);
}

GUEST_TEST(entropy, an_answer_while_the_message_is_masked_is_pending_and_comes_once)
{
    struct ivm_device *rng = trial_have("virtio_rng", 0);
    if (rng == NULL)
        return;
    REQUIRE(trial_connect(rng, 1, TRIAL_HERE));
    trial_mask(rng, 0);
    CHECK(trial_disconnect(rng));
}

GUEST_TEST(entropy, with_its_messages_closed_the_device_is_back_on_its_line)
{
    struct ivm_device *rng = trial_have("virtio_rng", 0);
    if (rng != NULL)
        trial_change(rng, 10);
}

GUEST_TEST(entropy, a_device_whose_driver_was_stopped_is_driven_again)
{
    struct ivm_device *rng;
    for (unsigned n = 0; n < DEVICES; n++)
        if ((rng = trial_have("virtio_rng", n)) != NULL)
            trial_reload(rng, 10);
}
