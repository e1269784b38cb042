/* image_layout.c: an image from its file into memory: read, moved, bound to what it imports, and every page
 * with the rights it has to have. A page is never both written and executed.
 */
#include <ivm/system.h>

#include "host.h"
#include "image_parts.h"
#include "kernel/format.h"
#include "pe.h"

enum { PAGE = 4096, LINE = 200 };

/* Too big for a stack. Written under the lock of image_load(). */
static struct pe_image parsed;
static struct pe_report report;
static struct pe_range ranges[PE_RANGE_LIMIT];

static char small(char letter)
{
    return letter >= 'A' && letter <= 'Z' ? (char)(letter + 'a' - 'A') : letter;
}

static bool is_dll(const char *name, const char *wanted)
{
    while (*name != '\0' && small(*name) == *wanted)
        name++, wanted++;
    return small(*name) == *wanted;
}

/* What we export has one table, whichever of the two a driver was linked to. */
static uint64_t resolve(void *context, const char *dll, const char *name, uint16_t hint)
{
    (void)context, (void)hint; /* where the name was in the table of another kernel */
    bool is_ours = is_dll(dll, "ntoskrnl.exe") || is_dll(dll, "hal.dll");
    return is_ours ? export_find(name) : 0;
}

static enum ivm_status refuse_file(struct image *image, enum ivm_status status)
{
    char text[LINE];
    for (size_t i = 1; i < report.finding_count; i++) {
        pe_finding_text(&report.findings[i], text, sizeof text);
        ivm_log("%s: also: %s", image->name, text);
    }
    if (report.fault_count > report.finding_count)
        ivm_log("%s: and %zu more", image->name, report.fault_count - report.finding_count);
    if (report.finding_count == 0)
        return image_refuse(image, status, "it would pass the end of memory");
    pe_finding_text(&report.findings[0], text, sizeof text);
    return image_refuse(image, status, "%s", text);
}

/* A line of the log being put together; what does not fit begins another. */
struct names {
    const char *image;
    char line[LINE];
    size_t length;
};

static void log_names(struct names *names)
{
    if (names->length != 0)
        ivm_log("%s: missing: %s", names->image, names->line);
    names->length = 0;
}

static void add_name(struct names *names, const struct pe_missing *missing)
{
    const char *comma = names->length == 0 ? "" : ", ";
    size_t room = sizeof names->line - names->length;
    char *end = names->line + names->length;
    size_t added = format_text(end, room, "%s%s!%s", comma, missing->dll, missing->name);
    if (added < room) {
        names->length += added;
        return;
    }
    *end = '\0';
    log_names(names);
    /* A name alone in its line may be cut. */
    added =
        format_text(names->line, sizeof names->line, "%s!%s", missing->dll, missing->name);
    names->length = added < sizeof names->line ? added : sizeof names->line - 1;
}

static enum ivm_status refuse_imports(struct image *image)
{
    struct names names = {.image = image->name};
    size_t kept = report.missing_count < PE_MISSING_LIMIT ? report.missing_count
                                                          : (size_t)PE_MISSING_LIMIT;
    for (size_t i = 0; i < kept; i++)
        add_name(&names, &report.missing[i]);
    log_names(&names);
    const struct pe_missing *first = &report.missing[0];
    return image_refuse(image, IVM_BAD_ARGUMENT,
                        "%zu of its %zu imports are not here, the first is %s!%s",
                        report.missing_count, parsed.import_count, first->dll, first->name);
}

static size_t pages_of(size_t bytes)
{
    return (bytes + PAGE - 1) / PAGE;
}

/* The memory of an image is kept for its next load: what is given by foreign_pages() cannot be returned. */
static bool reserve(struct image *image, size_t size)
{
    if (image->size >= size)
        return foreign_protect(image->base, pages_of(image->size), FOREIGN_WRITE);
    uintptr_t base = foreign_pages(pages_of(size));
    if (base == 0)
        return false;
    image->base = base;
    image->size = size;
    return true;
}

void image_close(const struct image *image)
{
    if (image->size != 0 &&
        !foreign_protect(image->base, pages_of(image->size), FOREIGN_READ))
        ivm_log("%s: its memory cannot be closed: no page is left for a table",
                image->name);
}

static enum foreign_rights rights_of(const struct pe_range *range)
{
    if ((range->permissions & PE_EXECUTE) != 0)
        return FOREIGN_EXECUTE;
    return (range->permissions & PE_WRITE) != 0 ? FOREIGN_WRITE : FOREIGN_READ;
}

/* All is closed first: between the sections and behind them nothing is written or run. */
static bool protect(const struct image *image)
{
    if (!foreign_protect(image->base, pages_of(image->size), FOREIGN_READ))
        return false;
    size_t count = pe_ranges(&parsed, ranges);
    for (size_t i = 0; i < count; i++) {
        enum foreign_rights rights = rights_of(&ranges[i]);
        size_t pages = pages_of(ranges[i].end - ranges[i].first);
        if (rights != FOREIGN_READ &&
            !foreign_protect(image->base + ranges[i].first, pages, rights))
            return false;
    }
    return true;
}

static enum ivm_status fill(struct image *image)
{
    const struct pe_placement placement = {
        .target = (uint8_t *)image->base, .base = image->base, .resolve = resolve};
    enum ivm_status status = pe_load(&parsed, &placement, &report);
    if (status == IVM_NOT_FOUND)
        return refuse_imports(image);
    if (status != IVM_OK)
        return refuse_file(image, IVM_BAD_ARGUMENT);
    if (!protect(image))
        return image_refuse(image, IVM_EXHAUSTED, "no page is left for the page tables");
    return IVM_OK;
}

enum ivm_status image_lay_out(struct image *image, nt_code *entry)
{
    enum ivm_status status = pe_parse(image->file, image->file_size, &parsed, &report);
    if (status != IVM_OK)
        return refuse_file(image, status);
    if (!reserve(image, parsed.size))
        return image_refuse(image, IVM_EXHAUSTED, "no memory for its %u KiB",
                            parsed.size >> 10);
    status = fill(image);
    if (status != IVM_OK)
        image_close(image);
    *entry = image->base + parsed.entry;
    return status;
}
