/* table_devices.c: the devices and what they interrupt by; the lines and what is wired to
 * them. */
#include "table.h"

#include <ivm/bus.h>
#include <ivm/device_message.h>
#include <ivm/system.h>

#include "text.h"
#include "words.h"

enum { OWNERS_SHOWN = 6, ISA_LINES = 16 };

static void add_place(struct text *row, const struct ivm_device *device)
{
    static const char *const buses[] = {
        [IVM_BUS_ISA] = "ISA",
        [IVM_BUS_PCI] = "PCI",
        [IVM_BUS_ACPI] = "ACPI",
    };
    text_add(row, "%-14s %-4s ", device->name,
             device->bus <= IVM_BUS_ACPI ? buses[device->bus] : "?");
    if (device->bus == IVM_BUS_PCI) {
        text_add(row, "%02x:%02x.%x %04x:%04x  ", device->pci.bus, device->pci.slot,
                 device->pci.function, device->pci.vendor, device->pci.device);
    } else {
        text_add(row, "%-17s  ", "");
    }
}

static bool can_be_fired(const struct ivm_driver *driver)
{
    return driver->fire != NULL || driver->fire_message != NULL;
}

/* The messages that are open now, and those its driver could use. */
static void add_messages(struct text *row, const struct ivm_device *device)
{
    uint32_t open = 0;
    while (device->messages != NULL && ivm_device_message_number(device, open) != 0)
        open++;
    if (open > 0)
        text_add(row, "; by %u message%s now", open, open == 1 ? "" : "s");
    else if (device->driver != NULL && device->driver->message_count > 0)
        text_add(row, "; or up to %u message%s", device->driver->message_count,
                 device->driver->message_count == 1 ? "" : "s");
}

void table_device_row(const struct ivm_device *device, char out[TABLE_LINE])
{
    struct text row = {.out = out, .size = TABLE_LINE};
    add_place(&row, device);
    if (device->is_gone) {
        text_add(&row, "gone: it was taken out");
        return;
    }
    if (device->driver == NULL)
        text_add(&row, "no driver; ");
    else
        text_add(&row, "driver %s%s; ", device->driver->name,
                 can_be_fired(device->driver) ? "" : " (cannot be fired)");
    if (device->has_line)
        text_add(&row, "line %u, %s-triggered, active-%s, known from %s", device->line.gsi,
                 words_trigger(device->line.trigger), words_polarity(device->line.polarity),
                 device->line.known_from != NULL ? device->line.known_from : "nothing");
    else
        text_add(&row,
                 device->own_message != 0 ? "a message of its own" : "no interrupt line");
    add_messages(&row, device);
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

static void add_owners(struct text *row, uint32_t cpu, uint8_t vector)
{
    struct ivm_owner_stats owners[OWNERS_SHOWN];
    size_t count = ivm_stats_owners(cpu, vector, owners, OWNERS_SHOWN);
    for (size_t i = 0; i < count && i < OWNERS_SHOWN; i++)
        text_add(row, "%s%s %lu", i == 0 ? "" : ", ", owners[i].owner.name,
                 owners[i].claimed);
    if (count > OWNERS_SHOWN)
        text_add(row, ", %zu more", count - OWNERS_SHOWN);
}

static void add_wired(struct text *row, uint32_t gsi)
{
    bool is_first = true;
    for (size_t i = 0; i < ivm_device_count(); i++) {
        const struct ivm_device *device = ivm_device_at(i);
        if (!device->has_line || device->is_gone || device->line.gsi != gsi)
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
