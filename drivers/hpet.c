/* hpet.c: two timers of the HPET: "hpet0" raises its line as an edge, "hpet1" as a level.
 *
 * A fire sets a comparator a little ahead of the main counter, once. The timers share the
 * block's registers: the configuration is written in the probe only, the status bits are
 * cleared by writing ones, and all else belongs to one timer. Every access is 32 bits wide:
 * not all of these blocks take wider ones.
 * Source: [HPET] "Register Model", "Timer N Configuration and Capability Register".
 */
#include "hpet.h"

#include <stdatomic.h>

#include <ivm/bus.h>
#include <ivm/driver.h>
#include <ivm/system.h>

#include <hw/cpu.h>
#include <hw/mmio.h>

#include "device.h"

/* clang-format off */
enum {
    HPET_WINDOW         = 0x400,
    HPET_CAPABILITIES   = 0x000, /* [31:16] vendor [13] 64-bit counter [12:8] last timer */
    HPET_PERIOD         = 0x004, /* femtoseconds */
    HPET_CONFIGURATION  = 0x010, /* [1] legacy routes [0] counter runs */
    HPET_STATUS         = 0x020, /* bit n: timer n, level-triggered; write 1 to clear */
    HPET_COUNTER        = 0x0F0,
    HPET_TIMERS         = 0x100,
    HPET_TIMER_STRIDE   = 0x20,
    TIMER_CONFIGURATION = 0x00,
    TIMER_ROUTES        = 0x04,  /* bit n: can be routed to gsi n */
    TIMER_COMPARATOR    = 0x08,

    CAP_COUNTER_64      = 1 << 13,
    CONF_RUN            = 1 << 0,
    CONF_LEGACY         = 1 << 1,

    TIMER_LEVEL         = 1 << 1,
    TIMER_ENABLE        = 1 << 2,
    TIMER_PERIODIC      = 1 << 3,
    TIMER_64            = 1 << 5,
    TIMER_SET           = 1 << 6,
    TIMER_32            = 1 << 8,
    TIMER_ROUTE_SHIFT   = 9,     /* [13:9] */
    TIMER_ROUTE         = 31 << TIMER_ROUTE_SHIFT,
    TIMER_MESSAGE       = 1 << 14,
    TIMER_CHANGED       = TIMER_LEVEL | TIMER_ENABLE | TIMER_PERIODIC | TIMER_SET |
                          TIMER_32 | TIMER_ROUTE | TIMER_MESSAGE,
    FIRST_GSI_OF_PCI    = 16,
};
#define PERIOD_LIMIT UINT32_C(100000000) /* fs: the counter runs at 10 MHz or more */
#define LEAD_NS      UINT64_C(250000)
/* clang-format on */

/* The block, the same for all its timers; written by probe() only, at the start. */
static struct {
    uintptr_t registers;
    uint64_t base; /* physical */
    uint64_t lead; /* LEAD_NS in ticks */
    uint32_t capabilities;
    uint32_t timers;
    uint32_t taken; /* bit n: timer n is a device's */
} block;

struct hpet {
    uintptr_t registers; /* of the timer */
    uint32_t number;
    uint32_t configuration; /* as written while disabled */
    uint64_t comparator;    /* of the last fire; written before `armed` */
    bool wide;              /* 64 bits are compared */
    _Atomic bool armed;     /* set by fire(), taken by the routine */
};

enum { EDGE_ROW = 0, LEVEL_ROW = 1, ROW_COUNT };
static const struct ivm_match matches[ROW_COUNT] = {
    [EDGE_ROW] = {.bus = IVM_BUS_ACPI, .name = "HPET"},
    [LEVEL_ROW] = {.bus = IVM_BUS_ACPI, .name = "HPET"},
};

static bool is_level(const struct hpet *hpet)
{
    return (hpet->configuration & TIMER_LEVEL) != 0;
}

static uintptr_t timer_registers(uint32_t number)
{
    return block.registers + HPET_TIMERS + (uintptr_t)number * HPET_TIMER_STRIDE;
}

/* The halves are read one by one: the low one may wrap in between, which the high one
 * tells. */
static uint64_t read_counter(void)
{
    if ((block.capabilities & CAP_COUNTER_64) == 0)
        return mmio_read32(block.registers + HPET_COUNTER);
    uint32_t high = mmio_read32(block.registers + HPET_COUNTER + 4);
    uint32_t low = mmio_read32(block.registers + HPET_COUNTER);
    uint32_t again = mmio_read32(block.registers + HPET_COUNTER + 4);
    if (again != high)
        low = mmio_read32(block.registers + HPET_COUNTER);
    return (uint64_t)again << 32 | low;
}

static bool has_passed(const struct hpet *hpet)
{
    uint64_t ahead = read_counter() - hpet->comparator;
    return hpet->wide ? (int64_t)ahead >= 0 : (int32_t)(uint32_t)ahead >= 0;
}

static void disable(const struct hpet *hpet)
{
    mmio_write32(hpet->registers + TIMER_CONFIGURATION, hpet->configuration);
    mmio_write32(block.registers + HPET_STATUS, UINT32_C(1) << hpet->number);
}

static void quiet(struct ivm_device *device)
{
    struct hpet *hpet = device->state;
    disable(hpet);
    atomic_store_explicit(&hpet->armed, false, memory_order_relaxed);
}

/* Firmware's timers and legacy routes off, the counter running. */
static void start_block(void)
{
    for (uint32_t n = 0; n < block.timers; n++) {
        uintptr_t at = timer_registers(n) + TIMER_CONFIGURATION;
        mmio_write32(at, mmio_read32(at) & ~(uint32_t)TIMER_ENABLE);
    }
    uint32_t configuration = mmio_read32(block.registers + HPET_CONFIGURATION);
    mmio_write32(block.registers + HPET_CONFIGURATION,
                 (configuration & ~(uint32_t)CONF_LEGACY) | CONF_RUN);
    mmio_write32(block.registers + HPET_STATUS, UINT32_C(0xFFFFFFFF));
}

static enum ivm_status find_block(const struct ivm_device *device)
{
    const void *table;
    size_t length;
    if (!ivm_acpi_table(device->match->name, &table, &length))
        return IVM_NO_SUCH_DEVICE;
    uint64_t base = hpet_table_base(table, length);
    if (base == 0) {
        ivm_log("%s: the ACPI table of %zu bytes gives no registers in memory",
                device->name, length);
        return IVM_UNSUPPORTED;
    }
    block.registers = ivm_map_device(base, HPET_WINDOW);
    if (block.registers == 0) {
        ivm_log("%s: its registers at 0x%llx cannot be mapped", device->name,
                (unsigned long long)base);
        return IVM_UNSUPPORTED;
    }
    block.capabilities = mmio_read32(block.registers + HPET_CAPABILITIES);
    uint32_t period = mmio_read32(block.registers + HPET_PERIOD);
    if (period == 0 || period > PERIOD_LIMIT) {
        ivm_log("%s: a period of %u fs at 0x%llx is not an HPET's", device->name, period,
                (unsigned long long)base);
        return IVM_UNSUPPORTED;
    }
    block.base = base;
    block.timers = (block.capabilities >> 8 & 31) + 1;
    if (block.timers > (HPET_WINDOW - HPET_TIMERS) / HPET_TIMER_STRIDE)
        block.timers = (HPET_WINDOW - HPET_TIMERS) / HPET_TIMER_STRIDE;
    block.lead = LEAD_NS * 1000000 / period;
    block.taken = 0;
    start_block();
    return IVM_OK;
}

/* The first timer that is nobody's and has a line to choose from. */
static bool take_timer(struct hpet *hpet, uint32_t *gsi)
{
    for (uint32_t n = 0; n < block.timers; n++) {
        uint32_t routes = mmio_read32(timer_registers(n) + TIMER_ROUTES);
        if ((block.taken >> n & 1) != 0 || !hpet_choose_line(routes, device_uses_line, gsi))
            continue;
        block.taken |= UINT32_C(1) << n;
        hpet->number = n;
        hpet->registers = timer_registers(n);
        return true;
    }
    return false;
}

static void set_up_timer(struct hpet *hpet, const struct ivm_device *device)
{
    uint32_t found = mmio_read32(hpet->registers + TIMER_CONFIGURATION);
    hpet->wide = (found & TIMER_64) != 0 && (block.capabilities & CAP_COUNTER_64) != 0;
    hpet->configuration = (found & ~(uint32_t)TIMER_CHANGED) |
                          device->line.gsi << TIMER_ROUTE_SHIFT |
                          (device->line.trigger == IVM_LEVEL ? (uint32_t)TIMER_LEVEL : 0) |
                          (hpet->wide ? 0 : (uint32_t)TIMER_32);
    disable(hpet);
}

static enum ivm_status probe(struct ivm_device *device)
{
    struct hpet *hpet = device->state;
    bool level = device->match == &matches[LEVEL_ROW];
    if (!level || block.registers == 0) {
        enum ivm_status status = find_block(device);
        if (status != IVM_OK) {
            block.registers = 0;
            return status;
        }
    }
    if (!take_timer(hpet, &device->line.gsi)) {
        ivm_log("%s: none of the %u timers is left with a line to be routed to",
                device->name, block.timers);
        return IVM_UNSUPPORTED;
    }
    device->has_line = true;
    device->line.known_from = "HPET route mask";
    device->line.trigger = level ? IVM_LEVEL : IVM_EDGE;
    /* A level goes where PCI's lines do, and they are active low. */
    device->line.polarity =
        level && device->line.gsi >= FIRST_GSI_OF_PCI ? IVM_ACTIVE_LOW : IVM_ACTIVE_HIGH;
    set_up_timer(hpet, device);
    ivm_log("%s: timer %u of %u of the HPET at 0x%llx, %s, %u bits", device->name,
            hpet->number, block.timers, (unsigned long long)block.base,
            level ? "level" : "edge", hpet->wide ? 64U : 32U);
    return IVM_OK;
}

/* A level shows in the status register. An edge does not: what tells it is that the counter
 * has passed the comparator of a fire that nobody has taken. Off before acknowledged: a
 * 32-bit timer would otherwise match again when the counter wraps. */
static enum ivm_verdict routine(void *context)
{
    struct hpet *hpet = ((struct ivm_device *)context)->state;
    bool pending;
    if (is_level(hpet))
        pending = (mmio_read32(block.registers + HPET_STATUS) >> hpet->number & 1) != 0;
    else /* Acquire: pairs with the release in fire(), which wrote the comparator. */
        pending =
            atomic_load_explicit(&hpet->armed, memory_order_acquire) && has_passed(hpet);
    if (!pending)
        return IVM_NOT_MINE;
    atomic_store_explicit(&hpet->armed, false, memory_order_relaxed);
    disable(hpet);
    return IVM_HANDLED;
}

/* Interrupts are off from the counter's reading to the enable: a delay longer than the lead
 * would set a comparator in the past, which is reached after a wrap only. */
static void fire(struct ivm_device *device)
{
    struct hpet *hpet = device->state;
    bool were_on = cpu_interrupts_save();
    hpet->comparator = read_counter() + block.lead;
    mmio_write32(hpet->registers + TIMER_COMPARATOR, (uint32_t)hpet->comparator);
    mmio_write32(hpet->registers + TIMER_COMPARATOR + 4,
                 hpet->wide ? (uint32_t)(hpet->comparator >> 32) : 0);
    atomic_store_explicit(&hpet->armed, true, memory_order_release);
    mmio_write32(hpet->registers + TIMER_CONFIGURATION, hpet->configuration | TIMER_ENABLE);
    cpu_interrupts_restore(were_on);
}

IVM_DRIVER(hpet)
= {
    .name = "hpet",
    .matches = matches,
    .match_count = ROW_COUNT,
    .state_size = sizeof(struct hpet),
    .probe = probe,
    .routine = routine,
    .fire = fire,
    .quiet = quiet,
};
