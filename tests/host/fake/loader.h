/* loader.h: a multiboot2 loader for the host tests: its information, made tag by tag. */
#ifndef FAKE_LOADER_H
#define FAKE_LOADER_H

#include <stddef.h>
#include <stdint.h>

#include "boot/multiboot2.h"

/* Bytes under construction: a header, then tags. */
struct loader_bytes {
    _Alignas(8) uint8_t bytes[8192];
    size_t length;
};

/* Append to the contents of a tag; what does not fit fails the test. */
void loader_append(struct loader_bytes *b, const void *bytes, size_t length);
void loader_append32(struct loader_bytes *b, uint32_t value);
void loader_append64(struct loader_bytes *b, uint64_t value);

/* Information without tags, and its two ends: with an end tag, and without. */
struct loader_bytes loader_begin(void);
void loader_end(struct loader_bytes *b);
void loader_cut(struct loader_bytes *b);

/* Append a tag of these contents, padded. */
void loader_tag(struct loader_bytes *b, uint32_t type, const void *contents, size_t length);

/* Append a memory map of these entries. */
void loader_memory_map(struct loader_bytes *b, const struct boot_memory *entries,
                       size_t count);

/* All that a loader under EFI passes. */
struct loader_bytes loader_whole(void);

/* multiboot2_parse() of exactly these bytes: a sanitizer sees a read past the end. Pointers
 * in `info` are dead afterwards. */
enum ivm_status loader_parse(const struct loader_bytes *b, struct boot_info *info,
                             struct boot_error *error);

#endif
