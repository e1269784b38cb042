/* test_log.c: whole prefixed lines to every sink, early ones too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <ivm/system.h>

#include "kernel/machine.h"
#include "kernel/system/log.h"

/* What the two sinks were given. The log cannot forget a sink: the tests run in order. */
struct capture {
    char text[3 * LOG_RING_SIZE];
    size_t length;
    bool interrupts_were_on;
};

static struct capture first, second;

static void take(struct capture *capture, const char *text, size_t length)
{
    assert_true(capture->length + length < sizeof capture->text);
    memcpy(capture->text + capture->length, text, length);
    capture->length += length;
    capture->text[capture->length] = '\0';
    capture->interrupts_were_on |= machine_interrupts_enabled();
}

static void write_first(const char *text, size_t length)
{
    take(&first, text, length);
}

static void write_second(const char *text, size_t length)
{
    take(&second, text, length);
}

static void forget(void)
{
    first = (struct capture){0};
    second = (struct capture){0};
}

static void a_sink_is_given_the_lines_from_before_it_came(void **state)
{
    (void)state;
    ivm_log("early %d", 1);
    ivm_log("early %d", 2);

    assert_int_equal(log_add_sink(write_first), IVM_OK);
    ivm_log("late");

    assert_string_equal(first.text, "ivm| early 1\nivm| early 2\nivm| late\n");
}

static void every_line_goes_to_every_sink_with_interrupts_off(void **state)
{
    (void)state;
    assert_int_equal(log_add_sink(write_second), IVM_OK);
    forget();
    bool were_on = machine_interrupts_enabled();

    ivm_log("%s", "both");

    assert_string_equal(first.text, "ivm| both\n");
    assert_string_equal(second.text, "ivm| both\n");
    assert_false(first.interrupts_were_on);
    assert_int_equal(machine_interrupts_enabled(), were_on);
}

static void a_newline_in_a_name_begins_no_line(void **state)
{
    (void)state;
    forget();

    ivm_log("%s", "a\nb\r\x1b[1m\x7f.\xe9");

    assert_string_equal(first.text, "ivm| a?b??[1m?.\xe9\n");
}

static void a_long_line_is_cut_and_still_ends(void **state)
{
    (void)state;
    for (int length = LOG_LINE_LIMIT - 2; length < LOG_LINE_LIMIT + 3; length++) {
        forget();
        ivm_log("%0*d", length, 0);
        size_t kept = (size_t)(length < LOG_LINE_LIMIT ? length : LOG_LINE_LIMIT);
        assert_int_equal(first.length, strlen(LOG_PREFIX) + kept + 1);
        assert_int_equal(first.text[first.length - 1], '\n');
        assert_int_equal(first.text[first.length - 2], '0');
    }
}

static void text_of_a_console_gets_no_prefix_and_is_not_kept(void **state)
{
    (void)state;
    forget();

    log_text("ivm> ", 5);

    assert_string_equal(first.text, "ivm> ");
    assert_string_equal(second.text, "ivm> ");
}

static char third_text[3 * LOG_RING_SIZE];

static void write_third(const char *text, size_t length)
{
    strncat(third_text, text, length);
}

static void an_overflowed_ring_gives_the_latest_lines_whole(void **state)
{
    (void)state;
    for (int i = 0; i < 1000; i++) {
        forget();
        ivm_log("line %d of many, long enough to overflow the ring", i);
    }

    assert_int_equal(log_add_sink(write_third), IVM_OK);

    size_t length = strlen(third_text);
    assert_in_range(length, LOG_RING_SIZE - 100, LOG_RING_SIZE);
    int number;
    assert_int_equal(sscanf(third_text, "ivm| line %d", &number), 1);
    for (char *line = strtok(third_text, "\n"); line; line = strtok(NULL, "\n")) {
        char wanted[100];
        snprintf(wanted, sizeof wanted,
                 "ivm| line %d of many, long enough to overflow the ring", number++);
        assert_string_equal(line, wanted);
    }
    assert_int_equal(number, 1000);
}

static bool interrupt_next;

/* Interrupted in the middle of a line, once, by what never returns to it: the log is used
 * again at once. */
static void write_interrupted(const char *text, size_t length)
{
    (void)text;
    (void)length;
    if (!interrupt_next)
        return;
    interrupt_next = false;
    log_emergency();
    ivm_log("the report");
}

static void a_sink_too_many_is_refused(void **state)
{
    (void)state;
    assert_int_equal(log_add_sink(write_interrupted), IVM_OK);
    assert_int_equal(log_add_sink(write_second), IVM_EXHAUSTED);
}

static void an_emergency_does_not_wait_for_a_line_half_written(void **state)
{
    (void)state;
    forget();
    interrupt_next = true;

    ivm_log("interrupted");

    assert_string_equal(first.text, "ivm| interrupted\nivm| the report\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sink_is_given_the_lines_from_before_it_came),
        cmocka_unit_test(every_line_goes_to_every_sink_with_interrupts_off),
        cmocka_unit_test(a_newline_in_a_name_begins_no_line),
        cmocka_unit_test(a_long_line_is_cut_and_still_ends),
        cmocka_unit_test(text_of_a_console_gets_no_prefix_and_is_not_kept),
        cmocka_unit_test(an_overflowed_ring_gives_the_latest_lines_whole),
        cmocka_unit_test(a_sink_too_many_is_refused),
        cmocka_unit_test(an_emergency_does_not_wait_for_a_line_half_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
