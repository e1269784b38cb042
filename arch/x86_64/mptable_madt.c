/* mptable_madt.c: the MP table in the MADT's words, and where the two disagree. */
#include "mptable_madt.h"

#include <stddef.h>

enum { ISA_IRQS = 16 };

static bool is_isa_line(const struct mptable *table, const struct mptable_wire *wire)
{
    uint8_t bus = table->buses[wire->bus];
    return wire->kind == MP_WIRE_INT && (bus == MP_BUS_ISA || bus == MP_BUS_EISA);
}

static const struct mptable_ioapic *ioapic_of(const struct mptable *table,
                                              const struct mptable_wire *wire)
{
    for (size_t i = 0; i < table->ioapic_count; i++)
        if (table->ioapics[i].id == wire->apic || wire->apic == MPTABLE_EVERY_APIC)
            return &table->ioapics[i];
    return NULL;
}

bool mptable_gsi(const struct mptable *table, const struct madt *madt,
                 const struct mptable_wire *wire, uint32_t *gsi)
{
    const struct mptable_ioapic *ioapic = ioapic_of(table, wire);
    for (size_t i = 0; ioapic != NULL && i < madt->ioapic_count; i++)
        if (madt->ioapics[i].address == ioapic->address) {
            *gsi = madt->ioapics[i].gsi_base + wire->input;
            return true;
        }
    return false;
}

static void add_ioapics(const struct mptable *table, const uint32_t inputs[],
                        struct madt *out)
{
    uint32_t next = 0;
    for (size_t i = 0; i < table->ioapic_count; i++) {
        const struct mptable_ioapic *ioapic = &table->ioapics[i];
        if (!ioapic->enabled)
            continue;
        out->ioapics[out->ioapic_count++] = (struct madt_ioapic){
            .address = ioapic->address, .gsi_base = next, .id = ioapic->id};
        next += inputs[i];
    }
}

static void add_override(const struct mptable_wire *wire, uint32_t gsi, struct madt *out)
{
    bool is_default = gsi == wire->irq && wire->polarity == MADT_POLARITY_OF_BUS &&
                      wire->trigger == MADT_TRIGGER_OF_BUS;
    if (is_default || out->override_count == MADT_OVERRIDE_LIMIT)
        return;
    out->overrides[out->override_count++] = (struct madt_override){
        .gsi = gsi, .irq = wire->irq, .polarity = wire->polarity, .trigger = wire->trigger};
}

static bool isa_uses(const struct mptable *table, const struct madt *madt, uint32_t gsi)
{
    for (size_t i = 0; i < table->wire_count; i++) {
        const struct mptable_wire *wire = &table->wires[i];
        uint32_t arrives;
        if (is_isa_line(table, wire) &&
            (wire->irq == gsi ||
             (mptable_gsi(table, madt, wire, &arrives) && arrives == gsi)))
            return true;
    }
    return false;
}

/* A PCI wire at an input that would be an ISA line's by default, and that no ISA line uses: that line was
 * turned over to PCI, for which a MADT has an override. */
static void add_turned_over(const struct mptable *table, const struct mptable_wire *wire,
                            uint32_t gsi, struct madt *out)
{
    for (size_t i = 0; i < out->override_count; i++)
        if (out->overrides[i].irq == gsi)
            return;
    if (gsi >= ISA_IRQS || isa_uses(table, out, gsi))
        return;
    const struct mptable_wire turned = {
        .irq = (uint8_t)gsi,
        .polarity =
            wire->polarity != MADT_POLARITY_OF_BUS ? wire->polarity : MADT_ACTIVE_LOW,
        .trigger = wire->trigger != MADT_TRIGGER_OF_BUS ? wire->trigger : MADT_LEVEL};
    add_override(&turned, gsi, out);
}

static void add_nmi_source(const struct mptable_wire *wire, uint32_t gsi, struct madt *out)
{
    if (out->nmi_source_count == MADT_NMI_SOURCE_LIMIT)
        return;
    out->nmi_sources[out->nmi_source_count++] = (struct madt_nmi_source){
        .gsi = gsi, .polarity = wire->polarity, .trigger = wire->trigger};
}

static void add_wire(const struct mptable *table, const struct mptable_wire *wire,
                     struct madt *out)
{
    uint32_t gsi;
    if (!mptable_gsi(table, out, wire, &gsi))
        return;
    if (is_isa_line(table, wire))
        add_override(wire, gsi, out);
    else if (wire->kind == MP_WIRE_INT && table->buses[wire->bus] == MP_BUS_PCI)
        add_turned_over(table, wire, gsi, out);
    else if (wire->kind == MP_WIRE_NMI)
        add_nmi_source(wire, gsi, out);
}

static void add_local(const struct mptable_wire *wire, struct madt *out)
{
    if (wire->kind != MP_WIRE_NMI || out->local_nmi_count == MADT_LOCAL_NMI_LIMIT)
        return;
    out->local_nmis[out->local_nmi_count++] = (struct madt_local_nmi){
        .uid = wire->apic == MPTABLE_EVERY_APIC ? madt_every_processor : wire->apic,
        .lint = wire->input,
        .polarity = wire->polarity,
        .trigger = wire->trigger};
}

_Static_assert((int)MPTABLE_CPU_LIMIT <= (int)MADT_CPU_LIMIT, "a processor per processor");

void mptable_to_madt(const struct mptable *table,
                     const uint32_t inputs[MPTABLE_IOAPIC_LIMIT], struct madt *out)
{
    *out = (struct madt){.lapic_address = table->lapic_address,
                         .from_mp_table = true,
                         .has_8259 = true,
                         .revision = table->revision};
    for (size_t i = 0; i < table->cpu_count; i++)
        out->cpus[out->cpu_count++] = (struct madt_cpu){.apic_id = table->cpus[i].apic_id,
                                                        .uid = table->cpus[i].apic_id,
                                                        .enabled = table->cpus[i].enabled};
    add_ioapics(table, inputs, out);
    for (size_t i = 0; i < table->wire_count; i++)
        add_wire(table, &table->wires[i], out);
    for (size_t i = 0; i < table->local_count; i++)
        add_local(&table->locals[i], out);
}

/* The first override of a line counts, as in routing.c. */
static struct madt_override madt_says(const struct madt *madt, uint8_t irq)
{
    for (size_t i = 0; i < madt->override_count; i++)
        if (madt->overrides[i].bus == 0 && madt->overrides[i].irq == irq)
            return madt->overrides[i];
    return (struct madt_override){.gsi = irq, .irq = irq};
}

bool mptable_compare(const struct mptable *table, const struct madt *madt,
                     const struct mptable_wire *wire, struct mptable_difference *out)
{
    uint32_t gsi;
    if (!is_isa_line(table, wire) || !mptable_gsi(table, madt, wire, &gsi))
        return false;
    const struct madt_override said = madt_says(madt, wire->irq);
    bool other_trigger = said.trigger != MADT_TRIGGER_OF_BUS &&
                         wire->trigger != MADT_TRIGGER_OF_BUS &&
                         said.trigger != wire->trigger;
    bool other_polarity = said.polarity != MADT_POLARITY_OF_BUS &&
                          wire->polarity != MADT_POLARITY_OF_BUS &&
                          said.polarity != wire->polarity;
    *out = (struct mptable_difference){.irq = wire->irq,
                                       .madt_gsi = said.gsi,
                                       .mp_gsi = gsi,
                                       .differs = said.gsi != gsi || other_trigger ||
                                                  other_polarity};
    return true;
}
