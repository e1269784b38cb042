/* pe.c: a driver's image, read part by part. */
#include "pe.h"

#include "pe_parts.h"

/* Everything behind the headers. */
static void read_contents(struct pe_image *image, struct pe_report *report)
{
    pe_entry_read(image, report);
    pe_directories_read(image, report);
    image->relocation_count = pe_relocations_walk(image, report, NULL);
    struct pe_imports found = pe_imports_walk(image, report, NULL);
    image->import_count = found.imports;
    image->dll_count = found.dlls;
}

enum ivm_status pe_parse(const void *bytes, size_t length, struct pe_image *image,
                         struct pe_report *report)
{
    *image = (struct pe_image){.bytes = bytes, .length = length};
    pe_report_start(report);
    struct pe_table table;
    if (pe_headers_read(image, report, &table) && pe_sections_read(image, report, &table))
        read_contents(image, report);
    return report->fault_count == 0 ? IVM_OK : IVM_BAD_ARGUMENT;
}
