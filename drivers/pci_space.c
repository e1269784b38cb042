/* pci_space.c: a function's configuration space, read for pci_capability.h. */
#include <hw/cpu.h>

#include "pci.h"
#include "pci_capability.h"

enum { ADDRESS_BITS_DEFAULT = 36, ADDRESS_BITS_LIMIT = 52 };

/* [SDM3A] "Enumeration of Paging Features by CPUID" */
#define CPUID_EXTENDED      UINT32_C(0x80000000) /* EAX: the highest leaf */
#define CPUID_ADDRESS_SIZES UINT32_C(0x80000008) /* EAX [7:0]: bits of a physical address */

static uint64_t physical_end(void)
{
    uint32_t bits = ADDRESS_BITS_DEFAULT;
    if (cpu_cpuid(CPUID_EXTENDED, 0).eax >= CPUID_ADDRESS_SIZES)
        bits = cpu_cpuid(CPUID_ADDRESS_SIZES, 0).eax & 0xFF;
    return UINT64_C(1) << (bits < ADDRESS_BITS_LIMIT ? bits : ADDRESS_BITS_LIMIT);
}

void pci_space_read(const struct ivm_pci *pci, struct pci_space *out)
{
    struct pci_address at = pci_address(pci);
    out->bars = pci->bars;
    out->physical_end = physical_end();
    for (unsigned offset = 0; offset < PCI_CONFIG_SIZE; offset += 4) {
        uint32_t value = pci_read32(at, (uint8_t)offset);
        for (unsigned byte = 0; byte < 4; byte++)
            out->bytes[offset + byte] = (uint8_t)(value >> 8 * byte);
    }
}
