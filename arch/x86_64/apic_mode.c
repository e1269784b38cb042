/* apic_mode.c: which mode the local APIC is in, and how its registers are reached there. */
#include "apic_mode.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hw/cpu.h>
#include <hw/mmio.h>
#include <hw/msr.h>
#include <ivm/system.h>

#include "machine/hot.h"

enum {
    PAGE_SIZE = 0x1000,
    ICR_BOUND_NS = 1000000,
    CPUID_EDX_MSR = 1 << 5,
    CPUID_EDX_APIC = 1 << 9,
    CPUID_EDX_ARCH_CAPABILITIES = 1 << 29, /* leaf 7 */
};

static const uint64_t base_address_mask = UINT64_C(0x000FFFFFFFFFF000);

/* Written by apic_mode_start() only, before any other CPU runs. */
uintptr_t machine_eoi_register;
static uintptr_t page;
static uint64_t base_address;

static const struct {
    uint32_t offset;
    uint32_t count;
    unsigned xapic, x2apic;
} registers[] = {
#define X(name, offset, count, xapic, x2apic) {offset, count, xapic, x2apic},
    LAPIC_REGISTER_LIST(X)
#undef X
};

/* The row of the table that a register belongs to, or the number of rows. */
static size_t find_row(uint32_t offset)
{
    size_t row = 0;
    while (row < sizeof registers / sizeof registers[0] &&
           (offset % 0x10 != 0 || offset < registers[row].offset ||
            offset >= registers[row].offset + registers[row].count * 0x10))
        row++;
    return row;
}

/* xAPIC. */

static uint32_t xapic_read(uint32_t offset)
{
    return mmio_read32(page + offset);
}

static void xapic_write(uint32_t offset, uint32_t value)
{
    mmio_write32(page + offset, value);
}

/* The two halves are one message: a sender that preempted between them would replace the
 * destination, so interrupts are off from the test to the second write. */
static bool xapic_try_icr(void *context)
{
    const struct icr *icr = context;
    bool were_on = cpu_interrupts_save();
    bool idle = (xapic_read(LAPIC_ICR_LOW) & ICR_DELIVERY_PENDING) == 0;
    if (idle) {
        xapic_write(LAPIC_ICR_HIGH, icr_xapic_high(icr));
        xapic_write(LAPIC_ICR_LOW, icr_low(icr));
    }
    cpu_interrupts_restore(were_on);
    return idle;
}

static enum ivm_status xapic_icr(const struct icr *icr)
{
    if (icr->shorthand == ICR_TO_DESTINATION &&
        icr->destination > ICR_XAPIC_DESTINATION_END)
        return IVM_BAD_ARGUMENT;
    struct icr copy = *icr;
    if (xapic_try_icr(&copy) || ivm_wait_until(xapic_try_icr, &copy, ICR_BOUND_NS))
        return IVM_OK;
    return IVM_UNSUPPORTED;
}

static uint32_t xapic_id(void)
{
    return xapic_read(LAPIC_ID) >> 24;
}

static unsigned xapic_access(uint32_t offset)
{
    size_t row = find_row(offset);
    return row < sizeof registers / sizeof registers[0] ? registers[row].xapic : LAPIC_NONE;
}

const struct apic_mode apic_xapic = {
    .name = "xAPIC",
    .read = xapic_read,
    .write = xapic_write,
    .icr = xapic_icr,
    .id = xapic_id,
    .access = xapic_access,
};

/* x2APIC. */

static uint32_t x2apic_msr(uint32_t offset)
{
    return MSR_X2APIC_FIRST + offset / 16;
}

static uint32_t x2apic_read(uint32_t offset)
{
    return (uint32_t)msr_read(x2apic_msr(offset));
}

static void x2apic_write(uint32_t offset, uint32_t value)
{
    msr_write(x2apic_msr(offset), value);
}

/* This WRMSR waits for nothing: without the fence the receiver could see the interrupt
 * before the stores it was told about. */
static enum ivm_status x2apic_icr(const struct icr *icr)
{
    cpu_mfence_lfence();
    msr_write(x2apic_msr(LAPIC_ICR_LOW), icr_x2apic(icr));
    return IVM_OK;
}

static uint32_t x2apic_id(void)
{
    return x2apic_read(LAPIC_ID);
}

static unsigned x2apic_access(uint32_t offset)
{
    size_t row = find_row(offset);
    return row < sizeof registers / sizeof registers[0] ? registers[row].x2apic
                                                        : LAPIC_NONE;
}

const struct apic_mode apic_x2apic = {
    .name = "x2APIC",
    .read = x2apic_read,
    .write = x2apic_write,
    .icr = x2apic_icr,
    .id = x2apic_id,
    .access = x2apic_access,
};

/* Which of the two. */

static bool mode_is_locked(void)
{
    if (cpu_cpuid(0, 0).eax < 7)
        return false;
    if ((cpu_cpuid(7, 0).edx & CPUID_EDX_ARCH_CAPABILITIES) == 0)
        return false;
    if ((msr_read(MSR_ARCH_CAPABILITIES) & ARCH_XAPIC_DISABLE_STATUS) == 0)
        return false;
    return (msr_read(MSR_XAPIC_DISABLE_STATUS) & LEGACY_XAPIC_DISABLED) != 0;
}

/* CPUID hides the local APIC while it is globally disabled: ask it afterwards. */
static enum ivm_status enable(uint64_t *base)
{
    if ((cpu_cpuid(1, 0).edx & CPUID_EDX_MSR) == 0) {
        ivm_log("local APIC: this CPU has no MSRs, so no IA32_APIC_BASE");
        return IVM_UNSUPPORTED;
    }
    *base = msr_read(MSR_APIC_BASE);
    if ((*base & (APIC_BASE_ENABLE | APIC_BASE_X2APIC)) == APIC_BASE_X2APIC) {
        ivm_log("local APIC: IA32_APIC_BASE 0x%llx says x2APIC but not enabled: invalid",
                (unsigned long long)*base);
        return IVM_UNSUPPORTED;
    }
    if ((*base & APIC_BASE_ENABLE) == 0) {
        ivm_log("local APIC: firmware left it globally disabled; enabling it");
        msr_write(MSR_APIC_BASE, *base | APIC_BASE_ENABLE);
        *base = msr_read(MSR_APIC_BASE);
    }
    if ((*base & APIC_BASE_ENABLE) == 0) {
        ivm_log("local APIC: IA32_APIC_BASE.EN does not stay set: it needs a reset");
        return IVM_UNSUPPORTED;
    }
    if ((cpu_cpuid(1, 0).edx & CPUID_EDX_APIC) == 0) {
        ivm_log("local APIC: CPUID says that this CPU has none");
        return IVM_UNSUPPORTED;
    }
    return IVM_OK;
}

static enum ivm_status map_page(uint64_t base)
{
    page = ivm_map_device(base & base_address_mask, PAGE_SIZE);
    if (page == 0) {
        ivm_log("local APIC: its page at 0x%llx cannot be mapped",
                (unsigned long long)(base & base_address_mask));
        return IVM_UNSUPPORTED;
    }
    machine_eoi_register = page + LAPIC_EOI;
    return IVM_OK;
}

enum ivm_status apic_mode_start(const struct apic_mode **mode)
{
    uint64_t base;
    enum ivm_status status = enable(&base);
    if (status != IVM_OK)
        return status;
    base_address = base & base_address_mask;
    bool x2apic = (base & APIC_BASE_X2APIC) != 0;
    if (mode_is_locked())
        ivm_log("local APIC: the mode is locked (LEGACY_XAPIC_DISABLED): %s",
                x2apic ? "it stays in x2APIC mode"
                       : "but IA32_APIC_BASE says xAPIC; taken at its word");
    if (x2apic) {
        machine_eoi_register = 0;
        *mode = &apic_x2apic;
        return IVM_OK;
    }
    status = map_page(base);
    if (status == IVM_OK)
        *mode = &apic_xapic;
    return status;
}

enum ivm_status apic_mode_join(const struct apic_mode *mode)
{
    uint64_t flags = APIC_BASE_ENABLE | (mode == &apic_x2apic ? APIC_BASE_X2APIC : 0);
    uint64_t found = msr_read(MSR_APIC_BASE);
    uint64_t kept = found & ~(base_address_mask | APIC_BASE_ENABLE | APIC_BASE_X2APIC);
    uint64_t wanted = base_address | flags | kept;
    if (found == wanted)
        return IVM_OK;
    /* The way back from x2APIC leads through a disabled local APIC, and forgets its id. */
    if ((found & APIC_BASE_X2APIC) != 0 && mode != &apic_x2apic) {
        ivm_log(
            "local APIC: IA32_APIC_BASE 0x%llx is in x2APIC mode, the first CPU in xAPIC",
            (unsigned long long)found);
        return IVM_UNSUPPORTED;
    }
    /* x2APIC is entered from enabled xAPIC only. */
    msr_write(MSR_APIC_BASE,
              (wanted & ~(uint64_t)APIC_BASE_X2APIC) | (found & APIC_BASE_X2APIC));
    msr_write(MSR_APIC_BASE, wanted);
    if (msr_read(MSR_APIC_BASE) == wanted)
        return IVM_OK;
    ivm_log("local APIC: IA32_APIC_BASE stays 0x%llx, not 0x%llx",
            (unsigned long long)msr_read(MSR_APIC_BASE), (unsigned long long)wanted);
    return IVM_UNSUPPORTED;
}

uint64_t apic_mode_base(void)
{
    return base_address;
}
