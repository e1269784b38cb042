/* test_status.c: every status and its numbers, against a copy of the table they come from.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <ivm/status.h>

struct row {
    enum ivm_status status;
    const char *name;
    const char *win32_name;
    uint32_t win32, hresult, ntstatus;
};

/* Typed from the decided table, not from the header. */
static const struct row table[] = {
    {IVM_OK, "OK", "ERROR_SUCCESS", 0, 0, 0},
    {IVM_ALREADY_CONNECTED, "ALREADY_CONNECTED", "ERROR_INTERRUPT_VECTOR_ALREADY_CONNECTED",
     763, 0x800702FB, 0xC00702FB},
    {IVM_NOT_CONNECTED, "NOT_CONNECTED", "ERROR_INTERRUPT_STILL_CONNECTED", 764, 0x800702FC,
     0xC00702FC},
    {IVM_STILL_CONNECTED, "STILL_CONNECTED", "ERROR_INTERRUPT_STILL_CONNECTED", 764,
     0x800702FC, 0xC00702FC},
    {IVM_LINE_IN_USE, "LINE_IN_USE", "ERROR_BAD_COMMAND", 22, 0x80070016, 0xC0000184},
    {IVM_ACCESS_DENIED, "ACCESS_DENIED", "ERROR_ACCESS_DENIED", 5, 0x80070005, 0xC0000022},
    {IVM_EXHAUSTED, "EXHAUSTED", "ERROR_NO_SYSTEM_RESOURCES", 1450, 0x800705AA, 0xC000009A},
    {IVM_BAD_ARGUMENT, "BAD_ARGUMENT", "ERROR_INVALID_PARAMETER", 87, 0x80070057,
     0xC000000D},
    {IVM_NOT_FOUND, "NOT_FOUND", "ERROR_NOT_FOUND", 1168, 0x80070490, 0xC0000225},
    {IVM_NO_SUCH_DEVICE, "NO_SUCH_DEVICE", "ERROR_NO_SUCH_DEVICE", 433, 0x800701B1,
     0xC000000E},
    {IVM_DEVICE_GONE, "DEVICE_GONE", "ERROR_DEVICE_NOT_CONNECTED", 1167, 0x8007048F,
     0xC000009D},
    {IVM_UNSUPPORTED, "UNSUPPORTED", "ERROR_NOT_SUPPORTED", 50, 0x80070032, 0xC00000BB},
    {IVM_WRONG_LEVEL, "WRONG_LEVEL", "ERROR_POSSIBLE_DEADLOCK", 1131, 0x8007046B,
     0xC0000194},
};

enum { ROWS = sizeof table / sizeof table[0] };

static void every_row_of_the_table_is_as_decided(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ROWS; i++) {
        const struct ivm_status_forms *forms = ivm_status_forms(table[i].status);
        assert_string_equal(forms->name, table[i].name);
        assert_string_equal(forms->win32_name, table[i].win32_name);
        assert_int_equal(forms->win32, table[i].win32);
        assert_int_equal(forms->hresult, table[i].hresult);
        assert_int_equal(forms->ntstatus, table[i].ntstatus);
    }
}

static void the_table_has_every_status(void **state)
{
    (void)state;
    assert_int_equal(IVM_STATUS_COUNT, ROWS);
    assert_int_equal(IVM_OK, 0);
    for (unsigned i = 0; i < ROWS; i++)
        assert_int_equal(table[i].status, i);
}

static void no_form_is_one_of_the_success_codes_of_nt(void **state)
{
    (void)state;
    for (int status = -2; status < IVM_STATUS_COUNT + 3; status++) {
        const struct ivm_status_forms *forms = ivm_status_forms((enum ivm_status)status);
        assert_int_not_equal(forms->ntstatus, 0x127);
        assert_int_not_equal(forms->ntstatus, 0x128);
        assert_int_not_equal(forms->hresult, 0x10000127);
        assert_int_not_equal(forms->hresult, 0x10000128);
    }
}

static void every_error_has_error_severity_and_a_failing_hresult(void **state)
{
    (void)state;
    for (int status = IVM_OK + 1; status < IVM_STATUS_COUNT; status++) {
        const struct ivm_status_forms *forms = ivm_status_forms((enum ivm_status)status);
        assert_int_equal(forms->ntstatus >> 30, 3);
        assert_int_equal(forms->hresult, 0x80070000u | forms->win32);
        assert_true(forms->win32 != 0 && forms->win32 <= 0xFFFF);
    }
}

static void success_is_zero_in_every_form(void **state)
{
    (void)state;
    const struct ivm_status_forms *forms = ivm_status_forms(IVM_OK);
    assert_int_equal(forms->win32 | forms->hresult | forms->ntstatus, 0);
}

static void the_two_readings_of_764_are_told_apart_by_text(void **state)
{
    (void)state;
    const struct ivm_status_forms *not_connected = ivm_status_forms(IVM_NOT_CONNECTED);
    const struct ivm_status_forms *still = ivm_status_forms(IVM_STILL_CONNECTED);
    assert_int_equal(not_connected->win32, still->win32);
    assert_string_not_equal(not_connected->text, still->text);
    assert_string_not_equal(not_connected->name, still->name);
}

static void every_status_has_a_name_and_a_text_of_its_own(void **state)
{
    (void)state;
    for (unsigned a = 0; a < IVM_STATUS_COUNT; a++) {
        const struct ivm_status_forms *forms = ivm_status_forms((enum ivm_status)a);
        assert_true(forms->text[0] != '\0');
        for (unsigned b = 0; b < a; b++) {
            const struct ivm_status_forms *other = ivm_status_forms((enum ivm_status)b);
            assert_string_not_equal(forms->name, other->name);
            assert_string_not_equal(forms->text, other->text);
        }
    }
}

static void a_value_outside_the_list_has_the_forms_of_a_bad_argument(void **state)
{
    (void)state;
    const struct ivm_status_forms *bad = ivm_status_forms(IVM_BAD_ARGUMENT);
    assert_ptr_equal(ivm_status_forms(IVM_STATUS_COUNT), bad);
    assert_ptr_equal(ivm_status_forms((enum ivm_status)(IVM_STATUS_COUNT + 1)), bad);
    assert_ptr_equal(ivm_status_forms((enum ivm_status) - 1), bad);
    assert_ptr_equal(ivm_status_forms((enum ivm_status)0x7FFFFFFF), bad);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_of_the_table_is_as_decided),
        cmocka_unit_test(the_table_has_every_status),
        cmocka_unit_test(no_form_is_one_of_the_success_codes_of_nt),
        cmocka_unit_test(every_error_has_error_severity_and_a_failing_hresult),
        cmocka_unit_test(success_is_zero_in_every_form),
        cmocka_unit_test(the_two_readings_of_764_are_told_apart_by_text),
        cmocka_unit_test(every_status_has_a_name_and_a_text_of_its_own),
        cmocka_unit_test(a_value_outside_the_list_has_the_forms_of_a_bad_argument),
    };
    return cmocka_run_group_tests_name("status", tests, NULL, NULL);
}
