/* pe_imports.c: what an image imports, by DLL and name. */
#include "pe_bytes.h"
#include "pe_parts.h"

/* clang-format off */
/* Offsets in a descriptor. [PE] "Import Directory Table" */
enum {
    DESCRIPTOR_SIZE = 20,
    LOOKUP_TABLE    = 0,
    STAMP           = 4,
    DLL_NAME        = 12,
    ADDRESS_TABLE   = 16,
};

/* [PE] "Import Lookup Table", "Hint/Name Table" */
enum { ENTRY_SIZE = 8, HINT_SIZE = 2 };
static const uint64_t by_ordinal    = 1ull << 63;
static const uint64_t hint_name_rva = 0x7FFFFFFF; /* [30:0] */
/* clang-format on */

struct walk {
    const struct pe_image *image;
    struct pe_report *report;
    const struct pe_placement *placement; /* NULL: only look */
    struct pe_imports found;
    const char *dll; /* the one looked at, or NULL */
};

/* An entry of a lookup table. */
struct entry {
    uint64_t value;
    uint32_t offset; /* in the file */
    uint32_t slot;   /* RVA of its slot in the address table */
};

static void fault(const struct walk *walk, enum pe_fault what, uint32_t offset,
                  uint64_t value)
{
    pe_report_add(walk->report,
                  (struct pe_finding){.fault = what, .offset = offset, .value = value},
                  walk->dll);
}

static void resolve(const struct walk *walk, const struct entry *entry,
                    struct pe_view hint_name)
{
    const struct pe_placement *placement = walk->placement;
    const char *name = (const char *)hint_name.at + HINT_SIZE;
    uint64_t address =
        placement->resolve(placement->context, walk->dll, name, pe_u16(hint_name.at));
    if (address != 0) {
        pe_put_u64(placement->target + entry->slot, address);
        return;
    }
    struct pe_report *report = walk->report;
    if (report->missing_count < PE_MISSING_LIMIT)
        report->missing[report->missing_count] =
            (struct pe_missing){.dll = walk->dll, .name = name};
    report->missing_count++;
}

static void take_entry(const struct walk *walk, const struct entry *entry)
{
    if ((entry->value & by_ordinal) != 0) {
        fault(walk, PE_IMPORT_BY_ORDINAL, entry->offset, entry->value & 0xFFFF);
        return;
    }
    if ((entry->value & ~hint_name_rva) != 0) {
        fault(walk, PE_IMPORT_RESERVED_BITS, entry->offset, entry->value);
        return;
    }
    static const enum pe_fault faults[] = {
        [PE_TEXT_ABSENT] = PE_IMPORT_NAME,
        [PE_TEXT_UNTERMINATED] = PE_IMPORT_NAME_UNTERMINATED,
        [PE_TEXT_EMPTY] = PE_IMPORT_NAME_EMPTY,
        [PE_TEXT_UNPRINTABLE] = PE_IMPORT_NAME_UNPRINTABLE,
    };
    struct pe_view hint_name = pe_view(walk->image, (uint32_t)entry->value);
    struct pe_view name = {.at = NULL};
    if (hint_name.left > HINT_SIZE)
        name = (struct pe_view){.at = hint_name.at + HINT_SIZE,
                                .left = hint_name.left - HINT_SIZE};
    enum pe_text found = pe_text(name);
    if (found != PE_TEXT_FOUND)
        fault(walk, faults[found], entry->offset, entry->value);
    else if (walk->placement != NULL)
        resolve(walk, entry, hint_name);
}

/* Take the entries of one lookup table, for the slots of the address table at `slots`. */
static void take_entries(struct walk *walk, struct pe_view lookup, uint32_t slots)
{
    uint32_t first = pe_view_offset(walk->image, lookup);
    for (uint32_t at = 0;; at += ENTRY_SIZE) {
        if (lookup.left - at < ENTRY_SIZE) {
            fault(walk, PE_LOOKUP_UNTERMINATED, first + at, slots + at);
            return;
        }
        struct entry entry = {
            .value = pe_u64(lookup.at + at), .offset = first + at, .slot = slots + at};
        if (entry.value == 0)
            return;
        if (++walk->found.imports > PE_IMPORT_LIMIT)
            return;
        if (slots == 0 || pe_section_of(walk->image, slots, at + ENTRY_SIZE) == NULL) {
            fault(walk, PE_NO_ADDRESS_TABLE, first + at, slots);
            return;
        }
        take_entry(walk, &entry);
    }
}

/* The name of a descriptor's DLL into walk->dll, or a finding. */
static bool take_name(struct walk *walk, uint32_t name_rva, uint32_t offset)
{
    static const enum pe_fault faults[] = {
        [PE_TEXT_ABSENT] = PE_DLL_NAME,
        [PE_TEXT_UNTERMINATED] = PE_DLL_NAME_UNTERMINATED,
        [PE_TEXT_EMPTY] = PE_DLL_NAME_EMPTY,
        [PE_TEXT_UNPRINTABLE] = PE_DLL_NAME_UNPRINTABLE,
    };
    struct pe_view view = pe_view(walk->image, name_rva);
    enum pe_text found = pe_text(view);
    if (name_rva == 0)
        fault(walk, PE_IMPORT_WITHOUT_NAME, offset, 0);
    else if (found != PE_TEXT_FOUND)
        fault(walk, faults[found], offset, name_rva);
    else
        walk->dll = (const char *)view.at;
    return walk->dll != NULL;
}

static void take_descriptor(struct walk *walk, const uint8_t *descriptor)
{
    uint32_t offset = (uint32_t)(descriptor - walk->image->bytes);
    walk->found.dlls++;
    walk->dll = NULL;
    if (!take_name(walk, pe_u32(descriptor + DLL_NAME), offset + DLL_NAME))
        return;
    if (pe_u32(descriptor + STAMP) != 0)
        fault(walk, PE_IMPORT_BOUND, offset + STAMP, pe_u32(descriptor + STAMP));
    uint32_t slots = pe_u32(descriptor + ADDRESS_TABLE);
    uint32_t lookup_rva = pe_u32(descriptor + LOOKUP_TABLE);
    /* Some linkers write one table only: what is to be looked up is in the slots then. */
    struct pe_view lookup = pe_view(walk->image, lookup_rva != 0 ? lookup_rva : slots);
    if (lookup.left == 0)
        fault(walk, PE_NO_LOOKUP_TABLE, offset + LOOKUP_TABLE, lookup_rva);
    else
        take_entries(walk, lookup, slots);
}

static bool is_end(const uint8_t *descriptor)
{
    for (size_t i = 0; i < DESCRIPTOR_SIZE; i++)
        if (descriptor[i] != 0)
            return false;
    return true;
}

struct pe_imports pe_imports_walk(const struct pe_image *image, struct pe_report *report,
                                  const struct pe_placement *placement)
{
    struct walk walk = {.image = image, .report = report, .placement = placement};
    uint32_t rva = image->directories[PE_IMPORTS].rva;
    if (pe_directory_view(image, PE_IMPORTS).left == 0)
        return walk.found;
    /* The directory's size says little: some linkers count the end and some do not. */
    struct pe_view view = pe_view(image, rva);
    for (;;) {
        if (view.left < DESCRIPTOR_SIZE) {
            walk.dll = NULL;
            fault(&walk, PE_IMPORTS_UNTERMINATED, pe_view_offset(image, view), rva);
            return walk.found;
        }
        if (is_end(view.at))
            return walk.found;
        take_descriptor(&walk, view.at);
        if (walk.found.imports > PE_IMPORT_LIMIT || walk.found.dlls > PE_IMPORT_LIMIT) {
            fault(&walk, PE_TOO_MANY_IMPORTS, pe_view_offset(image, view),
                  walk.found.imports);
            return walk.found;
        }
        view.at += DESCRIPTOR_SIZE;
        view.left -= DESCRIPTOR_SIZE;
    }
}
