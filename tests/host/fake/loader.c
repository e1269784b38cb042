/* loader.c: a multiboot2 loader for the host tests: see loader.h. */
#include "loader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

void loader_append(struct loader_bytes *b, const void *bytes, size_t length)
{
    assert_true(b->length + length <= sizeof b->bytes);
    memcpy(b->bytes + b->length, bytes, length);
    b->length += length;
}

void loader_append32(struct loader_bytes *b, uint32_t value)
{
    loader_append(b, &value, sizeof value);
}

void loader_append64(struct loader_bytes *b, uint64_t value)
{
    loader_append(b, &value, sizeof value);
}

struct loader_bytes loader_begin(void)
{
    return (struct loader_bytes){.length = 8};
}

void loader_cut(struct loader_bytes *b)
{
    uint32_t total = (uint32_t)b->length;
    memcpy(b->bytes, &total, sizeof total);
}

void loader_end(struct loader_bytes *b)
{
    loader_append32(b, 0);
    loader_append32(b, 8);
    loader_cut(b);
}

void loader_tag(struct loader_bytes *b, uint32_t type, const void *contents, size_t length)
{
    loader_append32(b, type);
    loader_append32(b, (uint32_t)length + 8);
    loader_append(b, contents, length);
    b->length = (b->length + 7) & ~(size_t)7;
}

void loader_memory_map(struct loader_bytes *b, const struct boot_memory *entries,
                       size_t count)
{
    struct loader_bytes map = {.length = 0};
    loader_append32(&map, 24);
    loader_append32(&map, 0);
    for (size_t i = 0; i < count; i++) {
        loader_append64(&map, entries[i].base);
        loader_append64(&map, entries[i].length);
        loader_append32(&map, entries[i].type);
        loader_append32(&map, 0);
    }
    loader_tag(b, 6, map.bytes, map.length);
}

static const struct boot_memory small_map[] = {
    {.base = 0, .length = 0x9FC00, .type = 1},
    {.base = 0x9FC00, .length = 0x400, .type = 2},
    {.base = 0x100000, .length = 0x7EE0000, .type = 1},
};

struct loader_bytes loader_whole(void)
{
    struct loader_bytes b = loader_begin();
    loader_tag(&b, 21, "\0\0\20", 4);
    loader_tag(&b, 1, "quiet run=x", 12);
    loader_tag(&b, 2, "GRUB 2.06", 10);

    struct loader_bytes module = {.length = 0};
    loader_append32(&module, 0x200000);
    loader_append32(&module, 0x201000);
    loader_append(&module, "first", 6);
    loader_tag(&b, 3, module.bytes, module.length);

    loader_memory_map(&b, small_map, 3);

    struct loader_bytes screen = {.length = 0};
    loader_append64(&screen, 0xC0000000);
    loader_append32(&screen, 4096);
    loader_append32(&screen, 1024);
    loader_append32(&screen, 768);
    loader_append(&screen, "\40\1\0\0\20\10\10\10\0\10",
                  10); /* 32 bpp, RGB, fields 16/8/0 */
    loader_tag(&b, 8, screen.bytes, screen.length);

    struct loader_bytes efi = {.length = 0};
    loader_append64(&efi, 0x7E00018);
    loader_tag(&b, 12, efi.bytes, efi.length);

    loader_tag(&b, 14, "RSD PTR 0123456789ab", 20);
    loader_tag(&b, 15, "RSD PTR 0123456789abcdefghijklmnopqr", 36);
    loader_end(&b);
    return b;
}

enum ivm_status loader_parse(const struct loader_bytes *b, struct boot_info *info,
                             struct boot_error *error)
{
    /* Exactly as many bytes as are claimed: the sanitizer sees a read past the end. */
    void *copy = malloc(b->length);
    assert_non_null(copy);
    memcpy(copy, b->bytes, b->length);
    enum ivm_status status = multiboot2_parse(copy, b->length, info, error);
    free(copy);
    return status;
}
