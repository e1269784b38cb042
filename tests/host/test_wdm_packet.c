/* test_wdm_packet.c: StartIo gets a device's requests one at a time, in their order. */
#include "fake/world.h"

#include <string.h>

#include <ivm/level.h>

#include "fake/system.h"
#include "fake/wdm.h"
#include "kernel/machine.h"
#include "kernel/wdm/device.h"
#include "kernel/wdm/device_calls.h"
#include "kernel/wdm/request.h"
#include "kernel/wdm/request_calls.h"

enum { PACKETS = 5 };

static struct nt_device *device;
static struct nt_irp *irps[PACKETS];
static char order[16];
static nt_irql level_seen;
static nt_boolean goes_on; /* StartIo is done with each at once */

static NT_API void start_io(struct nt_device *of, struct nt_irp *irp)
{
    size_t length = strlen(order);
    assert_ptr_equal(of, device);
    assert_ptr_equal(device->current_irp, irp);
    for (unsigned i = 0; i < PACKETS; i++) {
        if (irps[i] == irp)
            order[length] = (char)('0' + i);
    }
    level_seen = machine_priority();
    if (goes_on != NT_FALSE)
        IoStartNextPacket(device, NT_FALSE);
}

static int start(void **state)
{
    world_one_cpu(state);
    fake_system_reset();
    fake_wdm_reset();
    memset(order, 0, sizeof order);
    goes_on = NT_FALSE;
    struct nt_driver *driver = &fake_wdm.image.driver;
    driver->start_io = FAKE_CODE(start_io);
    assert_int_equal(IoCreateDevice(driver, 0, NULL, 0x22, 0, NT_FALSE, &device), 0);
    for (unsigned i = 0; i < PACKETS; i++) {
        irps[i] = IoAllocateIrp(1, NT_FALSE);
        assert_non_null(irps[i]);
    }
    return 0;
}

static int end(void **state)
{
    for (unsigned i = 0; i < PACKETS; i++)
        IoFreeIrp(irps[i]);
    IoDeleteDevice(device);
    assert_int_equal(fake_wdm.blocks, 0);
    assert_int_equal(machine_priority(), 0);
    return world_end(state);
}

static void starts(unsigned packet, const uint32_t *key)
{
    IoStartPacket(device, irps[packet], key, 0);
}

static void the_first_one_starts_at_once_at_dispatch_level(void **state)
{
    (void)state;
    starts(0, NULL);
    assert_string_equal(order, "0");
    assert_int_equal(level_seen, IVM_DISPATCH);
}

static void the_others_wait_their_turn(void **state)
{
    (void)state;
    for (unsigned i = 0; i < PACKETS; i++)
        starts(i, NULL);
    assert_string_equal(order, "0");
    for (unsigned i = 1; i < PACKETS; i++)
        IoStartNextPacket(device, NT_FALSE);
    assert_string_equal(order, "01234");
    IoStartNextPacket(device, NT_FALSE);
    assert_null(device->current_irp);
    starts(0, NULL);
    assert_string_equal(order, "012340");
}

static void keys_order_those_that_wait(void **state)
{
    (void)state;
    static const uint32_t keys[PACKETS] = {9, 30, 10, 20, 10};
    for (unsigned i = 0; i < PACKETS; i++)
        starts(i, &keys[i]);
    for (unsigned i = 1; i < PACKETS; i++)
        IoStartNextPacket(device, NT_FALSE);
    assert_string_equal(order, "02431");
}

static void start_io_may_ask_for_the_next_one_itself(void **state)
{
    (void)state;
    starts(0, NULL);
    starts(1, NULL);
    starts(2, NULL);
    goes_on = NT_TRUE;
    IoStartNextPacket(device, NT_FALSE);
    assert_string_equal(order, "012");
    assert_null(device->current_irp);
}

static void what_makes_no_sense_is_named_and_ignored(void **state)
{
    (void)state;
    struct nt_device stray = {.type = NT_DEVICE_TYPE};
    struct nt_irp no_request = {0};
    IoStartPacket(&stray, irps[0], NULL, 0);
    IoStartNextPacket(&stray, NT_FALSE);
    assert_int_equal(
        fake_log_text_count("starts a packet of what is no device object: ignored"), 2);
    IoStartPacket(device, &no_request, NULL, 0);
    assert_int_equal(fake_log_text_count("with what is no request: ignored"), 1);
    fake_wdm.image.driver.start_io = 0;
    IoStartPacket(device, irps[0], NULL, 0);
    assert_int_equal(fake_log_text_count("of a driver without a StartIo routine"), 1);
    assert_string_equal(order, "");
    assert_null(device->current_irp);
}

static void a_cancel_routine_is_noted(void **state)
{
    (void)state;
    IoStartPacket(device, irps[0], NULL, FAKE_CODE(start_io));
    assert_true(irps[0]->cancel_routine == FAKE_CODE(start_io));
}

int main(void)
{
#define TEST(claim) cmocka_unit_test_setup_teardown(claim, start, end)
    const struct CMUnitTest tests[] = {
        TEST(the_first_one_starts_at_once_at_dispatch_level),
        TEST(the_others_wait_their_turn),
        TEST(keys_order_those_that_wait),
        TEST(start_io_may_ask_for_the_next_one_itself),
        TEST(what_makes_no_sense_is_named_and_ignored),
        TEST(a_cancel_routine_is_noted),
    };
    return cmocka_run_group_tests_name("wdm_packet", tests, NULL, NULL);
}
