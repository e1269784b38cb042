/* test_image_unload.c: images that fail, are unloaded, come again, or change what they must not. */
#include "image_bench.h"

#include <ivm/deferred.h>

static void a_driver_that_fails_is_named_and_leaves_nothing(void **state)
{
    (void)state;
    driver.entry = fail_without_memory;
    fake_images.left_interrupts = 1;
    must_refuse(IVM_UNSUPPORTED, "edu.sys: refused: DriverEntry failed: 0xC000009A "
                                 "STATUS_INSUFFICIENT_RESOURCES");
    assert_int_equal(driver.entered, 1);
    assert_string_equal(fake_images.trace,
                        "pnp_claim interrupts timers calls again timers calls again "
                        "interrupts timers calls again timers calls again "
                        "pnp_release mappings report pool ");
    for (size_t i = 0; i < PAGES; i++)
        assert_int_equal(machine.rights[i], FOREIGN_READ);
    assert_int_equal(image_unload(image), IVM_NOT_CONNECTED);
}

static void a_driver_that_failed_may_try_again(void **state)
{
    (void)state;
    driver.entry = fail_without_memory;
    must_refuse(IVM_UNSUPPORTED, "DriverEntry failed");
    driver.entry = succeed;
    must_load();
    assert_int_equal(machine.asked, 1);
    assert_string_equal(image->why, "");
}

static void unloading_stops_its_devices_then_the_driver_then_what_it_left(void **state)
{
    (void)state;
    must_load();
    fake_images_reset();
    fake_images.left_timers = 1;
    fake_images.calls_after = 1;
    image->devices = 2;
    image->mappings = 1;
    image->pool_blocks = 3;
    assert_int_equal(image_unload(image), IVM_OK);
    assert_string_equal(fake_images.trace,
                        "pnp_remove DriverUnload "
                        "interrupts timers calls again timers calls again "
                        "interrupts timers calls again timers calls again "
                        "pnp_release mappings report pool ");
    assert_int_equal(driver.unloaded, 1);
    assert_int_equal(image->state, IMAGE_UNLOADED);
    assert_int_equal(image->devices + image->mappings + image->pool_blocks, 0);
    for (size_t i = 0; i < PAGES; i++)
        assert_int_equal(machine.rights[i], FOREIGN_READ);
    assert_null(image_of((const void *)image->base));
}

static void what_is_found_after_the_wait_is_looked_for_again(void **state)
{
    (void)state;
    must_load();
    fake_images_reset();
    fake_images.left_calls = fake_images.calls_after = 1;
    assert_int_equal(image_unload(image), IVM_OK);
    /* Found before the wait, found behind it, then nothing on both sides. */
    assert_string_equal(fake_images.trace,
                        "pnp_remove DriverUnload "
                        "interrupts timers calls timers calls again "
                        "interrupts timers calls again timers calls again "
                        "pnp_release mappings report pool ");
}

static void note_that_it_ran(void *context)
{
    (void)context;
    fake_images_trace("ran");
}

static struct ivm_deferred call = {.function = note_that_it_ran, .cpu_plus_one = 2};

/* The other CPU does not run it before it is waited for. */
static NT_API uint64_t leave_a_call(struct nt_driver *object)
{
    model_interrupts_of(1, false);
    assert_true(ivm_deferred_queue(&call));
    return unload(object);
}

static void let_the_other_cpu_run(unsigned spins)
{
    (void)spins;
    model_interrupts_of(1, true);
}

static void a_deferred_call_that_runs_is_waited_for_before_its_memory_goes(void **state)
{
    (void)state;
    must_load();
    fake_images_reset();
    driver.unload = leave_a_call;
    model_on_relax(let_the_other_cpu_run);
    assert_int_equal(image_unload(image), IVM_OK);
    assert_string_equal(fake_images.trace,
                        "pnp_remove DriverUnload interrupts timers calls again "
                        "ran timers calls again pnp_release mappings report pool ");
}

static void a_driver_without_an_unload_routine_stays(void **state)
{
    (void)state;
    must_load();
    image->driver.unload = 0;
    fake_images_reset();
    assert_int_equal(image_unload(image), IVM_UNSUPPORTED);
    heard("edu.sys: has no DriverUnload: it stays");
    assert_string_equal(fake_images.trace, "");
    assert_int_equal(image->state, IMAGE_LOADED);
    assert_ptr_equal(image_of((const void *)image->base), image);
    image->driver.unload = image->base + DRIVER_ENTRY + 1;
}

static void devices_are_stopped_and_started_while_the_image_stays(void **state)
{
    (void)state;
    assert_int_equal(image_stop(image), IVM_NOT_CONNECTED);
    assert_int_equal(image_start(image), IVM_NOT_CONNECTED);
    must_load();
    fake_images_reset();
    assert_int_equal(image_stop(image), IVM_OK);
    assert_int_equal(image_start(image), IVM_OK);
    assert_string_equal(fake_images.trace, "pnp_stop pnp_start ");
    machine_set_priority(2);
    assert_int_equal(image_stop(image), IVM_WRONG_LEVEL);
    machine_set_priority(0);
}

static void an_image_is_loaded_once_and_unloaded_once(void **state)
{
    (void)state;
    assert_int_equal(image_unload(image), IVM_NOT_CONNECTED);
    must_load();
    assert_int_equal(image_load(image), IVM_ALREADY_CONNECTED);
    image->state = IMAGE_STARTED;
    assert_int_equal(image_load(image), IVM_ALREADY_CONNECTED);
    assert_int_equal(driver.entered, 1);
    assert_int_equal(image_unload(image), IVM_OK);
    assert_int_equal(image_unload(image), IVM_NOT_CONNECTED);
    assert_int_equal(driver.unloaded, 1);
}

static void a_thousand_loads_use_the_same_memory(void **state)
{
    (void)state;
    must_load();
    uintptr_t base = image->base;
    for (int i = 0; i < 1000; i++) {
        ((uint8_t *)image->base)[DATA_RVA] = 1; /* what it wrote is forgotten */
        assert_int_equal(image_unload(image), IVM_OK);
        fake_system_reset();
        must_load();
        assert_int_equal(image->base, base);
        assert_int_equal(((uint8_t *)image->base)[DATA_RVA], 0);
        fake_images_reset();
    }
    assert_int_equal(machine.asked, 1);
    assert_int_equal(image->loads, 1001);
}

static NT_API uint64_t load_and_unload(struct nt_driver *object, struct nt_string *registry)
{
    assert_int_equal(image_load(image), IVM_WRONG_LEVEL);
    assert_int_equal(image_unload(image), IVM_WRONG_LEVEL);
    return succeed(object, registry);
}

static void nothing_is_loaded_while_another_is_or_where_it_cannot_wait(void **state)
{
    (void)state;
    driver.entry = load_and_unload;
    must_load();
    heard("edu.sys: nothing can be done with it while an image is being loaded, started or "
          "unloaded");
    machine_set_priority(2);
    assert_int_equal(image_unload(image), IVM_WRONG_LEVEL);
    heard("edu.sys: nothing can be done with it at this level");
    machine_set_priority(0);
    model_interrupts(false);
    assert_int_equal(image_unload(image), IVM_WRONG_LEVEL);
    model_interrupts(true);
    assert_int_equal(driver.unloaded, 0);
    assert_int_equal(image_unload(image), IVM_OK);
}

static NT_API uint64_t stay_high(struct nt_driver *object)
{
    machine_set_priority(5);
    return unload(object);
}

static NT_API uint64_t stay_deaf(struct nt_driver *object)
{
    model_interrupts(false);
    return unload(object);
}

static void a_level_or_flag_that_was_changed_is_put_right_and_named(void **state)
{
    (void)state;
    must_load();
    driver.unload = stay_high;
    assert_int_equal(image_unload(image), IVM_OK);
    assert_int_equal(machine_priority(), 0);
    assert_int_equal(image->wrong_levels, 1);
    heard("edu.sys: DriverUnload was called at level 0 and came back at 5: put right "
          "(1 times)");
    must_load();
    assert_int_equal(image->wrong_levels, 0);
    driver.unload = stay_deaf;
    assert_int_equal(image_unload(image), IVM_OK);
    assert_true(machine_interrupts_enabled());
    heard("edu.sys: DriverUnload came back with interrupts off: put right");
    assert_int_equal(image->wrong_levels, 0);
}

static void wrong_levels_are_named_ever_more_rarely(void **state)
{
    (void)state;
    must_load();
    for (int i = 0; i < 100; i++)
        image_note_level(image, "its routine", 3);
    assert_int_equal(image->wrong_levels, 100);
    assert_int_equal(fake_log_text_count("its routine"), 7); /* 1, 2, 4, ... 64 */
    image_note_level(NULL, "something", 3);
    heard("code of no image: something was called at level 3");
}

int main(void)
{
#define STARTED(claim) cmocka_unit_test_setup_teardown(claim, start, end)
    const struct CMUnitTest tests[] = {
        STARTED(a_driver_that_fails_is_named_and_leaves_nothing),
        STARTED(a_driver_that_failed_may_try_again),
        STARTED(unloading_stops_its_devices_then_the_driver_then_what_it_left),
        STARTED(what_is_found_after_the_wait_is_looked_for_again),
        STARTED(a_deferred_call_that_runs_is_waited_for_before_its_memory_goes),
        STARTED(a_driver_without_an_unload_routine_stays),
        STARTED(devices_are_stopped_and_started_while_the_image_stays),
        STARTED(an_image_is_loaded_once_and_unloaded_once),
        STARTED(a_thousand_loads_use_the_same_memory),
        STARTED(nothing_is_loaded_while_another_is_or_where_it_cannot_wait),
        STARTED(a_level_or_flag_that_was_changed_is_put_right_and_named),
        STARTED(wrong_levels_are_named_ever_more_rarely),
    };
    return cmocka_run_group_tests_name("unloading images", tests, NULL, NULL);
}
