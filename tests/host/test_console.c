/* test_console.c: the console's line editor and its scripts, and the words they are made
 * of. */
#include "fake/world.h"

#include <string.h>

#include "fake/operator.h"
#include "fake/system.h"
#include "kernel/monitor/commands.h"
#include "kernel/monitor/console.h"
#include "kernel/monitor/text.h"

static struct {
    const char *input;
    size_t next;
    char echo[4096];
    size_t echoed;
    unsigned idled;
    int code;
    jmp_buf left;
} typist;

static int type(void)
{
    if (typist.input[typist.next] == '\0')
        return -1;
    return (unsigned char)typist.input[typist.next++];
}

static void hear(const char *text, size_t length)
{
    assert_true(typist.echoed + length < sizeof typist.echo);
    memcpy(typist.echo + typist.echoed, text, length);
    typist.echoed += length;
    typist.echo[typist.echoed] = '\0';
}

/* The typist has nothing more to type, and gives up. */
static void idle(void)
{
    if (++typist.idled == 3)
        longjmp(typist.left, 1);
}

static _Noreturn void quit(int code)
{
    typist.code = code;
    longjmp(typist.left, 2);
}

/* Type this; true when it ended by quitting. */
static bool typing(const char *input)
{
    static const struct console io = {
        .read = type, .write = hear, .idle = idle, .quit = quit};
    memset(&typist, 0, sizeof typist);
    typist.input = input;
    typist.code = -1;
    int how = setjmp(typist.left);
    if (how == 0)
        console_run(&io);
    return how == 2;
}

static void a_typed_command_is_echoed_and_run(void **state)
{
    (void)state;
    assert_false(typing("status 763\r"));
    assert_non_null(strstr(typist.echo, "ivm> status 763\r\nivm> "));
    operator_heard("0x800702FB");
}

static void quit_leaves_with_0(void **state)
{
    (void)state;
    assert_true(typing("quit\r"));
    assert_int_equal(typist.code, 0);
    assert_true(typing("\x04"));
    assert_int_equal(typist.code, 0);
}

static void nothing_to_read_is_waited_for(void **state)
{
    (void)state;
    assert_false(typing(""));
    assert_int_equal(typist.idled, 3);
}

static void backspace_takes_the_last_letter_back(void **state)
{
    (void)state;
    assert_true(typing("\x7f\bquittx\x7f\b\r"));
    assert_non_null(strstr(typist.echo, "x\b \b\b \b\r\n"));
}

static void control_u_takes_the_whole_line_back(void **state)
{
    (void)state;
    assert_true(typing("nonsense\x15quit\r"));
    assert_int_equal(fake_log_text_count("cannot understand"), 0);
}

static void control_d_within_a_line_does_nothing(void **state)
{
    (void)state;
    assert_true(typing("qui\x04t\r"));
}

static void one_key_that_sends_two_bytes_is_one_enter(void **state)
{
    (void)state;
    typing("help\r\nhelp\n");
    assert_int_equal(fake_log_text_count("power off"), 2);
    const char *at = typist.echo;
    unsigned prompts = 0;
    for (; (at = strstr(at, "ivm> ")) != NULL; at++)
        prompts++;
    assert_int_equal(prompts, 3);
}

static void arrow_keys_are_swallowed(void **state)
{
    (void)state;
    assert_true(typing("q\x1b[Au\x1b[1;5Ci\x1bOPt\x1bx\r"));
}

static void letters_beyond_the_line_ring_the_bell_and_are_dropped(void **state)
{
    (void)state;
    char input[CONSOLE_LINE + 20];
    memset(input, 'x', sizeof input - 2);
    input[sizeof input - 2] = '\r';
    input[sizeof input - 1] = '\0';
    assert_false(typing(input));
    assert_non_null(strchr(typist.echo, '\a'));
    operator_heard("cannot understand `xxx");
}

static void bytes_that_are_no_letters_are_dropped(void **state)
{
    (void)state;
    assert_true(typing("\x01q\xff\x80u\x1fit\r"));
}

static void a_script_runs_all_its_commands(void **state)
{
    (void)state;
    assert_true(console_script("connect edu0,fire edu0 3,refuse edu0,table"));
    operator_heard("> connect edu0");
    operator_heard("edu0 was fired 3 times and took 3");
    operator_heard("edu0 3");
}

static void a_script_with_a_failure_goes_on_and_fails(void **state)
{
    (void)state;
    assert_false(console_script("connect edu9,connect edu0"));
    operator_heard("edu0 is connected");
    assert_false(console_script("disconnect edu0,disconnect edu0"));
}

static void a_script_ends_at_quit(void **state)
{
    (void)state;
    assert_true(console_script("status 763,quit,connect edu9"));
    assert_int_equal(fake_log_text_count("edu9"), 0);
    assert_false(commands_take_quit());
}

static void empty_commands_of_a_script_are_skipped(void **state)
{
    (void)state;
    assert_true(console_script(""));
    assert_true(console_script(",, status 763 ,"));
}

static void a_command_that_is_too_long_is_not_run_in_half(void **state)
{
    (void)state;
    char script[CONSOLE_LINE + 40] = "help";
    memset(script + 4, ' ', CONSOLE_LINE + 10);
    memcpy(script + CONSOLE_LINE + 14, "x,table", sizeof "x,table");
    assert_false(console_script(script));
    operator_heard("a command has at most 127 letters");
    assert_int_equal(fake_log_text_count("power off"), 0);
    operator_heard("> table");
    script[CONSOLE_LINE + 15] = '\0';
    assert_false(console_command(script));
}

static void numbers_are_read_whole_or_not_at_all(void **state)
{
    (void)state;
    uint64_t number = 99;
    assert_true(text_number("0", 0, &number) && number == 0);
    assert_true(text_number("0xfF", 255, &number) && number == 255);
    assert_true(text_number("18446744073709551615", UINT64_MAX, &number));
    assert_true(number == UINT64_MAX);
    number = 99;
    const char *const wrong[] = {"",
                                 "0x",
                                 "1x",
                                 "x",
                                 " 1",
                                 "1 ",
                                 "256",
                                 "18446744073709551616",
                                 "0x10000000000000000"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(text_number(wrong[i], 255, &number));
    assert_false(text_number("9", 5, &number));
    assert_false(text_number("18446744073709551616", UINT64_MAX, &number));
    assert_false(text_number("0x10000000000000000", UINT64_MAX, &number));
    assert_int_equal(number, 99);
}

static void the_distance_of_words_counts_letters(void **state)
{
    (void)state;
    assert_int_equal(text_distance("fire", "fire"), 0);
    assert_int_equal(text_distance("fier", "fire"), 2);
    assert_int_equal(text_distance("", "abc"), 3);
    assert_int_equal(text_distance("abc", ""), 3);
    assert_int_equal(text_distance("help", "hlp"), 1);
    assert_int_equal(text_distance("0123456789012345678901234567890123", "a"), ~0u);
}

static void a_text_that_is_cut_ends_in_dots(void **state)
{
    (void)state;
    char out[8];
    struct text text = {.out = out, .size = sizeof out};
    text_add(&text, "%s", "1234");
    text_add(&text, "%s", "567");
    assert_string_equal(out, "1234567");
    text_add(&text, "%s", "8");
    assert_string_equal(out, "1234...");
    text_add(&text, "%s", "9");
    assert_string_equal(out, "1234...");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        OPERATOR_TEST(a_typed_command_is_echoed_and_run),
        OPERATOR_TEST(quit_leaves_with_0),
        OPERATOR_TEST(nothing_to_read_is_waited_for),
        OPERATOR_TEST(backspace_takes_the_last_letter_back),
        OPERATOR_TEST(control_u_takes_the_whole_line_back),
        OPERATOR_TEST(control_d_within_a_line_does_nothing),
        OPERATOR_TEST(one_key_that_sends_two_bytes_is_one_enter),
        OPERATOR_TEST(arrow_keys_are_swallowed),
        OPERATOR_TEST(letters_beyond_the_line_ring_the_bell_and_are_dropped),
        OPERATOR_TEST(bytes_that_are_no_letters_are_dropped),
        OPERATOR_TEST(a_script_runs_all_its_commands),
        OPERATOR_TEST(a_script_with_a_failure_goes_on_and_fails),
        OPERATOR_TEST(a_script_ends_at_quit),
        OPERATOR_TEST(empty_commands_of_a_script_are_skipped),
        OPERATOR_TEST(a_command_that_is_too_long_is_not_run_in_half),
        OPERATOR_TEST(numbers_are_read_whole_or_not_at_all),
        OPERATOR_TEST(the_distance_of_words_counts_letters),
        OPERATOR_TEST(a_text_that_is_cut_ends_in_dots),
    };
    return cmocka_run_group_tests_name("console", tests, NULL, NULL);
}
