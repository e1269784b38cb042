/* mp_lines.c: an MP table's PCI wires: see mp_lines.h. */
#include "mp_lines.h"

#include <stddef.h>

#include <ivm/bus.h>

#include "hardware.h"

enum { WIRES = 16 };

static struct {
    uint8_t bus, slot, pin;
    uint32_t gsi;
} wires[WIRES];
static size_t count;

void fake_mp_reset(void)
{
    count = 0;
}

void fake_mp_wire(uint8_t bus, uint8_t slot, uint8_t pin, uint32_t gsi)
{
    if (count == WIRES) {
        fake_complain("more than %d wires", WIRES);
        return;
    }
    wires[count].bus = bus;
    wires[count].slot = slot;
    wires[count].pin = pin;
    wires[count++].gsi = gsi;
}

bool ivm_mp_line(uint8_t bus, uint8_t slot, uint8_t pin, struct ivm_line_info *out)
{
    for (size_t i = 0; i < count; i++) {
        if (wires[i].bus != bus || wires[i].slot != slot || wires[i].pin != pin)
            continue;
        *out = (struct ivm_line_info){.gsi = wires[i].gsi,
                                      .trigger = IVM_LEVEL,
                                      .polarity = IVM_ACTIVE_HIGH,
                                      .known_from = "MP table"};
        return true;
    }
    return false;
}
