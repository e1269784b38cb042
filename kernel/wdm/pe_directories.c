/* pe_directories.c: where an image begins to run, and the tables that it points to. */
#include "pe_bytes.h"
#include "pe_parts.h"

/* [PE] "Export Directory Table", "The .pdata Section" */
enum { EXPORT_NAME = 12, EXPORT_DIRECTORY_SIZE = 40, EXCEPTION_SIZE = 12 };

/* The tables that are read here or by those who come next. */
static const struct {
    enum pe_directory_kind kind;
    const char *name;
} tables[] = {
    {PE_EXPORTS, "exports"},
    {PE_IMPORTS, "imports"},
    {PE_EXCEPTIONS, "exceptions"},
    {PE_RELOCATIONS, "base relocations"},
};

/* PE_FAULT_COUNT: none. */
static enum pe_fault entry_fault(const struct pe_image *image)
{
    if (image->entry == 0)
        return PE_NO_ENTRY;
    const struct pe_section *section = pe_section_of(image, image->entry, 1);
    if (section == NULL)
        return PE_ENTRY_OUTSIDE;
    if ((section->permissions & PE_EXECUTE) == 0)
        return PE_ENTRY_NOT_EXECUTABLE;
    return pe_view(image, image->entry).left == 0 ? PE_ENTRY_WITHOUT_CODE : PE_FAULT_COUNT;
}

void pe_entry_read(struct pe_image *image, struct pe_report *report)
{
    enum pe_fault found = entry_fault(image);
    if (found == PE_FAULT_COUNT)
        return;
    uint32_t offset = image->optional_header + PE_OPTIONAL_ENTRY;
    pe_report_add(
        report,
        (struct pe_finding){.fault = found, .offset = offset, .value = image->entry}, NULL);
}

/* PE_FAULT_COUNT: there is none, or it can be read. */
static enum pe_fault directory_fault(const struct pe_image *image,
                                     enum pe_directory_kind kind)
{
    struct pe_directory directory = image->directories[kind];
    if (directory.size == 0)
        return directory.rva == 0 ? PE_FAULT_COUNT : PE_DIRECTORY_EMPTY;
    if (pe_section_of(image, directory.rva, directory.size) == NULL)
        return PE_DIRECTORY_OUTSIDE;
    if (pe_directory_view(image, kind).left == 0)
        return PE_DIRECTORY_WITHOUT_BYTES;
    return PE_FAULT_COUNT;
}

static void check_directories(const struct pe_image *image, struct pe_report *report)
{
    uint32_t first = image->optional_header + PE_OPTIONAL_DIRECTORIES;
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        enum pe_directory_kind kind = tables[i].kind;
        enum pe_fault found = directory_fault(image, kind);
        if (found != PE_FAULT_COUNT)
            pe_report_add(report,
                          (struct pe_finding){.fault = found,
                                              .offset = first + 8 * (uint32_t)kind,
                                              .value = image->directories[kind].rva},
                          tables[i].name);
    }
}

static void read_exports(struct pe_image *image, struct pe_report *report)
{
    struct pe_view view = pe_directory_view(image, PE_EXPORTS);
    struct pe_finding finding = {.offset = pe_view_offset(image, view), .value = view.left};
    if (view.left == 0)
        return;
    if (view.left < EXPORT_DIRECTORY_SIZE) {
        finding.fault = PE_EXPORTS_SHORT;
        pe_report_add(report, finding, NULL);
        return;
    }
    uint32_t name = pe_u32(view.at + EXPORT_NAME);
    if (name == 0)
        return;
    struct pe_view text = pe_view(image, name);
    if (pe_text(text) == PE_TEXT_FOUND) {
        image->own_name = (const char *)text.at;
        return;
    }
    finding = (struct pe_finding){
        .fault = PE_EXPORT_NAME, .offset = finding.offset + EXPORT_NAME, .value = name};
    pe_report_add(report, finding, NULL);
}

static void read_exceptions(struct pe_image *image, struct pe_report *report)
{
    struct pe_view view = pe_directory_view(image, PE_EXCEPTIONS);
    image->exception_count = view.left / EXCEPTION_SIZE;
    if (view.left % EXCEPTION_SIZE != 0)
        pe_report_add(report,
                      (struct pe_finding){.fault = PE_EXCEPTIONS_SIZE,
                                          .offset = pe_view_offset(image, view),
                                          .value = view.left},
                      NULL);
}

void pe_directories_read(struct pe_image *image, struct pe_report *report)
{
    check_directories(image, report);
    read_exports(image, report);
    read_exceptions(image, report);
}
