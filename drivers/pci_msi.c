/* pci_msi.c: the MSI capability of a function: a controller whose inputs are its messages.
 *
 * One address and one data word serve all messages; the function puts the message's index into the low
 * bits of the data. With per-vector masks each message has a mask and a pending bit, and the words
 * are written as in pci_msix.c: under the mask.
 *
 * Without them, MSI's enable bit is all there is:
 *
 * - It masks: it is on while any message is let through. A function that wants to interrupt while
 *   it is off falls back on INTx, which the command register stops: that interrupt is lost, and
 *   the device must be asked what it wanted. Of several messages none can be masked alone:
 *   can_mask() says so, and one that is masked is sent as long as another is let through.
 * - A live message goes to another CPU by one 32-bit write. The manager keeps the vector's number in a
 *   move, so the data stay; the destination lies in the low half of the address alone, so the
 *   upper half stays. The function reads either the old or the new dword, and each of the two names a
 *   (CPU, vector) that this source holds at that time. Turning MSI off meanwhile would lose a message.
 *
 * Source: [PCI] "MSI Capability Structure", "MSI Configuration", "Per-vector Masking and Function
 * Masking".
 */
#include "pci_message.h"

static bool has_masks(const struct pci_messages *messages)
{
    return messages->msi.mask != 0;
}

/* A bit for each message that the function may send. */
static uint32_t all_of(const struct pci_messages *messages)
{
    return messages->enabled == PCI_MSI_LIMIT ? UINT32_MAX
                                              : (UINT32_C(1) << messages->enabled) - 1;
}

static bool is_masked(const struct pci_messages *messages, uint32_t index)
{
    return (messages->masks >> index & 1) != 0;
}

static struct ivm_message_words read_words(struct pci_address at, const struct pci_msi *msi)
{
    uint64_t high = msi->is_64 ? pci_read32(at, msi->address_high) : 0;
    return (struct ivm_message_words){.address = high << 32 | pci_read32(at, msi->address),
                                      .data = pci_read16(at, msi->data)};
}

/* Nothing can be sent: all masks are set, or MSI is off. */
static void write_words(const struct pci_messages *messages,
                        const struct ivm_message_words *words)
{
    struct pci_address at = pci_message_address(messages);
    pci_write32(at, messages->msi.address, (uint32_t)words->address);
    if (messages->msi.is_64)
        pci_write32(at, messages->msi.address_high, (uint32_t)(words->address >> 32));
    pci_write16(at, messages->msi.data, (uint16_t)words->data);
    (void)pci_read16(at, messages->msi.data);
}

static void write_control(struct pci_messages *messages, uint16_t control)
{
    struct pci_address at = pci_message_address(messages);
    messages->control = control;
    pci_write16(at, messages->msi.control, control);
    (void)pci_read16(at, messages->msi.control);
}

/* The mask bits of messages that are not ours stay as they were found. */
static void write_masks(const struct pci_messages *messages, uint32_t masks)
{
    struct pci_address at = pci_message_address(messages);
    uint32_t others = messages->masks_found & ~all_of(messages);
    pci_write32(at, messages->msi.mask, others | masks);
    (void)pci_read32(at, messages->msi.mask);
}

/* Make the function obey `masks`. The lock is held. */
static void apply_masks(struct pci_messages *messages)
{
    if (has_masks(messages)) {
        write_masks(messages, messages->is_held ? all_of(messages) : messages->masks);
        return;
    }
    uint16_t off = messages->control & (uint16_t)~PCI_MSI_ENABLE;
    uint16_t wanted = messages->masks == all_of(messages) ? off : off | PCI_MSI_ENABLE;
    if (wanted != messages->control)
        write_control(messages, wanted);
}

/* The controller. Of a function that is gone nothing is touched. */

static struct pci_message *message_of(struct pci_messages *messages, uint32_t index)
{
    bool is_there = index < messages->enabled && !messages->device->is_gone;
    return is_there ? &messages->each[index] : NULL;
}

static bool some_are_routed(const struct pci_messages *messages)
{
    for (uint32_t i = 0; i < messages->enabled; i++)
        if (messages->each[i].is_routed)
            return true;
    return false;
}

/* A block's vectors are neighbours, so all its messages make the same words: those of the first of them
 * that is aimed serve the rest, which may be live already. */
static void route(void *unit, uint32_t input, const struct ivm_route *to)
{
    struct pci_messages *messages = unit;
    struct pci_message *message = message_of(messages, input);
    struct ivm_route base = *to;
    base.vector = (uint8_t)(to->vector - input);
    struct ivm_message_words words;
    if (message == NULL || !pci_message_compose(messages, input, &base, &words))
        return;
    bool were_on = device_lock_take(&messages->lock);
    if (!some_are_routed(messages))
        write_words(messages, &words);
    message->route = *to;
    message->words = words;
    message->is_routed = true;
    device_lock_release(&messages->lock, were_on);
}

static void set_destination(struct pci_messages *messages, struct pci_message *message)
{
    struct pci_address at = pci_message_address(messages);
    if (has_masks(messages))
        write_masks(messages, all_of(messages));
    pci_write32(at, messages->msi.address, (uint32_t)message->words.address);
    (void)pci_read32(at, messages->msi.address);
    if (has_masks(messages))
        apply_masks(messages);
}

/* Messages of a block stay where they are: the manager does not ask for it. */
static void redirect(void *unit, uint32_t input, uint32_t cpu)
{
    struct pci_messages *messages = unit;
    struct pci_message *message = message_of(messages, input);
    if (message == NULL || !message->is_routed || messages->enabled != 1)
        return;
    struct ivm_route to = message->route;
    struct ivm_message_words words;
    to.cpu = cpu;
    if (!pci_message_compose(messages, input, &to, &words))
        return;
    bool were_on = device_lock_take(&messages->lock);
    message->route = to;
    message->words = words;
    set_destination(messages, message);
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
        messages->masks &= ~(UINT32_C(1) << input);
        apply_masks(messages);
    }
    device_lock_release(&messages->lock, were_on);
}

static void mask(void *unit, uint32_t input)
{
    struct pci_messages *messages = unit;
    if (message_of(messages, input) == NULL)
        return;
    bool were_on = device_lock_take(&messages->lock);
    messages->masks |= UINT32_C(1) << input;
    apply_masks(messages);
    device_lock_release(&messages->lock, were_on);
}

static void unroute(void *unit, uint32_t input)
{
    struct pci_messages *messages = unit;
    struct pci_message *message = message_of(messages, input);
    if (message == NULL)
        return;
    bool were_on = device_lock_take(&messages->lock);
    messages->masks |= UINT32_C(1) << input;
    apply_masks(messages);
    message->is_routed = false;
    if (!some_are_routed(messages))
        write_words(messages, &messages->msi_found);
    device_lock_release(&messages->lock, were_on);
}

static bool is_pending(const struct pci_messages *messages, uint32_t index)
{
    if (messages->device->is_gone || messages->msi.pending == 0)
        return false;
    uint32_t bits = pci_read32(pci_message_address(messages), messages->msi.pending);
    return (bits >> index & 1) != 0;
}

/* The enable bit of several would stop the others, too, unless nobody is connected. */
static bool can_mask(void *unit, uint32_t input)
{
    struct pci_messages *messages = unit;
    (void)input;
    bool were_on = device_lock_take(&messages->lock);
    bool can = has_masks(messages) || messages->enabled == 1 || !some_are_routed(messages);
    device_lock_release(&messages->lock, were_on);
    return can;
}

/* What the function's registers say. While we hold it all masks are set, and only the shadow tells which
 * of them are the inputs' own. */
static bool reads_masked(const struct pci_messages *messages, uint32_t index)
{
    struct pci_address at = pci_message_address(messages);
    if ((pci_read16(at, messages->msi.control) & PCI_MSI_ENABLE) == 0)
        return true;
    if (!has_masks(messages) || (pci_read32(at, messages->msi.mask) >> index & 1) == 0)
        return false;
    return !messages->is_held || is_masked(messages, index);
}

static uint32_t data_of(uint32_t data, uint16_t control, uint32_t index)
{
    uint32_t log = (control & PCI_MSI_GRANTED_MASK) >> PCI_MSI_GRANTED_SHIFT;
    uint32_t low = log < 6 ? (UINT32_C(1) << log) - 1 : 0;
    return (data & ~low) | (index & low);
}

static void inspect(void *unit, uint32_t input, struct ivm_input_state *out)
{
    struct pci_messages *messages = unit;
    *out = (struct ivm_input_state){.is_masked = true, .is_foreign = true};
    if (message_of(messages, input) == NULL)
        return;
    struct pci_address at = pci_message_address(messages);
    bool were_on = device_lock_take(&messages->lock);
    struct ivm_message_words words = read_words(at, &messages->msi);
    words.data = data_of(words.data, pci_read16(at, messages->msi.control), input);
    out->is_masked = reads_masked(messages, input);
    device_lock_release(&messages->lock, were_on);
    out->is_pending = is_pending(messages, input);
    pci_message_interpret(&words, out);
}

static const struct ivm_controller controller = {
    .name = "MSI",
    .route = route,
    .redirect = redirect,
    .unmask = unmask,
    .mask = mask,
    .unroute = unroute,
    .can_mask = can_mask,
    .inspect = inspect,
};

/* The function. */

static uint16_t log2_of(uint32_t power)
{
    uint16_t log = 0;
    while (power > 1) {
        power /= 2;
        log++;
    }
    return log;
}

/* With masks it is on from here on, so that pending bits work. */
static void start(struct pci_messages *messages)
{
    struct pci_address at = pci_message_address(messages);
    messages->control_found = pci_read16(at, messages->msi.control);
    uint16_t off =
        messages->control_found & (uint16_t) ~(PCI_MSI_ENABLE | PCI_MSI_GRANTED_MASK);
    uint16_t granted = (uint16_t)(log2_of(messages->enabled) << PCI_MSI_GRANTED_SHIFT);
    write_control(messages, off | granted);
    messages->msi_found = read_words(at, &messages->msi);
    messages->masks = all_of(messages);
    if (!has_masks(messages))
        return;
    messages->masks_found = pci_read32(at, messages->msi.mask);
    write_masks(messages, messages->masks);
    write_control(messages, off | granted | PCI_MSI_ENABLE);
}

static void stop(struct pci_messages *messages)
{
    write_control(messages, messages->control_found & (uint16_t)~PCI_MSI_ENABLE);
    if (has_masks(messages))
        write_masks(messages, messages->masks_found & all_of(messages));
}

const struct pci_message_form pci_msi_form = {
    .controller = &controller,
    .start = start,
    .stop = stop,
    .is_pending = is_pending,
    .can_hold = has_masks,
    .hold = apply_masks,
    .release = apply_masks,
};

bool pci_msi_sends(struct pci_address at, const struct pci_msi *msi, uint32_t index,
                   struct ivm_message_words *out)
{
    *out = read_words(at, msi);
    out->data = data_of(out->data, pci_read16(at, msi->control), index);
    return msi->mask == 0 || (pci_read32(at, msi->mask) >> index & 1) == 0;
}
