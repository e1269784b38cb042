/* pe_parts.h: what the files that read an image's parts tell each other.
 *
 * Each pe_*_read() looks at one part, fills in what `image` says of it and reports all that
 * is wrong. They are called in the order in which they stand here; one that returns false
 * found nothing on which the next could stand.
 */
#ifndef WDM_PE_PARTS_H
#define WDM_PE_PARTS_H

#include "pe.h"

/* ---- what a part finds ------------------------------------------------------------------ */

void pe_report_start(struct pe_report *report);

/* Enter a finding; `name` may be NULL. */
void pe_report_add(struct pe_report *report, struct pe_finding finding, const char *name);

/* ---- the file's bytes ------------------------------------------------------------------- */

/* Bytes of the file from somewhere to the end of what belongs together. */
struct pe_view {
    const uint8_t *at; /* NULL when left is 0 */
    size_t left;
};

/* The bytes of the file behind an RVA, to the end of its section's. Needs sections. */
struct pe_view pe_view(const struct pe_image *image, uint32_t rva);

/* The bytes of a directory; left is 0 or the directory's size. */
struct pe_view pe_directory_view(const struct pe_image *image, enum pe_directory_kind kind);

/* Where in the file a view begins. */
uint32_t pe_view_offset(const struct pe_image *image, struct pe_view view);

/* The section in which all of [rva, rva + size) lies, or NULL. */
const struct pe_section *pe_section_of(const struct pe_image *image, uint32_t rva,
                                       uint32_t size);

/* What became of looking for a name: of 1 to PE_NAME_LIMIT characters, all printable. */
enum pe_text {
    PE_TEXT_FOUND = 0,
    PE_TEXT_ABSENT,
    PE_TEXT_UNTERMINATED, /* or longer */
    PE_TEXT_EMPTY,
    PE_TEXT_UNPRINTABLE,
};
enum pe_text pe_text(struct pe_view view);

/* ---- the optional header, where more than one part looks -------------------------------- */

/* clang-format off */
/* [PE] "Optional Header Standard Fields (Image Only)", "Optional Header Windows-Specific
 * Fields (Image Only)": of PE32+ */
enum pe_optional_field {
    PE_OPTIONAL_ENTRY       = 16,
    PE_OPTIONAL_BASE        = 24,
    PE_OPTIONAL_SIZE        = 56, /* SizeOfImage */
    PE_OPTIONAL_DIRECTORIES = 112, /* of 8 bytes each: RVA, size */
};
/* clang-format on */

/* ---- the parts -------------------------------------------------------------------------- */

/* Where the section table lies; from the headers. */
struct pe_table {
    uint32_t offset;
    uint32_t count; /* all of them lie in the file */
};

bool pe_headers_read(struct pe_image *image, struct pe_report *report,
                     struct pe_table *sections);

/* False: an address cannot be trusted to lie where a section says. */
bool pe_sections_read(struct pe_image *image, struct pe_report *report,
                      const struct pe_table *table);

void pe_entry_read(struct pe_image *image, struct pe_report *report);
void pe_directories_read(struct pe_image *image, struct pe_report *report);

/* Walk over all relocations and report what is wrong. With a placement, also move what they
 * name in its target; there, nothing may be wrong. Returns their number, without padding.
 */
size_t pe_relocations_walk(const struct pe_image *image, struct pe_report *report,
                           const struct pe_placement *placement);

/* How much is imported. */
struct pe_imports {
    size_t imports, dlls;
};

/* Walk over all imports and report what is wrong. With a placement, also resolve each and
 * write its address to the target.
 */
struct pe_imports pe_imports_walk(const struct pe_image *image, struct pe_report *report,
                                  const struct pe_placement *placement);

#endif
