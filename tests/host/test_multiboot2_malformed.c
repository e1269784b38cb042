/* test_multiboot2_malformed.c: malformed information is refused by tag and offset. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "boot/multiboot2.h"
#include "fake/loader.h"

/* The bytes are refused for this reason, at this tag and offset. */
static void expect_error(const struct loader_bytes *b, struct boot_error wanted)
{
    struct boot_info info;
    struct boot_error error = {0};

    assert_int_equal(loader_parse(b, &info, &error), IVM_BAD_ARGUMENT);

    assert_string_equal(error.what, wanted.what);
    assert_int_equal(error.tag, wanted.tag);
    assert_int_equal(error.offset, wanted.offset);
}

static void a_missing_end_tag_is_named(void **state)
{
    (void)state;
    struct loader_bytes b = loader_begin();
    loader_tag(&b, 1, "x", 2);
    loader_cut(&b);

    expect_error(&b, (struct boot_error){.what = "the information ends without an end tag",
                                         .offset = 24});
}

static void a_tag_of_no_length_is_named_and_does_not_loop(void **state)
{
    (void)state;
    for (uint32_t size = 0; size < 8; size++) {
        struct loader_bytes b = loader_begin();
        loader_append32(&b, 77);
        loader_append32(&b, size);
        loader_end(&b);

        expect_error(&b, (struct boot_error){
                             .what = "a tag says that it is smaller than its own header",
                             .tag = 77,
                             .offset = 8});
    }
}

static void a_tag_of_absurd_size_is_named(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {25, 0x7FFFFFFF, 0xFFFFFFF8, 0xFFFFFFFF};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct loader_bytes b = loader_begin();
        loader_append32(&b, 77);
        loader_append32(&b, sizes[i]);
        loader_append64(&b, 0);
        loader_end(&b);
        b.bytes[0] = 32;
        b.length = 32;

        expect_error(&b, (struct boot_error){.what = "a tag reaches beyond the information",
                                             .tag = 77,
                                             .offset = 8});
    }
}

static void an_absurd_total_size_is_refused(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {0, 1, 7, 0x1000, 0xFFFFFFFF};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct loader_bytes b = loader_begin();
        loader_end(&b);
        memcpy(b.bytes, &sizes[i], 4);

        expect_error(&b, (struct boot_error){.what = "the information's size is absurd"});
    }
}

static void bytes_too_few_for_a_header_are_refused(void **state)
{
    (void)state;
    struct loader_bytes b = loader_begin();
    b.length = 7;

    expect_error(&b, (struct boot_error){.what = "the information has no header"});
}

/* One malformed tag alone, and what must be said of it. */
struct malformed {
    uint32_t type;
    const char *contents;
    size_t length;
    const char *what;
};

/* clang-format off */
static const struct malformed malformed[] = {
    {1,  "abc", 3,          "command line: its text does not end inside the tag"},
    {1,  "", 0,             "command line: its text does not end inside the tag"},
    {2,  "abc", 3,          "loader name: its text does not end inside the tag"},
    {3,  "\0\0\0\0", 4,     "module: the tag is shorter than an address range and a text"},
    {3,  "\0\0\0\0\1\0\0\0x", 9,
                            "module: its text does not end inside the tag"},
    {3,  "\2\0\0\0\1\0\0\0\0", 9,
                            "module: it ends before it begins"},
    {6,  "\30\0\0\0", 4,    "memory map: the tag is shorter than its fixed part"},
    {6,  "\0\0\0\0\0\0\0\0", 8,
                            "memory map: the entry size is below 24"},
    {6,  "\27\0\0\0\0\0\0\0", 8,
                            "memory map: the entry size is below 24"},
    {6,  "\30\0\0\0\0\0\0\0x", 9,
                            "memory map: the last entry is cut"},
    {6,  "\30\0\0\0\0\0\0\0" "\0\0\0\0\0\0\0\360" "\0\0\0\0\0\0\0\40" "\1\0\0\0\0\0\0\0", 32,
                            "memory map: an entry ends beyond 64 bits"},
    {8,  "\0\0", 2,         "framebuffer: the tag is shorter than its fixed part"},
    {8,  "\0\0\0\0\0\0\0\0" "\0\0\0\0\0\0\0\0" "\0\0\0\0" "\40\1\0\0", 24,
                            "framebuffer: the tag is shorter than its colour fields"},
    {11, "\0", 1,           "EFI system table: the tag is shorter than a pointer"},
    {12, "\0\0\0\0", 4,     "EFI system table: the tag is shorter than a pointer"},
    {14, "RSD PTR 0123456789a", 19,
                            "RSDP: the tag is shorter than the structure"},
    {15, "RSD PTR 0123456789abcdefghijklmnopq", 35,
                            "RSDP: the tag is shorter than the structure"},
};
/* clang-format on */

static void each_malformed_tag_is_named_with_its_offset(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof malformed / sizeof malformed[0]; i++) {
        const struct malformed *row = &malformed[i];
        struct loader_bytes b = loader_begin();
        loader_tag(&b, 77, "before", 7);
        loader_tag(&b, row->type, row->contents, row->length);
        loader_end(&b);

        expect_error(
            &b, (struct boot_error){.what = row->what, .tag = row->type, .offset = 24});
    }
}

static void no_truncation_reads_past_the_end(void **state)
{
    (void)state;
    struct loader_bytes full = loader_whole();
    for (size_t length = 0; length < full.length; length++) {
        struct boot_info info;
        struct boot_error error = {0};
        struct loader_bytes b = full;
        b.length = length;
        assert_int_equal(loader_parse(&b, &info, &error), IVM_BAD_ARGUMENT);
        if (length < 8)
            continue;
        loader_cut(&b);
        assert_int_equal(loader_parse(&b, &info, &error), IVM_BAD_ARGUMENT);
        assert_non_null(error.what);
        assert_true(error.offset <= length);
    }
}

static void no_changed_byte_reads_past_the_end(void **state)
{
    (void)state;
    static const uint8_t values[] = {0x00, 0x01, 0x07, 0x7F, 0x80, 0xFF};
    struct loader_bytes full = loader_whole();
    for (size_t at = 0; at < full.length; at++) {
        for (size_t i = 0; i < sizeof values; i++) {
            struct boot_info info;
            struct boot_error error = {0};
            struct loader_bytes b = full;
            b.bytes[at] = values[i];
            if (loader_parse(&b, &info, &error) != IVM_OK)
                assert_non_null(error.what);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_missing_end_tag_is_named),
        cmocka_unit_test(a_tag_of_no_length_is_named_and_does_not_loop),
        cmocka_unit_test(a_tag_of_absurd_size_is_named),
        cmocka_unit_test(an_absurd_total_size_is_refused),
        cmocka_unit_test(bytes_too_few_for_a_header_are_refused),
        cmocka_unit_test(each_malformed_tag_is_named_with_its_offset),
        cmocka_unit_test(no_truncation_reads_past_the_end),
        cmocka_unit_test(no_changed_byte_reads_past_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
