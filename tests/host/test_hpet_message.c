/* test_hpet_message.c: an HPET timer that sends messages: its device, and its controller as the
 * manager sees it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <ivm/bus.h>

#include "drivers/device.h"
#include "fake/hardware.h"
#include "fake/hpet_chip.h"
#include "fake/system.h"

/* NOLINTNEXTLINE(bugprone-suspicious-include): a driver has no name outside its file */
#include "drivers/hpet.c"

#define ADDRESS UINT32_C(0xFEE00000)
enum { LEAD = 25000, NO_CPU = 7 };

static struct hpet_timer state;
static struct ivm_device device;
static struct ivm_input input; /* as it was registered */
static bool is_registered;
static uint32_t storage_size;

bool ivm_acpi_table(const char signature[4], const void **out, size_t *length)
{
    return fake_hpet_table(signature, out, length);
}

uint32_t ivm_message_size(void)
{
    return storage_size;
}

enum ivm_status ivm_message_register(struct ivm_message *storage,
                                     const struct ivm_input *wanted, uint32_t *number)
{
    const unsigned char *bytes = (const unsigned char *)storage;
    assert_int_equal((uintptr_t)storage % 64, 0);
    for (uint32_t i = 0; i < storage_size; i++)
        assert_int_equal(bytes[i], 0);
    memset(storage, 0xA5, storage_size);
    input = *wanted;
    is_registered = true;
    *number = 17;
    return IVM_OK;
}

enum ivm_status ivm_message_unregister(uint32_t number)
{
    assert_int_equal(number, 17);
    is_registered = false;
    return IVM_OK;
}

enum ivm_status ivm_message_compose(const struct ivm_route *route,
                                    struct ivm_message_words *out)
{
    if (route->cpu == NO_CPU)
        return IVM_UNSUPPORTED;
    *out = (struct ivm_message_words){.address = ADDRESS | route->cpu << 12,
                                      .data = 0x4000 | route->vector};
    return IVM_OK;
}

enum ivm_status ivm_message_read(const struct ivm_message_words *words,
                                 struct ivm_route *out)
{
    if (words->address >> 20 != 0xFEE)
        return IVM_UNSUPPORTED;
    *out = (struct ivm_route){.cpu = words->address >> 12 & 0xFF,
                              .vector = (uint8_t)words->data};
    return IVM_OK;
}

static int set_up(void **unused)
{
    (void)unused;
    fake_hardware_reset();
    fake_system_reset();
    fake_cpu.interrupts_on = true;
    devices_start(NULL);
    fake_hpet_start();
    fake_hpet_can_send(1);
    is_registered = false;
    storage_size = 192;
    memset(&state, 0, sizeof state);
    device = (struct ivm_device){
        .name = "hpet2", .state = &state, .match = &matches[MESSAGE_ROW]};
    return 0;
}

static int set_up_probed(void **unused)
{
    int failed = set_up(unused);
    return failed != 0 ? failed : hpet.probe(&device) != IVM_OK;
}

/* What is left of a test: the block must not know of its timer any more. */
static int tear_down(void **unused)
{
    (void)unused;
    if (is_registered)
        hpet.stop(&device);
    return is_registered;
}

static void connect_to(uint32_t cpu, uint8_t vector)
{
    input.controller->route(input.unit, input.input,
                            &(struct ivm_route){.cpu = cpu, .vector = vector});
    input.controller->unmask(input.unit, input.input);
}

static int set_up_connected(void **unused)
{
    if (set_up_probed(unused) != 0)
        return -1;
    connect_to(1, 0x55);
    return 0;
}

static struct ivm_input_state inspect_now(void)
{
    struct ivm_input_state found;
    input.controller->inspect(input.unit, input.input, &found);
    return found;
}

static void pass(void)
{
    fake_hpet_advance_to(fake_hpet.counter + LEAD);
}

static void the_timer_that_can_send_messages_is_taken_and_is_masked(void **unused)
{
    (void)unused;
    assert_int_equal(hpet.probe(&device), IVM_OK);

    assert_int_equal(state.number, 1);
    assert_false(device.has_line);
    assert_int_equal(device.own_message, 17);
    assert_true(inspect_now().is_masked);
    hpet.fire(&device);
    pass();
    assert_int_equal(fake_hpet.sent[1] + fake_hpet.fired[1], 0);
}

static void a_block_that_cannot_send_messages_is_said_to(void **unused)
{
    (void)unused;
    *fake_hpet_timer(1, 0) &= ~UINT32_C(0x8000);

    assert_int_equal(hpet.probe(&device), IVM_UNSUPPORTED);

    assert_int_equal(device.own_message, 0);
    assert_int_equal(fake_log_text_count("hpet2: no timer is left that can send"), 1);
}

static void too_little_storage_for_a_message_is_said(void **unused)
{
    (void)unused;
    storage_size = 4096;

    assert_int_equal(hpet.probe(&device), IVM_UNSUPPORTED);

    assert_false(is_registered);
    storage_size = 192;
    assert_int_equal(hpet.probe(&device), IVM_OK); /* the timer was given back */
}

static void a_fire_sends_the_words_of_its_route_once(void **unused)
{
    (void)unused;
    hpet.fire(&device);
    assert_int_equal(hpet.routine(&device), IVM_NOT_MINE); /* not yet */
    pass();

    assert_int_equal(fake_hpet.sent[1], 1);
    assert_int_equal(fake_hpet.fired[1], 0);
    assert_int_equal(fake_hpet.address[1], ADDRESS | 1 << 12);
    assert_int_equal(fake_hpet.data[1], 0x4055);
    assert_int_equal(hpet.routine(&device), IVM_HANDLED);
    assert_int_equal(hpet.routine(&device), IVM_NOT_MINE);
    fake_hpet_advance_to(fake_hpet.counter + (UINT64_C(1) << 33));
    assert_int_equal(fake_hpet.sent[1], 1);
}

static void idle_it_is_not_masked(void **unused)
{
    (void)unused;
    struct ivm_input_state found = inspect_now();

    assert_false(found.is_masked || found.is_pending || found.is_foreign);
    assert_int_equal(found.route.cpu, 1);
    assert_int_equal(found.route.vector, 0x55);
    assert_int_equal(found.route.trigger, IVM_EDGE);
}

static void a_match_under_a_mask_raises_no_line_and_is_made_up_for(void **unused)
{
    (void)unused;
    hpet.fire(&device);
    input.controller->mask(input.unit, input.input);
    pass();
    assert_int_equal(fake_hpet.sent[1] + fake_hpet.fired[1], 0);
    assert_true(inspect_now().is_masked && inspect_now().is_pending);

    input.controller->unmask(input.unit, input.input);
    pass();

    assert_int_equal(fake_hpet.sent[1], 1);
    assert_int_equal(hpet.routine(&device), IVM_HANDLED);
}

static void a_fire_under_a_mask_is_sent_after_it(void **unused)
{
    (void)unused;
    input.controller->mask(input.unit, input.input);
    hpet.fire(&device);
    pass();
    assert_int_equal(fake_hpet.sent[1] + fake_hpet.fired[1], 0);

    input.controller->unmask(input.unit, input.input);
    pass();

    assert_int_equal(fake_hpet.sent[1], 1);
}

static void a_mask_is_read_back(void **unused)
{
    (void)unused;
    fake_log_clear();

    input.controller->mask(input.unit, input.input);

    uint64_t at = FAKE_HPET_BASE + 0x120;
    size_t written = fake_log_find(0, FAKE_MMIO_WRITE, at);
    assert_true(fake_log_find(written, FAKE_MMIO_READ, at) < fake_log_count());
}

static void a_redirect_writes_the_address_and_nothing_else(void **unused)
{
    (void)unused;
    hpet.fire(&device);
    fake_log_clear();

    input.controller->redirect(input.unit, input.input, 3);

    assert_int_equal(inspect_now().route.cpu, 3);
    assert_int_equal(inspect_now().route.vector, 0x55);
    for (size_t i = 0; i < fake_log_count(); i++)
        assert_true(fake_log_at(i)->kind != FAKE_MMIO_WRITE ||
                    fake_log_at(i)->address == FAKE_HPET_BASE + 0x134);
    pass();
    assert_int_equal(fake_hpet.address[1], ADDRESS | 3 << 12);
}

static void a_cpu_that_no_message_reaches_leaves_it_masked(void **unused)
{
    (void)unused;
    connect_to(NO_CPU, 0x60);
    hpet.fire(&device);
    pass();

    assert_int_equal(fake_hpet.sent[1] + fake_hpet.fired[1], 0);
    assert_true(inspect_now().is_masked);
    assert_int_equal(fake_log_text_count("no message reaches CPU 7"), 1);
}

static void unrouted_it_sends_nothing_and_holds_no_words(void **unused)
{
    (void)unused;
    hpet.fire(&device);
    input.controller->unroute(input.unit, input.input);
    input.controller->unmask(input.unit, input.input);
    pass();

    assert_int_equal(fake_hpet.sent[1] + fake_hpet.fired[1], 0);
    assert_true(inspect_now().is_masked && inspect_now().is_foreign);
}

static void a_foreign_write_is_seen(void **unused)
{
    (void)unused;
    *fake_hpet_timer(1, 0x10) = 0x4066;
    assert_int_equal(inspect_now().route.vector, 0x66);

    *fake_hpet_timer(1, 0x14) = 0x00100000;
    assert_true(inspect_now().is_foreign);
}

static void stopped_it_can_be_probed_again(void **unused)
{
    (void)unused;
    hpet.fire(&device);
    input.controller->unroute(input.unit, input.input);
    hpet.stop(&device);
    pass();
    assert_false(is_registered);
    assert_int_equal(fake_hpet.sent[1] + fake_hpet.fired[1], 0);
    assert_int_equal(device.own_message, 0);

    assert_int_equal(hpet.probe(&device), IVM_OK);
    assert_int_equal(state.number, 1);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
#define P(test) cmocka_unit_test_setup_teardown(test, set_up_probed, tear_down)
#define C(test) cmocka_unit_test_setup_teardown(test, set_up_connected, tear_down)
    const struct CMUnitTest tests[] = {
        T(the_timer_that_can_send_messages_is_taken_and_is_masked),
        T(a_block_that_cannot_send_messages_is_said_to),
        T(too_little_storage_for_a_message_is_said),
        C(a_fire_sends_the_words_of_its_route_once),
        C(idle_it_is_not_masked),
        C(a_match_under_a_mask_raises_no_line_and_is_made_up_for),
        C(a_fire_under_a_mask_is_sent_after_it),
        C(a_mask_is_read_back),
        C(a_redirect_writes_the_address_and_nothing_else),
        P(a_cpu_that_no_message_reaches_leaves_it_masked),
        C(unrouted_it_sends_nothing_and_holds_no_words),
        C(a_foreign_write_is_seen),
        P(stopped_it_can_be_probed_again),
    };
#undef T
#undef P
#undef C
    return cmocka_run_group_tests_name("hpet_message", tests, NULL, NULL);
}
