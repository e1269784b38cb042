/* test_wdm_disconnect.c: interrupts taken off, forgotten, and off for a while. */
#include "fake/world.h"

#include <string.h>

#include <ivm/hold.h>
#include <ivm/level.h>
#include <ivm/message.h>

#include "fake/board.h"
#include "fake/wdm.h"
#include "kernel/machine.h"
#include "kernel/wdm/interrupt_calls.h"

enum { ALL = -1, GSI = 7, OTHER_GSI = 9 };

static const nt_affinity every_cpu = UINT64_MAX;

/* What the routines of the "image" saw. */
static struct {
    unsigned calls;
    void *interrupt;
    void *context;
    uint32_t message;
    nt_irql irql;
    uint64_t answer;  /* what they return, all 64 bits of it */
    nt_irql leave_at; /* not 0: come back at this level */
    unsigned device;  /* whose wire to let go */
} seen;

static NT_API uint64_t service(void *interrupt, void *context, uint32_t message)
{
    seen.calls++;
    seen.interrupt = interrupt;
    seen.context = context;
    seen.message = message;
    seen.irql = machine_priority();
    model_deassert(&world.io, GSI, 0);
    if (seen.leave_at != 0)
        machine_set_priority(seen.leave_at);
    return seen.answer;
}

static struct ivm_held held; /* the line's */

/* Two CPUs; the device has line GSI, level-triggered, its vector held on both. */
static int start(void **state)
{
    world_two_cpus(state);
    board_start(); /* the clock and the log, too */
    fake_wdm_reset();
    memset(&seen, 0, sizeof seen);
    seen.answer = NT_TRUE;
    const struct ivm_hold_wish wish = {.trigger = IVM_LEVEL, .level = 5};
    assert_int_equal(ivm_line_hold(GSI, &wish, &held), IVM_OK);
    fake_wdm.has_interrupt = true;
    fake_wdm.interrupt = (struct pnp_interrupt){.has_line = true,
                                                .gsi = GSI,
                                                .vector = held.vector,
                                                .trigger = IVM_LEVEL,
                                                .processors = 3};
    return 0;
}

/* The eleven arguments. */
struct arguments {
    nt_code routine;
    uint64_t *spin_lock;
    uint32_t vector;
    nt_irql irql, synchronize_irql;
    uint32_t mode;
    nt_boolean share;
    nt_affinity processors;
};

static struct arguments good(void)
{
    return (struct arguments){.routine = FAKE_CODE(service),
                              .vector = held.vector,
                              .irql = 5,
                              .synchronize_irql = 5,
                              .mode = NT_LEVEL_SENSITIVE,
                              .share = NT_TRUE,
                              .processors = every_cpu};
}

static nt_status call(const struct arguments *a, struct wdm_interrupt **interrupt)
{
    *interrupt = (void *)&seen; /* must not be left there */
    return IoConnectInterrupt(interrupt, a->routine, &seen, a->spin_lock, a->vector,
                              a->irql, a->synchronize_irql, a->mode, a->share,
                              a->processors, NT_FALSE);
}

static struct wdm_interrupt *must_connect(const struct arguments *a)
{
    struct wdm_interrupt *interrupt;
    assert_int_equal(call(a, &interrupt), NT_SUCCESS);
    assert_non_null(interrupt);
    return interrupt;
}

static void a_stray_pointer_or_a_second_disconnect_stops_the_kernel(void **state)
{
    (void)state;
    const struct arguments a = good();
    struct wdm_interrupt *interrupt = must_connect(&a);
    expect_assert_failure(IoDisconnectInterrupt((void *)&seen));
    expect_assert_failure(IoDisconnectInterrupt(NULL));
    machine_set_priority(IVM_DISPATCH);
    expect_assert_failure(IoDisconnectInterrupt(interrupt));
    machine_set_priority(0);
    IoDisconnectInterrupt(interrupt);
    expect_assert_failure(IoDisconnectInterrupt(interrupt));
}

static void what_an_image_forgot_is_taken_off(void **state)
{
    (void)state;
    struct arguments a = good();
    must_connect(&a);
    a.vector = 0x77;
    a.irql = a.synchronize_irql = 7;
    a.mode = NT_LATCHED;
    must_connect(&a);
    assert_int_equal(interrupts_drop(&fake_wdm.image), 2);
    assert_int_equal(fake_wdm.blocks, 0);
    assert_int_equal(fake_wdm.image.interrupts, 0);
    model_assert(&world.io, GSI, 0);
    assert_int_equal(seen.calls, 0);
    model_deassert(&world.io, GSI, 0);
}

static void an_inactive_interrupt_is_off_until_it_is_active(void **state)
{
    (void)state;
    const struct arguments a = good();
    struct wdm_interrupt *interrupt = must_connect(&a);
    struct nt_disconnect which = {.version = 1, .interrupt = interrupt};
    IoReportInterruptActive(&which); /* it is */
    IoReportInterruptInactive(&which);
    IoReportInterruptInactive(&which);
    model_assert(&world.io, GSI, 0);
    assert_int_equal(seen.calls, 0);
    IoReportInterruptActive(&which);
    assert_int_equal(seen.calls, 1); /* the line was still asserted */
    IoReportInterruptInactive(&which);
    IoDisconnectInterruptEx(&which);
    assert_int_equal(fake_wdm.blocks, 0);
}

int main(void)
{
#define STARTED(claim) cmocka_unit_test_setup_teardown(claim, start, world_end)
    const struct CMUnitTest tests[] = {
        STARTED(a_stray_pointer_or_a_second_disconnect_stops_the_kernel),
        STARTED(what_an_image_forgot_is_taken_off),
        STARTED(an_inactive_interrupt_is_off_until_it_is_active),
    };
    return cmocka_run_group_tests_name("wdm disconnect", tests, NULL, NULL);
}
