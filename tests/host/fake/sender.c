/* sender.c: a PCI function that sends messages: see sender.h. */
#include "sender.h"

#include <string.h>

#include "drivers/device.h"
#include "drivers/pci_message.h"
#include "hardware.h"
#include "system.h"
#include "world.h"

enum { WINDOW = 0x2000, PENDING_AT = 0x1000, ADDRESS = 0, ADDRESS_HIGH, DATA, CONTROL };

struct sender sender;

static _Alignas(64) uint8_t memory[SENDER_MEMORY];

static void *allocate(size_t bytes)
{
    if (bytes > sender.memory_limit - sender.memory_used)
        return NULL;
    void *given = memory + sender.memory_used;
    sender.memory_used += (bytes + 15) / 16 * 16;
    sender.allocations++;
    return memset(given, 0, bytes);
}

static enum ivm_verdict message_routine(void *context)
{
    const struct ivm_device_message *message = context;
    sender.runs[message->index]++;
    return IVM_HANDLED;
}

static uint16_t control_of(unsigned at)
{
    return fake_pci_get16(sender.config, at + 2);
}

static void quiet(struct ivm_device *device)
{
    (void)device;
    uint16_t command = fake_pci_get16(sender.config, PCI_COMMAND);
    sender.quiets++;
    sender.quiets_with_intx += (command & PCI_COMMAND_INTX_DISABLE) == 0;
    sender.quiets_with_msix += (control_of(SENDER_MSIX) & PCI_MSIX_ENABLE) != 0;
}

/* Where a message arrives. */
static void deliver(struct ivm_message_words words)
{
    struct ivm_route route;
    sender.sent++;
    sender.last = words;
    if ((fake_pci_get16(sender.config, PCI_COMMAND) & PCI_COMMAND_MASTER) == 0)
        fake_complain("a message from a function that is no bus master");
    if (ivm_message_read(&words, &route) == IVM_OK)
        model_raise(route.cpu, route.vector);
}

static bool is_open(uint32_t index)
{
    uint16_t control = control_of(SENDER_MSIX);
    return (control & PCI_MSIX_ENABLE) != 0 && (control & PCI_MSIX_MASK_ALL) == 0 &&
           (sender.words[4 * index + CONTROL] & 1) == 0;
}

static void send(uint32_t index)
{
    const uint32_t *entry = &sender.words[(size_t)4 * index];
    sender.pending[index / 64] &= ~(UINT64_C(1) << index % 64);
    deliver((struct ivm_message_words){.address = (uint64_t)entry[ADDRESS_HIGH] << 32 |
                                                  entry[ADDRESS],
                                       .data = entry[DATA]});
}

void sender_settle(void)
{
    for (uint32_t i = 0; i < SENDER_ENTRIES; i++)
        if ((sender.pending[i / 64] >> i % 64 & 1) != 0 && is_open(i))
            send(i);
}

void sender_fire(uint32_t index)
{
    if (is_open(index))
        send(index);
    else
        sender.pending[index / 64] |= UINT64_C(1) << index % 64;
}

bool sender_fire_msi(uint32_t index)
{
    struct pci_space space;
    struct pci_msi msi;
    pci_space_read(&sender.device.pci, &space);
    assert_int_equal(pci_capability_msi(&space, &msi).fault, PCI_FAULT_NONE);
    if ((control_of(SENDER_MSI) & PCI_MSI_ENABLE) == 0)
        return false;
    struct ivm_message_words words;
    if (pci_msi_sends(pci_address(&sender.device.pci), &msi, index, &words)) {
        deliver(words);
    } else {
        uint32_t bits = fake_pci_get32(sender.config, msi.pending);
        fake_pci_put32(sender.config, msi.pending, bits | UINT32_C(1) << index);
    }
    return true;
}

static uint64_t read_table(void *context, uint64_t offset, unsigned width)
{
    (void)context;
    uint64_t value = 0;
    if (offset >= PENDING_AT)
        memcpy(&value, (const uint8_t *)sender.pending + (offset - PENDING_AT), width);
    else if (width == 4)
        value = sender.words[offset / 4];
    else
        fake_complain("a table is read by 32 bits here");
    return value;
}

static void write_table(void *context, uint64_t offset, unsigned width, uint64_t value)
{
    (void)context;
    uint32_t index = (uint32_t)offset / 16;
    unsigned word = (unsigned)offset / 4 % 4;
    if (width != 4 || offset >= PENDING_AT) {
        fake_complain("%u bytes written at 0x%llx of the table", width,
                      (unsigned long long)offset);
        return;
    }
    if (word != CONTROL && is_open(index))
        fake_complain("word %u of entry %u is written while the entry is open", word,
                      index);
    sender.words[offset / 4] = (uint32_t)value;
    sender_settle();
    if (sender.on_entry_write != NULL)
        sender.on_entry_write(index, word);
}

void sender_start(uint32_t cpus)
{
    fake_hardware_reset();
    fake_system_reset();
    (void)(cpus == 1   ? world_one_cpu(NULL)
           : cpus == 2 ? world_two_cpus(NULL)
                       : world_four_cpus(NULL));
    fake_cpu.interrupts_on = true;
    sender = (struct sender){.memory_limit = SENDER_MEMORY};
    devices_start(allocate);
    fake_pci_start();
    sender.config = fake_pci_add(0, 3, 0, 0x00061B36);
    sender.config->bytes[PCI_STATUS] = 0x10;
    fake_mmio_device(SENDER_TABLE, WINDOW, read_table, write_table, NULL);
    sender.driver = (struct ivm_driver){.name = "sender",
                                        .message_count = SENDER_ENTRIES,
                                        .message_routine = message_routine,
                                        .quiet = quiet};
    sender.device = (struct ivm_device){
        .name = "sender0",
        .driver = &sender.driver,
        .bus = IVM_BUS_PCI,
        .pci = {.slot = 3, .bars = {[1] = {.base = SENDER_TABLE, .size = WINDOW}}},
    };
}

static void add_capability(unsigned at, uint8_t id, uint16_t control)
{
    uint8_t *bytes = sender.config->bytes;
    bytes[at] = id;
    bytes[at + 1] = bytes[PCI_CAPABILITIES];
    bytes[PCI_CAPABILITIES] = (uint8_t)at;
    fake_pci_put16(sender.config, at + 2, control);
}

void sender_add_msix(uint32_t count)
{
    add_capability(SENDER_MSIX, PCI_CAPABILITY_MSIX, (uint16_t)(count - 1));
    fake_pci_put32(sender.config, SENDER_MSIX + 4, 1);
    fake_pci_put32(sender.config, SENDER_MSIX + 8, PENDING_AT | 1);
    for (uint32_t i = 0; i < SENDER_ENTRIES; i++) {
        sender.words[4 * i + ADDRESS] = 0x1000 + 16 * i;
        sender.words[4 * i + ADDRESS_HIGH] = 0x7;
        sender.words[4 * i + DATA] = 0xD000 + i;
        sender.words[4 * i + CONTROL] = 0xABC0 | (i % 3 == 0 ? 1 : 0);
    }
}

void sender_add_msi(uint16_t control)
{
    add_capability(SENDER_MSI, PCI_CAPABILITY_MSI, control);
    for (unsigned i = 4; i < 0x18; i++)
        sender.config->bytes[SENDER_MSI + i] = 0;
}

enum ivm_status sender_open(uint32_t count, struct ivm_grant *grant)
{
    struct ivm_message_wish wish = {.count = count};
    return ivm_device_messages_open(&sender.device, &wish, grant);
}

void sender_connect(uint32_t count)
{
    struct ivm_grant grant;
    assert_int_equal(sender_open(count, &grant), IVM_OK);
    assert_int_equal(grant.granted, count);
    for (uint32_t i = 0; i < count; i++)
        assert_int_equal(ivm_device_message_connect(&sender.device, i, NULL, NULL), IVM_OK);
}

void sender_disconnect(void)
{
    for (uint32_t i = 0; ivm_device_message_number(&sender.device, i) != 0; i++)
        (void)!ivm_device_message_disconnect(&sender.device, i);
    assert_int_equal(ivm_device_messages_close(&sender.device), IVM_OK);
}

void sender_take_out(void)
{
    memset(sender.config->bytes, 0xFF, sizeof sender.config->bytes);
    memset(sender.words, 0xFF, sizeof sender.words);
    memset(sender.pending, 0xFF, sizeof sender.pending);
}
