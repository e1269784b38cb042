/* pe_builder.c: a linker for the host tests: see pe_builder.h. */
#include "pe_builder.h"

#include <stdlib.h>
#include <string.h>

enum { SECTION_ALIGNMENT = 0x1000, FILE_ALIGNMENT = 0x200, HEADER_SIZE = 40 };

static uint32_t round_up(uint32_t value, uint32_t alignment)
{
    return (value + alignment - 1) / alignment * alignment;
}

void pe_builder_put(struct pe_builder *b, uint32_t offset, uint64_t value, size_t width)
{
    if (offset + width > sizeof b->bytes)
        abort();
    for (size_t i = 0; i < width; i++)
        b->bytes[offset + i] = (uint8_t)(value >> 8 * i);
}

void pe_builder_text(struct pe_builder *b, uint32_t offset, const char *text)
{
    for (size_t i = 0; i <= strlen(text); i++)
        pe_builder_put(b, offset + (uint32_t)i, (uint8_t)text[i], 1);
}

void pe_builder_start(struct pe_builder *b, uint32_t headers_size)
{
    memset(b, 0, sizeof *b);
    b->length = headers_size;
    b->end = round_up(headers_size, SECTION_ALIGNMENT);
    pe_builder_text(b, 0, "MZ");
    pe_builder_put(b, AT_PE_OFFSET, AT_PE, 4);
    pe_builder_text(b, AT_PE, "PE");
    pe_builder_put(b, AT_MACHINE, 0x8664, 2);
    pe_builder_put(b, AT_OPTIONAL_SIZE, AT_SECTIONS - AT_OPTIONAL, 2);
    pe_builder_put(b, AT_CHARACTERISTICS, 0x0022, 2);
    pe_builder_put(b, AT_OPTIONAL, 0x20B, 2);
    pe_builder_put(b, AT_BASE, pe_builder_base, 8);
    pe_builder_put(b, AT_SECTION_ALIGNMENT, SECTION_ALIGNMENT, 4);
    pe_builder_put(b, AT_FILE_ALIGNMENT, FILE_ALIGNMENT, 4);
    pe_builder_put(b, AT_IMAGE_SIZE, b->end, 4);
    pe_builder_put(b, AT_HEADERS_SIZE, headers_size, 4);
    pe_builder_put(b, AT_SUBSYSTEM, 1, 2);
    pe_builder_put(b, AT_DLL_FLAGS, 0x0160, 2);
    pe_builder_put(b, AT_DIRECTORY_COUNT, PE_DIRECTORY_COUNT, 4);
}

uint32_t pe_builder_header(uint32_t index, enum pe_builder_field field)
{
    return AT_SECTIONS + index * HEADER_SIZE + (uint32_t)field;
}

uint32_t pe_builder_section(struct pe_builder *b, struct pe_builder_section section)
{
    uint32_t index = b->sections++;
    uint32_t raw = round_up(section.raw, FILE_ALIGNMENT);
    uint32_t offset = (uint32_t)b->length;
    char name[8] = {0};
    memcpy(name, section.name, strlen(section.name));
    for (uint32_t i = 0; i < sizeof name; i++)
        pe_builder_put(b, pe_builder_header(index, SECTION_NAME) + i, (uint8_t)name[i], 1);
    pe_builder_put(b, pe_builder_header(index, SECTION_SIZE), section.size, 4);
    pe_builder_put(b, pe_builder_header(index, SECTION_RVA), b->end, 4);
    pe_builder_put(b, pe_builder_header(index, SECTION_RAW_SIZE), raw, 4);
    pe_builder_put(b, pe_builder_header(index, SECTION_RAW), raw == 0 ? 0 : offset, 4);
    pe_builder_put(b, pe_builder_header(index, SECTION_FLAGS), section.flags, 4);
    pe_builder_put(b, AT_SECTION_COUNT, b->sections, 2);
    b->length += raw;
    b->end += round_up(section.size, SECTION_ALIGNMENT);
    pe_builder_put(b, AT_IMAGE_SIZE, b->end, 4);
    return offset;
}

void pe_builder_directory(struct pe_builder *b, enum pe_directory_kind kind, uint32_t rva,
                          uint32_t size)
{
    pe_builder_put(b, AT_DIRECTORIES + 8 * (uint32_t)kind, rva, 4);
    pe_builder_put(b, AT_DIRECTORIES + 8 * (uint32_t)kind + 4, size, 4);
}

static const struct pe_builder_section driver_sections[DRIVER_SECTIONS] = {
    [TEXT] = {".text", 0x180, 0x180, FLAG_READ | FLAG_EXECUTE},
    [RDATA] = {".rdata", 0x20, 0x20, FLAG_READ},
    [DATA] = {".data", 0x1800, 0x200, FLAG_READ | FLAG_WRITE},
    [IDATA] = {".idata", IDATA_SIZE, IDATA_SIZE, FLAG_READ | FLAG_WRITE},
    [EDATA] = {".edata", 0x60, 0x60, FLAG_READ},
    [PDATA] = {".pdata", 0x18, 0x18, FLAG_READ},
    [RELOC] = {".reloc", RELOC_SIZE, RELOC_SIZE, FLAG_READ | FLAG_DISCARDABLE},
};

static const char *const driver_imports[] = {"IoConnectInterrupt", "IoDisconnectInterrupt",
                                             "DbgPrint", "KeStallExecutionProcessor"};

/* The import of name `index`: its lookup entry, and the same in its slot, as linkers do. */
static void put_import(struct pe_builder *b, uint32_t index, uint32_t lookup, uint32_t slot)
{
    uint32_t name = NAMES + index * NAME_STRIDE;
    pe_builder_put(b, IDATA_AT + lookup, IDATA_RVA + name, 8);
    pe_builder_put(b, IDATA_AT + slot, IDATA_RVA + name, 8);
    pe_builder_put(b, IDATA_AT + name, 100 + index, 2);
    pe_builder_text(b, IDATA_AT + name + 2, driver_imports[index]);
}

static void put_imports(struct pe_builder *b)
{
    static const uint32_t descriptors[2][3] = {
        {LOOKUP, DLL_NAMES, SLOTS}, {SECOND_LOOKUP, DLL_NAMES + 16, SECOND_SLOTS}};
    for (uint32_t i = 0; i < 2; i++) {
        uint32_t at = IDATA_AT + DESCRIPTORS + i * SECOND_DESCRIPTOR;
        pe_builder_put(b, at, IDATA_RVA + descriptors[i][0], 4);
        pe_builder_put(b, at + 12, IDATA_RVA + descriptors[i][1], 4);
        pe_builder_put(b, at + 16, IDATA_RVA + descriptors[i][2], 4);
    }
    for (uint32_t i = 0; i < 3; i++)
        put_import(b, i, LOOKUP + 8 * i, SLOTS + 8 * i);
    put_import(b, 3, SECOND_LOOKUP, SECOND_SLOTS);
    pe_builder_text(b, IDATA_AT + DLL_NAMES, "ntoskrnl.exe");
    pe_builder_text(b, IDATA_AT + DLL_NAMES + 16, "HAL.dll");
    memset(b->bytes + IDATA_AT + IDATA_TAIL, 'X', IDATA_SIZE - IDATA_TAIL);
    pe_builder_directory(b, PE_IMPORTS, IDATA_RVA, 60);
}

static void put_relocations(struct pe_builder *b)
{
    static const uint16_t words[] = {
        RDATA_RVA, 0, 12, 0, 0xA000, 0xA008, DATA_RVA, 0, 12, 0, 0xA000 | DATA_POINTER, 0,
    };
    for (uint32_t i = 0; i < sizeof words / sizeof words[0]; i++)
        pe_builder_put(b, RELOC_AT + 2 * i, words[i], 2);
    pe_builder_put(b, RDATA_AT, pe_builder_base + TEXT_RVA, 8);
    pe_builder_put(b, RDATA_AT + 8, pe_builder_base + DATA_RVA, 8);
    pe_builder_put(b, DATA_AT + DATA_POINTER, pe_builder_base + RDATA_RVA, 8);
    pe_builder_directory(b, PE_RELOCATIONS, RELOC_RVA, RELOC_SIZE);
}

static void put_exports(struct pe_builder *b)
{
    pe_builder_put(b, EDATA_AT + 12, EDATA_RVA + 40, 4);
    pe_builder_text(b, EDATA_AT + 40, "driver.sys");
    pe_builder_directory(b, PE_EXPORTS, EDATA_RVA, 0x40);
}

void pe_builder_driver(struct pe_builder *b)
{
    pe_builder_start(b, TEXT_AT);
    for (size_t i = 0; i < DRIVER_SECTIONS; i++)
        (void)pe_builder_section(b, driver_sections[i]);
    memset(b->bytes + TEXT_AT, 0xCC, 0x180);
    pe_builder_put(b, AT_ENTRY, DRIVER_ENTRY, 4);
    pe_builder_directory(b, PE_EXCEPTIONS, PDATA_RVA, 24);
    put_imports(b);
    put_relocations(b);
    put_exports(b);
}

uint8_t *pe_builder_copy(const struct pe_builder *b)
{
    uint8_t *copy = malloc(b->length == 0 ? 1 : b->length);
    if (copy == NULL)
        abort();
    memcpy(copy, b->bytes, b->length);
    return copy;
}

const struct pe_finding *pe_builder_find(const struct pe_report *report,
                                         enum pe_fault fault)
{
    for (size_t i = 0; i < report->finding_count; i++)
        if (report->findings[i].fault == fault)
            return &report->findings[i];
    return NULL;
}
