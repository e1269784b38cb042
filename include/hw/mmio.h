/* mmio.h: device memory, one aligned access at a time: the only volatile in the tree. */
#ifndef HW_MMIO_H
#define HW_MMIO_H

#include <stdint.h>

static inline uint8_t mmio_read8(uintptr_t address)
{
    return *(volatile const uint8_t *)address;
}

static inline uint16_t mmio_read16(uintptr_t address)
{
    return *(volatile const uint16_t *)address;
}

static inline uint32_t mmio_read32(uintptr_t address)
{
    return *(volatile const uint32_t *)address;
}

static inline uint64_t mmio_read64(uintptr_t address)
{
    return *(volatile const uint64_t *)address;
}

static inline void mmio_write8(uintptr_t address, uint8_t value)
{
    *(volatile uint8_t *)address = value;
}

static inline void mmio_write16(uintptr_t address, uint16_t value)
{
    *(volatile uint16_t *)address = value;
}

static inline void mmio_write32(uintptr_t address, uint32_t value)
{
    *(volatile uint32_t *)address = value;
}

static inline void mmio_write64(uintptr_t address, uint64_t value)
{
    *(volatile uint64_t *)address = value;
}

#endif
