/* test_wdm_pnp_stop.c: devices of an image stopped, removed, given back. */
#include "fake/board.h"
#include "pnp_bench.h"

static void it_is_removed_in_the_documented_order(void **state)
{
    (void)state;
    pattern("PCI\\VEN_1234&DEV_11E8");
    pnp_start(image);
    pnp_remove(image);
    assert_string_equal(seen.minors, "0 1 2 ");
    assert_int_equal(image->state, IMAGE_LOADED);
    assert_int_equal(fake_wdm.blocks, 0);
    assert_int_equal(world_totals().vectors_used, 0);
    assert_null(pnp_device(seen.pdo));
    assert_null(edu->driver); /* DriverUnload comes first */
    pnp_release(image);
    assert_non_null(edu->driver);
    says("test.sys: edu0: removed");
}

static void a_stopped_one_has_no_resources_and_starts_again(void **state)
{
    (void)state;
    pattern("PCI\\VEN_1234&DEV_11E8");
    pnp_start(image);
    pnp_stop(image);
    assert_string_equal(seen.minors, "0 5 4 ");
    assert_int_equal(world_totals().vectors_used, 0);
    assert_int_equal(command_of(edu), INTX_OFF);
    assert_false(pnp_interrupt(seen.pdo, &seen.interrupt));
    assert_int_equal(image->state, IMAGE_LOADED);
    pnp_start(image);
    assert_string_equal(seen.minors, "0 5 4 0 ");
    assert_int_equal(seen.added, 1);
    assert_true(pnp_interrupt(seen.pdo, &seen.interrupt));
    assert_int_equal(image->state, IMAGE_STARTED);
    pnp_stop(image);
    pnp_remove(image);
    assert_string_equal(seen.minors, "0 5 4 0 5 4 1 2 ");
}

static void a_driver_may_refuse_to_be_stopped(void **state)
{
    (void)state;
    pattern("PCI\\VEN_1234&DEV_11E8");
    seen.answers[NT_PNP_QUERY_STOP] = NT_UNSUCCESSFUL;
    pnp_start(image);
    pnp_stop(image);
    assert_string_equal(seen.minors, "0 5 6 ");
    says("test.sys: edu0: IRP_MN_QUERY_STOP_DEVICE: 0xc0000001");
    assert_int_equal(image->state, IMAGE_STARTED);
}

static void who_refuses_removal_is_surprised(void **state)
{
    (void)state;
    pattern("PCI\\VEN_1234&DEV_11E8");
    seen.answers[NT_PNP_QUERY_REMOVE] = NT_UNSUCCESSFUL;
    pnp_start(image);
    pnp_remove(image);
    assert_string_equal(seen.minors, "0 1 17 2 ");
    says("test.sys: edu0: IRP_MN_QUERY_REMOVE_DEVICE: 0xc0000001");
    assert_int_equal(fake_wdm.blocks, 0);
}

static void one_that_was_taken_out_is_not_asked(void **state)
{
    (void)state;
    pattern("PCI\\VEN_1234&DEV_11E8");
    pnp_start(image);
    edu->is_gone = true;
    pnp_remove(image);
    assert_string_equal(seen.minors, "0 17 2 ");
    pnp_release(image);
    assert_null(edu->driver);
    edu->is_gone = false;
    assert_int_equal(ivm_device_load(edu), IVM_OK);
}

static void they_are_removed_in_reverse(void **state)
{
    (void)state;
    pattern("PCI\\VEN_1234");
    pnp_start(image);
    struct nt_device *last = seen.own;
    seen.deletes = false;
    seen.detaches = false;
    pnp_remove(image);
    /* Both were left attached; the last one was named first. */
    const char *log = fake_log_text();
    const char *one = strstr(log, "left a device attached to edu1");
    const char *two = strstr(log, "left a device attached to edu0");
    assert_true(one != NULL && two != NULL && one < two);
    assert_non_null(device_object_find(last));
    pnp_release(image);
    assert_int_equal(fake_log_text_count("forgot to delete its device"), 2);
}

static void an_undriven_device_stays_undriven(void **state)
{
    (void)state;
    struct ivm_device *bare = board_add_undriven("pci 00:05.0", 9);
    bare->pci.vendor = 0x1AF4;
    pattern("PCI\\VEN_1AF4");
    pnp_start(image);
    assert_ptr_equal(pnp_device(seen.pdo), bare);
    pnp_remove(image);
    pnp_release(image);
    assert_null(bare->driver);
    assert_int_equal(fake_log_text_count("does not take it again"), 0);
}

static void a_driver_that_keeps_a_request_is_left_alone(void **state)
{
    (void)state;
    pattern("PCI\\VEN_1234&DEV_11E8");
    fake_system.step_ns = 1000000000;
    seen.keeps[NT_PNP_START] = true;
    pnp_start(image);
    says("test.sys: has not completed a request for 30 s: given up");
    says("test.sys: edu0: IRP_MN_START_DEVICE: 0xc00000b5");
    assert_string_equal(seen.minors, "0 ");
    pnp_stop(image);
    pnp_remove(image);
    assert_string_equal(seen.minors, "0 ");
    says("test.sys: edu0: is not removed: a request is still under way");
    pnp_release(image);
    says("test.sys: never completed a request that was sent to it: taken back");
    assert_int_equal(fake_wdm.blocks, 0);
    assert_non_null(edu->driver);
}

static void a_thousand_cycles_leave_nothing(void **state)
{
    (void)state;
    pattern("PCI\\VEN_1234");
    pattern("ISA\\COM1");
    for (unsigned i = 0; i < 1000; i++) {
        fake_system_reset();
        memset(seen.minors, 0, sizeof seen.minors);
        seen.added = 0;
        pnp_claim(image);
        pnp_start(image);
        assert_int_equal(seen.added, 3);
        if (i % 2 == 0)
            pnp_stop(image);
        pnp_remove(image);
        pnp_release(image);
        assert_int_equal(fake_wdm.blocks, 0);
        assert_int_equal(world_totals().vectors_used, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_is_removed_in_the_documented_order),
        TEST(a_stopped_one_has_no_resources_and_starts_again),
        TEST(a_driver_may_refuse_to_be_stopped),
        TEST(who_refuses_removal_is_surprised),
        TEST(one_that_was_taken_out_is_not_asked),
        TEST(they_are_removed_in_reverse),
        TEST(an_undriven_device_stays_undriven),
        TEST(a_driver_that_keeps_a_request_is_left_alone),
        TEST(a_thousand_cycles_leave_nothing),
    };
    return cmocka_run_group_tests_name("wdm_pnp_stop", tests, NULL, NULL);
}
