/* pci_assign.h: which addresses a PCI function gets: room, what is in use in it, what is wanted.
 *
 * Pure: the registers are pci_window.h's.
 */
#ifndef DRIVERS_PCI_ASSIGN_H
#define DRIVERS_PCI_ASSIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ivm/driver.h>

/* Addresses [first, end), or ports. Nothing: end <= first. */
struct pci_span {
    uint64_t first, end;
    bool is_port;
};

enum pci_kind { PCI_MEMORY = 0, PCI_PREFETCHABLE, PCI_PORTS, PCI_KIND_COUNT };

/* What a base address register wants, and gets. */
struct pci_want {
    uint64_t size; /* a power of two */
    enum pci_kind kind;
    bool is_wide;  /* it takes an address above 4 GiB */
    uint64_t base; /* out */
};

struct pci_room {
    struct pci_span windows[PCI_KIND_COUNT]; /* what is passed on to the function's bus */
    const struct pci_span *used;             /* in any order; they may overlap */
    size_t used_count;
};

/* The windows that a bridge passes on, from its registers; `registers[i]` is the 32-bit register at
 * offset 0x1C + 4 * i of its header, up to 0x30. A window that is closed is empty.
 *
 * source  [PCIBRIDGE] "I/O Base Register and I/O Limit Register", "Memory Base Register and Memory
 *         Limit Register", "Prefetchable Memory Base Register and Prefetchable Memory Limit Register"
 */
enum { PCI_BRIDGE_WINDOWS = 0x1C, PCI_BRIDGE_REGISTERS = 6 };
void pci_bridge_windows(const uint32_t registers[PCI_BRIDGE_REGISTERS],
                        struct pci_span windows[PCI_KIND_COUNT]);

/* Give every want a base that is a multiple of its size, in a window of its kind, clear of what is
 * used and of each other. What is prefetchable also fits where nothing is prefetched; not the other
 * way round. The highest free place is taken.
 *
 * count   [0, IVM_BAR_COUNT]
 * returns  the index of a want that fits nowhere; `count` when all fit. Only then a base was written
 */
size_t pci_assign(const struct pci_room *room, struct pci_want *wants, size_t count);

#endif
