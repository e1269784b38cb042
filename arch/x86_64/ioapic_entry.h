/* ioapic_entry.h: one entry of an I/O APIC: its registers, and the intent that becomes its
 * bits. For ioapic.c only.
 */
#ifndef ARCH_IOAPIC_ENTRY_H
#define ARCH_IOAPIC_ENTRY_H

#include "ioapic.h"

/* [IOAPIC] "I/O APIC Registers"; the EOI register came with version 0x20, [ICH9] "EOI
 * Register" */
/* clang-format off */
enum {
    IOAPIC_SELECT           = 0x00,
    IOAPIC_WINDOW           = 0x10,
    IOAPIC_END              = 0x40, /* write-only: clears Remote IRR of a vector's entries */
    IOAPIC_WINDOW_SIZE      = 0x44,
    IOAPIC_REGISTER_ID      = 0x00,
    IOAPIC_REGISTER_VERSION = 0x01,
    IOAPIC_REGISTER_ENTRY   = 0x10, /* low half; the high half is the next register */
    IOAPIC_VERSION_WITH_END = 0x20,
};
/* clang-format on */

/* Begin and end a piece of work on the registers: interrupts off, under the I/O APIC's lock. All
 * below is called in between, or at the start. */
bool ioapic_take(struct ioapic *ioapic);
void ioapic_release(struct ioapic *ioapic, bool were_on);

uint32_t ioapic_read(const struct ioapic *ioapic, uint32_t index);
void ioapic_write(const struct ioapic *ioapic, uint32_t index, uint32_t value);

/* The registers of a pin's entry. */
static inline uint32_t ioapic_low(uint32_t pin)
{
    return IOAPIC_REGISTER_ENTRY + 2 * pin;
}

static inline uint32_t ioapic_high(uint32_t pin)
{
    return ioapic_low(pin) + 1;
}

/* Write a pin's intent into its entry. */
void ioapic_program(const struct ioapic *ioapic, uint32_t pin);

/* The intent of a pin that nobody is connected to. */
struct rte ioapic_idle(const struct ioapic_pin *pin);

bool ioapic_has_remote_irr(const struct ioapic *ioapic, uint32_t pin);

/* Take back a Remote IRR that no end will ever clear; the entry is masked. */
void ioapic_clear_remote_irr(const struct ioapic *ioapic, uint32_t pin);

#endif
