/* ivshmem.h: what a machine shares with its peers through QEMU's ivshmem: memory, doorbells. */
#ifndef DRIVERS_IVSHMEM_H
#define DRIVERS_IVSHMEM_H

#include <stddef.h>
#include <stdint.h>

#include <ivm/driver.h>

enum {
    IVSHMEM_MAPPED = 0x10000
}; /* of the shared memory, at most so many bytes are mapped */

/* Where the memory that all peers see is mapped here; its bytes are theirs as well, and are reached
 * through <hw/mmio.h>.
 *
 * device   one that this driver drives
 * size     out: bytes mapped
 * context  any
 */
uintptr_t ivshmem_memory(const struct ivm_device *device, size_t *size);

/* Ring one doorbell of one peer, the device itself included. One that is not there hears nothing.
 *
 * device   one that this driver drives
 * context  any level
 * source   [IVSHMEM] "PCI device registers", Doorbell Register
 */
void ivshmem_ring(const struct ivm_device *device, uint16_t peer, uint16_t vector);

#endif
