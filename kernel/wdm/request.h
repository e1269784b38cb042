/* request.h: requests (IRPs): made, handed down a stack of devices, completed back up it.
 *
 * A block of the pool holds what is ours (struct request), the IRP, and its stack locations, with a spare
 * one at either end: a stack that is one too short, or a maker who marks its own request pending, harms
 * nobody. Location n is used by the
 * n-th driver from below; IRP.CurrentLocation begins one above the highest and counts down on the way
 * down. A pointer from a driver is looked for among those that exist before it is used.
 */
#ifndef WDM_REQUEST_H
#define WDM_REQUEST_H

#include <stdbool.h>

#include "image.h"
#include "nt_object.h"

/* Allocate a request with so many locations, charged to an image; NULL: no memory, or count not in
 * 1..127. At or below IVM_DISPATCH. */
struct nt_irp *request_make(struct image *image, int8_t count);

/* What request_send() sends. */
struct request_plan {
    uint8_t major;
    uint8_t minor;
    uint8_t parameters[32];
};

enum { REQUEST_WAIT_SECONDS = 30 };

/* Send a request to the top of a device's stack and wait until it is completed. A driver that keeps it
 * longer than REQUEST_WAIT_SECONDS is named; the request is then left with it, for requests_drop().
 *
 * image    charged with the memory
 * context  level 0, interrupts on
 * returns  the status it was completed with; NT_INSUFFICIENT_RESOURCES: there was no memory;
 *          NT_IO_TIMEOUT: nobody completed it
 */
nt_status request_send(struct image *image, struct nt_device *device,
                       const struct request_plan *plan);

/* What IofCallDriver and IofCompleteRequest do; `caller` is NULL for code of ours. At or below
 * IVM_DISPATCH. */
nt_status request_call(const struct image *caller, struct nt_device *device,
                       struct nt_irp *irp);
void request_complete(const struct image *caller, struct nt_irp *irp);

/* The location whose turn it is. */
static inline struct nt_stack_location *request_location(const struct nt_irp *irp)
{
    return irp->current;
}

/* Name and free the requests that an image is charged with. Returns how many. */
uint32_t requests_drop(struct image *image);

/* ---- between request.c, request_path.c and request_send.c ------------------------------- */

/* Called when a request has come back past its highest location; it may free it. */
typedef void request_done(struct nt_irp *irp, void *context);

/* From now on this is called at its end; without it the request is its driver's for ever. False: it is
 * being called already, or there is no such request. */
bool request_on_done(struct nt_irp *irp, request_done *done, void *context);

/* It has come back past its highest location. */
void request_end(struct nt_irp *irp);

/* Whether a pointer is a request that exists. */
bool request_exists(const struct nt_irp *irp);

/* Give a request's memory back; false: it is no request. */
bool request_free(struct nt_irp *irp);

#endif
