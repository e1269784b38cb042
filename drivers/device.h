/* device.h: the devices of this machine: found, offered to the drivers, named, kept.
 *
 * include/ivm/bus.h is what others see of it.
 */
#ifndef DRIVERS_DEVICE_H
#define DRIVERS_DEVICE_H

#include <stddef.h>

#include <ivm/driver.h>

enum { DEVICE_LIMIT = 256 };

/* Forget all devices, and take memory for those to come from here.
 *
 * allocate  `bytes` zeroed bytes aligned for any type, never given back; NULL: none left
 * context   at the start, on one CPU, before devices_find()
 */
void devices_start(void *(*allocate)(size_t bytes));

/* Find the devices: probe the drivers' ISA rows, walk the PCI buses, look for the drivers'
 * ACPI tables. What is there is kept and logged with its line and how that is known; what
 * is missing is logged as missing.
 *
 * context  at the start, below IVM_DISPATCH, every line masked: a probe may leave an edge
 *          behind
 */
void devices_find(void);

/* Zeroed memory for a candidate, or NULL (logged): no memory, or DEVICE_LIMIT reached. The
 * same memory is handed out again until it is kept.
 */
struct ivm_device *device_candidate(void);

/* Zeroed memory for a driver's state; NULL and logged when there is none. */
void *device_state(const struct ivm_driver *driver);

/* Keep the candidate as the next device. */
void device_keep(const struct ivm_device *candidate);

/* Whether a device that is kept has this line. */
bool device_uses_line(uint32_t gsi);

/* device_name.c: names. Each writes device->name, zero-terminated. `of` is the row's name
 * as it stands ("com1"); `numbered` makes it lower case with the first number that no
 * device has yet ("edu0"); `of_function` is for what nobody drives ("pci 00:1f.2").
 */
void device_name_of(struct ivm_device *device);
void device_name_numbered(struct ivm_device *device);
void device_name_of_function(struct ivm_device *device);

#endif
