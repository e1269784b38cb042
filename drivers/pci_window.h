/* pci_window.h: addresses for a function that firmware gave none: its bus's windows, what is in use
 * in them, and the writing of its registers.
 */
#ifndef DRIVERS_PCI_WINDOW_H
#define DRIVERS_PCI_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#include <ivm/driver.h>

/* Begin with the whole address space; then never give out [first, end) of it: RAM, and what firmware
 * reserves.
 *
 * context  at the start, one CPU
 */
void pci_window_start(void);
void pci_window_avoid(uint64_t first, uint64_t end);

/* Give addresses to those base address registers that have a size and none, and let the function
 * decode. Behind a bridge they lie in its windows. On a root bus they lie below the I/O APICs at
 * 0xFEC00000, or at ports from 0xC000, clear of every other function's, of the enhanced
 * configuration space, and of what is to be avoided. A function that has memory does without its
 * ports where there is no room for them; that is logged, and they stay absent.
 *
 * pci      `bars` is filled in
 * returns  false: there is no room, or a register did not keep what was written; it is logged by
 *          name, and the function does not decode
 * context  under the devices' lock
 * source   [PCI] "Base Addresses"
 */
bool pci_give_addresses(struct ivm_pci *pci);

#endif
