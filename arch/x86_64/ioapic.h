/* ioapic.h: the I/O APICs of this machine: found, masked, and every entry written in one
 * place.
 *
 * A pin is described as intent (struct rte); one function turns the intent into bits and
 * writes them: mask, high, low. So there is no moment at which an entry is open while its
 * vector and its destination belong to different routes. A *pin* is a gsi less its I/O
 * APIC's first; there is no number over all I/O APICs but the gsi.
 */
#ifndef ARCH_IOAPIC_H
#define ARCH_IOAPIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ivm/controller.h>
#include <ivm/status.h>

#include "kernel/spinlock.h"
#include "madt.h"
#include "rte.h"

enum {
    IOAPIC_LIMIT = MADT_IOAPIC_LIMIT,
    IOAPIC_PIN_LIMIT = 120,  /* register 0x10 + 2 * pin has eight bits */
    IOAPIC_GSI_LIMIT = 4096, /* a gsi above this is taken for damage: tables are as long */
};

/* Why nobody may use a pin. */
enum ioapic_pin_use {
    IOAPIC_PIN_FREE = 0,     /* may be routed */
    IOAPIC_PIN_FIRMWARE = 1, /* firmware uses it for system management (SMI) */
    IOAPIC_PIN_NMI = 2,      /* the MADT says it carries an NMI */
};

struct ioapic_pin {
    struct rte intent; /* what the entry is, or is about to be; under the lock */
    uint8_t use;       /* enum ioapic_pin_use; written at the start */
    enum ivm_trigger idle_trigger;   /* of the masked entry while nobody is connected; */
    enum ivm_polarity idle_polarity; /* under the lock */
    bool routed; /* aimed at a CPU that can be reached; under the lock */
};

/* One I/O APIC. All but the pins is written at the start only. */
struct ioapic {
    uintptr_t window; /* its registers */
    uint64_t address; /* physical */
    uint32_t gsi_base;
    uint32_t pin_count; /* its inputs are the gsis [gsi_base, gsi_base + pin_count) */
    uint8_t id;         /* as the MADT has it */
    uint8_t chip_id;    /* as the chip has it */
    uint8_t version;
    struct spinlock lock; /* register pairs and intents; taken with interrupts off */
    struct ioapic_pin pins[IOAPIC_PIN_LIMIT];
};

/* Take over every I/O APIC the MADT lists: mapped, sized by its version register, all
 * inputs masked, a Remote IRR that firmware left behind cleared. One that does not answer,
 * has an id other than the MADT says, or overlaps another's gsis is named in the log; only
 * one that cannot be used at all is left out.
 *
 * context  at the start, interrupts off, after lapic_start(); once
 * errors   IVM_NOT_FOUND  not one can be used
 * source   [IOAPIC] "I/O APIC Registers"
 */
IVM_MUST_CHECK enum ivm_status ioapic_start(const struct madt *madt);

/* Say how the wire of a gsi behaves while nobody is connected to it. The entry stays
 * masked, but some chips remember an asserted level only for an entry that is
 * level-triggered when it comes. A gsi that no I/O APIC has, or that is not free, is left
 * alone. Any level.
 */
void ioapic_set_idle(uint32_t gsi, enum ivm_trigger trigger, enum ivm_polarity polarity);

/* The I/O APICs in use, in the MADT's order. Any context. */
size_t ioapic_count(void);
struct ioapic *ioapic_at(size_t index); /* NULL beyond the last */

/* Whose input a gsi is, and which; NULL: no I/O APIC has it. Where two claim it, the first
 * listed. Any context. */
struct ioapic *ioapic_find(uint32_t gsi, uint32_t *pin);

/* One more than the highest gsi; 0: there is none. */
uint32_t ioapic_gsi_end(void);

/* The entry of a pin as the chip has it now: 64 bits; 0 for a pin it does not have. Any
 * level. */
uint64_t ioapic_entry(struct ioapic *ioapic, uint32_t pin);

/* Lines as the manager sees them: unit is the struct ioapic, input the pin. A pin whose use
 * is not IOAPIC_PIN_FREE, or that does not exist, stays as it is whatever is asked. */
extern const struct ivm_controller ioapic_controller;

#endif
