/* pci_message_grant.c: how many messages of a wish are granted, with which vectors, and why not more. */
#include <ivm/stats.h>

#include "pci_message.h"

static void limit_to(struct ivm_grant *grant, uint32_t count, enum ivm_grant_limit limit)
{
    if (count >= grant->granted)
        return;
    grant->granted = count;
    grant->limit = limit;
}

/* The smallest power of two that is not less; 0 of 0. */
static uint32_t power_from(uint32_t count)
{
    uint32_t power = count == 0 ? 0 : 1;
    while (power < count)
        power *= 2;
    return power;
}

static struct ivm_input input_of(struct pci_messages *messages,
                                 const struct pci_message_form *form, uint32_t index)
{
    return (struct ivm_input){
        .controller = form->controller, .unit = messages, .input = index};
}

/* Storage is fresh and inputs are ours alone, so that nothing here is refused; were it, what was
 * registered so far is what is granted. */
static void register_each(struct pci_messages *messages, struct ivm_grant *grant)
{
    limit_to(grant, ivm_stats_free(pci_message_cpus(messages), messages->level),
             IVM_GRANT_EXHAUSTED);
    for (uint32_t i = 0; i < grant->granted; i++) {
        struct ivm_input input = input_of(messages, &pci_msix_form, i);
        if (ivm_message_register(pci_message_storage(messages, i), &input,
                                 &messages->each[i].number) != IVM_OK)
            limit_to(grant, i, IVM_GRANT_EXHAUSTED);
    }
}

/* A function is told a power of two, which its own number is: where what is granted is none, the block
 * has vectors that nobody is given. The largest that fits: with fewer vectors free than the next larger
 * block has, they are what is lacking; else they are only not beside each other. */
static void register_block(struct pci_messages *messages, struct ivm_grant *grant)
{
    struct ivm_input first = input_of(messages, &pci_msi_form, 0);
    uint32_t number = 0;
    enum ivm_grant_limit why = IVM_GRANT_BLOCK;
    for (uint32_t count = power_from(grant->granted); count != 0; count /= 2) {
        struct ivm_block_wish wish = {
            .count = count, .level = messages->level, .cpus = pci_message_cpus(messages)};
        limit_to(grant, count, why);
        if (ivm_message_register_block(pci_message_storage(messages, 0), &first, &wish,
                                       &number) == IVM_OK) {
            for (uint32_t i = 0; i < count; i++)
                messages->each[i].number = number + i;
            messages->enabled = count;
            return;
        }
        bool lacking = ivm_stats_free(wish.cpus, wish.level) < count;
        why = lacking ? IVM_GRANT_EXHAUSTED : IVM_GRANT_BLOCK;
    }
    limit_to(grant, 0, IVM_GRANT_EXHAUSTED);
}

static void prepare_each(struct pci_messages *messages, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        messages->each[i] = (struct pci_message){
            .context = {.device = messages->device, .index = i}, .is_masked = true};
}

enum ivm_status pci_message_grant(struct pci_messages *messages,
                                  const struct pci_message_form *form, uint32_t wished,
                                  struct ivm_grant *grant)
{
    bool is_block = form == &pci_msi_form;
    grant->granted = wished;
    limit_to(grant, grant->offered, IVM_GRANT_DEVICE);
    if (is_block)
        limit_to(grant, IVM_BLOCK_LIMIT, IVM_GRANT_CLASS);
    uint32_t needed = is_block ? power_from(grant->granted) : grant->granted;
    uint32_t room = pci_message_room(messages, needed);
    limit_to(grant, room, IVM_GRANT_MEMORY);
    prepare_each(messages, room);
    if (is_block)
        register_block(messages, grant);
    else
        register_each(messages, grant);
    messages->granted = grant->granted;
    return grant->granted != 0 ? IVM_OK : IVM_EXHAUSTED;
}
