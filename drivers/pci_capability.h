/* pci_capability.h: what a function's capability list says of its messages, checked.
 *
 * Pure: bytes of configuration space and base addresses go in, a struct or the name of what is
 * wrong comes out. Every list is refused as a whole: who lies in one place is not believed in
 * another.
 */
#ifndef DRIVERS_PCI_CAPABILITY_H
#define DRIVERS_PCI_CAPABILITY_H

#include <stdbool.h>
#include <stdint.h>

#include <ivm/driver.h>

enum { PCI_CONFIG_SIZE = 256, PCI_MSI_LIMIT = 32, PCI_MSIX_LIMIT = 2048 };

/* [PCI] "Capability IDs" */
enum {
    PCI_CAPABILITY_MSI = 0x05,
    PCI_CAPABILITY_VENDOR = 0x09,
    PCI_CAPABILITY_EXPRESS = 0x10,
    PCI_CAPABILITY_MSIX = 0x11,
};

/* clang-format off */
/* name, text */
#define PCI_FAULT_LIST(X)                                                                         \
    X(NONE,              "nothing is wrong")                                                      \
    X(ABSENT,            "it has no such capability")                                             \
    X(SILENT,            "the function does not answer")                                          \
    X(HEADER_UNKNOWN,    "the header's layout is unknown")                                        \
    X(LIST_IN_HEADER,    "a capability pointer leads into the header")                            \
    X(LIST_LOOPS,        "the capability list loops")                                             \
    X(LIST_UNREADABLE,   "a capability reads as all ones")                                        \
    X(TWICE,             "the capability is there twice")                                         \
    X(PAST_END,          "the capability runs past the end of configuration space")               \
    X(CAPABILITIES_MIX,  "another capability begins inside the capability")                       \
    X(MSI_COUNT,         "its number of messages is a reserved value")                            \
    X(TABLE_BAR_NUMBER,  "the table is in base address 6 or 7, which do not exist")               \
    X(TABLE_BAR_ABSENT,  "the base address of the table is absent")                               \
    X(TABLE_BAR_PORT,    "the base address of the table is of ports, not of memory")              \
    X(TABLE_BAR_BEYOND,  "the base address of the table lies beyond physical memory")             \
    X(TABLE_BEYOND_BAR,  "the table is larger than what is left of its base address")             \
    X(PENDING_BAR_NUMBER, "the pending bits are in base address 6 or 7, which do not exist")      \
    X(PENDING_BAR_ABSENT, "the base address of the pending bits is absent")                       \
    X(PENDING_BAR_PORT,  "the base address of the pending bits is of ports, not of memory")       \
    X(PENDING_BAR_BEYOND, "the base address of the pending bits lies beyond physical memory")     \
    X(PENDING_BEYOND_BAR, "the pending bits are more than what is left of their base address")    \
    X(TABLE_AND_PENDING, "the table and the pending bits overlap")
/* clang-format on */

enum pci_fault {
#define X(name, text) PCI_FAULT_##name,
    PCI_FAULT_LIST(X)
#undef X
        PCI_FAULT_COUNT
};

/* The fault as a clause for a log. */
const char *pci_fault_text(enum pci_fault fault);

/* What is looked at. */
struct pci_space {
    uint8_t bytes[PCI_CONFIG_SIZE];
    const struct ivm_bar *bars; /* IVM_BAR_COUNT */
    uint64_t physical_end;      /* one past the highest physical address */
};

/* pci_space.c: read all of a function's configuration space. Any level. */
void pci_space_read(const struct ivm_pci *pci, struct pci_space *out);

/* What is wrong, and in which register. */
struct pci_finding {
    enum pci_fault fault;
    uint8_t at;
};

/* [PCI] "MSI Capability Structure". Offsets in configuration space; 0: it has none. */
struct pci_msi {
    uint8_t at;
    uint8_t count; /* messages it has: 1, 2, 4, 8, 16 or 32 */
    bool is_64;
    uint8_t control;
    uint8_t address;
    uint8_t address_high;
    uint8_t data;
    uint8_t mask;
    uint8_t pending;
};

/* [PCI] "MSI-X Capability and Table Structures" */
struct pci_msix {
    uint8_t at;
    uint8_t control;
    uint8_t table_bar;
    uint8_t pending_bar;
    uint16_t count;   /* entries: 1..2048 */
    uint64_t table;   /* physical address of 16 bytes for each */
    uint64_t pending; /* of a bit for each, in whole 64-bit words */
};

enum { PCI_MSIX_ENTRY_SIZE = 16 };

/* Bytes of the two structures. */
static inline uint32_t pci_msix_table_size(const struct pci_msix *msix)
{
    return (uint32_t)msix->count * PCI_MSIX_ENTRY_SIZE;
}

static inline uint32_t pci_msix_pending_size(const struct pci_msix *msix)
{
    return (msix->count + 63U) / 64 * 8;
}

/* The capabilities of a function. They are 4-byte aligned, and each of its own. */
enum { PCI_CAPABILITY_COUNT = (PCI_CONFIG_SIZE - 0x40) / 4 };
struct pci_list {
    uint64_t words; /* a bit for each 32-bit word where one begins */
    uint8_t count;
    uint8_t at[PCI_CAPABILITY_COUNT]; /* [0, count), in the order of the list */
};

/* All of them: the whole list is walked and checked. Where there is none, PCI_FAULT_ABSENT.
 *
 * out     written when nothing is wrong
 * source  [PCI] "Capabilities List"
 */
struct pci_finding pci_capability_list(const struct pci_space *space, struct pci_list *out);

/* Where the one capability with this id lies: the whole list is walked and checked.
 *
 * at  out; written when nothing is wrong
 */
struct pci_finding pci_capability_find(const struct pci_space *space, uint8_t id,
                                       uint8_t *at);

/* The function's MSI or MSI-X capability; `out` is written when nothing is wrong. */
struct pci_finding pci_capability_msi(const struct pci_space *space, struct pci_msi *out);
struct pci_finding pci_capability_msix(const struct pci_space *space, struct pci_msix *out);

#endif
