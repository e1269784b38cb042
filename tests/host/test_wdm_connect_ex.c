/* test_wdm_connect_ex.c: IoConnectInterruptEx: its versions, their fallback, their statuses. */
#include "fake/world.h"

#include <string.h>

#include <ivm/hold.h>
#include <ivm/level.h>
#include <ivm/message.h>

#include "fake/system.h"
#include "fake/wdm.h"
#include "kernel/machine.h"
#include "kernel/wdm/interrupt_calls.h"

enum { GSI = 7, MESSAGES = 3 };

static struct {
    unsigned calls, fallback_calls;
    uint32_t message[8];
    nt_irql irql;
} seen;

static NT_API uint64_t service(void *interrupt, void *context, uint32_t message)
{
    (void)interrupt, (void)context;
    seen.message[seen.calls++ % 8] = message;
    seen.irql = machine_priority();
    model_deassert(&world.io, GSI, 0);
    return NT_TRUE;
}

static NT_API uint64_t fallback(void *interrupt, void *context)
{
    (void)interrupt, (void)context;
    seen.fallback_calls++;
    model_deassert(&world.io, GSI, 0);
    return NT_TRUE;
}

static struct ivm_held held;
static struct wdm_interrupt *interrupt;
static struct nt_message_info *table;

static int start(void **state)
{
    world_two_cpus(state);
    fake_system_reset();
    fake_wdm_reset();
    memset(&seen, 0, sizeof seen);
    const struct ivm_hold_wish wish = {.trigger = IVM_LEVEL, .level = 5};
    assert_int_equal(ivm_line_hold(GSI, &wish, &held), IVM_OK);
    fake_wdm.has_interrupt = true;
    fake_wdm.interrupt = (struct pnp_interrupt){.has_line = true,
                                                .gsi = GSI,
                                                .vector = held.vector,
                                                .trigger = IVM_LEVEL,
                                                .processors = 3};
    interrupt = (void *)&seen;
    table = (void *)&seen;
    return 0;
}

/* The device was given messages 0, 1, 2 of world.messages. */
static void give_messages(void)
{
    static _Alignas(64) unsigned char storage[MESSAGES][512];
    memset(storage, 0, sizeof storage);
    for (uint32_t i = 0; i < MESSAGES; i++) {
        const struct ivm_input input = {&model_controller, &world.messages, i};
        assert_int_equal(ivm_message_register((struct ivm_message *)(void *)storage[i],
                                              &input, &fake_wdm.message_numbers[i]),
                         IVM_OK);
    }
    fake_wdm.interrupt.messages = MESSAGES;
}

static void send(uint32_t message)
{
    model_assert(&world.messages, message, 0);
    model_deassert(&world.messages, message, 0);
}

static struct nt_connect fully(void)
{
    return (struct nt_connect){.version = NT_CONNECT_FULLY_SPECIFIED,
                               .fully = {.pdo = &fake_wdm.pdo,
                                         .interrupt = &interrupt,
                                         .routine = FAKE_CODE(service),
                                         .synchronize_irql = 5,
                                         .share = NT_TRUE,
                                         .vector = held.vector,
                                         .irql = 5,
                                         .mode = NT_LEVEL_SENSITIVE,
                                         .processors = UINT64_MAX}};
}

static struct nt_connect line(void)
{
    return (struct nt_connect){.version = NT_CONNECT_LINE_BASED,
                               .line = {.pdo = &fake_wdm.pdo,
                                        .interrupt = &interrupt,
                                        .routine = FAKE_CODE(service)}};
}

static struct nt_connect message(void)
{
    return (struct nt_connect){.version = NT_CONNECT_MESSAGE_BASED,
                               .message = {.pdo = &fake_wdm.pdo,
                                           .table = &table,
                                           .routine = FAKE_CODE(service),
                                           .fallback = FAKE_CODE(fallback)}};
}

static void disconnect(uint32_t version, void *what)
{
    struct nt_disconnect parameters = {.version = version, .any = what};
    IoDisconnectInterruptEx(&parameters);
    assert_int_equal(fake_wdm.blocks, 0);
    assert_int_equal(fake_wdm.image.interrupts, 0);
}

static void an_unknown_version_is_the_first_parameter(void **state)
{
    (void)state;
    static const uint32_t versions[] = {0, 6, 7, 0xFFFFFFFF};
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        struct nt_connect parameters = fully();
        parameters.version = versions[i];
        assert_int_equal(IoConnectInterruptEx(&parameters), NT_INVALID_PARAMETER_1);
    }
    assert_int_equal(IoConnectInterruptEx(NULL), NT_INVALID_PARAMETER);
}

static void passive_routines_are_not_supported(void **state)
{
    (void)state;
    struct nt_connect parameters = message();
    parameters.version = NT_CONNECT_MESSAGE_BASED_PASSIVE;
    assert_int_equal(IoConnectInterruptEx(&parameters), NT_NOT_SUPPORTED);
}

static void a_vector_of_the_device_is_connected(void **state)
{
    (void)state;
    struct nt_connect parameters = fully();
    assert_int_equal(IoConnectInterruptEx(&parameters), NT_SUCCESS);
    model_assert(&world.io, GSI, 0);
    assert_int_equal(seen.calls, 1);
    disconnect(1, interrupt);
}

static void without_a_processor_it_is_the_tenth_parameter(void **state)
{
    (void)state;
    struct nt_connect parameters = fully();
    parameters.fully.processors = 0;
    assert_int_equal(IoConnectInterruptEx(&parameters), NT_INVALID_PARAMETER_10);
    assert_null(interrupt);
    parameters.fully.processors = UINT64_C(1) << 33;
    assert_int_equal(IoConnectInterruptEx(&parameters), NT_INVALID_PARAMETER_10);
}

static void a_group_counts_with_its_version_only(void **state)
{
    (void)state;
    struct nt_connect parameters = fully();
    parameters.fully.group = 1;
    assert_int_equal(IoConnectInterruptEx(&parameters), NT_SUCCESS);
    disconnect(1, interrupt);
    parameters = fully();
    parameters.version = NT_CONNECT_FULLY_SPECIFIED_GROUP;
    parameters.fully.group = 1;
    assert_int_equal(IoConnectInterruptEx(&parameters), NT_INVALID_PARAMETER_10);
    parameters.fully.group = 0;
    assert_int_equal(IoConnectInterruptEx(&parameters), NT_SUCCESS);
    disconnect(4, interrupt);
}

static void a_vector_that_no_device_has_is_not_found(void **state)
{
    (void)state;
    struct nt_connect parameters = fully();
    parameters.fully.vector = 0x77;
    parameters.fully.irql = parameters.fully.synchronize_irql = 7;
    assert_int_equal(IoConnectInterruptEx(&parameters), NT_NOT_FOUND);
    assert_null(interrupt);
}

static void malformed_parameters_are_invalid(void **state)
{
    (void)state;
    struct nt_connect parameters = fully();
    parameters.fully.pdo = NULL;
    assert_int_equal(IoConnectInterruptEx(&parameters), NT_INVALID_PARAMETER);
    parameters = fully();
    parameters.fully.routine = 0;
    assert_int_equal(IoConnectInterruptEx(&parameters), NT_INVALID_PARAMETER);
    parameters = line();
    parameters.line.pdo = (struct nt_device *)(void *)&seen;
    assert_int_equal(IoConnectInterruptEx(&parameters), NT_INVALID_PARAMETER);
    parameters = line();
    parameters.line.routine = 0;
    assert_int_equal(IoConnectInterruptEx(&parameters), NT_INVALID_PARAMETER);
    parameters = message();
    parameters.message.table = NULL;
    assert_int_equal(IoConnectInterruptEx(&parameters), NT_INVALID_PARAMETER);
    parameters = message();
    parameters.message.routine = 0;
    assert_int_equal(IoConnectInterruptEx(&parameters), NT_INVALID_PARAMETER);
}

static void the_line_of_a_device_is_connected_and_shared(void **state)
{
    (void)state;
    struct nt_connect parameters = line();
    assert_int_equal(IoConnectInterruptEx(&parameters), NT_SUCCESS);
    assert_int_equal(interrupt->request.sharing, IVM_SHARED);
    struct ivm_request request = world_line(1, GSI);
    world_must_connect(1, &request);
    model_assert(&world.io, GSI, 0);
    assert_int_equal(seen.calls, 1);
    assert_int_equal(seen.irql, 5);
    disconnect(2, interrupt);
}

static void a_line_runs_at_the_level_asked_for_or_its_own(void **state)
{
    (void)state;
    struct nt_connect parameters = line();
    parameters.line.synchronize_irql = 3;
    assert_int_equal(IoConnectInterruptEx(&parameters), NT_SUCCESS);
    model_assert(&world.io, GSI, 0);
    assert_int_equal(seen.irql, 5);
    disconnect(2, interrupt);
    parameters.line.synchronize_irql = 11;
    assert_int_equal(IoConnectInterruptEx(&parameters), NT_SUCCESS);
    model_assert(&world.io, GSI, 0);
    assert_int_equal(seen.irql, 11);
    disconnect(2, interrupt);
}

static void a_device_without_interrupts_is_not_found(void **state)
{
    (void)state;
    fake_wdm.has_interrupt = false;
    struct nt_connect parameters = line();
    assert_int_equal(IoConnectInterruptEx(&parameters), NT_NOT_FOUND);
    assert_null(interrupt);
    parameters = message();
    parameters.message.fallback = 0;
    assert_int_equal(IoConnectInterruptEx(&parameters), NT_NOT_FOUND);
    assert_null(table);
}

static void a_device_that_was_given_messages_has_no_line(void **state)
{
    (void)state;
    give_messages();
    struct nt_connect parameters = line();
    assert_int_equal(IoConnectInterruptEx(&parameters), NT_INVALID_DEVICE_REQUEST);
}

static void every_message_has_its_entry_and_its_number(void **state)
{
    (void)state;
    give_messages();
    struct nt_connect parameters = message();
    assert_int_equal(IoConnectInterruptEx(&parameters), NT_SUCCESS);
    assert_int_equal(parameters.version, NT_CONNECT_MESSAGE_BASED);
    assert_int_equal(table->count, MESSAGES);
    for (uint32_t i = 0; i < MESSAGES; i++) {
        const struct nt_message_info_entry *entry = &table->entries[i];
        assert_int_equal(entry->data & 0xFF, entry->vector);
        assert_int_equal(entry->address >> 20, 0xFEE);
        assert_int_equal(entry->irql, entry->vector >> 4);
        assert_int_equal(entry->mode, NT_LATCHED);
        assert_int_equal(entry->interrupt->message_id, i);
        assert_true(table->unified_irql >= entry->irql);
        send(MESSAGES - 1 - i);
        assert_int_equal(seen.message[i], MESSAGES - 1 - i);
    }
    assert_int_equal(fake_wdm.image.interrupts, MESSAGES);
    disconnect(3, table);
}

static void messages_with_one_lock_run_at_one_level(void **state)
{
    (void)state;
    give_messages();
    uint64_t lock = 0;
    struct nt_connect parameters = message();
    parameters.message.spin_lock = &lock;
    assert_int_equal(IoConnectInterruptEx(&parameters), NT_SUCCESS);
    for (uint32_t i = 0; i < MESSAGES; i++) {
        send(i);
        assert_int_equal(seen.irql, table->unified_irql);
    }
    disconnect(3, table);
    parameters = message();
    parameters.message.synchronize_irql = 12;
    assert_int_equal(IoConnectInterruptEx(&parameters), NT_SUCCESS);
    assert_int_equal(table->unified_irql, 12);
    for (uint32_t i = 0; i < MESSAGES; i++) {
        send(i);
        assert_int_equal(seen.irql, 12);
    }
    disconnect(3, table);
}

static void all_messages_or_none(void **state)
{
    (void)state;
    give_messages();
    struct ivm_request request = world_edge(0, 0);
    request.source =
        (struct ivm_source_id){.kind = IVM_MESSAGE, .number = fake_wdm.message_numbers[2]};
    assert_int_equal(ivm_connect(&request, &world.devices[0].connection, NULL), IVM_OK);
    struct nt_connect parameters = message();
    assert_int_equal(IoConnectInterruptEx(&parameters), NT_VECTOR_ALREADY_CONNECTED);
    assert_null(table);
    assert_int_equal(fake_wdm.blocks, 0);
    assert_int_equal(fake_wdm.image.interrupts, 0);
    assert_string_equal(fake_wdm.image.refusal.owners[0].name, "dev0");
    for (size_t blocks = 0; blocks < MESSAGES + 1; blocks++) {
        world_disconnect(0);
        fake_wdm.blocks_until_empty = blocks;
        assert_int_equal(IoConnectInterruptEx(&parameters), NT_INSUFFICIENT_RESOURCES);
        assert_null(table);
        assert_int_equal(fake_wdm.blocks, 0);
    }
}

static void without_messages_the_fallback_gets_the_line(void **state)
{
    (void)state;
    struct nt_connect parameters = message();
    assert_int_equal(IoConnectInterruptEx(&parameters), NT_SUCCESS);
    assert_int_equal(parameters.version, NT_CONNECT_LINE_BASED);
    model_assert(&world.io, GSI, 0);
    assert_int_equal(seen.fallback_calls, 1);
    assert_int_equal(seen.calls, 0);
    disconnect(parameters.version, table); /* it holds an interrupt object now */
}

static void without_messages_or_fallback_nothing_is_found(void **state)
{
    (void)state;
    struct nt_connect parameters = message();
    parameters.message.fallback = 0;
    assert_int_equal(IoConnectInterruptEx(&parameters), NT_NOT_FOUND);
    assert_int_equal(parameters.version, NT_CONNECT_MESSAGE_BASED);
    assert_null(table);
}

static void a_conflict_on_the_line_is_763(void **state)
{
    (void)state;
    struct ivm_request request = world_line(0, GSI);
    request.sharing = IVM_EXCLUSIVE;
    world_must_connect(0, &request);
    struct nt_connect parameters = line();
    assert_int_equal(IoConnectInterruptEx(&parameters), NT_VECTOR_ALREADY_CONNECTED);
    assert_null(interrupt);
    parameters = message();
    assert_int_equal(IoConnectInterruptEx(&parameters), NT_VECTOR_ALREADY_CONNECTED);
    assert_int_equal(parameters.version, NT_CONNECT_MESSAGE_BASED);
    assert_null(table);
    parameters = fully();
    assert_int_equal(IoConnectInterruptEx(&parameters), NT_VECTOR_ALREADY_CONNECTED);
    assert_null(interrupt);
}

int main(void)
{
#define STARTED(claim) cmocka_unit_test_setup_teardown(claim, start, world_end)
    const struct CMUnitTest tests[] = {
        STARTED(an_unknown_version_is_the_first_parameter),
        STARTED(passive_routines_are_not_supported),
        STARTED(a_vector_of_the_device_is_connected),
        STARTED(without_a_processor_it_is_the_tenth_parameter),
        STARTED(a_group_counts_with_its_version_only),
        STARTED(a_vector_that_no_device_has_is_not_found),
        STARTED(malformed_parameters_are_invalid),
        STARTED(the_line_of_a_device_is_connected_and_shared),
        STARTED(a_line_runs_at_the_level_asked_for_or_its_own),
        STARTED(a_device_without_interrupts_is_not_found),
        STARTED(a_device_that_was_given_messages_has_no_line),
        STARTED(every_message_has_its_entry_and_its_number),
        STARTED(messages_with_one_lock_run_at_one_level),
        STARTED(all_messages_or_none),
        STARTED(without_messages_the_fallback_gets_the_line),
        STARTED(without_messages_or_fallback_nothing_is_found),
        STARTED(a_conflict_on_the_line_is_763),
    };
    return cmocka_run_group_tests_name("wdm connect ex", tests, NULL, NULL);
}
