/* msi_format.h: a message-signalled interrupt as the address and data a device writes.
 *
 * Pure: no access.
 */
#ifndef ARCH_MSI_FORMAT_H
#define ARCH_MSI_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

#include <ivm/interrupt.h>

/* [SDM3A] "Message Address Register Format", "Message Data Register Format" */
/* clang-format off */
enum { MSI_ADDRESS_BASE = 0xFEE }; /* address [31:20] */

enum msi_destination_mode {        /* address [2], counts when the hint is set */
    MSI_PHYSICAL = 0,
    MSI_LOGICAL  = 1,
};
enum msi_hint {                    /* address [3] */
    MSI_TO_DESTINATION  = 0,
    MSI_LOWEST_PRIORITY_CPU = 1,   /* one of those the destination names */
};
enum msi_delivery {                /* data [10:8] */
    MSI_FIXED           = 0,
    MSI_LOWEST_PRIORITY = 1,
    MSI_SMI             = 2,
    MSI_NMI             = 4,
    MSI_INIT            = 5,
    MSI_EXTINT          = 7,
};
enum msi_level {                   /* data [14], inverted; counts when level-triggered */
    MSI_ASSERT   = 0,
    MSI_DEASSERT = 1,
};
/* clang-format on */

enum { MSI_DESTINATION_END = 0xFF }; /* without interrupt remapping; 0xFF is every CPU */

struct msi {
    uint8_t destination; /* address [19:12], an APIC id */
    uint8_t vector;      /* data [7:0] */
    enum msi_destination_mode destination_mode;
    enum msi_hint hint;
    enum msi_delivery delivery;
    enum msi_level level;
    enum ivm_trigger trigger; /* data [15] */
};

static inline uint32_t msi_address(const struct msi *msi)
{
    return (uint32_t)MSI_ADDRESS_BASE << 20 | (uint32_t)msi->destination << 12 |
           (uint32_t)msi->hint << 3 | (uint32_t)msi->destination_mode << 2;
}

static inline uint32_t msi_data(const struct msi *msi)
{
    return (uint32_t)msi->vector | (uint32_t)msi->delivery << 8 |
           (uint32_t)(msi->level == MSI_ASSERT) << 14 |
           (msi->trigger == IVM_LEVEL ? UINT32_C(1) << 15 : 0);
}

/* Whether a CPU with this APIC id can be the destination of a message. */
static inline bool msi_reaches(uint32_t apic_id)
{
    return apic_id < MSI_DESTINATION_END;
}

/* Whether the address is one that the CPUs take as an interrupt: [31:20] are 0xFEE, and
 * nothing is above. */
static inline bool msi_is_address(uint64_t address)
{
    return address >> 20 == MSI_ADDRESS_BASE;
}

static inline struct msi msi_decode(uint32_t address, uint32_t data)
{
    return (struct msi){
        .destination = (uint8_t)(address >> 12),
        .vector = (uint8_t)data,
        .destination_mode = (enum msi_destination_mode)(address >> 2 & 1),
        .hint = (enum msi_hint)(address >> 3 & 1),
        .delivery = (enum msi_delivery)(data >> 8 & 7),
        .level = (data >> 14 & 1) != 0 ? MSI_ASSERT : MSI_DEASSERT,
        .trigger = (data >> 15 & 1) != 0 ? IVM_LEVEL : IVM_EDGE,
    };
}

#endif
