/* test_foreign_wait.c: ticks that start and stop, and CPUs that sleep and are woken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fake/hardware.h"
#include "fake/system.h"

/* NOLINTNEXTLINE(bugprone-suspicious-include): its state begins anew with each test */
#include "arch/x86_64/foreign_wait.c"

enum { CPUS = 70, SENT_LIMIT = 80 };

static uint32_t current;
static slot_dispatch *served;
static struct slot slot;
static bool timer_runs, timer_is_refused;
static uint64_t timer_ns;
static uint32_t called_cpu;
static unsigned ends;
static uint32_t sent[SENT_LIMIT];
static size_t sent_count;
static unsigned ticks;
static void (*const no_tick)(void);

/* The machine around it. */

uint32_t ivm_cpu_count(void)
{
    return CPUS;
}

uint32_t machine_cpu(void)
{
    return current;
}

void machine_interrupts_on(void)
{
    cpu_sti();
}

void machine_interrupts_off(void)
{
    cpu_cli();
}

void machine_end(void)
{
    assert_false(fake_cpu.interrupts_on);
    ends++;
}

void machine_relax(void)
{
    cpu_pause();
}

void machine_interrupt_cpu(uint32_t cpu, uint8_t vector)
{
    assert_int_equal(vector, IVM_VECTOR_IPI);
    assert_true(sent_count < SENT_LIMIT);
    sent[sent_count++] = cpu;
}

enum ivm_status manager_set_system(uint32_t cpu, uint8_t vector, slot_dispatch *dispatch)
{
    assert_int_equal(cpu, 0);
    assert_int_equal(vector, IVM_VECTOR_CLOCK);
    served = dispatch;
    return IVM_OK;
}

enum ivm_status ivm_cpu_call(uint32_t cpu, ivm_cpu_function *function, void *context)
{
    called_cpu = cpu;
    function(context);
    return IVM_OK;
}

bool lapic_timer_measure(void)
{
    return !timer_is_refused;
}

enum ivm_status lapic_timer_start(uint64_t ns, uint8_t vector)
{
    assert_int_equal(vector, IVM_VECTOR_CLOCK);
    if (timer_is_refused)
        return IVM_UNSUPPORTED;
    timer_ns = ns;
    timer_runs = true;
    return IVM_OK;
}

void lapic_timer_stop(void)
{
    timer_runs = false;
}

static int set_up(void **state)
{
    (void)state;
    fake_hardware_reset();
    fake_system_reset();
    fake_cpu.interrupts_on = true;
    timer_is_refused = timer_runs = false;
    ticker = no_tick;
    is_ticking = false;
    memset(sleepers, 0, sizeof sleepers);
    memset(&slot, 0, sizeof slot);
    served = NULL;
    current = 0;
    called_cpu = 99;
    timer_ns = sent_count = 0;
    ends = ticks = 0;
    return !foreign_wait_start();
}

/* Ticks. */

static void count_tick(void)
{
    assert_true(fake_cpu.interrupts_on);
    assert_true(is_ticking);
    assert_int_equal(ends, ticks); /* this one is still in service */
    ticks++;
}

/* As the CPU does it. */
static void fire(void)
{
    fake_cpu.interrupts_on = false;
    served(&slot);
    fake_cpu.interrupts_on = true;
}

static void a_tick_is_called_with_interrupts_on_and_ended_once(void **state)
{
    (void)state;
    foreign_tick(count_tick);
    fire();
    fire();

    assert_true(timer_runs);
    assert_int_equal(timer_ns, 15625000);
    assert_int_equal(called_cpu, 0);
    assert_int_equal(ticks, 2);
    assert_int_equal(ends, 2);
    assert_int_equal(slot.delivered, 2);
    assert_int_equal(slot.late, 0);
    assert_false(is_ticking);
}

static void nothing_ticks_before_it_is_asked_for(void **state)
{
    (void)state;
    assert_non_null(served);
    assert_false(timer_runs);
    assert_int_equal(ticks, 0);
}

static void one_that_was_requested_before_the_stop_calls_nobody(void **state)
{
    (void)state;
    foreign_tick(count_tick);

    foreign_tick(NULL);
    fire();

    assert_false(timer_runs);
    assert_int_equal(ticks, 0);
    assert_int_equal(ends, 1);
    assert_int_equal(slot.late, 1);
}

static unsigned pauses_until_over;

static void tick_goes_on(void)
{
    if (pauses_until_over > 0 && --pauses_until_over == 0)
        is_ticking = false;
}

static void a_stop_waits_for_the_tick_that_runs_on_another_cpu(void **state)
{
    (void)state;
    foreign_tick(count_tick);
    is_ticking = true;
    fake_cpu.on_wait = tick_goes_on;
    pauses_until_over = 100;

    foreign_tick(NULL);

    assert_int_equal(pauses_until_over, 0);
    assert_int_equal(fake_log_text_count("waiting"), 0);
}

static void a_tick_that_does_not_end_is_named_and_waited_for(void **state)
{
    (void)state;
    foreign_tick(count_tick);
    is_ticking = true;
    fake_cpu.on_wait = tick_goes_on;
    pauses_until_over = 2000000; /* of a microsecond each */

    foreign_tick(NULL);

    assert_int_equal(pauses_until_over, 0);
    assert_int_equal(fake_log_text_count("a tick on CPU 0 takes a second already"), 1);
}

static void a_timer_that_cannot_is_said(void **state)
{
    (void)state;
    timer_is_refused = true;
    foreign_tick(count_tick);
    assert_int_equal(fake_log_text_count("cannot tick every 15625000 ns"), 1);
    assert_false(foreign_wait_start());
}

/* Sleep. */

static bool is_ready, was_asked;

static bool ask(void *context)
{
    assert_ptr_equal(context, &is_ready);
    assert_false(fake_cpu.interrupts_on);
    assert_true(sleepers[current / 64] >> current % 64 & 1);
    was_asked = true;
    return is_ready;
}

static bool has_slept(void)
{
    return fake_log_count_of(FAKE_CPU, FAKE_HLT) != 0;
}

static void who_is_ready_does_not_sleep(void **state)
{
    (void)state;
    is_ready = true;
    was_asked = false;

    foreign_sleep(ask, &is_ready);

    assert_true(was_asked);
    assert_false(has_slept());
    assert_true(fake_cpu.interrupts_on);
    assert_int_equal(sleepers[0], 0);
}

static void who_is_not_sleeps_with_interrupts_on_once(void **state)
{
    (void)state;
    is_ready = false;
    current = 69;

    foreign_sleep(ask, &is_ready);

    assert_int_equal(fake_log_count_of(FAKE_CPU, FAKE_HLT), 1);
    assert_true(fake_cpu.interrupts_on);
    assert_int_equal(sleepers[1], 0);
}

static void those_that_sleep_are_woken_once_and_nobody_else(void **state)
{
    (void)state;
    sleepers[0] = UINT64_C(1) << 0 | UINT64_C(1) << 5 | UINT64_C(1) << 63;
    sleepers[1] = UINT64_C(1) << 2;
    current = 5; /* an interrupt of a CPU that slept */

    foreign_wake();
    foreign_wake();

    assert_int_equal(sent_count, 3);
    assert_int_equal(sent[0], 0);
    assert_int_equal(sent[1], 63);
    assert_int_equal(sent[2], 66);
    assert_int_equal(sleepers[0] | sleepers[1], 0);
}

static bool be_woken_meanwhile(void *context)
{
    (void)context;
    uint32_t sleeper = current;
    current = 1;
    foreign_wake();
    current = sleeper;
    return false;
}

static void a_wake_up_that_comes_with_the_question_is_sent(void **state)
{
    (void)state;
    current = 3;

    foreign_sleep(be_woken_meanwhile, NULL);

    assert_int_equal(sent_count, 1);
    assert_int_equal(sent[0], 3);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, set_up)
    const struct CMUnitTest tests[] = {
        TEST(nothing_ticks_before_it_is_asked_for),
        TEST(a_tick_is_called_with_interrupts_on_and_ended_once),
        TEST(one_that_was_requested_before_the_stop_calls_nobody),
        TEST(a_stop_waits_for_the_tick_that_runs_on_another_cpu),
        TEST(a_tick_that_does_not_end_is_named_and_waited_for),
        TEST(a_timer_that_cannot_is_said),
        TEST(who_is_ready_does_not_sleep),
        TEST(who_is_not_sleeps_with_interrupts_on_once),
        TEST(those_that_sleep_are_woken_once_and_nobody_else),
        TEST(a_wake_up_that_comes_with_the_question_is_sent),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
