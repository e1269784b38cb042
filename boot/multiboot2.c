/* multiboot2.c: the loader's tags, one after another, each checked before it is read. */
#include "multiboot2.h"

#include <stdbool.h>

/* clang-format off */
enum {
    HEADER_SIZE = 8,                /* total size, reserved */
    TAG_HEADER_SIZE = 8,            /* type, size: of the header and the contents */
    TAG_ALIGNMENT = 8,

    TAG_END = 0,
    TAG_COMMAND_LINE = 1,
    TAG_LOADER = 2,
    TAG_MODULE = 3,                 /* first, end, text from 16 */
    TAG_MEMORY_MAP = 6,             /* entry size, entry version, entries from 16 */
    TAG_FRAMEBUFFER = 8,            /* address, pitch, width, height, bpp, type, from 32 colours */
    TAG_EFI_SYSTEM_TABLE_32 = 11,
    TAG_EFI_SYSTEM_TABLE_64 = 12,
    TAG_RSDP_OLD = 14,              /* ACPI 1.0 */
    TAG_RSDP_NEW = 15,              /* ACPI 2.0 and later */

    MEMORY_ENTRY_SIZE = 24,         /* base, length, type, reserved */
    RSDP_OLD_SIZE = 20,             /* [ACPI] "Root System Description Pointer (RSDP)" */
    RSDP_NEW_SIZE = 36,
};
/* clang-format on */

/* One tag: its contents are [TAG_HEADER_SIZE, size) of `at`, all inside the bytes. */
struct tag {
    const uint8_t *at;
    uint32_t type;
    uint32_t size;
};

/* What a reader of a tag answers: NULL, or what is wrong with it. */
typedef const char *tag_reader(const struct tag *tag, struct boot_info *info);

static uint32_t read32(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
           (uint32_t)at[3] << 24;
}

static uint64_t read64(const uint8_t *at)
{
    return (uint64_t)read32(at + 4) << 32 | read32(at);
}

/* The zero-terminated text that begins at `offset` of a tag, or NULL when its end is not
 * inside. */
static const char *text_at(const struct tag *tag, uint32_t offset)
{
    for (uint32_t i = offset; i < tag->size; i++)
        if (tag->at[i] == '\0')
            return (const char *)tag->at + offset;
    return NULL;
}

static const char *read_command_line(const struct tag *tag, struct boot_info *info)
{
    info->command_line = text_at(tag, TAG_HEADER_SIZE);
    return info->command_line == NULL ? "command line: its text does not end inside the tag"
                                      : NULL;
}

static const char *read_loader(const struct tag *tag, struct boot_info *info)
{
    info->loader = text_at(tag, TAG_HEADER_SIZE);
    return info->loader == NULL ? "loader name: its text does not end inside the tag"
                                : NULL;
}

static const char *read_module(const struct tag *tag, struct boot_info *info)
{
    if (tag->size < 17)
        return "module: the tag is shorter than an address range and a text";
    struct boot_module module = {
        .first = read32(tag->at + 8),
        .end = read32(tag->at + 12),
        .name = text_at(tag, 16),
    };
    if (module.name == NULL)
        return "module: its text does not end inside the tag";
    if (module.end < module.first)
        return "module: it ends before it begins";
    if (info->module_count == BOOT_MODULE_LIMIT)
        info->modules_left_out++;
    else
        info->modules[info->module_count++] = module;
    return NULL;
}

static const char *read_memory_map(const struct tag *tag, struct boot_info *info)
{
    if (tag->size < 16)
        return "memory map: the tag is shorter than its fixed part";
    uint32_t entry_size = read32(tag->at + 8);
    if (entry_size < MEMORY_ENTRY_SIZE)
        return "memory map: the entry size is below 24";
    if ((tag->size - 16) % entry_size != 0)
        return "memory map: the last entry is cut";

    info->memory_count = 0;
    info->memory_left_out = 0;
    for (uint32_t at = 16; at < tag->size; at += entry_size) {
        struct boot_memory memory = {
            .base = read64(tag->at + at),
            .length = read64(tag->at + at + 8),
            .type = read32(tag->at + at + 16),
        };
        if (memory.length == 0)
            continue;
        if (memory.base + memory.length - 1 < memory.base)
            return "memory map: an entry ends beyond 64 bits";
        if (info->memory_count == BOOT_MEMORY_LIMIT)
            info->memory_left_out++;
        else
            info->memory[info->memory_count++] = memory;
    }
    return NULL;
}

static struct boot_colour_field colour_field(const uint8_t *at)
{
    return (struct boot_colour_field){.position = at[0], .size = at[1]};
}

static const char *read_framebuffer(const struct tag *tag, struct boot_info *info)
{
    if (tag->size < 31)
        return "framebuffer: the tag is shorter than its fixed part";
    struct boot_framebuffer framebuffer = {
        .address = read64(tag->at + 8),
        .pitch = read32(tag->at + 16),
        .width = read32(tag->at + 20),
        .height = read32(tag->at + 24),
        .bits_per_pixel = tag->at[28],
        .type = tag->at[29],
    };
    if (framebuffer.type == BOOT_FRAMEBUFFER_RGB) {
        if (tag->size < 38)
            return "framebuffer: the tag is shorter than its colour fields";
        framebuffer.red = colour_field(tag->at + 32);
        framebuffer.green = colour_field(tag->at + 34);
        framebuffer.blue = colour_field(tag->at + 36);
    }
    info->framebuffer = framebuffer;
    return NULL;
}

static const char *read_efi_system_table(const struct tag *tag, struct boot_info *info)
{
    bool wide = tag->type == TAG_EFI_SYSTEM_TABLE_64;
    if (tag->size < (wide ? 16U : 12U))
        return "EFI system table: the tag is shorter than a pointer";
    info->efi_system_table = wide ? read64(tag->at + 8) : read32(tag->at + 8);
    return NULL;
}

static const char *read_rsdp(const struct tag *tag, struct boot_info *info)
{
    bool is_new = tag->type == TAG_RSDP_NEW;
    if (tag->size < TAG_HEADER_SIZE + (is_new ? RSDP_NEW_SIZE : RSDP_OLD_SIZE))
        return "RSDP: the tag is shorter than the structure";
    /* The old one comes first under EFI GRUB, but the specification promises no order. */
    if (!is_new && info->rsdp_length >= RSDP_NEW_SIZE)
        return NULL;
    info->rsdp = tag->at + TAG_HEADER_SIZE;
    info->rsdp_length = is_new ? tag->size - TAG_HEADER_SIZE : RSDP_OLD_SIZE;
    return NULL;
}

/* By tag type; NULL: not of interest. */
static tag_reader *const readers[] = {
    [TAG_COMMAND_LINE] = read_command_line,
    [TAG_LOADER] = read_loader,
    [TAG_MODULE] = read_module,
    [TAG_MEMORY_MAP] = read_memory_map,
    [TAG_FRAMEBUFFER] = read_framebuffer,
    [TAG_EFI_SYSTEM_TABLE_32] = read_efi_system_table,
    [TAG_EFI_SYSTEM_TABLE_64] = read_efi_system_table,
    [TAG_RSDP_OLD] = read_rsdp,
    [TAG_RSDP_NEW] = read_rsdp,
};

static tag_reader *reader_of(uint32_t type)
{
    return type < sizeof readers / sizeof readers[0] ? readers[type] : NULL;
}

static enum ivm_status refuse(struct boot_error *error, struct boot_error why)
{
    *error = why;
    return IVM_BAD_ARGUMENT;
}

/* The tag at `offset`; NULL, or what is wrong with its size. */
static const char *next_tag(const uint8_t *bytes, size_t offset, size_t end,
                            struct tag *tag)
{
    if (end - offset < TAG_HEADER_SIZE)
        return "the information ends without an end tag";
    *tag = (struct tag){
        .at = bytes + offset,
        .type = read32(bytes + offset),
        .size = read32(bytes + offset + 4),
    };
    if (tag->size < TAG_HEADER_SIZE)
        return "a tag says that it is smaller than its own header";
    if (tag->size > end - offset)
        return "a tag reaches beyond the information";
    return NULL;
}

enum ivm_status multiboot2_parse(const void *bytes, size_t length, struct boot_info *info,
                                 struct boot_error *error)
{
    *info = (struct boot_info){0};
    if (length < HEADER_SIZE)
        return refuse(error, (struct boot_error){.what = "the information has no header"});
    size_t end = read32(bytes);
    if (end < HEADER_SIZE || end > length)
        return refuse(error,
                      (struct boot_error){.what = "the information's size is absurd"});

    /* Each turn goes on by at least a tag's header, so the loop ends. */
    for (size_t offset = HEADER_SIZE;;) {
        struct tag tag = {0};
        const char *what = next_tag(bytes, offset, end, &tag);
        if (what == NULL && tag.type == TAG_END)
            return IVM_OK;
        tag_reader *reader = reader_of(tag.type);
        if (what == NULL && reader != NULL)
            what = reader(&tag, info);
        if (what != NULL)
            return refuse(error, (struct boot_error){.what = what,
                                                     .tag = tag.type,
                                                     .offset = (uint32_t)offset});
        size_t padded = (size_t)tag.size + TAG_ALIGNMENT - 1;
        offset += padded - padded % TAG_ALIGNMENT;
        if (offset > end)
            offset = end;
    }
}
