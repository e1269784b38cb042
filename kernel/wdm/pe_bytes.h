/* pe_bytes.h: little-endian numbers in bytes of any alignment. */
#ifndef WDM_PE_BYTES_H
#define WDM_PE_BYTES_H

#include <stdint.h>

static inline uint16_t pe_u16(const uint8_t *at)
{
    return (uint16_t)(at[0] | at[1] << 8);
}

static inline uint32_t pe_u32(const uint8_t *at)
{
    return pe_u16(at) | (uint32_t)pe_u16(at + 2) << 16;
}

static inline uint64_t pe_u64(const uint8_t *at)
{
    return pe_u32(at) | (uint64_t)pe_u32(at + 4) << 32;
}

static inline void pe_put_u64(uint8_t *at, uint64_t value)
{
    for (unsigned i = 0; i < 8; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

#endif
