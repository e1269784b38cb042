/* objects.h: what the parts of this room ask of each other. */
#ifndef WDM_OBJECTS_H
#define WDM_OBJECTS_H

#include <ivm/deferred.h>
#include <ivm/interrupt.h>

#include "image.h"
#include "nt_object.h"

/* pool.c: memory for drivers, from one bounded arena; each block knows its image. */
void *pool_allocate(struct image *image, size_t bytes,
                    uint32_t tag); /* 16-aligned, or NULL */
void pool_free(
    void *block); /* a block that is not one stops the kernel and names the caller */
void pool_report(
    const struct image *image); /* a line of the log for each block it still has */
void pool_free_all(struct image *image);

/* pnp.c: devices of this machine as a driver sees them. */

/* Take the devices that an image's patterns name from the native drivers that have them: before
 * DriverEntry, where a driver of the old kind connects its interrupts. */
void pnp_claim(struct image *image);

/* Give a loaded image the devices that it claimed, or those that were stopped: AddDevice,
 * IRP_MN_START_DEVICE for each. */
void pnp_start(struct image *image);

/* Stop its devices (IRP_MN_STOP_DEVICE), to be started again; or remove them. */
void pnp_stop(struct image *image);
void pnp_remove(struct image *image);

/* After DriverUnload, or a DriverEntry that failed, and when nothing calls into the image any more: name
 * and take back the device objects and requests that it forgot, and let the native drivers have their
 * devices again. Before pool_report(). */
void pnp_release(struct image *image);

/* The device behind a physical device object of ours; NULL: it is not one. */
struct ivm_device *pnp_device(const struct nt_device *pdo);

/* What a device was given: its translated interrupt, and its messages. */
struct pnp_interrupt {
    bool has_line;
    uint32_t gsi;
    uint8_t vector; /* translated; its level is the class */
    enum ivm_trigger trigger;
    enum ivm_polarity polarity;
    nt_affinity processors;
    uint32_t messages; /* granted and open; 0: none */
};
bool pnp_interrupt(const struct nt_device *pdo, struct pnp_interrupt *out);

/* interrupt.c */

/* Connections that an image still has: named in the log, and taken off. Returns how many. */
uint32_t interrupts_drop(struct image *image);

/* dpc.c: deferred calls of an image that are still queued: named, and taken out. */
uint32_t dpcs_drop(struct image *image);

/* memory.c: device memory that an image still has mapped: named, and forgotten. Returns how many. */
uint32_t mappings_drop(struct image *image);

/* timer.c: let time pass for drivers: the page of times, timers, waits that end by time. Before the first
 * image is entered; again: nothing. Below IVM_DISPATCH. */
void time_start(void);

/* Timers of an image that still run: named, and cancelled. Returns how many. */
uint32_t timers_drop(struct image *image);

/* Cancel the timers that run in [first, first + size), whoever's. Returns how many. Any level. */
uint32_t timers_drop_in(const void *first, size_t size);

/* stop.c: KeBugCheckEx: the kernel stops with the code, its parameters and who asked. */
_Noreturn void bug_check(const struct image *image, uint32_t code,
                         const uint64_t parameters[4]);

#endif
