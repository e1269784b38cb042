/* measure_line.c: how to listen on a line, and what is said of a measurement. */
#include "measure_line.h"

#include <ivm/system.h>

enum { ISA_LINES = 16, NAMED_SUSPECTS = 4 };

static bool by_device(uint32_t gsi, struct ivm_line_info *out)
{
    for (size_t i = 0; i < ivm_device_count(); i++) {
        const struct ivm_device *device = ivm_device_at(i);
        if (!device->has_line || device->is_gone || device->line.gsi != gsi)
            continue;
        *out = device->line;
        return true;
    }
    return false;
}

static bool by_isa_line(uint32_t gsi, struct ivm_line_info *out)
{
    for (uint8_t irq = 0; irq < ISA_LINES; irq++) {
        struct ivm_line_info line;
        if (!ivm_isa_line(irq, &line) || line.gsi != gsi)
            continue;
        *out = line;
        return true;
    }
    return false;
}

struct ivm_line_info measure_line(const struct ivm_device *device, uint32_t gsi)
{
    struct ivm_line_info line = {.gsi = gsi,
                                 .trigger = IVM_LEVEL,
                                 .polarity = IVM_ACTIVE_LOW,
                                 .known_from = "PCI default"};
    if (device->has_line && device->line.gsi == gsi)
        return device->line;
    if (!by_device(gsi, &line))
        (void)by_isa_line(gsi, &line);
    return line;
}

struct ivm_line_info measure_heard_line(const struct ivm_device *device, uint32_t gsi)
{
    struct ivm_line_info line = measure_line(device, gsi);
    if (device->bus == IVM_BUS_PCI && line.trigger == IVM_EDGE) {
        line.trigger = IVM_LEVEL;
        line.polarity = IVM_ACTIVE_LOW;
    }
    line.known_from = "measured";
    return line;
}

void measure_log_restless(const struct ivm_device *device, uint32_t gsi, uint32_t times)
{
    struct ivm_device *suspects[NAMED_SUSPECTS];
    size_t count = ivm_line_suspects(gsi, suspects, NAMED_SUSPECTS);
    ivm_log("measuring %s: line %u is asserted, or fires unasked (%u times); masked, and "
            "left out",
            device->name, gsi, times);
    for (size_t i = 0; i < count && i < NAMED_SUSPECTS; i++)
        ivm_log("line %u: %s says that it asserts its line", gsi, suspects[i]->name);
}

void measure_log(const struct ivm_device *device, const struct ivm_measurement *measured)
{
    if (!measured->heard && !measured->was_known)
        ivm_log("%s: fired, and none of %u lines answered", device->name,
                measured->listening);
    else if (!measured->heard)
        ivm_log("%s: fired, and none of %u lines answered, though it should be gsi %u (%s)",
                device->name, measured->listening, measured->known_gsi,
                measured->known_from);
    else if (!measured->was_known)
        ivm_log("%s: measured: gsi %u, which nobody knew", device->name, measured->gsi);
    else
        ivm_log("%s: measured: gsi %u, %s gsi %u (%s)", device->name, measured->gsi,
                measured->agrees ? "as known:" : "but routing says", measured->known_gsi,
                measured->known_from);
}
