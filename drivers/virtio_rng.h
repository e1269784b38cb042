/* virtio_rng.h: what a virtio entropy device answered. */
#ifndef DRIVERS_VIRTIO_RNG_H
#define DRIVERS_VIRTIO_RNG_H

#include <stddef.h>
#include <stdint.h>

#include <ivm/driver.h>

enum { VIRTIO_RNG_BYTES = 64 }; /* asked for by each fire */

/* Copy the random bytes of the latest request that was answered, at most `room`; returns how many:
 * 0 before the first answer, and while a request is on its way.
 *
 * device   one that this driver drives
 * context  any level; not while another CPU fires it
 */
size_t virtio_rng_read(const struct ivm_device *device, uint8_t *out, size_t room);

#endif
