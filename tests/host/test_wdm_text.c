/* test_wdm_text.c: counted strings, memory and C's own functions, by the calls of an image. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/wdm/text_calls.h"

static uint16_t abc[] = {'a', 'b', 'c', 0};

static void a_string_is_as_long_as_its_text(void **state)
{
    (void)state;
    struct nt_string wide;
    struct nt_ansi_string narrow;
    RtlInitUnicodeString(&wide, abc);
    assert_int_equal(wide.length, 6);
    assert_int_equal(wide.room, 8);
    assert_ptr_equal(wide.text, abc);
    RtlInitAnsiString(&narrow, "four");
    assert_int_equal(narrow.length, 4);
    assert_int_equal(narrow.room, 5);
    RtlInitString(&narrow, "");
    assert_int_equal(narrow.length, 0);
    assert_int_equal(narrow.room, 1);
}

static void a_string_of_nothing_is_empty(void **state)
{
    (void)state;
    struct nt_string wide;
    struct nt_ansi_string narrow;
    memset(&wide, 0xA5, sizeof wide);
    memset(&narrow, 0xA5, sizeof narrow);
    RtlInitUnicodeString(&wide, NULL);
    RtlInitAnsiString(&narrow, NULL);
    assert_int_equal(wide.length + wide.room + narrow.length + narrow.room, 0);
    assert_null(wide.text);
    assert_null(narrow.text);
}

static void a_text_that_is_too_long_is_told_as_far_as_can_be(void **state)
{
    (void)state;
    uint16_t *text = calloc(70000, sizeof *text);
    for (size_t i = 0; i < 69999; i++)
        text[i] = 'x';
    struct nt_string string;
    RtlInitUnicodeString(&string, text);
    assert_int_equal(string.length, 0xFFFC);
    assert_int_equal(string.room, 0xFFFE);
    free(text);
    char *narrow_text = malloc(70000);
    memset(narrow_text, 'x', 70000);
    narrow_text[69999] = '\0';
    struct nt_ansi_string narrow;
    RtlInitAnsiString(&narrow, narrow_text);
    assert_int_equal(narrow.length, 0xFFFE);
    assert_int_equal(narrow.room, 0xFFFF);
    free(narrow_text);
}

static void a_copy_is_cut_to_its_room(void **state)
{
    (void)state;
    struct nt_string source;
    RtlInitUnicodeString(&source, abc);
    for (uint16_t room = 0; room <= 10; room++) {
        uint16_t text[5] = {'?', '?', '?', '?', '?'};
        struct nt_string copy = {.length = 99, .room = room, .text = text};
        uint16_t letters = room / 2 < 3 ? room / 2 : 3;
        RtlCopyUnicodeString(&copy, &source);
        assert_int_equal(copy.length, 2 * letters);
        for (uint16_t i = 0; i < letters; i++)
            assert_int_equal(text[i], abc[i]);
        assert_int_equal(text[letters], room >= 8 ? 0 : '?');
    }
}

static void a_copy_of_nothing_is_empty(void **state)
{
    (void)state;
    uint16_t text[4] = {'?', '?', '?', '?'};
    struct nt_string copy = {.length = 8, .room = 8, .text = text};
    RtlCopyUnicodeString(&copy, NULL);
    assert_int_equal(copy.length, 0);
}

static int compare(const char *a, const char *b, nt_boolean ignore_case)
{
    uint16_t wide[2][16];
    struct nt_string strings[2];
    const char *texts[] = {a, b};
    for (unsigned i = 0; i < 2; i++) {
        size_t length = strlen(texts[i]);
        for (size_t at = 0; at < length; at++)
            wide[i][at] = (uint8_t)texts[i][at];
        strings[i] = (struct nt_string){
            .length = (uint16_t)(2 * length), .room = 32, .text = wide[i]};
    }
    int32_t order = RtlCompareUnicodeString(&strings[0], &strings[1], ignore_case);
    assert_int_equal(RtlEqualUnicodeString(&strings[0], &strings[1], ignore_case),
                     order == 0);
    return order < 0 ? -1 : order > 0;
}

static void strings_compare_as_their_letters_do(void **state)
{
    (void)state;
    assert_int_equal(compare("abc", "abc", NT_FALSE), 0);
    assert_int_equal(compare("abc", "abd", NT_FALSE), -1);
    assert_int_equal(compare("b", "abd", NT_FALSE), 1);
    assert_int_equal(compare("ab", "abc", NT_FALSE), -1);
    assert_int_equal(compare("", "", NT_FALSE), 0);
    assert_int_equal(compare("ABC", "abc", NT_FALSE), -1);
    assert_int_equal(compare("ABC", "abc", NT_TRUE), 0);
    assert_int_equal(compare("Z", "a", NT_TRUE), 1);
    assert_int_equal(compare("z", "a", NT_TRUE), 1);
    assert_int_equal(compare("[", "a", NT_TRUE), 1); /* as upper case */
    assert_int_equal(compare("@`{", "@`{", NT_TRUE), 0);
    assert_int_equal(compare("`", "@", NT_TRUE), 1); /* no letters beside a and z */
    assert_int_equal(compare("{", "[", NT_TRUE), 1);
}

static void memory_compares_up_to_the_first_difference(void **state)
{
    (void)state;
    assert_int_equal(RtlCompareMemory("abcdef", "abcxef", 6), 3);
    assert_int_equal(RtlCompareMemory("abcdef", "abcdef", 6), 6);
    assert_int_equal(RtlCompareMemory("a", "b", 1), 0);
    assert_int_equal(RtlCompareMemory("a", "a", 0), 0);
}

static void memory_is_moved_over_itself_both_ways(void **state)
{
    (void)state;
    char text[] = "0123456789";
    RtlMoveMemory(text + 2, text, 5);
    assert_string_equal(text, "0101234789");
    RtlCopyMemory(text, text + 2, 5);
    assert_string_equal(text, "0123434789");
    assert_ptr_equal(wdm_memmove(text, text + 1, 3), text);
    assert_string_equal(text, "1233434789");
    assert_ptr_equal(wdm_memcpy(text + 1, text, 4), text + 1);
    assert_string_equal(text, "1123334789");
}

static void memory_is_filled_to_its_last_byte_and_no_further(void **state)
{
    (void)state;
    unsigned char bytes[6];
    memset(bytes, 0x11, sizeof bytes);
    RtlFillMemory(bytes + 1, 4, 0xEE);
    assert_memory_equal(bytes, "\x11\xEE\xEE\xEE\xEE\x11", 6);
    RtlZeroMemory(bytes + 1, 3);
    assert_memory_equal(bytes, "\x11\0\0\0\xEE\x11", 6);
    assert_ptr_equal(wdm_memset(bytes, 0x1234, 2), bytes);
    assert_memory_equal(bytes, "\x34\x34\0\0\xEE\x11", 6);
}

static void c_functions_do_what_c_says(void **state)
{
    (void)state;
    char copy[8] = "???????";
    assert_int_equal(wdm_strlen(""), 0);
    assert_int_equal(wdm_strlen("seven"), 5);
    assert_int_equal(wdm_wcslen(abc), 3);
    assert_true(wdm_strcmp("a", "b") < 0);
    assert_true(wdm_strcmp("ab", "a") > 0);
    assert_true(wdm_strcmp("\x80", "a") > 0); /* as unsigned */
    assert_int_equal(wdm_strcmp("same", "same"), 0);
    assert_int_equal(wdm_strncmp("same", "sand", 2), 0);
    assert_true(wdm_strncmp("same", "sand", 3) < 0);
    assert_int_equal(wdm_strncmp("a", "a\0b" /* not looked at */, 9), 0);
    assert_true(wdm_memcmp("a\0c", "a\0b", 3) > 0);
    assert_true(wdm_memcmp("\x7F", "\x80", 1) < 0);
    assert_int_equal(wdm_memcmp("ab", "ax", 1), 0);
    assert_ptr_equal(wdm_strcpy(copy, "four"), copy);
    assert_memory_equal(copy, "four\0??", 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_string_is_as_long_as_its_text),
        cmocka_unit_test(a_string_of_nothing_is_empty),
        cmocka_unit_test(a_text_that_is_too_long_is_told_as_far_as_can_be),
        cmocka_unit_test(a_copy_is_cut_to_its_room),
        cmocka_unit_test(a_copy_of_nothing_is_empty),
        cmocka_unit_test(strings_compare_as_their_letters_do),
        cmocka_unit_test(memory_compares_up_to_the_first_difference),
        cmocka_unit_test(memory_is_moved_over_itself_both_ways),
        cmocka_unit_test(memory_is_filled_to_its_last_byte_and_no_further),
        cmocka_unit_test(c_functions_do_what_c_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
