/* nic_chip.c: a model of the 82574's causes. */
#include "nic_chip.h"

#include <string.h>

#include "hardware.h"

/* clang-format off */
enum {
    CTRL     = 0x0000,
    STATUS   = 0x0008,
    EECD     = 0x0010,
    CTRL_EXT = 0x0018,
    ICR      = 0x00C0,
    ICS      = 0x00C8,
    IMS      = 0x00D0,
    IMC      = 0x00D8,
    EIAC     = 0x00DC,
    IAM      = 0x00E0,
    IVAR     = 0x00E4,
    PBACLR   = 0x5B68,

    RST      = 1 << 26,
    AUTO_RD  = 1 << 9,
    EIAME    = 1 << 24,
    IAME     = 1 << 27,
    TIMERS   = 1 << 29,
    VALID    = 1 << 3,
    FIRST    = 20,
    OTHER    = 1 << 24,
    OF_OTHER = 1 << 2 | 1 << 6 | 1 << 9 | 7 << 16,
};
/* clang-format on */

struct fake_nic fake_nic;

static uint32_t pending(void)
{
    return fake_nic.icr & fake_nic.ims;
}

static void send_vectors(void)
{
    for (unsigned n = 0; n < FAKE_NIC_MESSAGES; n++) {
        uint32_t cause = UINT32_C(1) << (FIRST + n);
        uint32_t vector = fake_nic.ivar >> n * 4 & 15;
        if ((pending() & cause) == 0 || (vector & VALID) == 0)
            continue;
        fake_nic.sent[vector & 7]++;
        fake_nic.icr &= ~(fake_nic.eiac & cause);
    }
}

static void update(void)
{
    if (fake_nic.msix && (fake_nic.icr & OF_OTHER) != 0)
        fake_nic.icr |= OTHER;
    fake_nic.asserted = !fake_nic.msix && !fake_nic.msi && pending() != 0;
    if (fake_nic.msix)
        send_vectors();
    else if (fake_nic.msi && pending() != 0)
        fake_nic.sent_msi++;
}

void fake_nic_cause(uint32_t causes)
{
    fake_nic.icr |= causes;
    update();
}

static uint32_t read_icr(void)
{
    uint32_t value = fake_nic.icr;
    bool clears = (fake_nic.ctrl_ext & IAME) != 0;
    if (fake_nic.ims == 0 || clears)
        fake_nic.icr = 0;
    if (clears)
        fake_nic.ims &= ~fake_nic.iam;
    fake_nic.asserted = !fake_nic.msix && !fake_nic.msi && pending() != 0;
    return value;
}

static uint64_t read_model(void *context, uint64_t offset, unsigned width)
{
    (void)context;
    if (width != 4)
        fake_complain("the 82574 takes 32 bits only");
    switch (offset) {
    case STATUS:
        return 0x80080000;
    case CTRL:
        fake_nic.resetting -= fake_nic.resetting > 0;
        return fake_nic.resetting > 0 ? RST | 1 : 1;
    case EECD:
        return AUTO_RD;
    case CTRL_EXT:
        return fake_nic.ctrl_ext;
    case ICR:
        return read_icr();
    default:
        fake_complain("a read of register 0x%llx", (unsigned long long)offset);
        return 0;
    }
}

/* What its NVM might say, and what QEMU's does not reset. */
static void start_reset(void)
{
    if (fake_nic.asserted || fake_nic.ims != 0)
        fake_complain("a reset while causes are let through");
    fake_nic.icr = fake_nic.eiac = fake_nic.ivar = 0;
    fake_nic.ims = 0x80;
    fake_nic.iam = UINT32_MAX;
    fake_nic.ctrl_ext = EIAME;
    fake_nic.resets++;
    fake_nic.resetting = fake_nic.reset_reads;
}

static void let_through(uint32_t causes)
{
    fake_nic.ims |= causes;
    if (causes == UINT32_MAX && (fake_nic.ctrl_ext & TIMERS) != 0)
        fake_nic.moderates = false;
}

static void write_register(uint64_t offset, uint32_t value)
{
    switch (offset) {
    case CTRL:
        if ((value & RST) != 0)
            start_reset();
        return;
    case CTRL_EXT:
        fake_nic.ctrl_ext = value;
        return;
    case ICR:
        fake_nic.icr &= ~value;
        return;
    case ICS:
        fake_nic.icr |= value;
        return;
    case IMS:
        let_through(value);
        return;
    case IMC:
        fake_nic.ims &= ~value;
        return;
    case EIAC:
        fake_nic.eiac = value;
        return;
    case IAM:
        fake_nic.iam = value;
        return;
    case IVAR:
        fake_nic.ivar = value;
        return;
    case PBACLR:
        fake_nic.pba &= ~value;
        return;
    default:
        fake_complain("a write to register 0x%llx", (unsigned long long)offset);
    }
}

static void write_model(void *context, uint64_t offset, unsigned width, uint64_t value)
{
    (void)context;
    if (width != 4)
        fake_complain("the 82574 takes 32 bits only");
    if (fake_nic.resetting > 0 && !fake_nic.takes_writes_in_reset)
        fake_complain("a write to 0x%llx during a reset", (unsigned long long)offset);
    write_register(offset, (uint32_t)value);
    update();
}

void fake_nic_start(uint64_t base)
{
    memset(&fake_nic, 0, sizeof fake_nic);
    fake_nic.ims = fake_nic.icr = 4;
    fake_mmio_device(base, FAKE_NIC_SIZE, read_model, write_model, NULL);
}
