/* tsc.c: the TSC against a counter of known rate: three short measurements, the best taken.
 */
#include "tsc.h"

#include <stdbool.h>
#include <stddef.h>

#include <hw/cpu.h>
#include <hw/mmio.h>
#include <hw/port.h>
#include <ivm/system.h>

#include "kernel/format.h"
#include "percpu.h"

/* clang-format off */
enum {
    MEASUREMENTS = 3,
    PER_SECOND = 200,               /* one takes 5 ms */
    POLLS = 1000000,                /* of a counter before it is said not to count */
    TRIES = 8,                      /* at reading both counters close together */
    MILLION = 1000000,

    PM_TIMER_HZ = 3579545,
    PM_TIMER_MASK = 0xFFFFFF,       /* 24 bits in every implementation */

    HPET_PERIOD = 0x04,             /* [31:0] femtoseconds: the upper half of register 0 */
    HPET_PERIOD_MAX = 100000000,
    HPET_CONFIGURATION = 0x10,      /* [0] counts */
    HPET_ENABLE = 1 << 0,
    HPET_COUNTER = 0xF0,

    PIT_HZ = 1193182,
    PIT_COUNTER_2 = 0x42,
    PIT_CONTROL = 0x43,
    PIT_2_RATE_GENERATOR = 0xB4,    /* counter 2, low then high byte, mode 2 */
    PIT_2_LATCH = 0x80,
    GATE_PORT = 0x61,               /* [0] gate of counter 2, [1] speaker, [3:2] checks */
    GATE_ON = 1 << 0,
    GATE_SPEAKER = 1 << 1,
    GATE_KEEP = 0x0C,

    LEAF_CRYSTAL = 0x15,
    LEAF_FREQUENCY = 0x16,
    LEAF_POWER = 0x07,              /* of the extended leaves */
    EDX_INVARIANT_TSC = 1 << 8,
};
static const uint32_t leaf_extended = 0x80000000;
static const uint64_t femtoseconds = UINT64_C(1000000000000000);

/* Too fast rather than too slow: waits are then longer than asked for, never shorter. */
static const uint64_t assumed_hz = UINT64_C(4000000000);
/* clang-format on */

/* A counter of known rate. */
struct reference {
    const char *name;
    uint64_t hz;
    uint64_t mask; /* of the bits that count */
    uint64_t (*read)(uintptr_t where);
    uintptr_t where;
};

/* Both counters at one moment, known to `width` ticks of the TSC. */
struct sample {
    uint64_t tsc;
    uint64_t width;
    uint64_t count;
};

struct measurement {
    uint64_t hz;
    uint64_t ppm; /* the truth is within */
};

static struct sample take_sample(const struct reference *reference)
{
    struct sample best = {.width = UINT64_MAX};
    for (int i = 0; i < TRIES; i++) {
        uint64_t before = cpu_rdtsc();
        uint64_t count = reference->read(reference->where);
        uint64_t width = cpu_rdtsc() - before;
        if (width < best.width)
            best = (struct sample){before + width / 2, width, count};
    }
    return best;
}

static uint64_t elapsed(const struct reference *reference, uint64_t from, uint64_t to)
{
    return (to - from) & reference->mask;
}

static bool wait_for_ticks(const struct reference *reference, uint64_t from, uint64_t ticks)
{
    for (int i = 0; i < POLLS; i++)
        if (elapsed(reference, from, reference->read(reference->where)) >= ticks)
            return true;
    return false;
}

static bool measure(const struct reference *reference, struct measurement *out)
{
    struct sample first = take_sample(reference);
    if (!wait_for_ticks(reference, first.count, reference->hz / PER_SECOND))
        return false;
    struct sample last = take_sample(reference);
    uint64_t ticks = elapsed(reference, first.count, last.count);
    uint64_t tsc = last.tsc - first.tsc;
    if (ticks == 0 || tsc == 0)
        return false;
    out->hz = tsc * reference->hz / ticks;
    /* Half the width of each sample, and a tick of the reference either way. */
    out->ppm = (first.width + last.width) / 2 * MILLION / tsc + MILLION / ticks + 1;
    return true;
}

static bool agree(const struct measurement *a, const struct measurement *b)
{
    uint64_t distance = a->hz > b->hz ? a->hz - b->hz : b->hz - a->hz;
    return distance <= (a->hz > b->hz ? a->hz : b->hz) / MILLION * (a->ppm + b->ppm);
}

/* The sharpest measurement that another one confirms: a pause of a virtual machine in one
 * of them can make it look sharp and wrong, not two of them alike.
 */
static bool choose(const struct measurement all[MEASUREMENTS], struct measurement *best)
{
    best->ppm = UINT64_MAX;
    for (int i = 0; i < MEASUREMENTS; i++)
        for (int j = 0; j < MEASUREMENTS; j++)
            if (i != j && agree(&all[i], &all[j]) && all[i].ppm < best->ppm)
                *best = all[i];
    return best->ppm != UINT64_MAX;
}

/* As CPU 0 would read it. */
static uint64_t read_tsc(void)
{
    return cpu_rdtsc() - cpu_gs_read64(PERCPU_TSC);
}

static const char *constancy(void)
{
    bool known = cpu_cpuid(leaf_extended, 0).eax >= leaf_extended + LEAF_POWER;
    bool invariant =
        known && cpu_cpuid(leaf_extended + LEAF_POWER, 0).edx & EDX_INVARIANT_TSC;
    return invariant ? "" : ", if the TSC is constant, which this CPU does not promise";
}

/* Written once, by tsc_calibrate(). */
static char how_text[64], accuracy_text[128];

static bool calibrate_by(const struct reference *reference, struct clock_source *out)
{
    struct measurement all[MEASUREMENTS], best;
    for (int i = 0; i < MEASUREMENTS; i++) {
        if (!measure(reference, &all[i])) {
            ivm_log("tsc: the %s does not count", reference->name);
            return false;
        }
    }
    if (!choose(all, &best)) {
        ivm_log("tsc: the %s counts unsteadily: %lu, %lu, %lu Hz", reference->name,
                all[0].hz, all[1].hz, all[2].hz);
        return false;
    }
    format_text(how_text, sizeof how_text, "TSC, measured by the %s", reference->name);
    format_text(accuracy_text, sizeof accuracy_text, "within %lu ppm%s", best.ppm,
                constancy());
    out->ticks_per_second = best.hz;
    return true;
}

static uint64_t read_pm_timer(uintptr_t where)
{
    return port_read32((uint16_t)where);
}

static bool by_pm_timer(const struct tsc_references *references, struct clock_source *out)
{
    if (references->pm_timer_port == 0)
        return false;
    return calibrate_by(&(struct reference){.name = "ACPI PM timer",
                                            .hz = PM_TIMER_HZ,
                                            .mask = PM_TIMER_MASK,
                                            .read = read_pm_timer,
                                            .where = references->pm_timer_port},
                        out);
}

static uint64_t read_hpet(uintptr_t where)
{
    return mmio_read32(where + HPET_COUNTER);
}

static bool by_hpet(const struct tsc_references *references, struct clock_source *out)
{
    if (references->hpet == 0)
        return false;
    uint32_t period = mmio_read32(references->hpet + HPET_PERIOD);
    if (period == 0 || period > HPET_PERIOD_MAX) {
        ivm_log("tsc: the HPET names an impossible period, %u fs", period);
        return false;
    }
    uintptr_t configuration = references->hpet + HPET_CONFIGURATION;
    uint32_t before = mmio_read32(configuration);
    mmio_write32(configuration, before | HPET_ENABLE);
    bool done = calibrate_by(&(struct reference){.name = "HPET",
                                                 .hz = femtoseconds / period,
                                                 .mask = UINT32_MAX,
                                                 .read = read_hpet,
                                                 .where = references->hpet},
                             out);
    mmio_write32(configuration, before);
    return done;
}

static uint64_t read_pit(uintptr_t where)
{
    (void)where;
    port_write8(PIT_CONTROL, PIT_2_LATCH);
    uint32_t low = port_read8(PIT_COUNTER_2);
    uint32_t high = port_read8(PIT_COUNTER_2);
    return 0 - (uint64_t)(high << 8 | low); /* it counts down */
}

static bool by_pit(const struct tsc_references *references, struct clock_source *out)
{
    (void)references;
    uint8_t before = port_read8(GATE_PORT);
    port_write8(GATE_PORT, (uint8_t)((before & GATE_KEEP) | GATE_ON));
    /* A port that is not there reads all ones, the speaker bit too. */
    if ((port_read8(GATE_PORT) & (GATE_ON | GATE_SPEAKER)) != GATE_ON) {
        ivm_log("tsc: there is no PIT channel 2: port 0x61 does not answer");
        return false;
    }
    port_write8(PIT_CONTROL, PIT_2_RATE_GENERATOR);
    port_write8(PIT_COUNTER_2, 0); /* 0 stands for 65536 */
    port_write8(PIT_COUNTER_2, 0);
    bool done = calibrate_by(
        &(struct reference){
            .name = "PIT, channel 2", .hz = PIT_HZ, .mask = 0xFFFF, .read = read_pit},
        out);
    port_write8(GATE_PORT, before & (GATE_KEEP | GATE_ON | GATE_SPEAKER));
    return done;
}

static bool has_leaf(uint32_t leaf)
{
    return cpu_cpuid(0, 0).eax >= leaf;
}

static bool by_crystal(const struct tsc_references *references, struct clock_source *out)
{
    (void)references;
    struct cpu_leaf ratio =
        has_leaf(LEAF_CRYSTAL) ? cpu_cpuid(LEAF_CRYSTAL, 0) : (struct cpu_leaf){0};
    if (ratio.eax == 0 || ratio.ebx == 0 || ratio.ecx == 0)
        return false;
    out->ticks_per_second = (uint64_t)ratio.ecx * ratio.ebx / ratio.eax;
    format_text(how_text, sizeof how_text, "TSC, as CPUID leaf 0x15 states it");
    format_text(accuracy_text, sizeof accuracy_text, "as accurate as the crystal%s",
                constancy());
    return out->ticks_per_second != 0;
}

static bool by_base_frequency(const struct tsc_references *references,
                              struct clock_source *out)
{
    (void)references;
    uint32_t megahertz =
        has_leaf(LEAF_FREQUENCY) ? cpu_cpuid(LEAF_FREQUENCY, 0).eax & 0xFFFF : 0;
    if (megahertz == 0)
        return false;
    out->ticks_per_second = (uint64_t)megahertz * MILLION;
    format_text(how_text, sizeof how_text, "TSC, base frequency of CPUID leaf 0x16");
    format_text(accuracy_text, sizeof accuracy_text, "nominal, not measured: about 1 %%%s",
                constancy());
    return true;
}

static bool by_assumption(const struct tsc_references *references, struct clock_source *out)
{
    (void)references;
    out->ticks_per_second = assumed_hz;
    format_text(how_text, sizeof how_text, "TSC, its rate ASSUMED");
    format_text(accuracy_text, sizeof accuracy_text,
                "nothing to measure it by: time may run several times too slow");
    return true;
}

void tsc_calibrate(const struct tsc_references *references, struct clock_source *out)
{
    static bool (*const ways[])(const struct tsc_references *, struct clock_source *) = {
        by_crystal, by_pm_timer, by_hpet, by_pit, by_base_frequency, by_assumption};
    *out = (struct clock_source){
        .ticks = read_tsc, .how = how_text, .accuracy = accuracy_text};
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
        if (ways[i](references, out))
            return;
}
