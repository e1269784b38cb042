/* test_format.c: format_text() against the host's snprintf(), and where it differs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/format.h"

/* The formats are data here, so the compilers cannot read them. */
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"

/* As snprintf() has it, for every buffer size from none to more than enough. */
#define EXPECT_AS_SNPRINTF(...)                                                            \
    do {                                                                                   \
        char wanted[400];                                                                  \
        int whole = snprintf(wanted, sizeof wanted, __VA_ARGS__);                          \
        for (size_t size = 0; size < (size_t)whole + 3; size++) {                          \
            char *out = malloc(size + 1);                                                  \
            assert_non_null(out);                                                          \
            out[size] = '!';                                                               \
            snprintf(wanted, size, __VA_ARGS__);                                           \
            assert_int_equal(format_text(out, size, __VA_ARGS__), whole);                  \
            if (size > 0)                                                                  \
                assert_string_equal(out, wanted);                                          \
            assert_int_equal(out[size], '!');                                              \
            free(out);                                                                     \
        }                                                                                  \
    } while (0)

/* Into 32 bytes, unseen by the compilers' own check of formats. */
static size_t format_unchecked(char out[32], const char *format, ...)
{
    va_list list;
    va_start(list, format);
    size_t length = format_text_list(out, 32, format, list);
    va_end(list);
    return length;
}

static void plain_text_and_percent_signs_are_copied(void **state)
{
    (void)state;
    const char *formats[] = {"", "x", "plain text", "100%%", "%%%%", "a%%b"};
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        EXPECT_AS_SNPRINTF(formats[i], 0);
}

static void texts_are_padded_and_cut(void **state)
{
    (void)state;
    const char *formats[] = {"%s",   "[%s]",   "%10s",    "%-10s|", "%.2s",
                             "%.0s", "%8.3s|", "%-8.3s|", "%3s"};
    const char *texts[] = {"", "a", "abc", "a longer text than any field"};
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        for (size_t j = 0; j < sizeof texts / sizeof texts[0]; j++)
            EXPECT_AS_SNPRINTF(formats[i], texts[j]);
}

static void characters_are_padded(void **state)
{
    (void)state;
    const char *formats[] = {"%c", "%4c", "%-4c|", "<%c>"};
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        EXPECT_AS_SNPRINTF(formats[i], 'k');
}

static void ints_are_as_snprintf_has_them(void **state)
{
    (void)state;
    const char *formats[] = {"%d",   "%i",    "%5d",    "%-5d|", "%05d",  "%-05d|",
                             "%.4d", "%8.4d", "%08.4d", "%.0d",  "%u",    "%5u",
                             "%05u", "%x",    "%X",     "%08x",  "%-8X|", "%hd",
                             "%hu",  "%hx",   "%hhd",   "%hhu",  "%hhx",  "%02hhx"};
    const int values[] = {0,   1,     -1,    9,      10,        255,
                          256, 65535, 65536, -32769, INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        for (size_t j = 0; j < sizeof values / sizeof values[0]; j++)
            EXPECT_AS_SNPRINTF(formats[i], values[j]);
}

static void long_numbers_are_as_snprintf_has_them(void **state)
{
    (void)state;
    const char *formats[] = {"%ld",    "%lld",   "%li",      "%lu",   "%llu",  "%lx",
                             "%llX",   "%zu",    "%zd",      "%zx",   "%20ld", "%-24ld|",
                             "%016lx", "%024ld", "%-016lx|", "%25lu", "%.20lu"};
    const int64_t values[] = {0, 1, -1, 10, 4294967295, 4294967296, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        for (size_t j = 0; j < sizeof values / sizeof values[0]; j++)
            EXPECT_AS_SNPRINTF(formats[i], values[j]);
}

static void a_star_takes_its_number_from_the_arguments(void **state)
{
    (void)state;
    EXPECT_AS_SNPRINTF("%*d|", 6, 42);
    EXPECT_AS_SNPRINTF("%*d|", -6, 42);
    EXPECT_AS_SNPRINTF("%0*x|", 6, 42U);
    EXPECT_AS_SNPRINTF("%-*s|", 6, "ab");
    EXPECT_AS_SNPRINTF("%.*s|", 1, "ab");
    EXPECT_AS_SNPRINTF("%.*s|", -1, "ab");
    EXPECT_AS_SNPRINTF("%*.*s|", 5, 1, "ab");
}

static void pointers_are_hexadecimal(void **state)
{
    (void)state;
    int there;
    EXPECT_AS_SNPRINTF("%p", (void *)&there);
    EXPECT_AS_SNPRINTF("%20p|", (void *)&there);
    EXPECT_AS_SNPRINTF("%-20p|", (void *)&there);
    char out[8];
    format_text(out, sizeof out, "%p", (void *)NULL);
    assert_string_equal(out, "0x0");
}

static void several_arguments_are_taken_in_order(void **state)
{
    (void)state;
    EXPECT_AS_SNPRINTF("%s vector 0x%02x cpu %u: %llu of %zu%c %%", "edu0", 0x31U, 2U,
                       18446744073709551615ULL, (size_t)7, '.');
}

static void a_missing_text_is_shown_as_such(void **state)
{
    (void)state;
    char out[32];
    format_unchecked(out, "%s", (const char *)NULL);
    assert_string_equal(out, "(null)");
}

static void what_is_no_conversion_of_ours_stands_as_it_is(void **state)
{
    (void)state;
    const char *formats[] = {"%q", "%", "%-", "50% of", "%5.2f", "%08", "%l", "%hh"};
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        char out[32];
        size_t length = format_unchecked(out, formats[i], 0);
        assert_string_equal(out, formats[i]);
        assert_int_equal(length, strlen(formats[i]));
    }
}

static void an_absurd_width_is_bounded(void **state)
{
    (void)state;
    char out[32];
    assert_true(format_unchecked(out, "%999999999999999d", 1) <= 65536);
    assert_true(format_unchecked(out, "%*d", INT32_MIN, 1) <= 65536);
    assert_string_equal(out, "1                              ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_text_and_percent_signs_are_copied),
        cmocka_unit_test(texts_are_padded_and_cut),
        cmocka_unit_test(characters_are_padded),
        cmocka_unit_test(ints_are_as_snprintf_has_them),
        cmocka_unit_test(long_numbers_are_as_snprintf_has_them),
        cmocka_unit_test(a_star_takes_its_number_from_the_arguments),
        cmocka_unit_test(pointers_are_hexadecimal),
        cmocka_unit_test(several_arguments_are_taken_in_order),
        cmocka_unit_test(a_missing_text_is_shown_as_such),
        cmocka_unit_test(what_is_no_conversion_of_ours_stands_as_it_is),
        cmocka_unit_test(an_absurd_width_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
