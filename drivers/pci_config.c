/* pci_config.c: a device's configuration space for those who drive it from elsewhere: bounds-checked.
 */
#include <ivm/bus.h>

#include "pci.h"

enum { CONFIG_SIZE = 256 };

static enum ivm_status check(const struct ivm_device *device, uint32_t offset, size_t size)
{
    if (device == NULL || device->bus != IVM_BUS_PCI)
        return IVM_BAD_ARGUMENT;
    if (device->is_gone)
        return IVM_DEVICE_GONE;
    return offset <= CONFIG_SIZE && size <= CONFIG_SIZE - offset ? IVM_OK
                                                                 : IVM_BAD_ARGUMENT;
}

/* The widest access that begins here and ends within what is left. A register is read or written whole
 * where it can be. */
static size_t width(uint32_t offset, size_t left)
{
    if (offset % 4 == 0 && left >= 4)
        return 4;
    return offset % 2 == 0 && left >= 2 ? 2 : 1;
}

static uint32_t read_wide(struct pci_address at, uint8_t offset, size_t bytes)
{
    if (bytes == 4)
        return pci_read32(at, offset);
    return bytes == 2 ? pci_read16(at, offset) : pci_read8(at, offset);
}

static void write_wide(struct pci_address at, uint8_t offset, uint32_t value, size_t bytes)
{
    if (bytes == 4)
        pci_write32(at, offset, value);
    else if (bytes == 2)
        pci_write16(at, offset, (uint16_t)value);
    else
        pci_write8(at, offset, (uint8_t)value);
}

enum ivm_status ivm_pci_config_read(const struct ivm_device *device, uint32_t offset,
                                    void *out, size_t size)
{
    enum ivm_status status = check(device, offset, size);
    if (status != IVM_OK)
        return status;
    uint8_t *bytes = out;
    for (size_t done = 0, step; done < size; done += step) {
        step = width(offset + (uint32_t)done, size - done);
        uint32_t value =
            read_wide(pci_address(&device->pci), (uint8_t)(offset + done), step);
        for (size_t i = 0; i < step; i++)
            bytes[done + i] = (uint8_t)(value >> 8 * i);
    }
    return IVM_OK;
}

enum ivm_status ivm_pci_config_write(const struct ivm_device *device, uint32_t offset,
                                     const void *in, size_t size)
{
    enum ivm_status status = check(device, offset, size);
    if (status != IVM_OK)
        return status;
    const uint8_t *bytes = in;
    for (size_t done = 0, step; done < size; done += step) {
        step = width(offset + (uint32_t)done, size - done);
        uint32_t value = 0;
        for (size_t i = 0; i < step; i++)
            value |= (uint32_t)bytes[done + i] << 8 * i;
        write_wide(pci_address(&device->pci), (uint8_t)(offset + done), value, step);
    }
    return IVM_OK;
}
