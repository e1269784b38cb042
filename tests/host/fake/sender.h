/* sender.h: a PCI function that sends messages, for the host tests: its configuration space, its MSI-X
 * table, and where its messages arrive.
 *
 * What it sends is made pending on a CPU of fake/machine.h, through the manager's own reading of the
 * words. The model checks its callers: address and data of an entry must not be written while the
 * entry is open, and no message leaves a function that is no bus master.
 */
#ifndef FAKE_SENDER_H
#define FAKE_SENDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ivm/device_message.h>

#include "pci_space.h"

enum {
    SENDER_ENTRIES = 128,
    SENDER_MSI = 0x50, /* where its capabilities lie */
    SENDER_MSIX = 0x70,
    SENDER_MEMORY = 1 << 20, /* bytes that device_memory() has */
};

/* Base address 1; the pending bits lie 0x1000 behind it. */
#define SENDER_TABLE UINT32_C(0xFEB00000)

struct sender {
    struct fake_function *config;
    struct ivm_device device; /* "sender0", driven */
    struct ivm_driver driver;
    uint32_t words[SENDER_ENTRIES * 4]; /* the table */
    uint64_t pending[SENDER_ENTRIES / 64];
    unsigned sent; /* messages that arrived nowhere or somewhere */
    struct ivm_message_words last;
    unsigned runs[SENDER_ENTRIES]; /* of its driver's message_routine, for each message */
    unsigned quiets;               /* calls of its driver's quiet, */
    unsigned quiets_with_msix;     /*   with MSI-X on, */
    unsigned quiets_with_intx;     /*   with INTx let through */
    void (*on_entry_write)(uint32_t entry,
                           unsigned word); /* after it took effect; may be NULL */
    size_t memory_used, allocations;
    size_t memory_limit; /* at most SENDER_MEMORY */
};

extern struct sender sender;

/* A world of so many CPUs (fake/world.h), and in it the function: without any capability. */
void sender_start(uint32_t cpus);

/* Give it MSI-X with that many entries, each open and with words of its own as firmware might have left
 * them; MSI with this message control. */
void sender_add_msix(uint32_t count);
void sender_add_msi(uint16_t control);

/* What it does when it wants to interrupt: MSI-X message `index`. */
void sender_fire(uint32_t index);

/* The same by MSI; false: it cannot, and falls back on INTx. */
bool sender_fire_msi(uint32_t index);

/* Send what is pending and may be sent: after the function mask was cleared. */
void sender_settle(void);

/* Open so many, by any kind, without other wishes. */
enum ivm_status sender_open(uint32_t count, struct ivm_grant *grant);

/* Open and connect all that are granted; the test fails when something does not work. */
void sender_connect(uint32_t count);
void sender_disconnect(void);

/* The function was taken out of its slot: it reads as all ones. */
void sender_take_out(void);

#endif
