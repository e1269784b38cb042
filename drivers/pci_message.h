/* pci_message.h: a PCI function's open messages, as the files that program them share them.
 *
 *      pci_message.c       opens and closes: include/ivm/device_message.h
 *      pci_message_grant.c decides how many
 *      pci_message_use.c   connects, holds
 *      pci_message_room.c  memory, words
 *      pci_msi.c           the MSI capability as a controller
 *      pci_msix.c          the MSI-X table as a controller
 *      pci_foreign.c       what others enabled
 *
 * Memory for a function's messages is taken when they are opened first, and kept for the next time.
 */
#ifndef DRIVERS_PCI_MESSAGE_H
#define DRIVERS_PCI_MESSAGE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ivm/controller.h>
#include <ivm/device_message.h>

#include "pci.h"
#include "pci_capability.h"
#include "device_lock.h"

/* One message. Of the shadow, MSI uses `is_masked` and `is_routed` alone: the words are one for all. */
struct pci_message {
    struct ivm_connection connection;
    struct ivm_device_message context; /* what its routine gets */
    uint32_t number;                   /* as registered */
    bool is_masked;
    bool is_routed;
    struct ivm_route route;         /* with is_routed */
    struct ivm_message_words words; /* as written; before the first route, as found */
    struct ivm_message_words found;
};

/* Between MSI and MSI-X. */
struct pci_message_form {
    const struct ivm_controller *controller;

    /* Turn it on, with nothing let through; what was found is kept. INTx is off already. */
    void (*start)(struct pci_messages *messages);

    /* Turn it off, and leave its registers as they were found. Nothing is connected. */
    void (*stop)(struct pci_messages *messages);

    bool (*is_pending)(const struct pci_messages *messages, uint32_t index);

    /* Stop all of them, or let through what is not masked by itself: `is_held` says which. The lock is
     * held. */
    bool (*can_hold)(const struct pci_messages *messages);
    void (*hold)(struct pci_messages *messages);
    void (*release)(struct pci_messages *messages);
};

extern const struct pci_message_form pci_msi_form;
extern const struct pci_message_form pci_msix_form;

/* Written by open and close, under devices_lock(); the members that say so, under the lock. */
struct pci_messages {
    struct ivm_device *device;
    _Atomic(const struct pci_message_form *) form; /* NULL: closed */
    struct device_lock
        lock; /* interrupts off, any level: the function's registers and the next four */
    bool is_held;
    uint16_t control;         /* message control, as written */
    uint32_t masks;           /* MSI: a bit for each message that is masked by itself */
    struct pci_message *each; /* [0, granted) */
    uint32_t granted;
    uint32_t
        enabled; /* MSI: the block, of which the last may be nobody's: [0, enabled) of `each` */
    uint16_t control_found, command_found;
    struct pci_msi msi;
    struct ivm_message_words msi_found;
    uint32_t masks_found;
    struct pci_msix msix;
    uintptr_t table, pending;                   /* MSI-X: mapped */
    uint64_t masked_found[PCI_MSIX_LIMIT / 64]; /* MSI-X: a bit for each entry */
    uint8_t *storage; /* the manager's: ivm_message_size() for each */
    uint32_t room;    /* for so many there is memory */
    bool has_cpus;
    struct ivm_cpu_set cpus; /* with has_cpus: those of the wish */
    uint8_t level;
};

static inline struct pci_address pci_message_address(const struct pci_messages *messages)
{
    return pci_address(&messages->device->pci);
}

/* The CPUs of the wish; NULL: any. */
static inline const struct ivm_cpu_set *
pci_message_cpus(const struct pci_messages *messages)
{
    return messages->has_cpus ? &messages->cpus : NULL;
}

/* The form of a device's open messages; NULL: they are not open. Acquire pairs with the release in
 * pci_message.c: what is behind it is set up. */
static inline const struct pci_message_form *
pci_message_form(const struct ivm_device *device)
{
    if (device->messages == NULL)
        return NULL;
    return atomic_load_explicit(&device->messages->form, memory_order_acquire);
}

/* pci_message.c: ivm_device_messages_close(), for who holds devices_lock(). */
IVM_MUST_CHECK enum ivm_status pci_message_close(struct ivm_device *device);

/* pci_message_grant.c: register as many messages of a form as can be granted. Under devices_lock().
 *
 * grant   `offered` is filled in already; out: `granted` and `limit`
 * errors  IVM_EXHAUSTED  none; nothing is registered
 */
IVM_MUST_CHECK enum ivm_status pci_message_grant(struct pci_messages *messages,
                                                 const struct pci_message_form *form,
                                                 uint32_t wished, struct ivm_grant *grant);

/* pci_message_room.c. */

/* Memory for a function's messages, taken once; NULL: none left. Under devices_lock(). */
struct pci_messages *pci_message_allocate(struct ivm_device *device);

/* Make room for so many; returns how many there is room for, which may be fewer. The
 * manager's storage of them is zeroed. Under devices_lock(). */
uint32_t pci_message_room(struct pci_messages *messages, uint32_t count);

/* The manager's storage of message `index`. */
struct ivm_message *pci_message_storage(const struct pci_messages *messages,
                                        uint32_t index);

/* The words that make this route; false, and logged: this machine has none. */
bool pci_message_compose(const struct pci_messages *messages, uint32_t index,
                         const struct ivm_route *route, struct ivm_message_words *out);

/* What words read from a function mean, in an audit's terms. */
void pci_message_interpret(const struct ivm_message_words *words,
                           struct ivm_input_state *out);

/* pci_msi.c, pci_msix.c: for a function whose messages are not open here: whether message `index` can
 * be sent now, and the words it has.
 *
 * table  mapped
 */
bool pci_msi_sends(struct pci_address at, const struct pci_msi *msi, uint32_t index,
                   struct ivm_message_words *out);
bool pci_msix_sends(uintptr_t table, uint32_t index, struct ivm_message_words *out);

/* Bits of the message control registers. [PCI] "Message Control for MSI", "Message Control for MSI-X" */
/* clang-format off */
enum {
    PCI_MSI_ENABLE        = 1 << 0,
    PCI_MSI_GRANTED_SHIFT = 4,       /* [6:4] log2 of the messages it may send */
    PCI_MSI_GRANTED_MASK  = 7 << 4,
    PCI_MSIX_MASK_ALL     = 1 << 14, /* the function mask */
    PCI_MSIX_ENABLE       = 1 << 15,
};
/* clang-format on */

#endif
