/* multiboot2.h: what the loader says of the machine, read from its bytes. */
#ifndef BOOT_MULTIBOOT2_H
#define BOOT_MULTIBOOT2_H

#include <stddef.h>
#include <stdint.h>

#include <ivm/status.h>

enum {
    MULTIBOOT2_LOADER_MAGIC = 0x36D76289,
    BOOT_MEMORY_LIMIT = 128,
    BOOT_MODULE_LIMIT = 16,
};

/* As the loader numbers them; every other number means reserved. */
enum boot_memory_type {
    BOOT_MEMORY_RAM = 1,
    BOOT_MEMORY_ACPI = 3, /* tables; RAM once they are read */
    BOOT_MEMORY_ACPI_NVS = 4,
    BOOT_MEMORY_BAD = 5,
};

struct boot_memory {
    uint64_t base;
    uint64_t length; /* not 0; base + length does not wrap */
    uint32_t type;   /* enum boot_memory_type */
};

enum boot_framebuffer_type {
    BOOT_FRAMEBUFFER_INDEXED = 0,
    BOOT_FRAMEBUFFER_RGB = 1,
    BOOT_FRAMEBUFFER_TEXT = 2, /* EGA text: width and height in characters */
};

/* Where one colour lies in a pixel. */
struct boot_colour_field {
    uint8_t position;
    uint8_t size;
};

struct boot_framebuffer {
    uint64_t address; /* 0: the loader gave none */
    uint32_t pitch;   /* bytes from one row to the next */
    uint32_t width;
    uint32_t height;
    uint8_t bits_per_pixel;
    uint8_t type;                              /* enum boot_framebuffer_type */
    struct boot_colour_field red, green, blue; /* BOOT_FRAMEBUFFER_RGB only */
};

struct boot_module {
    uint32_t first, end; /* physical, half-open */
    const char *name;
};

/* Pointers lead into the loader's bytes, or are NULL where the loader said nothing. */
struct boot_info {
    const char *command_line;
    const char *loader;

    struct boot_memory memory[BOOT_MEMORY_LIMIT];
    size_t memory_count;
    size_t memory_left_out; /* entries beyond BOOT_MEMORY_LIMIT */

    struct boot_module modules[BOOT_MODULE_LIMIT];
    size_t module_count;
    size_t modules_left_out; /* beyond BOOT_MODULE_LIMIT */

    struct boot_framebuffer framebuffer;

    const uint8_t *rsdp; /* a copy of firmware's, ACPI 2.0's if there are both */
    size_t rsdp_length;
    uint64_t efi_system_table; /* 0: not started by EFI */
};

/* What is wrong with the loader's bytes, and where. */
struct boot_error {
    const char *what; /* one clause: "memory map: the entry size is below 24" */
    uint32_t tag;     /* its type; 0 also for the header before all tags */
    uint32_t offset;  /* of the tag, from the first byte */
};

/* Read the loader's information. Unknown tags are skipped; of a repeated one the last
 * counts, but modules add up.
 *
 * bytes    8-byte aligned, `length` readable bytes; the caller keeps them alive as long as
 *          `info`
 * length   may be more than the information's own size
 * errors   IVM_BAD_ARGUMENT  truncated, a tag smaller than its contents, no end tag:
 *                            `error` says which and where; `info` holds what came before
 * context  any; reads and writes nothing else
 * source   [MB2] "Boot information format"
 */
IVM_MUST_CHECK enum ivm_status multiboot2_parse(const void *bytes, size_t length,
                                                struct boot_info *info,
                                                struct boot_error *error);

#endif
