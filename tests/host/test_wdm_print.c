/* test_wdm_print.c: what images print: formats by the Microsoft convention, and lines of the log. */
#include "fake/world.h"

#include <string.h>

#include <ivm/level.h>

#include "fake/system.h"
#include "fake/wdm.h"
#include "kernel/machine.h"
#include "kernel/wdm/print.h"
#include "kernel/wdm/print_calls.h"

static int start(void **state)
{
    print_flush(NULL);
    print_flush(&fake_wdm.image);
    print_flush(&fake_wdm.other);
    world_one_cpu(state);
    fake_system_reset();
    fake_wdm_reset();
    return 0;
}

static const char *logged(void)
{
    static char text[2048];
    strncpy(text, fake_log_text(), sizeof text - 1);
    fake_system_reset();
    return text;
}

#define PRINTS(wanted, ...)                                                                \
    do {                                                                                   \
        assert_int_equal(DbgPrint(__VA_ARGS__), 0);                                        \
        assert_string_equal(logged(), "test.sys: " wanted "\n");                           \
    } while (0)

static const uint16_t wide[] = {'w', 'i', 'd', 'e', 0};
static const uint16_t foreign[] = {'<', 0x20AC, 0xE9, '>', 0};

static void numbers_are_as_wide_as_microsoft_says(void **state)
{
    (void)state;
    const int64_t minus = -1;
    PRINTS("-1 -1", "%d %i\n", minus, minus);
    PRINTS("4294967295 ffffffff FFFFFFFF", "%u %x %X\n", minus, minus, minus);
    PRINTS("-1 4294967295 ffffffff", "%ld %lu %lx\n", minus, minus, minus); /* 32 bits */
    PRINTS("-1 18446744073709551615 ffffffffffffffff", "%lld %llu %llx\n", minus, minus,
           minus);
    PRINTS("-1 18446744073709551615 ffffffffffffffff", "%I64d %I64u %I64x\n", minus, minus,
           minus);
    PRINTS("-1 FFFFFFFF 18446744073709551615", "%I32d %I32X %Iu\n", minus, minus, minus);
    PRINTS("-1 65535 -1 255 ff", "%hd %hu %hhd %hhu %hhx\n", minus, minus, minus, minus,
           minus);
    PRINTS("18446744073709551615 37777777777", "%zu %o\n", minus, minus);
    PRINTS("-9223372036854775808 -2147483648 0", "%lld %d %d\n", INT64_MIN, INT32_MIN, 0);
}

static void fields_have_widths_precisions_and_flags(void **state)
{
    (void)state;
    PRINTS("07 0f   7|7  |007", "%02d %02x %3d|%-3d|%.3d\n", 7, 15, 7, 7, 7);
    PRINTS("+7  7 -7 0x1f 0X1F 0", "%+d % d %+d %#x %#X %#x\n", 7, 7, -7, 31, 31, 0);
    PRINTS("0000007f|-005|   -5|", "%08x|%04d|%5d|%.0d\n", 0x7F, -5, -5, 0);
    PRINTS("   7|7   |", "%*d|%*d|\n", 4, 7, -4, 7);
    PRINTS("  ab|ab  |a|", "%4s|%-4s|%.1s|\n", "ab", "ab", "ab");
    PRINTS("ab|", "%.*s|\n", 2, "abcdef");
    PRINTS("  a|a  ", "%3c|%-3c\n", 'a', 'a');
}

static void a_pointer_is_sixteen_digits(void **state)
{
    (void)state;
    PRINTS("0000000000401ABC", "%p\n", (void *)0x401ABC);
    PRINTS("FFFFF78000000000", "%p\n", (void *)0xFFFFF78000000000);
}

static void strings_are_narrow_wide_and_counted(void **state)
{
    (void)state;
    uint16_t counted_text[] = {'o', 'n', 'e', 'X'};
    char narrow_text[] = {'t', 'w', 'o', 'X'};
    const struct nt_string counted = {.length = 6, .room = 8, .text = counted_text};
    const struct nt_ansi_string narrow = {.length = 3, .room = 4, .text = narrow_text};
    PRINTS("n wide wide wide n", "%s %S %ws %ls %hs\n", "n", wide, wide, wide, "n");
    PRINTS("one two", "%wZ %Z\n", &counted, &narrow);
    PRINTS("  one|tw", "%5wZ|%.2Z\n", &counted, &narrow);
    PRINTS("a b c", "%c %C %wc\n", 'a', 'b', 'c');
    PRINTS("<?\?>", "%ws\n", foreign);
}

static void a_string_that_is_not_there_is_null(void **state)
{
    (void)state;
    const struct nt_string empty = {0};
    PRINTS("(null) (null) (null) (null)", "%s %S %wZ %Z\n", NULL, NULL, NULL, NULL);
    PRINTS("(null)|", "%wZ|\n", &empty);
}

static void what_is_not_known_is_copied_and_takes_nothing(void **state)
{
    (void)state;
    PRINTS("%y 7", "%y %d\n", 7);
    PRINTS("%-5q 7", "%-5q %d\n", 7);
    PRINTS("100% 7", "%d%% %d\n", 100, 7);
    DbgPrint("%d %", 7); /* the format ends in the middle */
    DbgPrint("\n");
    assert_string_equal(logged(), "test.sys: 7 %\n");
}

static void floating_point_is_copied_and_takes_its_place(void **state)
{
    (void)state;
    PRINTS("%f 7 %.2e 8", "%f %d %.2e %d\n", 1.5, 7, 2.5, 8);
    int unwritten = 5;
    PRINTS("%n7", "%n%d\n", &unwritten, 7);
    assert_int_equal(unwritten, 5);
}

static void arguments_beyond_the_registers_are_found(void **state)
{
    (void)state;
    PRINTS("1 2 3 4 5 6 7 8 9 -10 eleven", "%d %u %x %d %lld %d %d %d %d %I64d %s\n", 1, 2,
           3, 4, INT64_C(5), 6, 7, 8, 9, INT64_C(-10), "eleven");
}

static void a_line_waits_for_its_end(void **state)
{
    (void)state;
    DbgPrint("one, ");
    DbgPrint("two, ");
    assert_string_equal(logged(), "");
    DbgPrint("three\nfour");
    assert_string_equal(logged(), "test.sys: one, two, three\n");
    DbgPrint("\r\nfive\n\nsix\n");
    assert_string_equal(logged(), "test.sys: four\ntest.sys: five\ntest.sys: six\n");
    DbgPrint("last words");
    print_flush(&fake_wdm.image);
    print_flush(&fake_wdm.image);
    assert_string_equal(logged(), "test.sys: last words\n");
}

static void each_image_has_lines_of_its_own(void **state)
{
    (void)state;
    DbgPrint("a");
    fake_wdm.is_other = true;
    DbgPrint("b\n");
    assert_string_equal(logged(), "other.sys: b\n");
    fake_wdm.is_nobody = true;
    DbgPrint("c\n");
    assert_string_equal(logged(), "somebody: c\n");
    fake_wdm.is_nobody = fake_wdm.is_other = false;
    DbgPrint("a\n");
    assert_string_equal(logged(), "test.sys: aa\n");
}

static void nothing_that_a_terminal_would_obey_reaches_it(void **state)
{
    (void)state;
    PRINTS("a?[2J?b\tc?", "a\x1B[2J\x7F%c\tc\xE9\n", 'b');
}

static void long_lines_are_folded_and_long_calls_are_cut(void **state)
{
    (void)state;
    char text[700];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    DbgPrint("%s", text);
    print_flush(&fake_wdm.image);
    const char *log = logged();
    size_t letters = 0;
    for (const char *at = log; *at != '\0'; at++)
        letters += *at == 'x';
    assert_int_equal(letters, 512);
    assert_int_equal(strlen(log), 512 + 3 * strlen("test.sys: \n"));
}

static void the_other_ways_to_print_end_in_the_same_log(void **state)
{
    (void)state;
    const uint64_t arguments[] = {7, (uintptr_t) "seven"};
    assert_int_equal(DbgPrintEx(77, 0, "%d %s %d %d\n", 1, "two", 3, 4), 0);
    assert_string_equal(logged(), "test.sys: 1 two 3 4\n");
    assert_int_equal(vDbgPrintEx(77, 3, "%d %s\n", arguments), 0);
    assert_string_equal(logged(), "test.sys: 7 seven\n");
    assert_int_equal(vDbgPrintExWithPrefix("100%d ", 77, 3, "%d %s\n", arguments), 0);
    assert_string_equal(logged(), "test.sys: 100%d 7 seven\n");
}

static void a_device_routine_may_print(void **state)
{
    (void)state;
    machine_set_priority(IVM_HIGH);
    PRINTS("high", "high\n");
    machine_set_priority(0);
    assert_true(machine_interrupts_enabled());
}

static void text_into_a_buffer_ends_where_there_is_room(void **state)
{
    (void)state;
    char out[6] = "?????";
    const uint64_t arguments[] = {12};
    assert_int_equal(wdm__snprintf(out, 6, "%d%s", 12, "ab"), 4);
    assert_string_equal(out, "12ab");
    memset(out, '?', 6);
    assert_int_equal(wdm__snprintf(out, 5, "%s", "12345"), 5);
    assert_memory_equal(out, "12345?", 6); /* whole, and not terminated */
    assert_int_equal(wdm__snprintf(out, 4, "%s", "abcde"), -1);
    assert_memory_equal(out, "abcd5?", 6);
    assert_int_equal(wdm__snprintf(NULL, 0, "%s", "ab"), -1);
    assert_int_equal(wdm__vsnprintf(out, 6, "<%d>", arguments), 4);
    assert_string_equal(out, "<12>");
}

#define TEST(claim) cmocka_unit_test_setup_teardown(claim, start, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(numbers_are_as_wide_as_microsoft_says),
        TEST(fields_have_widths_precisions_and_flags),
        TEST(a_pointer_is_sixteen_digits),
        TEST(strings_are_narrow_wide_and_counted),
        TEST(a_string_that_is_not_there_is_null),
        TEST(what_is_not_known_is_copied_and_takes_nothing),
        TEST(floating_point_is_copied_and_takes_its_place),
        TEST(arguments_beyond_the_registers_are_found),
        TEST(a_line_waits_for_its_end),
        TEST(each_image_has_lines_of_its_own),
        TEST(nothing_that_a_terminal_would_obey_reaches_it),
        TEST(long_lines_are_folded_and_long_calls_are_cut),
        TEST(the_other_ways_to_print_end_in_the_same_log),
        TEST(a_device_routine_may_print),
        TEST(text_into_a_buffer_ends_where_there_is_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
