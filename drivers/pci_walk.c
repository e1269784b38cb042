/* pci_walk.c: every function of every PCI bus, and what its base addresses say. */
#include <ivm/system.h>

#include <hw/cpu.h>

#include "pci.h"

/* clang-format off */
enum {
    LAYOUT_MASK     = 0x7F, /* of the header type */
    LAYOUT_DEVICE   = 0,
    LAYOUT_BRIDGE   = 1,
    SEVERAL         = 0x80,
    BAR_IS_PORT     = 1 << 0,
    BAR_TYPE_SHIFT  = 1,    /* [2:1] of a memory register */
    BAR_TYPE_MASK   = 3,
    BAR_32          = 0,
    BAR_BELOW_1M    = 1,
    BAR_64          = 2,
    BAR_BRIDGE_COUNT = 2,
};
#define BAR_PORT_MASK   UINT32_C(0xFFFFFFFC)
#define BAR_MEMORY_MASK UINT32_C(0xFFFFFFF0)
/* clang-format on */

/* How the first walk reached each bus. Written by pci_walk() only, at the start. */
static struct way {
    bool known;
    bool behind_bridge;
    struct pci_address bridge;
} ways[PCI_BUS_COUNT];

struct walk {
    pci_known *known; /* NULL: the first walk */
    pci_found *found;
    void *context;
    size_t count;
};

static bool size_is_sound(uint64_t base, uint64_t size)
{
    return size != 0 && (size & (size - 1)) == 0 && (base & (size - 1)) == 0;
}

static bool decode_port(uint32_t value, uint32_t size, struct ivm_bar *bar)
{
    uint32_t mask = size & BAR_PORT_MASK;
    /* A device may leave the upper half of an I/O register unwired: it reads as zeros. */
    if ((mask & 0xFFFF0000) == 0)
        mask |= 0xFFFF0000;
    *bar = (struct ivm_bar){value & BAR_PORT_MASK, ~mask + UINT32_C(1), true};
    return bar->size <= 0x10000 && size_is_sound(bar->base, bar->size);
}

static bool decode_memory(uint64_t value, uint64_t size, struct ivm_bar *bar)
{
    *bar = (struct ivm_bar){value & ~UINT64_C(15), ~(size & ~UINT64_C(15)) + 1, false};
    return size_is_sound(bar->base, bar->size);
}

uint8_t pci_decode_bars(const uint32_t values[IVM_BAR_COUNT],
                        const uint32_t sizes[IVM_BAR_COUNT],
                        struct ivm_bar bars[IVM_BAR_COUNT])
{
    uint8_t senseless = 0;
    for (unsigned n = 0; n < IVM_BAR_COUNT; n++)
        bars[n] = (struct ivm_bar){0};
    for (unsigned n = 0; n < IVM_BAR_COUNT; n++) {
        if (sizes[n] == 0)
            continue; /* not implemented */
        unsigned here = n;
        uint32_t type = values[n] >> BAR_TYPE_SHIFT & BAR_TYPE_MASK;
        bool good;
        if ((values[n] & BAR_IS_PORT) != 0) {
            good = decode_port(values[n], sizes[n], &bars[n]);
        } else if (type == BAR_64 && n + 1 < IVM_BAR_COUNT) {
            n++;
            good = decode_memory((uint64_t)values[n] << 32 | values[here],
                                 (uint64_t)sizes[n] << 32 | sizes[here], &bars[here]);
        } else {
            /* Sized as 64 bits wide, with the upper half all ones: it holds no size. */
            good =
                (type == BAR_32 || type == BAR_BELOW_1M) &&
                decode_memory(values[n], UINT64_C(0xFFFFFFFF00000000) | sizes[n], &bars[n]);
        }
        if (!good) {
            bars[here] = (struct ivm_bar){0};
            senseless |= (uint8_t)(1U << here);
        }
    }
    return senseless;
}

/* Decoding is off while a register holds all ones: the device would answer at the top of
 * the address space. Interrupts are off as well: a log line to a screen whose memory is
 * not decoded would be lost. */
static void read_bars(struct pci_address at, struct ivm_pci *pci)
{
    uint32_t values[IVM_BAR_COUNT], sizes[IVM_BAR_COUNT];
    bool were_on = cpu_interrupts_save();
    uint16_t command = pci_read16(at, PCI_COMMAND);
    pci_write16(at, PCI_COMMAND,
                command & (uint16_t) ~(PCI_COMMAND_IO | PCI_COMMAND_MEMORY));
    for (uint8_t n = 0; n < IVM_BAR_COUNT; n++) {
        uint8_t offset = (uint8_t)(PCI_BAR_FIRST + 4 * n);
        values[n] = pci_read32(at, offset);
        pci_write32(at, offset, UINT32_C(0xFFFFFFFF));
        sizes[n] = pci_read32(at, offset);
        pci_write32(at, offset, values[n]);
    }
    pci_write16(at, PCI_COMMAND, command);
    cpu_interrupts_restore(were_on);

    uint8_t senseless = pci_decode_bars(values, sizes, pci->bars);
    for (unsigned n = 0; n < IVM_BAR_COUNT; n++)
        if ((senseless >> n & 1) != 0)
            ivm_log("pci %02x:%02x.%u: base address %u makes no sense: 0x%08x, sized "
                    "0x%08x; left out",
                    at.bus, at.slot, at.function, n, values[n], sizes[n]);
}

static void read_pin(struct pci_address at, struct ivm_pci *pci)
{
    uint8_t pin = pci_read8(at, PCI_INTERRUPT_PIN);
    if (pin <= PCI_PIN_COUNT)
        pci->pin = pin;
    else
        ivm_log("pci %02x:%02x.%u: interrupt pin %u is none of 0 to 4; left out", at.bus,
                at.slot, at.function, pin);
}

static void follow_bridge(struct pci_address at, const struct walk *walk)
{
    if (walk->known != NULL) {
        ivm_log(
            "pci %02x:%02x.%u: a bridge that was put in later: the buses behind it have "
            "no numbers; not followed",
            at.bus, at.slot, at.function);
        return;
    }
    uint8_t bus = pci_read8(at, PCI_SECONDARY_BUS);
    if (bus <= at.bus || ways[bus].known) {
        ivm_log("pci %02x:%02x.%u: a bridge to bus %u, which is %s; not followed", at.bus,
                at.slot, at.function, bus, bus == 0 ? "not set up" : "not below it");
        return;
    }
    ways[bus] = (struct way){.known = true, .behind_bridge = true, .bridge = at};
}

/* One function; false when nothing is there. */
static bool visit_function(struct pci_address at, struct walk *walk)
{
    uint32_t id = pci_read32(at, PCI_VENDOR_ID);
    if ((id & 0xFFFF) == PCI_NO_VENDOR || (id & 0xFFFF) == 0)
        return false;
    if (walk->known != NULL && walk->known(at, walk->context))
        return true;
    struct ivm_pci pci = {.bus = at.bus,
                          .slot = at.slot,
                          .function = at.function,
                          .vendor = (uint16_t)id,
                          .device = (uint16_t)(id >> 16),
                          .class_code = pci_read32(at, PCI_CLASS_REVISION) >> 8};
    uint8_t layout = pci_read8(at, PCI_HEADER_TYPE) & LAYOUT_MASK;
    /* Turning a host bridge's decoding off could cut off memory: bridges are not sized. */
    if (layout == LAYOUT_DEVICE && pci.class_code >> 16 != PCI_CLASS_BRIDGE)
        read_bars(at, &pci);
    if (layout == LAYOUT_BRIDGE)
        follow_bridge(at, walk);
    else if (layout != LAYOUT_DEVICE)
        ivm_log("pci %02x:%02x.%u: header layout %u is unknown; base addresses left out",
                at.bus, at.slot, at.function, layout);
    read_pin(at, &pci);
    walk->count++;
    walk->found(&pci, walk->context);
    return true;
}

static void visit_bus(uint8_t bus, struct walk *walk)
{
    for (uint8_t slot = 0; slot < PCI_SLOT_COUNT; slot++) {
        struct pci_address at = {bus, slot, 0};
        if (!visit_function(at, walk) || (pci_read8(at, PCI_HEADER_TYPE) & SEVERAL) == 0)
            continue;
        for (at.function = 1; at.function < PCI_FUNCTION_COUNT; at.function++)
            visit_function(at, walk);
    }
}

/* A bridge leads to a bus of a higher number only, so one pass upwards meets all of them,
 * each once. */
size_t pci_walk(pci_found *found, void *context)
{
    struct walk walk = {.found = found, .context = context};
    for (unsigned bus = 0; bus < PCI_BUS_COUNT; bus++)
        ways[bus] = (struct way){.known = bus == 0};
    for (unsigned bus = 0; bus < PCI_BUS_COUNT; bus++)
        if (ways[bus].known)
            visit_bus((uint8_t)bus, &walk);
    return walk.count;
}

size_t pci_walk_again(pci_known *known, pci_found *found, void *context)
{
    struct walk walk = {.known = known, .found = found, .context = context};
    for (unsigned bus = 0; bus < PCI_BUS_COUNT; bus++)
        if (ways[bus].known)
            visit_bus((uint8_t)bus, &walk);
    return walk.count;
}

bool pci_bridge_to(uint8_t bus, struct pci_address *bridge)
{
    if (!ways[bus].behind_bridge)
        return false;
    *bridge = ways[bus].bridge;
    return true;
}
