/* test_audit.c: every difference between an input's registers and the table is named, once. */
#include "fake/world.h"

#include <string.h>

#include <ivm/audit.h>
#include <ivm/message.h>

enum { ROOM = 8 };

static struct ivm_difference found[ROOM];

static size_t audit(void)
{
    memset(found, 0xA5, sizeof found);
    return ivm_audit(found, ROOM);
}

static const char *text(void)
{
    static char line[200];
    ivm_difference_format(&found[0], line, sizeof line);
    return line;
}

/* Two lines and a message, connected; all as it should be. */
static int start(void **state)
{
    world_two_cpus(state);
    struct ivm_request request = world_line(0, 7);
    world_must_connect(0, &request);
    request = world_edge(1, 9);
    world_must_connect(1, &request);
    request = world_message(2, 3);
    world_must_connect(2, &request);
    return 0;
}

static struct ivm_route *message_route(void)
{
    return &world.messages.pins[3].route;
}

static void a_machine_as_it_should_be_has_no_difference(void **state)
{
    (void)state;
    assert_int_equal(audit(), 0);
    world_must_disconnect(0);
    world_must_disconnect(2);
    assert_int_equal(audit(), 0);
}

static void a_foreign_vector_is_named_with_whom_it_hits(void **state)
{
    (void)state;
    uint8_t own = message_route()->vector;
    uint8_t line = world.io.pins[7].route.vector;
    message_route()->vector = line;
    message_route()->cpu = world.io.pins[7].route.cpu;
    bool moved = message_route()->cpu != world.devices[2].connection.source->cpu;
    assert_int_equal(audit(), moved ? 2 : 1);
    assert_int_equal(found[0].kind, IVM_DIFFERS_VECTOR);
    assert_int_equal(found[0].source.kind, IVM_MESSAGE);
    assert_int_equal(found[0].expected, own);
    assert_int_equal(found[0].found, line);
    assert_int_equal(found[0].holder_kind, IVM_LINE);
    assert_int_equal(found[0].holder_number, 7);
    assert_string_equal(found[0].owner, "dev2");
    assert_non_null(strstr(text(), "owner dev2"));
    assert_non_null(strstr(text(), "that is where line 7 is"));
}

static void a_vector_that_nobody_has_hits_nobody(void **state)
{
    (void)state;
    message_route()->vector = 0xC9;
    assert_int_equal(audit(), 1);
    assert_int_equal(found[0].holder_kind, IVM_NO_HOLDER);
    assert_null(strstr(text(), "that is where"));
    assert_non_null(strstr(text(), "sends vector 0xc9"));
}

static void each_field_that_differs_is_a_difference(void **state)
{
    (void)state;
    struct ivm_route *route = &world.io.pins[7].route;
    uint32_t cpu = route->cpu;
    route->cpu = cpu ^ 1;
    route->trigger = IVM_EDGE;
    route->polarity = IVM_ACTIVE_HIGH;
    assert_int_equal(audit(), 3);
    assert_int_equal(found[0].kind, IVM_DIFFERS_CPU);
    assert_int_equal(found[0].expected, cpu);
    assert_int_equal(found[0].found, cpu ^ 1);
    assert_int_equal(found[1].kind, IVM_DIFFERS_TRIGGER);
    assert_int_equal(found[2].kind, IVM_DIFFERS_POLARITY);
    assert_non_null(strstr(text(), "line 7"));
    route->cpu = cpu;
    route->trigger = IVM_LEVEL;
    route->polarity = IVM_ACTIVE_LOW;
    assert_int_equal(audit(), 0);
}

static void a_mask_that_nobody_asked_for_is_named(void **state)
{
    (void)state;
    world.messages.pins[3].masked = true;
    assert_int_equal(audit(), 1);
    assert_int_equal(found[0].kind, IVM_DIFFERS_MASKED);
    world.messages.pins[3].masked = false;
    assert_int_equal(ivm_message_mask(&world.devices[2].connection), IVM_OK);
    assert_int_equal(audit(), 0);
    world.messages.pins[3].masked = false;
    assert_int_equal(audit(), 1);
    assert_int_equal(found[0].kind, IVM_DIFFERS_UNMASKED);
    world.messages.pins[3].masked = true;
}

static void an_input_that_has_no_mask_is_not_blamed_for_being_open(void **state)
{
    (void)state;
    assert_int_equal(ivm_message_mask(&world.devices[2].connection), IVM_OK);
    world.messages.has_no_masks = true;
    world.messages.pins[3].masked = false;
    assert_int_equal(audit(), 0);
    world.messages.has_no_masks = false;
    assert_int_equal(audit(), 1);
    world.messages.pins[3].masked = true;
}

static void an_open_line_that_nobody_is_connected_to_is_named(void **state)
{
    (void)state;
    world.io.pins[40].masked = false;
    assert_int_equal(audit(), 1);
    assert_int_equal(found[0].kind, IVM_DIFFERS_UNMASKED);
    assert_int_equal(found[0].source.number, 40);
    assert_int_equal(found[0].vector, 0);
    assert_string_equal(found[0].owner, "");
    assert_non_null(strstr(text(), "connected to nobody"));
    world.io.pins[40].masked = true;
}

static void what_is_no_interrupt_of_one_cpu_is_named(void **state)
{
    (void)state;
    world.messages.pins[3].routed = false;
    assert_int_equal(audit(), 1);
    assert_int_equal(found[0].kind, IVM_DIFFERS_FOREIGN);
    assert_non_null(strstr(text(), "no fixed interrupt"));
    world.messages.pins[3].routed = true;
}

static void more_than_there_is_room_for_are_counted(void **state)
{
    (void)state;
    for (unsigned gsi = 50; gsi < 62; gsi++)
        world.io.pins[gsi].masked = false;
    assert_int_equal(audit(), 12);
    assert_int_equal(ivm_audit(NULL, 0), 12);
    assert_int_equal(ivm_audit(found, 1), 12);
    assert_int_equal(found[0].source.number, 50);
    for (unsigned gsi = 50; gsi < 62; gsi++)
        world.io.pins[gsi].masked = true;
}

static void a_controller_that_cannot_be_read_is_left_out(void **state)
{
    (void)state;
    struct ivm_controller blind = model_controller;
    blind.inspect = NULL;
    world.devices[2].connection.source->controller = &blind;
    message_route()->vector = 0xC9;
    assert_int_equal(audit(), 0);
    message_route()->vector = world.devices[2].connection.source->vector;
    world.devices[2].connection.source->controller = &model_controller;
}

static void the_text_of_a_difference_is_cut_to_its_room(void **state)
{
    (void)state;
    message_route()->vector = 0xC9;
    assert_int_equal(audit(), 1);
    char small[12];
    memset(small, 'x', sizeof small);
    size_t whole = ivm_difference_format(&found[0], small, sizeof small);
    assert_int_equal(strlen(small), sizeof small - 1);
    assert_int_equal(whole, strlen(text()));
    found[0].kind = 77;
    assert_non_null(strstr(text(), "unknown kind 77"));
}

int main(void)
{
#define STARTED(claim) cmocka_unit_test_setup_teardown(claim, start, world_end)
    const struct CMUnitTest tests[] = {
        STARTED(a_machine_as_it_should_be_has_no_difference),
        STARTED(a_foreign_vector_is_named_with_whom_it_hits),
        STARTED(a_vector_that_nobody_has_hits_nobody),
        STARTED(each_field_that_differs_is_a_difference),
        STARTED(a_mask_that_nobody_asked_for_is_named),
        STARTED(an_input_that_has_no_mask_is_not_blamed_for_being_open),
        STARTED(an_open_line_that_nobody_is_connected_to_is_named),
        STARTED(what_is_no_interrupt_of_one_cpu_is_named),
        STARTED(more_than_there_is_room_for_are_counted),
        STARTED(a_controller_that_cannot_be_read_is_left_out),
        STARTED(the_text_of_a_difference_is_cut_to_its_room),
    };
    return cmocka_run_group_tests_name("audit", tests, NULL, NULL);
}
