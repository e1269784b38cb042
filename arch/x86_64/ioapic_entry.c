/* ioapic_entry.c: the registers of an I/O APIC, and an entry written in one place:
 * ioapic_program().
 *
 * Each register takes two accesses, select and window, so a pair is never interrupted: a
 * mask can come from the dispatch path, in the middle of anything. It takes the lock of its
 * I/O APIC with interrupts off, changes the intent, and programs the entry, all in one
 * piece. Otherwise a mask between the intent and the last write would be undone by that
 * write.
 */
#include "ioapic_entry.h"

#include <hw/cpu.h>
#include <hw/mmio.h>
#include <ivm/system.h>

/* Registers. */

bool ioapic_take(struct ioapic *ioapic)
{
    bool were_on = cpu_interrupts_save();
    spinlock_take(&ioapic->lock);
    return were_on;
}

void ioapic_release(struct ioapic *ioapic, bool were_on)
{
    spinlock_release(&ioapic->lock);
    cpu_interrupts_restore(were_on);
}

uint32_t ioapic_read(const struct ioapic *ioapic, uint32_t index)
{
    mmio_write32(ioapic->window + IOAPIC_SELECT, index);
    return mmio_read32(ioapic->window + IOAPIC_WINDOW);
}

void ioapic_write(const struct ioapic *ioapic, uint32_t index, uint32_t value)
{
    mmio_write32(ioapic->window + IOAPIC_SELECT, index);
    mmio_write32(ioapic->window + IOAPIC_WINDOW, value);
}

/* Entries. */

/* Turn a pin's intent into bits: the only writer of entries that may be open. The new low
 * half is written masked first: were the old one opened or left open, the line could be
 * sent to a CPU or a vector that no route ever named. */
void ioapic_program(const struct ioapic *ioapic, uint32_t pin)
{
    const struct rte *intent = &ioapic->pins[pin].intent;
    uint32_t low = rte_low(intent);
    ioapic_write(ioapic, ioapic_low(pin), low | RTE_MASKED);
    ioapic_write(ioapic, ioapic_high(pin), rte_high(intent));
    ioapic_write(ioapic, ioapic_low(pin), low);
}

bool ioapic_has_remote_irr(const struct ioapic *ioapic, uint32_t pin)
{
    const uint32_t both = RTE_REMOTE_IRR | RTE_LEVEL;
    return (ioapic_read(ioapic, ioapic_low(pin)) & both) == both;
}

/* Take back a Remote IRR that no end will ever clear: the line would stay silent for ever.
 * The entry is masked, and no CPU has it in service. An EOI register does it by the vector;
 * older chips do it when the entry is edge-triggered for a moment. */
void ioapic_clear_remote_irr(const struct ioapic *ioapic, uint32_t pin)
{
    if (!ioapic_has_remote_irr(ioapic, pin))
        return;
    uint32_t low = ioapic_read(ioapic, ioapic_low(pin)) | RTE_MASKED;
    if (ioapic->version >= IOAPIC_VERSION_WITH_END)
        mmio_write32(ioapic->window + IOAPIC_END, low & 0xFF);
    if (ioapic_has_remote_irr(ioapic, pin)) {
        ioapic_write(ioapic, ioapic_low(pin), low & ~(uint32_t)RTE_LEVEL);
        ioapic_write(ioapic, ioapic_low(pin), low);
    }
    if (ioapic_has_remote_irr(ioapic, pin))
        ivm_log("I/O APIC %u pin %u: its Remote IRR does not clear: the line may be dead",
                ioapic->id, (unsigned)pin);
}

struct rte ioapic_idle(const struct ioapic_pin *pin)
{
    return (struct rte){
        .polarity = pin->idle_polarity, .trigger = pin->idle_trigger, .masked = true};
}
