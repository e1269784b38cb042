/* bus.c: configuration space of PCI functions, by bus and slot.
 *
 * Source: [WDM] "HalGetBusDataByOffset", "HalSetBusDataByOffset", "PCI_SLOT_NUMBER".
 */
#include <ivm/bus.h>

#include "bus_calls.h"

/* clang-format off */
enum {
    PCI_CONFIGURATION = 4, /* BUS_DATA_TYPE */
    SLOT_MASK         = 0x1F, /* PCI_SLOT_NUMBER: [4:0] slot, [7:5] function, the rest is reserved */
    FUNCTION_SHIFT    = 5,
    FUNCTION_MASK     = 7,
    CONFIG_SIZE       = 256,
    NO_DEVICE_LENGTH  = 2, /* what is answered for an empty slot: its vendor, which is none */
};
/* clang-format on */

/* What is at a place of a PCI bus. */
struct place {
    struct ivm_device *device; /* NULL: nothing */
    bool has_bus;
};

static struct place find(uint32_t bus, uint32_t slot)
{
    struct place place = {.has_bus = bus == 0 && ivm_device_count() != 0};
    for (size_t i = 0; i < ivm_device_count(); i++) {
        struct ivm_device *device = ivm_device_at(i);
        const struct ivm_pci *pci = &device->pci;
        if (device->bus != IVM_BUS_PCI || device->is_gone || pci->bus != bus)
            continue;
        place.has_bus = true;
        if (pci->slot == (slot & SLOT_MASK) &&
            pci->function == (slot >> FUNCTION_SHIFT & FUNCTION_MASK))
            place.device = device;
    }
    return place;
}

/* How many bytes there are from the offset on. */
static uint32_t within(uint32_t offset, uint32_t length)
{
    uint32_t room = offset < CONFIG_SIZE ? CONFIG_SIZE - offset : 0;
    return length < room ? length : room;
}

static uint32_t answer_empty(void *buffer, uint32_t offset, uint32_t length)
{
    if (offset != 0 || length < NO_DEVICE_LENGTH)
        return 0;
    __builtin_memset(buffer, 0xFF, NO_DEVICE_LENGTH);
    return NO_DEVICE_LENGTH;
}

NT_API uint32_t HalGetBusDataByOffset(uint32_t kind, uint32_t bus, uint32_t slot,
                                      void *buffer, uint32_t offset, uint32_t length)
{
    if (kind != PCI_CONFIGURATION || buffer == NULL)
        return 0;
    const struct place place = find(bus, slot);
    if (place.device == NULL)
        return place.has_bus ? answer_empty(buffer, offset, length) : 0;
    uint32_t bytes = within(offset, length);
    bool is_read = ivm_pci_config_read(place.device, offset, buffer, bytes) == IVM_OK;
    return is_read ? bytes : 0;
}

NT_API uint32_t HalSetBusDataByOffset(uint32_t kind, uint32_t bus, uint32_t slot,
                                      void *buffer, uint32_t offset, uint32_t length)
{
    if (kind != PCI_CONFIGURATION || buffer == NULL)
        return 0;
    const struct place place = find(bus, slot);
    if (place.device == NULL)
        return 0;
    uint32_t bytes = within(offset, length);
    bool is_written = ivm_pci_config_write(place.device, offset, buffer, bytes) == IVM_OK;
    return is_written ? bytes : 0;
}
