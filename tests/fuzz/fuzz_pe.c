/* fuzz_pe.c: any bytes as a driver's image: what is let through can be loaded anywhere, and
 * nothing is read or written outside of the file and of the image's own memory.
 *
 * Input that begins with MZ is a file as it stands. Any other is changes to a sound driver:
 * its length, then offsets and values; so that what lies behind the first checks is reached
 * without a corpus.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "tests/host/fake/pe_builder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LOADED_LIMIT = 1 << 20 }; /* bytes of an image that is loaded here, for speed */

static struct pe_image image;
static struct pe_report report;

static void require(int holds)
{
    if (!holds)
        abort();
}

/* ---- the file ----------------------------------------------------------------------------- */

static uint64_t take(const uint8_t **data, size_t *size, size_t bytes)
{
    uint64_t value = 0;
    if (bytes > *size)
        bytes = *size;
    memcpy(&value, *data, bytes);
    *data += bytes;
    *size -= bytes;
    return value;
}

/* Each change: a byte of kind, then an offset, then 1, 2, 4 or 8 bytes. */
static void change(uint8_t *bytes, size_t length, const uint8_t *data, size_t size)
{
    static const uint32_t regions[] = {0, AT_PE, AT_SECTIONS, IDATA_AT, RELOC_AT, EDATA_AT};
    while (size != 0) {
        uint64_t kind = take(&data, &size, 1);
        size_t offset = regions[kind % 6];
        offset += (size_t)take(&data, &size, (kind & 0x40) != 0 ? 2 : 1);
        size_t width = (size_t)1 << (kind >> 3 & 3);
        uint64_t value = take(&data, &size, width);
        if (offset + width <= length)
            memcpy(bytes + offset, &value, width);
    }
}

/* The file, in memory that ends where it does. */
static uint8_t *make_file(const uint8_t *data, size_t size, size_t *length)
{
    static struct pe_builder sound;
    if (sound.length == 0)
        pe_builder_driver(&sound);
    bool is_whole = size >= 2 && memcmp(data, "MZ", 2) == 0;
    *length = is_whole ? size : sound.length - (size_t)take(&data, &size, 1);
    uint8_t *bytes = malloc(*length);
    require(bytes != NULL);
    memcpy(bytes, is_whole ? data : sound.bytes, *length);
    if (!is_whole)
        change(bytes, *length, data, size);
    return bytes;
}

/* Of a file that is long enough to have a checksum: there is none, so it does not hide what
 * comes behind it. */
static void forget_checksum(uint8_t *bytes, size_t length)
{
    uint32_t header = 0;
    if (length >= AT_PE)
        memcpy(&header, bytes + AT_PE_OFFSET, sizeof header);
    uint64_t at = (uint64_t)header + (AT_CHECKSUM - AT_PE);
    if (at + 4 <= length)
        memset(bytes + at, 0, 4);
}

/* ---- what must hold ----------------------------------------------------------------------- */

static uint64_t resolve(void *context, const char *dll, const char *name, uint16_t hint)
{
    size_t *missing = context;
    require(strlen(dll) - 1 < PE_NAME_LIMIT && strlen(name) - 1 < PE_NAME_LIMIT);
    for (const char *at = name; *at != '\0'; at++)
        require(*at > ' ' && *at < 0x7F);
    bool is_known = (hint & 1) == 0;
    *missing += !is_known;
    return is_known ? 0xFFFFF80000000000 + hint : 0;
}

static void check_report(void)
{
    require(report.finding_count <= PE_FINDING_LIMIT);
    require(report.finding_count <= report.fault_count);
    for (size_t i = 0; i < report.finding_count; i++) {
        char text[64];
        require(report.findings[i].fault < PE_FAULT_COUNT);
        require(pe_finding_text(&report.findings[i], text, sizeof text) > 10);
    }
}

static void check_ranges(void)
{
    struct pe_range ranges[PE_RANGE_LIMIT];
    size_t count = pe_ranges(&image, ranges);
    uint32_t end = 0;
    bool has_entry = false;
    require(count != 0 && count <= PE_RANGE_LIMIT);
    for (size_t i = 0; i < count; i++) {
        struct pe_range range = ranges[i];
        require(range.first >= end && range.first < range.end && range.end <= image.size);
        require(range.first % 4096 == 0 && range.end % 4096 == 0);
        require(range.permissions == PE_READ || range.permissions == (PE_READ | PE_WRITE) ||
                range.permissions == (PE_READ | PE_EXECUTE));
        has_entry |= (range.permissions & PE_EXECUTE) != 0 && image.entry >= range.first &&
                     image.entry < range.end;
        end = range.end;
    }
    require(has_entry);
}

/* The image at a base; NULL: it has to be at its own. */
static uint8_t *load(uint64_t base)
{
    size_t missing = 0;
    uint8_t *target = malloc(image.size);
    require(target != NULL);
    struct pe_placement placement = {
        .target = target, .base = base, .resolve = resolve, .context = &missing};
    enum ivm_status status = pe_load(&image, &placement, &report);
    check_report();
    bool is_stripped = (image.characteristics & 1) != 0 && base != image.base;
    require((status == IVM_UNSUPPORTED) == is_stripped);
    if (is_stripped) {
        free(target);
        return NULL;
    }
    require(report.missing_count == missing && report.fault_count == 0);
    require(status == (missing == 0 ? IVM_OK : IVM_NOT_FOUND));
    return target;
}

/* Of an image, only what its relocations name depends on its base: 8 bytes for each. */
static void check_loaded(void)
{
    uint8_t *low = load(0x10000000);
    uint8_t *high = load(0x10000000 + 0x100000000);
    require((low == NULL) == (high == NULL));
    size_t moved = 0;
    for (size_t at = 0; low != NULL && at < image.size; at++)
        moved += low[at] != high[at];
    require(moved <= 8 * image.relocation_count);
    free(low);
    free(high);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t length;
    uint8_t *bytes = make_file(data, size, &length);
    for (int pass = 0; pass < 2; pass++) {
        enum ivm_status status = pe_parse(bytes, length, &image, &report);
        check_report();
        require((status == IVM_OK) == (report.fault_count == 0));
        if (status == IVM_OK) {
            require(image.size <= PE_IMAGE_LIMIT && image.section_count != 0);
            check_ranges();
        }
        if (status == IVM_OK && image.size <= LOADED_LIMIT)
            check_loaded();
        forget_checksum(bytes, length);
    }
    free(bytes);
    return 0;
}
