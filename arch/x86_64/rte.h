/* rte.h: one redirection entry of an I/O APIC: named fields, and the two words they are.
 *
 * Pure: no access. Only ioapic.c writes entries.
 */
#ifndef ARCH_RTE_H
#define ARCH_RTE_H

#include <stdbool.h>
#include <stdint.h>

#include <ivm/interrupt.h>

/* [IOAPIC] "I/O Redirection Table Registers"; two delivery modes are reserved: 3 and 6. */
/* clang-format off */
enum rte_delivery {                 /* [10:8] */
    RTE_FIXED           = 0,
    RTE_LOWEST_PRIORITY = 1,
    RTE_SMI             = 2,
    RTE_NMI             = 4,
    RTE_INIT            = 5,
    RTE_EXTINT          = 7,
};
enum rte_destination_mode {         /* [11] */
    RTE_PHYSICAL = 0,
    RTE_LOGICAL  = 1,
};
enum {
    RTE_DELIVERY_PENDING = 1 << 12, /* read-only */
    RTE_ACTIVE_LOW       = 1 << 13,
    RTE_REMOTE_IRR       = 1 << 14, /* read-only */
    RTE_LEVEL            = 1 << 15,
    RTE_MASKED           = 1 << 16,
    RTE_DESTINATION_END  = 0xFF,    /* physical: 0xFF is every CPU */
};
/* clang-format on */

struct rte {
    uint8_t vector;      /* [7:0] */
    uint8_t destination; /* [63:56] */
    enum rte_delivery delivery;
    enum rte_destination_mode destination_mode;
    enum ivm_polarity polarity;
    enum ivm_trigger trigger;
    bool masked;
    bool delivery_pending; /* decoded only */
    bool remote_irr;       /* decoded only */
};

static inline uint32_t rte_low(const struct rte *rte)
{
    return (uint32_t)rte->vector | (uint32_t)rte->delivery << 8 |
           (uint32_t)rte->destination_mode << 11 |
           (rte->polarity == IVM_ACTIVE_LOW ? (uint32_t)RTE_ACTIVE_LOW : 0) |
           (rte->trigger == IVM_LEVEL ? (uint32_t)RTE_LEVEL : 0) |
           (rte->masked ? (uint32_t)RTE_MASKED : 0);
}

static inline uint32_t rte_high(const struct rte *rte)
{
    return (uint32_t)rte->destination << 24;
}

static inline struct rte rte_decode(uint32_t low, uint32_t high)
{
    return (struct rte){
        .vector = (uint8_t)low,
        .destination = (uint8_t)(high >> 24),
        .delivery = (enum rte_delivery)(low >> 8 & 7),
        .destination_mode = (enum rte_destination_mode)(low >> 11 & 1),
        .polarity = (low & RTE_ACTIVE_LOW) != 0 ? IVM_ACTIVE_LOW : IVM_ACTIVE_HIGH,
        .trigger = (low & RTE_LEVEL) != 0 ? IVM_LEVEL : IVM_EDGE,
        .masked = (low & RTE_MASKED) != 0,
        .delivery_pending = (low & RTE_DELIVERY_PENDING) != 0,
        .remote_irr = (low & RTE_REMOTE_IRR) != 0,
    };
}

#endif
