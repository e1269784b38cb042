/* lapic_chip.h: a local APIC for the host tests, in either mode, that checks its caller.
 *
 * It fails the test for what a real one answers with #GP or ESR: a register that the mode
 * does not have, a write to one that is read-only, a reserved bit, an x2APIC message
 * without the fence before it, an xAPIC message whose two halves are apart or
 * interruptible.
 */
#ifndef FAKE_LAPIC_CHIP_H
#define FAKE_LAPIC_CHIP_H

#include <stdbool.h>
#include <stdint.h>

enum { LAPIC_CHIP_MESSAGES = 16 };

static const uint64_t lapic_chip_page = 0xFEE00000;

struct lapic_chip {
    bool x2apic;            /* which of the two register files is answered */
    bool enable_is_ignored; /* IA32_APIC_BASE.EN does not stay set */
    bool in_service_sticks; /* an EOI clears nothing */
    uint64_t base;          /* IA32_APIC_BASE */
    uint64_t capabilities;  /* IA32_ARCH_CAPABILITIES */
    uint64_t lock;          /* IA32_XAPIC_DISABLE_STATUS */
    uint32_t id;
    uint32_t registers[0x40]; /* by offset / 16 */
    uint32_t errors;          /* not yet in the ESR */
    unsigned busy;            /* reads of the ICR that still show a message on its way */
    unsigned eois;
    uint64_t messages[LAPIC_CHIP_MESSAGES]; /* destination << 32 | low half */
    unsigned message_count;
    uint64_t
        timer_hz; /* what the timer divides, on the clock of fake_system; 0: it stands still */
    uint64_t timer_set; /* when its initial count was written */
};

/* A chip as firmware leaves it: version 0x14 with 7 local interrupts, in xAPIC or x2APIC
 * mode, software-enabled. Registers it; the chip is the caller's. */
void lapic_chip_start(struct lapic_chip *chip, bool x2apic);

/* Set or clear the bit of a vector in a bank (0x100, 0x180, 0x200). */
void lapic_chip_set(struct lapic_chip *chip, uint32_t bank, uint8_t vector, bool value);

#endif
