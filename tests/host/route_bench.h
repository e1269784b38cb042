/* route_bench.h: boards whose PCI pins arrive somewhere: included by the tests of routing, once each. */
#ifndef HOST_ROUTE_BENCH_H
#define HOST_ROUTE_BENCH_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <ivm/bus.h>

#include "drivers/pci_route.h"
#include "fake/hardware.h"
#include "fake/pci_space.h"
#include "fake/system.h"

#define QEMU_BOARD UINT32_C(0x11001AF4)

static struct ivm_line_info isa_lines[16];
static struct fake_function *isa_bridge;

bool ivm_isa_line(uint8_t irq, struct ivm_line_info *out)
{
    if (irq >= 16)
        return false;
    *out = isa_lines[irq];
    return true;
}

/* PCI with nothing on it; each ISA line as the standard has it. */
static inline void route_bench_start(void)
{
    fake_hardware_reset();
    fake_system_reset();
    fake_cpu.interrupts_on = true;
    fake_pci_start();
    for (uint8_t irq = 0; irq < 16; irq++)
        isa_lines[irq] = (struct ivm_line_info){irq, IVM_EDGE, IVM_ACTIVE_HIGH, "default"};
}

/* The functions that the routes of a chipset are in. */
static inline void route_bench_pc(uint32_t board)
{
    static const uint8_t routes[4] = {10, 10, 11, 11};
    fake_pci_put32(fake_pci_add(0, 0, 0, 0x12378086), PCI_SUBSYSTEM_VENDOR, board);
    isa_bridge = fake_pci_add(0, 1, 0, 0x70008086);
    memcpy(isa_bridge->bytes + 0x60, routes, 4);
}

static inline void route_bench_q35(uint32_t board)
{
    fake_pci_put32(fake_pci_add(0, 0, 0, 0x29C08086), PCI_SUBSYSTEM_VENDOR, board);
    isa_bridge = fake_pci_add(0, 31, 0, 0x29188086);
}

static inline bool route(uint8_t bus, uint8_t slot, uint8_t pin, struct ivm_line_info *out)
{
    struct ivm_pci pci = {.bus = bus, .slot = slot, .pin = pin};
    return pci_route_line(&pci, out);
}

static inline uint32_t gsi_of(uint8_t bus, uint8_t slot, uint8_t pin)
{
    struct ivm_line_info line;
    assert_true(route(bus, slot, pin, &line));
    assert_int_equal(line.trigger, IVM_LEVEL);
    return line.gsi;
}

static inline void ignore(const struct ivm_pci *pci, void *context)
{
    (void)pci;
    (void)context;
}

#endif
