/* controllers.c: the inputs of the I/O APICs, handed to the manager as its lines. */
#include "controllers.h"

#include <ivm/system.h>

#include "ioapic.h"
#include "kernel/manager.h"

/* One line of the log for a run of gsis, not one for each. */
static size_t add_lines(struct ioapic *ioapic)
{
    size_t added = 0, no_room = 0, claimed = 0;
    for (uint32_t pin = 0; pin < ioapic->pin_count; pin++) {
        if (ioapic->pins[pin].use != IOAPIC_PIN_FREE)
            continue;
        enum ivm_status status =
            manager_set_line(ioapic->gsi_base + pin, &ioapic_controller, ioapic, pin);
        added += status == IVM_OK;
        claimed += status == IVM_ALREADY_CONNECTED;
        no_room += status == IVM_BAD_ARGUMENT;
    }
    if (claimed != 0)
        ivm_log("I/O APIC %u: %u inputs are left out: another one claimed their gsis",
                ioapic->id, (unsigned)claimed);
    if (no_room != 0)
        ivm_log("I/O APIC %u: %u inputs are left out: more gsis than the manager has room "
                "for",
                ioapic->id, (unsigned)no_room);
    return added;
}

size_t controllers_add_lines(void)
{
    size_t added = 0;
    for (size_t i = 0; i < ioapic_count(); i++)
        added += add_lines(ioapic_at(i));
    return added;
}
