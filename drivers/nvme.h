/* nvme.h: what an NVMe controller says of itself. */
#ifndef DRIVERS_NVME_H
#define DRIVERS_NVME_H

#include <ivm/driver.h>

enum { NVME_SERIAL_SIZE = 21, NVME_MODEL_SIZE = 41 }; /* with their terminating zeros */

/* The serial number in the answer to the latest Identify: without the blanks that fill it, each
 * byte that cannot be printed a `?`; empty while none was answered.
 *
 * device   one that this driver drives
 * context  any level; not while another CPU fires it
 */
void nvme_serial(const struct ivm_device *device, char out[NVME_SERIAL_SIZE]);

#endif
