/* device.h: the devices of this machine: found, offered to the drivers, named, kept; taken from
 * them and offered again.
 *
 * include/ivm/bus.h is what others see of it. A device that was kept stays in the table for ever, at
 * its address and under its name:
 *
 *      driven --unload--> undriven --load--> driven
 *         |                  |
 *         +----- gone <------+       a rescan misses it
 *                 |
 *                 +--> as found      a rescan finds the same model at the same place
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

/* Held by whoever loads, unloads or rescans: one at a time, and before the manager's own lock.
 *
 * errors  IVM_WRONG_LEVEL  called at IVM_DISPATCH or above, or with interrupts off; not taken
 */
IVM_MUST_CHECK enum ivm_status devices_lock(void);
void devices_unlock(void);

/* Zeroed memory for a candidate, or NULL (logged): no memory, or DEVICE_LIMIT reached. The
 * same memory is handed out again until it is kept.
 */
struct ivm_device *device_candidate(void);

/* Zeroed memory for a driver's state; NULL and logged when there is none. */
void *device_state(const struct ivm_driver *driver);

/* Zeroed memory aligned for any type, never given back; NULL: none left. Under devices_lock(), or at the
 * start. */
void *device_memory(size_t bytes);

/* Keep the candidate as the next device; a device that is kept already stays where it is. */
void device_keep(const struct ivm_device *candidate);

/* Whether a device that is kept, and is there, has this line. */
bool device_uses_line(uint32_t gsi);

/* device_name.c: names. Each writes device->name, zero-terminated. `of` is the row's name
 * as it stands ("com1"); `numbered` makes it lower case with the first number that no
 * device has yet ("edu0"); `of_function` is for what nobody drives ("pci 00:1f.2").
 */
void device_name_of(struct ivm_device *device);
void device_name_numbered(struct ivm_device *device);
void device_name_of_function(struct ivm_device *device);

/* The driver of a device, for who does not hold devices_lock(): read once, as it may be taken away
 * meanwhile; its record stays. Acquire pairs with the release below: what its probe set up is seen. The
 * member is no atomic type, as it is everybody's to read. */
static inline const struct ivm_driver *device_driver(const struct ivm_device *device)
{
    return __atomic_load_n(&device->driver, __ATOMIC_ACQUIRE);
}

/* Under devices_lock(), or at the start. */
static inline void device_set_driver(struct ivm_device *device,
                                     const struct ivm_driver *driver)
{
    __atomic_store_n(&device->driver, driver, __ATOMIC_RELEASE);
}

/* device_offer.c: between a device and its driver. */

/* The drivers' records: [devices_drivers(), devices_drivers_end()). */
const struct ivm_driver *devices_drivers(void);
const struct ivm_driver *devices_drivers_end(void);

/* Whether a row of a driver is for this function. */
bool device_row_fits(const struct ivm_match *row, const struct ivm_pci *pci);

/* Ask a driver whether it can drive a device, which has its row, its bus members and its line. It
 * gets the state it had before, zeroed. When it can, the device is kept and logged.
 *
 * errors  IVM_EXHAUSTED  no memory for its state
 *         others         the probe's; driver is NULL
 */
IVM_MUST_CHECK enum ivm_status device_offer(struct ivm_device *device,
                                            const struct ivm_driver *driver);

/* Offer a PCI function to the first driver with a row for it, and keep it, driven or not. One that
 * has no name yet gets one. Its line is looked up; its base addresses are as they will be.
 *
 * returns  IVM_OK, or why nobody drives it: IVM_NO_SUCH_DEVICE: no row is for it
 */
enum ivm_status device_offer_function(struct ivm_device *device);

/* The same, but it is not offered: why it is not was logged. */
void device_keep_undriven(struct ivm_device *device);

/* Say that a device is not there, or cannot be driven. */
void device_log_not_kept(const char *name, enum ivm_status status);

/* device_connect.c: whether somebody is connected to the device's line in its name, or its messages
 * are open. Under devices_lock(). */
bool device_is_connected(const struct ivm_device *device);

#endif
