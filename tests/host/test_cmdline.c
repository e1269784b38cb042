/* test_cmdline.c: the kernel's command line: what is understood, and what is handed back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/monitor/cmdline.h"

static struct cmdline line;

static void nothing_said_is_nothing_understood(void **state)
{
    (void)state;
    const char *const nothings[] = {NULL, "", "   ", "\t\r\n "};
    for (size_t i = 0; i < sizeof nothings / sizeof nothings[0]; i++) {
        memset(&line, 0xFF, sizeof line);
        cmdline_parse(nothings[i], &line);
        assert_false(line.interactive);
        assert_null(line.run);
        assert_null(line.suite);
        assert_null(line.crash);
        assert_null(line.bench);
        assert_int_equal(line.unknown_count, 0);
        assert_false(line.is_cut || line.is_quote_open);
    }
}

static void a_word_alone_is_understood(void **state)
{
    (void)state;
    cmdline_parse("interactive", &line);
    assert_true(line.interactive);
    assert_int_equal(line.unknown_count, 0);
}

static void values_are_what_follows_the_sign(void **state)
{
    (void)state;
    cmdline_parse("  suite=all\tcrash=page-fault bench=paths interactive run=table,quit",
                  &line);
    assert_string_equal(line.suite, "all");
    assert_string_equal(line.bench, "paths");
    assert_string_equal(line.crash, "page-fault");
    assert_string_equal(line.run, "table,quit");
    assert_true(line.interactive);
    assert_int_equal(line.unknown_count, 0);
}

static void quotes_keep_blanks_and_are_removed(void **state)
{
    (void)state;
    cmdline_parse("run=\"fire edu0 3,table\" interactive", &line);
    assert_string_equal(line.run, "fire edu0 3,table");
    assert_true(line.interactive);
    cmdline_parse("\"run=fire edu0\"", &line);
    assert_string_equal(line.run, "fire edu0");
    cmdline_parse("run=a\" \"b\"\"c", &line);
    assert_string_equal(line.run, "a bc");
}

static void commands_without_quotes_are_the_rest_of_the_line(void **state)
{
    (void)state;
    cmdline_parse("interactive run=table,status 763, fire edu0 3", &line);
    assert_string_equal(line.run, "table,status 763, fire edu0 3");
    assert_true(line.interactive);
    assert_int_equal(line.unknown_count, 0);
    cmdline_parse("run= table", &line);
    assert_string_equal(line.run, " table");
}

static void the_rest_of_a_line_ends_where_the_line_does(void **state)
{
    (void)state;
    cmdline_parse("run=fire edu0\ninteractive\n", &line);
    assert_string_equal(line.run, "fire edu0");
    assert_true(line.interactive);
}

static void only_run_takes_the_rest_of_the_line(void **state)
{
    (void)state;
    cmdline_parse("suite=a interactive crash=b xrun=c d", &line);
    assert_string_equal(line.suite, "a");
    assert_string_equal(line.crash, "b");
    assert_true(line.interactive);
    assert_int_equal(line.unknown_count, 2);
}

static void an_open_quote_is_noticed(void **state)
{
    (void)state;
    cmdline_parse("interactive run=\"fire edu0", &line);
    assert_true(line.is_quote_open);
    assert_string_equal(line.run, "fire edu0");
    cmdline_parse("run=\"fire edu0\"", &line);
    assert_false(line.is_quote_open);
}

static void what_is_not_understood_is_handed_back(void **state)
{
    (void)state;
    cmdline_parse("foo story quiet Interactive suite= =x interactive=1 \"\" run=", &line);
    const char *const unknown[] = {"foo", "story",         "quiet", "Interactive", "suite=",
                                   "=x",  "interactive=1", "",      "run="};
    assert_int_equal(line.unknown_count, sizeof unknown / sizeof unknown[0]);
    for (size_t i = 0; i < line.unknown_count; i++)
        assert_string_equal(line.unknown[i], unknown[i]);
    assert_false(line.interactive);
    assert_null(line.run);
    assert_null(line.suite);
}

static void unknown_words_beyond_the_room_are_counted(void **state)
{
    (void)state;
    char text[4 * (CMDLINE_UNKNOWN_LIMIT + 5)] = "";
    for (unsigned i = 0; i < CMDLINE_UNKNOWN_LIMIT + 5; i++)
        text[2 * i] = 'x', text[2 * i + 1] = ' ';
    cmdline_parse(text, &line);
    assert_int_equal(line.unknown_count, CMDLINE_UNKNOWN_LIMIT + 5);
}

static void the_last_of_two_values_counts(void **state)
{
    (void)state;
    cmdline_parse("suite=a suite=b", &line);
    assert_string_equal(line.suite, "b");
}

/* "suite=" and so many letters that the whole has `length`. */
static char *long_line(size_t length)
{
    char *text = malloc(length + 1);
    memset(text, 'x', length);
    memcpy(text, "suite=", 6);
    text[length] = '\0';
    return text;
}

static void a_line_that_just_fits_is_whole(void **state)
{
    (void)state;
    char *text = long_line(CMDLINE_SIZE - 1);
    cmdline_parse(text, &line);
    assert_false(line.is_cut);
    assert_string_equal(line.suite, text + 6);
    free(text);
}

static void a_word_that_does_not_fit_is_not_taken_in_half(void **state)
{
    (void)state;
    for (size_t length = CMDLINE_SIZE; length < CMDLINE_SIZE + 3; length++) {
        char *text = long_line(length);
        cmdline_parse(text, &line);
        assert_true(line.is_cut);
        assert_null(line.suite);
        free(text);
    }
}

static void a_word_after_a_full_line_is_cut_off(void **state)
{
    (void)state;
    char *text = long_line(CMDLINE_SIZE + 11);
    memcpy(text + CMDLINE_SIZE - 1, " interactive", sizeof " interactive");
    cmdline_parse(text, &line);
    assert_true(line.is_cut);
    assert_non_null(line.suite);
    assert_false(line.interactive);
    free(text);
}

static void any_bytes_are_read_without_harm(void **state)
{
    (void)state;
    static const char letters[] = " \t\"=,axrun=story\n\\\x80";
    uint32_t seed = 1;
    for (unsigned round = 0; round < 20000; round++) {
        char text[64];
        size_t length = round % sizeof text;
        for (size_t i = 0; i < length; i++) {
            seed = seed * 1664525u + 1013904223u;
            text[i] = letters[(seed >> 16) % (sizeof letters - 1)];
        }
        char *exact = malloc(length + 1);
        memcpy(exact, text, length);
        exact[length] = '\0';
        cmdline_parse(exact, &line);
        free(exact);
        assert_true(line.run == NULL ||
                    (line.run > line.text && line.run < line.text + CMDLINE_SIZE));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_said_is_nothing_understood),
        cmocka_unit_test(a_word_alone_is_understood),
        cmocka_unit_test(values_are_what_follows_the_sign),
        cmocka_unit_test(quotes_keep_blanks_and_are_removed),
        cmocka_unit_test(commands_without_quotes_are_the_rest_of_the_line),
        cmocka_unit_test(the_rest_of_a_line_ends_where_the_line_does),
        cmocka_unit_test(only_run_takes_the_rest_of_the_line),
        cmocka_unit_test(an_open_quote_is_noticed),
        cmocka_unit_test(what_is_not_understood_is_handed_back),
        cmocka_unit_test(unknown_words_beyond_the_room_are_counted),
        cmocka_unit_test(the_last_of_two_values_counts),
        cmocka_unit_test(a_line_that_just_fits_is_whole),
        cmocka_unit_test(a_word_that_does_not_fit_is_not_taken_in_half),
        cmocka_unit_test(a_word_after_a_full_line_is_cut_off),
        cmocka_unit_test(any_bytes_are_read_without_harm),
    };
    return cmocka_run_group_tests_name("cmdline", tests, NULL, NULL);
}
