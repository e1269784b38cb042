/* pci_msix.c: the MSI-X table of a function: a controller whose inputs are its entries.
 *
 *      0x00    address             Each entry has a mask of its own, and a pending bit in another
 *      0x04    upper address       place: what the function would send while the mask is set is
 *      0x08    data                remembered there, and sent when the mask is cleared.
 *      0x0C    [0] mask
 *
 * An entry whose mask is clear may be read by the function at any moment, and what it then sends
 * when the address is new and the data old is nobody's: the standard leaves it undefined. So these are
 * written only while the mask is set, also when a live message goes to another CPU; what comes
 * meanwhile is pending, and not lost. Each change is read back, which pushes it through to the function:
 * when the read is answered, every message sent before it has arrived.
 *
 * Source: [PCI] "MSI-X Capability and Table Structures", "MSI-X Configuration", "Per-vector Masking and
 * Function Masking".
 */
#include <hw/mmio.h>

#include "pci_message.h"

/* clang-format off */
enum {
    ENTRY_ADDRESS      = 0x00,
    ENTRY_ADDRESS_HIGH = 0x04,
    ENTRY_DATA         = 0x08,
    ENTRY_CONTROL      = 0x0C,
    ENTRY_MASKED       = 1 << 0,
};
/* clang-format on */

static uintptr_t entry_of(const struct pci_messages *messages, uint32_t index)
{
    return messages->table + (uintptr_t)index * PCI_MSIX_ENTRY_SIZE;
}

static struct ivm_message_words read_words(uintptr_t entry)
{
    uint64_t high = mmio_read32(entry + ENTRY_ADDRESS_HIGH);
    return (struct ivm_message_words){
        .address = high << 32 | mmio_read32(entry + ENTRY_ADDRESS),
        .data = mmio_read32(entry + ENTRY_DATA),
    };
}

/* The entry's mask is set. */
static void write_words(uintptr_t entry, const struct ivm_message_words *words)
{
    mmio_write32(entry + ENTRY_ADDRESS, (uint32_t)words->address);
    mmio_write32(entry + ENTRY_ADDRESS_HIGH, (uint32_t)(words->address >> 32));
    mmio_write32(entry + ENTRY_DATA, words->data);
    (void)mmio_read32(entry + ENTRY_DATA);
}

/* The other bits of the control are reserved, or somebody else's: they stay. */
static void set_mask(uintptr_t entry)
{
    mmio_write32(entry + ENTRY_CONTROL, mmio_read32(entry + ENTRY_CONTROL) | ENTRY_MASKED);
    (void)mmio_read32(entry + ENTRY_CONTROL);
}

static void clear_mask(uintptr_t entry)
{
    uint32_t control = mmio_read32(entry + ENTRY_CONTROL);
    mmio_write32(entry + ENTRY_CONTROL, control & ~(uint32_t)ENTRY_MASKED);
    (void)mmio_read32(entry + ENTRY_CONTROL);
}

static void write_control(struct pci_messages *messages, uint16_t control)
{
    struct pci_address at = pci_message_address(messages);
    messages->control = control;
    pci_write16(at, messages->msix.control, control);
    (void)pci_read16(at, messages->msix.control);
}

/* The controller. Of a function that is gone nothing is touched: what answers at its addresses may be
 * another one by now. */

static struct pci_message *message_of(struct pci_messages *messages, uint32_t index)
{
    bool is_there = index < messages->granted && !messages->device->is_gone;
    return is_there ? &messages->each[index] : NULL;
}

static void route(void *unit, uint32_t input, const struct ivm_route *to)
{
    struct pci_messages *messages = unit;
    struct pci_message *message = message_of(messages, input);
    struct ivm_message_words words;
    if (message == NULL || !pci_message_compose(messages, input, to, &words))
        return;
    uintptr_t entry = entry_of(messages, input);
    bool were_on = device_lock_take(&messages->lock);
    message->route = *to;
    message->words = words;
    message->is_routed = true;
    set_mask(entry);
    write_words(entry, &words);
    device_lock_release(&messages->lock, were_on);
}

static void redirect(void *unit, uint32_t input, uint32_t cpu)
{
    struct pci_messages *messages = unit;
    struct pci_message *message = message_of(messages, input);
    if (message == NULL || !message->is_routed)
        return;
    struct ivm_route to = message->route;
    struct ivm_message_words words;
    to.cpu = cpu;
    if (!pci_message_compose(messages, input, &to, &words))
        return;
    uintptr_t entry = entry_of(messages, input);
    bool were_on = device_lock_take(&messages->lock);
    message->route = to;
    message->words = words;
    set_mask(entry);
    write_words(entry, &words);
    if (!message->is_masked)
        clear_mask(entry);
    device_lock_release(&messages->lock, were_on);
}

static void unmask(void *unit, uint32_t input)
{
    struct pci_messages *messages = unit;
    struct pci_message *message = message_of(messages, input);
    if (message == NULL)
        return;
    bool were_on = device_lock_take(&messages->lock);
    if (message->is_routed) {
        message->is_masked = false;
        clear_mask(entry_of(messages, input));
    }
    device_lock_release(&messages->lock, were_on);
}

static void mask(void *unit, uint32_t input)
{
    struct pci_messages *messages = unit;
    struct pci_message *message = message_of(messages, input);
    if (message == NULL)
        return;
    bool were_on = device_lock_take(&messages->lock);
    message->is_masked = true;
    set_mask(entry_of(messages, input));
    device_lock_release(&messages->lock, were_on);
}

static void unroute(void *unit, uint32_t input)
{
    struct pci_messages *messages = unit;
    struct pci_message *message = message_of(messages, input);
    if (message == NULL)
        return;
    uintptr_t entry = entry_of(messages, input);
    bool were_on = device_lock_take(&messages->lock);
    message->is_masked = true;
    message->is_routed = false;
    message->words = message->found;
    set_mask(entry);
    write_words(entry, &message->found);
    device_lock_release(&messages->lock, were_on);
}

static bool is_pending(const struct pci_messages *messages, uint32_t index)
{
    if (messages->device->is_gone)
        return false;
    return (mmio_read32(messages->pending + index / 32 * 4) >> index % 32 & 1) != 0;
}

/* A function mask of our own is not the input's: the messages are held, not masked. */
static void inspect(void *unit, uint32_t input, struct ivm_input_state *out)
{
    struct pci_messages *messages = unit;
    *out = (struct ivm_input_state){.is_masked = true, .is_foreign = true};
    if (message_of(messages, input) == NULL)
        return;
    uintptr_t entry = entry_of(messages, input);
    bool were_on = device_lock_take(&messages->lock);
    uint16_t control = pci_read16(pci_message_address(messages), messages->msix.control);
    bool is_held = messages->is_held;
    uint32_t entry_control = mmio_read32(entry + ENTRY_CONTROL);
    struct ivm_message_words words = read_words(entry);
    device_lock_release(&messages->lock, were_on);
    bool all_masked = (control & PCI_MSIX_MASK_ALL) != 0 && !is_held;
    out->is_masked = (control & PCI_MSIX_ENABLE) == 0 || all_masked ||
                     (entry_control & ENTRY_MASKED) != 0;
    out->is_pending = is_pending(messages, input);
    pci_message_interpret(&words, out);
}

static const struct ivm_controller controller = {
    .name = "MSI-X",
    .route = route,
    .redirect = redirect,
    .unmask = unmask,
    .mask = mask,
    .unroute = unroute,
    .inspect = inspect,
};

/* The function. */

/* The function mask comes with the enable bit, so that no entry is heard as it was found. */
static void start(struct pci_messages *messages)
{
    struct pci_address at = pci_message_address(messages);
    messages->control_found = pci_read16(at, messages->msix.control);
    uint16_t off =
        messages->control_found & (uint16_t) ~(PCI_MSIX_ENABLE | PCI_MSIX_MASK_ALL);
    write_control(messages, off | PCI_MSIX_ENABLE | PCI_MSIX_MASK_ALL);
    for (size_t word = 0; word < PCI_MSIX_LIMIT / 64; word++)
        messages->masked_found[word] = 0;
    for (uint32_t i = 0; i < messages->msix.count; i++) {
        uintptr_t entry = entry_of(messages, i);
        if ((mmio_read32(entry + ENTRY_CONTROL) & ENTRY_MASKED) != 0)
            messages->masked_found[i / 64] |= UINT64_C(1) << i % 64;
        set_mask(entry);
    }
    for (uint32_t i = 0; i < messages->granted; i++) {
        messages->each[i].found = read_words(entry_of(messages, i));
        messages->each[i].words = messages->each[i].found;
        messages->each[i].is_masked = true;
    }
    write_control(messages, off | PCI_MSIX_ENABLE);
}

/* The entries are opened again only where nothing can be sent any more. */
static void stop(struct pci_messages *messages)
{
    uint16_t found = messages->control_found & (uint16_t)~PCI_MSIX_ENABLE;
    write_control(messages, messages->control | PCI_MSIX_MASK_ALL);
    write_control(messages, messages->control & (uint16_t)~PCI_MSIX_ENABLE);
    for (uint32_t i = 0; i < messages->msix.count; i++)
        if ((messages->masked_found[i / 64] >> i % 64 & 1) == 0)
            clear_mask(entry_of(messages, i));
    write_control(messages, found);
}

static bool can_hold(const struct pci_messages *messages)
{
    (void)messages;
    return true;
}

static void hold(struct pci_messages *messages)
{
    write_control(messages, messages->control | PCI_MSIX_MASK_ALL);
}

static void release(struct pci_messages *messages)
{
    write_control(messages, messages->control & (uint16_t)~PCI_MSIX_MASK_ALL);
}

const struct pci_message_form pci_msix_form = {
    .controller = &controller,
    .start = start,
    .stop = stop,
    .is_pending = is_pending,
    .can_hold = can_hold,
    .hold = hold,
    .release = release,
};

bool pci_msix_sends(uintptr_t table, uint32_t index, struct ivm_message_words *out)
{
    uintptr_t entry = table + (uintptr_t)index * PCI_MSIX_ENTRY_SIZE;
    *out = read_words(entry);
    return (mmio_read32(entry + ENTRY_CONTROL) & ENTRY_MASKED) == 0;
}
