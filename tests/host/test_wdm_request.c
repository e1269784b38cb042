/* test_wdm_request.c: requests on their way down a stack and up again; what drivers do wrong. */
#include "wdm_bench.h"

static void a_request_begins_above_its_highest_location(void **state)
{
    (void)state;
    struct nt_irp *irp = IoAllocateIrp(3, NT_FALSE);
    assert_int_equal(irp->type, 6);
    assert_int_equal(irp->size, 208 + 3 * 72);
    assert_int_equal(irp->stack_count, 3);
    assert_int_equal(irp->current_location, 4);
    memset(irp->current - 3, 0xFF, 3 * sizeof *irp->current); /* ASan looks */
    IoFreeIrp(irp);
    assert_null(IoAllocateIrp(0, NT_FALSE));
    assert_null(IoAllocateIrp(-1, NT_FALSE));
    fake_wdm.blocks_until_empty = 0;
    assert_null(IoAllocateIrp(3, NT_FALSE));
    says_nothing();
}

static void it_goes_down_to_the_bus_and_up_past_each_routine(void **state)
{
    (void)state;
    assert_int_equal(send_one(), NT_SUCCESS);
    assert_string_equal(seen, "FfbcC");
    assert_ptr_equal(completed_for, filter);
    assert_int_equal(fake_wdm.blocks, 3);
    says_nothing();
}

static void a_skipped_location_is_used_by_the_next_driver(void **state)
{
    (void)state;
    fake_wdm.image.driver.major[READ] = FAKE_CODE(pass_by_skip);
    IoDetachDevice(function);
    assert_int_equal(send_one(), NT_SUCCESS);
    assert_string_equal(seen, "fb");
    says_nothing();
}

static void routines_are_called_as_they_wished(void **state)
{
    (void)state;
    static const struct {
        uint8_t wanted;
        nt_status status;
        nt_boolean cancel;
        const char *seen;
    } cases[] = {
        {ON_SUCCESS, NT_SUCCESS, NT_FALSE, "Mm"},
        {ON_SUCCESS, NT_UNSUCCESSFUL, NT_FALSE, "M"},
        {ON_ERROR, NT_SUCCESS, NT_FALSE, "M"},
        {ON_ERROR, NT_UNSUCCESSFUL, NT_FALSE, "Mm"},
        {ON_CANCEL, NT_SUCCESS, NT_FALSE, "M"},
        {ON_CANCEL, NT_SUCCESS, NT_TRUE, "Mm"},
        {ON_CANCEL, NT_UNSUCCESSFUL, NT_TRUE, "Mm"},
        {0, NT_SUCCESS, NT_TRUE, "M"},
        {ON_SUCCESS, NT_TIMEOUT, NT_FALSE, "Mm"}, /* of success severity */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct nt_irp *irp = made(READ);
        irp->current[-1].control = cases[i].wanted;
        irp->cancel = cases[i].cancel;
        memset(seen, 0, sizeof seen);
        see('M');
        bus_status = cases[i].status;
        IofCallDriver(bus, irp);
        seen[1] = seen[1] == 'b' ? seen[2] : seen[1];
        seen[2] = '\0';
        assert_string_equal(seen, cases[i].seen);
        IoFreeIrp(irp);
    }
}

static void more_processing_required_stops_it_until_completed_again(void **state)
{
    (void)state;
    struct nt_irp *irp = made(READ);
    answer = NT_MORE_PROCESSING_REQUIRED;
    IofCallDriver(filter, irp);
    assert_string_equal(seen, "Ffbc");
    assert_int_equal(irp->current_location, 2);
    assert_ptr_equal(irp->current->device, function);
    answer = NT_SUCCESS;
    IofCompleteRequest(irp, 0); /* now the function driver has it */
    assert_string_equal(seen, "FfbcCm");
    IoFreeIrp(irp);
}

/* Its maker takes it back in the last routine. */
static NT_API nt_status free_it(struct nt_device *device, struct nt_irp *irp, void *context)
{
    (void)context;
    assert_null(device);
    IoFreeIrp(irp);
    return NT_MORE_PROCESSING_REQUIRED;
}

static void a_request_may_be_freed_in_its_last_routine(void **state)
{
    (void)state;
    struct nt_irp *irp = made(READ);
    irp->current[-1].completion = FAKE_CODE(free_it);
    assert_int_equal(IofCallDriver(bus, irp), NT_SUCCESS);
    assert_int_equal(fake_wdm.blocks, 3);
    says_nothing();
}

static void pending_goes_up_where_no_routine_is_called(void **state)
{
    (void)state;
    wanted = 0;
    keeps = NT_TRUE;
    struct nt_irp *irp = made(READ);
    assert_int_equal(IofCallDriver(filter, irp), NT_PENDING);
    assert_string_equal(seen, "Ffb");
    request_complete(NULL, irp);
    assert_string_equal(seen, "Ffbm");
    assert_int_equal(was_pending, NT_TRUE);
    IoFreeIrp(irp);
    says_nothing();
}

static void a_missing_routine_fails_the_request(void **state)
{
    (void)state;
    fake_wdm.image.driver.major[READ] = 0;
    assert_int_equal(send_one(), NT_INVALID_DEVICE_REQUEST);
    const struct request_plan beyond = {.major = NT_MAJOR_COUNT};
    assert_int_equal(request_send(&fake_wdm.image, bus, &beyond),
                     NT_INVALID_DEVICE_REQUEST);
    fake_wdm.image.driver.major[READ] = FAKE_CODE(route);
    fake_wdm.is_nobody = true;
    assert_int_equal(send_one(), NT_INVALID_DEVICE_REQUEST);
    fake_wdm.is_nobody = false;
    says("a device's routine for requests of kind 0x03 lies in no image");
    assert_string_equal(seen, "");
}

static void completed_twice_it_is_completed_once(void **state)
{
    (void)state;
    struct nt_irp *irp = made(READ);
    IofCallDriver(bus, irp);
    IofCompleteRequest(irp, 0);
    says("test.sys: completes a request that is completed, or was sent to nobody: ignored");
    assert_string_equal(seen, "bm");
    IoFreeIrp(irp);
    IofCompleteRequest(irp, 0);
    says("test.sys: completes what is no request: ignored");
    IoFreeIrp(irp);
    says("test.sys: frees what is no request, or a second time: ignored");
}

static void only_who_has_a_request_completes_it(void **state)
{
    (void)state;
    keeps = NT_TRUE;
    struct nt_irp *irp = made(READ);
    IofCallDriver(bus, irp);
    IofCompleteRequest(irp, 0); /* the bus has it */
    says("test.sys: completes a request that another driver has: ignored");
    assert_string_equal(seen, "b");
    request_complete(NULL, irp);
    assert_string_equal(seen, "bm");
    IoFreeIrp(irp);
}

static void a_stack_that_is_too_short_fails_the_request(void **state)
{
    (void)state;
    struct nt_irp *irp = IoAllocateIrp(2, NT_FALSE); /* three drivers */
    irp->current[-1].major = READ;
    irp->current[-1].completion = FAKE_CODE(completion);
    irp->current[-1].context = (void *)(uintptr_t) "m";
    irp->current[-1].control = ON_ERROR;
    assert_int_equal(IofCallDriver(filter, irp), NT_INVALID_DEVICE_REQUEST);
    says("test.sys: sends a request that has no stack location left");
    assert_string_equal(seen, "FfcCm");
    IoFreeIrp(irp);
}

static void a_request_to_no_device_fails(void **state)
{
    (void)state;
    struct nt_device stray = {.type = NT_DEVICE_TYPE};
    struct nt_irp *irp = made(READ);
    assert_int_equal(IofCallDriver(&stray, irp), NT_NO_SUCH_DEVICE);
    says("test.sys: sends a request to what is no device object");
    assert_string_equal(seen, "m");
    IoFreeIrp(irp);
    assert_int_equal(IofCallDriver(bus, irp), NT_INVALID_PARAMETER);
    says("test.sys: sends what is no request: ignored");
}

static void a_request_with_no_routine_to_keep_it_stays_its_makers(void **state)
{
    (void)state;
    struct nt_irp *irp = made(READ);
    irp->current[-1].control = 0;
    IofCallDriver(bus, irp);
    says("came back with no completion routine to keep it");
    IoFreeIrp(irp);
    assert_int_equal(fake_wdm.blocks, 3);
}

static void requests_may_be_sent_and_completed_at_dispatch_level(void **state)
{
    (void)state;
    uint8_t found = ivm_level_raise(IVM_DISPATCH);
    struct nt_irp *irp = made(READ);
    assert_int_equal(PoCallDriver(filter, irp), NT_SUCCESS);
    assert_string_equal(seen, "FfbcCm");
    assert_int_equal(machine_priority(), IVM_DISPATCH);
    IoFreeIrp(irp);
    ivm_level_lower(found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_request_begins_above_its_highest_location),
        TEST(it_goes_down_to_the_bus_and_up_past_each_routine),
        TEST(a_skipped_location_is_used_by_the_next_driver),
        TEST(routines_are_called_as_they_wished),
        TEST(more_processing_required_stops_it_until_completed_again),
        TEST(a_request_may_be_freed_in_its_last_routine),
        TEST(pending_goes_up_where_no_routine_is_called),
        TEST(a_missing_routine_fails_the_request),
        TEST(completed_twice_it_is_completed_once),
        TEST(only_who_has_a_request_completes_it),
        TEST(a_stack_that_is_too_short_fails_the_request),
        TEST(a_request_to_no_device_fails),
        TEST(a_request_with_no_routine_to_keep_it_stays_its_makers),
        TEST(requests_may_be_sent_and_completed_at_dispatch_level),
    };
    return cmocka_run_group_tests_name("wdm_request", tests, NULL, NULL);
}
