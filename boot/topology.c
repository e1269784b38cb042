/* topology.c: what was found, in a few lines. */
#include "topology.h"

#include <stddef.h>

#include <ivm/bus.h>
#include <ivm/cpu.h>
#include <ivm/system.h>

#include "arch/x86_64/routing.h"
#include "kernel/format.h"

static size_t usable_cpus(const struct madt *madt)
{
    size_t count = 0;
    for (size_t i = 0; i < madt->cpu_count; i++)
        count += madt->cpus[i].enabled;
    return count;
}

static void print_cpus(const struct madt *madt)
{
    ivm_log("CPUs: %zu in the %s, %zu enabled, %u run", madt->cpu_count,
            madt->from_mp_table ? "MP table" : "MADT", usable_cpus(madt), ivm_cpu_count());
}

static void print_overrides(void)
{
    for (uint8_t irq = 0; irq < ROUTING_ISA_LINES; irq++) {
        struct ivm_line_info line;
        bool is_default = ivm_isa_line(irq, &line) && line.gsi == irq &&
                          line.trigger == IVM_EDGE && line.polarity == IVM_ACTIVE_HIGH;
        if (!is_default && ivm_isa_line(irq, &line))
            ivm_log("ISA irq %u arrives at line %u, %s-triggered, active-%s (%s)", irq,
                    line.gsi, line.trigger == IVM_EDGE ? "edge" : "level",
                    line.polarity == IVM_ACTIVE_HIGH ? "high" : "low", line.known_from);
    }
}

static void print_nmis(const struct madt *madt)
{
    for (size_t i = 0; i < madt->nmi_source_count; i++)
        ivm_log("line %u carries an NMI", madt->nmi_sources[i].gsi);
    for (size_t i = 0; i < madt->local_nmi_count; i++) {
        const struct madt_local_nmi *nmi = &madt->local_nmis[i];
        char who[24] = "every CPU";
        if (nmi->uid != madt_every_processor)
            format_text(who, sizeof who, "CPU %u", nmi->uid);
        ivm_log("NMI: LINT%u of %s", nmi->lint, who);
    }
}

void topology_print(const struct madt *madt)
{
    print_cpus(madt);
    print_overrides();
    print_nmis(madt);
}
