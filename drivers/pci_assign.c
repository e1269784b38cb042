/* pci_assign.c: the highest free place for each base address of a function. */
#include "pci_assign.h"

/* clang-format off */
enum {
    IO_BASE_LIMIT    = 0, /* [7:4] base[15:12] [15:12] limit[15:12]; [3:0], [11:8] 1: 32 bits */
    MEMORY           = 1, /* [15:4] base[31:20] [31:20] limit[31:20] */
    PREFETCHABLE     = 2, /* the same; [3:0], [19:16] 1: 64 bits */
    PREFETCHABLE_BASE_UPPER  = 3,
    PREFETCHABLE_LIMIT_UPPER = 4,
    IO_UPPER         = 5, /* [15:0] base[31:16] [31:16] limit[31:16] */
    WIDTH_MASK       = 15,
    IS_WIDE          = 1,
};
#define FOUR_GIB (UINT64_C(1) << 32)
/* clang-format on */

static struct pci_span memory_window(uint32_t value)
{
    return (struct pci_span){.first = (uint64_t)(value & 0xFFF0) << 16,
                             .end = (uint64_t)(value >> 20) * 0x100000 + 0x100000};
}

static struct pci_span port_window(uint32_t value, uint32_t upper)
{
    struct pci_span window = {.first = (uint64_t)(value >> 4 & 15) << 12,
                              .end = ((uint64_t)(value >> 12 & 15) << 12) + 0x1000,
                              .is_port = true};
    if ((value & WIDTH_MASK) == IS_WIDE) {
        window.first += (uint64_t)(upper & 0xFFFF) << 16;
        window.end += (uint64_t)(upper >> 16) << 16;
    }
    return window;
}

void pci_bridge_windows(const uint32_t registers[PCI_BRIDGE_REGISTERS],
                        struct pci_span windows[PCI_KIND_COUNT])
{
    windows[PCI_MEMORY] = memory_window(registers[MEMORY]);
    windows[PCI_PREFETCHABLE] = memory_window(registers[PREFETCHABLE]);
    if ((registers[PREFETCHABLE] & WIDTH_MASK) == IS_WIDE) {
        windows[PCI_PREFETCHABLE].first += (uint64_t)registers[PREFETCHABLE_BASE_UPPER]
                                           << 32;
        windows[PCI_PREFETCHABLE].end += (uint64_t)registers[PREFETCHABLE_LIMIT_UPPER]
                                         << 32;
    }
    windows[PCI_PORTS] = port_window(registers[IO_BASE_LIMIT], registers[IO_UPPER]);
    for (unsigned kind = 0; kind < PCI_KIND_COUNT; kind++)
        if (windows[kind].end <= windows[kind].first)
            windows[kind] = (struct pci_span){.is_port = kind == PCI_PORTS};
}

/* One that [base, base + size) touches; NULL: none. */
static const struct pci_span *conflict(const struct pci_span *spans, size_t count,
                                       struct pci_span wanted)
{
    for (size_t i = 0; i < count; i++)
        if (spans[i].is_port == wanted.is_port && spans[i].first < wanted.end &&
            wanted.first < spans[i].end && spans[i].first < spans[i].end)
            return &spans[i];
    return NULL;
}

/* What was given to this function is used, too. */
struct search {
    const struct pci_room *room;
    struct pci_span given[IVM_BAR_COUNT];
    size_t given_count;
};

/* From the top down: each conflict is passed below, so this ends. */
static bool find_in(const struct search *search, struct pci_span window,
                    struct pci_want *want)
{
    uint64_t end = window.end;
    if (want->kind != PCI_PORTS && !want->is_wide && end > FOUR_GIB)
        end = FOUR_GIB;
    while (end > window.first && end - window.first >= want->size) {
        uint64_t base = (end - want->size) & ~(want->size - 1);
        struct pci_span wanted = {base, base + want->size, window.is_port};
        if (base < window.first || base == 0)
            return false;
        const struct pci_span *used =
            conflict(search->room->used, search->room->used_count, wanted);
        if (used == NULL)
            used = conflict(search->given, search->given_count, wanted);
        if (used == NULL) {
            want->base = base;
            return true;
        }
        end = used->first;
    }
    return false;
}

static bool find(const struct search *search, struct pci_want *want)
{
    const struct pci_span *windows = search->room->windows;
    return find_in(search, windows[want->kind], want) ||
           (want->kind == PCI_PREFETCHABLE && find_in(search, windows[PCI_MEMORY], want));
}

/* The largest that is not placed yet: the small ones fit into what it leaves. */
static size_t largest(const struct pci_want *wants, size_t count, unsigned placed)
{
    size_t found = count;
    for (size_t i = 0; i < count; i++)
        if ((placed >> i & 1) == 0 && (found == count || wants[i].size > wants[found].size))
            found = i;
    return found;
}

size_t pci_assign(const struct pci_room *room, struct pci_want *wants, size_t count)
{
    struct search search = {.room = room};
    struct pci_want placed[IVM_BAR_COUNT] = {0};
    unsigned done = 0;
    for (size_t i = 0; i < count; i++)
        placed[i] = wants[i];
    for (size_t i = largest(placed, count, done); i < count;
         i = largest(placed, count, done)) {
        if (!find(&search, &placed[i]))
            return i;
        done |= 1U << i;
        search.given[search.given_count++] = (struct pci_span){
            placed[i].base, placed[i].base + placed[i].size, placed[i].kind == PCI_PORTS};
    }
    for (size_t i = 0; i < count; i++)
        wants[i] = placed[i];
    return count;
}
