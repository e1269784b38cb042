/* ipi.h: messages from one CPU to another: an interrupt, an NMI, and those that start a
 * CPU.
 *
 * A destination is an APIC id. The errors are those of apic_mode.icr: nothing was sent.
 */
#ifndef ARCH_IPI_H
#define ARCH_IPI_H

#include <stdbool.h>
#include <stdint.h>

#include <ivm/status.h>

/* Interrupt a CPU, this one too.
 *
 * vector   [16, 256)
 * context  any level
 * errors   IVM_BAD_ARGUMENT  also for an illegal vector
 * source   [SDM3A] "Interrupt Command Register (ICR)"
 */
IVM_MUST_CHECK enum ivm_status ipi_send(uint32_t apic_id, uint8_t vector);

/* An NMI: reaches a CPU whose interrupts are off, too. context  any level */
IVM_MUST_CHECK enum ivm_status ipi_send_nmi(uint32_t apic_id);

/* Put a CPU into the state after a reset, waiting for ipi_wake(). It is no further than
 * that 10 ms later.
 *
 * context  below IVM_DISPATCH
 * source   [SDM3A] "MP Initialization Protocol Algorithm for MP Systems"
 */
IVM_MUST_CHECK enum ivm_status ipi_send_init(uint32_t apic_id);

/* How a CPU is awaited. */
struct ipi_wake {
    uint32_t apic_id;
    uint8_t page; /* it begins in real mode at page * 4096: [1, 0xA0) */
    bool (*has_come)(void *context);
    void *context;
};

/* Start a CPU that waits since ipi_send_init(): the message twice, the second only when the
 * first is not answered within 200 us; then wait for it, for a second at the most. True
 * when it came.
 *
 * context  below IVM_DISPATCH
 * source   [SDM3A] "Typical BSP Initialization Sequence"; [MP] "STARTUP IPI"
 */
bool ipi_wake(const struct ipi_wake *wake);

#endif
