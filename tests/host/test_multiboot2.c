/* test_multiboot2.c: what a loader says of the machine is read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "boot/multiboot2.h"
#include "fake/loader.h"

static void every_tag_of_a_loader_is_read(void **state)
{
    (void)state;
    struct loader_bytes b = loader_whole();
    struct boot_info info;
    struct boot_error error;

    assert_int_equal(multiboot2_parse(b.bytes, sizeof b.bytes, &info, &error), IVM_OK);

    assert_string_equal(info.command_line, "quiet run=x");
    assert_string_equal(info.loader, "GRUB 2.06");
    assert_int_equal(info.module_count, 1);
    assert_int_equal(info.modules[0].first, 0x200000);
    assert_int_equal(info.modules[0].end, 0x201000);
    assert_string_equal(info.modules[0].name, "first");
    assert_int_equal(info.memory_count, 3);
    assert_int_equal(info.memory_left_out, 0);
    assert_int_equal(info.memory[2].base, 0x100000);
    assert_int_equal(info.memory[2].length, 0x7EE0000);
    assert_int_equal(info.memory[1].type, 2);
    assert_int_equal(info.framebuffer.address, 0xC0000000);
    assert_int_equal(info.framebuffer.pitch, 4096);
    assert_int_equal(info.framebuffer.width, 1024);
    assert_int_equal(info.framebuffer.height, 768);
    assert_int_equal(info.framebuffer.bits_per_pixel, 32);
    assert_int_equal(info.framebuffer.red.position, 16);
    assert_int_equal(info.framebuffer.green.position, 8);
    assert_int_equal(info.framebuffer.blue.position, 0);
    assert_int_equal(info.framebuffer.blue.size, 8);
    assert_int_equal(info.efi_system_table, 0x7E00018);
}

static void the_new_rsdp_is_preferred_in_either_order(void **state)
{
    (void)state;
    const char *new_rsdp = "RSD PTR 0123456789abcdefghijklmnopqr";
    struct boot_info info;
    struct boot_error error;

    struct loader_bytes b = loader_begin();
    loader_tag(&b, 15, new_rsdp, 36);
    loader_tag(&b, 14, new_rsdp, 20);
    loader_end(&b);
    assert_int_equal(multiboot2_parse(b.bytes, b.length, &info, &error), IVM_OK);
    assert_int_equal(info.rsdp_length, 36);
    assert_ptr_equal(info.rsdp, b.bytes + 16);

    struct loader_bytes old_first = loader_whole();
    assert_int_equal(multiboot2_parse(old_first.bytes, old_first.length, &info, &error),
                     IVM_OK);
    assert_int_equal(info.rsdp_length, 36);
}

static void an_old_rsdp_alone_is_taken(void **state)
{
    (void)state;
    struct boot_info info;
    struct boot_error error;
    struct loader_bytes b = loader_begin();
    loader_tag(&b, 14, "RSD PTR 0123456789ab", 20);
    loader_end(&b);

    assert_int_equal(multiboot2_parse(b.bytes, b.length, &info, &error), IVM_OK);

    assert_int_equal(info.rsdp_length, 20);
    assert_memory_equal(info.rsdp, "RSD PTR ", 8);
}

static void a_text_framebuffer_needs_no_colour_fields(void **state)
{
    (void)state;
    struct boot_info info;
    struct boot_error error;
    struct loader_bytes screen = {.length = 0};
    loader_append64(&screen, 0xB8000);
    loader_append32(&screen, 160);
    loader_append32(&screen, 80);
    loader_append32(&screen, 25);
    loader_append(&screen, "\20\2\0", 3); /* 16 bits per cell, text, reserved */
    struct loader_bytes b = loader_begin();
    loader_tag(&b, 8, screen.bytes, screen.length);
    loader_end(&b);

    assert_int_equal(multiboot2_parse(b.bytes, b.length, &info, &error), IVM_OK);

    assert_int_equal(info.framebuffer.type, BOOT_FRAMEBUFFER_TEXT);
    assert_int_equal(info.framebuffer.width, 80);
}

static void memory_entries_beyond_the_limit_are_counted(void **state)
{
    (void)state;
    struct boot_memory many[BOOT_MEMORY_LIMIT + 5];
    for (size_t i = 0; i < sizeof many / sizeof many[0]; i++)
        many[i] = (struct boot_memory){.base = i << 12, .length = 4096, .type = 1};
    struct boot_info info;
    struct boot_error error;
    struct loader_bytes b = loader_begin();
    loader_memory_map(&b, many, sizeof many / sizeof many[0]);
    loader_end(&b);

    assert_int_equal(loader_parse(&b, &info, &error), IVM_OK);

    assert_int_equal(info.memory_count, BOOT_MEMORY_LIMIT);
    assert_int_equal(info.memory_left_out, 5);
}

static void modules_beyond_the_limit_are_counted(void **state)
{
    (void)state;
    struct boot_info info;
    struct boot_error error;
    struct loader_bytes b = loader_begin();
    for (int i = 0; i < BOOT_MODULE_LIMIT + 2; i++)
        loader_tag(&b, 3, "\0\0\20\0\0\0\40\0m", 10);
    loader_end(&b);

    assert_int_equal(loader_parse(&b, &info, &error), IVM_OK);

    assert_int_equal(info.module_count, BOOT_MODULE_LIMIT);
    assert_int_equal(info.modules_left_out, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_tag_of_a_loader_is_read),
        cmocka_unit_test(the_new_rsdp_is_preferred_in_either_order),
        cmocka_unit_test(an_old_rsdp_alone_is_taken),
        cmocka_unit_test(a_text_framebuffer_needs_no_colour_fields),
        cmocka_unit_test(memory_entries_beyond_the_limit_are_counted),
        cmocka_unit_test(modules_beyond_the_limit_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
