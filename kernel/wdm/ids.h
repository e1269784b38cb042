/* ids.h: the names by which an INF knows a device, and whether a pattern names it.
 *
 * Source: [WDM] "Identifiers for PCI Devices", "Hardware IDs", "Compatible IDs".
 */
#ifndef WDM_IDS_H
#define WDM_IDS_H

#include <stdbool.h>
#include <stdint.h>

#include <ivm/driver.h>

enum { IDS_LIMIT = 16, IDS_SIZE = 48 };

/* Hardware ids first, then those of its kind, each from the most special to the most general. */
struct device_ids {
    uint32_t hardware;
    uint32_t count;
    char text[IDS_LIMIT][IDS_SIZE];
};

/* PCI functions have ids by their registers, ISA devices by their names; others have none. Any level. */
void ids_of(const struct ivm_device *device, struct device_ids *out);

/* How many ports an ISA device has from its first one. */
uint32_t ids_isa_ports(const struct ivm_device *device);

enum { IDS_ALL_MESSAGES = 0xFFFF };

/* A pattern is an id, and, where an INF says that the device's messages are to be used, "|MSI=" and how
 * many of them at most; "|MSI" is for all that it has.
 *
 * messages  out: how many; 0: its line is to be used. Written when true
 * returns   whether the id is one of the device's, whatever its case; false for a malformed suffix
 */
bool ids_match(const struct device_ids *ids, const char *pattern, uint32_t *messages);

/* Whether what follows "|", if anything does, can be read. */
bool ids_pattern_is_sound(const char *pattern);

#endif
