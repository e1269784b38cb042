/* test_work.c: calls and mailboxes: in order, once, on the right CPU, without a lost
 * wake-up. */
#include "fake/world.h"

#include <string.h>

#include <ivm/cpu.h>
#include <ivm/level.h>
#include <ivm/vector.h>
#include <machine/hot.h>

#include "fake/hardware.h"
#include "fake/system.h"
#include "kernel/machine.h"
#include "kernel/system/work.h"

enum { CPUS = 4, ROOM = 64 };

static struct work_queues queues[CPUS];
static char trace[ROOM];
static unsigned sleeps;

/* In place of the model's: the next interrupt is what the test says. */
static void (*while_asleep)(void);

void machine_idle(void)
{
    assert_false(machine_interrupts_enabled());
    sleeps++;
    if (while_asleep != NULL)
        while_asleep();
    machine_interrupts_on();
}

static void (*while_waiting)(void);

void machine_relax(void)
{
    assert_non_null(while_waiting);
    while_waiting();
}

static int start(void **state)
{
    fake_hardware_reset();
    fake_system_reset();
    world_four_cpus(state);
    memset(queues, 0, sizeof queues);
    memset(trace, 0, sizeof trace);
    sleeps = 0;
    while_asleep = while_waiting = NULL;
    work_start(queues, CPUS);
    for (uint32_t cpu = 0; cpu < CPUS; cpu++)
        assert_int_equal(manager_set_system(cpu, IVM_VECTOR_IPI, work_interrupt), IVM_OK);
    for (uint32_t cpu = 1; cpu < CPUS; cpu++)
        work_add_cpu();
    return 0;
}

/* "2e": CPU 2, at level 14. */
static void note(void *context)
{
    (void)context;
    size_t at = strlen(trace);
    assert_true(at + 2 < ROOM);
    trace[at] = (char)('0' + ivm_cpu_now());
    trace[at + 1] = "0123456789abcdef"[ivm_level_now()];
}

static void note_letter(void *context)
{
    strncat(trace, context, ROOM - strlen(trace) - 1);
}

static void cpus_count_once_they_are_added_and_not_beyond_the_room(void **state)
{
    (void)state;
    work_start(queues, 2);
    assert_int_equal(ivm_cpu_count(), 1);
    assert_int_equal(ivm_cpu_call(1, note, NULL), IVM_NOT_FOUND);
    work_add_cpu();
    assert_int_equal(ivm_cpu_count(), 2);
    work_add_cpu();
    assert_int_equal(ivm_cpu_count(), 2);
}

static void a_call_runs_at_ipi_level_on_the_cpu_it_names(void **state)
{
    (void)state;
    for (uint32_t cpu = 0; cpu < CPUS; cpu++)
        assert_int_equal(ivm_cpu_call(cpu, note, NULL), IVM_OK);
    assert_string_equal(trace, "0e1e2e3e");
    assert_int_equal(ivm_level_now(), IVM_PASSIVE);
}

static void a_call_to_itself_above_ipi_level_stays_there(void **state)
{
    (void)state;
    uint8_t found = ivm_level_raise(IVM_HIGH);
    assert_int_equal(ivm_cpu_call(0, note, NULL), IVM_OK);
    ivm_level_lower(found);
    assert_string_equal(trace, "0f");
}

static void a_set_is_called_once_each_the_caller_included(void **state)
{
    (void)state;
    struct ivm_cpu_set cpus = {.mask = 0xB}, empty = {0}, more = {.mask = 0x18},
                       far = {.mask = 1, .group = 1};
    assert_int_equal(ivm_cpu_call_set(&empty, note, NULL), IVM_NOT_FOUND);
    assert_int_equal(ivm_cpu_call_set(&more, note, NULL), IVM_NOT_FOUND);
    assert_int_equal(ivm_cpu_call_set(&far, note, NULL), IVM_NOT_FOUND);
    assert_string_equal(trace, "");
    assert_int_equal(ivm_cpu_call_set(&cpus, note, NULL), IVM_OK);
    assert_string_equal(trace, "1e3e0e");
}

static void all_others_are_called_from_any_cpu(void **state)
{
    (void)state;
    model_become(2);
    ivm_cpu_call_others(note, NULL);
    assert_string_equal(trace, "0e1e3e");
}

/* Who waits with interrupts off. */

static unsigned waits;
static struct ivm_work foreign = {.function = note};

static void turn_on_cpu_1(void)
{
    model_become(1);
    model_interrupts(true);
    model_become(0);
}

/* CPU 1 first calls CPU 0, and then answers: a deadlock unless who waits answers, too. */
static void call_then_answer(void)
{
    if (++waits == 1)
        queues[0].calls.pushed = &foreign;
    else if (ivm_work_done(&foreign))
        turn_on_cpu_1();
    assert_true(waits < 10);
}

static void call_while_both_are_closed(void)
{
    model_become(1);
    model_interrupts(false);
    model_become(0);
    model_interrupts(false);
    assert_int_equal(ivm_cpu_call(1, note, NULL), IVM_OK);
    model_interrupts(true);
}

static void who_waits_with_interrupts_off_answers_calls(void **state)
{
    (void)state;
    waits = 0;
    fake_cpu.on_wait = call_then_answer;
    call_while_both_are_closed();
    assert_string_equal(trace, "001e");
}

static void a_cpu_that_does_not_answer_is_named_and_waited_for(void **state)
{
    (void)state;
    fake_system.step_ns = 300000000;
    while_waiting = turn_on_cpu_1;
    call_while_both_are_closed();
    assert_string_equal(trace, "1e");
    assert_int_equal(
        fake_log_text_count("CPU 1 does not answer a call from CPU 0: waiting for it"), 1);
    assert_int_equal(fake_log_text_count("CPU 1 has answered"), 1);
}

/* Mailboxes. */

static void work_waits_until_its_cpu_serves_it_and_runs_in_order(void **state)
{
    (void)state;
    struct ivm_work a = {.function = note_letter, .context = "a"},
                    b = {.function = note_letter, .context = "b"},
                    c = {.function = note_letter, .context = "c"};
    assert_int_equal(ivm_cpu_post(1, &a), IVM_OK);
    assert_int_equal(ivm_cpu_post(1, &b), IVM_OK);
    assert_int_equal(ivm_cpu_post(1, &c), IVM_OK);
    assert_int_equal(ivm_cpu_post(CPUS, &c), IVM_NOT_FOUND);
    ivm_cpu_serve();
    assert_string_equal(trace, "");
    assert_false(ivm_work_done(&a));

    model_become(1);
    ivm_cpu_serve();

    assert_string_equal(trace, "abc");
    assert_true(ivm_work_done(&a) && ivm_work_done(&b) && ivm_work_done(&c));
}

/* The first piece waits, and so serves: what came with it goes on, and newer comes after
 * it. */
static struct ivm_work newer = {.function = note_letter, .context = "n"};

static void wait_inside(void *context)
{
    (void)context;
    assert_int_equal(ivm_cpu_post(0, &newer), IVM_OK);
    ivm_cpu_serve();
    note_letter("w");
}

static void who_waits_inside_work_serves_what_came_with_it_first(void **state)
{
    (void)state;
    struct ivm_work first = {.function = wait_inside},
                    second = {.function = note_letter, .context = "s"};
    assert_int_equal(ivm_cpu_post(0, &first), IVM_OK);
    assert_int_equal(ivm_cpu_post(0, &second), IVM_OK);

    ivm_cpu_serve();

    assert_string_equal(trace, "snw");
    assert_true(ivm_work_done(&first) && ivm_work_done(&second) && ivm_work_done(&newer));
}

static void work_may_be_posted_again_once_it_is_done(void **state)
{
    (void)state;
    struct ivm_work work = {.function = note_letter, .context = "x"};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(ivm_cpu_post(0, &work), IVM_OK);
        assert_false(ivm_work_done(&work));
        ivm_cpu_serve();
        assert_true(ivm_work_done(&work));
    }
    assert_string_equal(trace, "xxx");
}

/* The idle loop. */

static struct ivm_work late = {.function = note_letter, .context = "l"};

static void post_from_elsewhere(void)
{
    model_become(1);
    assert_int_equal(ivm_cpu_post(0, &late), IVM_OK);
    model_become(0);
}

static void an_idle_cpu_sleeps_only_with_an_empty_mailbox(void **state)
{
    (void)state;
    work_idle();
    assert_int_equal(sleeps, 1);

    post_from_elsewhere();
    work_idle();

    assert_string_equal(trace, "l");
    assert_int_equal(sleeps, 2); /* after the work, with nothing left */
    assert_true(machine_interrupts_enabled());
}

/* The last thing before the sleep: the function posts more. */
static void post_more(void *context)
{
    (void)context;
    post_from_elsewhere();
}

static void work_that_comes_as_it_falls_asleep_wakes_it(void **state)
{
    (void)state;
    while_asleep = post_from_elsewhere;
    work_idle();
    assert_true(model_pending(0, IVM_VECTOR_IPI) || queues[0].answers == 1);
    while_asleep = NULL;
    work_idle();
    assert_string_equal(trace, "l");

    struct ivm_work work = {.function = post_more};
    assert_int_equal(ivm_cpu_post(0, &work), IVM_OK);
    work_idle();
    assert_string_equal(trace, "ll");
}

static void a_run_on_the_own_cpu_is_a_call_and_needs_a_low_level(void **state)
{
    (void)state;
    assert_int_equal(ivm_cpu_run(0, note, NULL), IVM_OK);
    assert_string_equal(trace, "00");
    assert_int_equal(ivm_cpu_run(CPUS, note, NULL), IVM_NOT_FOUND);

    uint8_t found = ivm_level_raise(IVM_DISPATCH);
    assert_int_equal(ivm_cpu_run(0, note, NULL), IVM_WRONG_LEVEL);
    assert_int_equal(ivm_cpu_run(1, note, NULL), IVM_WRONG_LEVEL);
    ivm_level_lower(found);
    model_interrupts(false);
    assert_int_equal(ivm_cpu_run(1, note, NULL), IVM_WRONG_LEVEL);
    model_interrupts(true);
    assert_string_equal(trace, "00");
}

static void a_ping_is_answered_by_an_interrupt_and_not_without(void **state)
{
    (void)state;
    assert_true(ivm_cpu_ping(1, 1000000));
    assert_false(ivm_cpu_ping(CPUS, 1000000));

    model_become(1);
    model_interrupts(false);
    model_become(0);
    assert_false(ivm_cpu_ping(1, 1000000));

    model_become(1);
    model_interrupts(true);
    model_become(0);
    assert_true(ivm_cpu_ping(1, 1000000));
}

#define TEST(claim) cmocka_unit_test_setup_teardown(claim, start, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(cpus_count_once_they_are_added_and_not_beyond_the_room),
        TEST(a_call_runs_at_ipi_level_on_the_cpu_it_names),
        TEST(a_call_to_itself_above_ipi_level_stays_there),
        TEST(a_set_is_called_once_each_the_caller_included),
        TEST(all_others_are_called_from_any_cpu),
        TEST(who_waits_with_interrupts_off_answers_calls),
        TEST(a_cpu_that_does_not_answer_is_named_and_waited_for),
        TEST(work_waits_until_its_cpu_serves_it_and_runs_in_order),
        TEST(who_waits_inside_work_serves_what_came_with_it_first),
        TEST(work_may_be_posted_again_once_it_is_done),
        TEST(an_idle_cpu_sleeps_only_with_an_empty_mailbox),
        TEST(work_that_comes_as_it_falls_asleep_wakes_it),
        TEST(a_run_on_the_own_cpu_is_a_call_and_needs_a_low_level),
        TEST(a_ping_is_answered_by_an_interrupt_and_not_without),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
