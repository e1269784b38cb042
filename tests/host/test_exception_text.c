/* test_exception_text.c: exceptions and error codes in words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "arch/x86_64/exception_text.h"
#include "arch/x86_64/frame.h"

struct row {
    uint64_t vector;
    uint64_t error;
    const char *text;
};

/* clang-format off */
static const struct row rows[] = {
    {14, 0x0,    "read by the kernel, the page is not present"},
    {14, 0x2,    "write by the kernel, the page is not present"},
    {14, 0x3,    "write by the kernel, the page's rights forbid it"},
    {14, 0x1,    "read by the kernel, the page's rights forbid it"},
    {14, 0x4,    "read by the user, the page is not present"},
    {14, 0x11,   "instruction fetch by the kernel, the page's rights forbid it"},
    {14, 0x10,   "instruction fetch by the kernel, the page is not present"},
    {14, 0x9,    "read by the kernel, a reserved bit is set in the page tables"},
    {14, 0x21,   "read by the kernel, its protection key forbids it"},
    {14, 0x43,   "write by the kernel, shadow-stack access"},
    {13, 0x0,    "no selector to blame"},
    {13, 0x1,    "no selector to blame, while delivering an event"},
    {13, 0x18,   "selector 0x18 of the GDT"},
    {13, 0x2C,   "selector 0x28 of the LDT"},
    {13, 0x1FB,  "gate 0x3f of the IDT, while delivering an event"},
    {13, 0x2,    "gate 0x00 of the IDT"},
    {11, 0x10,   "selector 0x10 of the GDT"},
    {10, 0x10,   "selector 0x10 of the GDT"},
    {12, 0x10,   "selector 0x10 of the GDT"},
    {8,  0x0,    ""},
    {6,  0x0,    ""},
    {17, 0x0,    ""},
};
/* clang-format on */

static void every_error_code_is_decoded(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[128] = "not written";
        exception_error_text(text, sizeof text, rows[i].vector, rows[i].error);
        assert_string_equal(text, rows[i].text);
    }
}

static void every_exception_has_a_name_of_its_own(void **state)
{
    (void)state;
    for (uint64_t vector = 0; vector < EXCEPTION_END; vector++)
        for (uint64_t other = 0; other < vector; other++)
            assert_string_not_equal(exception_name(vector), exception_name(other));
    assert_string_equal(exception_name(2), "NMI");
    assert_string_equal(exception_name(8), "#DF double fault");
    assert_string_equal(exception_name(14), "#PF page fault");
    assert_string_equal(exception_name(18), "#MC machine check");
    assert_string_equal(exception_name(32), exception_name(UINT64_MAX));
}

/* The mask that entry.S pushes by, against the manual's list. */
static void exactly_the_manual_s_exceptions_push_an_error_code(void **state)
{
    (void)state;
    static const uint8_t with_code[] = {8, 10, 11, 12, 13, 14, 17, 21, 29, 30};
    uint32_t mask = 0;
    for (size_t i = 0; i < sizeof with_code; i++)
        mask |= UINT32_C(1) << with_code[i];
    assert_int_equal(ENTRY_ERROR_CODES, mask);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_error_code_is_decoded),
        cmocka_unit_test(every_exception_has_a_name_of_its_own),
        cmocka_unit_test(exactly_the_manual_s_exceptions_push_an_error_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
