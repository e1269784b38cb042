/* lapic_regs.h: the registers of a local APIC as one table, and the bits of those in use.
 *
 * A register is named by its offset in the xAPIC page; in x2APIC mode the same register is
 * the MSR 0x800 + offset / 16. [SDM3A] "Local APIC Register Address Map", "x2APIC Register
 * Address Space"
 */
#ifndef ARCH_LAPIC_REGS_H
#define ARCH_LAPIC_REGS_H

#include <stdint.h>

enum lapic_access { LAPIC_NONE = 0, LAPIC_R = 1, LAPIC_W = 2, LAPIC_RW = 3 };

/* clang-format off */
/* name, offset, how many of 32 bits at a stride of 16, access as xAPIC, as x2APIC */
#define LAPIC_REGISTER_LIST(X)                                     \
    X(ID,              0x020, 1, LAPIC_RW,   LAPIC_R)              \
    X(VERSION,         0x030, 1, LAPIC_R,    LAPIC_R)              \
    X(TPR,             0x080, 1, LAPIC_RW,   LAPIC_RW)             \
    X(APR,             0x090, 1, LAPIC_R,    LAPIC_NONE)           \
    X(PPR,             0x0A0, 1, LAPIC_R,    LAPIC_R)              \
    X(EOI,             0x0B0, 1, LAPIC_W,    LAPIC_W)              \
    X(RRD,             0x0C0, 1, LAPIC_R,    LAPIC_NONE)           \
    X(LDR,             0x0D0, 1, LAPIC_RW,   LAPIC_R)              \
    X(DFR,             0x0E0, 1, LAPIC_RW,   LAPIC_NONE)           \
    X(SVR,             0x0F0, 1, LAPIC_RW,   LAPIC_RW)             \
    X(ISR,             0x100, 8, LAPIC_R,    LAPIC_R)              \
    X(TMR,             0x180, 8, LAPIC_R,    LAPIC_R)              \
    X(IRR,             0x200, 8, LAPIC_R,    LAPIC_R)              \
    X(ESR,             0x280, 1, LAPIC_RW,   LAPIC_RW)             \
    X(LVT_CMCI,        0x2F0, 1, LAPIC_RW,   LAPIC_RW)             \
    X(ICR_LOW,         0x300, 1, LAPIC_RW,   LAPIC_RW)             \
    X(ICR_HIGH,        0x310, 1, LAPIC_RW,   LAPIC_NONE)           \
    X(LVT_TIMER,       0x320, 1, LAPIC_RW,   LAPIC_RW)             \
    X(LVT_THERMAL,     0x330, 1, LAPIC_RW,   LAPIC_RW)             \
    X(LVT_PERFORMANCE, 0x340, 1, LAPIC_RW,   LAPIC_RW)             \
    X(LVT_LINT0,       0x350, 1, LAPIC_RW,   LAPIC_RW)             \
    X(LVT_LINT1,       0x360, 1, LAPIC_RW,   LAPIC_RW)             \
    X(LVT_ERROR,       0x370, 1, LAPIC_RW,   LAPIC_RW)             \
    X(TIMER_INITIAL,   0x380, 1, LAPIC_RW,   LAPIC_RW)             \
    X(TIMER_CURRENT,   0x390, 1, LAPIC_R,    LAPIC_R)              \
    X(TIMER_DIVIDE,    0x3E0, 1, LAPIC_RW,   LAPIC_RW)             \
    X(SELF_IPI,        0x3F0, 1, LAPIC_NONE, LAPIC_W)

enum lapic_register {
#define X(name, offset, count, xapic, x2apic) LAPIC_##name = offset,
    LAPIC_REGISTER_LIST(X)
#undef X
};

enum {                              /* IA32_APIC_BASE */
    MSR_APIC_BASE             = 0x1B,
    APIC_BASE_BOOT_CPU        = 1 << 8,
    APIC_BASE_X2APIC          = 1 << 10,
    APIC_BASE_ENABLE          = 1 << 11, /* the address is [51:12] */
    MSR_X2APIC_FIRST          = 0x800,
    MSR_ARCH_CAPABILITIES     = 0x10A,
    ARCH_XAPIC_DISABLE_STATUS = 1 << 21, /* the next register exists */
    MSR_XAPIC_DISABLE_STATUS  = 0xBD,
    LEGACY_XAPIC_DISABLED     = 1 << 0,  /* x2APIC mode cannot be left */
};

enum {                              /* version register */
    LAPIC_VERSION_INTEGRATED  = 0x10,    /* [7:0]; below: an 82489DX, another chip */
    LAPIC_VERSION_MASK        = 0xFF,
    LAPIC_VERSION_LVT_SHIFT   = 16,      /* [23:16]: LVT entries less one */
};

enum {                              /* spurious-interrupt vector register */
    LAPIC_SVR_ENABLE          = 1 << 8,
    LAPIC_SVR_NO_FOCUS_CHECK  = 1 << 9,
    LAPIC_SVR_NO_EOI_BROADCAST = 1 << 12,
};

enum {                              /* local vector table */
    LAPIC_LVT_DELIVERY_MASK   = 7 << 8,  /* [10:8] */
    LAPIC_LVT_FIXED           = 0 << 8,
    LAPIC_LVT_SMI             = 2 << 8,
    LAPIC_LVT_NMI             = 4 << 8,
    LAPIC_LVT_EXTINT          = 7 << 8,
    LAPIC_LVT_ACTIVE_LOW      = 1 << 13, /* LINT0 and LINT1 only, as the next two */
    LAPIC_LVT_REMOTE_IRR      = 1 << 14,
    LAPIC_LVT_LEVEL           = 1 << 15,
    LAPIC_LVT_MASKED          = 1 << 16,
    LAPIC_LVT_TIMER_PERIODIC  = 1 << 17, /* the timer only; 0: it counts down once */
};

enum {                              /* divide configuration register, [3] [1:0] */
    LAPIC_TIMER_BY_16         = 3,
};

/* [SDM3A] "Error Status Register (ESR)": bit, text */
#define LAPIC_ERROR_LIST(X)                                        \
    X(0, "send checksum error")                                    \
    X(1, "receive checksum error")                                 \
    X(2, "send accept error: no CPU took the message")             \
    X(3, "receive accept error: this CPU did not take a message")  \
    X(4, "redirectable message sent, and it is not supported")     \
    X(5, "illegal vector sent")                                    \
    X(6, "illegal vector received")                                \
    X(7, "illegal register address")
/* clang-format on */

enum { LAPIC_ERROR_COUNT = 8, LAPIC_VECTOR_LEGAL_FIRST = 16 };

/* Where the bit of a vector lies in one of the three banks of 256. */
struct lapic_bit {
    uint32_t offset; /* of the register */
    uint32_t mask;
};

/* bank  LAPIC_ISR, LAPIC_TMR or LAPIC_IRR: eight registers, 16 bytes apart */
static inline struct lapic_bit lapic_bank_bit(enum lapic_register bank, uint8_t vector)
{
    return (struct lapic_bit){
        .offset = (uint32_t)bank + (uint32_t)(vector / 32) * 0x10,
        .mask = UINT32_C(1) << vector % 32,
    };
}

#endif
