/* test_wdm_device.c: device objects: made, named, stacked, referred to, deleted; and what drivers do wrong. */
#include "fake/world.h"

#include <string.h>

#include <ivm/level.h>

#include "fake/system.h"
#include "fake/wdm.h"
#include "kernel/wdm/device.h"
#include "kernel/wdm/device_calls.h"

enum { UNKNOWN = 0x22, INITIALIZING = NT_DO_DEVICE_INITIALIZING };

static struct nt_driver *driver;

static int start(void **state)
{
    world_one_cpu(state);
    fake_system_reset();
    fake_wdm_reset();
    driver = &fake_wdm.image.driver;
    return 0;
}

/* Nothing may be left, in the pool or in the table of objects. */
static int end(void **state)
{
    (void)device_objects_drop(&fake_wdm.image);
    assert_int_equal(fake_wdm.blocks, 0);
    assert_int_equal(fake_wdm.image.devices, 0);
    assert_null(driver->devices);
    return world_end(state);
}

/* A name as a driver has it. */
static struct nt_string named(const char *text)
{
    static uint16_t letters[4][64];
    static unsigned next;
    uint16_t *room = letters[next++ % 4];
    uint16_t count = 0;
    for (; text[count] != '\0'; count++)
        room[count] = (uint8_t)text[count];
    return (struct nt_string){
        .length = (uint16_t)(2 * count), .room = (uint16_t)(2 * count), .text = room};
}

static nt_status create(const char *name, uint32_t extension, struct nt_device **out)
{
    struct nt_string text = named(name != NULL ? name : "");
    return IoCreateDevice(driver, extension, name != NULL ? &text : NULL, UNKNOWN, 0,
                          NT_FALSE, out);
}

/* Ready to be attached to. */
static struct nt_device *must_create(void)
{
    struct nt_device *device;
    assert_int_equal(create(NULL, 0, &device), NT_SUCCESS);
    device->flags &= ~(uint32_t)INITIALIZING;
    return device;
}

static void says(const char *text)
{
    if (fake_log_text_count(text) != 1)
        fail_msg("the log does not say once \"%s\" but:\n%s", text, fake_log_text());
}

static void an_object_begins_as_documented(void **state)
{
    (void)state;
    struct nt_device *device = NULL;
    assert_int_equal(create(NULL, 40, &device), NT_SUCCESS);
    assert_int_equal(device->type, 3);
    assert_int_equal(device->size, 328 + 40);
    assert_ptr_equal(device->driver, driver);
    assert_ptr_equal(driver->devices, device);
    assert_int_equal(device->flags, INITIALIZING);
    assert_int_equal(device->device_type, UNKNOWN);
    assert_int_equal(device->stack_size, 1);
    assert_int_equal(device->references, 0);
    assert_null(device->attached);
    assert_null(device->current_irp);
    assert_int_equal(device->lock.header.signal, 1);
    assert_ptr_equal(device->lock.header.waiters.next, &device->lock.header.waiters);
    assert_int_equal(fake_wdm.image.devices, 1);
}

static void its_extension_is_zeroed_aligned_and_its_own(void **state)
{
    (void)state;
    static const uint8_t zeros[1000];
    struct nt_device *first, *second;
    assert_int_equal(create(NULL, sizeof zeros, &first), NT_SUCCESS);
    assert_int_equal(create("\\Device\\Two", sizeof zeros, &second), NT_SUCCESS);
    assert_int_equal((uintptr_t)first->extension % 16, 0);
    assert_memory_equal(first->extension, zeros, sizeof zeros);
    memset(first->extension, 0xFF, sizeof zeros);
    memset(second->extension, 0xFF, sizeof zeros); /* within the block: ASan looks */
    struct nt_device *again;
    assert_int_equal(create("\\Device\\Two", 0, &again), NT_OBJECT_NAME_COLLISION);
    struct nt_device *bare;
    assert_int_equal(create(NULL, 0, &bare), NT_SUCCESS);
    assert_null(bare->extension);
}

static void what_is_asked_for_is_in_its_flags(void **state)
{
    (void)state;
    struct nt_device *device;
    struct nt_string name = named("\\Device\\Edu0");
    assert_int_equal(IoCreateDevice(driver, 0, &name, UNKNOWN, 0x100, NT_TRUE, &device),
                     NT_SUCCESS);
    assert_int_equal(device->flags, INITIALIZING | 0x08 | 0x40);
    assert_int_equal(device->characteristics, 0x100);
    struct nt_device *generated;
    assert_int_equal(IoCreateDevice(driver, 0, NULL, UNKNOWN, 0x80, NT_FALSE, &generated),
                     NT_SUCCESS);
    assert_int_equal(generated->flags, INITIALIZING | 0x40);
}

static void a_name_is_given_once_whatever_its_case(void **state)
{
    (void)state;
    struct nt_device *first, *second = (void *)&first;
    assert_int_equal(create("\\Device\\Edu0", 0, &first), NT_SUCCESS);
    assert_int_equal(create("\\device\\EDU0", 0, &second), NT_OBJECT_NAME_COLLISION);
    assert_null(second);
    assert_int_equal(fake_wdm.image.devices, 1);
    assert_int_equal(fake_wdm.blocks, 1);
    assert_int_equal(create("\\Device\\Edu01", 0, &second), NT_SUCCESS);
    IoDeleteDevice(first);
    assert_int_equal(create("\\device\\EDU0", 0, &first), NT_SUCCESS);
}

static void without_memory_there_is_no_object(void **state)
{
    (void)state;
    struct nt_device *device = (void *)&device;
    fake_wdm.blocks_until_empty = 0;
    assert_int_equal(create(NULL, 0, &device), NT_INSUFFICIENT_RESOURCES);
    assert_null(device);
    assert_int_equal(fake_wdm.image.devices, 0);
}

static void an_object_is_made_for_the_callers_own_driver_only(void **state)
{
    (void)state;
    struct nt_driver other = {0};
    struct nt_device *device = (void *)&device;
    assert_int_equal(IoCreateDevice(&other, 0, NULL, UNKNOWN, 0, NT_FALSE, &device),
                     NT_INVALID_PARAMETER);
    assert_null(device);
    says("test.sys: wants to create a device for another driver: refused");
    struct nt_string odd = named("\\Device\\X");
    odd.length = 3;
    assert_int_equal(IoCreateDevice(driver, 0, &odd, UNKNOWN, 0, NT_FALSE, &device),
                     NT_INVALID_PARAMETER);
    says("test.sys: wants to create a device with a name that is none: refused");
    assert_int_equal(IoCreateDevice(driver, 0, NULL, UNKNOWN, 0, NT_FALSE, NULL),
                     NT_INVALID_PARAMETER);
    fake_wdm.is_nobody = true;
    assert_int_equal(IoCreateDevice(driver, 0, NULL, UNKNOWN, 0, NT_FALSE, &device),
                     NT_INVALID_PARAMETER);
}

static void deleted_objects_leave_their_drivers_list(void **state)
{
    (void)state;
    struct nt_device *a = must_create(), *b = must_create(), *c = must_create();
    IoDeleteDevice(b);
    assert_ptr_equal(driver->devices, c);
    assert_ptr_equal(c->next, a);
    IoDeleteDevice(c);
    IoDeleteDevice(a);
    assert_null(driver->devices);
    assert_int_equal(fake_wdm.blocks, 0);
    assert_string_equal(fake_log_text(), "");
}

static void an_object_attaches_to_the_top_of_a_stack(void **state)
{
    (void)state;
    struct nt_device *low = must_create(), *middle = must_create(), *top = must_create();
    low->alignment = 7;
    low->sector_size = 512;
    assert_ptr_equal(IoAttachDeviceToDeviceStack(middle, low), low);
    assert_ptr_equal(IoAttachDeviceToDeviceStack(top, low), middle);
    assert_ptr_equal(low->attached, middle);
    assert_ptr_equal(middle->attached, top);
    assert_null(top->attached);
    assert_int_equal(middle->stack_size, 2);
    assert_int_equal(top->stack_size, 3);
    assert_int_equal(top->alignment, 7);
    assert_int_equal(top->sector_size, 512);
    assert_ptr_equal(device_object_top(low), top);
}

static void a_detached_object_can_be_attached_again(void **state)
{
    (void)state;
    struct nt_device *low = must_create(), *top = must_create();
    assert_ptr_equal(IoAttachDeviceToDeviceStack(top, low), low);
    IoDetachDevice(low);
    assert_null(low->attached);
    assert_ptr_equal(IoAttachDeviceToDeviceStack(top, low), low);
    assert_string_equal(fake_log_text(), "");
}

static void an_attach_that_makes_no_sense_is_refused(void **state)
{
    (void)state;
    struct nt_device *low = must_create(), *top = must_create(), *other = must_create();
    struct nt_device stray = {.type = NT_DEVICE_TYPE};
    assert_null(IoAttachDeviceToDeviceStack(&stray, low));
    assert_null(IoAttachDeviceToDeviceStack(top, NULL));
    assert_int_equal(fake_log_text_count("attaches what is no device object: refused"), 2);
    assert_null(IoAttachDeviceToDeviceStack(low, low));
    assert_ptr_equal(IoAttachDeviceToDeviceStack(top, low), low);
    assert_null(IoAttachDeviceToDeviceStack(low, top));
    assert_int_equal(fake_log_text_count("to its own stack: refused"), 2);
    assert_null(IoAttachDeviceToDeviceStack(top, other));
    says("test.sys: attaches a device that is attached already: refused");
    top->flags |= INITIALIZING;
    assert_null(IoAttachDeviceToDeviceStack(other, low));
    says("to one that is not ready: DO_DEVICE_INITIALIZING is set: refused");
    assert_ptr_equal(low->attached, top);
    assert_null(top->attached);
    assert_null(other->attached);
    assert_int_equal(other->stack_size, 1);
}

static void what_was_never_attached_is_not_detached(void **state)
{
    (void)state;
    struct nt_device *device = must_create(), stray = {0};
    IoDetachDevice(device);
    says("test.sys: detaches from a device that nothing is attached to: ignored");
    IoDetachDevice(&stray);
    says("test.sys: detaches from what is no device object: ignored");
}

static void one_that_others_are_attached_to_goes_when_they_have_gone(void **state)
{
    (void)state;
    struct nt_device *low = must_create(), *top = must_create();
    assert_ptr_equal(IoAttachDeviceToDeviceStack(top, low), low);
    IoDeleteDevice(low);
    says("deletes a device that another one is attached to");
    assert_int_equal(fake_wdm.blocks, 2);
    assert_ptr_equal(low->attached, top);
    IoDeleteDevice(low);
    says("test.sys: deletes a device a second time: ignored");
    struct nt_device *late = must_create();
    assert_ptr_equal(IoAttachDeviceToDeviceStack(late, low), top); /* top is not deleted */
    IoDetachDevice(top);
    IoDetachDevice(low);
    assert_int_equal(fake_wdm.blocks, 2);
    assert_null(device_object_find(low));
}

static void one_that_is_still_attached_is_taken_off_first(void **state)
{
    (void)state;
    struct nt_device *low = must_create(), *top = must_create();
    assert_ptr_equal(IoAttachDeviceToDeviceStack(top, low), low);
    IoDeleteDevice(low); /* waits for the other */
    IoDeleteDevice(top);
    says("deletes a device that is still attached to another one: taken off first");
    assert_int_equal(fake_wdm.blocks, 0);
}

static void a_stray_pointer_is_not_deleted(void **state)
{
    (void)state;
    struct nt_device stray = {.type = NT_DEVICE_TYPE};
    IoDeleteDevice(&stray);
    IoDeleteDevice(NULL);
    assert_int_equal(fake_log_text_count("deletes what is no device object: ignored"), 2);
}

static void an_object_lives_while_somebody_refers_to_it(void **state)
{
    (void)state;
    struct nt_device *low = must_create(), *top = must_create();
    assert_ptr_equal(IoAttachDeviceToDeviceStack(top, low), low);
    assert_ptr_equal(IoGetAttachedDeviceReference(low), top);
    assert_int_equal(ObfReferenceObject(top), 3);
    IoDetachDevice(low);
    IoDeleteDevice(top);
    assert_int_equal(fake_wdm.blocks, 2);
    assert_int_equal(ObfDereferenceObject(top), 1);
    assert_int_equal(fake_wdm.blocks, 2);
    assert_int_equal(ObfDereferenceObject(top), 0);
    assert_int_equal(fake_wdm.blocks, 1);
    assert_string_equal(fake_log_text(), "");
    assert_null(IoGetAttachedDeviceReference(top));
}

static void one_reference_too_few_is_named_and_harms_nobody(void **state)
{
    (void)state;
    struct nt_device *device = must_create();
    assert_int_equal(ObfReferenceObject(device), 2);
    assert_int_equal(ObfDereferenceObject(device), 1);
    (void)ObfDereferenceObject(device);
    says("test.sys: dereferences a device that nobody refers to: ignored");
    assert_ptr_equal(driver->devices, device);
    assert_int_equal(ObfReferenceObject(driver), 1); /* of other objects there are none */
    assert_int_equal(ObfDereferenceObject(driver), 1);
}

static void what_an_image_forgot_is_named_and_deleted(void **state)
{
    (void)state;
    struct nt_device *low, *top = must_create();
    assert_int_equal(create("\\Device\\Edu0", 8, &low), NT_SUCCESS);
    low->flags &= ~(uint32_t)INITIALIZING;
    assert_ptr_equal(IoAttachDeviceToDeviceStack(top, low), low);
    (void)ObfReferenceObject(low);
    assert_int_equal(device_objects_drop(&fake_wdm.image), 2);
    says("test.sys: forgot to delete its device \\Device\\Edu0");
    says("test.sys: forgot to delete its device of type 0x22 without a name");
    assert_int_equal(fake_wdm.blocks, 0);
    assert_int_equal(device_objects_drop(&fake_wdm.image), 0);
}

static void objects_of_driver_entry_are_ready_after_it(void **state)
{
    (void)state;
    struct nt_device *a, *b;
    assert_int_equal(create(NULL, 0, &a), NT_SUCCESS);
    assert_int_equal(create(NULL, 0, &b), NT_SUCCESS);
    device_objects_ready(driver);
    assert_int_equal(a->flags, 0);
    assert_int_equal(b->flags, 0);
}

static void from_above_dispatch_level_the_kernel_stops(void **state)
{
    (void)state;
    struct nt_device *device;
    uint8_t found = ivm_level_raise(5);
    expect_assert_failure((void)create(NULL, 0, &device));
    says("test.sys: calls IoCreateDevice at level 5; it may at 2 at most");
    ivm_level_lower(found);
}

int main(void)
{
#define TEST(claim) cmocka_unit_test_setup_teardown(claim, start, end)
    const struct CMUnitTest tests[] = {
        TEST(an_object_begins_as_documented),
        TEST(its_extension_is_zeroed_aligned_and_its_own),
        TEST(what_is_asked_for_is_in_its_flags),
        TEST(a_name_is_given_once_whatever_its_case),
        TEST(without_memory_there_is_no_object),
        TEST(an_object_is_made_for_the_callers_own_driver_only),
        TEST(deleted_objects_leave_their_drivers_list),
        TEST(an_object_attaches_to_the_top_of_a_stack),
        TEST(a_detached_object_can_be_attached_again),
        TEST(an_attach_that_makes_no_sense_is_refused),
        TEST(what_was_never_attached_is_not_detached),
        TEST(one_that_others_are_attached_to_goes_when_they_have_gone),
        TEST(one_that_is_still_attached_is_taken_off_first),
        TEST(a_stray_pointer_is_not_deleted),
        TEST(an_object_lives_while_somebody_refers_to_it),
        TEST(one_reference_too_few_is_named_and_harms_nobody),
        TEST(what_an_image_forgot_is_named_and_deleted),
        TEST(objects_of_driver_entry_are_ready_after_it),
        TEST(from_above_dispatch_level_the_kernel_stops),
    };
    return cmocka_run_group_tests_name("wdm_device", tests, NULL, NULL);
}
