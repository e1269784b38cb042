/* hpet_block.c: the HPET's block of registers. */
#include "hpet_block.h"

#include <stddef.h>

#include <ivm/bus.h>
#include <ivm/system.h>

#include <hw/mmio.h>

#include "device.h"
#include "hpet.h"

#define PERIOD_LIMIT UINT32_C(100000000) /* fs: the counter runs at 10 MHz or more */
#define LEAD_NS      UINT64_C(250000)

/* The block, the same for all its timers; written below IVM_DISPATCH on one CPU: when it is found,
 * and `taken` when a driver is loaded or unloaded. */
static struct {
    uintptr_t registers;
    uint64_t lead; /* LEAD_NS in ticks */
    uint32_t capabilities;
    uint32_t timers;
    uint32_t taken; /* bit n: timer n is a device's */
} block;

uintptr_t hpet_timer_registers(uint32_t number)
{
    return block.registers + HPET_TIMERS + (uintptr_t)number * HPET_TIMER_STRIDE;
}

/* Firmware's timers and legacy routes off, the counter running. */
static void start_block(void)
{
    for (uint32_t n = 0; n < block.timers; n++) {
        uintptr_t at = hpet_timer_registers(n) + TIMER_CONFIGURATION;
        mmio_write32(at, mmio_read32(at) & ~(uint32_t)TIMER_ENABLE);
    }
    uint32_t configuration = mmio_read32(block.registers + HPET_CONFIGURATION);
    mmio_write32(block.registers + HPET_CONFIGURATION,
                 (configuration & ~(uint32_t)CONF_LEGACY) | CONF_RUN);
    mmio_write32(block.registers + HPET_STATUS, UINT32_C(0xFFFFFFFF));
}

static bool open_block(const struct ivm_device *device, uint64_t base)
{
    uintptr_t registers = ivm_map_device(base, HPET_WINDOW);
    if (registers == 0) {
        ivm_log("%s: its registers at 0x%llx cannot be mapped", device->name,
                (unsigned long long)base);
        return false;
    }
    uint32_t period = mmio_read32(registers + HPET_PERIOD);
    if (period == 0 || period > PERIOD_LIMIT) {
        ivm_log("%s: a period of %u fs at 0x%llx is not an HPET's", device->name, period,
                (unsigned long long)base);
        return false;
    }
    block.registers = registers;
    block.capabilities = mmio_read32(registers + HPET_CAPABILITIES);
    block.timers = (block.capabilities >> 8 & 31) + 1;
    if (block.timers > (HPET_WINDOW - HPET_TIMERS) / HPET_TIMER_STRIDE)
        block.timers = (HPET_WINDOW - HPET_TIMERS) / HPET_TIMER_STRIDE;
    block.lead = LEAD_NS * 1000000 / period;
    start_block();
    ivm_log("%s: HPET at 0x%llx, %u timers", device->name, (unsigned long long)base,
            block.timers);
    return true;
}

enum ivm_status hpet_find(const struct ivm_device *device)
{
    const void *table;
    size_t length;
    if (block.taken != 0)
        return IVM_OK;
    if (!ivm_acpi_table(device->match->name, &table, &length))
        return IVM_NO_SUCH_DEVICE;
    uint64_t base = hpet_table_base(table, length);
    if (base == 0) {
        ivm_log("%s: the ACPI table of %zu bytes gives no registers in memory",
                device->name, length);
        return IVM_UNSUPPORTED;
    }
    return open_block(device, base) ? IVM_OK : IVM_UNSUPPORTED;
}

/* The halves are read one by one: the low one may wrap in between, which the high one
 * tells. */
uint64_t hpet_counter(void)
{
    if (!hpet_counter_is_wide())
        return mmio_read32(block.registers + HPET_COUNTER);
    uint32_t high = mmio_read32(block.registers + HPET_COUNTER + 4);
    uint32_t low = mmio_read32(block.registers + HPET_COUNTER);
    uint32_t again = mmio_read32(block.registers + HPET_COUNTER + 4);
    if (again != high)
        low = mmio_read32(block.registers + HPET_COUNTER);
    return (uint64_t)again << 32 | low;
}

bool hpet_counter_is_wide(void)
{
    return (block.capabilities & CAP_COUNTER_64) != 0;
}

uint64_t hpet_lead(void)
{
    return block.lead;
}

bool hpet_status(uint32_t number)
{
    return (mmio_read32(block.registers + HPET_STATUS) >> number & 1) != 0;
}

void hpet_clear_status(uint32_t number)
{
    mmio_write32(block.registers + HPET_STATUS, UINT32_C(1) << number);
}

static bool take(uint32_t number, uint32_t *out)
{
    block.taken |= UINT32_C(1) << number;
    *out = number;
    return true;
}

static bool is_free(uint32_t number)
{
    return (block.taken >> number & 1) == 0;
}

bool hpet_take_for_line(uint32_t *number, uint32_t *gsi)
{
    for (uint32_t n = 0; n < block.timers; n++) {
        uint32_t routes = mmio_read32(hpet_timer_registers(n) + TIMER_ROUTES);
        if (is_free(n) && hpet_choose_line(routes, device_uses_line, gsi))
            return take(n, number);
    }
    return false;
}

bool hpet_take_for_message(uint32_t *number)
{
    for (uint32_t n = 0; n < block.timers; n++) {
        uint32_t found = mmio_read32(hpet_timer_registers(n) + TIMER_CONFIGURATION);
        if (is_free(n) && (found & TIMER_CAN_MESSAGE) != 0)
            return take(n, number);
    }
    return false;
}

void hpet_give_back(uint32_t number)
{
    block.taken &= ~(UINT32_C(1) << number);
}
