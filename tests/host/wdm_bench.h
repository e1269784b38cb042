/* wdm_bench.h: a stack of three devices for the tests of requests: a filter over a function driver over a
 * device of the bus; and what they saw.
 */
#ifndef TEST_WDM_BENCH_H
#define TEST_WDM_BENCH_H

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

enum { PENDING = 0x01, ON_CANCEL = 0x20, ON_SUCCESS = 0x40, ON_ERROR = 0x80, READ = 3 };

/* A filter over a function driver over a device of the bus. */
static struct nt_device *bus, *function, *filter;
static struct nt_driver bus_driver;

/* What they saw, as letters: F filter, f function, b bus; C and c their completion routines. */
static char seen[64];
static struct nt_irp *kept;
static nt_status bus_status;
static nt_boolean keeps; /* the bus keeps the request, for the test to complete */
static nt_status answer; /* of the completion routines */
static uint8_t wanted;   /* when those are to be called */
static struct nt_device *completed_for;
static nt_boolean was_pending;

static void see(char letter)
{
    size_t length = strlen(seen);
    assert_true(length + 1 < sizeof seen);
    seen[length] = letter;
}

/* What IoMarkIrpPending, IoCopyCurrentIrpStackLocationToNext with IoSetCompletionRoutine, and
 * IoSkipCurrentIrpStackLocation do inline. */
static void mark_pending(struct nt_irp *irp)
{
    irp->current->control |= PENDING;
}

static void copy_to_next(struct nt_irp *irp, nt_code routine, void *context)
{
    struct nt_stack_location *next = irp->current - 1;
    memcpy(next, irp->current, offsetof(struct nt_stack_location, completion));
    next->control = wanted;
    next->completion = routine;
    next->context = context;
}

static void skip_location(struct nt_irp *irp)
{
    irp->current_location++;
    irp->current++;
}

static NT_API nt_status completion(struct nt_device *device, struct nt_irp *irp,
                                   const char *letter)
{
    see(*letter);
    completed_for = device;
    was_pending = irp->pending_returned;
    if (was_pending != NT_FALSE && answer != NT_MORE_PROCESSING_REQUIRED)
        mark_pending(irp);
    return answer;
}

static nt_status serve(struct nt_device *device, struct nt_irp *irp)
{
    see('b');
    assert_ptr_equal(irp->current->device, device);
    irp->io_status.status = bus_status;
    kept = irp;
    if (keeps != NT_FALSE) {
        mark_pending(irp);
        return NT_PENDING;
    }
    request_complete(NULL, irp);
    return bus_status;
}

static NT_API nt_status pass_by_copy(struct nt_device *device, struct nt_irp *irp)
{
    see('f');
    assert_ptr_equal(device, function);
    copy_to_next(irp, FAKE_CODE(completion), (void *)(uintptr_t) "c");
    return IofCallDriver(bus, irp);
}

static inline NT_API nt_status pass_by_skip(struct nt_device *device, struct nt_irp *irp)
{
    (void)device;
    see('f');
    skip_location(irp);
    return IofCallDriver(bus, irp);
}

static NT_API nt_status filter_by_copy(struct nt_device *device, struct nt_irp *irp)
{
    (void)device;
    see('F');
    copy_to_next(irp, FAKE_CODE(completion), (void *)(uintptr_t) "C");
    return IofCallDriver(function, irp);
}

/* One driver object serves both, as they come. */
static NT_API nt_status route(struct nt_device *device, struct nt_irp *irp)
{
    return device == filter ? filter_by_copy(device, irp) : pass_by_copy(device, irp);
}

static void make_stack(void)
{
    struct nt_driver *driver = &fake_wdm.image.driver;
    const struct device_plan plan = {
        .driver = &bus_driver, .image = &fake_wdm.image, .serve = serve};
    assert_int_equal(device_object_make(&plan, &bus), NT_SUCCESS);
    bus->flags = 0;
    assert_int_equal(IoCreateDevice(driver, 0, NULL, 0x22, 0, NT_FALSE, &function), 0);
    assert_int_equal(IoCreateDevice(driver, 0, NULL, 0x22, 0, NT_FALSE, &filter), 0);
    function->flags = filter->flags = 0;
    assert_non_null(IoAttachDeviceToDeviceStack(function, bus));
    assert_non_null(IoAttachDeviceToDeviceStack(filter, bus));
    driver->major[READ] = FAKE_CODE(route);
}

static inline int start(void **state)
{
    world_one_cpu(state);
    fake_system_reset();
    fake_wdm_reset();
    memset(seen, 0, sizeof seen);
    bus_driver = (struct nt_driver){0};
    kept = NULL;
    bus_status = answer = NT_SUCCESS;
    keeps = was_pending = NT_FALSE;
    wanted = ON_SUCCESS | ON_ERROR | ON_CANCEL;
    completed_for = (void *)seen;
    make_stack();
    return 0;
}

static inline int end(void **state)
{
    (void)requests_drop(&fake_wdm.image);
    (void)device_objects_drop(&fake_wdm.image);
    assert_int_equal(fake_wdm.blocks, 0);
    return world_end(state);
}

static inline void says(const char *text)
{
    if (fake_log_text_count(text) != 1)
        fail_msg("the log does not say once \"%s\" but:\n%s", text, fake_log_text());
}

static inline void says_nothing(void)
{
    assert_string_equal(fake_log_text(), "");
}

static inline nt_status send_one(void)
{
    const struct request_plan plan = {.major = READ};
    return request_send(&fake_wdm.image, bus, &plan);
}

/* The maker of a request keeps it; marking it pending, with no location of its own, is its mistake. */
static NT_API nt_status keep(struct nt_device *device, struct nt_irp *irp,
                             const char *letter)
{
    assert_null(device);
    see(*letter);
    was_pending = irp->pending_returned;
    if (was_pending != NT_FALSE)
        mark_pending(irp);
    return NT_MORE_PROCESSING_REQUIRED;
}

/* A request that a driver made, its next location filled in. */
static inline struct nt_irp *made(uint8_t major)
{
    struct nt_irp *irp = IoAllocateIrp(filter->stack_size, NT_FALSE);
    assert_non_null(irp);
    irp->current[-1].major = major;
    irp->current[-1].control = ON_SUCCESS | ON_ERROR;
    irp->current[-1].completion = FAKE_CODE(keep);
    irp->current[-1].context = (void *)(uintptr_t) "m";
    return irp;
}

#define TEST(claim) cmocka_unit_test_setup_teardown(claim, start, end)

#endif
