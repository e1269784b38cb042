/* test_wdm_send.c: requests of ours: sent, waited for, given up; answers that contradict themselves. */
#include "wdm_bench.h"

static void complete_the_kept_one(void)
{
    kept->io_status.status = NT_TIMEOUT;
    request_complete(NULL, kept);
}

static void a_pending_request_is_waited_for(void **state)
{
    (void)state;
    keeps = NT_TRUE;
    fake_wdm.on_sleep = complete_the_kept_one;
    assert_int_equal(send_one(), NT_TIMEOUT);
    assert_string_equal(seen, "FfbcC");
    assert_int_equal(fake_wdm.wakes, 1);
    assert_int_equal(fake_wdm.blocks, 3);
    says_nothing();
}

static void a_request_that_is_kept_for_ever_is_given_up(void **state)
{
    (void)state;
    keeps = NT_TRUE;
    fake_system.step_ns = 1000000000;
    assert_int_equal(send_one(), NT_IO_TIMEOUT);
    says("test.sys: has not completed a request for 30 s: given up");
    assert_int_equal(fake_wdm.blocks, 4);
    complete_the_kept_one();
    says("test.sys: completed at last a request that nobody waits for any more");
    assert_int_equal(fake_wdm.blocks, 3);
}

static void what_is_left_is_named_and_taken_back(void **state)
{
    (void)state;
    keeps = NT_TRUE;
    fake_system.step_ns = 1000000000;
    assert_int_equal(send_one(), NT_IO_TIMEOUT);
    (void)made(READ);
    assert_int_equal(requests_drop(&fake_wdm.image), 2);
    says("test.sys: never completed a request that was sent to it: taken back");
    says("test.sys: forgot to free a request: taken back");
    assert_int_equal(fake_wdm.blocks, 3);
}

static void ours_are_not_freed_by_drivers(void **state)
{
    (void)state;
    keeps = NT_TRUE;
    fake_system.step_ns = 1000000000;
    assert_int_equal(send_one(), NT_IO_TIMEOUT);
    IoFreeIrp(kept);
    says("test.sys: frees a request that it did not make: ignored");
    assert_int_equal(fake_wdm.blocks, 4);
}

static NT_API nt_status say_pending(struct nt_device *device, struct nt_irp *irp)
{
    (void)device;
    irp->io_status.status = NT_SUCCESS;
    IofCompleteRequest(irp, 0);
    return NT_PENDING;
}

static NT_API nt_status mark_and_return(struct nt_device *device, struct nt_irp *irp)
{
    (void)device;
    mark_pending(irp);
    irp->io_status.status = NT_UNSUCCESSFUL;
    IofCompleteRequest(irp, 0);
    return NT_UNSUCCESSFUL;
}

static NT_API nt_status say_another(struct nt_device *device, struct nt_irp *irp)
{
    (void)device;
    irp->io_status.status = NT_UNSUCCESSFUL;
    IofCompleteRequest(irp, 0);
    return NT_SUCCESS;
}

static NT_API nt_status forget(struct nt_device *device, struct nt_irp *irp)
{
    (void)device;
    kept = irp;
    return NT_SUCCESS;
}

static void complete_as_the_driver(void)
{
    kept->io_status.status = NT_SUCCESS;
    IofCompleteRequest(kept, 0);
}

static void answers_that_contradict_themselves_are_named(void **state)
{
    (void)state;
    static const struct {
        nt_code routine;
        nt_status status;
        const char *text;
    } cases[] = {
        {FAKE_CODE(say_pending), NT_SUCCESS,
         "returned STATUS_PENDING for a request that it did not mark pending"},
        {FAKE_CODE(mark_and_return), NT_UNSUCCESSFUL,
         "marked a request pending and returned 0xc0000001"},
        {FAKE_CODE(say_another), NT_UNSUCCESSFUL,
         "returned 0x00000000 for a request that was completed with 0xc0000001"},
        {FAKE_CODE(forget), NT_SUCCESS,
         "returned 0x00000000 for a request that it has not completed"},
    };
    fake_wdm.on_sleep = complete_as_the_driver;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fake_wdm.image.driver.major[READ] = cases[i].routine;
        assert_int_equal(send_one(), cases[i].status);
        says(cases[i].text);
    }
    assert_int_equal(fake_wdm.blocks, 3);
}

static void without_memory_nothing_is_sent(void **state)
{
    (void)state;
    fake_wdm.blocks_until_empty = 0;
    assert_int_equal(send_one(), NT_INSUFFICIENT_RESOURCES);
    assert_string_equal(seen, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_pending_request_is_waited_for),
        TEST(a_request_that_is_kept_for_ever_is_given_up),
        TEST(what_is_left_is_named_and_taken_back),
        TEST(ours_are_not_freed_by_drivers),
        TEST(answers_that_contradict_themselves_are_named),
        TEST(without_memory_nothing_is_sent),
    };
    return cmocka_run_group_tests_name("wdm_send", tests, NULL, NULL);
}
