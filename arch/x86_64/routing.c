/* routing.c: how wires reach I/O APIC inputs. */
#include "routing.h"

#include <ivm/bus.h>
#include <ivm/system.h>

#include "ioapic.h"
#include "kernel/format.h"

/* Written by routing_start() only, before any other CPU runs. */
static struct isa_line {
    struct ivm_line_info info;
    bool present;    /* some I/O APIC has that input, and the line reaches it */
    bool overridden; /* the MADT says so */
} lines[ROUTING_ISA_LINES];

/* [MP] "I/O Interrupt Assignment Entries": what conforms to ISA is edge-triggered, high. */
static struct ivm_line_info override_info(const struct madt_override *override,
                                          const char *known_from)
{
    return (struct ivm_line_info){
        .gsi = override->gsi,
        .trigger = override->trigger == MADT_LEVEL ? IVM_LEVEL : IVM_EDGE,
        .polarity =
            override->polarity == MADT_ACTIVE_LOW ? IVM_ACTIVE_LOW : IVM_ACTIVE_HIGH,
        .known_from = known_from,
    };
}

static bool gsi_is_there(uint32_t gsi)
{
    uint32_t pin;
    return ioapic_find(gsi, &pin) != NULL;
}

/* The first override of a line counts. */
static void apply_override(const struct madt_override *override, const char *known_from)
{
    if (override->bus != 0 || override->irq >= ROUTING_ISA_LINES ||
        lines[override->irq].overridden)
        return;
    struct isa_line *line = &lines[override->irq];
    line->overridden = true;
    line->info = override_info(override, known_from);
    line->present = gsi_is_there(override->gsi);
    if (!line->present)
        ivm_log("%s: IRQ %u is said to arrive at gsi %u, which no I/O APIC has", known_from,
                override->irq, (unsigned) override->gsi);
}

static const struct isa_line *find_override(uint32_t gsi)
{
    for (size_t irq = 0; irq < ROUTING_ISA_LINES; irq++)
        if (lines[irq].overridden && lines[irq].info.gsi == gsi)
            return &lines[irq];
    return NULL;
}

/* An input that another line was moved to is not this line's: so irq 2, the 8259 cascade,
 * has none where irq 0 arrives at gsi 2. */
static void apply_default(uint8_t irq)
{
    if (lines[irq].overridden)
        return;
    lines[irq].info = (struct ivm_line_info){.gsi = irq,
                                             .trigger = IVM_EDGE,
                                             .polarity = IVM_ACTIVE_HIGH,
                                             .known_from = "ISA default"};
    lines[irq].present = find_override(irq) == NULL && gsi_is_there(irq);
}

/* How the wire of a gsi behaves, as far as is known before a driver says: as its ISA line,
 * or as a PCI line. */
static struct ivm_line_info idle_line(uint32_t gsi)
{
    for (size_t irq = 0; irq < ROUTING_ISA_LINES; irq++)
        if (lines[irq].present && lines[irq].info.gsi == gsi)
            return lines[irq].info;
    return routing_pci_line(gsi);
}

void routing_start(const struct madt *madt)
{
    for (size_t irq = 0; irq < ROUTING_ISA_LINES; irq++)
        lines[irq] = (struct isa_line){.present = false};
    for (size_t i = 0; i < madt->override_count; i++)
        apply_override(&madt->overrides[i],
                       madt->from_mp_table ? "MP table" : "MADT override");
    for (uint8_t irq = 0; irq < ROUTING_ISA_LINES; irq++)
        apply_default(irq);
    for (uint32_t gsi = 0; gsi < ioapic_gsi_end(); gsi++) {
        struct ivm_line_info line = idle_line(gsi);
        ioapic_set_idle(gsi, line.trigger, line.polarity);
    }
}

bool ivm_isa_line(uint8_t irq, struct ivm_line_info *out)
{
    if (irq >= ROUTING_ISA_LINES || !lines[irq].present)
        return false;
    *out = lines[irq].info;
    return true;
}

struct ivm_line_info routing_pci_line(uint32_t gsi)
{
    const struct isa_line *line = find_override(gsi);
    if (line != NULL)
        return line->info;
    return (struct ivm_line_info){.gsi = gsi,
                                  .trigger = IVM_LEVEL,
                                  .polarity = IVM_ACTIVE_LOW,
                                  .known_from = "PCI default"};
}

size_t routing_gsi_text(uint32_t gsi, char *out, size_t size)
{
    for (unsigned irq = 0; irq < ROUTING_ISA_LINES; irq++) {
        const struct isa_line *line = &lines[irq];
        if (!line->present || line->info.gsi != gsi)
            continue;
        if (!line->overridden)
            return format_text(out, size, "IRQ %u", irq);
        return format_text(out, size, "IRQ %u override, %s, %s", irq,
                           line->info.trigger == IVM_LEVEL ? "level" : "edge",
                           line->info.polarity == IVM_ACTIVE_LOW ? "low" : "high");
    }
    return format_text(out, size, "%s", "");
}
