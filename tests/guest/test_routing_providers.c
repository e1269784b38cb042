/* test_routing_providers.c: who can say where a PCI pin arrives, each asked by itself, against the wire.
 */
#include <stddef.h>

#include <hw/mmio.h>
#include <ivm/bus.h>
#include <ivm/system.h>

#include "drivers/measure.h"
#include "drivers/pci.h"
#include "drivers/pci_route.h"
#include "drivers/pci_route_provider.h"
#include "kernel/monitor/text.h"
#include "suite.h"

enum {
    MOST = 16,
    ISA_LINES = 16,

    /* [ICH9] the ISA bridge's base of the root complex registers, and D25IR among these */
    VENDOR_INTEL = 0x8086,
    BRIDGE_ICH9 = 0x2918,
    ROOT_COMPLEX = 0xF0,
    ROOT_COMPLEX_SIZE = 0x4000,
    ROUTES_OF_25 = 0x3150,
    SLOT_25 = 25,
    INTA_TO_PIRQE = 4,
    GSI_PIRQE = 20,
};

static bool is_by(const struct ivm_device *device,
                  const struct pci_route_provider *provider)
{
    return text_is(device->line.known_from, provider->name);
}

static bool is_edu(const struct ivm_device *device)
{
    return device->bus == IVM_BUS_PCI && device->driver != NULL && device->has_line &&
           text_is(device->driver->name, "edu");
}

GUEST_TEST(routing, the_mp_table_says_of_each_edu_what_the_piix_says)
{
    unsigned compared = 0;
    for (size_t i = 0; i < ivm_device_count(); i++) {
        const struct ivm_device *device = ivm_device_at(i);
        struct ivm_line_info line;
        if (!is_edu(device) || !is_by(device, &pci_route_piix) ||
            pci_route_mp_table.ask(&device->pci, &line) != PCI_ROUTE_ARRIVES)
            continue;
        CHECK_EQUAL(line.gsi, device->line.gsi);
        CHECK_EQUAL(line.trigger, device->line.trigger);
        CHECK_EQUAL(line.polarity, device->line.polarity);
        compared++;
    }
    if (compared == 0)
        suite_skip("no PIIX with an MP table");
}

/* Firmware wrote it for the 8259 pair: where that pair's lines are the I/O APIC's it is right. */
static void ask_line_register(struct ivm_device *device)
{
    struct ivm_line_info line = {0};
    CHECK_EQUAL(pci_route_register.ask(&device->pci, &line), PCI_ROUTE_ARRIVES);
    CHECK(line.gsi < ISA_LINES);
    CHECK_EQUAL(line.gsi == device->line.gsi, is_by(device, &pci_route_piix));
    device->line = line;
    device->line.known_from = pci_route_register.name;
    CHECK(pci_route_is_unproven(&device->line));
}

GUEST_TEST(routing, what_each_edu_s_line_register_says_counts_once_it_was_measured)
{
    struct ivm_device *edus[MOST];
    struct ivm_line_info real[MOST];
    size_t count = 0;
    for (size_t i = 0; i < ivm_device_count() && count < MOST; i++) {
        if (!is_edu(ivm_device_at(i)))
            continue;
        edus[count] = ivm_device_at(i);
        real[count] = edus[count]->line;
        ask_line_register(edus[count++]);
    }
    if (count == 0)
        suite_skip("no edu device");

    devices_measure();

    for (size_t i = 0; i < count; i++) {
        CHECK_EQUAL(edus[i]->line.gsi, real[i].gsi);
        CHECK(text_is(edus[i]->line.known_from, "measured"));
        edus[i]->line = real[i];
    }
}

static struct ivm_device *edu_in_slot_25(void)
{
    for (size_t i = 0; i < ivm_device_count(); i++) {
        struct ivm_device *device = ivm_device_at(i);
        if (is_edu(device) && is_by(device, &pci_route_ich9) && device->pci.bus == 0 &&
            device->pci.slot == SLOT_25)
            return device;
    }
    suite_skip("no ICH9 with an edu in slot 25");
    return NULL;
}

static uintptr_t root_complex(void)
{
    struct pci_address bridge;
    if (!pci_find_on_root(VENDOR_INTEL, BRIDGE_ICH9, &bridge))
        return 0;
    uint32_t base = pci_read32(bridge, ROOT_COMPLEX) / ROOT_COMPLEX_SIZE;
    return ivm_map_device((uint64_t)base * ROOT_COMPLEX_SIZE, ROOT_COMPLEX_SIZE);
}

/* It takes effect at once: the next firing arrives elsewhere, and the register said so. */
GUEST_TEST(routing, a_slot_s_route_register_rewritten_leads_its_pin_to_another_line)
{
    struct ivm_device *device = edu_in_slot_25();
    if (device == NULL)
        return;
    uintptr_t registers = root_complex();
    REQUIRE(registers != 0);
    uint16_t routes = mmio_read16(registers + ROUTES_OF_25);
    struct ivm_line_info line = {0};
    struct ivm_measurement measured = {0};
    CHECK(device->line.gsi != GSI_PIRQE);

    mmio_write16(registers + ROUTES_OF_25, (uint16_t)((routes & ~7u) | INTA_TO_PIRQE));
    CHECK(pci_route_ich9.start());

    CHECK_EQUAL(pci_route_ich9.ask(&device->pci, &line), PCI_ROUTE_ARRIVES);
    CHECK_EQUAL(line.gsi, GSI_PIRQE);
    CHECK_EQUAL(ivm_device_measure(device, &measured), IVM_OK);
    CHECK(measured.heard && !measured.agrees);
    CHECK_EQUAL(measured.gsi, GSI_PIRQE);
    CHECK_EQUAL(measured.known_gsi, device->line.gsi);

    mmio_write16(registers + ROUTES_OF_25, routes);
    CHECK(pci_route_ich9.start());
    CHECK_EQUAL(ivm_device_measure(device, &measured), IVM_OK);
    CHECK(measured.agrees);
}
