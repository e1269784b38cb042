/* capability_bench.h: a PCI function's configuration space as bytes, for tests of what reads its
 * capabilities: included by these, once each. */
#ifndef HOST_CAPABILITY_BENCH_H
#define HOST_CAPABILITY_BENCH_H

#include <stdint.h>
#include <string.h>

#include "drivers/pci_capability.h"

/* A function whose list is written as a test wants it. */
static struct ivm_bar bars[IVM_BAR_COUNT];
static struct pci_space space;

static inline void put16(unsigned at, unsigned value)
{
    space.bytes[at] = (uint8_t)value;
    space.bytes[at + 1] = (uint8_t)(value >> 8);
}

static inline void put32(unsigned at, uint32_t value)
{
    put16(at, value & 0xFFFF);
    put16(at + 2, value >> 16);
}

/* A capability; in front of the list. */
static inline void add(uint8_t at, uint8_t id, unsigned control)
{
    space.bytes[at] = id;
    space.bytes[at + 1] = space.bytes[0x34];
    put16(at + 2U, control);
    space.bytes[0x34] = at;
}

static inline int set_up(void **state)
{
    (void)state;
    memset(bars, 0, sizeof bars);
    bars[1] = (struct ivm_bar){.base = 0xFEB00000, .size = 0x2000};
    bars[3] = (struct ivm_bar){.base = 0x800000000, .size = 0x8000};
    space = (struct pci_space){.bars = bars, .physical_end = UINT64_C(1) << 40};
    put32(0, 0x00061B36);
    space.bytes[0x06] = 0x10;
    return 0;
}

/* MSI-X as a sound function has it: 4 entries, table and pending bits in base address 1. */
static inline int set_up_msix(void **state)
{
    set_up(state);
    add(0x50, 0x01, 0);
    add(0x70, PCI_CAPABILITY_MSIX, 3);
    put32(0x74, 0x0000 | 1);
    put32(0x78, 0x1000 | 1);
    return 0;
}

static struct pci_msix msix;

/* What reading it says; a fault leaves what was there. */
static inline enum pci_fault msix_fault(void)
{
    struct pci_msix before;
    memset(&msix, 0xA5, sizeof msix);
    before = msix;
    enum pci_fault fault = pci_capability_msix(&space, &msix).fault;
    if (fault != PCI_FAULT_NONE)
        assert_memory_equal(&msix, &before, sizeof msix);
    return fault;
}

static inline uint8_t msix_where(void)
{
    return pci_capability_msix(&space, &msix).at;
}

#endif
