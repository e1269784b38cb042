/* pci.h: PCI configuration space, the walk over all buses, base addresses.
 *
 * Configuration mechanism #1: the address goes to port 0xCF8, the data through 0xCFC. What
 * only computes (base addresses; capability lists in pci_capability.h) takes values, so that it
 * can be tried without a machine.
 */
#ifndef DRIVERS_PCI_H
#define DRIVERS_PCI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ivm/driver.h>

/* clang-format off */
enum pci_register {
    PCI_VENDOR_ID       = 0x00,
    PCI_DEVICE_ID       = 0x02,
    PCI_COMMAND         = 0x04,
    PCI_STATUS          = 0x06,
    PCI_CLASS_REVISION  = 0x08, /* [31:8] class, [7:0] revision */
    PCI_HEADER_TYPE     = 0x0E, /* [7] several functions, [6:0] layout */
    PCI_BAR_FIRST       = 0x10,
    PCI_SECONDARY_BUS   = 0x19, /* layout 1 */
    PCI_SUBSYSTEM_VENDOR = 0x2C, /* layout 0 */
    PCI_CAPABILITIES    = 0x34,
    PCI_INTERRUPT_LINE  = 0x3C,
    PCI_INTERRUPT_PIN   = 0x3D,
};

enum pci_command {
    PCI_COMMAND_IO           = 1 << 0,
    PCI_COMMAND_MEMORY       = 1 << 1,
    PCI_COMMAND_MASTER       = 1 << 2,
    PCI_COMMAND_INTX_DISABLE = 1 << 10,
};
/* clang-format on */

enum {
    PCI_BUS_COUNT = 256,
    PCI_SLOT_COUNT = 32,
    PCI_FUNCTION_COUNT = 8,
    PCI_PIN_COUNT = 4
};
enum { PCI_CLASS_BRIDGE = 0x06, PCI_NO_VENDOR = 0xFFFF };

struct pci_address {
    uint8_t bus, slot, function;
};

static inline struct pci_address pci_address(const struct ivm_pci *pci)
{
    return (struct pci_address){pci->bus, pci->slot, pci->function};
}

/* Whether this machine has configuration mechanism #1 and something behind it.
 * source   [PCI] "Software Generation of Configuration Transactions"
 */
bool pci_present(void);

/* Read or write one register of one function; `offset` is aligned to the width. A function
 * that is not there reads as all ones.
 *
 * context  any level, any CPU; a lock is held and interrupts are off between the address and the
 *          data, so that nobody comes between
 */
uint8_t pci_read8(struct pci_address at, uint8_t offset);
uint16_t pci_read16(struct pci_address at, uint8_t offset);
uint32_t pci_read32(struct pci_address at, uint8_t offset);
void pci_write8(struct pci_address at, uint8_t offset, uint8_t value);
void pci_write16(struct pci_address at, uint8_t offset, uint16_t value);
void pci_write32(struct pci_address at, uint8_t offset, uint32_t value);

/* Change bits of the command register (enum pci_command): `set` on, `clear` off. Any level, any CPU. */
void pci_command(struct pci_address at, uint16_t set, uint16_t clear);

/* The function of bus 0 with these ids; false: none, nothing written. */
bool pci_find_on_root(uint16_t vendor, uint16_t device, struct pci_address *out);

/* Call `found` for every function of every bus that can be reached, bridges included, in
 * bus order. Each bus is walked once, whatever the bridges say. Odd values are logged by
 * name and left out. Returns the number of functions.
 *
 * context  below IVM_DISPATCH; a function's decoding is off for the moment its base
 *          addresses are sized, with interrupts off
 * source   [PCI] "Base Addresses"; [PCIBRIDGE] "Secondary Bus Number Register"
 */
typedef void pci_found(const struct ivm_pci *pci, void *context);
size_t pci_walk(pci_found *found, void *context);

/* Walk the buses of the last pci_walk() again, and call `found` for the functions that `known` says
 * false of. One that is known is not touched but for its vendor: sizing its base addresses would cut
 * it off while it works. A bridge that was put in later is found, and not followed.
 */
typedef bool pci_known(struct pci_address at, void *context);
size_t pci_walk_again(pci_known *known, pci_found *found, void *context);

/* The bridge through which the last walk reached a bus; false: a root bus, or unknown. */
bool pci_bridge_to(uint8_t bus, struct pci_address *bridge);

/* What base address registers say: `values` as they were, `sizes` as read back after all
 * ones were written. Registers that make no sense are left zero in `bars`.
 *
 * returns  the registers that make no sense, bit n for register n
 */
uint8_t pci_decode_bars(const uint32_t values[IVM_BAR_COUNT],
                        const uint32_t sizes[IVM_BAR_COUNT],
                        struct ivm_bar bars[IVM_BAR_COUNT]);

#endif
