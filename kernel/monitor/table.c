/* table.c: the tables an operator reads, written to the log from the manager's own records.
 */
#include "table.h"

#include <ivm/bus.h>
#include <ivm/level.h>
#include <ivm/system.h>
#include <ivm/vector.h>

#include "kernel/format.h"
#include "text.h"

enum { RECORD = 960, OWNERS_SHOWN = 6, REFUSALS_SHOWN = 8, ISA_LINES = 16 };

const char *table_trigger(unsigned trigger)
{
    return trigger == IVM_LEVEL ? "level" : "edge";
}

const char *table_polarity(unsigned polarity)
{
    return polarity == IVM_ACTIVE_LOW ? "low" : "high";
}

const char *table_sharing(unsigned sharing)
{
    return sharing == IVM_SHARED ? "shared" : "alone";
}

const char *table_source(struct ivm_source_id source, char out[TABLE_SOURCE])
{
    static const char *const kinds[] = {
        [IVM_LINE] = "line",
        [IVM_MESSAGE] = "message",
        [IVM_BARE] = "bare",
    };
    const char *kind = source.kind <= IVM_BARE ? kinds[source.kind] : "?";
    format_text(out, TABLE_SOURCE, source.kind == IVM_BARE ? "%s 0x%02x" : "%s %u", kind,
                source.number);
    return out;
}

static const char *mask_word(uint8_t reasons)
{
    if (reasons == 0)
        return "-";
    return (reasons & IVM_MASKED_UNCLAIMED) != 0 ? "unclaimed" : "idle";
}

static void add_owners(struct text *row, uint32_t cpu, uint8_t vector)
{
    struct ivm_owner_stats owners[OWNERS_SHOWN];
    size_t count = ivm_stats_owners(cpu, vector, owners, OWNERS_SHOWN);
    for (size_t i = 0; i < count && i < OWNERS_SHOWN; i++) {
        text_add(row, "%s%s %lu", i == 0 ? "" : ", ", owners[i].owner.name,
                 owners[i].claimed);
    }
    if (count > OWNERS_SHOWN)
        text_add(row, ", %zu more", count - OWNERS_SHOWN);
}

bool table_vector_row(uint32_t cpu, uint8_t vector, char out[TABLE_LINE])
{
    struct ivm_vector_stats stats;
    if (!ivm_stats_vector(cpu, vector, &stats))
        return false;
    uint64_t unasked = ivm_vector_is_device(vector) ? stats.strays : stats.delivered;
    if (!stats.connected && unasked == 0)
        return false;

    struct text row = {.out = out, .size = TABLE_LINE};
    text_add(&row, "%3u  0x%02x %5u  ", cpu, vector, ivm_vector_level(vector));
    if (!stats.connected) {
        text_add(&row, "%-10s %-7s %-8s %-9s %-10s %9lu %6lu  (%s)", "-", "-", "-", "-",
                 "-", stats.delivered, stats.strays, ivm_vector_reason(vector));
        return true;
    }
    char source[TABLE_SOURCE];
    text_add(&row, "%-10s %-7s %-8s %-9s %-10s %9lu %6lu  ",
             table_source(stats.source, source), table_trigger(stats.trigger),
             stats.source.kind == IVM_LINE ? table_polarity(stats.polarity) : "-",
             mask_word(stats.mask_reasons),
             stats.controller != NULL ? stats.controller : "-", stats.delivered,
             stats.strays);
    add_owners(&row, cpu, vector);
    return true;
}

void table_vectors(void)
{
    struct ivm_totals totals;
    ivm_stats_totals(&totals);
    ivm_log("%3s  %4s %5s  %-10s %-7s %-8s %-9s %-10s %9s %6s  %s", "cpu", "vec", "level",
            "source", "trigger", "polarity", "mask", "controller", "delivered", "strays",
            "owners and what each took");

    unsigned rows = 0;
    /* CPUs are numbered without gaps (<ivm/cpu.h>), so their count is where they end. */
    for (uint32_t cpu = 0; cpu < totals.cpus; cpu++) {
        for (unsigned vector = 0; vector < IVM_VECTOR_COUNT; vector++) {
            char row[TABLE_LINE];
            if (!table_vector_row(cpu, (uint8_t)vector, row))
                continue;
            ivm_log("%s", row);
            rows++;
        }
    }
    if (rows == 0)
        ivm_log("(nobody is connected, and nothing fired unasked)");
    else
        ivm_log("delivered and strays count from the start, what an owner took from its "
                "connect");
}

void table_device_row(const struct ivm_device *device, char out[TABLE_LINE])
{
    static const char *const buses[] = {
        [IVM_BUS_ISA] = "ISA",
        [IVM_BUS_PCI] = "PCI",
        [IVM_BUS_ACPI] = "ACPI",
    };
    struct text row = {.out = out, .size = TABLE_LINE};
    text_add(&row, "%-14s %-4s ", device->name,
             device->bus <= IVM_BUS_ACPI ? buses[device->bus] : "?");
    if (device->bus == IVM_BUS_PCI) {
        text_add(&row, "%02x:%02x.%x %04x:%04x  ", device->pci.bus, device->pci.slot,
                 device->pci.function, device->pci.vendor, device->pci.device);
    } else {
        text_add(&row, "%-17s  ", "");
    }
    if (device->driver == NULL)
        text_add(&row, "no driver; ");
    else
        text_add(&row, "driver %s%s; ", device->driver->name,
                 device->driver->fire != NULL ? "" : " (cannot be fired)");
    if (!device->has_line) {
        text_add(&row, "no interrupt line");
        return;
    }
    text_add(&row, "line %u, %s-triggered, active-%s, known from %s", device->line.gsi,
             table_trigger(device->line.trigger), table_polarity(device->line.polarity),
             device->line.known_from != NULL ? device->line.known_from : "nothing");
}

void table_devices(void)
{
    for (size_t i = 0; i < ivm_device_count(); i++) {
        char row[TABLE_LINE];
        table_device_row(ivm_device_at(i), row);
        ivm_log("%s", row);
    }
    if (ivm_device_count() == 0)
        ivm_log("(no device was found)");
}

static void add_wired(struct text *row, uint32_t gsi)
{
    bool is_first = true;
    for (size_t i = 0; i < ivm_device_count(); i++) {
        const struct ivm_device *device = ivm_device_at(i);
        if (!device->has_line || device->line.gsi != gsi)
            continue;
        text_add(row, "%s%s", is_first ? "wired to " : ", ", device->name);
        is_first = false;
    }
    for (uint8_t irq = 0; irq < ISA_LINES; irq++) {
        struct ivm_line_info line;
        if (!ivm_isa_line(irq, &line) || line.gsi != gsi)
            continue;
        text_add(row, "%sISA irq %u (%s)", is_first ? "" : "; ", irq, line.known_from);
        is_first = false;
    }
    if (is_first)
        text_add(row, "nothing known to be wired to it");
}

static void line_row(uint32_t gsi)
{
    char out[TABLE_LINE];
    struct text row = {.out = out, .size = sizeof out};
    uint32_t cpu;
    uint8_t vector;
    text_add(&row, "line %3u  ", gsi);
    if (ivm_stats_place((struct ivm_source_id){IVM_LINE, gsi}, &cpu, &vector)) {
        text_add(&row, "vector 0x%02x on CPU %u: ", vector, cpu);
        add_owners(&row, cpu, vector);
        text_add(&row, "; ");
    } else {
        text_add(&row, "nobody; ");
    }
    add_wired(&row, gsi);
    ivm_log("%s", out);
}

void table_lines(void)
{
    struct ivm_totals totals;
    ivm_stats_totals(&totals);
    for (uint32_t gsi = 0; gsi < totals.line_end; gsi++)
        line_row(gsi);
    if (totals.lines == 0)
        ivm_log("(no I/O APIC line is known)");
}

void table_refusals(void)
{
    struct ivm_refusal refusals[REFUSALS_SHOWN];
    size_t count = ivm_stats_refusals(refusals, REFUSALS_SHOWN);
    struct ivm_totals totals;
    ivm_stats_totals(&totals);
    ivm_log("%lu refusals since the start; the latest %zu, newest first:", totals.refusals,
            count);
    for (size_t i = 0; i < count; i++) {
        char line[RECORD];
        ivm_refusal_format(&refusals[i], line, sizeof line);
        ivm_log("%s", line);
    }
}

void table_totals(void)
{
    struct ivm_totals totals;
    ivm_stats_totals(&totals);
    ivm_log("%u CPU%s, %u interrupt lines, %u vectors free for devices, %u in use",
            totals.cpus, totals.cpus == 1 ? "" : "s", totals.lines, totals.vectors_free,
            totals.vectors_used);
    ivm_log("%lu connects, %lu disconnects, %lu refusals; %lu spurious, %lu 8259 spurious, "
            "%lu strays",
            totals.connects, totals.disconnects, totals.refusals, totals.spurious,
            totals.pic_spurious, totals.strays);
}
