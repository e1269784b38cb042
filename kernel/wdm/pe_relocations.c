/* pe_relocations.c: the addresses in an image that move with it. */
#include "pe_bytes.h"
#include "pe_parts.h"

/* [PE] "Base Relocation Block", "Base Relocation Types" */
enum {
    BLOCK_HEADER = 8,  /* page RVA, size with this header */
    ENTRY_SIZE = 2,    /* [15:12] type, [11:0] offset in the page */
    TYPE_ABSOLUTE = 0, /* padding */
    TYPE_DIR64 = 10,
    TARGET_SIZE = 8,
    PAGE = 4096,
};

struct walk {
    const struct pe_image *image;
    struct pe_report *report;
    uint8_t *target; /* NULL: only look */
    uint64_t delta;
    size_t count;
};

static void fault(const struct walk *walk, struct pe_finding finding)
{
    pe_report_add(walk->report, finding, NULL);
}

/* Whether 8 bytes at `rva` may be moved; PE_FAULT_COUNT: they may. */
static enum pe_fault target_fault(const struct pe_image *image, uint64_t rva)
{
    if (rva + TARGET_SIZE > image->size)
        return PE_RELOCATION_OUTSIDE;
    if (rva < image->headers_size)
        return PE_RELOCATION_IN_HEADERS;
    if (pe_section_of(image, (uint32_t)rva, TARGET_SIZE) == NULL)
        return PE_RELOCATION_NOWHERE;
    return PE_FAULT_COUNT;
}

static void take_entry(struct walk *walk, uint32_t page, const uint8_t *entry)
{
    uint32_t type = pe_u16(entry) >> 12;
    uint32_t offset = (uint32_t)(entry - walk->image->bytes);
    if (type == TYPE_ABSOLUTE)
        return;
    walk->count++;
    if (type != TYPE_DIR64) {
        fault(walk, (struct pe_finding){
                        .fault = PE_RELOCATION_TYPE, .offset = offset, .value = type});
        return;
    }
    uint64_t rva = (uint64_t)page + (pe_u16(entry) & 0xFFF);
    enum pe_fault found = target_fault(walk->image, rva);
    if (found != PE_FAULT_COUNT) {
        fault(walk, (struct pe_finding){.fault = found, .offset = offset, .value = rva});
        return;
    }
    if (walk->target != NULL)
        pe_put_u64(walk->target + rva, pe_u64(walk->target + rva) + walk->delta);
}

/* The size of the block at the start of `view`, or 0 and a finding. */
static uint32_t block_size(const struct walk *walk, struct pe_view view)
{
    struct pe_finding finding = {.offset = pe_view_offset(walk->image, view)};
    if (view.left < BLOCK_HEADER) {
        finding.fault = PE_RELOCATIONS_CUT;
        finding.value = view.left;
        fault(walk, finding);
        return 0;
    }
    uint32_t size = pe_u32(view.at + 4);
    finding.offset += 4;
    finding.value = size;
    bool is_wrong = true;
    if (size < BLOCK_HEADER)
        finding.fault = PE_BLOCK_TOO_SMALL;
    else if (size > view.left)
        finding.fault = PE_BLOCK_BEYOND_TABLE;
    else if (size % 4 != 0)
        finding.fault = PE_BLOCK_MISALIGNED;
    else
        is_wrong = false;
    if (!is_wrong)
        return size;
    fault(walk, finding);
    return 0;
}

static void take_block(struct walk *walk, const uint8_t *block, uint32_t size)
{
    uint32_t page = pe_u32(block);
    if (page % PAGE != 0) {
        uint32_t offset = (uint32_t)(block - walk->image->bytes);
        fault(walk,
              (struct pe_finding){.fault = PE_BLOCK_PAGE, .offset = offset, .value = page});
        return;
    }
    for (uint32_t at = BLOCK_HEADER; at < size; at += ENTRY_SIZE)
        take_entry(walk, page, block + at);
}

size_t pe_relocations_walk(const struct pe_image *image, struct pe_report *report,
                           const struct pe_placement *placement)
{
    struct walk walk = {.image = image, .report = report};
    if (placement != NULL) {
        walk.target = placement->target;
        walk.delta = placement->base - image->base;
    }
    struct pe_view view = pe_directory_view(image, PE_RELOCATIONS);
    while (view.left != 0) {
        uint32_t size = block_size(&walk, view);
        /* Where the next block begins is unknown. */
        if (size == 0)
            break;
        take_block(&walk, view.at, size);
        view.at += size;
        view.left -= size;
    }
    return walk.count;
}
