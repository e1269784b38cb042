/* pci_window.c: the windows of a function's bus, what is in use in them, and its registers. */
#include "pci_window.h"

#include <ivm/bus.h>
#include <ivm/system.h>

#include "pci.h"
#include "pci_assign.h"
#include "pci_ecam.h"

/* clang-format off */
enum {
    LAYOUT_MASK       = 0x7F, /* of the header type */
    LAYOUT_BRIDGE     = 1,
    BRIDGE_BARS       = 2,
    BAR_IS_PORT       = 1 << 0,
    BAR_IS_64         = 1 << 2,
    BAR_PREFETCHABLE  = 1 << 3,
    SPAN_LIMIT        = 1024,
    AVOID_LIMIT       = 160,
};
/* Chipsets decode what lies here and is not RAM to PCI. */
#define ROOT_FIRST UINT64_C(0x80000000)
#define ROOT_END   UINT64_C(0xFEC00000) /* I/O APICs, local APICs, HPET, firmware */
#define PORT_FIRST UINT64_C(0xC000)     /* the chipset's own lie below */
#define PORT_END   UINT64_C(0x10000)
/* clang-format on */

/* Written at the start. */
static struct {
    struct pci_span spans[AVOID_LIMIT];
    size_t count;
    bool overflowed;
} avoided;

/* Under the devices' lock: what is in use near the function that is being served. */
static struct {
    struct pci_span windows[PCI_KIND_COUNT];
    struct pci_span spans[SPAN_LIMIT];
    size_t count;
    bool overflowed;
} space;

void pci_window_start(void)
{
    avoided.count = 0;
    avoided.overflowed = false;
}

void pci_window_avoid(uint64_t first, uint64_t end)
{
    if (first >= end)
        return;
    if (avoided.count == AVOID_LIMIT)
        avoided.overflowed = true;
    else
        avoided.spans[avoided.count++] = (struct pci_span){.first = first, .end = end};
}

/* What lies outside the windows does not matter. */
static void use(uint64_t first, uint64_t size, bool is_port)
{
    struct pci_span span = {first, first + size, is_port};
    bool matters = false;
    for (unsigned kind = 0; kind < PCI_KIND_COUNT; kind++)
        matters |= (kind == PCI_PORTS) == is_port && space.windows[kind].first < span.end &&
                   span.first < space.windows[kind].end;
    if (!matters)
        return;
    if (space.count == SPAN_LIMIT)
        space.overflowed = true;
    else
        space.spans[space.count++] = span;
}

static void read_windows(struct pci_address bridge, struct pci_span windows[PCI_KIND_COUNT])
{
    uint32_t registers[PCI_BRIDGE_REGISTERS];
    for (uint8_t i = 0; i < PCI_BRIDGE_REGISTERS; i++)
        registers[i] = pci_read32(bridge, (uint8_t)(PCI_BRIDGE_WINDOWS + 4 * i));
    pci_bridge_windows(registers, windows);
}

static void choose_windows(const struct ivm_pci *pci)
{
    struct pci_address bridge;
    if (pci_bridge_to(pci->bus, &bridge)) {
        read_windows(bridge, space.windows);
        return;
    }
    space.windows[PCI_MEMORY] = (struct pci_span){ROOT_FIRST, ROOT_END, false};
    space.windows[PCI_PREFETCHABLE] = (struct pci_span){0};
    space.windows[PCI_PORTS] = (struct pci_span){PORT_FIRST, PORT_END, true};
}

/* Whether the bridge is on the way to the bus: then its windows are what we give from. */
static bool leads_to(struct pci_address bridge, uint8_t bus)
{
    struct pci_address on_the_way;
    for (; pci_bridge_to(bus, &on_the_way); bus = on_the_way.bus)
        if (on_the_way.bus == bridge.bus && on_the_way.slot == bridge.slot &&
            on_the_way.function == bridge.function)
            return true;
    return false;
}

static void use_bars(const struct ivm_pci *pci)
{
    for (unsigned n = 0; n < IVM_BAR_COUNT; n++)
        if (pci->bars[n].base != 0)
            use(pci->bars[n].base, pci->bars[n].size, pci->bars[n].is_port);
}

/* A bridge is not sized; but a base address is a multiple of its size, so its lowest bit is the most
 * that it can be. */
static void use_bridge(const struct ivm_pci *pci, uint8_t bus)
{
    struct pci_address at = pci_address(pci);
    struct pci_span windows[PCI_KIND_COUNT];
    uint8_t layout = pci_read8(at, PCI_HEADER_TYPE) & LAYOUT_MASK;
    for (uint8_t n = 0; n < (layout == LAYOUT_BRIDGE ? BRIDGE_BARS : IVM_BAR_COUNT); n++) {
        uint32_t value = pci_read32(at, (uint8_t)(PCI_BAR_FIRST + 4 * n));
        bool is_port = (value & BAR_IS_PORT) != 0;
        uint32_t base = value & ~(is_port ? UINT32_C(3) : UINT32_C(15));
        use(base, base & -base, is_port);
    }
    if (layout != LAYOUT_BRIDGE || leads_to(at, bus))
        return;
    read_windows(at, windows);
    for (unsigned kind = 0; kind < PCI_KIND_COUNT; kind++)
        use(windows[kind].first, windows[kind].end - windows[kind].first,
            kind == PCI_PORTS);
}

static void use_ecam(void)
{
    const void *mcfg;
    size_t length;
    struct pci_ecam part;
    if (!ivm_acpi_table("MCFG", &mcfg, &length))
        return;
    for (size_t i = 0; pci_ecam_entry(mcfg, length, i, &part); i++)
        if (part.first_bus <= part.last_bus)
            use(part.base + ((uint64_t)part.first_bus << 20),
                ((uint64_t)part.last_bus - part.first_bus + 1) << 20, false);
}

static void collect(const struct ivm_pci *pci)
{
    space.count = 0;
    space.overflowed = avoided.overflowed;
    choose_windows(pci);
    for (size_t i = 0; i < avoided.count; i++)
        use(avoided.spans[i].first, avoided.spans[i].end - avoided.spans[i].first, false);
    use_ecam();
    use_bars(pci);
    for (size_t i = 0; i < ivm_device_count(); i++) {
        const struct ivm_device *device = ivm_device_at(i);
        if (device->bus != IVM_BUS_PCI || device->is_gone || &device->pci == pci)
            continue;
        use_bars(&device->pci);
        if (device->pci.class_code >> 16 == PCI_CLASS_BRIDGE)
            use_bridge(&device->pci, pci->bus);
    }
}

/* The registers that have a size and no address; `numbers` says which. */
static size_t list_wants(const struct ivm_pci *pci, struct pci_want wants[IVM_BAR_COUNT],
                         uint8_t numbers[IVM_BAR_COUNT])
{
    size_t count = 0;
    for (uint8_t n = 0; n < IVM_BAR_COUNT; n++) {
        const struct ivm_bar *bar = &pci->bars[n];
        if (bar->size == 0 || bar->base != 0)
            continue;
        uint32_t flags = pci_read32(pci_address(pci), (uint8_t)(PCI_BAR_FIRST + 4 * n));
        enum pci_kind memory =
            (flags & BAR_PREFETCHABLE) != 0 ? PCI_PREFETCHABLE : PCI_MEMORY;
        numbers[count] = n;
        wants[count++] = (struct pci_want){
            .size = bar->size,
            .kind = bar->is_port ? PCI_PORTS : memory,
            .is_wide = !bar->is_port && (flags & BAR_IS_64) != 0,
        };
    }
    return count;
}

static bool has_memory(const struct ivm_pci *pci)
{
    for (unsigned n = 0; n < IVM_BAR_COUNT; n++)
        if (pci->bars[n].size != 0 && !pci->bars[n].is_port)
            return true;
    return false;
}

/* False: it does not read back. */
static bool write_base(struct ivm_pci *pci, uint8_t number, const struct pci_want *want)
{
    struct pci_address at = pci_address(pci);
    uint8_t offset = (uint8_t)(PCI_BAR_FIRST + 4 * number);
    uint32_t flags = want->kind == PCI_PORTS ? 3 : 15;
    pci_write32(at, offset, (uint32_t)want->base);
    if (want->is_wide)
        pci_write32(at, (uint8_t)(offset + 4), (uint32_t)(want->base >> 32));
    if ((pci_read32(at, offset) & ~flags) != (uint32_t)want->base)
        return false;
    pci->bars[number].base = want->base;
    return true;
}

static void log_no_room(const struct ivm_pci *pci, uint8_t number,
                        const struct pci_want *want, const char *consequence)
{
    static const char *const words[] = {"of memory", "of prefetchable memory", "ports"};
    ivm_log("pci %02x:%02x.%u: no room for base address %u, 0x%llx %s, on bus %02x; %s",
            pci->bus, pci->slot, pci->function, number, (unsigned long long)want->size,
            words[want->kind], pci->bus, consequence);
}

/* What is wanted without its ports, in place; how many are left. */
static size_t drop_ports(struct pci_want *wants, uint8_t *numbers, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (wants[i].kind == PCI_PORTS)
            continue;
        wants[kept] = wants[i];
        numbers[kept++] = numbers[i];
    }
    return kept;
}

/* The first of `wants` that there is no room for; `count`: all are placed. */
static size_t find_places(struct pci_want *wants, size_t count)
{
    struct pci_room room = {.used = space.spans, .used_count = space.count};
    for (unsigned kind = 0; kind < PCI_KIND_COUNT; kind++)
        room.windows[kind] = space.windows[kind];
    return space.overflowed ? 0 : pci_assign(&room, wants, count);
}

/* Firmware opens no ports behind most bridges, and what has memory as well can do without: its
 * driver finds that base address absent. `count` is then less, and may be 0: nothing is left to place.
 * False: there is no room. */
static bool place(const struct ivm_pci *pci, struct pci_want *wants, uint8_t *numbers,
                  size_t *count)
{
    size_t misfit = find_places(wants, *count);
    if (misfit < *count && wants[misfit].kind == PCI_PORTS && has_memory(pci)) {
        log_no_room(pci, numbers[misfit], &wants[misfit], "it goes without ports");
        *count = drop_ports(wants, numbers, *count);
        misfit = find_places(wants, *count);
    }
    if (misfit == *count)
        return true;
    log_no_room(pci, numbers[misfit], &wants[misfit], "it gets no addresses");
    return false;
}

static bool write_bases(struct ivm_pci *pci, const struct pci_want *wants, size_t count,
                        const uint8_t numbers[IVM_BAR_COUNT])
{
    for (size_t i = 0; i < count; i++) {
        if (!write_base(pci, numbers[i], &wants[i])) {
            ivm_log("pci %02x:%02x.%u: base address %u does not keep 0x%llx; not driven",
                    pci->bus, pci->slot, pci->function, numbers[i],
                    (unsigned long long)wants[i].base);
            return false;
        }
        ivm_log("pci %02x:%02x.%u: base address %u is 0x%llx, 0x%llx %s", pci->bus,
                pci->slot, pci->function, numbers[i], (unsigned long long)wants[i].base,
                (unsigned long long)wants[i].size,
                wants[i].kind == PCI_PORTS ? "ports" : "bytes");
    }
    return true;
}

/* A function decodes all the time but while a register is written: it may be one that worked before. */
bool pci_give_addresses(struct ivm_pci *pci)
{
    struct pci_want wants[IVM_BAR_COUNT];
    uint8_t numbers[IVM_BAR_COUNT];
    struct pci_address at = pci_address(pci);
    const uint16_t decoding = PCI_COMMAND_IO | PCI_COMMAND_MEMORY;
    size_t wanted = list_wants(pci, wants, numbers);
    if (wanted == 0)
        return true;
    collect(pci);
    size_t count = wanted;
    bool fits = place(pci, wants, numbers, &count);
    if (!fits || count != 0)
        pci_command(at, 0, decoding);
    if (!fits || !write_bases(pci, wants, count, numbers))
        return false;
    pci_command(at, count == wanted ? decoding : PCI_COMMAND_MEMORY, 0);
    return true;
}
