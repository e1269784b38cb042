/* test_exports.c: what images can import: every name, and no other. */
#include "kernel/wdm/exports.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fake/board.h"
#include "fake/system.h"
#include "fake/wdm.h"
#include "kernel/wdm/image.h"
#include "kernel/wdm/interrupt_calls.h"
#include "kernel/wdm/level_calls.h"

static const struct {
    const char *name;
    enum export_kind kind;
    const char *note;
} all[] = {
#define X(name, kind, note) {#name, EXPORT_##kind, note},
    WDM_EXPORTS(X)
#undef X
};

enum { COUNT = sizeof all / sizeof all[0] };

static void a_name_is_found_at_its_function(void **state)
{
    (void)state;
    assert_int_equal(export_find("IoConnectInterrupt"), (uintptr_t)IoConnectInterrupt);
    assert_int_equal(export_find("IoConnectInterruptEx"), (uintptr_t)IoConnectInterruptEx);
    assert_int_equal(export_find("KeSynchronizeExecution"),
                     (uintptr_t)KeSynchronizeExecution);
    assert_int_equal(export_find("IoDisconnectInterrupt"),
                     (uintptr_t)IoDisconnectInterrupt);
    assert_int_equal(export_find("KeInsertQueueDpc"), (uintptr_t)KeInsertQueueDpc);
    assert_int_equal(export_find("KeLowerIrql"), (uintptr_t)KeLowerIrql);
    assert_int_equal(export_find("KeQueryActiveProcessors"),
                     (uintptr_t)KeQueryActiveProcessors);
}

static void what_is_only_like_a_name_is_not_found(void **state)
{
    (void)state;
    static const char *const names[] = {"",
                                        "A",
                                        "zzz",
                                        "IoConnectInterrup",
                                        "IoConnectInterruptE",
                                        "IoConnectInterruptExx",
                                        "ioConnectInterrupt",
                                        "\xFF",
                                        "KeLowerIrq",
                                        "wdm_memcpy"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_int_equal(export_find(names[i]), 0);
}

static void every_name_is_found(void **state)
{
    (void)state;
#define X(name, kind, note)                                                                \
    if (export_find(#name) == 0)                                                           \
        fail_msg("%s is not exported", #name);
    WDM_EXPORTS(X)
#undef X
}

static void no_name_is_there_twice_and_each_has_its_own_function(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        for (size_t j = 0; j < i; j++) {
            nt_code found = export_find(all[i].name);
            assert_string_not_equal(all[i].name, all[j].name);
            if (found != 0)
                assert_int_not_equal(found, export_find(all[j].name));
        }
    }
}

static void what_is_not_as_on_windows_says_how(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        if ((all[i].kind == EXPORT_SAME) != (all[i].note[0] == '\0'))
            fail_msg("%s", all[i].name);
    }
}

/* For the linker: the surroundings of the parts are these. */
static int start(void **state)
{
    (void)state;
    board_start();
    fake_system_reset();
    fake_wdm_reset();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_found_at_its_function),
        cmocka_unit_test(what_is_only_like_a_name_is_not_found),
        cmocka_unit_test(every_name_is_found),
        cmocka_unit_test(no_name_is_there_twice_and_each_has_its_own_function),
        cmocka_unit_test(what_is_not_as_on_windows_says_how),
    };
    return cmocka_run_group_tests_name("exports", tests, start, NULL);
}
