/* root_port.h: what a PCI Express slot has told its port, and its power. */
#ifndef DRIVERS_ROOT_PORT_H
#define DRIVERS_ROOT_PORT_H

#include <stdbool.h>
#include <stdint.h>

#include <ivm/driver.h>

/* Times each was seen since the probe. */
struct root_port_seen {
    uint32_t presses; /* of the attention button: please take it out, or it was put in */
    uint32_t changes; /* of what is in the slot: a rescan will find it */
    uint32_t completions; /* of commands: what fire() makes */
    uint32_t errors;      /* that were reported below the port */
    bool is_occupied;     /* now */
};

/* device   one that this driver drives
 * context  any level
 */
void root_port_seen(const struct ivm_device *device, struct root_port_seen *out);

/* Let the slot have power, or take it away: then what is in it vanishes, and can be taken out. A slot
 * without a power controller does nothing. The change of presence is seen as any other.
 *
 * device   one that this driver drives
 * context  below IVM_DISPATCH
 * source   [PCIE] "Slot Control Register"
 */
void root_port_power_on(struct ivm_device *device);
void root_port_power_off(struct ivm_device *device);

#endif
