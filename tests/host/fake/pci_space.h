/* pci_space.h: a PCI configuration space behind ports 0xCF8 and 0xCFC, for the host tests.
 *
 * The model checks its callers: the address and the data are one step, so interrupts must
 * be off at both; a base address register must not hold all ones while its function
 * decodes; nothing may be written to a function that is not there. A violation fails the
 * test.
 */
#ifndef FAKE_PCI_SPACE_H
#define FAKE_PCI_SPACE_H

#include <stdbool.h>
#include <stdint.h>

struct fake_function {
    uint8_t bus, slot, function;
    uint8_t bytes[256];    /* little-endian; what the code under test wrote is kept */
    uint32_t bar_sizes[6]; /* what each base address reads as after all ones */
    bool is_gone; /* taken out: it reads as all ones, and what is written is lost */
};

/* An empty space, answering at the ports. After fake_hardware_reset(). */
void fake_pci_start(void);

/* Add a function with these ids, no base addresses, no pin. */
struct fake_function *fake_pci_add(uint8_t bus, uint8_t slot, uint8_t function,
                                   uint32_t device_and_vendor);

/* Add a bridge with this secondary bus. */
struct fake_function *fake_pci_add_bridge(uint8_t bus, uint8_t slot, uint8_t secondary);

/* Give a function a base address register. */
void fake_pci_bar(struct fake_function *f, unsigned bar, uint32_t value, uint32_t size);

uint16_t fake_pci_get16(const struct fake_function *f, unsigned offset);
uint32_t fake_pci_get32(const struct fake_function *f, unsigned offset);
void fake_pci_put16(struct fake_function *f, unsigned offset, uint16_t value);
void fake_pci_put32(struct fake_function *f, unsigned offset, uint32_t value);

#endif
