/* test_commands_message.c: the console's commands for devices that interrupt by messages. */
#include "fake/world.h"

#include <string.h>

#include <ivm/audit.h>
#include <ivm/bus.h>
#include <ivm/vector.h>

#include "fake/board.h"
#include "fake/operator.h"
#include "fake/system.h"
#include "kernel/monitor/messages.h"

enum { NIC_LINE = 22 };

static struct ivm_device *add_switch(void)
{
    return board_add(BOARD_SWITCH, "switch0", 0);
}

static struct ivm_device *add_nic(void)
{
    return board_add(BOARD_NIC, "nic0", NIC_LINE);
}

static void a_device_is_connected_by_messages_and_the_grant_is_told(void **state)
{
    (void)state;
    add_switch();
    operator_works("connect switch0 messages");
    operator_heard("switch0: 4 MSI-X messages granted of 4 asked for and 4 it has\n");
    operator_heard("each message has a mask and a pending bit of its own");
    operator_heard("switch0 message 0: vector 0x30 of CPU 0, level 3");
    operator_heard("switch0 message 3: vector 0x60 of CPU 0, level 6");
    assert_int_equal(world_totals().vectors_used, 4);
}

static void the_driver_is_told_before_the_first_connect_and_after_the_last(void **state)
{
    (void)state;
    struct ivm_device *nic = add_nic();
    operator_works("connect nic0 messages");
    assert_int_equal(board_state(nic)->means, IVM_BY_MESSAGES);
    operator_works("disconnect nic0");
    operator_heard("nic0 is disconnected, its messages are closed; it is back to its line");
    assert_int_equal(board_state(nic)->means, IVM_BY_LINE);
    assert_false(messages_are_open(nic));
    assert_int_equal(world_totals().vectors_used, 0);
    operator_works("connect nic0");
    operator_works("fire nic0 2");
    operator_heard("nic0 was fired 2 times and took 2");
}

static void why_fewer_were_granted_is_told(void **state)
{
    (void)state;
    board_state(add_nic())->free = 2;
    add_switch();
    operator_works("connect switch0 messages 7");
    operator_heard("4 MSI-X messages granted of 7 asked for and 4 it has: it has no more");
    operator_works("connect nic0 messages");
    operator_heard("2 MSI-X messages granted of 5 asked for and 5 it has: no more vectors");
    assert_int_equal(messages_count(ivm_device_find("nic0")), 2);
}

static void every_reason_for_a_small_grant_has_words(void **state)
{
    (void)state;
    const struct {
        enum ivm_grant_limit limit;
        const char *words;
    } limits[] = {{IVM_GRANT_WHOLE, "and 8 it has\n"},
                  {IVM_GRANT_DEVICE, ": it has no more\n"},
                  {IVM_GRANT_BLOCK, ": no larger aligned block of vectors is free"},
                  {IVM_GRANT_EXHAUSTED, ": no more vectors are free\n"},
                  {IVM_GRANT_MEMORY, ": there is no memory for more\n"},
                  {IVM_GRANT_CLASS, ": no more share a class\n"}};
    struct ivm_device *device = add_switch();
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        const struct ivm_grant grant = {
            .kind = IVM_MSI, .offered = 8, .granted = 2, .limit = limits[i].limit};
        board_forget();
        messages_say_grant(device, 4, &grant);
        operator_heard(limits[i].words);
        operator_heard("2 MSI messages");
        operator_heard("they can be stopped in the device only");
    }
}

static void fewer_than_the_driver_uses_may_be_asked_for(void **state)
{
    (void)state;
    add_switch();
    operator_works("connect switch0 messages 2");
    assert_int_equal(world_totals().vectors_used, 2);
    operator_works("fire switch0 message 1");
    operator_fails("fire switch0 message 2", "`2` is no message of switch0: 0 to 1");
}

static void each_message_is_fired_or_one_of_them(void **state)
{
    (void)state;
    add_switch();
    operator_works("connect switch0 messages");
    operator_works("fire switch0 message 2 5");
    operator_heard("switch0 message 2 was fired 5 times and took 5");
    operator_works("fire switch0 3");
    for (unsigned i = 0; i < 4; i++) {
        struct message_counts counts;
        assert_true(messages_counts(ivm_device_find("switch0"), i, &counts));
        assert_int_equal(counts.claimed, i == 2 ? 8 : 3);
        assert_int_equal(counts.delivered, counts.claimed);
    }
}

static void a_message_that_comes_twice_or_not_at_all_fails_the_command(void **state)
{
    (void)state;
    struct ivm_device *device = add_switch();
    operator_works("connect switch0 messages");
    board_state(device)->repeats = true;
    operator_fails("fire switch0 message 1 2", "was fired 2 times and took 4");
    board_state(device)->repeats = false;
    board_state(device)->is_deaf = true;
    operator_fails("fire switch0", "switch0 was fired and did not take its message 0");
    operator_heard("message 3 was fired 1 times and took 0");
}

static void a_masked_message_is_kept_pending_and_comes_once(void **state)
{
    (void)state;
    add_switch();
    operator_works("connect switch0 messages");
    operator_works("mask switch0 message 3");
    operator_heard("switch0 message 3: masked: owner; pending: no; taken so far: 0");
    operator_works("fire switch0 message 3 2");
    operator_heard(
        "was fired 2 times, and is masked (owner): it is pending, and comes once");
    operator_works("unmask switch0 message 3");
    operator_heard("switch0 message 3: masked: -; pending: no; taken so far: 1");
}

static void what_was_pending_and_does_not_come_fails_the_command(void **state)
{
    (void)state;
    struct ivm_device *device = add_switch();
    operator_works("connect switch0 messages");
    operator_works("mask switch0 message 3");
    operator_works("fire switch0 message 3");
    board_state(device)->sent[3] = 0; /* its routine will not know it */
    operator_fails("unmask switch0 message 3",
                   "switch0 message 3 was pending, and did not");
    operator_works("unmask switch0 message 3");
}

static void without_a_mask_of_its_own_a_message_is_lost(void **state)
{
    (void)state;
    board_add(BOARD_SINGLE, "single0", NIC_LINE);
    operator_works("connect single0 messages");
    operator_heard("its message has no mask");
    operator_works("mask single0 message 0");
    operator_works("fire single0 message 0");
    operator_heard("is masked (owner): nothing is pending");
    operator_works("unmask single0 message 0");
    operator_works("fire single0");
    operator_heard("single0 message 0 was fired 1 times and took 1");
}

static void what_is_wrong_with_a_message_is_named(void **state)
{
    (void)state;
    add_switch();
    operator_fails("fire switch0", "switch0 has no interrupt line");
    operator_fails("fire switch0 message 0", "switch0 is not connected by messages");
    operator_fails("mask edu0 message 0", "edu0 is not connected by messages");
    operator_fails("connect edu0 messages", "edu0: its driver, edu, uses no messages");
    operator_fails("connect 00:1f.2 messages", "nobody drives pci 00:1f.2");
    operator_fails("connect switch0 messages 0", "`0` is no number of messages: 1 to 2048");
    operator_fails("connect switch0 messages x", "`x` is no number of messages");
    operator_works("connect switch0 messages");
    operator_fails("mask switch0 message 4", "`4` is no message of switch0: 0 to 3");
    operator_fails("mask switch0 line 1", "`line` is not `message`");
    operator_fails("fire switch0 message", "which message of switch0?");
    operator_fails("fire switch0 message 1 0", "`0` is no count");
    operator_fails("connect switch0 messages", "switch0 was refused:");
    operator_heard("ALREADY_CONNECTED");
    operator_fails("connect switch0", "switch0 interrupts by messages now");
}

static void a_device_on_its_line_is_not_opened(void **state)
{
    (void)state;
    add_nic();
    operator_works("connect nic0");
    operator_fails("connect nic0 messages", "nic0 was refused:");
    operator_heard("IVM_STILL_CONNECTED");
}

static void a_driver_that_cannot_use_them_after_all_undoes_it_all(void **state)
{
    (void)state;
    struct ivm_device *nic = add_nic();
    board_state(nic)->refuses_messages = true;
    operator_fails("connect nic0 messages", "IVM_UNSUPPORTED");
    assert_false(messages_are_open(nic));
    assert_int_equal(board_state(nic)->means, IVM_BY_LINE);
    assert_int_equal(world_totals().vectors_used, 0);
}

static struct ivm_connection others[IVM_VECTOR_DEVICE_END - IVM_VECTOR_DEVICE_FIRST];

/* Somebody takes all vectors but three: two of class 4, one of class 12. */
static void leave_three(void)
{
    memset(others, 0, sizeof others);
    for (unsigned v = IVM_VECTOR_DEVICE_FIRST; v < IVM_VECTOR_DEVICE_END; v++) {
        struct ivm_request request = world_bare(0, (uint8_t)v);
        if (v != 0x41 && v != 0x45 && v != 0xCF)
            assert_int_equal(
                ivm_connect(&request, &others[v - IVM_VECTOR_DEVICE_FIRST], NULL), IVM_OK);
    }
}

/* The fourth message finds none: the other three are given back, and the refusal then says where
 * there is room. */
static void exhaustion_is_told_with_what_is_free_and_undone(void **state)
{
    (void)state;
    struct ivm_device *device = add_switch();
    leave_three();
    struct ivm_totals before = world_totals();
    operator_fails("connect switch0 messages", "switch0 was refused:");
    operator_heard("1450 = 0x5AA");
    operator_heard("exhausted: no vector is free");
    operator_heard("free then no vector for devices, on any CPU");
    assert_false(messages_are_open(device));
    assert_int_equal(world_totals().vectors_free, before.vectors_free);

    struct ivm_request request = world_edge(1, 4);
    request.level = 5;
    world_must_refuse(1, &request, IVM_RULE_VECTORS_EXHAUSTED);
    board_forget();
    operator_works("refusals");
    operator_heard("  free then CPU 0, 3: 2 at level 4, 1 at level 12\n");
    board_forget();
    operator_works("status 1450");
    operator_heard("  latest    refused #2: dev1 -> line 4");
    operator_heard("  free then CPU 0, 3: 2 at level 4, 1 at level 12\n");
}

static int four_cpus(void **state)
{
    operator_start(state);
    world_four_cpus(state);
    return 0;
}

/* 39 levels of 4 CPUs have room, and a refusal has a place for 32 of them. */
static void room_that_a_refusal_cannot_list_is_added_up(void **state)
{
    (void)state;
    static struct ivm_connection all[16];
    memset(all, 0, sizeof all);
    const struct ivm_cpu_set second = {.mask = 2};
    struct ivm_request request = world_edge(0, 1);
    request.level = 6;
    request.cpus = &second;
    for (uint32_t i = 0; i < 16; i++) {
        request.source.number = i;
        assert_int_equal(ivm_connect(&request, &all[i], NULL), IVM_OK);
    }
    request.source.number = 16;
    world_must_refuse(1, &request, IVM_RULE_VECTORS_EXHAUSTED);
    operator_works("refusals");
    operator_heard("  free then CPU 3, 48: 16 at level 3, 16 at level 4, 16 at level 5\n"
                   "  free then and 112 more, on 1 CPU\n");
}

static void a_second_owner_of_a_message_is_refused_and_the_first_named(void **state)
{
    (void)state;
    add_switch();
    operator_works("connect switch0 messages");
    board_forget();
    operator_works("refuse switch0");
    operator_heard("763 = 0x2FB");
    operator_heard("  asked for switch0 msi-x 0\n");
    operator_heard("owner     switch0, connected alone, edge-triggered");
    operator_works("refusals");
    operator_heard("second owner -> message 1");
}

static void the_table_of_devices_tells_what_they_interrupt_by(void **state)
{
    (void)state;
    add_switch();
    add_nic();
    operator_works("devices");
    operator_heard("driver switch; no interrupt line; or up to 4 messages");
    operator_heard("known from board; or up to 5 messages");
    operator_works("connect nic0 messages");
    operator_works("devices");
    operator_heard("known from board; by 5 messages now");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        OPERATOR_TEST(a_device_is_connected_by_messages_and_the_grant_is_told),
        OPERATOR_TEST(the_driver_is_told_before_the_first_connect_and_after_the_last),
        OPERATOR_TEST(why_fewer_were_granted_is_told),
        OPERATOR_TEST(every_reason_for_a_small_grant_has_words),
        OPERATOR_TEST(fewer_than_the_driver_uses_may_be_asked_for),
        OPERATOR_TEST(each_message_is_fired_or_one_of_them),
        OPERATOR_TEST(a_message_that_comes_twice_or_not_at_all_fails_the_command),
        OPERATOR_TEST(a_masked_message_is_kept_pending_and_comes_once),
        OPERATOR_TEST(what_was_pending_and_does_not_come_fails_the_command),
        OPERATOR_TEST(without_a_mask_of_its_own_a_message_is_lost),
        OPERATOR_TEST(what_is_wrong_with_a_message_is_named),
        OPERATOR_TEST(a_device_on_its_line_is_not_opened),
        OPERATOR_TEST(a_driver_that_cannot_use_them_after_all_undoes_it_all),
        OPERATOR_TEST(exhaustion_is_told_with_what_is_free_and_undone),
        cmocka_unit_test_setup_teardown(room_that_a_refusal_cannot_list_is_added_up,
                                        four_cpus, operator_end),
        OPERATOR_TEST(a_second_owner_of_a_message_is_refused_and_the_first_named),
        OPERATOR_TEST(the_table_of_devices_tells_what_they_interrupt_by),
    };
    return cmocka_run_group_tests_name("commands_message", tests, NULL, NULL);
}
