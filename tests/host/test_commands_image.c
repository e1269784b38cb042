/* test_commands_image.c: the console's commands for driver images. */
#include "fake/world.h"

#include <string.h>

#include <ivm/bus.h>

#include "fake/board.h"
#include "fake/images.h"
#include "fake/operator.h"
#include "fake/system.h"
#include "kernel/monitor/console.h"

static int start(void **state)
{
    operator_start(state);
    fake_images.count = 2;
    fake_images.images[0] = (struct image){.name = "edu.sys",
                                           .state = IMAGE_UNLOADED,
                                           .file_size = 5000,
                                           .patterns = {"PCI\\VEN_1234&DEV_11E8", "X"}};
    fake_images.images[1] = (struct image){
        .name = "uart.sys", .state = IMAGE_BROKEN, .why = "DriverEntry failed"};
    return 0;
}

static void without_images_that_is_said(void **state)
{
    (void)state;
    fake_images.count = 0;
    operator_works("images");
    operator_heard("there are no driver images");
    operator_fails("image load edu", "no driver image `edu`; `images` lists them");
}

static void each_image_has_a_row_with_its_state(void **state)
{
    (void)state;
    operator_works("images");
    operator_heard("edu.sys          unloaded  a file of 5000 bytes; for "
                   "PCI\\VEN_1234&DEV_11E8, X\n");
    operator_heard("uart.sys         refused   DriverEntry failed\n");
    assert_int_equal(fake_log_text_count("holds"), 0);
}

static void what_an_image_holds_and_connected_is_shown(void **state)
{
    (void)state;
    struct image *image = &fake_images.images[0];
    image->state = IMAGE_STARTED;
    image->base = 0x201000;
    image->size = 0x9000;
    image->loads = 2;
    image->interrupts = 1;
    image->pool_blocks = 3;
    image->pool_bytes = 96;
    image->mappings = 4;
    image->devices = 5;
    image->wrong_levels = 6;
    /* Its name is what the owner is called. */
    struct ivm_request request = world_line(1, 50);
    strcpy(request.owner, "edu.sys");
    world_must_connect(1, &request);
    request = world_line(2, 50);
    world_must_connect(2, &request);
    device_fire(1);
    device_fire(2);
    operator_works("images");
    operator_heard("edu.sys          started   at 0x201000, 36 KiB, loaded 2 times; for ");
    operator_heard("  holds 1 interrupts, 5 device objects, 3 blocks of pool (96 bytes), "
                   "4 mappings\n");
    operator_heard("  came back at another level 6 times\n");
    operator_heard("line 50, owner 1 of 2, shared, took 1 of 2\n");
    assert_int_equal(fake_log_text_count("owner 2 of 2"), 0);
    world_must_disconnect(2);
    world_must_disconnect(1);
}

static void its_last_refusal_is_shown(void **state)
{
    (void)state;
    struct image *image = &fake_images.images[1];
    operator_works("connect edu0");
    struct ivm_request request = world_line(1, OPERATOR_LINE);
    strcpy(request.owner, "uart.sys");
    assert_int_equal(world_connect(1, &request), IVM_ALREADY_CONNECTED);
    image->refusal = world.refusal;
    image->refusals = 1;
    operator_works("images");
    operator_heard("  was refused 1 time; the last: ");
    operator_heard("edu0");
}

static void an_image_is_loaded_and_unloaded_by_either_name(void **state)
{
    (void)state;
    operator_works("image load edu");
    operator_heard("edu.sys          loaded ");
    operator_works("image unload edu.sys");
    assert_string_equal(fake_images.trace, "load unload ");
    operator_works("image reload edu");
    operator_works("image reload edu");
    assert_string_equal(fake_images.trace, "load unload load unload load ");
}

static void the_devices_of_an_image_are_stopped_and_started(void **state)
{
    (void)state;
    operator_works("image load edu");
    operator_works("image start edu");
    operator_heard("edu.sys          started ");
    operator_works("image stop edu");
    assert_string_equal(fake_images.trace, "load start stop ");
    fake_images.unload_status = IVM_NOT_CONNECTED;
    operator_fails("image stop edu", "edu.sys is not loaded");
}

static void a_reload_ends_where_the_unload_fails(void **state)
{
    (void)state;
    fake_images.images[0].state = IMAGE_STARTED;
    fake_images.unload_status = IVM_UNSUPPORTED;
    assert_false(console_command("image reload edu"));
    assert_string_equal(fake_images.trace, "unload ");
    fake_images.unload_status = IVM_NOT_CONNECTED;
    operator_fails("image unload edu", "edu.sys is not loaded");
}

static void what_cannot_be_done_fails_the_command(void **state)
{
    (void)state;
    fake_images.load_status = IVM_ALREADY_CONNECTED;
    operator_fails("image load edu", "edu.sys is loaded already");
    fake_images.load_status = IVM_BAD_ARGUMENT;
    assert_false(console_command("image load edu"));
    operator_fails("image eat edu",
                   "`eat` is not `load`, `unload`, `reload`, `stop` or `start`");
    operator_fails("image load", "usage: image load|unload|reload NAME");
}

int main(void)
{
#define STARTED(claim) cmocka_unit_test_setup_teardown(claim, start, operator_end)
    const struct CMUnitTest tests[] = {
        STARTED(without_images_that_is_said),
        STARTED(each_image_has_a_row_with_its_state),
        STARTED(what_an_image_holds_and_connected_is_shown),
        STARTED(its_last_refusal_is_shown),
        STARTED(an_image_is_loaded_and_unloaded_by_either_name),
        STARTED(the_devices_of_an_image_are_stopped_and_started),
        STARTED(a_reload_ends_where_the_unload_fails),
        STARTED(what_cannot_be_done_fails_the_command),
    };
    return cmocka_run_group_tests_name("image commands", tests, NULL, NULL);
}
