/* pci_message_room.c: memory of a function's messages, and what their words mean. */
#include <ivm/system.h>

#include "device.h"
#include "pci_message.h"

enum { STORAGE_ALIGNMENT = 64 };

struct pci_messages *pci_message_allocate(struct ivm_device *device)
{
    struct pci_messages *messages = device_memory(sizeof *messages);
    if (messages == NULL) {
        ivm_log("%s: no memory for its messages", device->name);
        return NULL;
    }
    *messages = (struct pci_messages){.device = device};
    return messages;
}

/* Memory is never given back, so it grows by doubling: what was outgrown is less than what is in use. */
static bool grow(struct pci_messages *messages, uint32_t count)
{
    size_t storage = (size_t)count * ivm_message_size() + STORAGE_ALIGNMENT;
    uint8_t *memory = device_memory(count * sizeof *messages->each + storage);
    if (memory == NULL)
        return false;
    uintptr_t behind = (uintptr_t)(memory + count * sizeof *messages->each);
    messages->each = (struct pci_message *)(void *)memory;
    messages->storage = memory + count * sizeof *messages->each +
                        (STORAGE_ALIGNMENT - behind % STORAGE_ALIGNMENT);
    messages->room = count;
    return true;
}

uint32_t pci_message_room(struct pci_messages *messages, uint32_t count)
{
    uint32_t wanted = 1;
    while (wanted < count)
        wanted *= 2;
    while (wanted > messages->room && !grow(messages, wanted))
        wanted /= 2;
    if (messages->room < count)
        ivm_log("%s: memory for %u of %u messages", messages->device->name, messages->room,
                count);
    uint32_t given = messages->room < count ? messages->room : count;
    for (size_t byte = 0; byte < (size_t)given * ivm_message_size(); byte++)
        messages->storage[byte] = 0;
    return given;
}

struct ivm_message *pci_message_storage(const struct pci_messages *messages, uint32_t index)
{
    return (struct ivm_message *)(void *)(messages->storage +
                                          (size_t)index * ivm_message_size());
}

bool pci_message_compose(const struct pci_messages *messages, uint32_t index,
                         const struct ivm_route *route, struct ivm_message_words *out)
{
    if (ivm_message_compose(route, out) == IVM_OK)
        return true;
    ivm_log("%s: message %u: CPU %u cannot be named by a message; it stays as it is",
            messages->device->name, index, route->cpu);
    return false;
}

void pci_message_interpret(const struct ivm_message_words *words,
                           struct ivm_input_state *out)
{
    struct ivm_route route;
    out->is_foreign = ivm_message_read(words, &route) != IVM_OK;
    out->route = out->is_foreign ? (struct ivm_route){0} : route;
}
