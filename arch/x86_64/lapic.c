/* lapic.c: this CPU's local APIC: started, asked, told. */
#include "lapic.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <hw/cpu.h>
#include <ivm/system.h>
#include <ivm/vector.h>

#include "apic_mode.h"
#include "icr.h"
#include "kernel/format.h"
#include "machine/hot.h"

enum { ERROR_TEXT_SIZE = 320, LISTED = 8, DRAIN_LIMIT = 2 * IVM_VECTOR_COUNT };

/* Written by lapic_start() only, before any other CPU runs. */
static const struct apic_mode *apic;

/* By bit of the error status; added to by whichever CPU sees the error. */
static _Atomic uint32_t error_counts[LAPIC_ERROR_COUNT];

/* The entries of the local vector table, and the least [23:16] of the version register with
 * which each exists. The error entry is the first, so that it is masked first: writing a
 * masked entry with an illegal vector can already raise an error. */
static const struct {
    uint32_t offset;
    uint32_t least;
} lvt[] = {
    {LAPIC_LVT_ERROR, 0}, {LAPIC_LVT_TIMER, 0},       {LAPIC_LVT_LINT0, 0},
    {LAPIC_LVT_LINT1, 0}, {LAPIC_LVT_PERFORMANCE, 4}, {LAPIC_LVT_THERMAL, 5},
    {LAPIC_LVT_CMCI, 6},
};

static uint32_t lvt_last(void)
{
    return apic->read(LAPIC_VERSION) >> LAPIC_VERSION_LVT_SHIFT & 0xFF;
}

static bool bank_bit(enum lapic_register bank, uint8_t vector)
{
    struct lapic_bit bit = lapic_bank_bit(bank, vector);
    return (apic->read(bit.offset) & bit.mask) != 0;
}

bool lapic_in_service(uint8_t vector)
{
    return bank_bit(LAPIC_ISR, vector);
}

bool lapic_pending(uint8_t vector)
{
    return bank_bit(LAPIC_IRR, vector);
}

bool lapic_is_level_triggered(uint8_t vector)
{
    return bank_bit(LAPIC_TMR, vector);
}

uint8_t lapic_level(void)
{
    return (uint8_t)(apic->read(LAPIC_PPR) >> 4 & 0xF);
}

uint32_t lapic_id(void)
{
    return apic->id();
}

const char *lapic_mode_name(void)
{
    return apic == NULL ? "none" : apic->name;
}

uint32_t lapic_version(void)
{
    return apic->read(LAPIC_VERSION);
}

/* Taking over from firmware. */

/* Masked entries hold a legal vector: an illegal one is an error by itself. */
static void mask_all(void)
{
    for (size_t i = 0; i < sizeof lvt / sizeof lvt[0]; i++) {
        if (lvt[i].least > lvt_last())
            continue;
        uint32_t found = apic->read(lvt[i].offset);
        if ((found & LAPIC_LVT_DELIVERY_MASK) == LAPIC_LVT_SMI &&
            (found & LAPIC_LVT_MASKED) == 0) {
            ivm_log("local APIC: entry 0x%x is firmware's (SMI) and stays so",
                    (unsigned)lvt[i].offset);
            continue;
        }
        apic->write(lvt[i].offset, LAPIC_LVT_MASKED | LAPIC_LVT_FIXED | IVM_VECTOR_ERROR);
    }
    apic->write(LAPIC_TIMER_INITIAL, 0);
    apic->write(LAPIC_LVT_LINT0, LAPIC_LVT_MASKED | LAPIC_LVT_EXTINT);
}

/* The highest vector set in a bank, or -1. */
static int bank_highest(enum lapic_register bank)
{
    for (int vector = IVM_VECTOR_COUNT - 1; vector >= 0; vector--)
        if (bank_bit(bank, (uint8_t)vector))
            return vector;
    return -1;
}

/* A vector that firmware left in service would hold back its class and all below for ever.
 * Interrupts are off: each end clears one bit, and nothing sets another. */
static enum ivm_status drain_in_service(void)
{
    unsigned ended = 0;
    int vector = bank_highest(LAPIC_ISR);
    for (; vector >= 0 && ended < DRAIN_LIMIT; vector = bank_highest(LAPIC_ISR)) {
        apic->write(LAPIC_EOI, 0);
        ended++;
    }
    if (vector >= 0) {
        ivm_log("local APIC %u: vector 0x%02x stays in service after %u ends",
                (unsigned)apic->id(), (unsigned)vector, ended);
        return IVM_UNSUPPORTED;
    }
    if (ended != 0)
        ivm_log("local APIC %u: %u interrupts that firmware left in service were ended",
                (unsigned)apic->id(), ended);
    return IVM_OK;
}

/* Nothing takes a request back: those left are delivered, and counted as strays. */
static void report_pending(void)
{
    char text[LISTED * 6 + 4] = "";
    size_t length = 0, count = 0;
    for (unsigned vector = 0; vector < IVM_VECTOR_COUNT; vector++) {
        if (!lapic_pending((uint8_t)vector))
            continue;
        if (count++ < LISTED)
            length += format_text(text + length, sizeof text - length, " 0x%02x", vector);
    }
    if (count != 0)
        ivm_log("local APIC %u: %u interrupts are requested already:%s%s",
                (unsigned)apic->id(), (unsigned)count, text, count > LISTED ? " ..." : "");
}

/* Recorded errors reach the register when it is written: this takes and clears them. */
static uint32_t take_errors(void)
{
    apic->write(LAPIC_ESR, 0);
    return apic->read(LAPIC_ESR);
}

static void report_old_errors(void)
{
    uint32_t esr = take_errors();
    if (esr == 0)
        return;
    char text[ERROR_TEXT_SIZE];
    lapic_error_text(esr, text, sizeof text);
    ivm_log("local APIC %u: errors from before the start: %s", (unsigned)apic->id(), text);
}

/* What each CPU does for itself. */
static enum ivm_status take_over(void)
{
    if ((lapic_version() & LAPIC_VERSION_MASK) < LAPIC_VERSION_INTEGRATED) {
        ivm_log("local APIC: version 0x%02x is an 82489DX, which is not supported",
                (unsigned)(lapic_version() & LAPIC_VERSION_MASK));
        return IVM_UNSUPPORTED;
    }
    mask_all();
    apic->write(LAPIC_SVR, LAPIC_SVR_ENABLE | IVM_VECTOR_SPURIOUS);
    cpu_write_cr8(0);
    enum ivm_status status = drain_in_service();
    if (status != IVM_OK)
        return status;
    report_pending();
    report_old_errors();
    apic->write(LAPIC_LVT_ERROR, LAPIC_LVT_FIXED | IVM_VECTOR_ERROR);
    return IVM_OK;
}

enum ivm_status lapic_start(void)
{
    enum ivm_status status = apic_mode_start(&apic);
    if (status == IVM_OK)
        status = take_over();
    if (status != IVM_OK)
        return status;
    ivm_log("local APIC: %s, id %u, version 0x%02x, %u local interrupts", apic->name,
            (unsigned)apic->id(), (unsigned)(lapic_version() & LAPIC_VERSION_MASK),
            (unsigned)lvt_last() + 1);
    return IVM_OK;
}

enum ivm_status lapic_start_cpu(void)
{
    enum ivm_status status = apic_mode_join(apic);
    return status == IVM_OK ? take_over() : status;
}

enum ivm_status lapic_set_nmi(uint8_t lint, enum ivm_polarity polarity,
                              enum ivm_trigger trigger)
{
    if (lint > 1)
        return IVM_BAD_ARGUMENT;
    uint32_t entry = LAPIC_LVT_NMI;
    if (polarity == IVM_ACTIVE_LOW)
        entry |= LAPIC_LVT_ACTIVE_LOW;
    if (trigger == IVM_LEVEL)
        entry |= LAPIC_LVT_LEVEL;
    apic->write(lint == 0 ? LAPIC_LVT_LINT0 : LAPIC_LVT_LINT1, entry);
    return IVM_OK;
}

enum ivm_status lapic_send_self(uint8_t vector)
{
    if (vector < LAPIC_VECTOR_LEGAL_FIRST)
        return IVM_BAD_ARGUMENT;
    const struct icr icr = {.vector = vector, .shorthand = ICR_TO_SELF};
    return apic->icr(&icr);
}

enum ivm_status lapic_send(const struct icr *icr)
{
    return apic->icr(icr);
}

uint32_t lapic_id_end(void)
{
    return apic == &apic_x2apic ? UINT32_MAX : ICR_XAPIC_DESTINATION_END;
}

static bool has_entry(uint32_t offset)
{
    for (size_t i = 0; i < sizeof lvt / sizeof lvt[0]; i++)
        if (lvt[i].offset == offset)
            return lvt[i].least <= lvt_last();
    return true;
}

bool lapic_register_read(enum lapic_register offset, uint32_t *value)
{
    if (apic == NULL || (apic->access(offset) & LAPIC_R) == 0 || !has_entry(offset))
        return false;
    *value = apic->read(offset);
    return true;
}

void lapic_register_write(enum lapic_register offset, uint32_t value)
{
    apic->write(offset, value);
}

/* Errors. */

uint32_t lapic_error_service(void)
{
    uint32_t esr = take_errors();
    uint32_t fresh = 0;
    for (unsigned bit = 0; bit < LAPIC_ERROR_COUNT; bit++) {
        if ((esr >> bit & 1) == 0)
            continue;
        if (atomic_fetch_add_explicit(&error_counts[bit], 1, memory_order_relaxed) == 0)
            fresh |= UINT32_C(1) << bit;
    }
    if (fresh != 0) {
        char text[ERROR_TEXT_SIZE];
        lapic_error_text(fresh, text, sizeof text);
        ivm_log("local APIC %u: %s (each kind is logged once, then counted)",
                (unsigned)apic->id(), text);
    }
    return esr;
}

uint32_t lapic_error_count(unsigned bit)
{
    if (bit >= LAPIC_ERROR_COUNT)
        return 0;
    return atomic_load_explicit(&error_counts[bit], memory_order_relaxed);
}

size_t lapic_error_text(uint32_t esr, char *out, size_t size)
{
    static const char *const names[LAPIC_ERROR_COUNT] = {
#define X(bit, text) [bit] = text,
        LAPIC_ERROR_LIST(X)
#undef X
    };
    size_t length = 0;
    if (size != 0)
        out[0] = '\0';
    for (unsigned bit = 0; bit < 32; bit++) {
        if ((esr >> bit & 1) == 0)
            continue;
        size_t at = length < size ? length : size;
        const char *separator = length == 0 ? "" : "; ";
        if (bit < LAPIC_ERROR_COUNT)
            length += format_text(out + at, size - at, "%s%s", separator, names[bit]);
        else
            length += format_text(out + at, size - at, "%sreserved bit %u", separator, bit);
    }
    return length != 0 ? length : format_text(out, size, "no error");
}
