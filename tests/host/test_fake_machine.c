/* test_fake_machine.c: the model of the machine itself: does it deliver, and does it
 * object? */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <machine/hot.h>

#include "fake/machine.h"
#include "kernel/machine.h"

enum { LOW = 0x41, HIGH = 0x51, CPUS = 2 };

static struct slot slots[CPUS][IVM_VECTOR_COUNT];
static char trace[256];
static uint32_t cpu_seen;
static uint8_t level_seen;

static void note(const char *word)
{
    strncat(trace, word, sizeof trace - strlen(trace) - 1);
}

static void install(uint8_t vector, slot_dispatch *dispatch)
{
    for (uint32_t cpu = 0; cpu < CPUS; cpu++) {
        slots[cpu][vector].vector = vector;
        slots[cpu][vector].cpu = (uint16_t)cpu;
        atomic_store(&slots[cpu][vector].dispatch, dispatch);
    }
}

static void right(struct slot *slot)
{
    note(slot->vector == LOW ? "[low" : "[high");
    cpu_seen = machine_cpu();
    level_seen = machine_level();
    machine_interrupts_on();
    machine_interrupts_off();
    note("]");
    machine_end();
}

static int start(void **state)
{
    (void)state;
    trace[0] = '\0';
    model_start(CPUS);
    for (uint32_t cpu = 0; cpu < CPUS; cpu++)
        model_attach(cpu, slots[cpu]);
    install(LOW, right);
    install(HIGH, right);
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

static void a_right_dispatch_violates_nothing(void **state)
{
    (void)state;
    model_raise(0, LOW);
    assert_string_equal(trace, "[low]");
    assert_int_equal(level_seen, LOW >> 4);
    assert_int_equal(machine_level(), 0);
    assert_int_equal(model_count_of(MODEL_END), 1);
    assert_null(model_violation());
}

static void without_end(struct slot *slot)
{
    (void)slot;
}

static void a_missing_end_is_a_violation(void **state)
{
    (void)state;
    install(LOW, without_end);
    model_raise(0, LOW);
    expect_violation("ended 0 times");
}

static void ends_twice(struct slot *slot)
{
    (void)slot;
    machine_end();
    machine_end();
}

static void a_second_end_is_a_violation(void **state)
{
    (void)state;
    install(LOW, ends_twice);
    model_raise(0, LOW);
    expect_violation("nothing in service");
}

static void raises_high(struct slot *slot)
{
    (void)slot;
    note("[low");
    machine_interrupts_on();
    model_raise(0, HIGH);
    machine_interrupts_off();
    note("]");
    machine_end();
}

static void an_end_from_a_nested_dispatch_for_the_outer_one_is_a_violation(void **state)
{
    (void)state;
    install(LOW, raises_high);
    install(HIGH, ends_twice);
    model_raise(0, LOW);
    expect_violation("another's");
}

static void ends_with_interrupts_on(struct slot *slot)
{
    (void)slot;
    machine_interrupts_on();
    machine_end();
    machine_interrupts_off();
}

static void an_end_with_interrupts_on_is_a_violation(void **state)
{
    (void)state;
    install(LOW, ends_with_interrupts_on);
    model_raise(0, LOW);
    expect_violation("end with interrupts on");
}

static void returns_with_interrupts_on(struct slot *slot)
{
    (void)slot;
    machine_end();
    machine_interrupts_on();
}

static void a_return_with_interrupts_on_is_a_violation(void **state)
{
    (void)state;
    install(LOW, returns_with_interrupts_on);
    model_raise(0, LOW);
    expect_violation("returned with interrupts on");
}

static void leaves_priority(struct slot *slot)
{
    (void)slot;
    machine_set_priority(9);
    machine_end();
}

static void a_changed_priority_is_a_violation(void **state)
{
    (void)state;
    install(LOW, leaves_priority);
    model_raise(0, LOW);
    expect_violation("left CR8 at 9");
}

static void an_end_for_a_call_that_is_not_in_service_is_a_violation(void **state)
{
    (void)state;
    model_call(LOW);
    expect_violation("nothing in service");
}

static void a_call_that_is_not_in_service_needs_no_end(void **state)
{
    (void)state;
    install(LOW, without_end);
    model_call(LOW);
    assert_null(model_violation());
}

static void a_higher_class_nests_and_the_same_class_waits(void **state)
{
    (void)state;
    install(LOW, raises_high);
    model_raise(0, LOW);
    assert_string_equal(trace, "[low[high]]");

    trace[0] = '\0';
    install(HIGH, right);
    install(LOW, right);
    machine_interrupts_off();
    model_raise(0, LOW);
    model_raise(0, HIGH);
    assert_string_equal(trace, "");
    machine_interrupts_on();
    assert_string_equal(trace, "[high][low]");
    assert_null(model_violation());
}

static void a_priority_holds_its_class_and_those_below(void **state)
{
    (void)state;
    machine_set_priority(LOW >> 4);
    model_raise(0, LOW);
    assert_true(model_pending(0, LOW));
    model_raise(0, HIGH);
    assert_string_equal(trace, "[high]");
    machine_set_priority((LOW >> 4) - 1);
    assert_string_equal(trace, "[high][low]");
}

static void an_interrupt_for_another_cpu_runs_there(void **state)
{
    (void)state;
    model_raise(1, LOW);
    assert_string_equal(trace, "[low]");
    assert_int_equal(cpu_seen, 1);
    assert_int_equal(machine_cpu(), 0);

    machine_interrupts_off();
    model_raise(1, LOW);
    assert_string_equal(trace, "[low]");
    machine_interrupts_on();
    assert_string_equal(trace, "[low][low]");
}

static void an_8259_question_from_the_wrong_place_is_a_violation(void **state)
{
    (void)state;
    (void)machine_pic_spurious(IVM_VECTOR_PIC_SPURIOUS_MASTER);
    expect_violation("machine_pic_spurious with interrupts on");
    model_interrupts(false);
    (void)machine_pic_spurious(0x28);
    expect_violation("machine_pic_spurious for vector 0x28");
    model_pic_in_service(true);
    assert_true(machine_pic_spurious(IVM_VECTOR_PIC_SPURIOUS_SLAVE));
    assert_null(model_violation());
}

static void fail_an_assertion(void)
{
    machine_assert_failed("sun rises in the west", "sky.c", 1);
}

static void a_failed_assertion_can_be_expected(void **state)
{
    (void)state;
    expect_assert_failure(fail_an_assertion());
}

static void notices_are_kept_whole(void **state)
{
    (void)state;
    machine_notice("one");
    machine_notice("two\n");
    assert_string_equal(model_notice(0), "one");
    assert_null(model_notice(2));
    expect_violation("more than one line");
}

int main(void)
{
#define FAKE_TEST(claim) cmocka_unit_test_setup(claim, start)
    const struct CMUnitTest tests[] = {
        FAKE_TEST(a_right_dispatch_violates_nothing),
        FAKE_TEST(a_missing_end_is_a_violation),
        FAKE_TEST(a_second_end_is_a_violation),
        FAKE_TEST(an_end_from_a_nested_dispatch_for_the_outer_one_is_a_violation),
        FAKE_TEST(an_end_with_interrupts_on_is_a_violation),
        FAKE_TEST(a_return_with_interrupts_on_is_a_violation),
        FAKE_TEST(a_changed_priority_is_a_violation),
        FAKE_TEST(an_end_for_a_call_that_is_not_in_service_is_a_violation),
        FAKE_TEST(a_call_that_is_not_in_service_needs_no_end),
        FAKE_TEST(a_higher_class_nests_and_the_same_class_waits),
        FAKE_TEST(a_priority_holds_its_class_and_those_below),
        FAKE_TEST(an_interrupt_for_another_cpu_runs_there),
        FAKE_TEST(an_8259_question_from_the_wrong_place_is_a_violation),
        FAKE_TEST(a_failed_assertion_can_be_expected),
        FAKE_TEST(notices_are_kept_whole),
    };
    return cmocka_run_group_tests_name("fake_machine", tests, NULL, NULL);
}
