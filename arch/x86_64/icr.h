/* icr.h: the interrupt command register: what a message between CPUs says, as bits.
 *
 * Pure: no access. Only apic_mode.c writes the register.
 */
#ifndef ARCH_ICR_H
#define ARCH_ICR_H

#include <stdint.h>

/* [SDM3A] "Interrupt Command Register (ICR)" */
/* clang-format off */
enum icr_delivery {                 /* [10:8] */
    ICR_FIXED           = 0,
    ICR_LOWEST_PRIORITY = 1,
    ICR_SMI             = 2,
    ICR_NMI             = 4,
    ICR_INIT            = 5,
    ICR_STARTUP         = 6,
};
enum icr_destination_mode {         /* [11] */
    ICR_PHYSICAL = 0,
    ICR_LOGICAL  = 1,
};
enum icr_level {                    /* [14], inverted: only an INIT is ever de-asserted */
    ICR_ASSERT   = 0,
    ICR_DEASSERT = 1,
};
enum icr_trigger {                  /* [15] */
    ICR_EDGE            = 0,
    ICR_LEVEL_TRIGGERED = 1,
};
enum icr_shorthand {                /* [19:18] */
    ICR_TO_DESTINATION = 0,
    ICR_TO_SELF        = 1,
    ICR_TO_ALL         = 2,
    ICR_TO_OTHERS      = 3,
};
/* clang-format on */

enum {
    ICR_DELIVERY_PENDING = 1 << 12,   /* xAPIC only, read-only */
    ICR_XAPIC_DESTINATION_END = 0xFF, /* 0xFF is every CPU */
};

struct icr {
    uint32_t destination; /* APIC id; ignored with a shorthand */
    uint8_t vector;
    enum icr_delivery delivery;
    enum icr_destination_mode destination_mode;
    enum icr_level level;
    enum icr_trigger trigger;
    enum icr_shorthand shorthand;
};

/* Bits [31:0], the same in both modes. */
static inline uint32_t icr_low(const struct icr *icr)
{
    return (uint32_t)icr->vector | (uint32_t)icr->delivery << 8 |
           (uint32_t)icr->destination_mode << 11 |
           (uint32_t)(icr->level == ICR_ASSERT) << 14 | (uint32_t)icr->trigger << 15 |
           (uint32_t)icr->shorthand << 18;
}

/* Bits [63:32] of the xAPIC: the destination in [63:56]. */
static inline uint32_t icr_xapic_high(const struct icr *icr)
{
    return icr->destination << 24;
}

/* The one 64-bit register of the x2APIC: the destination in [63:32]. */
static inline uint64_t icr_x2apic(const struct icr *icr)
{
    return (uint64_t)icr->destination << 32 | icr_low(icr);
}

#endif
