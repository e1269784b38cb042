/* test_wdm_connect.c: IoConnectInterrupt and IoConnectInterruptEx: every condition by its status. */
#include "fake/world.h"

#include <string.h>

#include <ivm/hold.h>
#include <ivm/level.h>
#include <ivm/message.h>

#include "fake/board.h"
#include "fake/wdm.h"
#include "kernel/machine.h"
#include "kernel/wdm/interrupt_calls.h"

enum { GSI = 7 };

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

static void must_fail(const struct arguments *a, nt_status status)
{
    struct wdm_interrupt *interrupt;
    size_t blocks = fake_wdm.blocks;
    uint32_t used = world_totals().vectors_used;
    assert_int_equal(call(a, &interrupt), status);
    assert_null(interrupt);
    assert_int_equal(fake_wdm.blocks, blocks);
    assert_int_equal(world_totals().vectors_used, used);
}

static void a_connected_line_calls_its_routine_at_its_level(void **state)
{
    (void)state;
    const struct arguments a = good();
    struct wdm_interrupt *interrupt = must_connect(&a);
    model_assert(&world.io, GSI, 0);
    assert_int_equal(seen.calls, 1);
    assert_ptr_equal(seen.interrupt, interrupt);
    assert_ptr_equal(seen.context, &seen);
    assert_int_equal(seen.irql, 5);
    assert_int_equal(fake_wdm.image.interrupts, 1);
    IoDisconnectInterrupt(interrupt);
    assert_int_equal(fake_wdm.blocks, 0);
    assert_int_equal(fake_wdm.image.interrupts, 0);
}

static void synchronize_irql_is_the_level_inside(void **state)
{
    (void)state;
    struct arguments a = good();
    a.synchronize_irql = 9;
    struct wdm_interrupt *interrupt = must_connect(&a);
    model_assert(&world.io, GSI, 0);
    assert_int_equal(seen.irql, 9);
    assert_int_equal(machine_priority(), 0);
    IoDisconnectInterrupt(interrupt);
}

static void bad_arguments_are_invalid_parameters(void **state)
{
    (void)state;
    struct arguments a = good();
    a.routine = 0;
    must_fail(&a, NT_INVALID_PARAMETER);
    a = good();
    a.irql = 4; /* not the vector's class */
    must_fail(&a, NT_INVALID_PARAMETER);
    a = good();
    a.synchronize_irql = 4;
    must_fail(&a, NT_INVALID_PARAMETER);
    a = good();
    a.synchronize_irql = 13;
    must_fail(&a, NT_INVALID_PARAMETER);
    a = good();
    a.mode = 2;
    must_fail(&a, NT_INVALID_PARAMETER);
    a = good();
    a.processors = 0;
    must_fail(&a, NT_INVALID_PARAMETER);
    a.processors = UINT64_C(1) << 40;
    must_fail(&a, NT_INVALID_PARAMETER);
    assert_int_equal(IoConnectInterrupt(NULL, a.routine, NULL, NULL, held.vector, 5, 5, 0,
                                        1, every_cpu, 0),
                     NT_INVALID_PARAMETER);
    struct wdm_interrupt *interrupt;
    fake_wdm.is_nobody = true;
    a = good();
    assert_int_equal(call(&a, &interrupt), NT_INVALID_PARAMETER);
}

static void a_level_outside_the_devices_is_an_invalid_parameter(void **state)
{
    (void)state;
    static const uint32_t vectors[] = {0,    0x0E, 0x1F, 0x20, 0x2F, 0xD1,
                                       0xE1, 0xFE, 0xFF, 256,  0x150};
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        struct arguments a = good();
        a.vector = vectors[i];
        a.irql = a.synchronize_irql = (nt_irql)(vectors[i] >> 4);
        must_fail(&a, NT_INVALID_PARAMETER);
    }
}

/* Both share and the modes agree: two rows of sixteen. */
static void the_sixteen_rows_of_the_share_matrix(void **state)
{
    for (unsigned row = 0; row < 16; row++) {
        start(state);
        struct arguments first = good(), second = good();
        first.share = row & 1;
        second.share = row >> 1 & 1;
        first.vector = second.vector = 0x77; /* bare: either mode */
        first.irql = second.irql = first.synchronize_irql = second.synchronize_irql = 7;
        first.processors = second.processors = 1;
        first.mode = (row & 4) != 0 ? NT_LATCHED : NT_LEVEL_SENSITIVE;
        second.mode = (row & 8) != 0 ? NT_LATCHED : NT_LEVEL_SENSITIVE;
        struct wdm_interrupt *a = must_connect(&first);
        bool accepted = first.share && second.share && first.mode == second.mode;
        if (accepted)
            IoDisconnectInterrupt(must_connect(&second));
        else
            must_fail(&second, NT_VECTOR_ALREADY_CONNECTED);
        IoDisconnectInterrupt(a);
    }
}

static void a_conflict_is_763_as_an_error_and_its_record_can_be_had(void **state)
{
    (void)state;
    struct arguments a = good();
    struct ivm_refusal record;
    assert_int_equal(IvmGetLastRefusal(&record, sizeof record), NT_NOT_FOUND);
    a.share = NT_FALSE;
    struct wdm_interrupt *interrupt = must_connect(&a);
    must_fail(&a, (nt_status)0xC00702FB);
    assert_int_equal(IvmGetLastRefusal(&record, 8), NT_BUFFER_TOO_SMALL);
    assert_int_equal(IvmGetLastRefusal(&record, sizeof record), NT_SUCCESS);
    assert_int_equal(record.rule, IVM_RULE_OWNER_EXCLUSIVE);
    assert_string_equal(record.requester, "test.sys");
    assert_string_equal(record.owners[0].name, "test.sys");
    assert_int_equal(fake_wdm.image.refusals, 1);
    IoDisconnectInterrupt(interrupt);
}

static void a_native_owner_is_named_to_an_image(void **state)
{
    (void)state;
    struct ivm_request request = world_line(0, GSI);
    request.sharing = IVM_EXCLUSIVE;
    world_must_connect(0, &request);
    const struct arguments a = good();
    must_fail(&a, NT_VECTOR_ALREADY_CONNECTED);
    assert_string_equal(fake_wdm.image.refusal.owners[0].name, "dev0");
}

static void a_native_driver_and_an_image_share_a_line(void **state)
{
    (void)state;
    struct ivm_request request = world_line(0, GSI);
    world_must_connect(0, &request);
    const struct arguments a = good();
    struct wdm_interrupt *interrupt = must_connect(&a);
    seen.answer = NT_FALSE;
    device_fire(0);
    assert_int_equal(world.devices[0].claims, 1);
    assert_int_equal(seen.calls, 0); /* the first claimed it */
    IoDisconnectInterrupt(interrupt);
}

static void of_a_result_only_the_low_byte_counts(void **state)
{
    (void)state;
    const struct arguments a = good();
    struct wdm_interrupt *interrupt = must_connect(&a);
    uint32_t cpu;
    world_place((struct ivm_source_id){.kind = IVM_LINE, .number = GSI}, &cpu);
    seen.answer = 0xDEADBEEFCAFE0000;
    model_assert(&world.io, GSI, 0);
    assert_int_equal(world_vector(cpu, held.vector).strays, 1);
    seen.answer = 0xDEADBEEF00000002;
    model_assert(&world.io, GSI, 0);
    assert_int_equal(world_vector(cpu, held.vector).strays, 1);
    assert_int_equal(ivm_stats_claimed(&interrupt->connection), 1);
    IoDisconnectInterrupt(interrupt);
}

static void a_routine_that_comes_back_at_another_level_is_noted_and_put_right(void **state)
{
    (void)state;
    const struct arguments a = good();
    struct wdm_interrupt *interrupt = must_connect(&a);
    seen.leave_at = 11;
    model_assert(&world.io, GSI, 0);
    assert_int_equal(machine_priority(), 0);
    assert_int_equal(fake_wdm.levels_noted, 1);
    IoDisconnectInterrupt(interrupt);
}

static void an_unassigned_vector_is_bare_on_every_processor_named(void **state)
{
    (void)state;
    struct arguments a = good();
    a.vector = 0x77;
    a.irql = a.synchronize_irql = 7;
    a.mode = NT_LATCHED;
    uint32_t used = world_totals().vectors_used;
    struct wdm_interrupt *interrupt = must_connect(&a);
    assert_int_equal(world_totals().vectors_used, used + 2);
    model_raise(0, 0x77);
    model_raise(1, 0x77);
    assert_int_equal(seen.calls, 2);
    IoDisconnectInterrupt(interrupt);
    assert_int_equal(world_totals().vectors_used, used);
    assert_int_equal(fake_wdm.blocks, 0);
}

static void bare_on_all_processors_or_on_none(void **state)
{
    (void)state;
    const struct ivm_cpu_set second = {.mask = 2};
    struct ivm_request request = world_bare(0, 0x77);
    request.cpus = &second;
    world_must_connect(0, &request);
    struct arguments a = good();
    a.vector = 0x77;
    a.irql = a.synchronize_irql = 7;
    a.mode = NT_LATCHED;
    must_fail(&a, NT_VECTOR_ALREADY_CONNECTED);
    assert_int_equal(fake_wdm.image.refusal.cpu, 1);
    a.processors = 1;
    IoDisconnectInterrupt(must_connect(&a));
}

static void one_lock_over_two_vectors_runs_both_at_the_higher_level(void **state)
{
    (void)state;
    uint64_t lock = 0;
    struct arguments a = good(), b = good();
    a.spin_lock = b.spin_lock = &lock;
    a.synchronize_irql = b.synchronize_irql = 8;
    b.vector = 0x83;
    b.irql = 8;
    b.processors = 1;
    struct wdm_interrupt *first = must_connect(&a), *second = must_connect(&b);
    model_assert(&world.io, GSI, 0);
    assert_int_equal(seen.irql, 8);
    model_raise(0, 0x83);
    assert_int_equal(seen.irql, 8);
    assert_int_equal((uint32_t)lock, 0);
    b.vector = 0x84;
    b.synchronize_irql = 9;
    must_fail(&b, NT_INVALID_PARAMETER); /* one lock, two levels */
    IoDisconnectInterrupt(first);
    IoDisconnectInterrupt(second);
}

static void a_number_that_is_two_lines_is_told_by_its_mode(void **state)
{
    (void)state;
    const struct ivm_cpu_set first = {.mask = 1}, second = {.mask = 2};
    const struct ivm_hold_wish edge = {.cpus = &first, .trigger = IVM_EDGE, .level = 6};
    const struct ivm_hold_wish level = {.cpus = &second, .trigger = IVM_LEVEL, .level = 6};
    struct ivm_held one, other;
    assert_int_equal(ivm_line_hold(20, &edge, &one), IVM_OK);
    assert_int_equal(ivm_line_hold(21, &level, &other), IVM_OK);
    assert_int_equal(one.vector, other.vector);
    struct arguments a = good();
    a.vector = other.vector;
    a.irql = a.synchronize_irql = 6;
    struct wdm_interrupt *interrupt = must_connect(&a);
    assert_int_equal(interrupt->request.source.number, 21);
    IoDisconnectInterrupt(interrupt);
    a.mode = NT_LATCHED;
    interrupt = must_connect(&a);
    assert_int_equal(interrupt->request.source.number, 20);
    IoDisconnectInterrupt(interrupt);
}

static void without_memory_nothing_is_connected(void **state)
{
    (void)state;
    const struct arguments a = good();
    fake_wdm.blocks_until_empty = 0;
    must_fail(&a, NT_INSUFFICIENT_RESOURCES);
}

static void from_dispatch_level_nothing_is_connected(void **state)
{
    (void)state;
    const struct arguments a = good();
    machine_set_priority(IVM_DISPATCH);
    must_fail(&a, (nt_status)ivm_status_forms(IVM_WRONG_LEVEL)->ntstatus);
    machine_set_priority(0);
}

int main(void)
{
#define STARTED(claim) cmocka_unit_test_setup_teardown(claim, start, world_end)
    const struct CMUnitTest tests[] = {
        STARTED(a_connected_line_calls_its_routine_at_its_level),
        STARTED(synchronize_irql_is_the_level_inside),
        STARTED(bad_arguments_are_invalid_parameters),
        STARTED(a_level_outside_the_devices_is_an_invalid_parameter),
        STARTED(the_sixteen_rows_of_the_share_matrix),
        STARTED(a_conflict_is_763_as_an_error_and_its_record_can_be_had),
        STARTED(a_native_owner_is_named_to_an_image),
        STARTED(a_native_driver_and_an_image_share_a_line),
        STARTED(of_a_result_only_the_low_byte_counts),
        STARTED(a_routine_that_comes_back_at_another_level_is_noted_and_put_right),
        STARTED(an_unassigned_vector_is_bare_on_every_processor_named),
        STARTED(bare_on_all_processors_or_on_none),
        STARTED(one_lock_over_two_vectors_runs_both_at_the_higher_level),
        STARTED(a_number_that_is_two_lines_is_told_by_its_mode),
        STARTED(without_memory_nothing_is_connected),
        STARTED(from_dispatch_level_nothing_is_connected),
    };
    return cmocka_run_group_tests_name("wdm connect", tests, NULL, NULL);
}
