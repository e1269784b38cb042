/* message.c: message words for this machine's CPUs, and what words of others mean. */
#include <ivm/message.h>

#include "apic_id.h"
#include "kernel/slot.h"
#include "msi_format.h"

enum ivm_status ivm_message_compose(const struct ivm_route *route,
                                    struct ivm_message_words *out)
{
    if (slots_of(route->cpu) == NULL)
        return IVM_NOT_FOUND;
    uint32_t apic_id = machine_apic_id(route->cpu);
    if (!msi_reaches(apic_id))
        return IVM_UNSUPPORTED;
    /* An edge whatever the route says: nothing broadcasts the end of a message. */
    const struct msi msi = {.destination = (uint8_t)apic_id, .vector = route->vector};
    *out = (struct ivm_message_words){.address = msi_address(&msi), .data = msi_data(&msi)};
    return IVM_OK;
}

/* The hint with physical destination still names one CPU. */
static bool is_one_interrupt(const struct msi *msi, uint32_t data)
{
    bool is_fixed = msi->delivery == MSI_FIXED || (msi->delivery == MSI_LOWEST_PRIORITY &&
                                                   msi->hint == MSI_TO_DESTINATION);
    return is_fixed && msi->destination_mode == MSI_PHYSICAL && data >> 16 == 0;
}

enum ivm_status ivm_message_read(const struct ivm_message_words *words,
                                 struct ivm_route *out)
{
    if (!msi_is_address(words->address))
        return IVM_UNSUPPORTED;
    const struct msi msi = msi_decode((uint32_t)words->address, words->data);
    if (!is_one_interrupt(&msi, words->data))
        return IVM_UNSUPPORTED;
    uint32_t cpu;
    if (!machine_find_cpu(msi.destination, &cpu))
        return IVM_NOT_FOUND;
    *out = (struct ivm_route){.cpu = cpu, .vector = msi.vector, .trigger = msi.trigger};
    return IVM_OK;
}

bool machine_find_cpu(uint32_t apic_id, uint32_t *cpu)
{
    for (uint32_t at = 0; at < slots_cpu_end(); at++) {
        if (slots_of(at) != NULL && machine_apic_id(at) == apic_id) {
            *cpu = at;
            return true;
        }
    }
    return false;
}
