/* test_refused.c: a refused connect leaves every table, every connection and every input
 * bit for bit as it was, and writes nothing to a controller: for each rule.
 *
 * world_must_refuse() compares; these tests provide a world worth comparing and one request
 * for each rule.
 */
#include "fake/world.h"

#include <string.h>

#include <ivm/level.h>
#include <ivm/message.h>
#include <ivm/vector.h>
#include <machine/hot.h>

#include "kernel/machine.h"

static const struct ivm_cpu_set first_cpu = {.mask = 1}, second_cpu = {.mask = 2};
static const struct ivm_cpu_set no_cpu = {.mask = ~3ull};
static uint32_t message_number;

/* Sharers of line 20 at 0x55 on the first CPU, an exclusive line 21, a message, a bare
 * vector; all of class 12 taken. */
static int furnish(void **state)
{
    static struct ivm_connection filler[16];
    memset(filler, 0, sizeof filler);
    world_two_cpus(state);
    for (unsigned i = 0; i < 3; i++) {
        struct ivm_request request = world_line(i, 20);
        request.vector = 0x55;
        request.cpus = &first_cpu;
        world_must_connect(i, &request);
    }
    struct ivm_request request = world_edge(3, 21);
    request.cpus = &first_cpu;
    request.vector = 0x66;
    world_must_connect(3, &request);
    request = world_message(4, 9);
    request.sharing = IVM_SHARED;
    message_number = request.source.number;
    world_must_connect(4, &request);
    request = world_bare(5, 0x77);
    request.sharing = IVM_SHARED;
    request.cpus = &first_cpu;
    world_must_connect(5, &request);
    for (unsigned i = 0; i < 16; i++) {
        request = world_bare(6, (uint8_t)(0xC0 + i));
        request.cpus = &first_cpu;
        assert_int_equal(ivm_connect(&request, &filler[i], NULL), IVM_OK);
    }
    device_fire(0);
    device_fire(3);
    return 0;
}

/* A request that can be granted: every test below spoils one thing in it. */
static struct ivm_request good(void)
{
    struct ivm_request request = world_line(8, 20);
    request.cpus = &first_cpu;
    return request;
}

static void a_good_request_is_granted_in_this_world(void **state)
{
    (void)state;
    struct ivm_request request = good();
    world_must_connect(8, &request);
    device_fire(8);
    assert_int_equal(world.devices[8].claims, 1);
    assert_true(world.devices[0].calls > 0);
}

static void conflicts_with_the_owners_leave_all_as_it_was(void **state)
{
    (void)state;
    struct ivm_request request = good();
    request.vector = 0x56;
    world_must_refuse(8, &request, IVM_RULE_LINE_ROUTED_ELSEWHERE);
    request = world_edge(8, 21);
    request.sharing = IVM_SHARED;
    world_must_refuse(8, &request, IVM_RULE_OWNER_EXCLUSIVE);
    request = good();
    request.sharing = IVM_EXCLUSIVE;
    world_must_refuse(8, &request, IVM_RULE_REQUESTER_EXCLUSIVE);
    request = good();
    request.trigger = IVM_EDGE;
    world_must_refuse(8, &request, IVM_RULE_TRIGGER_DIFFERS);
    request = good();
    request.polarity = IVM_ACTIVE_HIGH;
    world_must_refuse(8, &request, IVM_RULE_POLARITY_DIFFERS);
    request = good();
    request.level = 6;
    world_must_refuse(8, &request, IVM_RULE_CLASS_DIFFERS);
    request = good();
    request.cpus = &second_cpu;
    world_must_refuse(8, &request, IVM_RULE_CPUS_DISJOINT);
}

static void conflicts_over_a_vector_leave_all_as_it_was(void **state)
{
    (void)state;
    struct ivm_request request = world_line(8, 40);
    request.cpus = &first_cpu;
    request.vector = 0x55;
    world_must_refuse(8, &request, IVM_RULE_SOURCE_DIFFERS);
    request.vector = 0x77;
    world_must_refuse(8, &request, IVM_RULE_SOURCE_DIFFERS);
    assert_int_equal(world.refusal.holder_kind, IVM_BARE);
    request.vector = 0x66;
    world_must_refuse(8, &request, IVM_RULE_OWNER_EXCLUSIVE);
    request.vector = 0x20;
    world_must_refuse(8, &request, IVM_RULE_VECTOR_RESERVED);
    request.vector = 0;
    request.level = 12;
    world_must_refuse(8, &request, IVM_RULE_VECTORS_EXHAUSTED);
    assert_int_equal(world.refusal.cpu, 0);
}

static void conflicts_over_a_message_leave_all_as_it_was(void **state)
{
    (void)state;
    struct ivm_request request = world_edge(8, 0);
    request.source = (struct ivm_source_id){.kind = IVM_MESSAGE, .number = message_number};
    world_must_refuse(8, &request, IVM_RULE_REQUESTER_EXCLUSIVE);
    assert_int_equal(world.refusal.key, IVM_KEY_MESSAGE);
    assert_int_equal(world.refusal.holder_number, message_number);
    assert_string_equal(world.refusal.owners[0].name, "dev4");
    request.source.number++;
    world_must_refuse(8, &request, IVM_RULE_NO_SUCH_SOURCE);
}

static void connected_storage_is_left_as_it_was(void **state)
{
    (void)state;
    struct ivm_request request = world_line(8, 40);
    for (unsigned i = 0; i < 6; i++)
        world_must_refuse(i, &request, IVM_RULE_STORAGE_CONNECTED);
    world.devices[0].unit = &world.io;
    world.devices[0].input = 20;
    device_fire(0);
    assert_int_equal(world.devices[0].claims, 2);
}

static void malformed_requests_leave_all_as_it_was(void **state)
{
    (void)state;
    struct ivm_request request = good();
    request.source.number = WORLD_GSI_COUNT;
    world_must_refuse(8, &request, IVM_RULE_NO_SUCH_SOURCE);
    request = good();
    request.cpus = &no_cpu;
    world_must_refuse(8, &request, IVM_RULE_NO_SUCH_CPU);
    request = good();
    request.owner[0] = '\0';
    world_must_refuse(8, &request, IVM_RULE_BAD_OWNER_NAME);
    request = good();
    request.routine = NULL;
    world_must_refuse(8, &request, IVM_RULE_NO_ROUTINE);
    request = good();
    request.level = 13;
    world_must_refuse(8, &request, IVM_RULE_BAD_LEVEL);
    request = good();
    request.sharing = (enum ivm_sharing)7;
    world_must_refuse(8, &request, IVM_RULE_BAD_VALUE);
}

static void a_call_from_the_wrong_context_leaves_all_as_it_was(void **state)
{
    (void)state;
    struct ivm_request request = good();
    machine_set_priority(IVM_DISPATCH);
    world_must_refuse(8, &request, IVM_RULE_WRONG_CONTEXT);
    machine_set_priority(0);
    machine_interrupts_off();
    world_must_refuse(8, &request, IVM_RULE_WRONG_CONTEXT);
    machine_interrupts_on();
}

static void a_refusal_of_no_request_leaves_all_as_it_was(void **state)
{
    (void)state;
    struct world_picture *before = world_take_picture();
    assert_int_not_equal(ivm_connect(NULL, &world.devices[8].connection, NULL), IVM_OK);
    struct ivm_request request = good();
    assert_int_not_equal(ivm_connect(&request, NULL, NULL), IVM_OK);
    world_same_picture(before);
}

/* A refusal in between must not shift where the next allocation goes. */
static void a_refusal_does_not_change_what_the_next_connect_gets(void **state)
{
    uint8_t vectors[2][6];
    for (unsigned refused = 0; refused < 2; refused++) {
        world_one_cpu(state);
        struct ivm_request owner = world_edge(0, 0);
        world_must_connect(0, &owner);
        for (unsigned i = 0; i < 6; i++) {
            struct ivm_request again = world_edge(9, 0);
            if (refused)
                world_must_refuse(9, &again, IVM_RULE_OWNER_EXCLUSIVE);
            struct ivm_request request = world_line(i + 1, i + 1);
            vectors[refused][i] = world_must_connect(i + 1, &request);
        }
    }
    assert_memory_equal(vectors[0], vectors[1], sizeof vectors[0]);
}

static void the_record_is_whole_however_it_was_before(void **state)
{
    (void)state;
    struct ivm_refusal zeros = {0}, ones;
    memset(&ones, 0xFF, sizeof ones);
    struct ivm_request request = world_edge(8, 21);
    assert_int_equal(ivm_connect(&request, &world.devices[8].connection, &zeros),
                     IVM_ALREADY_CONNECTED);
    assert_int_equal(ivm_connect(&request, &world.devices[8].connection, &ones),
                     IVM_ALREADY_CONNECTED);
    assert_int_equal(ones.sequence, zeros.sequence + 1);
    ones.sequence = zeros.sequence;
    assert_memory_equal(&ones, &zeros, sizeof ones);
}

static void an_accepted_connect_leaves_the_record_alone(void **state)
{
    (void)state;
    struct ivm_refusal record, untouched;
    memset(&record, 0x3C, sizeof record);
    untouched = record;
    struct ivm_request request = good();
    assert_int_equal(ivm_connect(&request, &world.devices[8].connection, &record), IVM_OK);
    assert_memory_equal(&record, &untouched, sizeof record);
}

int main(void)
{
#define FURNISHED(claim) cmocka_unit_test_setup_teardown(claim, furnish, world_end)
    const struct CMUnitTest tests[] = {
        FURNISHED(a_good_request_is_granted_in_this_world),
        FURNISHED(conflicts_with_the_owners_leave_all_as_it_was),
        FURNISHED(conflicts_over_a_vector_leave_all_as_it_was),
        FURNISHED(conflicts_over_a_message_leave_all_as_it_was),
        FURNISHED(connected_storage_is_left_as_it_was),
        FURNISHED(malformed_requests_leave_all_as_it_was),
        FURNISHED(a_call_from_the_wrong_context_leaves_all_as_it_was),
        FURNISHED(a_refusal_of_no_request_leaves_all_as_it_was),
        FURNISHED(a_refusal_does_not_change_what_the_next_connect_gets),
        FURNISHED(the_record_is_whole_however_it_was_before),
        FURNISHED(an_accepted_connect_leaves_the_record_alone),
    };
    return cmocka_run_group_tests_name("refused", tests, NULL, NULL);
}
