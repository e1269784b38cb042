/* test_boot_images.c: the loader's modules as driver images. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "boot/images.h"
#include "fake/images.h"
#include "fake/system.h"
#include "fake/wdm.h"

/* What image_add() was given, a line each. */
static char added[4096];

enum ivm_status image_add(const char *name, const void *file, size_t size,
                          const char *patterns)
{
    size_t length = strlen(added);
    snprintf(added + length, sizeof added - length, "%s %zx+%zx %s\n", name,
             (size_t)(uintptr_t)file, size, patterns != NULL ? patterns : "(none)");
    return strcmp(name, "bad.sys") == 0 ? IVM_EXHAUSTED : IVM_OK;
}

static struct boot_info info;

static int start(void **state)
{
    (void)state;
    fake_system_reset();
    fake_wdm_reset();
    fake_images_reset();
    memset(&info, 0, sizeof info);
    added[0] = '\0';
    return 0;
}

static void add(const char *text)
{
    info.modules[info.module_count++] =
        (struct boot_module){.first = 0x200000, .end = 0x201234, .name = text};
    images_add(&info);
    info.module_count = 0;
}

static void heard(const char *text)
{
    if (fake_log_text_count(text) == 0)
        fail_msg("the log does not say \"%s\":\n%s", text, fake_log_text());
}

static void a_module_is_an_image_with_its_hardware_ids(void **state)
{
    (void)state;
    add("edu.sys HWID=PCI\\VEN_1234&DEV_11E8,ISA\\COM2");
    assert_string_equal(added, "edu.sys 200000+1234 PCI\\VEN_1234&DEV_11E8,ISA\\COM2\n");
    assert_string_equal(fake_log_text(), "");
}

static void what_grub_quotes_is_unquoted(void **state)
{
    (void)state;
    add("edu.sys \"HWID=PCI\\\\VEN_1234,A\\\"B,C\\'D,E\\F\" ");
    assert_string_equal(added, "edu.sys 200000+1234 PCI\\VEN_1234,A\"B,C'D,E\\F\n");
}

static void the_name_is_the_end_of_a_path_in_any_letters(void **state)
{
    (void)state;
    add("/boot/A.SYS");
    add("b.Sys");
    assert_string_equal(added, "A.SYS 200000+1234 (none)\nb.Sys 200000+1234 (none)\n");
}

static void other_modules_are_left_alone(void **state)
{
    (void)state;
    static const char *const texts[] = {"",       " ",        ".sys",    "a.sy",
                                        "initrd", "a.sys.gz", "a\x0Esys"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        add(texts[i]);
    assert_string_equal(added, "");
    heard("the loader's module \"initrd\" is no .sys: left alone");
}

static void other_words_are_named(void **state)
{
    (void)state;
    add("a.sys fast HWID= hwid=X");
    assert_string_equal(added, "a.sys 200000+1234 \n");
    heard("a.sys: cannot understand \"fast\"; going on");
    heard("a.sys: cannot understand \"hwid=X\"; going on");
}

static void a_text_without_end_is_cut(void **state)
{
    (void)state;
    static char text[3000];
    memset(text, 'x', sizeof text - 1);
    memcpy(text, "a.sys HWID=", 11);
    add(text);
    assert_int_equal(strlen(added), 1023 - 11 + strlen("a.sys 200000+1234 \n"));
}

static void what_cannot_be_added_does_not_stop_the_others(void **state)
{
    (void)state;
    info.modules[0] = (struct boot_module){.name = "bad.sys"};
    info.modules[1] = (struct boot_module){.name = "good.sys"};
    info.module_count = 2;
    info.modules_left_out = 3;
    images_add(&info);
    assert_string_equal(added, "bad.sys 0+0 (none)\ngood.sys 0+0 (none)\n");
    heard("3 more modules of the loader are left out");
}

static void all_are_loaded_in_order_whatever_became_of_the_first(void **state)
{
    (void)state;
    images_load();
    assert_string_equal(fake_images.trace, "");
    assert_string_equal(fake_log_text(), "");
    fake_images.count = 2;
    strcpy(fake_images.images[0].name, "a.sys");
    fake_images.load_status = IVM_BAD_ARGUMENT;
    images_load();
    assert_string_equal(fake_images.trace, "load load ");
    heard("0 of 2 driver images are loaded");
    fake_images.load_status = IVM_OK;
    images_load();
    heard("2 of 2 driver images are loaded");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_module_is_an_image_with_its_hardware_ids, start),
        cmocka_unit_test_setup(what_grub_quotes_is_unquoted, start),
        cmocka_unit_test_setup(the_name_is_the_end_of_a_path_in_any_letters, start),
        cmocka_unit_test_setup(other_modules_are_left_alone, start),
        cmocka_unit_test_setup(other_words_are_named, start),
        cmocka_unit_test_setup(a_text_without_end_is_cut, start),
        cmocka_unit_test_setup(what_cannot_be_added_does_not_stop_the_others, start),
        cmocka_unit_test_setup(all_are_loaded_in_order_whatever_became_of_the_first, start),
    };
    return cmocka_run_group_tests_name("boot images", tests, NULL, NULL);
}
