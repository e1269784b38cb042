/* ioapic_chip.h: an I/O APIC for the host tests, that checks every write it sees.
 *
 * It fails the test when a register pair can be interrupted, when an entry it lacks is
 * touched, and when an entry is open while its halves disagree: `agrees` says whether a
 * destination and a vector belong together.
 */
#ifndef FAKE_IOAPIC_CHIP_H
#define FAKE_IOAPIC_CHIP_H

#include <stdbool.h>
#include <stdint.h>

enum { IOAPIC_CHIP_PINS = 240, IOAPIC_CHIP_WRITES = 64 };

struct ioapic_chip {
    uint64_t address;
    uint32_t version; /* the whole register */
    uint32_t id;      /* the whole register */
    uint32_t select;
    uint32_t low[IOAPIC_CHIP_PINS], high[IOAPIC_CHIP_PINS];
    bool is_dead;           /* reads are all ones */
    bool remote_irr_sticks; /* nothing clears a Remote IRR */
    bool end_is_ignored;    /* the EOI register clears nothing */
    bool (*agrees)(uint8_t destination, uint8_t vector); /* NULL: anything does */
    unsigned ends;                                       /* writes of the EOI register */
    unsigned opened; /* writes that left an entry open */
    /* The writes of entries since the last clear: register and value. */
    unsigned write_count;
    struct {
        uint32_t index, value;
    } writes[IOAPIC_CHIP_WRITES];
};

/* A chip with this version register, its entries as after a reset. Registers it; the chip
 * is the caller's. */
void ioapic_chip_start(struct ioapic_chip *chip, uint64_t address, uint32_t version);

#endif
