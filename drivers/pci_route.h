/* pci_route.h: which gsi a PCI function's interrupt pin arrives at.
 *
 * Several can say, each in its own way: the chipset's registers, firmware's MP table, the line register
 * that firmware filled in. They are asked in order (pci_route.c has the list) and the first that knows
 * counts; where another one says otherwise, the log has both. The last, the line register, speaks of
 * the 8259 pair's lines: its answer is called unproven until the device has been measured.
 */
#ifndef DRIVERS_PCI_ROUTE_H
#define DRIVERS_PCI_ROUTE_H

#include <stdbool.h>
#include <stdint.h>

#include <ivm/driver.h>

/* Let every provider see whether this is a machine that it knows. Logs what each found.
 *
 * context  at the start, below IVM_DISPATCH, after pci_present() said so
 */
void pci_route_start(void);

/* Where a function's pin arrives; false: it has no pin, or its way is cut or unknown. Two providers
 * that disagree are named in the log.
 *
 * context  after pci_route_start(), once the walk has reached the function
 * errors   false leaves `out` unwritten
 */
bool pci_route_line(const struct ivm_pci *pci, struct ivm_line_info *out);

/* Whether a line is only what firmware wrote for the 8259 pair: to be measured. Any context. */
bool pci_route_is_unproven(const struct ivm_line_info *line);

/* A pin as it appears on the other side of a bridge: pin 1..4, `slot` on the secondary bus.
 * source  [PCIBRIDGE] "Interrupt Support"
 */
static inline uint8_t pci_swizzle(uint8_t slot, uint8_t pin)
{
    return (uint8_t)((pin - 1 + slot) % 4 + 1);
}

/* Which of the four links of the PIIX a pin of a slot on QEMU's i440fx board is wired to.
 */
static inline uint8_t piix_link(uint8_t slot, uint8_t pin)
{
    return (uint8_t)((slot + pin + 2) % 4);
}

/* The PIRQ, 0..7 for A..H, of a pin of slots [25, 32) of the ICH9, by that slot's route
 * register (D25IR..D31IR): four bits each, INTA's lowest.
 * source  [ICH9] "D31IR - Device 31 Interrupt Route Register"
 */
static inline uint8_t ich9_pirq_by_register(uint16_t route, uint8_t pin)
{
    return (uint8_t)(route >> (pin - 1) * 4 & 7);
}

/* The PIRQ of a pin of slots [0, 25) on QEMU's q35 board: E to H in turn. */
static inline uint8_t ich9_pirq_by_slot(uint8_t slot, uint8_t pin)
{
    return (uint8_t)((slot + pin - 1) % 4 + 4);
}

#endif
