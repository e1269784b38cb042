/* pci_foreign.c: messages that functions are enabled to send, and that nobody here opened. */
#include <ivm/bus.h>
#include <ivm/system.h>

#include "pci_message.h"

/* Where findings go: all are counted, those that fit are kept. */
struct list {
    struct ivm_foreign_message *out;
    size_t room;
    size_t count;
};

static void add(struct list *list, const struct ivm_device *device,
                const struct ivm_foreign_message *found)
{
    if (list->count++ >= list->room)
        return;
    struct ivm_foreign_message *message = &list->out[list->count - 1];
    struct ivm_input_state state;
    *message = *found;
    for (size_t i = 0; i < sizeof message->device; i++)
        message->device[i] = device->name[i];
    pci_message_interpret(&message->words, &state);
    message->hits = !state.is_foreign;
    message->cpu = state.route.cpu;
    message->vector = state.route.vector;
}

static void look_at_msi(struct list *list, const struct ivm_device *device,
                        const struct pci_space *space)
{
    struct pci_address at = pci_address(&device->pci);
    struct pci_msi msi;
    if (pci_capability_msi(space, &msi).fault != PCI_FAULT_NONE)
        return;
    uint16_t control = pci_read16(at, msi.control);
    uint32_t log = (control & PCI_MSI_GRANTED_MASK) >> PCI_MSI_GRANTED_SHIFT;
    if ((control & PCI_MSI_ENABLE) == 0)
        return;
    for (uint32_t i = 0; i < UINT32_C(1) << log && i < msi.count; i++) {
        struct ivm_foreign_message found = {.kind = IVM_MSI, .index = i};
        if (pci_msi_sends(at, &msi, i, &found.words))
            add(list, device, &found);
    }
}

static void look_at_msix(struct list *list, const struct ivm_device *device,
                         const struct pci_space *space)
{
    struct pci_msix msix;
    if (pci_capability_msix(space, &msix).fault != PCI_FAULT_NONE)
        return;
    uint16_t control = pci_read16(pci_address(&device->pci), msix.control);
    if ((control & PCI_MSIX_ENABLE) == 0 || (control & PCI_MSIX_MASK_ALL) != 0)
        return;
    uintptr_t table = ivm_map_device(msix.table, pci_msix_table_size(&msix));
    for (uint32_t i = 0; table != 0 && i < msix.count; i++) {
        struct ivm_foreign_message found = {.kind = IVM_MSIX, .index = i};
        if (pci_msix_sends(table, i, &found.words))
            add(list, device, &found);
    }
}

/* A function that is no bus master writes no message; the table of one that decodes no memory cannot be
 * read. */
static void look_at(struct list *list, const struct ivm_device *device)
{
    if (device->bus != IVM_BUS_PCI || device->is_gone || pci_message_form(device) != NULL)
        return;
    struct pci_space space;
    pci_space_read(&device->pci, &space);
    if ((space.bytes[PCI_COMMAND] & PCI_COMMAND_MASTER) == 0)
        return;
    look_at_msi(list, device, &space);
    if ((space.bytes[PCI_COMMAND] & PCI_COMMAND_MEMORY) != 0)
        look_at_msix(list, device, &space);
}

size_t ivm_foreign_messages(struct ivm_foreign_message *out, size_t room)
{
    struct list list = {.out = out, .room = room};
    for (size_t i = 0; i < ivm_device_count(); i++)
        look_at(&list, ivm_device_at(i));
    return list.count;
}
