/* pci_route.c: where PCI interrupt pins arrive: who is asked, in which order.
 *
 * The chipset's registers are the wiring itself. What firmware wrote into tables comes after: ACPI's
 * _PRT would stand between the chipset and the MP table, being what newer firmware is written for.
 * Last comes the line register, which speaks of another controller.
 */
#include "pci_route.h"

#include <stddef.h>

#include <ivm/bus.h>
#include <ivm/system.h>

#include "pci.h"
#include "pci_route_provider.h"

static const struct pci_route_provider *const providers[] = {
    &pci_route_piix,
    &pci_route_ich9,
    &pci_route_mp_table,
    &pci_route_register,
};
enum { PROVIDER_COUNT = sizeof providers / sizeof providers[0] };

/* Written by pci_route_start() only, at the start. */
static bool knows[PROVIDER_COUNT];

void pci_route_start(void)
{
    struct pci_address host = {0, 0, 0};
    bool chipset = false;
    for (size_t i = 0; i < PROVIDER_COUNT; i++) {
        knows[i] = providers[i]->start == NULL || providers[i]->start();
        chipset = chipset || (providers[i]->start != NULL && knows[i]);
    }
    if (!chipset)
        ivm_log("pci routing: chipset %04x:%04x is not one whose wiring is known; by "
                "firmware's tables and line registers",
                pci_read16(host, PCI_VENDOR_ID), pci_read16(host, PCI_DEVICE_ID));
}

static enum pci_route_answer ask(size_t index, const struct ivm_pci *pci,
                                 struct ivm_line_info *out)
{
    if (!knows[index])
        return PCI_ROUTE_UNKNOWN;
    enum pci_route_answer answer = providers[index]->ask(pci, out);
    out->known_from = providers[index]->name;
    return answer;
}

static const char *trigger_text(const struct ivm_line_info *line)
{
    return line->trigger == IVM_LEVEL ? "level" : "edge";
}

static const char *polarity_text(const struct ivm_line_info *line)
{
    return line->polarity == IVM_ACTIVE_LOW ? "low" : "high";
}

/* What a register says that was written for the 8259 pair contradicts nobody. */
static void compare(size_t index, const struct ivm_pci *pci,
                    const struct ivm_line_info *counts)
{
    struct ivm_line_info other = {0};
    if (providers[index] == &pci_route_register ||
        ask(index, pci, &other) != PCI_ROUTE_ARRIVES)
        return;
    if (other.gsi == counts->gsi && other.trigger == counts->trigger &&
        other.polarity == counts->polarity)
        return;
    ivm_log("pci %02x:%02x.%u INT%c: gsi %u, %s, %s by %s, but gsi %u, %s, %s by %s; the "
            "first counts",
            pci->bus, pci->slot, pci->function, 'A' + pci->pin - 1, counts->gsi,
            trigger_text(counts), polarity_text(counts), counts->known_from, other.gsi,
            trigger_text(&other), polarity_text(&other), other.known_from);
}

bool pci_route_line(const struct ivm_pci *pci, struct ivm_line_info *out)
{
    if (pci->pin == 0 || pci->pin > PCI_PIN_COUNT)
        return false;
    struct ivm_line_info line = {0};
    enum pci_route_answer answer = PCI_ROUTE_UNKNOWN;
    size_t index = 0;
    while (index < PROVIDER_COUNT && answer == PCI_ROUTE_UNKNOWN)
        answer = ask(index++, pci, &line);
    if (answer != PCI_ROUTE_ARRIVES)
        return false;
    for (; index < PROVIDER_COUNT; index++)
        compare(index, pci, &line);
    *out = line;
    return true;
}

bool pci_route_is_unproven(const struct ivm_line_info *line)
{
    return line->known_from == pci_route_register.name;
}

/* A bridge's own bus is below the one it leads to: the climb ends. */
bool pci_pin_climb(struct pci_pin *at)
{
    struct pci_address bridge;
    if (!pci_bridge_to(at->bus, &bridge))
        return false;
    *at = (struct pci_pin){bridge.bus, bridge.slot, pci_swizzle(at->slot, at->pin)};
    return true;
}

struct pci_pin pci_pin_at_root(const struct ivm_pci *pci)
{
    struct pci_pin at = pci_pin(pci);
    while (pci_pin_climb(&at)) {
    }
    return at;
}

/* A PCI pin is level-triggered wherever it arrives. An ISA line that nobody describes is
 * given as edge and active high; firmware that routed PCI there meant PCI's polarity. */
bool pci_route_by_isa_line(uint8_t irq, struct ivm_line_info *out)
{
    struct ivm_line_info isa;
    if (!ivm_isa_line(irq, &isa))
        return false;
    *out = (struct ivm_line_info){
        .gsi = isa.gsi,
        .trigger = IVM_LEVEL,
        .polarity = isa.trigger == IVM_LEVEL ? isa.polarity : IVM_ACTIVE_LOW,
    };
    return true;
}
