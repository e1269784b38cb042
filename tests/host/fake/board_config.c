/* board_config.c: the configuration space of the board's PCI functions. */
#include "board_config.h"

#include <string.h>

#include "board.h"

static uint8_t spaces[BOARD_DEVICES][256];

uint8_t *board_config(const struct ivm_device *device)
{
    return spaces[board_state(device)->wire];
}

void board_config_start(void)
{
    memset(spaces, 0, sizeof spaces);
}

static enum ivm_status check(const struct ivm_device *device, uint32_t offset, size_t size)
{
    if (device->bus != IVM_BUS_PCI)
        return IVM_BAD_ARGUMENT;
    if (device->is_gone)
        return IVM_DEVICE_GONE;
    return offset <= 256 && size <= 256 - offset ? IVM_OK : IVM_BAD_ARGUMENT;
}

enum ivm_status ivm_pci_config_read(const struct ivm_device *device, uint32_t offset,
                                    void *out, size_t size)
{
    enum ivm_status status = check(device, offset, size);
    if (status == IVM_OK)
        memcpy(out, board_config(device) + offset, size);
    return status;
}

enum ivm_status ivm_pci_config_write(const struct ivm_device *device, uint32_t offset,
                                     const void *in, size_t size)
{
    enum ivm_status status = check(device, offset, size);
    if (status == IVM_OK)
        memcpy(board_config(device) + offset, in, size);
    return status;
}
