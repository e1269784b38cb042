/* pci.c: PCI configuration space through ports 0xCF8 and 0xCFC. */
#include "pci.h"

#include <hw/port.h>

#include "device_lock.h"

/* clang-format off */
enum {
    CONFIG_ADDRESS        = 0xCF8,  /* [31] on [23:16] bus [15:11] slot [10:8] function */
    CONFIG_DATA           = 0xCFC,
};
#define CONFIG_ENABLE UINT32_C(0x80000000)
/* clang-format on */

static uint32_t address_of(struct pci_address at, uint8_t offset)
{
    return CONFIG_ENABLE | (uint32_t)at.bus << 16 | (uint32_t)(at.slot & 0x1F) << 11 |
           (uint32_t)(at.function & 7) << 8 | (offset & 0xFCU);
}

static uint16_t data_port(uint8_t offset)
{
    return (uint16_t)(CONFIG_DATA + (offset & 3));
}

/* The address register is one for all CPUs: an access takes two. */
static struct device_lock ports;

static void select_register(struct pci_address at, uint8_t offset)
{
    port_write32(CONFIG_ADDRESS, address_of(at, offset));
}

static uint16_t read16(struct pci_address at, uint8_t offset)
{
    select_register(at, offset);
    return port_read16(data_port(offset));
}

static void write16(struct pci_address at, uint8_t offset, uint16_t value)
{
    select_register(at, offset);
    port_write16(data_port(offset), value);
}

uint8_t pci_read8(struct pci_address at, uint8_t offset)
{
    bool were_on = device_lock_take(&ports);
    select_register(at, offset);
    uint8_t value = port_read8(data_port(offset));
    device_lock_release(&ports, were_on);
    return value;
}

uint16_t pci_read16(struct pci_address at, uint8_t offset)
{
    bool were_on = device_lock_take(&ports);
    uint16_t value = read16(at, offset);
    device_lock_release(&ports, were_on);
    return value;
}

uint32_t pci_read32(struct pci_address at, uint8_t offset)
{
    bool were_on = device_lock_take(&ports);
    select_register(at, offset);
    uint32_t value = port_read32(CONFIG_DATA);
    device_lock_release(&ports, were_on);
    return value;
}

void pci_write8(struct pci_address at, uint8_t offset, uint8_t value)
{
    bool were_on = device_lock_take(&ports);
    select_register(at, offset);
    port_write8(data_port(offset), value);
    device_lock_release(&ports, were_on);
}

void pci_write16(struct pci_address at, uint8_t offset, uint16_t value)
{
    bool were_on = device_lock_take(&ports);
    write16(at, offset, value);
    device_lock_release(&ports, were_on);
}

void pci_write32(struct pci_address at, uint8_t offset, uint32_t value)
{
    bool were_on = device_lock_take(&ports);
    select_register(at, offset);
    port_write32(CONFIG_DATA, value);
    device_lock_release(&ports, were_on);
}

/* Under one hold: of two CPUs that change different bits, neither undoes the other's. */
void pci_command(struct pci_address at, uint16_t set, uint16_t clear)
{
    bool were_on = device_lock_take(&ports);
    uint16_t command = read16(at, PCI_COMMAND);
    write16(at, PCI_COMMAND, (uint16_t)((command & ~clear) | set));
    device_lock_release(&ports, were_on);
}

bool pci_find_on_root(uint16_t vendor, uint16_t device, struct pci_address *out)
{
    uint32_t wanted = (uint32_t)device << 16 | vendor;
    for (unsigned i = 0; i < PCI_SLOT_COUNT * PCI_FUNCTION_COUNT; i++) {
        struct pci_address at = {0, (uint8_t)(i / PCI_FUNCTION_COUNT),
                                 i % PCI_FUNCTION_COUNT};
        if (pci_read32(at, PCI_VENDOR_ID) == wanted) {
            *out = at;
            return true;
        }
    }
    return false;
}

/* The address register of mechanism #1 keeps what is written; ports that nobody decodes
 * give back something else, most often all ones. Some bus may answer a 32-bit port access
 * with its last value, so a function of bus 0 must answer as well. */
bool pci_present(void)
{
    bool were_on = device_lock_take(&ports);
    uint32_t before = port_read32(CONFIG_ADDRESS);
    port_write32(CONFIG_ADDRESS, CONFIG_ENABLE);
    bool kept = port_read32(CONFIG_ADDRESS) == CONFIG_ENABLE;
    if (kept)
        port_write32(CONFIG_ADDRESS, before);
    device_lock_release(&ports, were_on);

    for (uint8_t slot = 0; kept && slot < PCI_SLOT_COUNT; slot++) {
        struct pci_address at = {0, slot, 0};
        uint16_t vendor = pci_read16(at, PCI_VENDOR_ID);
        if (vendor != PCI_NO_VENDOR && vendor != 0)
            return true;
    }
    return false;
}
