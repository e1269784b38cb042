/* pci_suspects.h: whether a PCI function says that it asserts its pin: see ivm_line_suspects() of
 * <ivm/bus.h>. */
#ifndef DRIVERS_PCI_SUSPECTS_H
#define DRIVERS_PCI_SUSPECTS_H

#include <stdbool.h>

#include <ivm/driver.h>

/* Whether a function asserts its pin now, by its own word; false for one that does not answer.
 * context  any level
 * source   [PCI] "Device Status": Interrupt Status, which is set whether or not INTx is disabled
 */
bool pci_function_asserts(const struct ivm_pci *pci);

#endif
