/* test_fake_pins.c: the model's controllers: do their inputs behave, and do they object? */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <machine/hot.h>

#include "fake/machine.h"
#include "kernel/machine.h"

enum { LOW = 0x41, HIGH = 0x51 };

static struct slot slots[IVM_VECTOR_COUNT];
static struct model_unit unit;
static char trace[64];

static void install(uint8_t vector, slot_dispatch *dispatch)
{
    slots[vector].vector = vector;
    atomic_store(&slots[vector].dispatch, dispatch);
}

static void right_and_quiet(struct slot *slot)
{
    model_deassert(&unit, 5, 0);
    strncat(trace, slot->vector == LOW ? "[low]" : "[high]",
            sizeof trace - strlen(trace) - 1);
    machine_end();
}

static void without_end(struct slot *slot)
{
    (void)slot;
}

static int start(void **state)
{
    (void)state;
    trace[0] = '\0';
    model_start(1);
    model_unit_start(&unit, false);
    model_attach(0, slots);
    install(LOW, right_and_quiet);
    install(HIGH, right_and_quiet);
    return 0;
}

static void expect_violation(const char *part)
{
    const char *text = model_violation();
    if (text == NULL)
        text = "none at all";
    if (strstr(text, part) == NULL)
        fail_msg("the violation is \"%s\", expected \"%s\"", text, part);
}

static void route(uint32_t input, uint8_t vector, enum ivm_trigger trigger)
{
    struct ivm_route to = {.cpu = 0, .vector = vector, .trigger = trigger};
    model_controller.route(&unit, input, &to);
}

static void
a_level_input_is_delivered_once_until_its_end_and_again_while_asserted(void **state)
{
    (void)state;
    install(LOW, without_end);
    route(5, LOW, IVM_LEVEL);
    model_controller.unmask(&unit, 5);
    model_assert(&unit, 5, 0);
    assert_int_equal(model_count_of(MODEL_DELIVER), 1);
    expect_violation("ended 0 times");
    assert_true(unit.pins[5].remote_irr);

    start(state);
    route(5, LOW, IVM_LEVEL);
    model_controller.unmask(&unit, 5);
    model_assert(&unit, 5, 1);
    model_deassert(&unit, 5, 1);
    assert_true(model_count_of(MODEL_DELIVER) > 1000);
    expect_violation("for ever");
}

static void a_quieted_level_input_is_delivered_once(void **state)
{
    (void)state;
    route(5, LOW, IVM_LEVEL);
    model_controller.unmask(&unit, 5);
    model_assert(&unit, 5, 0);
    assert_string_equal(trace, "[low]");
    assert_false(unit.pins[5].remote_irr);
    assert_null(model_violation());
}

static void an_end_reaches_every_level_input_of_its_vector(void **state)
{
    (void)state;
    install(LOW, right_and_quiet);
    for (uint32_t input = 5; input < 7; input++) {
        route(input, LOW, IVM_LEVEL);
        model_controller.unmask(&unit, input);
    }
    model_interrupts(false);
    model_assert(&unit, 5, 0);
    model_assert(&unit, 6, 0);
    model_deassert(&unit, 6, 0);
    assert_true(unit.pins[5].remote_irr && unit.pins[6].remote_irr);
    model_interrupts(true);
    assert_string_equal(trace, "[low]");
    assert_false(unit.pins[5].remote_irr || unit.pins[6].remote_irr);
}

static void a_level_under_the_mask_waits_and_an_edge_is_lost(void **state)
{
    (void)state;
    route(5, LOW, IVM_LEVEL);
    model_assert(&unit, 5, 0);
    assert_string_equal(trace, "");
    model_controller.unmask(&unit, 5);
    assert_string_equal(trace, "[low]");

    route(6, HIGH, IVM_EDGE);
    model_assert(&unit, 6, 0);
    model_deassert(&unit, 6, 0);
    model_controller.unmask(&unit, 6);
    assert_string_equal(trace, "[low]");
    model_assert(&unit, 6, 0);
    assert_string_equal(trace, "[low][high]");
    model_assert(&unit, 6, 1);
    assert_string_equal(trace, "[low][high]");
}

static void a_unit_that_keeps_edges_sends_one_at_the_unmask(void **state)
{
    (void)state;
    static struct model_unit keeper;
    model_unit_start(&keeper, true);
    struct ivm_route to = {.cpu = 0, .vector = LOW, .trigger = IVM_EDGE};
    model_controller.route(&keeper, 1, &to);
    for (unsigned i = 0; i < 2; i++) {
        model_assert(&keeper, 1, 0);
        model_deassert(&keeper, 1, 0);
    }
    model_controller.unmask(&keeper, 1);
    assert_string_equal(trace, "[low]");
}

static void a_route_of_an_unmasked_input_is_a_violation(void **state)
{
    (void)state;
    route(5, LOW, IVM_EDGE);
    model_controller.unmask(&unit, 5);
    assert_null(model_violation());
    route(5, HIGH, IVM_EDGE);
    expect_violation("routed while unmasked");
    model_controller.unroute(&unit, 5);
    expect_violation("unrouted while unmasked");
}

static void an_unmask_before_the_route_is_a_violation(void **state)
{
    (void)state;
    model_controller.unmask(&unit, 5);
    expect_violation("before it is routed");
}

static void a_route_to_a_vector_of_the_system_is_a_violation(void **state)
{
    (void)state;
    route(5, 0xFF, IVM_EDGE);
    expect_violation("routed to vector 0xff");
}

static void a_route_at_dispatch_level_is_a_violation(void **state)
{
    (void)state;
    machine_set_priority(2);
    route(5, LOW, IVM_EDGE);
    expect_violation("route at level 2");
    model_controller.mask(&unit, 5);
    assert_null(model_violation());
}

static void writes_are_recorded_in_their_order(void **state)
{
    (void)state;
    route(5, LOW, IVM_LEVEL);
    model_controller.unmask(&unit, 5);
    model_controller.mask(&unit, 5);
    model_controller.unroute(&unit, 5);
    assert_int_equal(model_write_count(), 4);
    assert_int_equal(model_event_at(0)->kind, MODEL_ROUTE);
    assert_int_equal(model_event_at(0)->route.vector, LOW);
    assert_int_equal(model_event_at(1)->kind, MODEL_UNMASK);
    assert_int_equal(model_event_at(2)->kind, MODEL_MASK);
    assert_int_equal(model_event_at(3)->kind, MODEL_UNROUTE);
    assert_false(unit.pins[5].routed);
}

int main(void)
{
#define FAKE_TEST(claim) cmocka_unit_test_setup(claim, start)
    const struct CMUnitTest tests[] = {
        FAKE_TEST(a_level_input_is_delivered_once_until_its_end_and_again_while_asserted),
        FAKE_TEST(a_quieted_level_input_is_delivered_once),
        FAKE_TEST(an_end_reaches_every_level_input_of_its_vector),
        FAKE_TEST(a_level_under_the_mask_waits_and_an_edge_is_lost),
        FAKE_TEST(a_unit_that_keeps_edges_sends_one_at_the_unmask),
        FAKE_TEST(a_route_of_an_unmasked_input_is_a_violation),
        FAKE_TEST(an_unmask_before_the_route_is_a_violation),
        FAKE_TEST(a_route_to_a_vector_of_the_system_is_a_violation),
        FAKE_TEST(a_route_at_dispatch_level_is_a_violation),
        FAKE_TEST(writes_are_recorded_in_their_order),
    };
    return cmocka_run_group_tests_name("fake_pins", tests, NULL, NULL);
}
